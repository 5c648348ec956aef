"""The words of the models: English ones beside the Chinese, and those that decisions' codes have.

A model names things in Chinese and says beside it what they are called in English: `title_en` and
`documentation_en` as properties in BPMN; in the YAML of forms, letters and registers `x_en` beside
any `x`, as `title_en`, `label_en`, `help_en`, `name_en`.
A code that a decision reads or finds is called as the choice of that name in a form calls it; what
no form asks for, the decision says itself: properties `word.<code>` and `word_en.<code>`. An answer
in Chinese, as the title of a material, has its English in `word_en.<answer>`.

Invariant: the words come from the latest deployments alone; a word that has no translation stays
Chinese.
"""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

import yaml
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from engine import repository, xml
from engine.model import ProcessDefinition

_ENGLISH: Final = "_en"
_PROPERTY: Final = "{http://camunda.org/schema/zeebe/1.0}property"
_WORD, _WORD_ENGLISH = "word.", "word_en."
_NAME: Final = re.compile(r"(?:\w+\.)*(\w+)")

Coded = Mapping[str, str]
"""Code → what people call it."""


@dataclass(frozen=True, slots=True)
class _Words:
    """Chinese → English, and of each decision by its id what its codes are called."""

    english: Mapping[str, str]
    coded: Mapping[str, Coded]


_words: dict[int, _Words] = {}


def english(session: Session) -> Mapping[str, str]:
    """Chinese → English of everything the latest deployments name; read once per deployment."""
    return _latest(session).english


def coded(session: Session) -> Mapping[str, Coded]:
    """What the codes are called that each decision, by its id, reads and finds."""
    return _latest(session).coded


def _latest(session: Session) -> _Words:
    newest = session.scalar(select(func.max(ProcessDefinition.deployment_id))) or 0
    if newest not in _words:
        made = sorted({one.deployment_id for one in repository.all_latest(session)})
        found = [of_files(repository.resources(session, one)) for one in made]
        _words.clear()
        _words[newest] = _Words(
            {zh: en for one in found for zh, en in one.english.items()},
            {key: codes for one in found for key, codes in one.coded.items()},
        )
    return _words[newest]


def of_files(files: Mapping[str, bytes]) -> _Words:
    """The words of one deployment."""
    named: dict[str, str] = {}
    answers: dict[str, str] = {}
    choices: dict[str, dict[str, str]] = defaultdict(dict)
    tables: list[xml.Node] = []
    for name, content in files.items():
        if name.endswith((".bpmn", ".dmn")):
            root = xml.read(content, name)
            named.update(_of_model(root))
            answers.update(_of_answers(root))
            tables += [root] if name.endswith(".dmn") else []
        elif name.endswith((".yaml", ".yml")):
            told = yaml.load(content, Loader=yaml.CSafeLoader)
            named.update(pairs(told))
            for field, code, label in _choices(told):
                choices[field].setdefault(code, label)
    english = {**answers, **named}
    return _Words(english, {k: v for root in tables for k, v in _decisions(root, choices)})


def _of_model(root: xml.Node) -> Iterator[tuple[str, str]]:
    for element in root.iter(_PROPERTY):
        extensions = element.getparent().getparent()  # type: ignore[union-attr]
        named = None if extensions is None else extensions.getparent()
        if named is None or (said := str(element.get("value") or "").strip()) == "":
            continue
        if element.get("name") == "title_en" and named.get("name"):
            yield str(named.get("name")).strip(), said
        elif element.get("name") == "documentation_en":
            yield (named.findtext("{*}documentation") or "").strip(), said


def _of_answers(root: xml.Node) -> Iterator[tuple[str, str]]:
    """Every `word_en.x` with what x is called, which is x itself where no `word.x` is beside it."""
    told = {str(one.get("name")): str(one.get("value") or "") for one in root.iter(_PROPERTY)}
    for name, value in told.items():
        if name.startswith(_WORD_ENGLISH):
            code = name.removeprefix(_WORD_ENGLISH)
            yield told.get(_WORD + code, code), value


def _decisions(
    root: xml.Node, choices: Mapping[str, Mapping[str, str]]
) -> Iterator[tuple[str, Coded]]:
    for decision in root.iter("{*}decision"):
        codes: dict[str, str] = {}
        for asked in (*decision.iter("{*}inputExpression"), *decision.iter("{*}output")):
            written = asked.get("name") or "".join(map(str, asked.itertext()))
            if found := _NAME.fullmatch(written.strip()):
                codes.update(choices.get(found[1], {}))
        for one in decision.iter(_PROPERTY):
            if (name := str(one.get("name"))).startswith(_WORD):
                codes[name.removeprefix(_WORD)] = str(one.get("value") or "")
        yield str(decision.get("id")), codes


def _choices(found: Any) -> Iterator[tuple[str, str, str]]:
    """Every field with values to choose from: its name, the value, its label."""
    if isinstance(found, list):
        for item in found:
            yield from _choices(item)
    if isinstance(found, Mapping):
        values = found.get("values")
        if "name" in found and isinstance(values, list):
            for one in values:
                if isinstance(one, Mapping) and "label" in one:
                    yield str(found["name"]), str(one.get("value")), str(one["label"])
        for item in found.values():
            yield from _choices(item)


def pairs(found: Any) -> Iterator[tuple[str, str]]:
    """Every `x` with an `x_en` beside it, however deep: mappings by key, lists by place."""
    if isinstance(found, list):
        for item in found:
            yield from pairs(item)
    if isinstance(found, Mapping):
        for key, value in found.items():
            said = found.get(f"{key}{_ENGLISH}")
            if isinstance(value, str) and isinstance(said, str) and said:
                yield value.strip(), said.strip()
            if isinstance(value, Mapping) and isinstance(said, Mapping):
                yield from ((str(value[one]), str(said[one])) for one in value.keys() & said.keys())
            if isinstance(value, list) and isinstance(said, list):
                yield from zip(map(str, value), map(str, said), strict=False)
            yield from pairs(value)
