"""What a business domain brings besides processes: kinds of organisation, businesses, roles.

Invariant: read once from the files `bpmn/*/domain.yaml`, so an agency adds a domain without a
programmer; nothing is defined twice, and what a file refers to is defined in one of them.
The form of a file is described in docs/domains.md.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

import yaml
from marshmallow import RAISE, Schema, ValidationError, fields, pre_load, validate

from engine.errors import BanliError
from processes.domains.channels import NoticeChannel, NoticeChannelSchema, made_channel
from processes.domains.keeping import Maintenance, MaintenanceSchema, made_maintenance
from processes.domains.publications import Publication, PublicationSchema, made_publication

FOLDER: Final = Path(__file__).parents[2] / "bpmn"
_CODE: Final = validate.Regexp(r"[a-z][a-z0-9_]{1,31}\Z", error="代码由小写字母、数字和下划线组成")
_PARTS: Final = (
    "org_kinds",
    "businesses",
    "scopes",
    "permission_sets",
    "roles",
    "sources",
    "maintained",
    "imports",
    "views",
    "menus",
    "services",
    "holdings",
    "publications",
    "notice_channels",
)
_CATEGORIES: Final = ("handler", "applicant", "admin", "security", "audit", "model")


class DomainRefused(BanliError):
    """A domain file is wrong: the message names the file and the place."""

    code = "domain_refused"


@dataclass(frozen=True, slots=True)
class Word:
    """Something with a Chinese and an English title."""

    title: str
    title_en: str


@dataclass(frozen=True, slots=True)
class OrgKind(Word):
    """A kind of organisation.

    `below` is the kind that must stand above it, `""` for the top of a tree, None for anywhere;
    an `agency` holds grants, one that `grants` gives them; a `unit` applies for its people.
    """

    below: str | None = None
    agency: bool = False
    grants: bool = False
    unit: bool = False


@dataclass(frozen=True, slots=True)
class RoleSource:
    """A role as a domain file tells it; `may` are actions, the named sets already opened.

    `reach` above: its statistics and lists go over all that is below the organisation above.
    `appoints`: where it may manage users, only users of these roles; empty: of all.
    """

    name: str
    name_en: str
    business: str
    category: str
    sees: tuple[str, ...]
    may: frozenset[str]
    unit: bool
    exclusive: bool
    reach: str
    appoints: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RecordSource:
    """A list for forms, taken from a ledger: which records, whose, and what is shown of them.

    `own` are the fields that tell whose a record is: only the own organisations and those below.
    `match` compares fields of the ledger with values of the form or case (field → its name there);
    `holds` wants a list of the record to hold such a value, once there is one; `referring` wants
    the record of another ledger that a field names to be in one of some statuses; `order` by what.
    """

    register: str
    label: tuple[str, ...]
    statuses: tuple[str, ...]
    where: Mapping[str, str]
    own: tuple[str, ...]
    match: Mapping[str, str]
    holds: Mapping[str, str]
    referring: Mapping[str, tuple[str, ...]]
    order: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Import(Word):
    """A table that may be read in: each line is an application of a process.

    `given` are answers that every line has; `columns` the fields a line fills, empty: all; no two
    lines agree in the fields of `unique`; what they name must be free in `ledger`. `roles` may do
    it, empty: all who may begin the process.
    """

    process: str
    given: Mapping[str, str]
    columns: tuple[str, ...]
    unique: tuple[str, ...]
    ledger: str
    roles: frozenset[str]


@dataclass(frozen=True, slots=True)
class Domains:
    """All domains of an installation together, by code; `titles` by the beginning of their keys."""

    titles: Mapping[str, Word]
    org_kinds: Mapping[str, OrgKind]
    businesses: Mapping[str, Word]
    scopes: Mapping[str, Word]
    roles: Mapping[str, RoleSource]
    sources: Mapping[str, RecordSource]
    maintained: Mapping[str, Maintenance]
    delegation: Path | None
    """The decision table of who may let whom do a business."""
    imports: Mapping[str, Import]
    views: Mapping[str, Any]
    """The lists of the menus, as `processes.menus` reads them."""
    menus: Mapping[str, Any]
    """The menus by role, as `processes.menus` reads them."""
    services: Mapping[str, Any]
    """The guides of the public portal by process, as `processes.public.guides` reads them."""
    holdings: Mapping[str, Any]
    """The kinds of certificates of the public, as `processes.public.holdings` reads them."""
    publications: Mapping[str, Publication]
    """What is reported to departments outside, by message."""
    notice_channels: Mapping[str, NoticeChannel]
    """The ways by which a notice reaches somebody beside the box in this system."""


_MESSAGES: Final[dict[str, str]] = {"unknown": "没有这个项目", "type": "应为对象"}
_REQUIRED: Final[dict[str, str | list[Any] | dict[Any, Any]]] = {
    "required": "缺少这个项目",
    "null": "不能为空",
}


class _Word(Schema):
    error_messages = _MESSAGES
    title = fields.String(required=True, error_messages=_REQUIRED, validate=validate.Length(1, 60))
    title_en = fields.String(
        required=True, error_messages=_REQUIRED, validate=validate.Length(1, 80)
    )


class _OrgKind(_Word):
    below = fields.String(load_default=None, allow_none=True)
    agency = fields.Boolean(load_default=False)
    grants = fields.Boolean(load_default=False)
    unit = fields.Boolean(load_default=False)


class _Role(Schema):
    error_messages = _MESSAGES
    name = fields.String(required=True, error_messages=_REQUIRED, validate=validate.Length(1, 60))
    name_en = fields.String(
        required=True, error_messages=_REQUIRED, validate=validate.Length(1, 80)
    )
    business = fields.String(load_default="")
    category = fields.String(load_default="handler", validate=validate.OneOf(_CATEGORIES))
    sees = fields.List(fields.String(validate=_CODE), load_default=list)
    may = fields.List(fields.String(), load_default=list)
    unit = fields.Boolean(load_default=False)
    exclusive = fields.Boolean(load_default=False)
    reach = fields.String(load_default="own", validate=validate.OneOf(("own", "above")))
    appoints = fields.List(fields.String(validate=_CODE), load_default=list)


class _Source(Schema):
    error_messages = _MESSAGES
    register = fields.String(required=True, error_messages=_REQUIRED, validate=_CODE)
    label = fields.List(
        fields.String(validate=_CODE),
        required=True,
        error_messages=_REQUIRED,
        validate=validate.Length(1, 5),
    )
    statuses = fields.List(fields.String(validate=_CODE), load_default=list)
    where = fields.Dict(
        keys=fields.String(validate=_CODE), values=fields.String(), load_default=dict
    )
    own = fields.List(fields.String(validate=_CODE), load_default=list)
    match = fields.Dict(keys=fields.String(), values=fields.String(), load_default=dict)
    holds = fields.Dict(keys=fields.String(), values=fields.String(), load_default=dict)
    referring = fields.Dict(
        keys=fields.String(validate=_CODE),
        values=fields.List(fields.String(validate=_CODE), validate=validate.Length(1)),
        load_default=dict,
    )
    order = fields.List(fields.String(validate=_CODE), load_default=list)

    @pre_load
    def one_or_several(self, data: Any, **_more: Any) -> Any:
        """`own` may be one field without a list around it."""
        if isinstance(data, dict) and isinstance(data.get("own"), str):
            return {**data, "own": [data["own"]]}
        return data


class _Import(_Word):
    process = fields.String(required=True, error_messages=_REQUIRED, validate=_CODE)
    given = fields.Dict(
        keys=fields.String(validate=_CODE), values=fields.String(), load_default=dict
    )
    columns = fields.List(fields.String(validate=_CODE), load_default=list)
    unique = fields.List(fields.String(validate=_CODE), load_default=list)
    ledger = fields.String(load_default="", validate=validate.Regexp(r"[a-z0-9_]*\Z"))
    roles = fields.List(fields.String(validate=_CODE), load_default=list)


def _by_code(schema: type[Schema]) -> fields.Dict:
    return fields.Dict(keys=fields.String(validate=_CODE), values=fields.Nested(schema))


class _File(_Word):
    prefix = fields.String(load_default="", validate=_CODE)
    org_kinds = _by_code(_OrgKind)
    businesses = _by_code(_Word)
    scopes = _by_code(_Word)
    permission_sets = fields.Dict(
        keys=fields.String(validate=_CODE), values=fields.List(fields.String())
    )
    roles = _by_code(_Role)
    sources = _by_code(_Source)
    maintained = _by_code(MaintenanceSchema)
    imports = _by_code(_Import)
    views = fields.Dict(keys=fields.String(validate=_CODE), values=fields.Dict())
    menus = fields.Dict(keys=fields.String(validate=_CODE), values=fields.Dict())
    publications = _by_code(PublicationSchema)
    notice_channels = _by_code(NoticeChannelSchema)
    services = fields.Dict(keys=fields.String(validate=_CODE), values=fields.Dict())
    holdings = fields.Dict(keys=fields.String(validate=_CODE), values=fields.Dict())
    delegation = fields.String(load_default="", validate=validate.Regexp(r"[a-z0-9_/]*\Z"))


@cache
def current() -> Domains:
    """The domains of this installation."""
    return load(FOLDER)


def load(folder: Path) -> Domains:
    """The domains below a folder, `<domain>/domain.yaml`.

    Raises:
        DomainRefused: a file cannot be read, defines what another defines, or refers to nothing.
    """
    titles: dict[str, Word] = {}
    delegation: Path | None = None
    parts: dict[str, dict[str, Any]] = {part: {} for part in _PARTS}
    for path in sorted(folder.glob("*/domain.yaml")):
        told = read(path.read_text(encoding="utf-8"), f"{path.parent.name}/{path.name}")
        titles[told["prefix"] or path.parent.name] = Word(told["title"], told["title_en"])
        if told["delegation"]:
            delegation = path.parent / f"{told['delegation']}.dmn"
        _take(path, told, parts)
    _check_references(parts)
    return Domains(
        titles,
        {code: OrgKind(**one) for code, one in parts["org_kinds"].items()},
        {code: Word(**one) for code, one in parts["businesses"].items()},
        {code: Word(**one) for code, one in parts["scopes"].items()},
        {code: _role(one, parts["permission_sets"]) for code, one in parts["roles"].items()},
        {code: _source(one) for code, one in parts["sources"].items()},
        {code: made_maintenance(one) for code, one in parts["maintained"].items()},
        delegation,
        {code: _import(one) for code, one in parts["imports"].items()},
        parts["views"],
        parts["menus"],
        parts["services"],
        parts["holdings"],
        {code: made_publication(code, one) for code, one in parts["publications"].items()},
        {code: made_channel(code, one) for code, one in parts["notice_channels"].items()},
    )


def _take(path: Path, told: Mapping[str, Any], parts: Mapping[str, dict[str, Any]]) -> None:
    """Add what one file defines to what all define."""
    for part, found in parts.items():
        for code, one in told.get(part, {}).items():
            if code in found:
                raise DomainRefused(f"{path.parent.name}/{path.name}：『{code}』已有定义")
            found[code] = {**one, "folder": path.parent} if part == "maintained" else one


def _role(told: Mapping[str, Any], sets: Mapping[str, Iterable[str]]) -> RoleSource:
    lists = {name: tuple(told[name]) for name in ("sees", "appoints")}
    opened = {**lists, "may": _opened(told["may"], sets)}
    return RoleSource(**{**told, **opened})


def _import(told: Mapping[str, Any]) -> Import:
    lists = {name: tuple(told[name]) for name in ("columns", "unique")}
    return Import(**{**told, **lists, "roles": frozenset(told["roles"])})


def _source(told: Mapping[str, Any]) -> RecordSource:
    lists = {name: tuple(told[name]) for name in ("label", "statuses", "own", "order")}
    referring = {name: tuple(statuses) for name, statuses in told["referring"].items()}
    return RecordSource(**{**told, **lists, "referring": referring})


def read(text: str, name: str) -> dict[str, Any]:
    """One file, its form checked.

    Raises:
        DomainRefused: naming the file and every wrong place in it.
    """
    try:
        raw = yaml.load(text, Loader=yaml.CSafeLoader)
        return dict(_File(unknown=RAISE).load(raw))
    except yaml.YAMLError as error:
        raise DomainRefused(f"{name} 不是有效的 YAML：{error}") from error
    except ValidationError as error:
        wrong = "；".join(_places(error.messages))
        raise DomainRefused(f"{name}：{wrong}") from error


def _places(messages: object, at: str = "") -> Iterable[str]:
    if isinstance(messages, dict):
        for key, inner in messages.items():
            yield from _places(inner, f"{at}.{key}" if at else str(key))
    elif isinstance(messages, list):
        yield f"{at}：{'，'.join(map(str, messages))}"


def _check_references(parts: Mapping[str, Mapping[str, Any]]) -> None:
    kinds, businesses = parts["org_kinds"], parts["businesses"]
    for code, kind in kinds.items():
        if kind["below"] and kind["below"] not in kinds:
            raise DomainRefused(f"机构类别『{code}』的上级类别『{kind['below']}』没有定义")
    for code, role in parts["roles"].items():
        if role["business"] and role["business"] not in businesses:
            raise DomainRefused(f"角色『{code}』的业务『{role['business']}』没有定义")
    for code, kept in parts["maintained"].items():
        for one in kept["roles"]:
            if one not in parts["roles"]:
                raise DomainRefused(f"维护台账『{code}』的角色『{one}』没有定义")


def _opened(may: Iterable[str], sets: Mapping[str, Iterable[str]]) -> frozenset[str]:
    """Actions, with the sets among them replaced by what they hold; a set may name sets."""
    found: set[str] = set()
    waiting, seen = list(may), set()
    while waiting:
        one = waiting.pop()
        if one in seen:
            continue
        seen.add(one)
        if one in sets:
            waiting += sets[one]
        else:
            found.add(one)
    return frozenset(found)
