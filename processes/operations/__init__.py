"""Local operations: what a service task may do to our own records, by topic.

Invariant: an operation runs in the transaction that completes its service task, so its effect and
the step of the process are one; it never calls outside. A topic that is neither here nor an
adapter's is refused at deployment.
"""

import importlib
import pkgutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType

from sqlalchemy.orm import Session

from engine.errors import BanliError, WorkRefused
from engine.variables import Value, Variables


class OperationRefused(BanliError):
    """The inputs of a local operation do not fit, or our records do not allow it."""

    code = "operation_refused"


class InputMissing(OperationRefused, WorkRefused):
    """An input of a local operation is missing or of another kind: no retry mends that."""


@dataclass(frozen=True, slots=True)
class Call:
    """One service task that asks for an operation.

    `key` is the same at every retry; `definition_id` is the process whose model has the task.
    """

    key: str
    instance_id: int
    definition_id: int
    business_key: str
    activity: str
    variables: Variables

    def value(self, name: str) -> Value:
        """An input that has to be there.

        Raises:
            InputMissing: names it.
        """
        value = self.variables.get(name)
        if value is None or value == "":
            raise InputMissing(f"『{self.activity}』缺少输入『{name}』", name=name)
        return value

    def text(self, name: str) -> str:
        """A text input that has to be there."""
        value = self.value(name)
        if not isinstance(value, str):
            raise InputMissing(f"『{self.activity}』的输入『{name}』应为文本", name=name)
        return value

    def context(self, name: str) -> dict[str, Value]:
        """An input that is a context; empty where absent."""
        value = self.variables.get(name)
        if value is None:
            return {}
        if not isinstance(value, dict):
            raise InputMissing(f"『{self.activity}』的输入『{name}』应为对象", name=name)
        return value


Run = Callable[[Session, Call], Variables]


@dataclass(frozen=True, slots=True)
class Operation:
    """A topic, its Chinese title, what it takes and gives (name → meaning), and how it is done.

    One that `joins` looks at nothing that a step writes (case, tasks, history), so that several in
    a row are done before the step they belong to is stored.
    """

    topic: str
    title: str
    inputs: Mapping[str, str]
    outputs: Mapping[str, str]
    run: Run
    joins: bool = False


_registered: dict[str, Operation] = {}


def operation(
    topic: str,
    title: str,
    *,
    inputs: Mapping[str, str],
    outputs: Mapping[str, str],
    joins: bool = False,
) -> Callable[[Run], Run]:
    """Declare a function as the operation of a topic; an input with `?` at its end is optional."""

    def declare(run: Run) -> Run:
        _registered[topic] = Operation(topic, title, inputs, outputs, run, joins)
        return run

    return declare


@cache
def all_operations() -> Mapping[str, Operation]:
    """Every operation by topic; the modules of this package are the list."""
    for module in pkgutil.iter_modules(__path__):
        importlib.import_module(f"{__name__}.{module.name}")
    return MappingProxyType(dict(sorted(_registered.items())))
