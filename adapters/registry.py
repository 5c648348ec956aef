"""Which adapters there are (a directory listing) and which of them this installation uses.

Invariant: an adapter is made once, from the settings with its own prefix only.
"""

import importlib
import inspect
import pkgutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import adapters
from adapters._shared.exchange import Contract, Exchange
from adapters._shared.members import ServiceType
from adapters._shared.reach import Reachable
from adapters._shared.seals import AGENCIES, SealKeeper, Seals
from engine.ports import Channel, IdentityProvider, Worker


@dataclass(frozen=True, slots=True)
class Adapters:
    """The workers by topic, the channels and the departments by name that are switched on.

    `routes` are the messages that go to a channel without a setting: message → channel.
    """

    workers: Mapping[str, Worker] = field(default_factory=dict)
    channels: Mapping[str, Channel] = field(default_factory=dict)
    departments: Mapping[str, Reachable] = field(default_factory=dict)
    routes: Mapping[str, str] = field(default_factory=dict)
    services: Mapping[str, ServiceType] = field(default_factory=dict)
    """What is asked and answered, by topic, as far as an adapter says so."""
    seals: Seals | None = None
    """The keeper of the agencies' seals, which says what the seal on a file is worth."""
    identity: IdentityProvider | None = None
    """Who vouches for the public, if anybody does."""


def available() -> Sequence[str]:
    """The names of all adapters; a folder whose name starts with `_` is none."""
    return sorted(
        module.name
        for module in pkgutil.iter_modules(adapters.__path__)
        if module.ispkg and not module.name.startswith("_")
    )


@cache
def topics() -> tuple[str, ...]:
    """Every topic that some adapter does, whether it is switched on here or not."""
    found = {topic for contract in contracts() for topic in contract.services}
    for name in available():
        module = importlib.import_module(f"adapters.{name}")
        kinds = (one for _name, one in inspect.getmembers(module, inspect.isclass))
        named = (getattr(kind, "topic", None) for kind in kinds)
        found |= {topic for topic in named if isinstance(topic, str)}
        found |= set(getattr(module, "TOPICS", ()))
    return tuple(sorted(found))


def create(names: Sequence[str], settings: Mapping[str, str]) -> Adapters:
    """Make the named adapters, each from the settings that start with `<NAME>_`.

    Raises:
        ValueError: an unknown name, or a setting that the adapter needs is missing.
    """
    made = {name: _made(name, settings) for name in names}
    workers: dict[str, Worker] = {}
    routes: dict[str, str] = {}
    for one in made.values():
        if isinstance(one, Worker):
            workers[one.topic] = one
        if isinstance(one, Exchange):
            routes |= dict.fromkeys(one.contract.outward, one.name)
        workers = _joined(workers, getattr(one, "workers", {}))
    kept = (one for one in made.values() if isinstance(one, SealKeeper))
    vouching = (one for one in made.values() if isinstance(one, IdentityProvider))
    return Adapters(
        workers,
        {one.name: one for one in made.values() if isinstance(one, Channel)},
        {
            name: one.department
            for name, one in made.items()
            if isinstance(getattr(one, "department", None), Reachable)
        },
        routes,
        {topic: told for one in made.values() for topic, told in _services(one).items()},
        next((one.seals for one in kept if one.prefix == AGENCIES), None),
        next(vouching, None),
    )


def _services(adapter: Any) -> Mapping[str, ServiceType]:
    if isinstance(adapter, Exchange):
        return adapter.contract.services
    found: Mapping[str, ServiceType] = getattr(adapter, "services", {})
    return found


def _made(name: str, settings: Mapping[str, str]) -> Any:
    if name not in available():
        raise ValueError(f"没有名为『{name}』的适配器，可用：{'、'.join(available())}")
    prefix = f"{name.upper()}_"
    own = {key.removeprefix(prefix): v for key, v in settings.items() if key.startswith(prefix)}
    return importlib.import_module(f"adapters.{name}").create(own)


def _joined(workers: dict[str, Worker], more: Mapping[str, Worker]) -> dict[str, Worker]:
    if twice := sorted(set(workers) & set(more)):
        raise ValueError(f"『{twice[0]}』有两个适配器办理，只能启用一个")
    return {**workers, **more}


def contracts() -> list[Contract]:
    """The contracts of all departments that exchange messages, whether switched on or not."""
    found = (importlib.import_module(f"adapters.{name}") for name in available())
    return [module.CONTRACT for module in found if hasattr(module, "CONTRACT")]
