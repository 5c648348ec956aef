"""What the models name, in the language of the reader.

Invariant: Chinese is shown as it is written; a name its model does not translate stays Chinese.
"""

from collections.abc import Iterable, Mapping
from typing import Final

from flask import Flask, g

from forms.display import FieldView
from processes.domains import domains, wording
from processes.identity import organisations
from processes.identity.roles import ROLES
from processes.registers import ledger_words
from web.database import read_session
from web.i18n import language
from web.words import N_, _

_PLAIN: Final = (N_("是"), N_("否"))


def worded(text: str | None) -> str:
    """A name of a model (process, step, form, field, option) in the language of this request."""
    if not text or language() == "zh":
        return text or ""
    found = _english()
    if text in found or not text.endswith("）"):
        return found.get(text, text)
    name, mark, about = text.partition("（")  # a task with what it is about
    return f"{found.get(name, name)}{mark}{about}"


def staged(step: str | None) -> str:
    """What a case stands at, each of its steps in the language of this request."""
    return joined(worded(one) for one in (step or "").split("、"))


def answered(field: FieldView) -> str:
    """What a field holds, in the language of this request as far as its model or we name it."""
    if field.masked or language() == "zh":
        return field.text
    if field.type == "boolean":
        return _(field.text) if field.text in _PLAIN else worded(field.text)
    if field.type == "choices":
        return joined(worded(one) for one in field.text.split("、"))
    return worded(field.text) if field.type in ("choice", "auto") else field.text


def comma() -> str:
    """What stands between the parts of a list."""
    return "、" if language() == "zh" else ", "


def bracketed(text: str) -> str:
    """What is said of a name in brackets behind it."""
    return f"（{text}）" if language() == "zh" else f" ({text})"


def joined(parts: Iterable[object]) -> str:
    """The parts of a list as one text."""
    return comma().join(str(one) for one in parts)


def _english() -> Mapping[str, str]:
    """The words of models, agencies, roles and ledgers, looked up once in a request."""
    if "words_of_models" not in g:
        with read_session() as session:
            words, agencies = wording.english(session), organisations.english(session)
        roles = {told.name: told.name_en for told in ROLES.values()}
        offices = {told.title: told.title_en for told in domains.current().org_kinds.values()}
        # an agency named as its kind is (the headquarters) goes by its own English name
        g.words_of_models = {**offices, **agencies, **roles, **ledger_words(), **words}
    found: Mapping[str, str] = g.words_of_models
    return found


def init_app(app: Flask) -> None:
    app.jinja_env.filters.update(worded=worded, staged=staged, answered=answered, joined=joined)
    app.jinja_env.globals.update(comma=comma, bracketed=bracketed)
