"""Kept filters by API: one's own and those of the organisation (A.6)."""

import pytest


@pytest.fixture
def clerk(caller):
    return caller("acceptor")


def kept(clerk, box="todo"):
    return {one["name"]: one for one in clerk.get(f"/filters?box={box}").json["items"]}


def test_a_filter_is_kept_replaced_used_on_the_page_and_forgotten(clerk, as_):
    body = {"name": "今年的", "query": {"q": "Y37", "only": "overdue"}}
    made = clerk.post("/filters", body, key="kept")
    assert made.status_code == 201, made.json
    assert clerk.post("/filters", body, key="kept").json == made.json
    assert kept(clerk)["今年的"]["query"] == {"q": "Y37", "only": "overdue"}
    assert "今年的" in as_("acceptor").get("/inbox").get_data(as_text=True)
    clerk.post("/filters", {**body, "query": {"q": "Y32"}})
    assert kept(clerk)["今年的"]["query"] == {"q": "Y32"}
    assert "今年的" not in kept(clerk, "done")
    gone = clerk("DELETE", "/filters?name=今年的")
    assert gone.status_code == 200, gone.json
    assert "今年的" not in kept(clerk)
    assert clerk("DELETE", "/filters?name=今年的").status_code == 200


def test_a_shared_filter_is_everybodys_of_the_organisation_and_its_sharers_to_remove(caller):
    clerk, colleague, stranger = caller("acceptor"), caller("reviewer"), caller("stranger")
    body = {"box": "done", "name": "本局的", "query": {"q": "Y37"}, "shared": True}
    made = clerk.post("/filters", body)
    assert made.status_code == 201
    path = f"/filters/shared/{made.json['id']}"
    seen = kept(colleague, "done")["本局的"]
    assert (seen["id"], seen["removable"]) == (made.json["id"], False)
    assert "本局的" not in kept(stranger, "done")
    assert colleague("DELETE", path).status_code == 403
    assert stranger("DELETE", path).status_code == 404
    taken = colleague.post("/filters", body)
    assert taken.status_code == 409
    assert "换一个名称" in taken.json["detail"]
    assert clerk("DELETE", path).status_code == 200
    assert "本局的" not in kept(colleague, "done")


@pytest.mark.parametrize(
    ("changed", "place"),
    [
        ({"name": ""}, "name"),
        ({"name": "名" * 21}, "name"),
        ({"query": {}}, "query"),
        ({"query": {"colour": "red"}}, "query.colour"),
        ({"query": {"only": "green"}}, "query.only"),
        ({"query": {"since": "２０２６-01-01"}}, "query.since"),
        ({"query": {"q": "长" * 101}}, "query.q.value"),
        ({"box": "attic"}, "box"),
        ({"owner": "1"}, "owner"),
        ({"box": "done", "query": {"only": "overdue"}}, "query.only"),
    ],
)
def test_what_is_wrong_with_a_filter_is_named(clerk, changed, place):
    refused = clerk.post("/filters", {"name": "条件", "query": {"q": "Y37"}, **changed})
    assert refused.status_code == 422
    assert place in refused.json["errors"], refused.json


def test_no_more_filters_are_kept_than_fit(caller):
    clerk = caller("manager")
    for number in range(12):
        clerk.post("/filters", {"name": f"条件 {number}", "query": {"q": "Y"}})
    full = clerk.post("/filters", {"name": "再一个", "query": {"q": "Y"}})
    assert full.status_code == 409
    assert "最多保存" in full.json["detail"]


def test_filters_are_for_clerks(caller):
    for login in ("applicant", "releaser"):
        assert caller(login).get("/filters").status_code == 403
        body = {"name": "条件", "query": {"q": "Y"}}
        assert caller(login).post("/filters", body).status_code == 403
    assert caller("acceptor").get("/filters?box=attic").status_code == 422
