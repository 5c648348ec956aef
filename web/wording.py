"""What the models name, in the language of the reader.

Invariant: Chinese is shown as it is written; a name its model does not translate stays Chinese.
"""

from collections.abc import Mapping

from flask import Flask, g

from processes.domains import wording
from web.database import read_session
from web.i18n import language


def worded(text: str | None) -> str:
    """A name of a model (process, step, form, field, option) in the language of this request."""
    if not text or language() == "zh":
        return text or ""
    return _english().get(text, text)


def _english() -> Mapping[str, str]:
    """The words, looked up once in a request."""
    if "words_of_models" not in g:
        with read_session() as session:
            g.words_of_models = wording.english(session)
    found: Mapping[str, str] = g.words_of_models
    return found


def init_app(app: Flask) -> None:
    app.jinja_env.filters["worded"] = worded
