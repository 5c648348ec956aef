"""培训计划与发布: who may plan which class, whom it is told, changing and cancelling."""

from pathlib import Path

import pytest

from bpmn.explosives import story
from bpmn.yacht.story import also
from engine import dmn
from forms.definition import FormInvalid
from processes.play import Play

DECISION = dmn.read_all(
    {path.name: path.read_bytes() for path in Path(__file__).parent.glob("*.dmn")}
)["expl_class_kind_publisher"]


@pytest.mark.parametrize(
    ("kind", "publisher", "province", "result"),
    [
        ("obtain", "expl_association", None, "allow"),
        ("obtain", "expl_province", None, "refuse"),
        ("retrain", "expl_association", None, "refuse"),
        ("renew", "expl_association", None, "refuse"),
        ("retrain", "expl_province", "own", "allow"),
        ("renew", "expl_province", "own", "allow"),
        ("renew", "expl_province", "another", "refuse"),
        *(
            (kind, org, None, "refuse")
            for kind in ("obtain", "retrain", "renew")
            for org in ("expl_ministry", "expl_enterprise", "expl_group", "training_institution")
        ),
    ],
)
def test_each_kind_of_class_has_its_publisher(
    kind: str, publisher: str, province: str | None, result: str
) -> None:
    """E-47, E-48."""
    known = {
        "class_kind": kind,
        "publisher": {"kind": publisher, "code": "own"},
        "class_province": province,
    }
    assert dmn.evaluate(DECISION, known).value["result"] == result


def test_the_association_plans_a_first_class_and_every_unit_is_told(play: Play) -> None:
    """E-26, E-47: published at once, waiting for the class to open."""
    case = story.planned(play)
    held = story.record(play, "expl_plan", case.variables["plan_no"])
    assert (held["status"], held["publisher_org"], case.waits_for) == (
        "published", "EASSOC01", {"manage_plan"},
    )  # fmt: skip
    for login in ("expl_province", "expl_province_js", "expl_group", "expl_enterprise_js"):
        assert story.told(play, login)[0].startswith("培训计划发布"), login


def test_a_province_plans_its_own_renewal_and_tells_its_own_units(play: Play) -> None:
    """E-48, E-88."""
    story.planned(play, "renew")
    assert story.told(play, "expl_enterprise")[0].startswith("培训计划发布")
    assert story.told(play, "expl_enterprise_js") == []


@pytest.mark.parametrize("kind", ["obtain", "retrain", "renew"])
@pytest.mark.parametrize("who", ["expl_association", "expl_province"])
def test_the_form_offers_a_publisher_what_the_decision_lets_it_publish(
    play: Play, kind: str, who: str
) -> None:
    """E-47, E-48: another kind cannot be chosen, so nobody fills a plan in for nothing."""
    publisher = {"kind": who, "code": "own"}
    known = {"class_kind": kind, "publisher": publisher, "class_province": None}
    if dmn.evaluate(DECISION, known).value["result"] == "allow":
        assert story.planned(play, kind, as_=who).waits_for == {"manage_plan"}
    else:
        with pytest.raises(FormInvalid) as refused:
            story.planned(play, kind, as_=who)
        assert set(refused.value.errors) == {"class_kind"}


def test_a_plan_of_the_wrong_kind_is_refused_with_the_reason(play: Play) -> None:
    """E-47, E-48: the kind of the office decides, whatever role somebody holds in it."""
    also(play, "expl_province", "association_user")
    case = story.planned(play, "obtain", as_="expl_province")
    assert (case.ended, story.told(play, "expl_province")) == ("refused", ["培训计划未发布"])
    assert story.records(play, "expl_plan") == []


def test_a_published_plan_is_changed_and_cancelled_by_its_publisher_alone(play: Play) -> None:
    """E-93: 查询、查看、注销、修改、发布."""
    case = story.planned(play, "retrain")
    number = case.variables["plan_no"]
    case.complete(
        "manage_plan",
        as_="expl_province",
        plan_action="edit",
        planned_from="2026-04-01",
        planned_to="2026-04-03",
        place="济南市演示路 9 号",
        quota=20,
    )
    assert story.record(play, "expl_plan", number)["place"] == "济南市演示路 9 号"
    with pytest.raises(Exception, match="没有这个任务"):
        case.complete("manage_plan", as_="expl_province_js", plan_action="cancel")
    case.complete(
        "manage_plan", as_="expl_province", plan_action="cancel", cancel_reason="培训机构另有安排"
    )
    assert (case.ended, case.status) == ("cancelled", "cancelled")
    assert story.record(play, "expl_plan", number)["status"] == "cancelled"
    assert story.told(play, "expl_enterprise")[0].startswith("培训计划注销")


def test_opening_the_class_ends_the_matter_of_the_plan(play: Play) -> None:
    """E-49."""
    story.opened(play)
    assert play.case(story.PLAN).ended == "opened"
