"""Reports of cases to departments outside, in real time: by data of the domains, for any process.

Invariant: a report is in the outbox if and only if the step that it tells of is stored; without a
department that takes it there is none, unless it is for another case of ours. A status written
again as it was is no change.
"""

from collections.abc import Collection, Mapping
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine import feel, store
from engine.execution import Execution
from engine.record import StepRecord, ThrownMessage
from processes.casefile import derivation
from processes.domains import domains
from processes.domains.publications import Publication
from processes.model.cases import Case

STATUS: Final = "case_status"
_taken: set[str] = set()


def reach(messages: Collection[str]) -> None:
    """Say which messages a department outside takes; replaces what was said before."""
    _taken.clear()
    _taken.update(messages)


def register() -> None:
    """Have every step make its reports; calling it again changes nothing."""
    if publish not in store.preparers:
        store.preparers.append(publish)


def publish(session: Session, execution: Execution, step: StepRecord) -> None:
    """Put the reports of a step into its outbox; called before anything of it is written."""
    found = [
        one
        for one in domains.current().publications.values()
        if (one.inside or one.message in _taken) and one.concerns(execution.compiled.key)
    ]
    if found and (said := _said(session, execution, step)):
        own = execution.scopes[execution.instance_id].variables
        values = {**derivation.told_by(execution, step), **own, **said}
        for one in found:
            _report(one, execution, said, values)


def _said(session: Session, execution: Execution, step: StepRecord) -> Mapping[str, Any]:
    """What the step said of its case that was not so before."""
    said = dict(derivation.said(execution, step))
    if STATUS in said and execution.revision:
        before = select(Case.status).where(Case.id == execution.instance_id)
        if session.scalar(before) == said[STATUS]:
            del said[STATUS]
    return said


def _report(
    told: Publication, execution: Execution, said: Mapping[str, Any], values: Mapping[str, Any]
) -> None:
    if not told.changed & said.keys():
        return
    process = execution.compiled
    context = {**values, "process": {"key": process.key, "name": process.name or process.key}}
    if told.when is not None and feel.evaluate(told.when, context).value is not True:
        return
    key = feel.evaluate(told.key, context).value
    if not key:
        return  # the case has no number yet
    content = {name: feel.evaluate(one, context).value for name, one in told.body.items()}
    member = told.key.text.strip()
    execution.step.messages.append(
        ThrownMessage(
            told.message,
            str(key),
            {**({member: key} if member.isidentifier() else {}), **content},
            "",
            execution.instance_id,
        )
    )
