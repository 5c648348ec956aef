"""Reading tables in, keeping ledgers and taking lists away, on the pages.

Requirements E-69, Y-58, Y-72, Y-73, Y-74: people, dictionaries of examinations and mailing addresses.
"""

import io
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, Response
from flask.testing import FlaskClient
from PIL import Image
from sqlalchemy import select
from sqlalchemy.orm import Session

from adapters import registry
from bpmn.yacht import story
from forms import definition
from forms.fields.composed import Rows
from forms.lookups import Lookups
from processes import registers
from processes.background.worker import JobWorker
from processes.casework import applications
from processes.demo import loader
from processes.identity import identity
from processes.ledgers import intake, sheets
from processes.model.cases import Case
from processes.model.people import AuditEvent
from tests.web.conftest import csrf, installation, log_in
from web import exporting, tables
from web.database import create_tables, database

Clients = Callable[[str], FlaskClient]
Look = Callable[[Callable[[Session], Any]], Any]
ROOMS = (
    "考场代码,考试地点,考场名称,座位数\nQD01-301,青岛考试中心,第四考场,10\nQD01-101,QD01,重复,10\n"
)


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Flask:
    """An installation with the demo's people and ledgers."""
    app = installation(tmp_path_factory.mktemp("intake"))
    with app.app_context():
        create_tables()
        with database().transaction() as session:
            loader.load(session, topics=registry.topics())
    return app


@pytest.fixture
def staff(demo: Flask) -> Clients:
    def logged_in(login: str) -> FlaskClient:
        client = demo.test_client()
        log_in(client, login)
        return client

    return logged_in


@pytest.fixture
def look(demo: Flask) -> Look:
    """Asks the installation's database."""

    def ask(question: Callable[[Session], Any]) -> Any:
        with demo.app_context(), database().read_session() as session:
            return question(session)

    return ask


def page(client: FlaskClient, url: str, status: int = 200) -> str:
    answer = client.get(url)
    assert answer.status_code == status, answer.get_data(as_text=True)[:2000]
    return answer.get_data(as_text=True)


def sent(client: FlaskClient, url: str, at: str, **data: object) -> tuple[int, str]:
    answer = client.post(url, data={"csrf_token": csrf(client, at), **data})
    return answer.status_code, answer.get_data(as_text=True)


def table(text: str, name: str = "考场.csv") -> tuple[io.BytesIO, str]:
    return io.BytesIO(text.encode()), name


def reference(text: str) -> str:
    found = re.search(r'name="file" value="([^"]+)"', text)
    assert found
    return found[1]


def test_a_table_is_shown_line_by_line_and_the_good_lines_come_in(
    staff: Clients, look: Look
) -> None:
    """Y-73."""
    client = staff("admin")
    at = "/import/ledger.exam_room"
    status, text = sent(client, at, at, table=table(ROOMS))
    assert (status, "已有『QD01-101』" in text, "导入 1 行" in text) == (200, True, True)
    file = reference(text)
    refused = client.post(f"{at}/refused", data={"csrf_token": csrf(client, at), "file": file})
    lines = sheets.read(refused.data).lines
    assert [line.cells["考场代码"] for line in lines] == ["QD01-101"]
    assert "已有" in lines[0].cells["未接受的原因"]
    status, _text = sent(client, f"{at}/take", at, file=file)
    assert status == 303
    made = look(lambda session: registers.get(session, "exam_room", "QD01-301"))
    assert made.values["site"] == "QD01"


def test_a_file_of_somebody_else_cannot_be_taken(staff: Clients) -> None:
    at = "/import/ledger.exam_room"
    _status, text = sent(staff("admin"), at, at, table=table(ROOMS))
    status, _text = sent(staff("dictionary_maintainer"), f"{at}/take", at, file=reference(text))
    assert status == 422


def test_what_is_no_table_is_refused_in_words(staff: Clients) -> None:
    at = "/import/ledger.exam_room"
    status, text = sent(staff("admin"), at, at, table=table("\0", "考场.xlsx"))
    assert (status, "只接受 xlsx 或 CSV 表格" in text) == (422, True)


def test_the_template_has_the_headings_that_are_read(staff: Clients) -> None:
    answer = staff("admin").get("/import/ledger.examiner/template")
    assert b"PK" in answer.data[:4]
    assert "attachment" in answer.headers["Content-Disposition"]


