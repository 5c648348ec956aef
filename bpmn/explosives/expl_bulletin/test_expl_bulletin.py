"""通知与通报: drafted, published to the units of an area, read, filed away."""

from typing import Any

import pytest

from bpmn import papers
from bpmn.explosives import story
from engine.errors import BanliError
from processes.casefile import notices
from processes.play import Play, PlayedCase


def drafted(play: Play, as_: str = "expl_province", **changes: Any) -> PlayedCase:
    """A bulletin."""
    answers = {
        "kind": "bulletin",
        "title": "安全检查情况",
        "text": "现将检查情况通报如下。",
        "area": "own" if "province" in as_ else "all",
        "draft_action": "publish",
        **changes,
    }
    return play.apply("expl_bulletin", as_=as_, **answers)


def test_a_bulletin_of_a_province_goes_to_its_own_units(play: Play) -> None:
    """E-07, E-95."""
    case = drafted(play)
    for login, got in (
        ("expl_enterprise", True),
        ("expl_group", True),
        ("expl_enterprise_js", False),
    ):
        assert ("通报：安全检查情况" in story.told(play, login)) is got
    (held,) = story.records(play, "expl_bulletin")
    assert (held["status"], str(held["published_on"]), case.letters) == (
        "published", "2026-03-02", ["letter_bulletin"],
    )  # fmt: skip


def test_the_association_tells_the_whole_country(play: Play) -> None:
    """E-07, E-23."""
    drafted(play, "expl_association", kind="notice")
    for login in ("expl_province_js", "expl_enterprise_js", "expl_group", "expl_institution"):
        assert "通知：安全检查情况" in story.told(play, login)


def test_the_publisher_sees_who_has_read_it(play: Play) -> None:
    """E-07, E-95: read receipts."""
    case = drafted(play)
    assert case.variables["read_count"] == 0
    reader = play.user("expl_enterprise")

    def read(session: Any) -> None:
        notices.mark_read(session, reader, notices.box(session, reader)[0].id)

    play.run(read)
    case.complete("manage_bulletin", as_="expl_province", bulletin_action="refresh")
    told = {one["name"]: one["read_on"] for one in case.variables["receipts"]}
    assert case.variables["read_count"] == 1
    assert "山东省工办用户" not in told, "who publishes does not wait for himself"
    assert str(told["企业用户"]) == "2026-03-02"
    assert told["集团用户"] is None
    case.complete("manage_bulletin", as_="expl_province", bulletin_action="archive")
    (held,) = story.records(play, "expl_bulletin")
    assert (case.ended, held["status"], held["read"]) == ("archived", "archived", 1)


def test_a_draft_is_changed_published_or_deleted(play: Play) -> None:
    """E-95: 添加、删除、修改、发布."""
    case = drafted(play, draft_action="keep")
    assert story.told(play, "expl_enterprise") == []
    changed = {"title": "检查情况", "text": "正文", "area": "own"}
    case.complete("edit_draft", as_="expl_province", draft_action="keep", **changed)
    assert case.waits_for == {"edit_draft"}
    case.complete("edit_draft", as_="expl_province", draft_action="publish", **changed)
    assert (case.waits_for, story.records(play, "expl_bulletin")[0]["title"]) == (
        {"manage_bulletin"}, "检查情况",
    )  # fmt: skip
    other = drafted(play, draft_action="keep")
    other.complete("edit_draft", as_="expl_province", draft_action="delete", **changed)
    assert (other.ended, other.status) == ("deleted", "cancelled")


@pytest.mark.parametrize("who", ["expl_enterprise", "expl_ministry", "expl_institution"])
def test_nobody_else_publishes(play: Play, who: str) -> None:
    """E-95."""
    with pytest.raises(BanliError):
        drafted(play, who, area="all")


def test_a_province_does_not_publish_for_the_whole_country(play: Play) -> None:
    """E-95."""
    with pytest.raises(BanliError):
        drafted(play, area="all")


def test_the_paper_bears_the_title_of_the_bulletin(play: Play) -> None:
    """E-95: what is printed at its head is filled in like the rest."""
    case = drafted(play)
    text = papers.read(case, case.letters[0])
    assert "{{" not in text
    assert str(case.variables["title"]) in text
