"""Filing, tasks and completion through the API: bad input, repeats, conflicts, files."""

import io
from datetime import timedelta
from urllib.parse import urlencode

import pytest
from sqlalchemy import select

from processes.identity import tokens
from processes.model.cases import FormDraft
from processes.model.tokens import ApiToken
from web.database import database

ID_NO = "11010519491231002X"
ACCEPT = {"answers": {"decision": "accept", "fee": "10.50"}}
PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010806000000"
    "1f15c4890000000d49444154789c6360606060000000050001a5f645400000000049454e44ae426082"
)

BAD = [
    ({"born_on": "2026/01/02"}, "born_on", "日期应写成 2026-11-22 的形式（年-月-日）"),
    ({"born_on": "2026-02-30"}, "born_on", "没有这一天，请核对年、月、日"),
    ({"id_no": "110105194912310021"}, "id_no", "居民身份证号码校验位不符，请核对是否输错"),
    ({"name": ""}, "name", "请填写姓名"),
    ({"name": "长" * 51}, "name", "不能超过 50 个字，现在有 51 个字"),
    ({"status": "issued"}, "status", "表单中没有『status』这一项"),
    ({"verdict": "同意"}, "verdict", "当前环节无权填写『受理意见』"),
    ({"photo": {"file": "a" * 64, "size": 1, "type": "image/png"}}, "photo", "请重新上传文件"),
    ({"photo": "made-up.reference"}, "photo", "请重新上传文件"),
    ({"org": "999999"}, "org", "请从给出的选项中选择"),
]


@pytest.mark.parametrize(("answers", "path", "message"), BAD, ids=[b[1] + b[2][:8] for b in BAD])
def test_a_wrong_answer_is_named_with_its_field(caller, answers, path, message):
    values = {"org": "370001", "name": "甲", "id_no": ID_NO, **answers}

    answer = caller("applicant").post("/cases", {"process": "yacht_licence_api", "answers": values})

    assert answer.status_code == 422
    assert answer.mimetype == "application/problem+json"
    assert answer.json["code"] == "form_invalid"
    assert answer.json["errors"] == {path: [message]}


def test_missing_fields_are_all_named_at_once(caller):
    answer = caller("applicant").post("/cases", {"process": "yacht_licence_api"})

    assert answer.json["errors"] == {
        "org": ["请选择办理机构"],
        "name": ["请填写姓名"],
        "id_no": ["请填写证件号码"],
    }


def test_full_width_digits_of_an_identity_number_are_understood(filed):
    wide = ID_NO.translate({ord(str(n)): ord("０") + n for n in range(10)})

    assert filed(id_no=wide)["status"] == "submitted"


def test_a_body_that_is_too_large_is_refused(caller):
    answer = caller("applicant").post(
        "/cases", {"process": "yacht_licence_api", "answers": {"remark": "长" * 1_000_000}}
    )

    assert answer.status_code == 413
    assert answer.mimetype == "application/problem+json"


@pytest.mark.parametrize(
    ("body", "status", "text"),
    [
        (b'{"process": "a", "process": "b"}', 400, "JSON 对象中的键『process』重复"),
        (b'{"process": "a\\u0000"}', 400, "文本中含有不允许的字符"),
        (b'{"process": 1e999}', 400, "JSON 中的数字过长"),
        (b"not json", 400, "请求内容不是有效的 JSON"),
    ],
)
def test_a_body_that_is_no_json_of_ours_is_refused(caller, body, status, text):
    answer = caller("applicant").post("/cases", data=body, content_type="application/json")

    assert answer.status_code == status
    assert answer.json["detail"].startswith(text)


def test_another_content_type_is_refused(caller):
    answer = caller("applicant").post("/cases", data="process=a", content_type="text/plain")

    assert answer.status_code == 415


def test_an_unknown_key_of_a_request_is_named(caller):
    answer = caller("applicant").post("/cases", {"process": "x", "actor": "admin"})

    assert (answer.status_code, answer.json["errors"]) == (422, {"actor": ["没有这一项"]})


