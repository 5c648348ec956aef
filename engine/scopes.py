"""Variables of an instance: one store for each scope, Camunda 8's rules of propagation.

Invariant: a value in a store is never changed in place; a write replaces it and is in the step's
deltas. A chain ends at an isolated scope: the process instance, or an instance it calls.
"""

from collections import ChainMap
from collections.abc import Mapping, MutableMapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from engine import clock, variables
from engine.errors import VariablesInvalid
from engine.record import StepRecord
from engine.variables import Value, Variables


@dataclass(slots=True)
class Scope:
    """One store; `written` are the names set since an isolated scope began (call activities)."""

    id: int
    parent_id: int | None
    owner_activity_id: int
    variables: Variables
    isolated: bool = False
    written: set[str] = field(default_factory=set)


class Scopes(dict[int, Scope]):
    """The live scopes of an instance by id; a scope has the id of the activity instance it serves.

    `step` collects the deltas of the step under way, `changed` the names written since conditions
    were last looked at.
    """

    def __init__(self) -> None:
        super().__init__()
        self.step = StepRecord()
        self.changed: set[str] = set()

    def open(self, scope: Scope) -> Scope:
        """Begin a scope; its first variables are deltas too."""
        self[scope.id] = scope
        self.step.scopes_created.append(scope.id)
        self.step.variable_deltas[scope.id] = dict(scope.variables)
        return scope

    def close(self, scope_id: int) -> None:
        """End a scope; one that began in this step leaves no trace."""
        if self.pop(scope_id, None) is None:
            return
        self.step.variable_deltas.pop(scope_id, None)
        if scope_id in self.step.scopes_created:
            self.step.scopes_created.remove(scope_id)
        else:
            self.step.scopes_closed.append(scope_id)

    def chain(self, scope_id: int) -> list[Scope]:
        """The scope and those around it, up to the isolated one."""
        found = [self[scope_id]]
        while not found[-1].isolated and found[-1].parent_id is not None:
            found.append(self[found[-1].parent_id])
        return found

    def context(self, scope_id: int, *inner: Variables) -> Mapping[str, Any]:
        """What an expression sees; `inner` mappings hide the scope's variables."""
        scope = self[scope_id]
        if scope.isolated and not (inner and any(inner)):
            return scope.variables
        stores = [one for one in inner if one]
        stores.append(scope.variables)
        while not scope.isolated and scope.parent_id is not None:
            scope = self[scope.parent_id]
            stores.append(scope.variables)
        return stores[0] if len(stores) == 1 else ChainMap(*_writable(stores))

    def set_local(self, scope_id: int, values: Mapping[str, Value]) -> None:
        """Write into one scope."""
        scope = self[scope_id]
        self.changed.update(values)
        delta = self.step.variable_deltas.setdefault(scope_id, {})
        for name, value in values.items():
            scope.variables[name] = value
            scope.written.add(name)
            delta[name] = value

    def propagate(self, scope_id: int, values: Mapping[str, Value]) -> None:
        """Write each variable where it is defined up the chain, else in the isolated scope."""
        chain = self.chain(scope_id)
        if len(chain) == 1:
            self.set_local(scope_id, values)
            return
        for name, value in values.items():
            owner = next((scope for scope in chain if name in scope.variables), chain[-1])
            self.set_local(owner.id, {name: value})


def _writable(stores: list[Variables]) -> list[MutableMapping[str, Any]]:
    # ChainMap is typed for writing; ours is only read
    return list(stores)


def storable(values: Mapping[str, Any]) -> Variables:
    """A copy of values that may be stored: plain containers, instants with a zone.

    Raises:
        VariablesInvalid: a value cannot be a variable (a range, a function, too large).
    """
    made = {name: _storable(value, name) for name, value in values.items()}
    variables.check(made)
    return made


def _storable(value: Any, path: str) -> Value:
    if isinstance(value, str | int) or value is None:
        return value
    if isinstance(value, Mapping):
        return {key: _storable(item, f"{path}.{key}") for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_storable(item, path) for item in value]
    if isinstance(value, float):
        raise VariablesInvalid(f"『{path}』是浮点数，须用十进制数", path=path)
    if isinstance(value, datetime):
        # FEEL knows local date and time, and the legal clock is the one of Shanghai: the date of
        # an instant is the date there
        local = value.replace(tzinfo=clock.SHANGHAI) if value.tzinfo is None else value
        return local.astimezone(clock.SHANGHAI)
    return value
