"""Reading tables into ledgers and processes: every line judged, the good ones taken all or none.

Requirements Y-57, Y-58, Y-71, Y-72, Y-73: the dictionaries of examinations, by those who keep them.
"""

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.errors import Forbidden, NotFound
from forms.definition import FormInvalid
from processes import registers
from processes.domains import domains
from processes.ledgers import intake, maintenance, sheets
from processes.ledgers.intake import IntakeRefused, Verdict
from processes.model.people import AuditEvent
from processes.play import Play

ROOM = {"room_code": "QD01-201", "site": "QD01", "name": "第三考场", "seats": "25"}
EXAMINERS = """考官编号*,姓名*,证件号码*,可任考试*,资格有效期至*
KG101,考官丙,830000197505050051,游艇操作人员,2029/12/31
KG001,考官丁,370102197606060061,游艇操作人员,2029-12-31
KG102,考官戊,830000197505050051,游艇操作人员,2029年12月31日
KG103,考官己,370102197707070074,客船驾驶,2029-12-31
KG104,,370102197808080087,游艇操作人员,明年
"""


def judged(play: Play, text: str, *, as_: str = "admin", name: str = "ledger.examiner") -> list:
    def command(session: Session) -> list[Verdict]:
        by = play.user(as_)
        to = intake.target(session, name, by)
        return intake.judge(session, to, sheets.read(text.encode()), by=by)

    return play.run(command)


BY_HAND = [name for name, one in domains.current().maintained.items() if one.form]


@pytest.mark.parametrize("register", BY_HAND)
def test_the_form_of_a_kept_ledger_has_fields_of_it_and_all_that_it_requires(register: str) -> None:
    ledger, form = registers.definition(register), maintenance.form(register)
    shown = {spec.name for spec in form.fields() if spec.has_value}
    given = {ledger.org} | ({ledger.key} if ledger.number else set())
    required = {spec.name for spec in ledger.fields.values() if spec.required}
    assert shown <= set(ledger.fields)
    assert required - given <= shown
    kept = maintenance.kept(register)
    assert kept is not None
    assert kept.retired in {"", *ledger.statuses}


def test_the_dictionary_maintainer_keeps_rooms_of_the_own_area(play: Play) -> None:
    """Y-57, Y-58, Y-73."""
    by = play.user("dictionary_maintainer")
    made = play.run(lambda session: maintenance.add(session, "exam_room", by=by, answers=ROOM))
    assert (made.values["org"], made.values["seats"]) == ("370001", 25)
    answers = {"site": "QD01", "name": "第三考场", "seats": "28"}
    changed = play.run(
        lambda session: maintenance.change(session, "exam_room", made.key, by=by, answers=answers)
    )
    assert changed.values["seats"] == 28
    off = play.run(
        lambda session: maintenance.switch(session, "exam_room", made.key, by=by, reason="房屋维修")
    )
    assert off.status == "inactive"


def test_rooms_of_another_area_do_not_exist_for_a_maintainer(play: Play) -> None:
    """Y-58."""
    with pytest.raises(NotFound):
        play.run(
            lambda session: maintenance.switch(
                session, "exam_room", "QD01-101", by=play.user("local_admin"), reason="停用"
            )
        )


def test_somebody_without_the_role_keeps_no_dictionary(play: Play) -> None:
    """Y-57."""
    with pytest.raises(Forbidden):
        play.run(
            lambda session: maintenance.add(
                session, "exam_room", by=play.user("arranger"), answers=ROOM
            )
        )


def test_a_record_the_ledger_refuses_is_refused_at_its_field(play: Play) -> None:
    by = play.user("admin")
    with pytest.raises(FormInvalid) as refused:
        play.run(
            lambda session: maintenance.add(
                session, "exam_room", by=by, answers={**ROOM, "room_code": "QD01-101"}
            )
        )
    assert list(refused.value.errors) == ["room_code"]


