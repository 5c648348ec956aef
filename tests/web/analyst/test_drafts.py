"""A draft: kept whatever is in it, checked by the rules of a deployment, released by a second person."""

from collections.abc import Callable

from flask import Flask
from flask.testing import FlaskClient

from engine import repository
from tests.web.analyst.pages import Page, token_of
from web.database import database

Begin = Callable[..., Page]
Clients = Callable[[str], FlaskClient]


def test_the_library_shows_every_process_with_its_version_and_drafts(
    begin: Begin, released: str
) -> None:
    page = begin(released)
    html = page.client.get("/analyst").get_data(as_text=True)
    assert released in html
    assert "第 1 版" in html
    assert "起草中" in html


def test_a_draft_begins_with_the_files_that_run(begin: Begin, released: str) -> None:
    page = begin(released)
    assert f"{released}.bpmn" in page.files
    assert any(name.startswith("forms/") for name in page.files)
    assert page.data["editable"] is True
    roles = {one["value"]: one["label"] for one in page.data["catalogue"]["roles"]}
    assert roles["licence_acceptor"] == "游艇驾驶证受理人"


def test_an_analyst_goes_on_with_the_draft_already_begun(begin: Begin, released: str) -> None:
    assert begin(released).id == begin(released).id


def test_a_new_process_begins_with_a_model_that_passes_the_check(begin: Begin) -> None:
    page = begin()
    assert [one for one in page.findings() if one["severity"] == "error"] == []


def test_a_new_process_may_be_begun_by_applicants_until_the_analyst_says_otherwise(
    begin: Begin,
) -> None:
    """A form that nobody could ever apply with is told before release, and so is a post that is none."""
    page = begin()
    name = next(one for one in page.files if one.endswith(".bpmn"))
    drawn = page.files[name]
    assert [one for one in page.findings() if one["code"] == "starters_missing"] == []
    for value, words in (("", "没有写谁可以发起"), ("applicant nobody", "『nobody』不存在")):
        page.files[name] = drawn.replace('value="applicant"', f'value="{value}"')
        (found,) = [one for one in page.findings() if one["code"] == "starters_missing"]
        assert found["severity"] == "warning"
        assert words in found["message"]


def test_an_application_that_would_lead_to_no_agency_is_told(begin: Begin) -> None:
    page = begin()
    form = next(one for one in page.files if one.endswith("_apply.yaml"))
    page.files[form] = page.files[form].partition("      - name: org")[0]
    (found,) = [one for one in page.findings() if one["code"] == "agency_missing"]
    assert found["severity"] == "warning"
    assert "由哪个机构办理" in found["message"]


def test_a_finding_names_its_element_as_the_analyst_does_and_no_xml(begin: Begin) -> None:
    page = begin()
    name = next(one for one in page.files if one.endswith(".bpmn"))
    drawn = page.files[name]
    task = drawn[drawn.index("<bpmn:userTask") : drawn.index("</bpmn:userTask>")]
    lines = [one for one in task.splitlines() if "bpmn:incoming" in one or "bpmn:outgoing" in one]
    rule = '<bpmn:businessRuleTask id="handle" name="判断类别">' + "".join(lines)
    page.files[name] = drawn.replace(task, rule).replace(
        "</bpmn:userTask>", "</bpmn:businessRuleTask>"
    )
    (found,) = [one for one in page.findings() if one["code"] == "decision_missing"]
    told = "业务规则任务『判断类别』（handle）：须指明调用的决策和结果存入的变量"
    assert found["message"].endswith(told)


def test_a_letter_that_is_told_neither_its_template_nor_its_content_is_warned_of(
    begin: Begin,
) -> None:
    page = begin()
    name = next(one for one in page.files if one.endswith(".bpmn"))
    drawn = page.files[name]
    task = drawn[drawn.index("<bpmn:userTask") : drawn.index("</bpmn:userTask>")]
    lines = [one for one in task.splitlines() if "bpmn:incoming" in one or "bpmn:outgoing" in one]
    for given, words in (
        ("", "letter（文书模板标识）、data（文书内容）"),
        ('="a"', "data（文书内容）"),
    ):
        mapping = (
            f"<zeebe:ioMapping><zeebe:input source='{given}' target='letter'/></zeebe:ioMapping>"
        )
        extensions = f'<zeebe:taskDefinition type="letter.issue"/>{mapping if given else ""}'
        issue = (
            '<bpmn:serviceTask id="handle" name="制发"><bpmn:extensionElements>'
            f"{extensions}</bpmn:extensionElements>{''.join(lines)}"
        )
        page.files[name] = drawn.replace(task, issue).replace(
            "</bpmn:userTask>", "</bpmn:serviceTask>"
        )
        (found,) = [one for one in page.findings() if one["code"] == "input_unmapped"]
        assert found["severity"] == "warning"
        assert found["message"].endswith(f"『制发文书』要用的内容没有写在“输入映射”里：{words}")
        assert not [one for one in page.findings() if one["code"] == "literal_like_expression"]
    page.files[name] = page.files[name].replace("""source='="a"'""", """source='"a"'""")
    (found,) = [one for one in page.findings() if one["code"] == "literal_like_expression"]
    assert "『letter』的值前面没有“=”" in found["message"]


