"""Finds definitions for a draft that is tried out: its own files first, then what is released.

Invariant: definition ids of the draft are negative, so that they never mean a released version.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy.orm import Session

from engine import compiler, dmn, repository
from engine.compiler import CompiledProcess
from engine.definition.elements import Binding
from engine.errors import NotFound
from engine.variables import Variables


class DraftResolver:
    """What the draft itself has, then what the installation has."""

    def __init__(self, session: Session, files: Mapping[str, bytes]) -> None:
        self._released = repository.DefinitionResolver(session)
        self._own = compiler.compile(files).processes
        self._order = sorted(self._own)
        self._decisions: Mapping[str, Any] = dmn.read_all(files)

    def process(self, key: str) -> tuple[int, Any]:
        """Definition id and compiled process."""
        if key in self._own:
            return -1 - self._order.index(key), self._own[key]
        return self._released.process(key)

    def bound(self, key: str, *, caller: int, tag: str) -> tuple[int, Any]:
        """What a call of the draft is bound to: the draft is one deployment."""
        own = self._own.get(key)
        if own is not None and tag in ("", own.version_tag):
            return self.process(key)
        if not tag and caller < 0:
            raise NotFound(f"草稿里没有流程『{key}』", key=key)
        return self._released.bound(key, caller=caller, tag=tag)

    def by_id(self, definition_id: int) -> Any:
        """The compiled process of a definition id of `process`."""
        if definition_id < 0:
            return self._own[self._order[-1 - definition_id]]
        return self._released.by_id(definition_id)

    def decision(self, decision_id: str, binding: Binding, *, caller: int) -> tuple[int, Any]:
        """A decision of the draft, which is version 0, else what the installation has."""
        own = self._decisions.get(decision_id)
        if own is not None and binding.tag in ("", own.version_tag):
            return 0, own
        if binding.kind == "deployment" and caller < 0:
            raise NotFound(f"草稿里没有决策『{decision_id}』", key=decision_id)
        return self._released.decision(decision_id, binding, caller=caller)

    def last_known(self, _instance: int, _scopes: Sequence[int]) -> Mapping[int, Variables]:
        """Nothing: a trial stores no steps."""
        return {}

    def drafted(self) -> Iterator[CompiledProcess]:
        """The processes of the draft."""
        yield from self._own.values()
