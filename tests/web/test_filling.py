"""What the inputs of a form hold when its page is opened (P-44, Y-07)."""

from types import SimpleNamespace
from typing import Final

import pytest
from flask import Flask

from forms.definition import read
from web import files, filling
from web.filling import Rights

SCAN: Final = {"file": "0" * 64, "name": "登记簿页.png", "size": 3000, "type": "image/png"}
FORM: Final = read(
    """
form: form_x
title: 改正
sections:
  - title: 内容
    fields:
      - {name: evidence, label: 证据, type: files, default: "=earlier.evidence"}
""".encode(),
    "forms/form_x.yaml",
)


@pytest.mark.parametrize(
    ("values", "context", "shown"),
    [
        ({}, {"earlier": {"evidence": [SCAN]}}, ["登记簿页.png"]),
        ({}, {"earlier": {"evidence": [SCAN]}, "evidence": None}, ["登记簿页.png"]),
        ({"evidence": [{**SCAN, "name": "新.png"}]}, {"earlier": {"evidence": [SCAN]}}, ["新.png"]),
        ({"evidence": []}, {"earlier": {"evidence": [SCAN]}}, []),
        ({}, {"earlier": None}, []),
    ],
)
def test_a_field_for_files_begins_with_those_of_its_default(
    app: Flask,
    monkeypatch: pytest.MonkeyPatch,
    values: dict[str, object],
    context: dict[str, object],
    shown: list[str],
) -> None:
    """They are links like those that were uploaded here, and can be removed or replaced."""
    monkeypatch.setattr(files, "current", lambda: SimpleNamespace(id=1))
    with app.test_request_context():
        (section,) = filling.layout(FORM, values, context=context, rights=Rights(node="x"))
    (field,) = section.fields
    assert [one.name for one in field.value] == shown
