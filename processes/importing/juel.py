"""Java's unified expression language as far as FEEL says the same.

Invariant: a translation means what the original means, or there is none: methods, indexes and
functions are never guessed at. Source: JSR 341 §1; DMN 1.5 §10.3.
"""

import re
from typing import Final

from engine import feel

_TOKEN: Final = re.compile(
    r"\s*(?:(?P<text>'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\")|(?P<number>\d+(?:\.\d+)?)"
    r"|(?P<name>[^\W\d]\w*(?:\.[^\W\d]\w*)*)|(?P<sign>==|!=|<=|>=|&&|\|\||[!<>+\-*/()]))"
)
_SIGNS: Final = {"==": "=", "&&": "and", "||": "or"}
_WORDS: Final = {
    "eq": "=",
    "ne": "!=",
    "lt": "<",
    "le": "<=",
    "gt": ">",
    "ge": ">=",
    "and": "and",
    "or": "or",
    "true": "true",
    "false": "false",
    "null": "null",
}
# what a multi-instance activity tells of itself, here and there
_RENAMED: Final = {
    "nrOfInstances": "numberOfInstances",
    "nrOfActiveInstances": "numberOfActiveInstances",
    "nrOfCompletedInstances": "numberOfCompletedInstances",
}
# names that are objects of the other engine or operators without a counterpart
_FOREIGN: Final = frozenset(
    {"execution", "task", "delegateExecution", "loopCounter"}
    | {"empty", "div", "mod", "instanceof"}
)
_PART: Final = re.compile(r"[$#]\{([^{}]*)\}")


def is_juel(text: str) -> bool:
    """Whether a text holds `${…}` or `#{…}`."""
    return _PART.search(text) is not None


def to_feel(text: str) -> str | None:
    """The FEEL source (without `=`) of a text with `${…}`; None if it cannot safely be said."""
    text = text.strip()
    whole = _PART.fullmatch(text)
    if whole:
        return _expression(whole[1])
    pieces: list[str] = []
    place = 0
    for found in _PART.finditer(text):
        if text[place : found.start()]:
            pieces.append(_quoted(text[place : found.start()]))
        inner = _expression(found[1])
        if inner is None:
            return None
        pieces.append(f"string({inner})")
        place = found.end()
    if text[place:]:
        pieces.append(_quoted(text[place:]))
    return " + ".join(pieces)


def _expression(source: str) -> str | None:
    translated = _translated(source)
    if translated is None:
        return None
    try:
        feel.parse(translated)
    except feel.FeelSyntaxError:
        return None
    return translated


def _translated(source: str) -> str | None:
    made: list[str] = []
    place = 0
    called = False  # a name stands right before: a bracket would make it a call
    source = source.strip()
    while place < len(source):
        found = _TOKEN.match(source, place)
        if found is None:
            return None
        place = found.end()
        piece = _piece(found, called=called)
        if piece is None:
            return None
        called = found["name"] is not None and found["name"] not in _WORDS
        made.append(piece)
    return _negations(made)


def _piece(found: re.Match[str], *, called: bool) -> str | None:
    if found["text"]:
        return _quoted(_unescaped(found["text"][1:-1]))
    if found["number"]:
        return found["number"]
    if found["name"]:
        name = found["name"]
        if name in _WORDS:
            return _WORDS[name]
        return None if name == "not" or name.split(".")[0] in _FOREIGN else _RENAMED.get(name, name)
    sign = found["sign"]
    return None if sign == "(" and called else _SIGNS.get(sign, sign)


def _negations(made: list[str]) -> str | None:
    """`!x` and `!(…)` as FEEL's function."""
    result: list[str] = []
    place = 0
    while place < len(made):
        if made[place] != "!":
            result.append(made[place])
            place += 1
            continue
        following = made[place + 1] if place + 1 < len(made) else ""
        if following == "(":
            result.append("not")
            place += 1
        elif following.isidentifier() or "." in following:
            result.append(f"not({following})")
            place += 2
        else:
            return None
    return " ".join(result).replace("( ", "(").replace(" )", ")").replace("not (", "not(")


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _unescaped(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text)
