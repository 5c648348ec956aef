"""A norm (技术规范) written from models: steps, rules and forms of some processes, as Markdown.

Invariant: it says what the models say and nothing else; what changes in a model changes here. The
norms of a domain are named in `bpmn/<domain>/norms.yaml`.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import yaml

from engine import parser
from engine.definition.elements import CallActivity, StartEvent, UserTask
from engine.definition.process import Process
from engine.dmn import read_all
from engine.dmn.model import Table
from engine.feel import Expression
from forms import definition
from forms.fields.base import Field
from processes.identity.roles import ROLES
from processes.modelling import bundle
from processes.modelling.bundle import Bundle

_GROUP: Final = re.compile(r'"([a-z_]+)@"')
_UNITS: Final = {"working_days": "个工作日", "days": "日", "hours": "小时", "months": "个月"}


@dataclass(frozen=True, slots=True)
class Norm:
    """One document: what it is of, what it rests on, and the folders of its processes."""

    code: str
    title: str
    requirement: str
    basis: tuple[str, ...]
    intro: str
    folders: tuple[Path, ...]


def all_norms(models: Path) -> list[Norm]:
    """The norms of all domains below a folder."""
    return [
        _norm(path.parent, code, told)
        for path in sorted(models.glob("*/norms.yaml"))
        for code, told in yaml.safe_load(path.read_text(encoding="utf-8"))["norms"].items()
    ]


def _norm(domain: Path, code: str, told: Mapping[str, Any]) -> Norm:
    folders = tuple(domain / key for key in told["processes"])
    basis, intro = tuple(told["basis"]), str(told["intro"])
    return Norm(code, str(told["title"]), str(told["requirement"]), basis, intro, folders)


def written(norm: Norm) -> str:
    """The document, as Markdown."""
    return "\n".join(_document(norm)).rstrip("\n") + "\n"


def _document(norm: Norm) -> Iterator[str]:
    yield f"# {norm.title}"
    yield ""
    yield f"由 `banli norm {norm.code}` 从流程、决策表和表单生成（{norm.requirement}）。"
    yield ""
    yield f"**适用范围**　{norm.intro}"
    yield ""
    yield f"**依据**　{'；'.join(norm.basis)}。"
    yield ""
    for number, folder in enumerate(norm.folders, start=1):
        yield from _chapter(f"{number}", bundle.read_folder(folder))


def _chapter(number: str, made: Bundle) -> Iterator[str]:
    ((name, body),) = made.with_ending(".bpmn").items()
    process = parser.parse(body, name).processes[0]
    yield f"## {number} {process.name}（`{process.id}`）"
    yield ""
    yield process.documentation
    yield ""
    yield f"### {number}.1 环节"
    yield ""
    yield from _steps(process)
    yield from _decisions(number, made)
    yield from _forms(number, made)


def _steps(process: Process) -> Iterator[str]:
    yield "| 环节 | 岗位 | 办理 | 时限 |"
    yield "|---|---|---|---|"
    lanes = {one.id: one.name for one in process.lanes.values()}
    for element in process.elements.values():
        done = _done(element)
        if not done or not element.name:
            continue
        who = _role(element) or lanes.get(element.lane, "系统")
        yield f"| {element.name} | {who} | {done} | {_limit(element)} |"
    yield ""


def _done(element: object) -> str:
    if isinstance(element, UserTask):
        return "人工办理" + (
            f"，四眼原则：不得同时办理{len(element.separation)}个环节" if element.separation else ""
        )
    if isinstance(element, CallActivity):
        return "调用流程"
    return "申请人提交" if isinstance(element, StartEvent) and element.form_id else ""


def _role(element: object) -> str:
    """The role that a task names itself, where it does not leave it to its lane."""
    groups = element.candidate_groups if isinstance(element, UserTask) else None
    found = _GROUP.search(groups.text) if groups else None
    return ROLES[found[1]].name if found and found[1] in ROLES else ""


def _limit(element: object) -> str:
    limit = element.limit if isinstance(element, UserTask) else None
    if limit is None:
        return ""
    amount = str(getattr(limit.amount, "source", limit.amount)).removeprefix("=")
    return f"{amount} {_UNITS.get(limit.unit, limit.unit)}"


def _decisions(number: str, made: Bundle) -> Iterator[str]:
    decisions = [one for one in read_all(made.with_ending(".dmn")).values() if one.table]
    if decisions:
        yield f"### {number}.2 判定规则"
        yield ""
    for one in decisions:
        assert one.table is not None  # noqa: S101 - those without were left out
        yield f"**{one.name}**"
        yield ""
        yield from _table(one.table)


def _table(table: Table) -> Iterator[str]:
    titles = [one.label for one in table.inputs] + [one.name for one in table.outputs]
    yield f"| {' | '.join(titles)} |"
    yield f"|{'---|' * len(titles)}"
    for rule in table.rules:
        cells = [*rule.tests, *rule.conclusions]
        yield f"| {' | '.join(_cell(one) for one in cells)} |"
    yield ""


def _cell(entry: Expression | None) -> str:
    return "—" if entry is None else entry.text.replace("|", "\\|").replace("\n", " ")


def _forms(number: str, made: Bundle) -> Iterator[str]:
    forms = [
        definition.read(body, f"{name}.yaml") for name, body in sorted(made.folder("forms").items())
    ]
    if forms:
        yield f"### {number}.3 填报内容"
        yield ""
    for form in forms:
        yield f"**{form.title}**"
        yield ""
        yield "| 项目 | 必填 |"
        yield "|---|---|"
        for field in form.fields():
            yield from _field(field)
        yield ""


def _field(field: Field, within: str = "") -> Iterator[str]:
    if not field.label:
        return
    yield f"| {within}{field.label} | {'是' if field.required else ''} |"
    for column in field.columns():
        yield from _field(column, f"{field.label}·")
