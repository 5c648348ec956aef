"""Regular expressions of XPath and XQuery 3.1, checked piece by piece and bounded in their cost.

Invariant: only syntax understood here reaches Python's engine, repetition inside repetition never
does, and the text is short enough for the repetitions a pattern has (it backtracks).
Source: XPath and XQuery Functions and Operators 3.1, 5.6.1.
"""

import re
import unicodedata
from collections.abc import Callable
from functools import lru_cache
from typing import Final, NamedTuple

from engine.feel.errors import Problem
from engine.feel.runtime import Runtime

_LENGTH: Final = 300
_WORK: Final = 500_000_000
_FLAGS: Final = {"s": re.DOTALL, "m": re.MULTILINE, "i": re.IGNORECASE, "x": re.NOFLAG}
_CLASS_ESCAPES: Final = {"d": "0-9", "s": " \\t\\n\\r", "w": r"\w"}
_TEXT_ESCAPES: Final = {
    "d": "[0-9]", "D": "[^0-9]", "s": "[ \\t\\n\\r]", "S": "[^ \\t\\n\\r]", "w": r"\w", "W": r"\W",
}  # fmt: skip
_PLAIN_ESCAPES: Final = frozenset("\\|.?*+(){}$-[]^")
_CONTROL_ESCAPES: Final = frozenset("nrt")
_QUANTIFIER: Final = re.compile(r"(?:[*+?]|\{[0-9]{1,4}(?:,[0-9]{0,4})?\})\??")
_BACK_REFERENCE: Final = re.compile(r"[1-9]")
_CATEGORY: Final = re.compile(r"L[ultmo]?|M[nce]?|N[dlo]?|P[cdseifo]?|Z[slp]?|S[mcko]?|C[cfon]?")
_PLANES: Final = 0x32000  # all assigned letters; private use planes have none
_PLAIN: Final = re.compile(r"[^\\.\[\](){}*+?^$|]+")
_REPLACEMENT: Final = re.compile(r"\\([\\$])|\$([0-9])|([\\$])")


class _Checked(NamedTuple):
    pattern: re.Pattern[str]
    repeats: int
    choices: int


