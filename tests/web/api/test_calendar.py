"""The working calendar by API: a year of an agency, a change tried, made and taken back (B.3)."""

from datetime import timedelta

import pytest

from engine import clock
from tests.web.api.test_clock import clocked

__all__ = ["clocked"]


SOURCE = "国办发明电〔2030〕1 号"
BODY = {"days": [{"day": "2031-03-10", "until": "2031-03-11", "working": False, "name": "防汛"}]}


@pytest.fixture
def admin(caller):
    return caller("admin")


def days(admin, query=""):
    found = admin.get(f"/calendar?year=2031{query}").json
    return {one["day"]: one for one in found["days"]}


def test_a_year_tells_what_its_weekdays_do_not(admin):
    found = admin.get("/calendar?year=2026").json
    told = {one["day"]: one for one in found["days"]}
    assert found["published"] is True
    assert found["hours"] == "09:00-12:00 13:00-17:00"
    assert told["2026-10-01"]["name"] == "国庆节"
    assert told["2026-10-01"]["working"] is False
    assert any(one["working"] for one in found["days"]), "make-up days"
    assert 240 <= found["working_days"] <= 255
    assert admin.get("/calendar").json["year"] == clock.today().year
    assert admin.get("/calendar?year=2050").json["published"] is False


def test_a_change_is_tried_made_once_and_taken_back(admin):
    body = {**BODY, "source": SOURCE}
    tried = admin.post("/calendar/preview", body)
    assert tried.status_code == 200, tried.json
    assert "2031-03-10" not in days(admin)
    made = admin.post("/calendar", body, key="days-off")
    again = admin.post("/calendar", body, key="days-off")
    assert made.json == again.json == tried.json
    assert days(admin)["2031-03-11"] == {"day": "2031-03-11", "working": False, "name": "防汛"}
    laid_down = admin.get("/calendar/versions").json["items"]
    assert [one["source"] for one in laid_down].count(SOURCE) == 1
    back = {"days": [{**BODY["days"][0], "working": None}], "source": "恢复"}
    assert admin.post("/calendar", back).status_code == 200
    assert "2031-03-10" not in days(admin)


def test_an_agency_has_days_and_hours_of_its_own(admin):
    own = {"org": "320002", "source": "地方通知", "hours": "08:30-12:00 14:00-17:30"}
    assert admin.post("/calendar", {**own, **BODY}).status_code == 200
    assert "2031-03-10" in days(admin, "&org=320002")
    assert "2031-03-10" not in days(admin)
    assert admin.get("/calendar?year=2031&org=320002").json["hours"] == own["hours"]
    assert admin.get("/calendar/versions?org=320002").json["items"][0]["org_code"] == "320002"


def test_a_change_names_the_cases_whose_limits_it_moves(admin, caller, clocked):
    today = clock.today()
    span = {"day": f"{today + timedelta(days=1)}", "until": f"{today + timedelta(days=40)}"}
    body = {"days": [{**span, "working": False, "name": "演练"}], "source": "演练通知"}
    listed = admin.post("/calendar/preview", body).json["items"]
    mine = [one for one in listed if one["case_id"] == clocked["id"]]
    assert {one["limit"] for one in mine} >= {"法定期限", "承诺期限"}
    assert all(one["reference"] == clocked["reference"] for one in mine)
    assert all(one["before"] < one["after"] for one in mine)
    clerk, path = caller("acceptor"), f"/cases/{clocked['id']}/clock"
    before = clerk.get(path).json
    assert admin.post("/calendar", body).json["items"] == listed
    assert clerk.get(path).json != before
    back = {"days": [{**body["days"][0], "working": None}], "source": "恢复"}
    assert admin.post("/calendar", back).status_code == 200


@pytest.mark.parametrize(
    ("changed", "place"),
    [
        ({"source": ""}, "source"),
        ({"source": "  "}, "source"),
        ({"days": [{"day": "2031-02-30", "working": False}]}, "days.0.day"),
        ({"days": [{"day": "２０３１-03-01", "working": False}]}, "days.0.day"),
        ({"days": [{"day": "2031-03-01"}]}, "days.0.working"),
        ({"days": [{"day": "2031-03-01", "working": False, "colour": "red"}]}, "days.0.colour"),
        ({"year": 2031}, "year"),
    ],
)
def test_what_is_wrong_with_a_change_is_named(admin, changed, place):
    refused = admin.post("/calendar", {**BODY, "source": SOURCE, **changed})
    assert refused.status_code == 422
    assert place in refused.json["errors"], refused.json


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"days": []}, "没有需要变更的内容"),
        ({"days": [{"day": "2031-03-02", "until": "2031-03-01", "working": False}]}, "不是一段"),
        ({"days": [{"day": "1999-03-02", "working": False}]}, "年份"),
        ({"days": [{"day": "2031-01-01", "until": "2032-12-31", "working": False}]}, "不是一段"),
        ({"hours": "9-12"}, "办公时间"),
    ],
)
def test_a_change_that_cannot_be_is_refused_in_a_sentence(admin, changed, words):
    before = len(admin.get("/calendar/versions").json["items"])
    refused = admin.post("/calendar", {**BODY, "source": SOURCE, **changed})
    assert refused.status_code == 422
    assert words in refused.json["detail"]
    assert len(admin.get("/calendar/versions").json["items"]) == before


def test_only_who_maintains_calendars_may(caller, admin):
    body = {**BODY, "source": SOURCE}
    for login in ("acceptor", "applicant", "releaser"):
        assert caller(login).get("/calendar").status_code == 403
        assert caller(login).get("/calendar/versions").status_code == 403
        assert caller(login).post("/calendar", body).status_code == 403
        assert caller(login).post("/calendar/preview", body).status_code == 403
    assert admin.get("/calendar?org=999999").status_code == 404
    assert admin.post("/calendar", {**body, "org": "999999"}).status_code == 404
    assert admin.get("/calendar?year=1900").status_code == 422
    assert admin.get("/calendar?month=3").status_code == 422
    tagged = admin.post("/calendar", body, headers={"If-Match": '"3"'})
    assert tagged.status_code == 400, "a calendar has versions, but none to be overwritten"
