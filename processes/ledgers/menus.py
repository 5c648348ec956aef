"""What each kind of user finds on the first page and in the menu: lists, businesses, statistics.

Told by the domains (`menus` and `views` of a domain file, docs/domains.md).

Invariant: a menu offers a list with exactly the operations it names; a list shows only records of
the organisations in which the user holds a role with that list in its menu.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Final

from marshmallow import Schema, fields, validate

from engine.errors import NotFound
from processes import registers
from processes.casework import precedence
from processes.casework.precedence import First
from processes.domains import domains
from processes.domains.domains import DomainRefused, Word
from processes.identity.identity import User
from processes.ledgers.beginnings import (
    Operation,
    OperationSchema,
    TargetSchema,
    TitledSchema,
    loaded,
    made_operation,
)
from processes.statistics import definitions as statistics

BUILT_IN: Final = {"query": "查询", "view": "查看", "export": "导出"}
PAGES: Final = (
    "notices", "password", "users", "inbox", "mine", "import",
    "search", "urging", "letters", "supervision",
)  # fmt: skip
ALWAYS: Final = ("notices", "password")
"""The pages that are open whatever comes first."""


@dataclass(frozen=True, slots=True)
class Counting:
    """The records of another ledger that name a record in the field `by`, in one of `statuses`."""

    register: str
    by: str
    statuses: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordList(Word):
    """A list of records of a ledger, as a page of its own.

    `details` are the lists shown on the page of a record, by code, each with the field that names
    the record; `counts` says for a column what is counted where the record has no number yet.
    `newest`: the records whose number was given last come first.
    """

    register: str
    columns: tuple[str, ...]
    where: Mapping[str, Any] = field(default_factory=dict)
    statuses: tuple[str, ...] = ()
    own: tuple[str, ...] = ()
    everybody: bool = False
    newest: bool = False
    operations: Mapping[str, Operation] = field(default_factory=dict)
    details: Mapping[str, str] = field(default_factory=dict)
    counts: Mapping[str, Counting] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry(Word):
    """One entry of a menu; exactly one of the targets is set.

    A `step` without `todo` is that step of whatever process it is a part of; a `ledger` is one that
    the role keeps by hand.
    """

    records: str = ""
    ledger: str = ""
    do: tuple[str, ...] = ()
    apply: str = ""
    given: Mapping[str, Any] = field(default_factory=dict)
    todo: str = ""
    step: str = ""
    statistic: str = ""
    page: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Group(Word):
    """Entries below one heading."""

    items: tuple[Entry, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Menu:
    """What one role finds; `figures` are the statistics shown on the first page."""

    first: First | None = None
    shortcuts: tuple[Entry, ...] = ()
    figures: tuple[str, ...] = ()
    groups: tuple[Group, ...] = ()


class _Counting(Schema):
    register = fields.String(required=True)
    by = fields.String(required=True)
    statuses = fields.List(fields.String(), load_default=list)


class _View(TitledSchema):
    register = fields.String(required=True)
    columns = fields.List(fields.String(), required=True, validate=validate.Length(1, 9))
    where = fields.Dict(keys=fields.String(), load_default=dict)
    statuses = fields.List(fields.String(), load_default=list)
    own = fields.List(fields.String(), load_default=list)
    everybody = fields.Boolean(load_default=False)
    newest = fields.Boolean(load_default=False)
    details = fields.Dict(keys=fields.String(), values=fields.String(), load_default=dict)
    counts = fields.Dict(keys=fields.String(), values=fields.Nested(_Counting), load_default=dict)
    operations = fields.Dict(
        keys=fields.String(), values=fields.Nested(OperationSchema), load_default=dict
    )


class _Entry(TargetSchema):
    records = fields.String(data_key="list", load_default="")
    ledger = fields.String(load_default="")
    do = fields.List(fields.String(), load_default=list)
    statistic = fields.String(load_default="")
    page = fields.String(load_default="", validate=validate.OneOf(("", *PAGES)))


class _Group(TitledSchema):
    items = fields.List(fields.Nested(_Entry), required=True)


class _Menu(Schema):
    first = fields.Dict(load_default=None)
    """Read by `precedence`."""
    shortcuts = fields.List(fields.Nested(_Entry), load_default=list)
    figures = fields.List(fields.String(), load_default=list)
    groups = fields.List(fields.Nested(_Group), load_default=list)


@cache
def lists() -> Mapping[str, RecordList]:
    """The lists of the installation, by code."""
    return {code: read_list(code, told) for code, told in domains.current().views.items()}


@cache
def menus() -> Mapping[str, Menu]:
    """The menus of the installation, by role."""
    return {role: read_menu(role, told) for role, told in domains.current().menus.items()}


def read_list(code: str, told: Mapping[str, Any]) -> RecordList:
    """A list as a domain file tells it.

    Raises:
        DomainRefused: something in it is wrong or refers to nothing.
    """
    raw = loaded(_View, f"列表『{code}』", told)
    ledger = registers.definition(raw["register"])
    if code in registers.definitions():
        raise DomainRefused(f"列表『{code}』与台账同名")
    for name in raw["columns"]:
        if name not in ledger.fields:
            raise DomainRefused(f"列表『{code}』：台账没有字段『{name}』")
    for name in {*raw["where"], *raw["own"]} - {*ledger.search, ledger.org, ledger.key}:
        raise DomainRefused(f"列表『{code}』：『{name}』不可检索")
    for other, name in raw["details"].items():
        _detail(code, other, name)
    counts = {name: _counting(code, name, one) for name, one in raw.pop("counts").items()}
    found = {name: made_operation(one) for name, one in raw.pop("operations").items()}
    raw |= {name: tuple(raw[name]) for name in ("columns", "statuses", "own")}
    for name in {*counts} - {*raw["columns"]}:
        raise DomainRefused(f"列表『{code}』：计数的『{name}』不在各列中")
    return RecordList(**raw, operations=found, counts=counts)


def _counting(code: str, name: str, raw: Mapping[str, Any]) -> Counting:
    other = registers.definition(raw["register"])
    if raw["by"] not in other.search:
        raise DomainRefused(f"列表『{code}』：『{name}』不能按『{raw['by']}』计数")
    for status in {*raw["statuses"]} - {*other.statuses}:
        raise DomainRefused(f"列表『{code}』：『{name}』计数的台账没有状态『{status}』")
    return Counting(raw["register"], raw["by"], tuple(raw["statuses"]))


def _detail(code: str, other: str, name: str) -> None:
    told = domains.current().views.get(other)
    if told is None:
        raise DomainRefused(f"列表『{code}』：没有列表『{other}』")
    if name not in registers.definition(str(told.get("register"))).search:
        raise DomainRefused(f"列表『{code}』：『{other}』不能按『{name}』查找")


def read_menu(role: str, told: Mapping[str, Any]) -> Menu:
    """A menu as a domain file tells it.

    Raises:
        DomainRefused: something in it is wrong or refers to nothing.
    """
    raw = loaded(_Menu, f"菜单『{role}』", told)
    if role not in domains.current().roles:
        raise DomainRefused(f"菜单『{role}』：没有这个角色")
    for name in raw["figures"]:
        if name not in statistics():
            raise DomainRefused(f"菜单『{role}』：没有统计『{name}』")
    groups = tuple(
        Group(
            title=one["title"],
            title_en=one["title_en"],
            items=tuple(_entry(role, item) for item in one["items"]),
        )
        for one in raw["groups"]
    )
    shortcuts = tuple(_entry(role, one) for one in raw["shortcuts"])
    first = _first(role)
    return Menu(first=first, shortcuts=shortcuts, figures=tuple(raw["figures"]), groups=groups)


def _first(role: str) -> First | None:
    first = precedence.of_roles().get(role)
    if first is not None:
        for status in first.statuses - {*registers.definition(first.register).statuses}:
            raise DomainRefused(f"菜单『{role}』：台账没有状态『{status}』")
    return first


def _entry(role: str, raw: dict[str, Any]) -> Entry:
    entry = Entry(**{**raw, "do": tuple(raw["do"])})
    targets = [entry.records, entry.ledger, entry.apply, entry.todo or entry.step]
    targets += [entry.statistic, entry.page]
    if sum(bool(one) for one in targets) != 1:
        raise DomainRefused(f"菜单『{role}』：『{entry.title}』须有且只有一个去处")
    if entry.statistic and entry.statistic not in statistics():
        raise DomainRefused(f"菜单『{role}』：没有统计『{entry.statistic}』")
    if entry.ledger and role not in _keepers(entry.ledger):
        raise DomainRefused(f"菜单『{role}』：这个角色不维护台账『{entry.ledger}』")
    if entry.records:
        told = lists().get(entry.records)
        if told is None:
            raise DomainRefused(f"菜单『{role}』：没有列表『{entry.records}』")
        for name in set(entry.do) - {*BUILT_IN, *told.operations}:
            raise DomainRefused(f"菜单『{role}』：列表『{entry.records}』没有操作『{name}』")
    return entry


def _keepers(ledger: str) -> frozenset[str]:
    told = domains.current().maintained.get(ledger)
    return told.roles if told else frozenset()


def opens(first: First, entry: Entry) -> bool:
    """Whether an entry of a menu is open while something else comes first."""
    if entry.records:
        return lists()[entry.records].register == first.register
    return first.admits(entry.apply) or entry.page in ALWAYS


def of_user(user: User) -> list[Menu]:
    """The menus of the roles that a user holds; empty: the user works without one."""
    held = dict.fromkeys(role for role, _org in user.roles)
    return [menus()[role] for role in held if role in menus()]


def alone(user: User) -> bool:
    """Whether somebody works with menus alone: each of the roles has one."""
    held = {role for role, _org in user.roles}
    return bool(held) and held <= menus().keys()


def kept(user: User) -> list[str]:
    """The ledgers that the menus of a user give him to keep, in their order."""
    return list(dict.fromkeys(one.ledger for one in entries(user) if one.ledger))


def has_first_page(user: User) -> bool:
    """Whether the menus of a user put something on a first page of their own."""
    return bool(kept(user)) or any(one.shortcuts or one.figures for one in of_user(user))


def entries(user: User) -> Iterator[Entry]:
    """Everything in the menus of a user."""
    for menu in of_user(user):
        for group in menu.groups:
            yield from group.items


def offered(user: User, code: str) -> tuple[RecordList, frozenset[str]]:
    """A list in the menus of a user, and what may be done there.

    Raises:
        NotFound: it is in none of them.
    """
    found = [one for one in entries(user) if one.records == code]
    if not found:
        raise NotFound(f"没有列表『{code}』", list=code)
    return lists()[code], frozenset(name for one in found for name in one.do)


def roles_with(user: User, code: str) -> Sequence[str]:
    """The roles of a user in whose menus a list is."""
    return [
        role
        for role, menu in menus().items()
        if user.has_role(role)
        and any(one.records == code for group in menu.groups for one in group.items)
    ]