def test_the_panel_tells_what_an_operation_takes(begin: Begin) -> None:
    topics = {one["value"]: one for one in begin().data["catalogue"]["topics"]}
    assert topics["letter.issue"]["label"] == "制发文书"
    told = topics["letter.issue"]["help"]
    assert told.startswith("输入映射：letter 文书模板标识；data 文书内容；org 发文机构")
    assert "（可不填）" in told


def test_the_page_of_a_draft_is_headed_by_the_name_of_its_process(begin: Begin) -> None:
    page = begin()
    html = page.client.get(page.href).get_data(as_text=True)
    assert "<h1>试办流程</h1>" in html


def test_a_key_that_exists_or_is_no_key_is_refused_beside_its_field(
    begin: Begin, released: str
) -> None:
    client = begin().client
    token = token_of(client.get("/analyst").get_data(as_text=True))
    for key, words in ((released, "已有这个标识的流程"), ("../x", "标识由小写字母")):
        data = {"csrf_token": token, "key": key, "name": "试"}
        answer = client.post("/analyst/new", data=data)
        assert answer.status_code == 422
        assert words in answer.get_data(as_text=True)


def test_the_key_is_proposed_from_business_and_name_and_free(begin: Begin) -> None:
    client = begin().client
    html = client.get("/analyst").get_data(as_text=True)
    asked = {"business": "", "new_business": "road", "name": "临时占道（许可）2"}
    href = "/analyst/new/key"
    assert client.get(href, query_string=asked).json == {"key": "road_lin_shi_zhan_dao_xu_ke_2"}
    for missing in ({"name": ""}, {"new_business": ""}, {"new_business": "Road!"}):
        assert client.get(href, query_string={**asked, **missing}).json == {"key": ""}
    made = client.post("/analyst/new", data={**asked, "csrf_token": token_of(html)})
    assert made.status_code == 303  # no key typed: the one proposed
    assert client.get(href, query_string=asked).json == {"key": "road_lin_shi_zhan_dao_xu_ke_2_2"}


def test_a_business_and_a_key_that_do_not_fit_are_refused_beside_their_fields(
    begin: Begin,
) -> None:
    client = begin().client
    token = token_of(client.get("/analyst").get_data(as_text=True))
    for given, words in (
        ({"business": "", "new_business": "Road!", "key": "road_a"}, "业务代码用小写字母"),
        ({"business": "yacht", "key": "road_a"}, "标识以所选业务的代码开头：yacht_"),
    ):
        data = {"csrf_token": token, "name": "试办", **given}
        answer = client.post("/analyst/new", data=data)
        assert answer.status_code == 422
        assert words in answer.get_data(as_text=True)


def test_the_library_is_narrowed_by_words_and_business(begin: Begin, released: str) -> None:
    client = begin(released).client
    business = released.partition("_")[0]

    def listed(**asked: str) -> str:
        html = client.get("/analyst", query_string=asked).get_data(as_text=True)
        return html.partition("<tbody>")[2].partition("</tbody>")[0]

    assert released in listed(q=released.upper())
    assert released in listed(business=business)
    assert released not in listed(q="没有这样的流程")
    assert released not in listed(business="trial")
    assert "没有相符的流程" in client.get("/analyst?q=没有这样的流程").get_data(as_text=True)


def test_a_faulty_model_is_saved_all_the_same(begin: Begin) -> None:
    page = begin()
    name = next(one for one in page.files if one.endswith(".bpmn"))
    page.files[name] = "<这不是流程图"
    assert page.save().status_code == 200
    page.open()
    assert page.files[name] == "<这不是流程图"


def test_the_check_names_the_element_of_each_finding(begin: Begin) -> None:
    page = begin()
    name = next(one for one in page.files if one.endswith(".bpmn"))
    del page.files[next(one for one in page.files if one.endswith("_handle.yaml"))]
    found = [one for one in page.findings() if one["severity"] == "error"]
    assert [one["code"] for one in found] == ["form_missing"]
    assert found[0]["file"] == name
    assert found[0]["element"] == "handle"
    assert "『办理』" in found[0]["message"]


def test_a_model_that_is_no_xml_or_declares_a_doctype_is_a_finding(begin: Begin) -> None:
    page = begin()
    name = next(one for one in page.files if one.endswith(".bpmn"))
    for text in ("<a", '<!DOCTYPE x [<!ENTITY a "b">]><x>&a;</x>'):
        page.files[name] = text
        assert any(one["severity"] == "error" and one["file"] == name for one in page.findings())


def test_a_file_that_no_bundle_holds_is_refused_by_name(begin: Begin) -> None:
    page = begin()
    page.files["../../etc/passwd"] = "x"
    answer = page.save()
    assert answer.status_code == 422
    assert "不支持的文件" in answer.json["detail"]


