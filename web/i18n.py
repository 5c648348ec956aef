"""Languages of the pages: Chinese msgids in the source, one English catalogue, a switch.

Invariant: Chinese needs no catalogue; English is compiled in memory from `messages.po`, so that
no binary file can be older than its source.
"""

from collections.abc import Mapping
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import NullTranslations, Translations
from flask import Flask, current_app, session
from flask_babel import Babel, Domain, get_locale, gettext, ngettext

from processes.domains.channels import NoticeChannel
from processes.domains.domains import Word

CATALOGUE = Path(__file__).parent / "translations" / "en" / "LC_MESSAGES" / "messages.po"
LANGUAGES = {"zh": "中文", "en": "English"}


@cache
def _english() -> Translations:
    with CATALOGUE.open("rb") as source:
        catalogue = read_po(source, locale="en")
    compiled = BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    return Translations(fp=compiled)


class _Catalogue(Domain):  # type: ignore[misc]
    """Flask-Babel's domain over the catalogue in memory."""

    def get_translations(self) -> NullTranslations:
        locale = get_locale()
        return _english() if locale is not None and locale.language == "en" else NullTranslations()


class _Languages(Babel):  # type: ignore[misc]
    """Flask-Babel with our catalogue as the default domain."""

    @property
    def domain_instance(self) -> _Catalogue:
        return _Catalogue()


def titles(words: Mapping[str, Word | NoticeChannel]) -> dict[str, str]:
    """What a domain names, code → title in the language of the request."""
    english = language() == "en"
    return {code: word.title_en if english else word.title for code, word in words.items()}


def language() -> str:
    """The language of this request: the one chosen, else Chinese."""
    return str(session.get("language", "zh"))


def _agency() -> str:
    """What the platform is called; a name of one's own has no English."""
    return str(gettext(current_app.config["BANLI"].agency))


def init_app(app: Flask) -> None:
    app.config["BABEL_DEFAULT_LOCALE"] = "zh"
    app.config["BABEL_DEFAULT_TIMEZONE"] = "Asia/Shanghai"
    _Languages(app, locale_selector=language)
    env: Any = app.jinja_env
    env.add_extension("jinja2.ext.i18n")
    env.install_gettext_callables(gettext, ngettext, newstyle=True)
    env.globals.update(language=language, languages=LANGUAGES, agency=_agency)