def test_a_task_is_read_masked_with_its_form_and_revision(caller, filed):
    case = filed()

    answer = caller("acceptor").get(f"/tasks/{case['task']}")

    assert answer.status_code == 200
    assert answer.headers["ETag"] == f'"{answer.json["revision"]}"'
    fields = {f["name"]: f for section in answer.json["values"] for f in section["fields"]}
    assert fields["name"]["text"] == case["name"]
    assert fields["id_no"]["text"] == "1101**********002X"
    assert ID_NO not in answer.get_data(as_text=True)
    assert answer.json["form"]["required"] == ["decision"]
    assert "name" not in answer.json["form"]["properties"]


def test_completing_a_task_moves_the_case(caller, filed):
    case, acceptor = filed(), caller("acceptor")

    answer = acceptor.post(f"/tasks/{case['task']}/complete", ACCEPT)

    assert answer.status_code == 200
    assert answer.json == {"case_id": case["id"], "next_tasks": []}
    again = acceptor.post(f"/tasks/{case['task']}/complete", ACCEPT)
    assert again.status_code == 409
    assert again.json["code"] == "task_not_active"
    assert again.json["by"]
    assert again.json["at"]


def test_the_same_key_completes_once_and_answers_the_same(caller, filed):
    case, acceptor = filed(), caller("acceptor")
    path = f"/tasks/{case['task']}/complete"

    first = acceptor.post(path, ACCEPT, key="k-1" + case["id"])
    second = acceptor.post(path, ACCEPT, key="k-1" + case["id"])
    other = acceptor.post(path, {"answers": {"decision": "refuse"}}, key="k-1" + case["id"])

    assert (first.status_code, second.status_code) == (200, 200)
    assert first.json == second.json
    assert (other.status_code, other.json["code"]) == (422, "idempotency_key_reused")


def test_a_failed_command_leaves_its_key_free(caller, filed):
    case, acceptor = filed(), caller("acceptor")
    path, key = f"/tasks/{case['task']}/complete", "k-2" + case["id"]

    refused = acceptor.post(path, {"answers": {}}, key=key)
    done = acceptor.post(path, ACCEPT, key=key)

    assert (refused.status_code, done.status_code) == (422, 200)


def test_the_same_application_with_the_same_key_is_filed_once(caller):
    applicant, body = (
        caller("applicant"),
        {
            "process": "yacht_licence_api",
            "answers": {"org": "370001", "name": "乙", "id_no": ID_NO},
        },
    )

    one = applicant.post("/cases", body, key="apply-once")
    two = applicant.post("/cases", body, key="apply-once")

    assert one.json["reference"] == two.json["reference"]


def test_a_key_that_is_no_key_is_refused(caller, filed):
    answer = caller("acceptor").post(f"/tasks/{filed()['task']}/claim", key="k" * 201)

    assert answer.status_code == 400


def test_an_old_revision_is_a_conflict_and_changes_nothing(caller, filed):
    case, acceptor = filed(), caller("acceptor")
    path = f"/tasks/{case['task']}"
    tag = acceptor.get(path).headers["ETag"]
    old = f'"{int(tag.strip(chr(34))) - 1}"'

    refused = acceptor.post(f"{path}/complete", ACCEPT, headers={"If-Match": old})
    wrong = acceptor.post(f"{path}/complete", ACCEPT, headers={"If-Match": '"abc"'})
    done = acceptor.post(f"{path}/complete", ACCEPT, headers={"If-Match": tag})

    assert (refused.status_code, refused.json["code"]) == (409, "conflict")
    assert wrong.status_code == 400
    assert done.status_code == 200


def test_claim_release_and_the_second_clerk(caller, filed):
    case, acceptor = filed(), caller("acceptor")
    path = f"/tasks/{case['task']}"

    assert acceptor.post(f"{path}/claim").status_code == 200
    assert acceptor.get(path).json["may_release"]
    assert acceptor.post(f"{path}/release").status_code == 200
    assert acceptor.post(f"{path}/release").status_code in (403, 409)


