"""催办与逐级上报: who is reminded at which level, and the sheet that stays."""

from pathlib import Path
from typing import Any

import pytest

from bpmn import papers
from engine import dmn
from processes.casefile import notices
from processes.play import Play, PlayedCase

TABLE = Path(__file__).with_name("common_urge_level.dmn")
PEOPLE = {
    "urge_holder": "licence_reviewer@370001",
    "urge_head": "licence_manager@370001",
    "urge_superior": "system_admin@000001",
}


def urged(play: Play, **more: Any) -> PlayedCase:
    return play("common_urge_escalate", case_title="游艇驾驶证", **PEOPLE, **more)


def told(play: Play, login: str) -> int:
    return len(play.run(lambda session: notices.box(session, play.user(login))))


@pytest.mark.parametrize(
    ("overdue", "number", "level"),
    [
        (0, 1, "remind"),
        (1, 1, "remind_with_head"),
        (2, 5, "remind_with_head"),
        (0, 2, "remind_with_head"),
        (3, 1, "escalate"),
        (9, 3, "escalate"),
    ],
)
def test_the_level_follows_overdue_days_and_count(overdue: int, number: int, level: str) -> None:
    """Y-92: each row of common_urge_level."""
    read = dmn.read(TABLE.read_bytes(), TABLE.name)
    context = {"overdue_days": overdue, "urge_no": number}
    assert dmn.evaluate(read.find("common_urge_level"), context).value == level


@pytest.mark.parametrize(
    ("facts", "reached"),
    [
        ({}, [1, 0, 0]),
        ({"urge_no": 2}, [1, 1, 0]),
        ({"overdue_days": 3}, [1, 1, 1]),
    ],
)
def test_reminding_reaches_more_people_from_level_to_level(
    play: Play, facts: dict[str, int], reached: list[int]
) -> None:
    """Y-92: holder, head, superior; a sheet and a line in the log."""
    case = urged(play, **facts)
    assert [told(play, login) for login in ("reviewer", "manager", "hq_admin")] == reached
    assert (case.ended, case.letters) == ("urged", ["letter_urge"])
    assert "@" not in papers.read(case, "letter_urge"), "Y-92: receivers in words"
    assert len(case.variables["urge_log"]) == 1
    assert case.row.urge_count == 1
    assert case.row.urged_at is not None, "Y-92: the to-do box of the holder says so"


def test_it_may_repeat_and_climb(play: Play) -> None:
    """Y-92: remind 1 → remind 2 → escalate."""
    case = urged(play, urge_rounds=3, urge_interval="P2D")
    assert case.ended is None
    case.passes(days=5)
    assert case.ended == "urged"
    levels = [line["level"] for line in case.variables["urge_log"]]
    assert levels == ["remind", "remind_with_head", "escalate"]
