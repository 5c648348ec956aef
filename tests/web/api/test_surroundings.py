"""Letters, materials, the way of a case, drafts, accounts: what the pages show, the API gives."""

import io
import zipfile

import pytest

from processes.documents import documents, files
from processes.model.people import UserAccount
from processes.people import accounts
from tests.web.conftest import HERE, picture
from web.database import database


@pytest.fixture
def letter(app, filed):
    """A case with a public document and one of the office alone."""
    case = filed()
    with app.app_context(), database().transaction() as session:
        for title, public in (("告知书", True), ("内部审批表", False)):
            content = f"%PDF-1.7 {title}".encode()
            stored = files.store(session, content, by=None)
            session.add(
                documents.Document(
                    case_id=int(case["id"]), kind="letter", title=title, template="t",
                    template_digest="0" * 64, values={}, sha256=stored.sha256, public=public,
                    verification_code=f"{case['id']}{int(public)}",
                )
            )  # fmt: skip
    return case["id"]


def test_letters_are_listed_and_downloaded_by_those_they_are_for(caller, letter):
    path = f"/cases/{letter}/documents"
    inside, outside = caller("acceptor").get(path).json["items"], caller("applicant").get(path)
    assert [one["title"] for one in inside] == ["告知书", "内部审批表"]
    (public,) = outside.json["items"]
    body = caller("applicant").get(f"{path}/{public['id']}/content")
    assert body.data.startswith(b"%PDF-")
    assert body.mimetype == "application/pdf"
    hidden = f"{path}/{inside[1]['id']}/content"
    assert caller("applicant").get(hidden).status_code == 404
    assert caller("acceptor").get(hidden).status_code == 200
    for place in (path, hidden, f"/cases/{letter}/materials", f"/cases/{letter}/timeline"):
        assert caller("stranger").get(place).status_code == 404, place


def test_materials_come_back_as_they_were_handed_in(caller, filed):
    applicant = caller("applicant")
    sent = {"file": (io.BytesIO(picture()), "照片.png")}
    reference = applicant.post("/files", data=sent).json["reference"]
    case = filed(photo=reference)["id"]
    (material,) = caller("acceptor").get(f"/cases/{case}/materials").json["items"]
    assert (material["code"], material["file_name"]) == ("photo", "照片.png")
    body = caller("acceptor").get(f"/cases/{case}/materials/{material['id']}/content")
    assert body.data == picture()


def test_the_way_of_a_case_is_told_without_names_to_its_applicant(caller, filed):
    case = filed()["id"]
    inside = caller("acceptor").get(f"/cases/{case}/timeline").json["items"]
    public = caller("applicant").get(f"/cases/{case}/timeline").json["items"]
    assert inside[0]["title"] == "提交申请"
    assert inside[-1]["open"] is True
    assert any(one["person"] for one in inside)
    assert not any(one["person"] or one["opinion"] for one in public)


@pytest.fixture
def analyst(app, deployed):
    with app.app_context(), database().transaction() as session:
        account = accounts.create_user(
            session, "api_analyst", name="流程分析员", org_code="370001",
            id_no="110101199003070142",
        )  # fmt: skip
        accounts.assign_role(session, account, "process_analyst", org_code="370001")
        deployed.ids["api_analyst"] = account.id
    return "api_analyst"


def bundle() -> bytes:
    """The sample process of the pages' tests under another name."""
    made, folder = io.BytesIO(), HERE / "yacht_licence_sample"
    with zipfile.ZipFile(made, "w") as archive:
        for path in sorted(folder.rglob("*.*")):
            name = path.relative_to(folder).as_posix()
            content = path.read_text().replace("yacht_licence_sample", "yacht_licence_drafted")
            archive.writestr(name.replace("yacht_licence_sample", "yacht_licence_drafted"), content)
    return made.getvalue()


