"""What happened in a case as people read it: opinions, letters, system events folded between them.

Invariant: the public sees steps, units and days; names of handlers and their words stay inside.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine import clock, history
from engine.model import UserTask
from processes.approvals import performers
from processes.casefile import decided, opinions, sealing, signatures
from processes.clock import calendar, calendars
from processes.clock.calendar import Calendar
from processes.desk import inbox
from processes.domains import wording
from processes.identity.principals import USER_PREFIX
from processes.model.cases import Case, Opinion
from processes.model.documents import Document
from web.display import moment, span
from web.files import Attached, attached
from web.refusals import said
from web.wording import joined, worded
from web.words import N_, _

_NEGATIVE: Final = ("不", "退回", "补正", "拒", "作废", "遗失", "差错", "误印")
_ACTIONS: Final = {
    "applied": N_("提交申请"),
    "sent": N_("申请人提交"),
    "sent_for": N_("代申请人提交"),
    "urged": N_("催办"),
    "transferred": N_("转办"),
    "assigned": N_("分派"),
    "suspended": N_("中止"),
    "resumed": N_("恢复"),
    "terminated": N_("终止"),
    "returned": N_("退回"),
    "reclaimed": N_("撤回"),
    "jumped": N_("跳转"),
    "passed": N_("自动办结"),
    "backentered": N_("补录"),
    "entered_by_hand": N_("人工录入"),
    "migrated": N_("版本迁移"),
    "delegate_added": N_("委派"),
    "before_added": N_("前加签"),
    "after_added": N_("后加签"),
    "beside_added": N_("并加签"),
    "signer_removed": N_("减签"),
    "marked_absent": N_("缺席"),
    "copied": N_("抄送"),
    "copy_replied": N_("传阅回复"),
    "inquired": N_("征询"),
    "inquiry_answered": N_("征询答复"),
    "planned": N_("指定后续办理人"),
    "handed_over": N_("离职转办"),
    "delegate": N_("委派意见"),
    "before": N_("前加签意见"),
    "after": N_("后加签意见"),
    "beside": N_("并加签意见"),
}

_BESIDE: Final = frozenset(
    {
        "copied",
        "copy_replied",
        "inquired",
        "planned",
        "handed_over",
        "marked_absent",
        "entered_by_hand",
        "urged",
    }
)


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the timeline."""

    title: str
    at: datetime
    person: str = ""
    unit: str = ""
    decision: str = ""
    opinion: str = ""
    duration: str = ""
    task: int | None = None
    """The task in which it was said."""
    open: bool = False
    system: bool = False
    negative: bool = False
    beside: bool = False
    """No decision: a copy, a question, people chosen. It takes nobody any time."""
    late: str = ""
    """Of what was entered later (补录): when it was decided in truth, and when entered."""
    signature: Attached | None = None
    digest: str = ""
    altered: bool = False
    """What is kept is not what was said: its hash is another one."""
    gap: str = ""
    """Where something was taken out, put in or moved beside it."""
    children: Sequence["Entry"] = field(default=())

    @property
    def tone(self) -> str:
        if self.beside:
            return ""
        return "red" if self.negative else "green"


def entries(session: Session, case: Case, *, public: bool = False) -> list[Entry]:
    """The timeline of a case, newest last, what is open now at the end."""
    said = opinions.of_case(session, case.id)
    shown = [] if public else [one.signature for one in said if one.signature]
    files = signatures.of_files(session, shown)
    found = sealing.examine(session, case, said)
    told = [_sealed(_of_opinion(one), one, found, files) for one in said]
    if told and found.short:
        told[-1] = replace(told[-1], gap=_("此后有意见被删除"))
    beside = [] if public else _beside(session, case, said)
    merged = sorted([*told, *beside], key=lambda entry: entry.at)
    if not public:
        used = calendars.of(session, case.org_code)
        merged = _timed(merged, history.created(session, case.id), used)
    lines = [*_folded(merged), *_open(session, case)]
    return [_public(line) for line in lines if not line.system] if public else lines


def _of_opinion(one: Opinion) -> Entry:
    if one.action == "applied":
        title = _("提交申请")
    elif one.action == "completed" or one.action not in _ACTIONS:
        title = worded(one.activity_name) or one.activity
    else:
        title = (
            f"{worded(one.activity_name)} · {_(_ACTIONS[one.action])}"
            if one.activity_name
            else _(_ACTIONS[one.action])
        )
    return Entry(
        title=title,
        at=one.at,
        person=acting(one),
        unit=one.by_org,
        decision=decision(one),
        opinion=one.text,
        task=one.task_id,
        beside=one.action in _BESIDE,
        negative=one.decision.startswith(_NEGATIVE) or "不予" in one.decision,
        late=_late(one),
    )


def _sealed(
    entry: Entry, one: Opinion, found: sealing.Examined, files: Mapping[str, signatures.Kept]
) -> Entry:
    """An opinion with the signature of its author, and whether it is still what was signed."""
    kept = files.get(one.signature or "")
    return replace(
        entry,
        signature=attached(kept.value) if kept else None,
        digest=one.digest or "",
        altered=one.id in found.altered,
        gap=_("此前有意见被删除、插入或调换") if one.id in found.gaps else "",
    )


