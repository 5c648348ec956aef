"""A.5 审批单: printed with the application, the opinions and their hash; personal values masked."""

import subprocess
from pathlib import Path

import pytest

from bpmn.yacht import story
from engine.errors import NotFound
from processes.casefile import opinions
from processes.desk import approval_form
from processes.play import Play


def words(content: bytes, to: Path) -> str:
    """The text of a PDF, without the breaks of its lines."""
    to.write_bytes(content)
    done = subprocess.run(["pdftotext", "-layout", str(to), "-"], capture_output=True, check=True)
    return done.stdout.decode()


def test_the_form_says_who_decided_what_and_masks_the_identity_number(play: Play, tmp_path):
    case = story.applied(play)
    story.accept(case)
    story.review(case)
    by = play.user("approver")
    name, content = play.run(lambda session: approval_form.pdf(session, case.id, by=by))
    said = play.run(lambda session: [one.link for one in opinions.of_case(session, case.id)][-1])
    text = words(content, tmp_path / "form.pdf")
    flat = "".join(text.split())
    assert name == f"审批单_{case.row.reference}.pdf"
    assert "审批单" in flat
    assert case.row.reference in flat
    assert "受理人" in flat
    assert "审核人" in flat
    assert said in flat
    assert "370202199003070011" not in flat


def test_who_does_not_see_the_case_prints_nothing(play: Play):
    case = story.applied(play)
    by = play.user("card_maker")
    with pytest.raises(NotFound):
        play.run(lambda session: approval_form.pdf(session, case.id, by=by))
