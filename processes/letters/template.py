"""Letter templates: YAML read, checked and frozen; `{{ … }}` holds FEEL, nothing else computes.

Invariant: a template that reads without findings has only known parts and expressions that parse.
"""

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Final, Literal

from engine import feel
from processes.definitions import Kind

PLACE: Final = re.compile(r"\{\{(.*?)\}\}", re.DOTALL)
_FOLD: Final = re.compile(r"(?<=[^\x00-\x7f]) (?=[^\x00-\x7f])")
"""YAML folds a line break into a space, which Chinese text must not have."""
_KEYS: Final = {
    "letter", "title", "title_en", "kind", "number", "head", "to", "body", "signature", "date",
    "qr", "note", "copies", "public", "seal", "size", "sides", "heading", "rows",
    "formats",
}  # fmt: skip
PDF: Final = "pdf"
OFD: Final = "ofd"
_FORMATS: Final = ([PDF], [PDF, OFD])
_BLOCKS: Final = ("text", "table", "items", "heading")
_ELEMENTS: Final = ("text", "image", "qr", "line", "box", "mark", "seal")


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table; `value` may use `row` and `position`.

    Below the value: `image`, the SHA-256 of a stored picture or nothing, and `small`, fine print.
    """

    title: str
    width: float
    value: str
    align: str = "left"
    image: str = ""
    small: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """A part of a letter's body."""

    kind: str
    text: str = ""
    rows: str = ""
    columns: tuple[Column, ...] = ()
    shown_if: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Element:
    """Something at a place of a card; millimetres from the upper left."""

    kind: str
    value: str = ""
    label: str = ""
    x: float = 0
    y: float = 0
    width: float = 0
    height: float = 0
    size: float = 7
    bold: bool = False
    align: Literal["left", "center", "right"] = "left"
    colour: str = "#000000"
    label_width: float = 0
    lines: int = 1
    """Of a text: into so many lines it may be broken before it is set smaller."""
    optional: bool = False
    """Of a picture: its place may stay empty."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """A letter (`kind` letter) or a card (`kind` card)."""

    id: str
    title: str
    title_en: str = ""
    kind: Literal["letter", "card"] = "letter"
    number: str = ""
    heading: str = ""
    head: str = ""
    to: str = ""
    body: tuple[Block, ...] = ()
    signature: str = ""
    date: str = ""
    seal: bool | Literal["electronic"] = True
    """Whether room is left for a seal; `electronic`: it is set on the file, nothing is printed."""
    qr: str = ""
    note: str = ""
    copies: str = ""
    public: bool = True
    size: tuple[float, float] = (85.6, 54.0)
    sides: tuple[tuple[Element, ...], ...] = ()
    rows: str = ""
    """Of a card: one for each row of this list, which its places call `row`."""
    formats: tuple[str, ...] = (PDF,)
    """What it is issued as: `pdf` always, `ofd` (GB/T 33190) beside it."""
    digest: str = field(default="")


@lru_cache(maxsize=256)
def read(content: bytes, file: str) -> Template:
    """The template of a YAML file; read once, as it is asked for with each letter.

    Raises:
        DeploymentRejected: names everything that is wrong with it.
    """
    return _template(_KIND.read(content, file), hashlib.sha256(content).hexdigest())


def expressions(value: Any) -> Iterator[str]:
    """Every FEEL expression in a piece of a template."""
    if isinstance(value, str):
        yield from (match[1].strip() for match in PLACE.finditer(value))
    elif isinstance(value, Mapping):
        for key, item in value.items():
            if key in ("shown_if", "rows") and isinstance(item, str):
                yield item
            else:
                yield from expressions(item)
    elif isinstance(value, Sequence):
        for item in value:
            yield from expressions(item)


def _problems(raw: Mapping[str, Any]) -> Iterator[str]:
    for key in sorted(set(raw) - _KEYS, key=str):
        yield f"未知的键『{key}』"
    for key in ("letter", "title"):
        if not isinstance(raw.get(key), str):
            yield f"缺少『{key}』"
    if raw.get("formats", [PDF]) not in _FORMATS:
        yield "『formats』应为 [pdf] 或 [pdf, ofd]"
    yield from _layout_problems(raw)
    for text in expressions(raw):
        try:
            feel.parse(text)
        except feel.FeelSyntaxError as error:
            yield f"表达式『{text}』有误：{error}"


def _layout_problems(raw: Mapping[str, Any]) -> Iterator[str]:
    kind = raw.get("kind", "letter")
    if kind == "card":
        yield from _card_problems(raw)
    elif kind == "letter":
        yield from _letter_problems(raw)
    else:
        yield f"未知的文书种类『{kind}』"


def _letter_problems(raw: Mapping[str, Any]) -> Iterator[str]:
    body = raw.get("body")
    if not isinstance(body, list) or not body:
        yield "缺少正文『body』"
        return
    for number, block in enumerate(body, 1):
        kinds = [kind for kind in _BLOCKS if isinstance(block, dict) and kind in block]
        if len(kinds) != 1:
            yield f"正文第 {number} 段应为 {'、'.join(_BLOCKS)} 之一"
        elif kinds == ["table"] and not _is_table(block["table"]):
            yield f"正文第 {number} 段的表格缺少行或列"
        elif kinds == ["items"] and not {"rows", "text"} <= set(block["items"] or {}):
            yield f"正文第 {number} 段的列表缺少『rows』或『text』"


def _is_table(table: Any) -> bool:
    if not isinstance(table, dict) or not table.get("rows") or not table.get("columns"):
        return False
    return all({"title", "width", "value"} <= set(column) for column in table["columns"])


def _card_problems(raw: Mapping[str, Any]) -> Iterator[str]:
    sides = raw.get("sides")
    if not isinstance(sides, list) or not sides:
        yield "证件版面缺少『sides』"
        return
    known = set(Element.__dataclass_fields__) - {"kind", "value"} | set(_ELEMENTS) | {"at"}
    for element in (one for side in sides for one in side):
        kinds = [kind for kind in _ELEMENTS if kind in element]
        if len(kinds) != 1 or set(element) - known:
            yield f"证件版面的元素『{element}』不可用"


def _template(raw: Mapping[str, Any], digest: str) -> Template:
    plain = {
        key: raw[key]
        for key in Template.__dataclass_fields__
        if key in raw and key not in ("body", "sides", "size", "id", "formats")
    }
    return Template(
        id=raw["letter"],
        body=tuple(_block(block) for block in raw.get("body", ())),
        sides=tuple(tuple(_element(one) for one in side) for side in raw.get("sides", ())),
        size=tuple(raw.get("size", (85.6, 54.0))),
        formats=tuple(raw.get("formats", (PDF,))),
        digest=digest,
        **plain,
    )


def _block(raw: Mapping[str, Any]) -> Block:
    kind = next(kind for kind in _BLOCKS if kind in raw)
    shown_if = raw.get("shown_if", "")
    if kind == "table":
        columns = tuple(Column(**column) for column in raw["table"]["columns"])
        return Block(kind=kind, rows=raw["table"]["rows"], columns=columns, shown_if=shown_if)
    if kind == "items":
        rows, text = raw["items"]["rows"], _FOLD.sub("", raw["items"]["text"])
        return Block(kind=kind, rows=rows, text=text, shown_if=shown_if)
    return Block(kind=kind, text=_FOLD.sub("", raw[kind]), shown_if=shown_if)


def _element(raw: Mapping[str, Any]) -> Element:
    kind = next(kind for kind in _ELEMENTS if kind in raw)
    x, y = raw.get("at", (0, 0))
    rest = {key: value for key, value in raw.items() if key not in (kind, "at")}
    return Element(kind=kind, value=str(raw[kind] or ""), x=x, y=y, **rest)


_KIND: Final = Kind("文书模板", "letter", _problems)
