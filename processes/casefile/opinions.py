"""What persons decided and said, task by task: the timeline a clerk reads.

Invariant: appended in the transaction that completes the task; never changed.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine import ids
from engine.definition.elements import UserTask as UserTaskElement
from engine.model import UserTask
from engine.variables import Value
from forms.definition import FormDefinition
from forms.errors import FormInvalid
from forms.fields.base import Scope
from processes.casefile import sealing
from processes.clock import dating
from processes.identity.identity import User
from processes.identity.principals import Principal
from processes.model.cases import Opinion

# a form's field that carries the decision, and those that carry its text, first found first
DECISION_FIELDS = ("decision", "result")
TEXT_FIELDS = ("opinion", "reason", "remark", "comment")
# as wide as its column; a jump names all that it skips, signers are many
_DECISION: Final = 100


def of_case(session: Session, case_id: int) -> Sequence[Opinion]:
    """The opinions of a case, oldest first."""
    query = select(Opinion).where(Opinion.case_id == case_id).order_by(Opinion.id)
    return session.scalars(query).all()


def record(  # noqa: PLR0913 - one row, its columns named at the call
    session: Session,
    case_id: int,
    *,
    by: User,
    activity: str,
    activity_name: str,
    task_id: int | None = None,
    decision: str = "",
    text: str = "",
    action: str = "completed",
    for_user: int | None = None,
    principal: Principal | None = None,
    attachments: Sequence[str] = (),
) -> None:
    """Append an opinion, signed and sealed; `for_user`: whose decision it serves, if not one's own.

    `principal`: for whom an agent acted; `attachments`: SHA-256 of the files handed in with it.
    """
    made = Opinion(
        id=ids.next_id(),
        case_id=case_id,
        task_id=task_id,
        activity=activity,
        activity_name=activity_name,
        by=by.id,
        by_name=by.name,
        by_org=by.org_name,
        for_user=for_user,
        acting_for=principal.id if principal else None,
        acting_for_name=principal.name if principal else "",
        decision=decision[:_DECISION],
        text=text,
        action=action,
        true_at=dating.true_at(),
        attachments=" ".join(attachments),
    )
    session.add(sealing.seal(session, made))


def of_task(  # noqa: PLR0913 - as above
    session: Session,
    task: UserTask,
    *,
    by: User,
    said: tuple[str, str],
    action: str = "completed",
    for_user: int | None = None,
    principal: Principal | None = None,
    attachments: Sequence[str] = (),
) -> None:
    """Append what somebody decided and said in a task."""
    decision, text = said
    record(
        session,
        task.instance_id,
        by=by,
        activity=task.activity,
        activity_name=task.name,
        task_id=task.id,
        decision=decision,
        text=text,
        action=action,
        for_user=for_user,
        principal=principal,
        attachments=attachments,
    )


def refuse_silence(
    element: UserTaskElement | None, form: FormDefinition | None, values: Mapping[str, Value]
) -> None:
    """Refuse a decision that its node wants explained (`banli:opinion`), said in no words.

    Raises:
        FormInvalid: names the field of the opinion.
    """
    if element is None or form is None or not element.opinion_on:
        return
    names = {field.name for field in form.fields()}
    decided = [values.get(name) for name in DECISION_FIELDS if name in names]
    wanted = any(str(one) in element.opinion_on for one in decided if one is not None)
    if wanted and not from_answers(form, values)[1].strip():
        field = next((name for name in TEXT_FIELDS if name in names), DECISION_FIELDS[0])
        raise FormInvalid({field: ["作出此项结论须填写意见"]}, answers=values)


def from_answers(
    form: FormDefinition | None, values: Mapping[str, Value], scope: Scope | None = None
) -> tuple[str, str]:
    """The decision, in the words of the form, and the text of an opinion among the answers.

    `scope` is what the form knew when it was filled in: some decisions are offered only there.
    """
    if form is None:
        return "", ""
    fields = {field.name: field for field in form.fields() if field.is_writable}
    decided = [name for name in _named(fields, DECISION_FIELDS) if values.get(name) is not None]
    scope = scope or Scope()
    decision = fields[decided[0]].text(values[decided[0]], scope) if decided else ""
    named = [name for name in _named(fields, TEXT_FIELDS) if values.get(name)]
    return decision, "\n".join(fields[name].text(values[name], scope) for name in named)


def _named(fields: Collection[str], names: Sequence[str]) -> list[str]:
    """The fields of these names; without one those that end so (`second_decision`)."""
    endings = tuple(f"_{name}" for name in names)
    return [name for name in names if name in fields] or [
        name for name in fields if name.endswith(endings)
    ]
