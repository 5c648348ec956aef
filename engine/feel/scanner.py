"""Words out of text: numbers, strings, operators, and names that may contain spaces.

Invariant: a name with spaces or operators in it is one word only if it is known at that place: a
variable in scope (`names=`, or declared earlier in the text) or a function followed by `(`.
Source: DMN 1.5, 10.3.1.2 (grammar) and 10.3.1.3 (names, longest match).
"""

import re
from bisect import bisect_right
from collections.abc import Iterable
from decimal import DecimalException
from functools import lru_cache
from typing import Any, Final, NamedTuple, NoReturn

from engine.feel import registry
from engine.feel.errors import FeelSyntaxError, Position
from engine.feel.kinds import DECIMAL

KEYWORDS: Final = frozenset(
    (
        *("and", "or", "if", "then", "else", "for", "in", "return", "some", "every", "satisfies"),
        *("between", "instance", "of", "function", "external", "true", "false", "null"),
    )
)
# the standard also lets CJK and full-width punctuation into names; outside declared names that is
# nearly always a typing slip (，（“), so it is refused with a hint instead
_START: Final = (
    "A-Za-z_\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u02ff\u0370-\u037d\u037f-\u1fff"
    "\u200c-\u200d\u2070-\u218f\u2c00-\u2fef\u3005-\u3007\u3021-\u3029\u3031-\ud7ff"
    "\uf900-\ufdcf\ufdf0-\ufefe\uff21-\uff3a\uff41-\uff5a\uff66-\ufffd"
    "\U00010000-\U000effff"
)
_PART: Final = _START + "0-9\u00b7\u0300-\u036f\u203f-\u2040"
_SPACE: Final = "\\s\u0085\u200b\u2060\ufeff\u180e"
_IDENTIFIER: Final = re.compile(f"[{_START}][{_PART}]*")
_LOOSE: Final = f"[{_START}](?:[{_PART}{_SPACE}./'+*–（）《》、“”·-]*[{_PART}）》”*+'-])?"
_BEFORE_COLON: Final = re.compile(f"({_LOOSE})[{_SPACE}]*:(?!:)")
_BEFORE_IN: Final = re.compile(
    f'((?:(?![{_SPACE}]in[{_SPACE}])[^,()\\[\\]{{}}"])+?)[{_SPACE}]+in\\b'
)
_PARAMETER: Final = re.compile(f"({_LOOSE})[{_SPACE}]*(?=[:,)])")
_BLANK: Final = re.compile(f"(?:[{_SPACE}]|//[^\n]*|/\\*.*?\\*/)+", re.DOTALL)
_NUMBER: Final = re.compile(r"(?:[0-9]+(?:\.[0-9]+)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_OPERATOR: Final = re.compile(r"\*\*|\.\.|->|!=|<=|>=|[-+*/=<>()\[\]{},:.?@]")
_STRING: Final = re.compile(r'"((?:[^"\\]|\\.)*)"', re.DOTALL)
_ESCAPE: Final = re.compile(r"\\(u[0-9A-Fa-f]{4}|U[0-9A-Fa-f]{6}|.)", re.DOTALL)
_SIMPLE_ESCAPES: Final = {"n": "\n", "r": "\r", "t": "\t", '"': '"', "'": "'", "\\": "\\"}
_PROPERTIES: Final = ("time offset", "start included", "end included")
_HALF_WIDTH: Final = {
    "，": ",", "。": ".", "（": "(", "）": ")", "“": '"', "”": '"', "：": ":", "＝": "=",
    "【": "[", "】": "]", "＞": ">", "＜": "<", "！": "!", "；": ",", "、": ",", "＋": "+",
    "－": "-", "×": "*", "÷": "/", "‘": '"', "’": '"', "｛": "{", "｝": "}", "≥": ">=",
    "≤": "<=", "≠": "!=", "'": '"',
}  # fmt: skip


class Token(NamedTuple):
    """One word of the text."""

    kind: str
    text: str
    value: Any
    start: int
    end: int


def normal(name: str) -> str:
    """A name as it is compared: one space between its words."""
    return " ".join(name.split())


@lru_cache(maxsize=8192)
def special(name: str) -> bool:
    """Whether a name can only be recognised when it is known."""
    return _IDENTIFIER.fullmatch(name) is None or name in KEYWORDS


@lru_cache(maxsize=4096)
def _pattern(name: str, *, called: bool) -> re.Pattern[str]:
    words = f"[{_SPACE}]+".join(re.escape(word) for word in name.split())
    boundary = f"(?![{_PART}])" if _IDENTIFIER.match(name[-1]) or name[-1].isdigit() else ""
    return re.compile(words + boundary + (f"(?=[{_SPACE}]*\\()" if called else ""))


def _first(name: str) -> str:
    found = _IDENTIFIER.match(name)
    return found.group() if found else ""


class Scanner:
    """Reads words at a position; the parser moves it."""

    def __init__(self, text: str, names: Iterable[str]) -> None:
        self.text = text
        self.position = 0
        self._known: dict[str, list[tuple[str, bool]]] = {}
        self._peeked: Token | None = None
        self._lines = [0] + [i + 1 for i, c in enumerate(text) if c == "\n"]
        for name in names:
            self.declare(name)
        for name in registry.special_names():
            self._known.setdefault(_first(name), []).append((name, True))

    def declare(self, name: str) -> None:
        """Make a name known from here on."""
        name = normal(name)
        if name and special(name) and name not in KEYWORDS:
            self._known.setdefault(_first(name), []).append((name, False))
        self._peeked = None

    def where(self, offset: int) -> Position:
        """Line and column of an offset."""
        line = bisect_right(self._lines, offset)
        return line, offset - self._lines[line - 1] + 1

    def error(self, reason: str, offset: int | None = None) -> FeelSyntaxError:
        """Why the text is refused, here or at an offset."""
        line, column = self.where(self.position if offset is None else offset)
        return FeelSyntaxError(reason, line, column)

    def fail(self, reason: str, offset: int | None = None) -> NoReturn:
        """Refuse the text here, or at an offset."""
        raise self.error(reason, offset)

    # ------------------------------------------------------------------ words

    def blank(self) -> None:
        """Move over white space and comments."""
        found = _BLANK.match(self.text, self.position)
        if found:
            self.position = found.end()

    def peek(self) -> Token:
        """The next word, without taking it."""
        if self._peeked is None or self._peeked.start < self.position:
            self.blank()
            self._peeked = self._read()
        return self._peeked

    def take(self) -> Token:
        """Take the next word."""
        token = self.peek()
        self.position = token.end
        self._peeked = None
        return token

    def move(self, position: int) -> None:
        """Go on reading elsewhere."""
        self.position = position
        self._peeked = None

    def accept(self, *texts: str) -> bool:
        """Take the next word if it is one of these operators or keywords."""
        token = self.peek()
        if token.text in texts and token.kind in {"operator", "keyword"}:
            self.take()
            return True
        return False

    def expect(self, text: str) -> Token:
        """Take a certain operator or keyword, or refuse the text."""
        token = self.peek()
        if token.text != text or token.kind not in {"operator", "keyword"}:
            self.fail(f"此处应为『{text}』，实际是{self.shown(token)}", token.start)
        return self.take()

    def ahead(self, text: str) -> bool:
        """Whether the next word is this operator or keyword."""
        token = self.peek()
        return token.text == text and token.kind in {"operator", "keyword"}

    @staticmethod
    def shown(token: Token) -> str:
        """A word, for a message."""
        return "表达式的结尾" if token.kind == "end" else f"『{token.text[:40]}』"

    # ------------------------------------------------------------------ reading

    def _read(self) -> Token:
        text, start = self.text, self.position
        if start >= len(text):
            return Token("end", "", None, start, start)
        character = text[start]
        if character == '"':
            return self._string(start)
        found = _NUMBER.match(text, start)
        if found:
            return self._number(found)
        name = self._name(start)
        if name:
            return name
        if text.startswith("/*", start):
            self.fail("注释没有结束", start)
        found = _OPERATOR.match(text, start)
        if not found:
            self._unknown(character, start)
        return Token("operator", found.group(), None, start, found.end())

    def _unknown(self, character: str, start: int) -> NoReturn:
        half = _HALF_WIDTH.get(character)
        if half:
            self.fail(f"符号『{character}』不能用在这里，请改用半角『{half}』", start)
        self.fail(f"无法识别的字符『{character}』", start)

    def _number(self, found: re.Match[str]) -> Token:
        if _IDENTIFIER.match(self.text, found.end()):
            self.fail("数字后面不能直接跟名称", found.end())
        try:
            value = DECIMAL.create_decimal(found.group())
        except DecimalException:
            self.fail("数字超出可表示的范围", found.start())
        return Token("number", found.group(), value, found.start(), found.end())

    def _string(self, start: int) -> Token:
        found = _STRING.match(self.text, start)
        if not found:
            self.fail('字符串没有结束，缺少右引号『"』', start)
        value = _ESCAPE.sub(self._escape, found.group(1)) if "\\" in found.group() else found[1]
        try:
            # two escapes \uD83D\uDC0E are one character
            value = value.encode("utf-16-le", "surrogatepass").decode("utf-16-le")
        except UnicodeDecodeError:
            self.fail("字符串含有不成对的代理字符", start)
        return Token("string", found.group(), value, start, found.end())

    def _escape(self, found: re.Match[str]) -> str:
        escape = found.group(1)
        if escape[0] in "uU" and len(escape) > 1:
            code = int(escape[1:], 16)
            if code <= 0x10FFFF:
                return chr(code)
        # an unknown escape stays as written: patterns such as "\s+" are common in models
        return _SIMPLE_ESCAPES.get(escape, found.group())

    def _name(self, start: int) -> Token | None:
        found = _IDENTIFIER.match(self.text, start)
        first = found.group() if found else ""
        end, name = (found.end(), first) if found else (start, "")
        known = False
        for candidate, called in self._candidates(first):
            match = _pattern(candidate, called=called).match(self.text, start)
            if match and match.end() > end:
                end, name, known = match.end(), candidate, True
        if end == start:
            return None
        kind = "keyword" if name in KEYWORDS and not known else "name"
        return Token(kind, name, None, start, end)

    def _candidates(self, first: str) -> list[tuple[str, bool]]:
        found = self._known.get(first, [])
        return found + self._known.get("", []) if first else self._known.get("", [])

    # ------------------------------------------------------------------ names in special places

    def property_name(self) -> str:
        """The name after a dot; keywords are names there."""
        self.blank()
        for name in _PROPERTIES:
            match = _pattern(name, called=False).match(self.text, self.position)
            if match:
                self.move(match.end())
                return name
        token = self._name(self.position)
        if token is None:
            self.fail("『.』后面应为属性名称")
        self.move(token.end)
        return token.text

    def key(self) -> str | None:
        """A name up to a colon (entry of a context, named argument), with the colon; or None."""
        self.blank()
        found = _BEFORE_COLON.match(self.text, self.position)
        if not found:
            return None
        self.move(found.end())
        return normal(found.group(1))

    def loop_name(self) -> str:
        """A name up to the word `in`, with the word."""
        self.blank()
        found = _BEFORE_IN.match(self.text, self.position)
        if not found or not _IDENTIFIER.match(found.group(1)):
            self.fail("此处应为循环变量的名称，后接『in』")
        self.move(found.end())
        return normal(found.group(1))

    def parameter_name(self) -> str:
        """A name up to a colon, comma or closing parenthesis, without it."""
        self.blank()
        found = _PARAMETER.match(self.text, self.position)
        if not found:
            self.fail("此处应为参数名称")
        self.move(found.end(1))
        return normal(found.group(1))
