"""电子证照目录管理: drafted, reviewed, published, reported, retired (P-38, P-41, P-45)."""

from typing import Any

import pytest
from sqlalchemy import select

from bpmn.property import seals, story
from engine.errors import BanliError
from engine.model import OutboxMessage
from processes.play import Play, PlayedCase

CODE = "11100000MB03271699021"
NEW = "11100000MB03271699099"


def retired(play: Play) -> PlayedCase:
    case = play.apply(
        "prop_ecert_catalog", as_="prop_ecert", catalog_action="retire", retired_code=CODE
    )
    case.complete("confirm", as_="prop_ecert_reviewer", confirm_retire=True)
    return case


def drafted(play: Play, **changes: Any) -> PlayedCase:
    told = {
        "catalog_action": "new",
        "type_code": NEW,
        "ecert_kind": "right_certificate",
        "catalog_name": "不动产权证书",
        "issuer": "自然资源部",
        "formats": ["pdf", "ofd"],
        "metadata_version": "2.0",
        "valid_from": "2026-03-01",
        "basis": "GB/T 36903",
    }
    return play.apply("prop_ecert_catalog", as_="prop_ecert", **{**told, **changes})


def test_a_catalogue_is_reviewed_by_another_published_and_reported(play: Play) -> None:
    # the platform is elsewhere: what goes there stays in the outbox
    play.worker.routes = {"ecert_catalogue": "gov_service_platform"}
    play.worker.remote = ("ecert_catalogue",)
    retired(play)
    case = drafted(play)
    with pytest.raises(BanliError):
        case.complete("review", as_="prop_ecert", review_decision="publish")
    case.complete("review", as_="prop_ecert_reviewer", review_decision="publish")
    assert (case.ended, case.row.outcome) == ("published", "published")
    assert case.messages == ["ecert_catalogue"]
    found = story.record(play, "ecert_catalog", NEW)
    assert (found["status"], found["template"]) == ("published", "letter_right_certificate")
    assert found["formats"] == ["pdf", "ofd"]
    with play.session() as session:
        reports = session.scalars(select(OutboxMessage).order_by(OutboxMessage.id)).all()
    assert [one.payload["formats"] for one in reports] == [["pdf", "ofd"]] * 2


def test_a_draft_sent_back_is_revised_and_reviewed_again(play: Play) -> None:
    retired(play)
    case = drafted(play)
    case.complete(
        "review", as_="prop_ecert_reviewer", review_decision="return", review_reason="版本有误"
    )
    case.complete(
        "revise",
        as_="prop_ecert",
        catalog_name="不动产权证书",
        issuer="自然资源部",
        formats=["pdf"],
        metadata_version="2.1",
        valid_from="2026-03-01",
    )
    case.complete("review", as_="prop_ecert_reviewer", review_decision="publish")
    found = story.record(play, "ecert_catalog", NEW)
    assert (found["metadata_version"], found["formats"]) == ("2.1", ["pdf"])


def test_after_retirement_nothing_of_that_kind_is_issued(play: Play) -> None:
    case = retired(play)
    assert (case.ended, case.messages) == ("retired", ["ecert_catalogue"])
    seals.employed(play)
    assert story.entry_reported(play).ended == "problem"


def test_a_retirement_that_is_not_agreed_changes_nothing(play: Play) -> None:
    case = play.apply(
        "prop_ecert_catalog", as_="prop_ecert", catalog_action="retire", retired_code=CODE
    )
    case.complete("confirm", as_="prop_ecert_reviewer", confirm_retire=False)
    assert case.ended == "not_retired"
    assert story.record(play, "ecert_catalog", CODE)["status"] == "published"


def test_two_published_catalogues_of_one_kind_do_not_stand_beside_each_other(play: Play) -> None:
    case = drafted(play)
    case.complete("review", as_="prop_ecert_reviewer", review_decision="publish")
    assert case.ended is None
    assert story.record(play, "ecert_catalog", NEW)["status"] == "in_review"