def test_a_draft_is_kept_for_its_author(caller, filed):
    case, acceptor = filed(), caller("acceptor")
    path = f"/tasks/{case['task']}"

    kept = acceptor("PUT", f"{path}/draft", {"answers": {"decision": "refuse", "reason": "不"}})
    shown = acceptor.get(path).json["values"][0]["fields"]

    assert kept.status_code == 200
    assert next(f for f in shown if f["name"] == "reason")["value"] == "不"


def test_out_of_scope_looks_like_not_existing(caller, filed):
    case, stranger = filed(), caller("stranger")

    for path in (f"/tasks/{case['task']}", f"/cases/{case['id']}", f"/instances/{case['id']}"):
        answer = stranger.get(path)
        assert (answer.status_code, answer.json["code"]) == (404, "not_found"), path
    assert stranger.post(f"/tasks/{case['task']}/complete", ACCEPT).status_code == 404
    assert stranger.get("/tasks").json["total"] == 0


@pytest.mark.parametrize("number", ["0", "-1", "１", "99999999999999999999", "9223372036854775808"])
def test_an_id_that_is_none_is_not_found(caller, number):
    assert caller("acceptor").get(f"/tasks/{number}").status_code == 404


@pytest.mark.parametrize(
    "query", ["limit=0", "limit=101", "limit=x", "after=1;drop", "box=all", "sort=name"]
)
def test_page_parameters_are_on_a_list(caller, query):
    answer = caller("acceptor").get(f"/tasks?{query}")

    assert (answer.status_code, answer.json["code"]) == (422, "request_invalid")


@pytest.mark.parametrize(
    ("where", "found"),
    [
        (["born_on>=1990-01-01", "born_on<=1990-12-31"], True),
        (["born_on>=1991-01-01"], False),
        (["born_on=1990-03-07", "name=申请人"], True),
        (["name=别人"], False),
    ],
)
def test_tasks_are_narrowed_by_the_fields_that_their_process_lists(caller, filed, where, found):
    filed(name="申请人", born_on="1990-03-07")
    query = urlencode({"process": "yacht_licence_api", "where": where}, doseq=True)
    answer = caller("acceptor").get(f"/tasks?{query}")
    assert answer.status_code == 200
    assert bool(answer.json["items"]) is found


@pytest.mark.parametrize(
    ("where", "text"), [("id_no=1", "没有把字段『id_no』"), ("born_on", "不是条件")]
)
def test_a_condition_that_cannot_be_asked_is_named(caller, filed, where, text):
    filed()
    query = {"process": "yacht_licence_api", "where": where}
    answer = caller("acceptor").get(f"/tasks?{urlencode(query, doseq=True)}")
    assert answer.status_code == 422
    assert text in str(answer.json)


def test_pages_follow_each_other_without_gap_or_repeat(caller, filed):
    for _number in range(3):
        filed()
    acceptor, seen, after = caller("acceptor"), [], ""
    while True:
        page = acceptor.get(f"/tasks?limit=2{f'&after={after}' if after else ''}").json
        seen += [row["task_id"] for row in page["items"]]
        after = page["next"]
        if not after:
            break

    assert len(seen) == len(set(seen)) == page["total"]


def test_an_uploaded_picture_is_named_by_its_reference(caller, filed):
    applicant = caller("applicant")

    sent = applicant.post("/files", data={"file": (io.BytesIO(PNG), "a/../照片.png")})
    case = filed(photo=sent.json["reference"])

    assert (sent.status_code, sent.json["type"]) == (201, "image/png")
    assert "/" not in sent.json["name"]
    assert case["status"] == "submitted"