def test_a_room_is_added_changed_and_taken_out_of_use_on_its_page(staff: Clients) -> None:
    """Y-58, Y-73."""
    client = staff("dictionary_maintainer")
    at = "/registers/exam_room/new"
    status, text = sent(client, at, at, room_code="QD01-401", site="QD01", name="", seats="10")
    assert (status, "请填写考场名称" in text, 'value="QD01-401"' in text) == (422, True, True)
    answer = client.post(
        at,
        data={
            "csrf_token": csrf(client, at),
            "room_code": "QD01-401",
            "site": "QD01",
            "name": "第五考场",
            "seats": "10",
        },
    )
    place = answer.headers["Location"]
    assert "第五考场" in page(client, place)
    status, _text = sent(client, f"{place}/edit", place, site="QD01", name="第五考场", seats="12")
    assert status == 303
    status, _text = sent(client, f"{place}/switch", place, reason="装修")
    text = page(client, place)
    assert ("停用" in text, "装修" in text, "12" in text) == (True, True, True)


def test_the_administrator_of_another_bureau_sees_none_of_it(staff: Clients, look: Look) -> None:
    """Y-58."""
    client = staff("local_admin")
    assert "第一考场" not in page(client, "/registers/exam_room")
    room = look(lambda session: registers.get(session, "exam_room", "QD01-101").id)
    page(client, f"/registers/exam_room/{room}", 404)
    page(client, f"/registers/exam_room/{room}/edit", 404)


def test_the_mailing_address_has_to_be_complete(staff: Clients) -> None:
    """Y-74."""
    client = staff("branch_admin")
    at = "/registers/mailing_address/new"
    typed = {"org": "370201", "receiver": "收发岗", "phone": "12", "postcode": "2500", "region": ""}
    status, text = sent(client, at, at, **typed)
    assert status == 422
    for words in ("电话", "邮政编码", "请填写省市县", "请填写详细地址"):
        assert words in text


def test_an_administrator_sees_only_the_ledgers_that_are_his_to_keep(staff: Clients) -> None:
    client = staff("admin")
    assert "游艇驾驶证台账" not in page(client, "/registers")
    assert "空白证" not in page(client, "/registers")
    assert "考场" in page(client, "/registers")


def test_a_ledger_is_exported_as_it_is_shown_masked_and_told_in_the_trail(
    staff: Clients, look: Look
) -> None:
    client = staff("admin")
    answer = client.get("/registers/institution_staff?format=xlsx")
    found = sheets.read(answer.data)
    assert "证件号码" in found.headings
    numbers = {line.cells["证件号码"] for line in found.lines}
    assert numbers
    assert all("*" in number for number in numbers)
    query = select(AuditEvent.detail).where(AuditEvent.action == "list.exported")
    assert any(
        one.startswith("培训机构人员") for one in look(lambda session: session.scalars(query).all())
    )


def test_a_filter_holds_for_the_exported_list_too(staff: Clients) -> None:
    client = staff("dictionary_maintainer")
    answer = client.get("/registers/exam_room?format=csv&q=QD02-A")
    lines = sheets.read(answer.data).lines
    assert [line.cells["考场代码"] for line in lines] == ["QD02-A"]


TRAINEES = (
    "姓名,证件类型,证件号码,性别,出生日期,电话\n"
    "学员甲,居民身份证,1,男,1990/1/1,13700000001\n"
    "学员乙,居民身份证,2,女,1991-02-02,13700000002\n"
)


def test_a_table_of_a_form_is_read_from_a_file_before_anything_is_sent(staff: Clients) -> None:
    """Y-105: candidates of an exam come from a table."""
    client = staff("institution_clerk")
    at = "/portal/apply/yacht_exam"
    asked = {"_step": "1", "_sheet_in": "candidates", "part": "theory", "org": "370001"}
    status, text = sent(client, at, at, **asked, **{"_sheet_file.candidates": table(TRAINEES)})
    assert (status, "已从表格读入 2 行" in text) == (200, True)
    assert 'value="学员乙"' in text
    assert 'value="1991-02-02"' in text


def test_a_candidate_who_stands_in_a_table_twice_is_remarked_on_when_it_is_read_in(
    staff: Clients,
) -> None:
    """Y-105: the second line says which one it repeats; what differs from the number is doubted."""
    client = staff("institution_clerk")
    at = "/portal/apply/yacht_exam"
    asked = {"_step": "1", "_sheet_in": "candidates", "part": "theory", "org": "370001"}
    line = "学员甲,居民身份证,370202199003070011,{sex},1990-03-07,13700000001\n"
    twice = TRAINEES.splitlines()[0] + "\n" + line.format(sex="男") + line.format(sex="女")
    status, text = sent(client, at, at, **asked, **{"_sheet_file.candidates": table(twice)})
    assert (status, "其中 1 行须改正" in text) == (200, True)
    assert text.count("与第 1 行重复") == 2  # in the summary and in the row
    assert text.count("与身份证号码中的性别不一致") == 1


