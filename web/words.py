"""`_`: a text in the language of the request; `N_`: a text to be translated where it is shown."""

from typing import Any

from flask_babel import gettext


def _(text: str, /, **values: Any) -> str:
    return str(gettext(text, **values))


def N_(text: str) -> str:  # noqa: N802 - gettext's own name, known to the extraction
    return text
