"""Text as it may enter a case: NFC, without invisible or control characters, of bounded length.

Rule for full-width characters: numbers that people paste from documents (identity number, credit
code, phone, postcode) are brought to half width; dates, numbers and money are refused with a word,
because a full-width point or comma there may mean something else than it seems.
"""

import re
import unicodedata
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

from engine import clock
from forms.errors import Invalid

_LINE_BREAKS: Final = re.compile(r"\r\n?")
_REFUSED: Final = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
_FULL_WIDTH: Final = {0xFF01 + offset: 0x21 + offset for offset in range(94)} | {0x3000: 0x20}
_UNREADABLE: Final = "\ufffd"
"""What stands for bytes that were no UTF-8: something typed got lost on its way."""
_FULL_WIDTH_DIGIT: Final = re.compile("[０-９]")


def clean(raw: Any, *, max_length: int, multiline: bool = False) -> str:
    """Text in its stored form.

    Raises:
        Invalid: it is no text, too long, or holds characters nobody can see.
    """
    if not isinstance(raw, str):
        raise Invalid("请填写文字")
    if len(raw) > 4 * max_length:  # before any work on it
        raise Invalid(f"不能超过 {max_length} 个字")
    value = unicodedata.normalize("NFC", _LINE_BREAKS.sub("\n", raw)).strip()
    for character in value:
        if unicodedata.category(character) in _REFUSED or _is_noncharacter(character):
            if multiline and character in "\n\t":
                continue
            raise Invalid(_complaint(character))
    if len(value) > max_length:
        raise Invalid(f"不能超过 {max_length} 个字，现在有 {len(value)} 个字")
    return value


def _is_noncharacter(character: str) -> bool:
    if character == _UNREADABLE:
        return True
    return ord(character) & 0xFFFE == 0xFFFE or 0xFDD0 <= ord(character) <= 0xFDEF


def _complaint(character: str) -> str:
    if character in "\n\t":
        return "只能填写一行，请去掉换行或制表符"
    return f"含有不可见的特殊字符（U+{ord(character):04X}），请删除后重新输入"


def half_width(text: str) -> str:
    """Full-width letters, digits and signs as their half-width ones."""
    return text.translate(_FULL_WIDTH)


def refuse_full_width(text: str) -> None:
    """Complain about full-width digits.

    Raises:
        Invalid: there are some.
    """
    if _FULL_WIDTH_DIGIT.search(text):
        raise Invalid("请用半角数字填写（如 123，不是 １２３）")


def is_blank(raw: Any) -> bool:
    """Whether nothing was typed."""
    return raw is None or (isinstance(raw, str) and not raw.strip())


def shown(value: Any) -> str:
    """Any value of a case as people read it; of a context the label, name or all its values."""
    if isinstance(value, datetime):
        return value.astimezone(clock.SHANGHAI).strftime("%Y-%m-%d %H:%M")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, list):
        return "、".join(shown(item) for item in value)
    if isinstance(value, Mapping):
        short = next(
            (value[key] for key in ("label", "name", "title", "message") if value.get(key)), None
        )
        return shown(short) if short else "，".join(filter(None, map(shown, value.values())))
    if value is None or isinstance(value, bool):
        return {None: "", True: "是", False: "否"}[value]
    return format(value, "f") if isinstance(value, Decimal) else str(value)
