"""What the documents say of English beside Chinese is what is read: their examples are tried."""

import re
from pathlib import Path

import pytest
import yaml

from forms import definition
from processes import registers
from processes.domains import wording

DOCS = Path(__file__).parents[2] / "docs"
DIAGRAM = (
    '<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL"'
    ' xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL"'
    ' xmlns:zeebe="http://camunda.org/schema/zeebe/1.0">{}</definitions>'
)


def example(document: str, language: str, of: str) -> str:
    """The example of a document that has this text in it."""
    text = (DOCS / document).read_text("utf-8")
    blocks = re.findall(rf"```{language}\n(.*?)```", text, re.DOTALL)
    return next(block for block in blocks if of in block)


def test_a_form_has_its_english_beside_its_chinese() -> None:
    written = example("forms.md", "yaml", "help_en").encode()
    assert definition.read(written, "form_pick_up.yaml").id == "form_pick_up"
    english = wording.of_files({"form_pick_up.yaml": written}).english
    assert english["邮寄"] == "By post"
    assert english["份"] == "copies"
    assert english["至多 3 份。"] == "At most 3."
    assert english["由申请人选择。"] == "The applicant chooses."


def test_a_ledger_has_its_english_beside_its_chinese() -> None:
    written = example("ledgers.md", "yaml", "statuses_en").encode()
    ledger = registers.read(written, "sample_permit.yaml")
    assert ledger.english["失效"] == "Void"
    assert ledger.english["旧证"] == "Old"
    assert ledger.english["注销"] == "Annul"
    assert ledger.english["这一类已有许可"] == "There is a permit of this kind"


@pytest.mark.parametrize(
    ("document", "of", "chinese", "english"),
    [
        ("authoring.md", "documentation_en", "受理、审核、发证。", "Acceptance, review, issue."),
        ("authoring.md", "documentation_en", "许可办理", "Permits"),
        ("modelling.md", "word_en.refuse", "不予办理", "Refuse"),
        ("modelling.md", "word_en.refuse", "申请表", "Application form"),
        ("modelling.md", "word_en.refuse", "结论", "Result"),
    ],
)
def test_a_model_has_its_english_in_its_properties(
    document: str, of: str, chinese: str, english: str
) -> None:
    written = DIAGRAM.format(example(document, "xml", of)).encode()
    name = "sample.dmn" if document == "modelling.md" else "sample.bpmn"
    assert wording.of_files({name: written}).english[chinese] == english


def test_a_code_of_a_decision_is_called_as_its_property_says() -> None:
    written = DIAGRAM.format(example("modelling.md", "xml", "word_en.refuse")).encode()
    found = wording.of_files({"sample.dmn": written})
    assert found.coded["sample_result"]["refuse"] == "不予办理"


def test_a_key_in_english_of_what_is_no_text_is_named() -> None:
    told = yaml.safe_load(example("forms.md", "yaml", "help_en"))
    told["sections"][0]["fields"][1]["help_en"] = 3
    with pytest.raises(Exception, match="help_en 应为文字"):
        definition.read(yaml.safe_dump(told, allow_unicode=True).encode(), "form_pick_up.yaml")


def test_no_key_in_english_stands_for_a_key_that_is_not_there() -> None:
    told = yaml.safe_load(example("forms.md", "yaml", "help_en"))
    told["sections"][0]["fields"][1]["hint_en"] = "?"
    with pytest.raises(Exception, match="hint_en"):
        definition.read(yaml.safe_dump(told, allow_unicode=True).encode(), "form_pick_up.yaml")
