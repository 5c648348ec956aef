"""Values into templates: each `{{ … }}` is FEEL over the values, written as people read it.

Invariant: a place without a value makes no letter; values are text, never markup.
"""

import re
import unicodedata
from collections.abc import Mapping
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any, Final

from engine import clock, feel
from processes.letters.errors import LetterInvalid
from processes.letters.template import PLACE

_MOST: Final = 20_000
_AROUND: Final = 14
"""Characters by which a place in a letter is told to people."""
_CONTROL: Final = re.compile(
    r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]"
)
_CHINESE_DIGITS: Final = "〇一二三四五六七八九"


def fill(text: str, values: Mapping[str, Any]) -> str:
    """A text with its places filled.

    Raises:
        LetterInvalid: a place has no value; names it.
    """
    filled = PLACE.sub(lambda match: _placed(match, text, values), text)
    if len(filled) > _MOST:
        raise LetterInvalid(f"文书内容超过 {_MOST} 字")
    return filled


def _placed(match: re.Match[str], text: str, values: Mapping[str, Any]) -> str:
    """What stands at a place; a missing value is named by the words around it."""
    found = value(match[1].strip(), values)
    if found is None:
        around = _words_before(text, match.start()) or _words_after(text, match.end())
        where = f"（{around}）" if around else ""
        raise LetterInvalid(
            f"文书缺少内容『{match[1].strip()}』{where}", expression=match[1].strip()
        )
    return written(found, match[1])


def _words_before(text: str, end: int) -> str:
    before = PLACE.sub("", text[:end]).strip().rpartition("\n")[2]
    return f"“{before[-_AROUND:]}”之后" if before else ""


def _words_after(text: str, start: int) -> str:
    after = PLACE.sub("", text[start:]).strip().partition("\n")[0]
    return f"“{after[:_AROUND]}”之前" if after else ""


def value(expression: str, values: Mapping[str, Any]) -> Any:
    """What an expression gives over the values."""
    return feel.evaluate(expression, values).value


def rows(expression: str, values: Mapping[str, Any]) -> list[Any]:
    """The rows of a table or list; null gives none.

    Raises:
        LetterInvalid: it is no list.
    """
    found = value(expression, values)
    if found is None:
        return []
    if not isinstance(found, list):
        raise LetterInvalid(f"『{expression}』应为列表", expression=expression)
    return found


def shown(expression: str, values: Mapping[str, Any]) -> bool:
    """Whether a part is shown; null counts as no."""
    return not expression or value(expression, values) is True


def written(found: Any, expression: str = "") -> str:
    """A value as it stands in a letter.

    Raises:
        LetterInvalid: null, or a kind of value nobody reads.
    """
    if found is None:
        raise LetterInvalid(f"文书缺少内容『{expression.strip()}』", expression=expression.strip())
    if isinstance(found, bool):
        return "是" if found else "否"
    if isinstance(found, str):
        return _clean(found)
    if isinstance(found, int | Decimal):
        return f"{found:f}" if isinstance(found, Decimal) else str(found)
    if isinstance(found, date | time):
        return _moment(found)
    if isinstance(found, list):
        return "、".join(written(item, expression) for item in found)
    raise LetterInvalid(f"『{expression.strip()}』不能写入文书", expression=expression.strip())


def chinese_date(day: date) -> str:
    """A date in the form of official letters: 2026年11月22日 (GB/T 9704, 7.3.5.4)."""
    return f"{day.year}年{day.month}月{day.day}日"


def formal_date(day: date) -> str:
    """A date in Chinese numerals, as on decisions: 二〇二六年十一月二十二日."""
    year = "".join(_CHINESE_DIGITS[int(digit)] for digit in str(day.year))
    return f"{year}年{_count(day.month)}月{_count(day.day)}日"


def _count(number: int) -> str:
    tens, ones = divmod(number, 10)
    head = "" if tens == 0 else ("十" if tens == 1 else f"{_CHINESE_DIGITS[tens]}十")
    return head + (_CHINESE_DIGITS[ones] if ones or not tens else "")


def _moment(found: date | time) -> str:
    if isinstance(found, datetime):
        local = found.astimezone(clock.SHANGHAI) if found.tzinfo else found
        return f"{chinese_date(local.date())}{local:%H:%M}"
    return chinese_date(found) if isinstance(found, date) else f"{found:%H:%M}"


def _clean(text: str) -> str:
    # newlines stay; tabs become spaces, what is invisible or turns the text around goes
    return _CONTROL.sub("", unicodedata.normalize("NFC", text.replace("\t", " ")))
