"""为什么在我这里: by which rule, data and organisation a task came, and who else may do it.

Invariant: says what was decided when the task came, from the model and the history; the rule is the
one that `permissions.standing` decides by.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine import repository, runtime
from engine.definition import elements as el
from engine.expressions import Expression
from engine.model import HistoryEvent, UserTask
from forms.fields.base import Field, Scope
from processes.approvals import performers
from processes.approvals.performers import Performers
from processes.deployed import resources
from processes.identity.identity import User
from processes.identity.roles import ROLES
from processes.model.agents import Substitution
from processes.model.people import Org
from processes.rights import opened, permissions
from processes.rights.permissions import Rule, Standing, TaskFacts

SCOPE: Final = "candidateScope"
_TOLD: Final = ("task.created", "task.claimed", "task.assigned", "task.released")
_PLATFORM: Final = {
    "org": "受理机构",
    "case_kind": "业务类别",
    "channel": "申请渠道",
    "applicant": "申请人",
    "amount": "金额",
}
"""What the platform calls the variables that no form asks for."""


@dataclass(frozen=True, slots=True)
class Read:
    """A variable that the assignment looked at: its label and its value as people read it."""

    label: str
    value: str


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened to the task: created, claimed, assigned, released, moved."""

    kind: str
    at: datetime
    by: str
    to: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True)
class Agency:
    """For whom a user acts, and in which days."""

    principal: str
    starts_on: date
    ends_on: date


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a task is where it is.

    `assigned_by`: assignee, users, groups, lane, people (several decide) or nobody. `offices` are
    the candidate groups that the user shares, in words.
    """

    rule: str
    assigned_by: str
    expressions: Sequence[str]
    read: Sequence[Read]
    offices: Sequence[str]
    agency: Agency | None
    events: Sequence[Event]
    others: Performers
    kept_away: str
    """Why duties keep this user from the task; empty if they do not."""


def of_task(session: Session, task_id: int, *, by: User) -> Reason:
    """Why a task is on a user's list.

    Raises:
        NotFound: it is not, and the case is out of the user's scope too. TaskNotActive: it is over.
    """
    task, facts = opened.get(session, task_id)
    standing = permissions.standing(by, facts)
    if standing is None:
        permissions.case(session, task.instance_id, by=by)
    element = _element(session, task)
    used = list(_expressions(session, task, element))
    return Reason(
        rule=str(standing.rule) if standing else "",
        assigned_by=_assigned_by(element, facts),
        expressions=[one.source for one in used if one.is_feel],
        read=_read(session, task, used),
        offices=_offices(session, standing),
        agency=_agency(session, standing),
        events=_events(session, task),
        others=_others(session, facts, by),
        kept_away=permissions.separated(by, facts) or "",
    )


def _element(session: Session, task: UserTask) -> el.UserTask | None:
    found = repository.compiled(session, task.definition_id).elements.get(task.activity)
    return found if isinstance(found, el.UserTask) else None


def _assigned_by(element: el.UserTask | None, facts: TaskFacts) -> str:
    if element is None:
        return "nobody"
    if element.approval is not None and element.approval.people is not None:
        return "people"
    for name in ("assignee", "candidate_users", "candidate_groups"):
        if getattr(element, name) is not None:
            return name.removeprefix("candidate_")
    return "lane" if facts.groups else "nobody"


def _expressions(
    session: Session, task: UserTask, element: el.UserTask | None
) -> Iterator[Expression]:
    """What the model says of who does the task."""
    if element is None:
        return
    own = (element.assignee, element.candidate_users, element.candidate_groups)
    yield from filter(None, own)
    if element.approval is not None and element.approval.people is not None:
        yield element.approval.people
    process = repository.compiled(session, task.definition_id).process
    if element.assignee is None and (scope := process.properties.get(SCOPE)):
        yield Expression(scope)


def _read(session: Session, task: UserTask, used: Sequence[Expression]) -> list[Read]:
    names = dict.fromkeys(name for one in used for name in sorted(one.names()))
    known = runtime.variables(session, task.instance_id, scope_id=task.scope_id)
    fields = resources.fields(session, task.definition_id)
    told = (
        Read(_label(name, fields), _told(session, name, known[name], fields))
        for name in names
        if known.get(name) is not None
    )
    return [one for one in told if one.value]


def _label(name: str, fields: Mapping[str, Field]) -> str:
    return fields[name].label if name in fields else _PLATFORM.get(name, "流程数据")


def _posts(value: Any) -> str:
    """Roles by their names, where a value names roles."""
    codes = value if isinstance(value, list) else [value]
    known = [ROLES[one].name for one in codes if isinstance(one, str) and one in ROLES]
    return "、".join(known)


def _told(session: Session, name: str, value: Any, fields: Mapping[str, Field]) -> str:
    """A value as people read it; a sensitive one masked."""
    if isinstance(value, str) and (org := session.get(Org, value)) is not None:
        return org.name
    if posts := _posts(value):
        return posts
    if name in fields:
        shown = fields[name].text(value, Scope())
        return fields[name].mask(shown) if fields[name].sensitive else shown
    if isinstance(value, dict):
        return str(value.get("name") or value.get("title") or "")
    if name not in _PLATFORM and isinstance(value, str) and value.isascii():
        return ""  # a code of the model, which says nothing to a clerk
    return str(value) if isinstance(value, str | int) else ""


def _offices(session: Session, standing: Standing | None) -> list[str]:
    groups = standing.groups if standing else frozenset()
    return [performers.office(session, group) for group in sorted(groups)]


def _agency(session: Session, standing: Standing | None) -> Agency | None:
    if standing is None or standing.principal is None or standing.rule is not Rule.AGENT:
        return None
    row = session.get_one(Substitution, standing.principal.substitution)
    return Agency(standing.principal.name, row.starts_on, row.ends_on)


def _events(session: Session, task: UserTask) -> list[Event]:
    query = select(HistoryEvent).where(
        HistoryEvent.instance_id == task.instance_id,
        HistoryEvent.activity_id == task.id,
        HistoryEvent.type.in_(_TOLD),
    )
    rows = session.scalars(query.order_by(HistoryEvent.sequence)).all()
    return [_event(session, row) for row in rows]


def _event(session: Session, row: HistoryEvent) -> Event:
    kind, who = row.type.removeprefix("task."), opened.person(session, row.actor)
    to = opened.person(session, row.data.get("assignee"))
    moved = _moved(session, row) if kind == "created" else None
    if moved is None:
        return Event(kind, row.at, who, to, str(row.data.get("policy") or ""))
    how = opened.MOVED.get(str(moved.data.get("how")), "")
    return Event("moved", row.at, who, to, f"{how}：{moved.data.get('reason') or ''}".strip("："))


def _moved(session: Session, row: HistoryEvent) -> HistoryEvent | None:
    query = select(HistoryEvent).where(
        HistoryEvent.instance_id == row.instance_id,
        HistoryEvent.type == "activity.moved",
        HistoryEvent.revision == row.revision,
    )
    return session.scalar(query.limit(1))


def _others(session: Session, facts: TaskFacts, by: User) -> Performers:
    """Who else could take the task were it free: nobody of a task that was given to one person."""
    found = performers.able(session, facts, besides=by.id)
    return performers.named(session, found, facts)
