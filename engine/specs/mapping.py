"""Input and output mappings, and where results go: the rules of variable propagation at a node."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from engine.definition.elements import IoMapping
from engine.expressions import evaluate
from engine.scopes import Scope, storable
from engine.specs.token import Token
from engine.variables import Variables

# the items of a sequential multi-instance body: kept in its scope, no business of anybody's
ITEMS: Final = "multiInstanceItems"


def mapped(mappings: Iterable[IoMapping], token: Token, *inner: Variables) -> Variables:
    """The targets with their values; a later mapping sees those before it."""
    made: Variables = {}
    for mapping in mappings:
        workflow = token.workflow
        context = workflow.scopes.context(workflow.scope_id(token), made, *inner)
        made.update(storable({mapping.target: evaluate(mapping.source, context)}))
    return made


def open_local(token: Token, values: Mapping[str, Any]) -> None:
    """Write into the token's own scope, which begins now if it has none."""
    workflow = token.workflow
    if token.id in workflow.scopes:
        workflow.scopes.set_local(token.id, values)
        return
    outer = workflow.scope_id(token)
    workflow.scopes.open(Scope(token.id, outer, token.id, dict(values)))


def accept(token: Token, values: Variables, *, local: bool) -> None:
    """Take a result: into the local scope if outputs are mapped from it, else up the chain."""
    if not values:
        return
    if local:
        open_local(token, values)
    else:
        token.workflow.scopes.propagate(token.workflow.scope_id(token), values)


def outer_scope(token: Token) -> int:
    """The scope around the token's own one."""
    workflow = token.workflow
    scope = workflow.scopes.get(token.id)
    if scope is None or scope.parent_id is None:
        return int(workflow.scope_id(token))
    return int(scope.parent_id)


def put_out(token: Token, values: Variables) -> None:
    """Write mapped outputs into the scopes around the token."""
    if values:
        token.workflow.scopes.propagate(outer_scope(token), values)
