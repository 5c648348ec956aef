"""Tables whose lines become matters of a process: people, enterprises, licences issued earlier.

Requirements E-30, E-68, E-69, E-101 and Y-65: entered by those who may enter them, one matter a
line, with the photos and scans that the lines name.
"""

from typing import Any

import pytest
from sqlalchemy.orm import Session

from bpmn.explosives import story
from bpmn.papers import handed_in
from engine.errors import NotFound
from processes.domains import domains
from processes.ledgers import intake, sheets
from processes.ledgers.intake import IntakeRefused, Verdict
from processes.play import Play

PEOPLE = """姓名*,身份证号码,性别*,出生日期*,照片*,文化程度,职务*,资格类型*,联系电话*
甲,370902198001010019,男,1980/1/1,a.png,大专,安全科科长,安全生产管理人员,13900000001
乙,370902198001010035,女,1980-01-01,b.png,本科,总经理,主要负责人,13900000002
丙,370902198001010035,女,1980-01-01,b.png,本科,总经理,主要负责人,13900000003
丁,370902198001010051,男,1980-01-01,没有.png,,科员,安全员,13900000004
"""
UNITS = """单位类型*,单位代码*,单位名称*,行政区划代码*,所属集团,统一社会信用代码,业务类型
企业,EN370091,齐鲁民爆甲公司,370900,,91370900MA3EXPL04H,生产
分公司,EN370092,齐鲁民爆乙分公司,370900,,,销售
企业,EN370001,重名的公司,370900,,,生产
企业,EN370093,齐鲁民爆甲公司,370900,,,生产
"""


def judged(
    play: Play, name: str, text: str, *, as_: str, files: dict[str, Any] | None = None
) -> list[Verdict]:
    def command(session: Session) -> list[Verdict]:
        by = play.user(as_)
        to = intake.target(session, name, by)
        return intake.judge(session, to, sheets.read(text.encode()), by=by, files=files)

    return play.run(command)


def taken(
    play: Play, name: str, text: str, *, as_: str, files: dict[str, Any] | None = None
) -> int:
    def command(session: Session) -> int:
        by = play.user(as_)
        to = intake.target(session, name, by)
        verdicts = intake.judge(session, to, sheets.read(text.encode()), by=by, files=files)
        return intake.take(session, to, verdicts, by=by)

    return play.run(command)


def said(verdicts: list[Verdict]) -> list[tuple[str, str]]:
    return [(one.state, "；".join(one.problems)) for one in verdicts]


def photos(play: Play) -> dict[str, Any]:
    return {name: handed_in(play, name) for name in ("a.png", "b.png")}


def test_a_sex_or_birth_date_other_than_the_identity_number_says_is_a_remark_no_refusal(
    play: Play,
) -> None:
    """E-38: not linked to the identity card; told at import as on the form, checked by eye."""
    other = PEOPLE.splitlines()[0] + (
        "\n甲,370902198001010019,女,1980/1/2,a.png,大专,安全科科长,安全生产管理人员,13900000001\n"
    )
    (one,) = judged(play, "service.expl_people", other, as_="expl_enterprise", files=photos(play))
    assert one.state == "warned"
    assert one.remarks == (
        "性别：与身份证号码中的性别不一致，请核对；确实无误的，由审批人核实。",
        "出生日期：与身份证号码中的出生日期不一致，请核对；确实无误的，由审批人核实。",
    )


@pytest.mark.parametrize("code", domains.current().imports)
def test_an_import_names_fields_of_the_form_of_its_process(play: Play, code: str) -> None:
    told = domains.current().imports[code]
    login = {"expl_people": "expl_enterprise", "expl_units": "expl_province"}.get(
        code, "backentry_recorder"
    )
    to = play.run(lambda session: intake.target(session, f"service.{code}", play.user(login)))
    shown = {one.name for one in intake.columns(to)}
    assert shown <= set(told.columns)
    assert set(told.columns) - shown <= {"academy", "province_for"}, "asked of the association"
    assert {*told.unique, *told.given} <= {one.name for one in to.form.fields()}


def test_an_enterprise_enters_its_people_from_a_table_with_their_photos(play: Play) -> None:
    """E-69: one matter a person, each for the province to approve."""
    files = photos(play)
    verdicts = judged(play, "service.expl_people", PEOPLE, as_="expl_enterprise", files=files)
    assert said(verdicts) == [
        ("accepted", ""),
        ("warned", ""),
        ("refused", "与第 3 行相同：身份证号码重复"),
        ("refused", "资格类型：请从给出的选项中选择；照片：没有选中名为『没有.png』的文件"),
    ]
    assert story.records(play, "expl_person") == []
    assert taken(play, "service.expl_people", PEOPLE, as_="expl_enterprise", files=files) == 2
    play.drain()
    held = {row["name"]: row for row in story.records(play, "expl_person")}
    assert {name: row["status"] for name, row in held.items()} == {"甲": "pending", "乙": "pending"}
    assert held["甲"]["photo"]["name"] == "a.png"


def test_whom_the_ledger_has_already_is_refused_before_anything_is_written(play: Play) -> None:
    """E-69: 该身份证号码已登记."""
    story.approved(play, name="甲")
    verdicts = judged(
        play, "service.expl_people", PEOPLE, as_="expl_enterprise", files=photos(play)
    )
    assert said(verdicts)[0] == ("refused", "该身份证号码已登记")


def test_a_province_enters_enterprises_from_a_table(play: Play) -> None:
    """E-30, E-68: 省级管理部门录入; the unit completes its data later."""
    verdicts = judged(play, "service.expl_units", UNITS, as_="expl_province")
    assert said(verdicts) == [
        ("accepted", ""),
        ("refused", "所属集团：请选择所属集团"),
        ("refused", "民爆企业中已有『EN370001』"),
        ("refused", "与第 2 行相同：单位名称重复"),
    ]
    assert taken(play, "service.expl_units", UNITS, as_="expl_province") == 1
    play.drain()
    held = story.record(play, "expl_enterprise", "EN370091")
    assert (held["name"], held["business_kind"]) == ("齐鲁民爆甲公司", "production")


def test_only_whose_matter_it_is_reads_such_a_table_in(play: Play) -> None:
    """E-29, E-42: an enterprise enters no enterprises, a province no people."""
    for login, name in (
        ("expl_enterprise", "service.expl_units"),
        ("expl_province", "service.expl_people"),
        ("expl_ministry", "service.expl_units"),
        ("acceptor", "service.yacht_old_licences"),
    ):
        with pytest.raises(NotFound):
            judged(play, name, PEOPLE, as_=login)


def test_when_one_line_can_be_taken_no_more_none_is(play: Play) -> None:
    """Nothing half done: the ledger is asked again when the lines are taken."""
    files = photos(play)

    def command(session: Session) -> None:
        by = play.user("expl_enterprise")
        to = intake.target(session, "service.expl_people", by)
        verdicts = intake.judge(session, to, sheets.read(PEOPLE.encode()), by=by, files=files)
        broken = [
            Verdict(one.line, {**one.answers, "photo": None}) if one.line.number == 3 else one
            for one in verdicts
        ]
        intake.take(session, to, broken, by=by)

    with pytest.raises(IntakeRefused, match="第 3 行：照片"):
        play.run(command)
    play.drain()
    assert story.records(play, "expl_person") == []