def test_a_table_read_into_a_form_says_what_is_wrong_with_each_line(staff: Clients) -> None:
    """Y-105: what the page cannot show of a cell is said; the refused lines go out with reasons."""
    client = staff("institution_clerk")
    at = "/portal/apply/yacht_exam"
    asked = {"_step": "1", "part": "theory", "org": "370001", "licence_class": "A1E"}
    wrong = TRAINEES.replace("居民身份证", "军官证", 1).replace("1991-02-02", "1991-02-30")
    file = {"_sheet_file.candidates": table(wrong)}
    status, text = sent(client, at, at, **asked, _sheet_in="candidates", **file)
    assert (status, "其中 2 行须改正" in text) == (200, True)
    assert "请从给出的选项中选择（表格中为“军官证”）" in text
    assert "没有这一天，请核对年、月、日（表格中为“1991-02-30”）" in text
    assert text.index("考生第 1 行证件类型") < text.index("考生第 2 行出生日期")
    row = {
        f"candidates.0.{name}": value for name, value in {"name": "学员甲", "id_no": "1"}.items()
    }
    data = {"csrf_token": csrf(client, at), **asked, **row, "_sheet_out": "candidates"}
    line = sheets.read(client.post(at, data=data).data).lines[0].cells
    assert "证件号码：" in line[intake.REASON]


def test_lines_of_given_rows_are_judged_by_what_may_be_filled_in() -> None:
    """Y-52: the ticket and the name stand there already; only bad scores are refused."""
    path = Path("bpmn/yacht/yacht_exam/forms/form_score_entry.yaml")
    form = definition.read(path.read_bytes(), str(path))
    spec = form.field("score_rows")
    assert isinstance(spec, Rows)
    rows = [{"ticket_no": "K", "name": "学员", "raw_score": one} for one in ("60", "abc", "")]
    lines = [{"ticket_no": "K", "name": "学员"}] * 3
    wrong = tables.refused(
        spec,
        {"score_rows": rows},
        at=tables.Place(form, "enter_scores"),
        context={"entry_lines": lines, "part": "theory"},
        lookups=Lookups(),
    )
    assert list(wrong) == ["score_rows.1.raw_score"]


def test_of_two_lines_for_one_ticket_neither_is_read_in_and_the_page_says_so(demo: Flask) -> None:
    """Y-52: which of two scores holds is not guessed; a ticket of another session is named."""
    path = Path("bpmn/yacht/yacht_exam/forms/form_score_entry.yaml")
    form = definition.read(path.read_bytes(), str(path))
    spec = form.field("score_rows")
    assert isinstance(spec, Rows)
    context = {"entry_lines": [{"ticket_no": "K01"}, {"ticket_no": "K02"}], "part": "theory"}
    sheet = table("准考证号,姓名,分数\nK01,甲,80\nK02,乙,70\nK01,甲,60\nK09,丙,50\n")
    data = {tables.READ: "score_rows", "_sheet_file.score_rows": sheet}
    with demo.test_request_context(method="POST", data=data):
        done = tables.answer(
            spec, {}, at=tables.Place(form, "enter_scores"), context=context, lookups=Lookups()
        )
    assert isinstance(done, tables.Read)
    assert [row.get("raw_score") for row in done.answers["score_rows"]] == [None, "70"]
    assert "已从表格读入 1 行" in done.told
    assert "以下 1 行在本表中没有，未读入：K09。" in done.told
    assert "不止一行，未读入，请只留一行：K01。" in done.told


@pytest.mark.parametrize(("part", "own"), [("theory", "分数"), ("assessment", "评估结果")])
def test_a_sheet_of_scores_has_the_column_of_its_part_alone(
    demo: Flask, part: str, own: str
) -> None:
    """Y-52, Y-102: what the page leaves out of a table, its file leaves out too."""
    path = Path("bpmn/yacht/yacht_exam/forms/form_score_entry.yaml")
    form = definition.read(path.read_bytes(), str(path))
    spec = form.field("score_rows")
    assert isinstance(spec, Rows)
    context = {"entry_lines": [{"ticket_no": "K01", "name": "学员甲"}], "part": part}
    with demo.test_request_context(method="POST", data={tables.TAKE: "score_rows"}):
        answer = tables.answer(
            spec, {}, at=tables.Place(form, "enter_scores"), context=context, lookups=Lookups()
        )
    assert isinstance(answer, Response)
    answer.direct_passthrough = False
    assert sheets.read(answer.data).headings == ("准考证号", "姓名", own, "缺考", "违纪", "备注")


def test_a_table_of_a_form_is_taken_down_as_it_stands(staff: Clients) -> None:
    client = staff("institution_clerk")
    at = "/portal/apply/yacht_exam"
    typed = {"candidates.0.name": "学员甲", "candidates.0.sex": "male", "_sheet_out": "candidates"}
    answer = client.post(at, data={"csrf_token": csrf(client, at), "_step": "1", **typed})
    line = sheets.read(answer.data).lines[0].cells
    assert (line["姓名"], line["性别"]) == ("学员甲", "男")


