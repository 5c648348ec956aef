"""Every text of the pages has its English; the catalogue has nothing broken in it."""

import re
from io import BytesIO
from pathlib import Path

from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

from web.i18n import CATALOGUE

WEB = Path("web")
METHODS = [("**/node_modules/**", "ignore"), ("**.py", "python"), ("templates/**.html", "jinja2")]


def written() -> set[str]:
    found = extract_from_dir(WEB, METHODS, keywords={"_": None, "N_": None})
    return {text for _file, _line, text, _comments, _context in found if isinstance(text, str)}


def test_no_text_of_the_pages_lacks_its_english() -> None:
    catalogue = read_po(BytesIO(CATALOGUE.read_bytes()), locale="en")
    missing = sorted(t for t in written() if not (catalogue.get(t) and catalogue.get(t).string))
    assert not missing


def test_every_translation_keeps_the_places_of_its_text() -> None:
    catalogue = read_po(BytesIO(CATALOGUE.read_bytes()), locale="en")
    place = re.compile(r"%\(\w+\)s")
    for message in catalogue:
        if message.id:
            assert set(place.findall(message.id)) >= set(place.findall(message.string)), message.id


def test_the_catalogue_has_no_text_that_is_used_nowhere() -> None:
    catalogue = read_po(BytesIO(CATALOGUE.read_bytes()), locale="en")
    used = written()
    assert not sorted(m.id for m in catalogue if m.id and m.id not in used)
