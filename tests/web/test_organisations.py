"""Organisations: added and changed within one's own tree, taken out of use when nothing uses them."""

import re
from collections.abc import Callable

from flask.testing import FlaskClient

from tests.web.conftest import csrf

Clients = Callable[[str], FlaskClient]
PATH = "/admin/organisations"


def put(client: FlaskClient, path: str = f"{PATH}/new", **more: str) -> object:
    data = {
        "org_code": "370299", "name": "威海海事局", "kind": "msa_branch", "parent_code": "370001",
        "region_code": "371000", "document_mark": "威海事", "address": "演示路 9 号",
        "phone": "0631-8000000", "csrf_token": csrf(client, PATH), **more,
    }  # fmt: skip
    return client.post(path, data=data)


def told_at(answer: object, place: str) -> str:
    assert answer.status_code == 422
    found = re.search(
        rf'<p class="error" id="{place}-error">(.*?)</p>', answer.get_data(as_text=True)
    )
    return found[1] if found else ""


def test_a_branch_is_added_changed_and_taken_out_of_use(as_: Clients) -> None:
    admin = as_("admin")
    assert put(admin).status_code == 303
    page = admin.get(f"{PATH}/370299").get_data(as_text=True)
    assert 'value="威海事"' in page
    assert "停用机构" in page
    assert put(admin, f"{PATH}/370299", name="威海海事局（筹）").status_code == 303
    assert "威海海事局（筹）" in admin.get(PATH).get_data(as_text=True)
    token = csrf(admin, PATH)
    for wanted, sign in (("closed", "恢复使用"), ("active", "停用机构")):
        data = {"status": wanted, "csrf_token": token}
        assert admin.post(f"{PATH}/370299/status", data=data).status_code == 303
        assert sign in admin.get(f"{PATH}/370299").get_data(as_text=True)


def test_an_agency_is_called_in_english_what_was_typed_for_it(as_: Clients) -> None:
    """Also one that is named in Chinese as its kind is, as a headquarters."""
    admin = as_("admin")
    own = {
        "org_code": "370297",
        "name": "乳山海事处",
        "name_en": "Rushan MSA",
        "document_mark": "乳海事",
    }
    assert put(admin, **own).status_code == 303
    same = {
        "org_code": "370296",
        "name": "分支局",
        "name_en": "Rongcheng MSA",
        "document_mark": "荣海事",
    }
    assert put(admin, **same).status_code == 303
    assert "Rushan MSA" not in admin.get(PATH).get_data(as_text=True), "Chinese first"
    admin.post("/language", data={"csrf_token": csrf(admin, PATH), "language": "en"})
    page = admin.get(PATH).get_data(as_text=True)
    assert "Rushan MSA" in page
    assert "Rongcheng MSA" in page
    assert 'value="Rushan MSA"' in admin.get(f"{PATH}/370297").get_data(as_text=True)


def test_what_cannot_be_is_told_at_its_field(as_: Clients) -> None:
    admin = as_("admin")
    assert "已存在" in told_at(put(admin, org_code="370001"), "org_code")
    assert "大写字母和数字" in told_at(put(admin, org_code="３７"), "org_code")
    assert "行政区划" in told_at(put(admin, org_code="370298", region_code="37"), "region_code")
    assert "请填写机构名称" in told_at(put(admin, org_code="370298", name=" "), "name")
    assert "类别" in told_at(put(admin, org_code="370298", kind="ministry"), "kind")
    local = put(admin, org_code="370298", kind="msa_local", document_mark="")
    assert "上级机构应为部海事局" in told_at(local, "parent_code")


def test_an_organisation_in_use_stays_and_says_by_what(as_: Clients) -> None:
    admin = as_("admin")
    page = admin.get(f"{PATH}/370001").get_data(as_text=True)
    assert "个在用的账号" in page
    data = {"status": "closed", "csrf_token": csrf(admin, PATH)}
    refused = admin.post(f"{PATH}/370001/status", data=data)
    assert refused.status_code == 422
    assert "不能停用" in refused.get_data(as_text=True)


def test_nothing_outside_the_own_tree_is_seen_or_changed(as_: Clients) -> None:
    admin = as_("admin")
    assert admin.get(f"{PATH}/320002").status_code == 404
    assert put(admin, f"{PATH}/320002").status_code == 404
    outside = put(admin, org_code="370298", parent_code="320002", document_mark="")
    assert "没有机构" in told_at(outside, "parent_code")


def test_the_top_of_the_own_tree_keeps_its_place(as_: Clients) -> None:
    admin = as_("admin")
    # the tests after this one number their cases by the region
    kept = {"name": "山东海事局", "kind": "msa_direct", "region_code": "370001"}
    kept |= {"document_mark": "", "address": "", "phone": ""}
    assert put(admin, f"{PATH}/370001", parent_code="370299", **kept).status_code == 303
    assert admin.get(f"{PATH}/370001").status_code == 200


def appointed(client: FlaskClient, **more: str) -> object:
    page = client.get(f"{PATH}/370001").get_data(as_text=True)
    person = re.search(r'<option value="(\d+)"[^>]*>游艇驾驶证管理人</option>', page)
    assert person, "the staff of the unit are offered by name"
    data = {"post": "负责人", "user": person[1], "csrf_token": csrf(client, PATH), **more}
    return client.post(f"{PATH}/370001/positions", data=data)


def test_the_head_of_a_unit_is_appointed_and_dismissed_on_its_page(as_: Clients) -> None:
    admin = as_("admin")
    assert appointed(admin, valid_from="2026-01-01").status_code == 303
    page = admin.get(f"{PATH}/370001").get_data(as_text=True)
    assert "<td>负责人</td><td>游艇驾驶证管理人</td><td>2026-01-01</td>" in page
    assert "已任此岗位" in told_at(appointed(admin), "user")
    wrong = appointed(admin, post="法制审核岗", valid_from="2026-02-01", valid_to="2026-01-01")
    assert "止日不能早于起日" in told_at(wrong, "valid_to")
    assert 'value="法制审核岗"' in wrong.get_data(as_text=True), "nothing typed is lost"
    assert "年-月-日" in told_at(appointed(admin, valid_to="明天"), "valid_to")
    (end,) = set(re.findall(r'action="([^"]+/positions/\d+/end)"', page))
    assert admin.post(end, data={"csrf_token": csrf(admin, PATH)}).status_code == 303
    assert "免去</button>" not in admin.get(f"{PATH}/370001").get_data(as_text=True)


def test_posts_outside_the_own_tree_are_not_there(as_: Clients) -> None:
    admin = as_("admin")
    data = {"post": "负责人", "user": "1", "csrf_token": csrf(admin, PATH)}
    assert admin.post(f"{PATH}/000001/positions", data=data).status_code == 404
    assert as_("acceptor").get(f"{PATH}/370001").status_code == 403