def test_without_the_right_to_export_there_is_the_page(
    staff: Clients, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exporting, "actions_of", lambda _user: frozenset())
    answer = staff("manager").get("/registers/exam_room?format=csv")
    assert answer.content_type.startswith("text/html")


def enrolled(demo: Flask) -> str:
    """The reference of an exam that waits to be arranged."""
    with demo.app_context(), database().transaction() as session:
        by = identity.by_login(session, "arranger")
        assert by is not None
        answers = {
            "org": "370001",
            "exam_kind": "yacht_operator",
            "licence_class": "A1E",
            "part": "theory",
            "candidates": story.CANDIDATES,
        }
        return str(applications.apply(session, "yacht_exam", by=by, answers=answers).reference)


def test_what_may_be_picked_from_a_ledger_stays_while_one_types(
    staff: Clients, demo: Flask
) -> None:
    """Y-73: the sites of an exam are there however often the page asks again."""
    reference, client = enrolled(demo), staff("arranger")
    with demo.app_context():
        JobWorker(transact=database().run, owner="test").drain()
    (task,) = set(re.findall(r"/tasks/([0-9]+)", client.get(f"/inbox?q={reference}").text))
    typed = {"starts_at": "2026-12-20T09:00", "csrf_token": csrf(client, "/inbox")}
    client.post(f"/tasks/{task}/claim", data=typed)
    fields = client.post(f"/tasks/{task}/refresh", data=typed).json["fields"]
    assert [value for value, _label in fields["site"]["options"]] == ["QD01", "QD02"]


def test_a_teacher_is_offered_for_the_courses_he_gives(staff: Clients) -> None:
    """Y-69, Y-70: in each line by its own course, while one types."""
    client = staff("institution_clerk")
    at = "/portal/apply/yacht_training_plan_filing"
    rows = {"schedule.0.course": "YT01", "schedule.2.course": "YT04", "schedule.3.place": "教室"}
    typed = {"_step": "2", "institution": "YT370001", "org": "370001", **rows}
    answer = client.post(f"{at}/refresh", data={"csrf_token": csrf(client, at), **typed})
    fields = answer.json["fields"]
    offered = [
        [label for _value, label in fields[f"schedule.{row}.teacher"]["options"]]
        for row in range(3)
    ]
    theory, practical = "理论教员（船长）", "实操教员（高级教练）"
    assert offered == [[theory], [practical], [theory, practical]]
    assert set(fields["schedule.0.teacher"]) == {"visible", "required", "options"}


def test_the_to_do_list_and_what_was_found_are_exported_with_their_filters(
    staff: Clients, demo: Flask
) -> None:
    reference = enrolled(demo)
    client = staff("arranger")
    answer = client.get("/inbox?box=mine&format=xlsx")
    lines = sheets.read(answer.data).lines
    assert reference in [line.cells["工作单号"] for line in lines]
    none = sheets.read(client.get("/inbox?box=mine&q=没有这件&format=csv").data)
    assert none.lines == ()
    found = sheets.read(client.get(f"/cases?q={reference}&format=csv").data).lines
    assert [line.cells["工作单号"] for line in found] == [reference]


def test_people_come_in_from_a_workbook_with_their_photos(staff: Clients, look: Look) -> None:
    """E-69: the photos travel with the table from the page that judges to the one that takes."""
    client = staff("expl_enterprise")
    at = "/import/service.expl_people"
    headings = [
        "姓名*",
        "身份证号码",
        "性别*",
        "出生日期*",
        "照片*",
        "职务*",
        "资格类型*",
        "联系电话*",
    ]
    common = ["男", "1980-01-01", "a.png", "安全员", "安全生产管理人员", "13900000001"]
    rows = [
        ["甲", "370902198001010051", *common],
        ["乙", "370902198001010035", *common[:2], "没有.png", *common[3:]],
    ]
    book = sheets.xlsx("人员", headings, rows)
    status, text = sent(
        client, at, at,
        table=(io.BytesIO(book), "人员.xlsx"), attached=(io.BytesIO(portrait()), "a.png"),
    )  # fmt: skip
    assert (status, "没有选中名为『没有.png』的文件" in text, "导入 1 行" in text) == (
        200,
        True,
        True,
    )
    kept = re.findall(r'name="attached" value="([^"]+)"', text)
    status, _text = sent(client, f"{at}/take", at, file=reference(text), attached=kept[0])
    assert status == 303
    (case,) = look(
        lambda session: session.scalars(
            select(Case.title).where(Case.process_key == "expl_person_approval")
        ).all()
    )
    assert case == "人员录入与审批"


def portrait() -> bytes:
    """A picture of 35:45 as bytes."""
    written = io.BytesIO()
    Image.new("RGB", (350, 450), "white").save(written, "PNG")
    return written.getvalue()