def test_a_draft_is_handed_in_and_released_by_a_second_person(caller, analyst):
    author, releaser = caller(analyst), caller("releaser")
    saved = author(
        "POST", "/definitions/drafts/yacht_licence_drafted",
        data=bundle(), content_type="application/zip",
    )  # fmt: skip
    assert saved.status_code == 201, saved.get_data(as_text=True)
    draft, tag = saved.json["id"], f'"{saved.json["revision"]}"'
    old = author.post(f"/drafts/{draft}/submit", {"reason": "x"}, headers={"If-Match": '"99"'})
    assert old.status_code == 409
    handed = author.post(
        f"/drafts/{draft}/submit", {"reason": "增加撤回"}, headers={"If-Match": tag}
    )
    assert handed.status_code == 200, handed.get_data(as_text=True)
    assert author.post(f"/drafts/{draft}/release").status_code == 403
    assert draft in [one["id"] for one in releaser.get("/drafts").json["items"]]
    done = releaser.post(f"/drafts/{draft}/release", key=f"release-{draft}")
    again = releaser.post(f"/drafts/{draft}/release", key=f"release-{draft}")
    assert done.json == again.json == {"id": draft, "status": "released"}
    versions = releaser.get("/definitions/by-key/yacht_licence_drafted").json["items"]
    assert [one["version"] for one in versions] == [1]


def test_an_account_is_opened_in_the_own_area_and_its_first_password_is_told_once(caller):
    admin = caller("admin")
    body = {
        "login": "api_opened", "name": "新到人员", "org_code": "370001",
        "id_no": "110101199003070230",
    }  # fmt: skip
    first = admin.post("/users", body, key="open-1")
    assert first.status_code == 201, first.text
    assert first.json["login"] == "api_opened"
    assert first.json["password"]
    assert (
        admin.post("/users", body).status_code == 409
        or "已被使用" in admin.post("/users", body).text
    )
    outside = admin.post("/users", {**body, "login": "api_far", "org_code": "320002"})
    assert outside.status_code == 404
    wrong = admin.post("/users", {**body, "login": "api_bad", "id_no": "1"})
    assert wrong.status_code in (409, 422)
    assert "身份证号有误" in wrong.text
    assert caller("acceptor").post("/users", body).status_code == 403


def test_authority_is_granted_and_revoked_in_the_name_of_the_own_organisation(caller):
    admin = caller("admin")
    body = {
        "grantor": "000001", "grantee": "370001", "scope": "inland_yacht", "business": ["exam"],
        "may_delegate": True, "valid_from": "2026-01-01", "basis": "授权文件",
    }  # fmt: skip
    assert admin.post("/grants", body).status_code == 403, "not his organisation"
    assert any(one["grantee"] == "370001" for one in admin.get("/grants").json["items"])
    wrong = admin.post("/grants", {**body, "valid_from": "soon"})
    assert (wrong.status_code, "日期应写成" in wrong.text) == (422, True)
    assert caller("acceptor").get("/grants").status_code == 403
    assert admin.post("/grants/1/revoke", {"reason": "不再需要"}).status_code == 404


def test_accounts_and_roles_of_the_own_area_are_managed(app, caller, deployed):
    admin = caller("admin")
    with app.app_context(), database().transaction() as session:
        account = accounts.create_user(
            session, "api_clerk", name="新到人员", org_code="370001", id_no="110101199003070150"
        )
        clerk = account.id
    assert {one["org_code"] for one in admin.get("/organisations").json["items"]} >= {"370001"}
    assert "320002" not in {one["org_code"] for one in admin.get("/organisations").json["items"]}
    (found,) = admin.get("/users?text=api_clerk").json["items"]
    assert found["id"] == str(clerk)
    assert "id_no" not in found
    change = {"role": "licence_issuer", "org_code": "370001"}
    given = admin.post(f"/users/{clerk}/roles", change)
    assert given.json["roles"] == [change]
    taken = admin.post(f"/users/{clerk}/roles", {**change, "withdraw": True})
    assert taken.json["roles"] == []
    locked = admin.post(f"/users/{clerk}/status", {"status": "locked"})
    assert locked.json["status"] == "locked"
    with app.app_context(), database().read_session() as session:
        assert session.get_one(UserAccount, clerk).status == "locked"
    stranger = deployed.ids["stranger"]
    assert admin.post(f"/users/{stranger}/status", {"status": "locked"}).status_code == 404
    assert admin.post(f"/users/{stranger}/roles", change).status_code == 404
    assert caller("acceptor").get("/users").status_code == 403
    own = deployed.ids["admin"]
    assert admin.post(f"/users/{own}/status", {"status": "locked"}).status_code == 403
