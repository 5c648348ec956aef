"""Whom somebody chose beforehand for a task that has not come yet, in this case only (追加, 改派).

Invariant: kept in the data of the root token, so that it lives as long as the case and survives
return and migration; a place is named by its path through the called processes.
"""

from collections.abc import Sequence

from engine.specs.token import Token, called_path
from engine.specs.workflow import CaseWorkflow

SEPARATOR = "/"
_PLANNED = "planned"


def of(token: Token) -> tuple[str, ...]:
    """Who was chosen for the task of a token."""
    planned = token.workflow.task_tree.internal_data.get(_PLANNED)
    if not planned:
        return ()
    path = SEPARATOR.join((*called_path(token), token.task_spec.activity))
    return tuple(planned.get(path, ()))


def all_of(workflow: CaseWorkflow) -> dict[str, list[str]]:
    """Who was chosen for which tasks of a case, by their paths."""
    found: dict[str, list[str]] = workflow.task_tree.internal_data.get(_PLANNED, {})
    return found


def put(workflow: CaseWorkflow, path: str, users: Sequence[str]) -> None:
    """Choose people for a task; nobody: the model decides again."""
    planned = {**all_of(workflow), path: list(users)}
    if not users:
        del planned[path]
    workflow.task_tree.internal_data[_PLANNED] = planned
