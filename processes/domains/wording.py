"""The English words of the models: of processes, steps, fields and options.

A model names things in Chinese and says beside it what they are called in English: `title_en` as
a property in BPMN; `title_en`, `label_en`, `name_en` in the YAML of forms, letters and registers.

Invariant: the words come from the latest deployments alone; a word that has no translation stays
Chinese.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

import yaml
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from engine import repository, xml
from engine.model import ProcessDefinition

_ENGLISH: Final = "_en"
_PROPERTY: Final = "{http://camunda.org/schema/zeebe/1.0}property"
_words: dict[int, Mapping[str, str]] = {}


def english(session: Session) -> Mapping[str, str]:
    """Chinese → English of everything the latest deployments name; read once per deployment."""
    newest = session.scalar(select(func.max(ProcessDefinition.deployment_id))) or 0
    if newest not in _words:
        found: dict[str, str] = {}
        for deployment in sorted({one.deployment_id for one in repository.all_latest(session)}):
            for name, content in repository.resources(session, deployment).items():
                found.update(_of_file(name, content))
        _words.clear()
        _words[newest] = found
    return _words[newest]


def _of_file(name: str, content: bytes) -> Iterator[tuple[str, str]]:
    if name.endswith((".bpmn", ".dmn")):
        yield from _of_model(xml.read(content, name))
    elif name.endswith((".yaml", ".yml")):
        yield from _pairs(yaml.load(content, Loader=yaml.CSafeLoader))


def _of_model(root: xml.Node) -> Iterator[tuple[str, str]]:
    for element in root.iter(_PROPERTY):
        extensions = element.getparent().getparent()  # type: ignore[union-attr]
        named = None if extensions is None else extensions.getparent()
        if element.get("name") == "title_en" and named is not None and named.get("name"):
            yield str(named.get("name")).strip(), str(element.get("value") or "").strip()


def _pairs(found: Any) -> Iterator[tuple[str, str]]:
    """Every `x` with an `x_en` beside it, however deep."""
    if isinstance(found, list):
        for item in found:
            yield from _pairs(item)
    if isinstance(found, Mapping):
        for key, value in found.items():
            said = found.get(f"{key}{_ENGLISH}")
            if isinstance(value, str) and isinstance(said, str) and said:
                yield value.strip(), said.strip()
            yield from _pairs(value)
