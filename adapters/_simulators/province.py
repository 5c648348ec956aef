"""The departments of a province in one program, each below its own name and with its own faults.

They know nothing of our cases but the messages; what they decide depends on the contract alone.
"""

import importlib
import inspect
import pkgutil
from collections.abc import Mapping
from functools import cache
from typing import Final

from adapters._shared.signing import Keys
from adapters._simulators import departments
from adapters._simulators.correspondent import Correspondent
from adapters._simulators.departments.tax_prov import TaxBureau
from adapters._simulators.simulator import Simulator

SEAL_SERVERS: Final = ("eseal", "esign")
"""Played by a program of their own, which holds the keys (`seal_system`)."""


@cache
def all_departments() -> Mapping[str, type[Correspondent]]:
    """The classes of the modules in `departments/`, by the name of the module."""
    found: dict[str, type[Correspondent]] = {}
    for one in pkgutil.iter_modules(departments.__path__):
        module = importlib.import_module(f"{departments.__name__}.{one.name}")
        kinds = (kind for _name, kind in inspect.getmembers(module, inspect.isclass))
        own = [
            kind
            for kind in kinds
            if issubclass(kind, Correspondent) and kind.__module__ == module.__name__
        ]
        if len(own) != 1:
            raise TypeError(f"{module.__name__} has {len(own)} departments instead of one")
        found[one.name] = own[0]
    return found


class Province(Simulator):
    """All of them behind one address."""

    title = "省级各部门"

    def __init__(
        self,
        callback: str,
        *,
        keys: Mapping[str, Keys],
        seconds: float = 1.0,
        patience: float = 0,
    ) -> None:
        """`callback` is the address of the channels; each department adds its name.

        `patience`: seconds that a payment on the page of the tax office is waited for.
        """
        super().__init__()
        self.parts = {
            name: kind(f"{callback}/{name}", keys=keys[name], seconds=seconds)
            for name, kind in all_departments().items()
        }
        if isinstance(tax := self.parts.get("tax_prov"), TaxBureau):
            tax.patience = patience
