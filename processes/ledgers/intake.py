"""Reading a table in: each line a record of a ledger, or an application of a process.

Invariant: first every line is judged and nothing is written (`judge`); then the accepted ones are
taken together, all or none (`take`). A line is judged by the rules of the form it would have been
typed into, and of the ledger it goes to.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Literal, Protocol

from sqlalchemy.orm import Session

from engine import clock
from engine.errors import BanliError, NotFound
from forms import cells, conditions
from forms.definition import FormDefinition, FormInvalid
from forms.fields.attached import File
from forms.fields.base import Field, Scope
from processes import registers
from processes.casework import applications, precedence, sources
from processes.domains import domains
from processes.domains.domains import Import
from processes.identity import audit
from processes.identity.identity import User
from processes.ledgers import maintenance
from processes.ledgers.sheets import Line, SheetRefused, Table

Answers = Mapping[str, Any]
State = Literal["accepted", "warned", "refused"]
MOST_RECORDS: Final = 5_000
MOST_CASES: Final = 200
REASON: Final = "未接受的原因"


class IntakeRefused(BanliError):
    """A line that had been accepted cannot be taken any more; nothing was."""

    code = "intake_refused"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What becomes of one line: refused with problems, accepted with or without remarks."""

    line: Line
    answers: Answers
    problems: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()

    @property
    def state(self) -> State:
        if self.problems:
            return "refused"
        return "warned" if self.remarks else "accepted"


class Target(Protocol):
    """Where lines go."""

    @property
    def title(self) -> str: ...
    @property
    def form(self) -> FormDefinition: ...
    @property
    def node(self) -> str: ...
    @property
    def given(self) -> Answers: ...
    @property
    def most(self) -> int: ...
    @property
    def by(self) -> User: ...

    def obstacle(self, session: Session, values: Answers) -> str:
        """Why a line whose answers are valid could not be taken."""

    def marks(self, values: Answers) -> Iterator[tuple[str, str, str]]:
        """Rule, value and message: what no two lines of a table may have in common."""

    def take(self, session: Session, answers: Answers) -> None:
        """Take one line."""


@dataclass(frozen=True, slots=True)
class LedgerTarget:
    """Lines become records of a ledger that the user keeps."""

    register: str
    by: User
    title: str
    form: FormDefinition
    given: Answers
    node: str = "add"
    most: int = MOST_RECORDS

    def obstacle(self, session: Session, values: Answers) -> str:
        return registers.obstacle(session, self.register, self._values(values))

    def marks(self, values: Answers) -> Iterator[tuple[str, str, str]]:
        ledger = registers.definition(self.register)
        known = self._values(values)
        if known.get(ledger.key):
            yield "", str(known[ledger.key]), f"{ledger.fields[ledger.key].label}重复"
        messages = {rule.name: rule.message for rule in ledger.unique}
        for rule, value in registers.unique_values(ledger, known, ledger.initial).items():
            yield rule, value, messages[rule]

    def take(self, session: Session, answers: Answers) -> None:
        maintenance.add(session, self.register, by=self.by, answers=answers, reason="批量导入")

    def _values(self, values: Answers) -> dict[str, Any]:
        ledger = registers.definition(self.register)
        known = {name: value for name, value in values.items() if name in ledger.fields}
        return {ledger.org: self.by.org_code, **known} if ledger.org else known


@dataclass(frozen=True, slots=True)
class ServiceTarget:
    """Each line becomes an application of a process."""

    told: Import
    by: User
    title: str
    form: FormDefinition
    given: Answers
    node: str = "apply"
    most: int = MOST_CASES

    def obstacle(self, session: Session, values: Answers) -> str:
        return registers.taken(session, self.told.ledger, values) if self.told.ledger else ""

    def marks(self, values: Answers) -> Iterator[tuple[str, str, str]]:
        for name in self.told.unique:
            spec = self.form.field(name)
            if spec is not None and values.get(name) is not None:
                yield name, str(values[name]), f"{spec.label}重复"

    def take(self, session: Session, answers: Answers) -> None:
        applications.apply(session, self.told.process, by=self.by, answers=answers)


def offered(session: Session, by: User) -> list[tuple[str, str]]:
    """What a user may read in: name and title."""
    found = []
    for register in maintenance.offered(by):
        found.append((f"ledger.{register}", registers.definition(register).title))
    processes = {one.definition.key for one in applications.services(session, by)}
    for code, told in domains.current().imports.items():
        if told.process in processes and _may(told, by):
            found.append((f"service.{code}", told.title))
    return found


def target(session: Session, name: str, by: User) -> Target:
    """Where a table of this name goes.

    Raises:
        NotFound: there is none of that name for this user.
        Forbidden: something else comes first.
    """
    kind, _dot, code = name.partition(".")
    if kind == "ledger" and maintenance.may_keep(code, by):
        title = registers.definition(code).title
        return LedgerTarget(code, by, title, maintenance.form(code), given={})
    told = domains.current().imports.get(code) if kind == "service" else None
    if told is None or not _may(told, by):
        raise NotFound("没有这种导入，或您不能使用", name=name)
    precedence.require(session, told.process, by=by)
    form = applications.service(session, told.process, by=by).form
    if form is None:
        raise NotFound("这项业务没有表单，不能导入", name=name)
    return ServiceTarget(told, by, told.title, form, told.given)


