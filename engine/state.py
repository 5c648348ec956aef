"""The stored form of an instance: its living tokens, nothing of the past, no variables.

Layout (JSON): format version, digest of the definition, rows `[id, index of parent, node, state,
has a scope, data]`, parents first. A node is named by its BPMN id, so that a state can be read,
and moved to another version.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

import orjson

from engine import limits
from engine.errors import LimitExceeded
from engine.scopes import Scope
from engine.specs.token import READY, WAITING, Token
from engine.specs.workflow import CaseWorkflow, Resolver
from engine.variables import Variables

FORMAT: Final = 1


class StateMismatch(Exception):
    """A stored state is not of this definition or format: a defect, never a user's fault."""


def dump(workflow: CaseWorkflow, digest: str) -> bytes:
    """The stored form.

    Raises:
        LimitExceeded: the state is too large to be kept.
    """
    rows: list[list[Any]] = []
    if workflow.task_tree is not None and workflow.task_tree.alive:
        _write(workflow.task_tree, -1, rows)
    stored = orjson.dumps([FORMAT, digest, rows])
    if len(stored) > limits.STATE_BYTES:
        raise LimitExceeded(f"流程实例的状态超过 {limits.STATE_BYTES >> 20} MiB")
    return stored


def _write(token: Token, parent: int, rows: list[list[Any]]) -> None:
    data, workflow = token.internal_data, token.workflow
    scope = workflow.scopes.get(token.id)
    if scope is not None and scope.isolated and parent >= 0:
        data = {**data, "written": sorted(scope.written)}
    index = len(rows)
    row = [token.id, parent, token.task_spec.name, token._state, 0 if scope is None else 1]
    if data:
        row.append(data)
    rows.append(row)
    for child in token._children:
        _write(workflow.tasks[child], index, rows)


def load(
    workflow: CaseWorkflow, digest: str, stored: bytes, scopes: Mapping[int, Variables]
) -> None:
    """Fill an empty workflow from a stored form.

    Raises:
        StateMismatch: it belongs to another definition or an older program.
    """
    version, written_for, rows = orjson.loads(stored)
    if version != FORMAT or written_for != digest:
        raise StateMismatch(f"state of format {version} for {written_for}, wanted {digest}")
    tokens: list[Token] = []
    for row in rows:
        tokens.append(_read(workflow, row, tokens, workflow.resolver))
    workflow.task_tree = tokens[0] if tokens else None
    workflow.completed = not tokens
    for token, row in zip(tokens, rows, strict=True):
        if row[4]:
            _restore_scope(workflow, token, dict(scopes.get(token.id, {})))
        _restore_queues(workflow, token)


def _read(workflow: CaseWorkflow, row: list[Any], before: list[Token], resolver: Resolver) -> Token:
    identity, parent, name, state, _scoped, *rest = row
    data = rest[0] if rest else {}
    container = before[parent] if parent >= 0 else None
    spec = workflow.spec
    if container is not None:
        if "definition" in data:
            spec = resolver.by_id(data["definition"]).spec
        else:
            spec = container.task_spec._wf_spec
    token = Token(workflow, spec.task_specs[name], container, state, identity)
    token.internal_data = data
    return token


def _restore_scope(workflow: CaseWorkflow, token: Token, values: Variables) -> None:
    isolated = token.task_spec.is_root
    outer = next((a.id for a in workflow.ancestors(token) if a.id in workflow.scopes), None)
    written = set(token.internal_data.pop("written", ()))
    scope = Scope(token.id, outer, token.id, values, isolated=isolated, written=written)
    workflow.scopes[token.id] = scope


def _restore_queues(workflow: CaseWorkflow, token: Token) -> None:
    if token.state == READY:
        workflow.ready.append(token.id)
    elif token.state == WAITING and hasattr(token.task_spec, "may_fire"):
        workflow.joins.add(token.id)
    elif "held" in token.internal_data:
        workflow.conditions.add(token.id)


def live(workflow: CaseWorkflow) -> Iterator[Token]:
    """The tokens of an instance."""
    return iter(workflow.tasks.values())