@pytest.mark.parametrize("content", [b"", b"<html>", b"MZ" + b"\0" * 100])
def test_a_file_of_another_kind_does_not_come_in(caller, content):
    answer = caller("applicant").post("/files", data={"file": (io.BytesIO(content), "a.png")})

    assert (answer.status_code, answer.json["code"]) == (422, "file_refused")


def test_progress_needs_number_and_code_and_nothing_else(client, filed):
    case = filed()
    path = "/api/v1/cases/progress"

    asked = {"reference": case["reference"], "query_code": case["query_code"]}
    right = client.post(path, json=asked)
    wrong = client.post(path, json={**asked, "query_code": "X"})
    in_the_address = client.get(path, query_string=asked)

    assert right.json["status"] == "submitted"
    assert "applicant_name" not in right.json
    assert wrong.status_code == 404
    assert in_the_address.status_code == 405, "a code does not stand in logs of addresses"


def test_a_browser_session_needs_its_csrf_token(as_, filed):
    clerk, case = as_("acceptor"), filed()
    path = f"/api/v1/tasks/{case['task']}/claim"

    assert clerk.get("/api/v1/tasks").status_code == 200
    refused = clerk.post(path)
    page = clerk.get("/api/docs").get_data(as_text=True)
    token = page.split('name="csrf-token" content="')[1].split('"')[0]
    done = clerk.post(path, headers={"X-CSRFToken": token})

    assert (refused.status_code, refused.json["code"]) == (400, "csrf")
    assert done.status_code == 200


def test_a_token_ends_with_its_term_or_revocation(app, deployed, caller):
    acceptor = caller("acceptor")
    assert acceptor.get("/tasks").status_code == 200

    with app.app_context(), database().transaction() as session:
        row = session.query(ApiToken).order_by(ApiToken.id.desc()).first()
        row.expires_at = row.created_at + timedelta(seconds=-1)

    answer = acceptor.get("/tasks")
    assert (answer.status_code, answer.json["code"]) == (401, "not_authenticated")


def test_a_token_is_stored_as_its_hash_alone(app, caller):
    acceptor = caller("acceptor")

    with app.app_context(), database().read_session() as session:
        assert all(acceptor.token not in row.token_hash for row in session.query(ApiToken))
        assert tokens.caller(session, acceptor.token[:-1]) is None
        assert tokens.caller(session, "bl_" + "x" * 200) is None


def test_a_role_without_the_action_is_forbidden(caller):
    answer = caller("acceptor").get("/incidents")

    assert (answer.status_code, answer.json["code"]) == (403, "forbidden")


def test_the_tag_of_a_task_still_fits_after_it_was_claimed(caller, filed):
    case, acceptor = filed(), caller("acceptor")
    path = f"/tasks/{case['task']}"
    acceptor.post(f"{path}/claim")
    tag = acceptor.get(path).headers["ETag"]

    done = acceptor.post(f"{path}/complete", ACCEPT, headers={"If-Match": tag})

    assert done.status_code == 200


def test_the_tag_of_a_task_that_changed_hands_is_old(caller, filed):
    case, acceptor = filed(), caller("acceptor")
    path = f"/tasks/{case['task']}"
    tag = acceptor.get(path).headers["ETag"]
    acceptor.post(f"{path}/claim")

    refused = acceptor.post(f"{path}/complete", ACCEPT, headers={"If-Match": tag})

    assert (refused.status_code, refused.json["code"]) == (409, "conflict")


def test_a_draft_cannot_name_a_file_nobody_was_told_about(app, caller, filed):
    case, acceptor = filed(), caller("acceptor")
    made_up = {"file": "0" * 64, "name": "x.png", "size": 1, "type": "image/png"}

    acceptor("PUT", f"/tasks/{case['task']}/draft", {"answers": {"scan": made_up}})

    with app.app_context(), database().read_session() as session:
        (kept,) = session.scalars(
            select(FormDraft).where(FormDraft.subject == f"task:{case['task']}")
        )
        assert kept.answers == {"scan": "?"}