def columns(to: Target) -> list[Field]:
    """The columns that a table may have."""
    told = to.told.columns if isinstance(to, ServiceTarget) else ()
    return [
        one
        for one in cells.columns(to.form.fields(), node=to.node)
        if one.name not in to.given and (not told or one.name in told) and _applies(to, one)
    ]


def _applies(to: Target, spec: Field) -> bool:
    """Whether a field may be shown at all to this user, with what every line has."""
    if not spec.shown_if:
        return True
    known = {"user": to.by.told, **to.given}
    asked = {name.split(".")[0] for name in conditions.names(spec.shown_if)}
    return not asked <= set(known) or conditions.holds(spec.shown_if, known)


def takes_files(to: Target) -> bool:
    """Whether lines may name files that come along with the table."""
    return any(isinstance(one, File) for one in columns(to))


def _may(told: Import, by: User) -> bool:
    return not told.roles or any(role in told.roles for role, _org in by.roles)


def headings(to: Target) -> list[str]:
    """The headings of an empty table; what is always required has a star."""
    return [f"{one.label}*" if one.required else one.label for one in columns(to)]


def judge(
    session: Session,
    to: Target,
    table: Table,
    *,
    by: User,
    files: Mapping[str, Any] | None = None,
) -> list[Verdict]:
    """Say of each line what would become of it; nothing is written.

    `files` are the files that came along, by name: the values a form holds for them.

    Raises:
        SheetRefused: the table has not one of the columns, or too many lines.
    """
    wanted = {one.label for one in columns(to)}
    if wanted.isdisjoint(table.headings):
        raise SheetRefused("表格的列名与模板不符，请先下载模板")
    if len(table.lines) > to.most:
        raise SheetRefused(f"表格有 {len(table.lines)} 行，一次最多导入 {to.most} 行")
    lookups = sources.lookups(session, by)
    scope = Scope({"user": by.told, "today": clock.today()}, lookups)
    judging = _Judging(to, scope, files or {}, columns(to))
    return [judging.of(session, line) for line in table.lines]


def take(session: Session, to: Target, verdicts: Sequence[Verdict], *, by: User) -> int:
    """Take every line that was not refused, all or none; returns how many.

    Raises:
        IntakeRefused: one of them cannot be taken any more; names its line.
    """
    good = [one for one in verdicts if one.state != "refused"]
    for one in good:
        try:
            to.take(session, one.answers)
        except FormInvalid as refused:
            said = "；".join(cells.problems(refused.errors, list(to.form.fields())))
            raise IntakeRefused(f"第 {one.line.number} 行：{said}。全部没有导入") from refused
        except BanliError as refused:
            raise IntakeRefused(
                f"第 {one.line.number} 行：{refused.message}。全部没有导入"
            ) from refused
    audit.record(session, "table.imported", by=by, detail=f"{to.title} {len(good)}")
    return len(good)


def refused_rows(table: Table, verdicts: Sequence[Verdict]) -> tuple[list[str], list[list[str]]]:
    """The refused lines as they came, with the reason in a column of its own."""
    own = [heading for heading in table.headings if heading != REASON]
    rows = [
        [*(one.line.cells.get(heading, "") for heading in own), "；".join(one.problems)]
        for one in verdicts
        if one.state == "refused"
    ]
    return [*own, REASON], rows


@dataclass(frozen=True)
class _Judging:
    """The lines of one table, one after the other."""

    to: Target
    scope: Scope
    files: Mapping[str, Any]
    specs: Sequence[Field]
    seen: dict[tuple[str, str], int] = field(default_factory=dict)

    def of(self, session: Session, line: Line) -> Verdict:
        """What becomes of this line."""
        answers, missing = self._answers(line)
        try:
            values = self.to.form.validate(
                answers, context=self.scope.context, node=self.to.node, lookups=self.scope.lookups
            )
        except FormInvalid as refused:
            errors = {path: said for path, said in refused.errors.items() if path not in missing}
            said = cells.problems({**errors, **missing}, list(self.to.form.fields()))
            return Verdict(line, answers, tuple(said))
        problem = self.to.obstacle(session, values) or self._twice(values, line)
        if problem:
            return Verdict(line, answers, (problem,))
        return Verdict(line, answers, remarks=tuple(self._remarks(values)))

    def _answers(self, line: Line) -> tuple[dict[str, Any], dict[str, list[str]]]:
        """The answers of a line, and what is to be said of the files it names in vain."""
        answers = {**self.to.given, **cells.answers(self.specs, line.cells, self.scope)}
        missing = {}
        for spec in self.specs:
            if isinstance(spec, File) and spec.name in answers:
                named = answers.pop(spec.name)
                if named in self.files:
                    answers[spec.name] = self.files[named]
                else:
                    missing[spec.name] = [f"没有选中名为『{named}』的文件"]
        return answers, missing

    def _twice(self, values: Answers, line: Line) -> str:
        marks = list(self.to.marks(values))
        for rule, value, message in marks:
            if (rule, value) in self.seen:
                return f"与第 {self.seen[rule, value]} 行相同：{message}"
        self.seen.update({(rule, value): line.number for rule, value, _message in marks})
        return ""

    def _remarks(self, values: Answers) -> Iterator[str]:
        for spec in self.specs:
            if values.get(spec.name) is not None:
                for remark in spec.doubts(values[spec.name], {**self.scope.context, **values}):
                    yield f"{spec.label}：{remark}"
