"""What files and elements are called, for an analyst who reads names, not keys."""

from pathlib import Path

from processes.modelling.titles import title_of

BPMN = Path(__file__).parents[2] / "bpmn"
ISSUE = BPMN / "common/common_acceptance"


def test_diagrams_forms_letters_and_decisions_have_their_names() -> None:
    letter = ISSUE / "letters/letter_acceptance.yaml"
    model = ISSUE / "common_acceptance.bpmn"
    assert title_of("letters/letter_acceptance.yaml", letter.read_bytes()) == "受理通知书"
    assert title_of(model.name, model.read_bytes()) == "受理与补正"
    assert title_of("forms/a.yaml", b'form: a\ntitle: "\xe5\x8a\x9e\xe7\x90\x86" # why\n') == "办理"
    decision = b'<definitions xmlns="d"><decision id="a" name="\xe4\xba\xba"/></definitions>'
    assert title_of("a.dmn", decision) == "人"


def test_what_cannot_be_read_has_no_name() -> None:
    assert title_of("a.bpmn", b"<broken") == ""
    assert title_of("README.md", b"title: no") == ""
    assert title_of("forms/a.yaml", b"form: a\n") == ""