def test_each_line_is_accepted_or_refused_with_its_reason_and_nothing_is_written(
    play: Play,
) -> None:
    """Y-72."""
    verdicts = judged(play, EXAMINERS)
    assert [one.state for one in verdicts] == [
        "warned",
        "refused",
        "refused",
        "refused",
        "refused",
    ]
    assert "名录" in verdicts[0].remarks[0]
    said = ["；".join(one.problems) for one in verdicts]
    assert "已有『KG001』" in said[1]
    assert said[2] == "与第 2 行相同：该人员已登记"
    assert said[3].startswith("可任考试：")
    assert "姓名：请填写姓名" in said[4]
    assert "资格有效期至：" in said[4]
    assert play.run(lambda session: len(registers.find(session, "examiner"))) == 2


def test_the_accepted_lines_are_taken_together_and_the_refused_come_back(play: Play) -> None:
    def command(session: Session) -> tuple[int, list[str], list[list[str]]]:
        by = play.user("admin")
        to = intake.target(session, "ledger.examiner", by)
        table = sheets.read(EXAMINERS.encode())
        verdicts = intake.judge(session, to, table, by=by)
        return (intake.take(session, to, verdicts, by=by), *intake.refused_rows(table, verdicts))

    count, headings, rows = play.run(command)
    assert (count, headings[-1], len(rows)) == (1, intake.REASON, 4)
    made = play.run(lambda session: registers.get(session, "examiner", "KG101"))
    assert made.values["org"] == "370001"
    log = play.run(lambda session: registers.log(session, "examiner", "KG101"))
    assert log[0].reason == "批量导入"


def test_lines_that_were_good_a_moment_ago_are_all_left_when_one_is_no_more(play: Play) -> None:
    text = "考官编号,姓名,证件号码,可任考试,资格有效期至\n" + "\n".join(
        f"KG20{n},考官{n},{number},游艇操作人员,2029-12-31"
        for n, number in ((1, "830000197505050051"), (2, "370102197808080087"))
    )
    by = play.user("admin")
    verdicts = judged(play, text)
    assert not [one for one in verdicts if one.state == "refused"]
    taken = {**verdicts[1].answers}
    play.run(lambda session: maintenance.add(session, "examiner", by=by, answers=taken))

    def command(session: Session) -> int:
        to = intake.target(session, "ledger.examiner", by)
        return intake.take(session, to, verdicts, by=by)

    with pytest.raises(IntakeRefused, match="第 3 行"):
        play.run(command)
    with pytest.raises(NotFound):
        play.run(lambda session: registers.get(session, "examiner", "KG201"))


def test_a_table_with_other_columns_is_refused_with_the_way_out(play: Play) -> None:
    with pytest.raises(sheets.SheetRefused, match="模板"):
        judged(play, "甲,乙\n1,2")


def test_teachers_come_in_with_their_courses_by_name(play: Play) -> None:
    """Y-71: which courses a teacher teaches."""
    text = (
        "培训机构,姓名,证件类型,证件号码,联系电话,人员类别,讲授课程\n"
        "青岛蓝海游艇培训中心,新教员,居民身份证,370202198808080087,13900000099,教员,船艺与操纵、YT02\n"
    )
    verdicts = judged(play, text, name="ledger.institution_staff")
    assert [one.problems for one in verdicts] == [()]
    assert verdicts[0].answers["courses"] == ["YT01", "YT02"]
    assert verdicts[0].answers["institution"] == "YT370001"


def test_who_read_in_what_is_in_the_trail(play: Play) -> None:
    def command(session: Session) -> list[str]:
        by = play.user("admin")
        to = intake.target(session, "ledger.examiner", by)
        verdicts = intake.judge(session, to, sheets.read(EXAMINERS.encode()), by=by)
        intake.take(session, to, verdicts, by=by)
        session.flush()
        query = select(AuditEvent.detail).where(AuditEvent.action == "table.imported")
        return list(session.scalars(query))

    assert play.run(command) == ["考官 1"]
