"""What the models name, in the language of the reader.

Invariant: Chinese is shown as it is written; a name its model does not translate stays Chinese.
"""

from collections.abc import Mapping
from typing import Final

from flask import Flask, g

from forms.display import FieldView
from processes.domains import wording
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


def answered(field: FieldView) -> str:
    """What a field holds, in the language of this request as far as its model or we name it."""
    if field.masked or language() == "zh":
        return field.text
    if field.type == "boolean":
        return _(field.text) if field.text in _PLAIN else worded(field.text)
    if field.type == "choices":
        return ", ".join(worded(one) for one in field.text.split("、"))
    return worded(field.text) if field.type == "choice" else field.text


def _english() -> Mapping[str, str]:
    """The words, looked up once in a request."""
    if "words_of_models" not in g:
        with read_session() as session:
            g.words_of_models = wording.english(session)
    found: Mapping[str, str] = g.words_of_models
    return found


def init_app(app: Flask) -> None:
    app.jinja_env.filters.update(worded=worded, answered=answered)