def test_two_windows_on_one_draft_do_not_overwrite_each_other(begin: Begin) -> None:
    first = begin()
    second = Page(first.client, first.id)
    assert first.save().status_code == 200
    answer = second.save()
    assert answer.status_code == 409
    assert answer.json["revision"] == first.revision
    assert "没有保存" in answer.json["detail"]
    second.revision = answer.json["revision"]
    assert second.save().status_code == 200


def test_nobody_but_the_author_changes_a_draft(begin: Begin) -> None:
    page = begin()
    other = Page(begin(login="second_analyst").client, page.id)
    assert other.data["editable"] is False
    assert other.save().status_code == 403
    assert other.act("discard").status_code == 403


def test_a_clerk_sees_nothing_of_it(begin: Begin, as_: Clients) -> None:
    page = begin()
    clerk = as_("acceptor")
    assert clerk.get("/analyst").status_code == 403
    assert clerk.get(page.href).status_code == 403


def test_a_draft_with_errors_cannot_be_handed_in(begin: Begin) -> None:
    page = begin()
    del page.files[next(one for one in page.files if one.endswith("_handle.yaml"))]
    page.save()
    answer = page.post("submit", {"revision": page.revision, "note": "新流程"})
    assert answer.status_code == 422
    assert answer.json["findings"][0]["code"] == "form_missing"


def test_handing_in_needs_a_note_and_can_be_taken_back(begin: Begin) -> None:
    page = begin()
    assert page.post("submit", {"revision": page.revision, "note": " "}).status_code == 422
    answer = page.post("submit", {"revision": page.revision, "note": "新流程"})
    assert answer.status_code == 200
    assert page.open().status_code == 200
    assert page.data["editable"] is False
    assert page.save().status_code == 409
    assert page.act("recall").status_code == 303
    page.open()
    assert page.data["editable"] is True


def test_a_second_person_releases_what_was_handed_in(
    begin: Begin, as_: Clients, app: Flask
) -> None:
    page = begin()
    page.post("submit", {"revision": page.revision, "note": "新流程"})
    releaser = as_("releaser")
    html = releaser.get(f"/releases/drafts/{page.id}").get_data(as_text=True)
    drawn = releaser.get(f"/releases/drafts/{page.id}/diagram").get_json()
    assert "新增" in html
    assert drawn["diagrams"][0]["xml"].startswith("<?xml")
    data = {"csrf_token": token_of(html)}
    assert releaser.post(f"/releases/drafts/{page.id}/release", data=data).status_code == 303
    with app.app_context(), database().read_session() as session:
        assert repository.latest(session, page.data["key"]).version == 1
    again = releaser.post(f"/releases/drafts/{page.id}/release", data=data)
    assert again.status_code == 409


def test_a_draft_older_than_the_latest_version_must_be_compared_first(
    begin: Begin, as_: Clients
) -> None:
    mine = begin()
    key = mine.data["key"]
    mine.post("submit", {"revision": mine.revision, "note": "第一版"})
    releaser = as_("releaser")
    token = token_of(releaser.get("/releases").get_data(as_text=True))
    releaser.post(f"/releases/drafts/{mine.id}/release", data={"csrf_token": token})
    old, other = begin(key), begin(key, login="second_analyst")
    name = f"{key}.bpmn"
    other.files[name] = other.files[name].replace("试办流程", "试办流程改")
    other.save()
    other.post("submit", {"revision": other.revision, "note": "改名"})
    releaser.post(f"/releases/drafts/{other.id}/release", data={"csrf_token": token})
    assert old.post("submit", {"revision": old.revision, "note": "修改"}).status_code == 409
    assert "起草期间已发布第 2 版" in old.open().get_data(as_text=True)
    assert old.act("rebase").status_code == 303
    assert old.post("submit", {"revision": old.revision, "note": "修改"}).status_code == 200


def test_the_preview_shows_the_form_or_says_in_which_line_it_is_wrong(begin: Begin) -> None:
    page = begin()
    path = next(one for one in page.files if one.endswith("_apply.yaml"))
    good = page.post("preview", {"path": path, "text": page.files[path]})
    assert "姓名" in good.json["html"]
    bad = page.post("preview", {"path": path, "text": "form: x\ntitle: y\nsections:\n  - 1\n"})
    assert bad.json["html"] == ""
    assert bad.json["findings"][0]["message"]


def test_what_a_page_sends_wrongly_is_refused_in_words(begin: Begin) -> None:
    page = begin()
    for body in (
        [],
        {"files": []},
        {"files": {"a.bpmn": 1}},
        {"files": page.files, "revision": "1"},
    ):
        answer = page.post("save", body)
        assert answer.status_code == 422
        assert "不完整" in answer.json["detail"]


def test_a_decision_without_an_expression_is_a_finding_at_its_column(begin: Begin) -> None:
    page = begin()
    page.files["eligible.dmn"] = (
        '<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="d" name="d" '
        'namespace="x"><decision id="eligible" name="资格"><decisionTable id="t">'
        '<input id="age"><inputExpression id="e"><text></text></inputExpression></input>'
        '<output id="o" name="result"/></decisionTable></decision></definitions>'
    )
    found = [one for one in page.findings() if one["severity"] == "error"]
    assert [(one["file"], one["element"]) for one in found] == [("eligible.dmn", "age")]
