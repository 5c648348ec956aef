"""What a ledger is: fields, key, uniqueness, statuses and the only ways between them; as data.

Invariant: a definition read here is complete and consistent; a ledger has no rule in code.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from engine.errors import NotFound
from processes.definitions import Kind
from processes.domains import wording
from processes.registers import holding
from processes.registers.holding import HoldRule

TYPES: Final = (
    "text",
    "integer",
    "decimal",
    "boolean",
    "date",
    "datetime",
    "list",
    "context",
    "file",
)
_NAME: Final = re.compile(r"[a-z][a-z0-9_]{0,63}")
_REFERRED: Final = re.compile(r"[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*")
_PLACE: Final = re.compile(r"\{([a-z_]+)(?::0([0-9])d)?\}")
_KEYS: Final = {
    "register", "title", "title_en", "key", "fields", "unique", "search", "initial", "statuses",
    "transitions", "number", "org", "counts", "certificate", "progress", "statuses_en", "held",
    "needed", "named_in",
}  # fmt: skip

PROGRESS: Final = frozenset({"total", "done", "failed"})


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldDefinition:
    """One field; a sensitive one is searched by its keyed hash and never logged in the clear.

    One that holds the key of another ledger's record `refers` to the field by which that record is
    called, as `ledger.field`; of a list of contexts `item` is the member that each is called by.
    """

    name: str
    label: str
    label_en: str = ""
    type: str = "text"
    required: bool = False
    immutable: bool = False
    sensitive: bool = False
    max_length: int = 500
    pattern: str = ""
    values: Mapping[str, str] = field(default_factory=dict)
    values_en: Mapping[str, str] = field(default_factory=dict)
    refers: str = ""
    item: str = ""


@dataclass(frozen=True, slots=True)
class UniqueRule:
    """No two records (of these statuses, if named) agree in all these fields."""

    name: str
    fields: tuple[str, ...]
    statuses: frozenset[str]
    message: str


@dataclass(frozen=True, slots=True)
class Transition:
    """A way from one status to another; it requires some fields filled and clears others."""

    source: str
    target: str
    name: str
    requires: tuple[str, ...] = ()
    clears: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class NumberFormat:
    """How a key is made: a series counted by year, a text with places, a check character."""

    series: str
    text: str
    yearly: bool = True
    check: bool = False


@dataclass(frozen=True, slots=True)
class CountRule:
    """So many records of another ledger belong to one of this (quantity of a batch)."""

    register: str
    by: str
    equals: str
    message: str
    message_en: str = ""


@dataclass(frozen=True, slots=True)
class CertificateRule:
    """The records are certificates that anybody may verify (`documents.verification`).

    `numbers` are the fields that name one, `holder` that which has to be known beside; every look
    is written down in the ledger `events`.
    """

    numbers: tuple[str, ...]
    holder: str
    events: str


@dataclass(frozen=True, slots=True)
class NeedRule:
    """What an organisation cannot do without a record in the initial status: its `message`.

    Only one that holds the `business` needs it, if one is named; a record is of use up to the day
    in the field `until`.
    """

    message: str
    message_en: str = ""
    business: str = ""
    until: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Definition:
    """A ledger."""

    register: str
    title: str
    title_en: str
    key: str
    fields: Mapping[str, FieldDefinition]
    unique: tuple[UniqueRule, ...] = ()
    search: tuple[str, ...] = ()
    initial: str = ""
    statuses: Mapping[str, str] = field(default_factory=dict)
    transitions: tuple[Transition, ...] = ()
    number: NumberFormat | None = None
    org: str = ""
    counts: tuple[CountRule, ...] = ()
    certificate: CertificateRule | None = None
    held: HoldRule | None = None
    """How a case holds a record, and gives it back when it ends."""
    needed: NeedRule | None = None
    named_in: Mapping[str, str] = field(default_factory=dict)
    """Of a ledger without organisations: the ledgers, each with the field, that name its records;
    a record is in reach of whose they are (`reach`)."""
    progress: Mapping[str, str] = field(default_factory=dict)
    """The fields that say how far a record in its initial status is: total, done, failed."""
    english: Mapping[str, str] = field(default_factory=dict)
    """Its Chinese words, of fields, values, statuses and transitions, with their English."""

    def transition(self, source: str, target: str) -> Transition | None:
        """The declared way between two statuses."""
        for one in self.transitions:
            if (one.source, one.target) == (source, target):
                return one
        return None

    def status_name(self, status: str) -> str:
        """A status in words."""
        return self.statuses.get(status, status)


def read(content: bytes, file: str) -> Definition:
    """The ledger that a YAML file defines.

    Raises:
        DeploymentRejected: names everything that is wrong with it.
    """
    return _definition(_KIND.read(content, file))


_catalogue: dict[str, Definition] = {}


def load(folder: Path) -> Mapping[str, Definition]:
    """Take in every `registers/*.yaml` below a folder; returns what it defines.

    Raises:
        DeploymentRejected: a file is wrong, or two define one ledger.
    """
    found = _KIND.below(folder, "registers/*.yaml", read, name=lambda one: one.register)
    _catalogue.update(found)
    return found


def definition(register: str) -> Definition:
    """A ledger by name; the ledgers of `bpmn/` are taken in at the first question.

    Raises:
        NotFound: there is none of that name.
    """
    if not _catalogue:
        load(Path(__file__).parents[2] / "bpmn")
    if register not in _catalogue:
        raise NotFound(f"没有台账『{register}』", register=register)
    return _catalogue[register]


def definitions() -> Mapping[str, Definition]:
    """Every ledger by name."""
    if not _catalogue:
        load(Path(__file__).parents[2] / "bpmn")
    return dict(sorted(_catalogue.items()))


def ledger_words() -> Mapping[str, str]:
    """Chinese → English of every ledger."""
    return {zh: en for one in definitions().values() for zh, en in one.english.items()}


def places(text: str) -> list[tuple[str, int]]:
    """The places of a number format with their widths (0: as it is)."""
    return [(name, int(width or 0)) for name, width in _PLACE.findall(text)]


def fill(text: str, values: Mapping[str, Any]) -> str:
    """A number format with its places filled."""

    def put(match: re.Match[str]) -> str:
        value = values[match[1]]
        return f"{int(value):0{match[2]}d}" if match[2] else str(value)

    return _PLACE.sub(put, text)


def _problems(raw: Mapping[str, Any]) -> Iterator[str]:
    for key in sorted(set(raw) - _KEYS):
        yield f"未知的键『{key}』"
    for key in ("register", "title", "key", "fields"):
        if not raw.get(key):
            yield f"缺少『{key}』"
    fields = raw.get("fields")
    if not isinstance(fields, dict):
        yield "『fields』应为对象"
        return
    for name, options in fields.items():
        yield from _field_problems(name, options)
    yield from _reference_problems(raw, set(fields))
    yield from _status_problems(raw, set(fields))
    if raw.get("held") is not None:
        yield from holding.problems(raw)


def _field_problems(name: Any, options: Any) -> Iterator[str]:
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        yield f"字段名『{name}』不可用"
    elif not isinstance(options, dict) or not options.get("label"):
        yield f"字段『{name}』缺少标签"
    elif options.get("type", "text") not in TYPES:
        yield f"字段『{name}』的类型『{options['type']}』未知"
    elif unknown := set(options) - set(FieldDefinition.__dataclass_fields__):
        yield f"字段『{name}』有未知的选项『{min(unknown)}』"
    elif options.get("refers") and not _REFERRED.fullmatch(str(options["refers"])):
        yield f"字段『{name}』的『refers』应写成『台账.字段』"


def _reference_problems(raw: Mapping[str, Any], fields: set[str]) -> Iterator[str]:
    named = [raw.get("key"), *raw.get("search", []), *([raw["org"]] if raw.get("org") else [])]
    named += [name for rule in raw.get("unique", []) for name in rule.get("fields", [])]
    named += [rule.get("equals") for rule in raw.get("counts", [])]
    told = raw.get("certificate") or {}
    named += [*told.get("numbers", []), *([told["holder"]] if "holder" in told else [])]
    progress = raw.get("progress") or {}
    if progress and progress.keys() != PROGRESS:
        yield f"『progress』须有且只有 {'、'.join(sorted(PROGRESS))}"
    for name in (*named, *progress.values()):
        if name not in fields:
            yield f"引用了不存在的字段『{name}』"
    if raw.get("named_in") and raw.get("org"):
        yield "『named_in』只用于没有『org』的台账"
    yield from _number_problems(raw, fields)
    yield from _need_problems(raw, fields)


def _need_problems(raw: Mapping[str, Any], fields: set[str]) -> Iterator[str]:
    needed = raw.get("needed") or {}
    unknown = set(needed) - set(NeedRule.__dataclass_fields__)
    if needed and (unknown or not (needed.get("message") and raw.get("org"))):
        yield "『needed』须有『message』，可有『business』、『until』，台账须有『org』"
    if needed.get("until", "") not in {"", *fields}:
        yield f"『needed』引用了不存在的字段『{needed['until']}』"


def _number_problems(raw: Mapping[str, Any], fields: set[str]) -> Iterator[str]:
    number = raw.get("number")
    if number is not None:
        known = fields | {"year", "sequence", "org_region"}
        for text in (number.get("series", ""), number.get("text", "")):
            for name, _width in places(text):
                if name not in known:
                    yield f"编号格式引用了不存在的字段『{name}』"


def _status_problems(raw: Mapping[str, Any], fields: set[str]) -> Iterator[str]:
    statuses = raw.get("statuses") or {}
    if statuses and raw.get("initial") not in statuses:
        yield f"初始状态『{raw.get('initial')}』不在状态表中"
    for one in raw.get("transitions", []):
        for status in (one.get("from"), one.get("to")):
            if status not in statuses:
                yield f"状态转换引用了不存在的状态『{status}』"
        for name in (*one.get("requires", ()), *one.get("clears", ())):
            if name not in fields:
                yield f"状态转换引用了不存在的字段『{name}』"


def _definition(raw: Mapping[str, Any]) -> Definition:
    number = raw.get("number")
    return Definition(
        register=raw["register"],
        title=raw["title"],
        title_en=raw.get("title_en", ""),
        english=dict(wording.pairs(raw)),
        key=raw["key"],
        fields={
            name: FieldDefinition(name=name, **options) for name, options in raw["fields"].items()
        },
        unique=tuple(
            UniqueRule(
                rule["name"],
                tuple(rule["fields"]),
                frozenset(rule.get("while", ())),
                rule["message"],
            )
            for rule in raw.get("unique", ())
        ),
        search=tuple(raw.get("search", ())),
        initial=raw.get("initial", ""),
        statuses=dict(raw.get("statuses") or {}),
        transitions=tuple(
            Transition(
                one["from"],
                one["to"],
                one["name"],
                tuple(one.get("requires", ())),
                tuple(one.get("clears", ())),
            )
            for one in raw.get("transitions", ())
        ),
        number=NumberFormat(**number) if number else None,
        org=raw.get("org", ""),
        counts=tuple(CountRule(**rule) for rule in raw.get("counts", ())),
        certificate=_certificate(raw.get("certificate")),
        held=holding.read(raw["held"]) if raw.get("held") else None,
        progress=dict(raw.get("progress") or {}),
        named_in=dict(raw.get("named_in") or {}),
        needed=NeedRule(**raw["needed"]) if raw.get("needed") else None,
    )


def _certificate(raw: Mapping[str, Any] | None) -> CertificateRule | None:
    return CertificateRule(**{**raw, "numbers": tuple(raw["numbers"])}) if raw else None


_KIND: Final = Kind("台账定义", "register", _problems)
