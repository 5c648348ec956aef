"""Titles of cases stand in lists, notices and public pages: no model puts a person into one."""

from pathlib import Path

import pytest
from lxml import etree

from engine import feel

MODELS = sorted(Path("bpmn").rglob("*.bpmn"))
PERSONAL = {"name", "person", "applicant", "holder", "holder_name", "applicant_name"}


def titles(file: Path) -> list[str]:
    tree = etree.parse(file)
    found = tree.xpath("//*[local-name()='output'][@target='case_title']/@source")
    return [str(source).removeprefix("=") for source in found]


@pytest.mark.parametrize("file", [one for one in MODELS if titles(one)], ids=lambda one: one.stem)
def test_the_title_of_a_case_names_no_person(file: Path) -> None:
    for source in titles(file):
        assert not feel.names(feel.parse(source)) & PERSONAL