def prepare(pattern: str, flags: str, text: str, runtime: Runtime) -> re.Pattern[str]:
    """A pattern ready to use on a text, if that is certain to end soon."""
    checked = _check(pattern, "".join(sorted(set(flags))))
    # each open repetition tries each length, each choice may be taken back
    work = (len(text) + 1) ** min(checked.repeats, 12) << min(checked.choices, 60)
    if work > _WORK:
        raise Problem(f"模式含 {checked.repeats} 处重复，对 {len(text)} 个字符的文字而言代价过高")
    runtime.charge(1 + len(text) // 100)
    return checked.pattern


@lru_cache(maxsize=512)
def _check(pattern: str, flags: str) -> _Checked:
    if len(pattern) > _LENGTH:
        raise Problem(f"正则表达式超过 {_LENGTH} 个字符")
    if set(flags) - set(_FLAGS) - {"q"}:
        raise Problem(f"正则表达式的标志『{flags}』无效，只能用 s、m、i、x、q")
    number = re.NOFLAG
    for flag in flags:
        number |= _FLAGS.get(flag, re.NOFLAG)
    if "q" in flags:
        return _Checked(re.compile(re.escape(pattern), number), 1, 0)
    if "x" in flags:
        pattern = re.sub(r"[ \t\r\n]+(?![^\[]*\])", "", pattern)
    reader = _Reader(pattern)
    translated = reader.alternatives(depth=0)
    if reader.position < len(pattern):
        raise Problem(f"正则表达式第 {reader.position + 1} 个字符处括号不配对")
    try:
        # a search begins at every place of the text unless the pattern says where
        search = not pattern.startswith("^") or "|" in pattern or "m" in flags
        repeats = reader.repeats + search
        return _Checked(re.compile(translated, number), repeats, reader.choices)
    except (re.error, OverflowError) as reason:
        raise Problem(f"正则表达式『{pattern[:40]}』无效") from reason


class _Reader:
    """Translates one pattern, counting what can make it slow."""

    def __init__(self, pattern: str) -> None:
        self.pattern = pattern
        self.position = 0
        self.repeats = 0
        self.choices = 0
        self.groups = 0

    def ahead(self) -> str:
        return self.pattern[self.position : self.position + 1]

    def take(self) -> str:
        character = self.ahead()
        if not character:
            raise Problem("正则表达式不完整")
        self.position += 1
        return character

    def alternatives(self, *, depth: int) -> str:
        """Branches up to a closing parenthesis or the end."""
        if depth > 10:
            raise Problem("正则表达式的括号嵌套过深")
        parts = []
        start = self.position
        while self.ahead() not in {"", ")"}:
            before = self.repeats + self.choices
            part = self._atom(depth)
            found = _QUANTIFIER.match(self.pattern, self.position)
            if found and part not in {"|", "^", "$"}:
                self.position = found.end()
                part += self._repeat(found.group(), before)
            parts.append(part)
        branches = self.pattern[start : self.position].split("|")
        plain = all(_PLAIN.fullmatch(branch) for branch in branches)
        if len(branches) > 1 and not (plain and _distinct(branches)):
            self.choices += len(branches) - 1
        return "".join(parts)

    def _repeat(self, quantifier: str, before: int) -> str:
        if quantifier.startswith("?"):
            self.choices += 1
            return quantifier
        low, _, high = quantifier.strip("{}?").partition(",")
        bounded = quantifier[0] == "{" and ("," not in quantifier or high)
        most = int(high or low) if bounded else 0
        if bounded and most > 1000:
            raise Problem("正则表达式的重复次数超过 1000")
        if self.repeats + self.choices > before:
            raise Problem("正则表达式不允许在重复之内再重复，或有可混淆的选择")
        if not bounded or most > int(low):
            self.repeats += 1
        return quantifier

    def _atom(self, depth: int) -> str:
        character = self.take()
        if character == "(":
            return self._group(depth)
        if character == "[":
            return self._class(0)
        if character == "\\":
            return self._escape()
        if character in "*+?{}]":
            raise Problem(f"正则表达式第 {self.position} 个字符『{character}』的位置不对")
        return character if character in "|^$." else re.escape(character)

    def _group(self, depth: int) -> str:
        capturing = not self.pattern.startswith("?:", self.position)
        if not capturing:
            self.position += 2
        elif self.ahead() == "?":
            raise Problem("正则表达式不支持『(?』开头的特殊分组")
        inner = self.alternatives(depth=depth + 1)
        if self.take() != ")":
            raise Problem("正则表达式的括号不配对")
        self.groups += capturing
        return f"({inner})" if capturing else f"(?:{inner})"

    def _escape(self) -> str:
        character = self.take()
        if character in _TEXT_ESCAPES:
            return _TEXT_ESCAPES[character]
        if character in _PLAIN_ESCAPES:
            return re.escape(character)
        if character in _CONTROL_ESCAPES:
            return "\\" + character
        if _BACK_REFERENCE.match(character):
            if int(character) > self.groups:
                raise Problem(f"正则表达式的『\\{character}』之前没有第 {character} 个分组")
            self.repeats += 1
            return f"(?:\\{character})"
        if character in "pP":
            return f"[{'^' if character == 'P' else ''}{self._category()}]"
        raise Problem(f"正则表达式不支持『\\{character}』")

    def _category(self) -> str:
        end = self.pattern.find("}", self.position)
        if self.ahead() != "{" or end < 0:
            raise Problem("正则表达式的『\\p』后面应为『{类别}』")
        name = self.pattern[self.position + 1 : end]
        self.position = end + 1
        return category(name)

    def _class(self, depth: int) -> str:
        negated = self.ahead() == "^"
        if negated:
            self.take()
        parts: list[str] = []
        removed = ""
        while self.ahead() != "]" or not parts:
            if self.pattern.startswith("-[", self.position) and parts and depth == 0:
                self.position += 2
                # [a-z-[aeiou]]: what is left after taking the vowels away
                removed = f"(?!{self._class(1)})"
                break
            parts.append(self._class_part())
        if self.take() != "]":
            raise Problem("正则表达式的字符集没有结束")
        return f"{removed}[{'^' if negated else ''}{''.join(parts)}]"

    def _class_part(self) -> str:
        character = self.take()
        if character == "\\":
            return self._class_escape()
        if character == "[":
            raise Problem("正则表达式的字符集内『[』要写成『\\[』")
        return character if character == "-" else re.escape(character)

    def _class_escape(self) -> str:
        character = self.take()
        if character in _CLASS_ESCAPES:
            return _CLASS_ESCAPES[character]
        if character in "DSW":
            return {"D": r"\D", "S": r"\S", "W": r"\W"}[character]
        if character == "p":
            return self._category()
        if character in _PLAIN_ESCAPES:
            return "\\" + character
        if character in _CONTROL_ESCAPES:
            return "\\" + character
        raise Problem(f"正则表达式不支持『\\{character}』")


def _distinct(branches: list[str]) -> bool:
    """Whether the first character tells which branch it is."""
    return len({branch[0].lower() for branch in branches}) == len(branches)


@lru_cache(maxsize=64)
def category(name: str) -> str:
    """A category of Unicode (`L`, `Lu`, `Nd` …) as the inside of a character set."""
    if not _CATEGORY.fullmatch(name):
        raise Problem(f"正则表达式不支持类别『{name[:20]}』")
    runs: list[list[int]] = []
    for code in range(_PLANES):
        if unicodedata.category(chr(code)).startswith(name):
            if runs and runs[-1][1] == code - 1:
                runs[-1][1] = code
            else:
                runs.append([code, code])
    return "".join(
        re.escape(chr(low)) + ("" if low == high else "-" + re.escape(chr(high)))
        for low, high in runs
    )


def expansion(
    replacement: str, pattern: re.Pattern[str], *, literal: bool
) -> Callable[[re.Match[str]], str]:
    """What stands in for a match: `$1` is its first group."""
    if literal:
        return lambda _found: replacement

    def part(found: re.Match[str], match: re.Match[str]) -> str:
        if found[1]:
            return str(found[1])
        if found[2] is None:
            raise Problem("替换文字中『\\』与『$』要写成『\\\\』与『\\$』")
        index = int(found[2])
        return (match[index] or "") if index <= pattern.groups else ""

    return lambda match: _REPLACEMENT.sub(lambda found: part(found, match), replacement)
