"""Small forms for the tests: fields as text, read as a deployed file would be."""

from collections.abc import Callable
from typing import Any

import pytest

from forms.definition import FormDefinition, FormInvalid, read


@pytest.fixture
def form() -> Callable[..., FormDefinition]:
    """A form whose one section has the fields given as YAML flow mappings."""

    def make(*fields: str) -> FormDefinition:
        lines = "\n".join(f"      - {{{field}}}" for field in fields)
        text = f"form: form_test\ntitle: 测试表单\nsections:\n  - title: 一\n    fields:\n{lines}\n"
        return read(text.encode(), "forms/form_test.yaml")

    return make


@pytest.fixture
def refusal() -> Callable[..., dict[str, list[str]]]:
    """The messages with which a form refuses answers; empty if it takes them."""

    def ask(definition: FormDefinition, answers: Any, **more: Any) -> dict[str, list[str]]:
        try:
            definition.validate(answers, **more)
        except FormInvalid as error:
            refused = error
        else:
            return {}
        assert refused.answers is answers
        return refused.errors

    return ask
