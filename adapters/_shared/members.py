"""The members of the messages between us and a department: name, Chinese title, kind.

Invariant: what a contract declares is checked by its kind before a process sees it, so that a
model counts with numbers and compares dates; money travels as decimal text (rule 37).
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from adapters._shared import wire
from engine.errors import MessageRefused
from engine.variables import Value, Variables

EMPTY: Final[tuple[object, ...]] = (None, "", [], {})


class _Wrong(ValueError):
    """A value that is not of its kind; says what it should be."""


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise _Wrong("应为文字")
    return value


def _decimal(value: Any) -> Value:
    number = isinstance(value, str | int | float) and not isinstance(value, bool)
    try:
        read = Decimal(str(value)) if number else Decimal("NaN")
    except InvalidOperation:
        read = Decimal("NaN")
    if not read.is_finite():
        raise _Wrong("应为数")
    return read


def _boolean(value: Any) -> Value:
    if not isinstance(value, bool):
        raise _Wrong("应为 true 或 false")
    return value


def _date(value: Any) -> Value:
    try:
        return date.fromisoformat(_text(value))
    except ValueError:
        raise _Wrong("应为日期，如 2026-11-22") from None


def _instant(value: Any) -> Value:
    try:
        instant = datetime.fromisoformat(_text(value))
    except ValueError:
        raise _Wrong("应为时间，如 2026-11-22T14:05:00+08:00") from None
    if instant.tzinfo is None:
        raise _Wrong("缺少时区")
    return instant


def _list(value: Any) -> Value:
    if not isinstance(value, list):
        raise _Wrong("应为列表")
    return wire.variables({"list": value})["list"]


def _object(value: Any) -> Value:
    if not isinstance(value, dict):
        raise _Wrong("应为对象")
    return wire.variables(value)


@dataclass(frozen=True, slots=True)
class Kind:
    """What a member may be: for people, for JSON Schema, and how it is read."""

    title: str
    schema: Mapping[str, Any]
    read: Callable[[Any], Value]


KINDS: Final[Mapping[str, Kind]] = {
    "text": Kind("文字", {"type": "string"}, _text),
    "number": Kind("数", {"type": "string", "pattern": r"^-?\d+(\.\d+)?$"}, _decimal),
    "money": Kind("金额（元）", {"type": "string", "pattern": r"^\d+(\.\d+)?$"}, _decimal),
    "boolean": Kind("是否", {"type": "boolean"}, _boolean),
    "date": Kind("日期", {"type": "string", "format": "date"}, _date),
    "instant": Kind("时间（带时区）", {"type": "string", "format": "date-time"}, _instant),
    "list": Kind("列表", {"type": "array", "items": {}}, _list),
    "object": Kind("对象", {"type": "object"}, _object),
}


@dataclass(frozen=True, slots=True)
class Member:
    """One member of the body of a message; `kind` is one of `KINDS`.

    `parts` are the members of an object, or of each object of a list; they are told, not checked.
    `mask` says what personal value it is (`name`, `number`, `phone`, `text`): shown masked.
    `values` are the codes that a text may be, with their meaning; told, not checked.
    `agency`: the code of one of our agencies; a message that names another is refused.
    """

    name: str
    title: str
    kind: str = "text"
    required: bool = True
    parts: "tuple[Member, ...]" = ()
    mask: str = ""
    values: Mapping[str, str] = field(default_factory=dict)
    agency: bool = False


WORK_ORDER: Final = Member("work_order_no", "工作单号")
PERSON: Final = (
    Member("name", "姓名或名称", mask="name"),
    Member(
        "id_type",
        "证件种类",
        required=False,
        values={
            "resident_id": "居民身份证",
            "passport": "护照",
            "uscc": "统一社会信用代码",
            "other": "其他",
        },
    ),
    Member("id_no", "证件号码", mask="number"),
    Member("phone", "手机号码", required=False, mask="phone"),
)
MARRIAGE: Final = {"single": "未婚", "married": "已婚", "divorced": "离异", "widowed": "丧偶"}
BUSINESS_KIND: Final = Member(
    "business_kind",
    "登记类型",
    values={
        "first_sale": "新建商品房转移",
        "resale": "存量房（二手房）转移",
        "inheritance": "继承、赠与",
        "presale_notice": "预告登记",
        "mortgage_notice": "预告抵押",
        "mortgage": "抵押",
        "change": "变更",
        "correction": "更正",
        "cancellation": "注销",
        "query": "查询",
    },
)
PARTIES: Final = Member(
    "parties",
    "当事人",
    "object",
    parts=(
        Member("holders", "权利人", "list", parts=PERSON),
        Member("obligors", "义务人", "list", required=False, parts=PERSON),
    ),
)
SUPPLEMENT: Final = Member("items", "需要补正的材料", "list")
PENDING: Final = (
    Member(
        "supplement_list",
        "需要补正的材料（状态为待补正时）",
        "list",
        required=False,
        parts=(
            Member("item", "材料"),
            Member("reason", "原因", required=False),
            Member("basis", "依据", required=False),
        ),
    ),
    Member("supplement_due_on", "补正期限", "date", required=False),
)
FILES: Final = Member(
    "files",
    "文件",
    "list",
    required=False,
    parts=(Member("name", "名称"), Member("sha256", "SHA-256")),
)


@dataclass(frozen=True, slots=True)
class MessageType:
    """One message: what it is about and what its body holds besides the key.

    `key` is the member that repeats the correlation key, where it is not that of the contract.
    `packed_for` is the member that says which unit the message is for: with it the message goes
    out in packages of files alone, each for one unit, whatever the way of the department.
    """

    title: str
    members: tuple[Member, ...] = ()
    key: Member | None = None
    packed_for: str = ""

    def read(self, content: Mapping[str, Any]) -> Variables:
        """The declared members that are there, as variables.

        Raises:
            MessageRefused: names the member that is missing or not of its kind.
        """
        return read(self.members, content, self.title)


@dataclass(frozen=True, slots=True)
class ServiceType:
    """One service: a question that is answered at once, member by member.

    `refusals` are the business answers that a model catches: code of the error → meaning.
    """

    title: str
    asked: tuple[Member, ...]
    answered: tuple[Member, ...]
    refusals: Mapping[str, str] = field(default_factory=dict)


def read(members: Iterable[Member], content: Mapping[str, Any], title: str) -> Variables:
    """The members of a body that are there, each by its kind, as variables.

    Raises:
        MessageRefused: names the member that is missing or not of its kind.
    """
    found: Variables = {}
    for member in members:
        value = content.get(member.name)
        if value in EMPTY and member.required:
            raise MessageRefused(f"报文『{title}』缺少『{member.name}』（{member.title}）")
        if value is None:
            continue
        try:
            found[member.name] = KINDS[member.kind].read(value)
        except _Wrong as wrong:
            raise MessageRefused(f"报文的『{member.name}』（{member.title}）{wrong}") from None
    return found