def _late(one: Opinion) -> str:
    if one.true_at is None:
        return ""
    true, entered = moment(one.true_at), moment(one.at)
    return _("补录：实际 %(true)s，录入 %(entered)s", true=true, entered=entered)


def acting(one: Opinion) -> str:
    """Who acted, and for whom if as an agent: 受理人乙 代 受理人."""
    if one.acting_for is None:
        return one.by_name
    return _("%(agent)s 代 %(principal)s", agent=one.by_name, principal=one.acting_for_name)


def _beside(session: Session, case: Case, said: Sequence[Opinion]) -> list[Entry]:
    """What nobody said in a step: letters, events that say what they are about, decisions."""
    return [*_letters(session, case, said), *_happened(session, case), *_decisions(session, case)]


def _happened(session: Session, case: Case) -> list[Entry]:
    """What came from elsewhere where several wait at once: the answer of which city."""
    found = history.of_type(session, case.id, "event.happened")
    return [
        Entry(worded(f"{one.data['name']}（{one.data['about']}）"), one.at, beside=True)
        for one in found
    ]


def _letters(session: Session, case: Case, said: Sequence[Opinion]) -> list[Entry]:
    """The letters; one that gives a reason which nobody said is no mere handling by the system.

    So a refusal by a department, or of a unit that is taken, is seen with its reason.
    """
    query = select(Document).where(Document.case_id == case.id)
    return [_of_letter(one, said) for one in session.scalars(query)]


def _of_letter(letter: Document, said: Sequence[Opinion]) -> Entry:
    given = letter.values.get("reason")
    reason = given.strip() if isinstance(given, str) else ""
    if not reason or any(one.text and one.text in reason for one in said):
        reason = ""
    return Entry(
        _("制作文书：%(title)s %(number)s", title=worded(letter.title), number=letter.number or ""),
        letter.issued_at,
        opinion=reason,
        system=not reason,
        beside=bool(reason),
        negative=bool(reason) and letter.title.startswith(_NEGATIVE),
    )


def decision(one: Opinion) -> str:
    """What was decided, in the reader's language as far as it is ours and no name."""
    if one.action == "inquired":
        return _("征询%(names)s", names=one.decision.removeprefix("征询"))
    return worded(one.decision)


def _decisions(session: Session, case: Case) -> list[Entry]:
    found = history.of_type(session, case.id, "decision.evaluated")
    coded = wording.coded(session) if found else {}
    return [
        Entry(said(decided.in_words(data, coded, worded)), event.at, system=True)
        for event in found
        for data in (*event.data.get("required", ()), event.data)
    ]


def _timed(lines: Iterable[Entry], created: Mapping[int, datetime], used: Calendar) -> list[Entry]:
    """Each step with how long it lay with whoever acts: since its task was made or passed on.

    What lies beside the steps takes nobody any time; of what was entered later nobody knows.
    """
    found, since = [], dict(created)
    for line in lines:
        if line.task is None or line.task not in since or line.system or line.beside:
            found.append(line)
            continue
        taken = "" if line.late else _taken(since[line.task], line.at, used)
        found.append(replace(line, duration=taken))
        since[line.task] = line.at
    return found


def _taken(begun: datetime, ended: datetime, used: Calendar) -> str:
    """Within a day the hours that passed, beyond it working days, as the limits count them."""
    days = [one.astimezone(clock.SHANGHAI).date() for one in (begun, ended)]
    worked = calendar.working_days_between(*days, calendar=used)
    if days[0] == days[1] or not worked:
        return span(ended - begun)
    return _("%(n)s 个工作日", n=worked)


def _folded(lines: Iterable[Entry]) -> list[Entry]:
    """Neighbouring system events as one line that opens."""
    found: list[Entry] = []
    for line in lines:
        if not line.system:
            found.append(line)
        elif found and found[-1].system:
            found[-1] = replace(found[-1], children=(*found[-1].children, line))
        else:
            found.append(replace(line, children=(line,)))
    return found


def _open(session: Session, case: Case) -> list[Entry]:
    query = select(UserTask).where(UserTask.instance_id == case.id).order_by(UserTask.id)
    tasks = session.scalars(query).all()
    names = inbox.holder_names(session, [task.assignee for task in tasks if task.assignee])
    return [
        Entry(
            title=worded(task.name) or task.activity,
            at=task.created_at,
            person=names.get(task.assignee or "", "") or _("待签收"),
            unit="" if task.assignee else _offices(session, task),
            open=True,
        )
        for task in tasks
    ]


def _offices(session: Session, task: UserTask) -> str:
    """The agencies and roles that a task waits for."""
    groups = [one for one in task.candidates.splitlines() if not one.startswith(USER_PREFIX)]
    return joined(performers.office(session, one) for one in groups)


def _public(line: Entry) -> Entry:
    return Entry(line.title, line.at, open=line.open, beside=line.beside)
