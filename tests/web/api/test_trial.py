"""A draft tried out by API, move by move, and its letters looked at; nothing remains of it."""

import io
import zipfile

import pytest
from sqlalchemy import func, select

from engine.model import ProcessInstance
from processes.modelling.blank_model import blank_model
from processes.people import accounts
from web.database import database

APPLIED = {"name": "申请人甲", "org": "370001"}
LETTER = """
letter: letter_told
title: 告知书
head: "{{ org_name }}"
body:
  - text: "你单位申请的{{ case_title }}已受理。"
signature: "{{ org_name }}"
date: "{{ issued_on }}"
"""


@pytest.fixture
def analyst(app, deployed, caller):
    if "trying" not in deployed.ids:
        with app.app_context(), database().transaction() as session:
            for login, id_no in (
                ("trying", "110101199003070142"),
                ("second", "110101199003070150"),
            ):
                account = accounts.create_user(
                    session, login, name="流程分析员", org_code="370001", id_no=id_no
                )
                accounts.assign_role(session, account, "process_analyst", org_code="370001")
                deployed.ids[login] = account.id
    return caller("trying")


@pytest.fixture
def draft(analyst):
    """The address of a draft: an application, one task, an end."""
    sent = io.BytesIO()
    with zipfile.ZipFile(sent, "w") as archive:
        for name, content in blank_model("tried", "试办流程").items():
            archive.writestr(name, content)
    headers = {"Content-Type": "application/zip"}
    made = analyst("POST", "/definitions/drafts/tried", data=sent.getvalue(), headers=headers)
    assert made.status_code in {200, 201}, made.json
    return f"/drafts/{made.json['id']}"


def move(analyst, draft, state, kind, activity, **more):
    made = {"kind": kind, "activity": activity, **more}
    return analyst.post(f"{draft}/trial/moves", {"state": state, "move": made})


def test_a_model_is_played_from_application_to_end(analyst, draft, app):
    began = analyst.post(f"{draft}/trial").json
    assert began["moves"] == 0
    assert [(one["activity"], one["name"]) for one in began["beginnings"]] == [
        ("applied", "申请提交")
    ]
    filed = move(analyst, draft, began["state"], "start", "applied", answers=APPLIED)
    assert filed.status_code == 200, filed.json
    (task,) = filed.json["waiting"]
    assert (task["activity"], task["kind"], task["ordinal"]) == ("handle", "待办", 0)
    assert task["form"] == "form_tried_handle"
    assert filed.json["variables"]["name"] == "申请人甲"
    seen = analyst.post(f"{draft}/trial/state", {"state": filed.json["state"]}).json
    assert seen == filed.json
    done = move(
        analyst, draft, filed.json["state"], "complete", "handle", answers={"opinion": "同意"}
    ).json
    assert done["completed"] is True
    assert done["waiting"] == []
    assert done["done"][-1] == "closed"
    assert any("办理" in line["words"] for line in done["lines"])
    with app.app_context(), database().read_session() as session:
        query = select(func.count()).where(ProcessInstance.business_key == "Y3700002026010100001X")
        assert session.scalar(query) == 0


def test_a_move_that_does_not_go_says_why_and_the_state_stays_good(analyst, draft):
    state = analyst.post(f"{draft}/trial").json["state"]
    wrong = move(analyst, draft, state, "start", "nowhere")
    assert wrong.status_code == 422
    assert "没有这个开始事件" in wrong.json["detail"]
    empty = move(analyst, draft, state, "start", "applied", answers={})
    assert empty.status_code == 422
    assert "name" in empty.json["errors"]
    state = move(analyst, draft, state, "start", "applied", answers=APPLIED).json["state"]
    assert move(analyst, draft, state, "fire", "closed").status_code == 422
    fine = move(analyst, draft, state, "complete", "handle", answers={"opinion": "同意"})
    assert fine.json["completed"] is True


@pytest.mark.parametrize(
    ("body", "place"),
    [
        ({"state": "x", "move": {"kind": "dance"}}, "move.kind"),
        ({"state": "x"}, "move"),
        ({"move": {"kind": "start"}}, "state"),
        ({"state": "x", "move": {"kind": "start", "ordinal": -1}}, "move.ordinal"),
        ({"state": "x", "move": {"kind": "start", "by": "admin"}}, "move.by"),
    ],
)
def test_what_is_wrong_with_a_move_is_named(analyst, draft, body, place):
    refused = analyst.post(f"{draft}/trial/moves", body)
    assert refused.status_code == 422
    assert place in refused.json["errors"], refused.json


def test_only_moves_that_were_signed_for_this_person_are_played(analyst, draft, caller):
    state = analyst.post(f"{draft}/trial").json["state"]
    for other in ("forged", state[:-2] + "xx"):
        assert analyst.post(f"{draft}/trial/state", {"state": other}).status_code == 422
    second = caller("second")
    assert second.post(f"{draft}/trial/state", {"state": state}).status_code == 422


def test_trials_and_letters_are_for_those_who_see_the_library(analyst, draft, caller):
    clerk = caller("acceptor")
    assert clerk.post(f"{draft}/trial").status_code == 403
    assert clerk.post(f"{draft}/trial/state", {"state": "x"}).status_code == 403
    assert clerk.post(f"{draft}/letter", {"path": "a", "text": LETTER}).status_code == 403
    assert analyst.post("/drafts/1/trial").status_code == 404


def test_a_letter_is_drawn_as_it_stands_in_the_editor(analyst, draft):
    body = {"path": "letters/letter_told.yaml", "text": LETTER}
    drawn = analyst.post(f"{draft}/letter", body)
    assert drawn.status_code == 200, drawn.json
    assert drawn.mimetype == "application/pdf"
    assert drawn.data.startswith(b"%PDF-")


def test_a_letter_that_cannot_be_read_names_its_place(analyst, draft):
    body = {"path": "letters/letter_told.yaml", "text": LETTER.replace("title: 告知书\n", "")}
    refused = analyst.post(f"{draft}/letter", body)
    assert refused.status_code == 422
    (finding,) = [one for one in refused.json["findings"] if "title" in one["message"]]
    assert finding["file"] == "letters/letter_told.yaml"
    assert analyst.post(f"{draft}/letter", {"text": LETTER}).json["errors"] == {
        "path": ["缺少这一项"]
    }
