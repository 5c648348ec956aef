"""Common phrases (常用语), personal and shared (case-operations A.4)."""

import html
import json
import re
from collections.abc import Callable, Iterator

import pytest
from flask.testing import FlaskClient

from engine.errors import Conflict, Forbidden, NotFound
from processes.people import phrases
from processes.play import Play
from tests.play import Player
from tests.web.conftest import csrf

Clients = Callable[[str], FlaskClient]


@pytest.fixture
def play() -> Iterator[Play]:
    made = Player()
    try:
        yield made
    finally:
        made.close()


def texts(play: Play, login: str) -> list[str]:
    by = play.user(login)
    return [one.text for one in play.run(lambda s: phrases.of(s, by=by))]


def keep(play: Play, login: str, text: str, *, shared: bool = False) -> int:
    by = play.user(login)
    return play.run(lambda s: phrases.keep(s, text, by=by, shared=shared).id)


def test_one_s_own_come_first_then_those_of_the_office(play: Play) -> None:
    keep(play, "manager", "符合规定，同意。", shared=True)
    keep(play, "reviewer", "材料齐全。")
    assert texts(play, "reviewer") == ["材料齐全。", "符合规定，同意。"]
    assert texts(play, "verifier") == ["符合规定，同意。"]
    assert texts(play, "card_maker") == [], "another agency's are not seen"


def test_the_same_phrase_is_kept_once_and_an_empty_one_not_at_all(play: Play) -> None:
    assert keep(play, "reviewer", " 同意。 ") == keep(play, "reviewer", "同意。")
    with pytest.raises(Conflict, match="1 至 200"):
        keep(play, "reviewer", "  ")


def test_only_who_assigns_work_shares_or_drops_what_is_shared(play: Play) -> None:
    with pytest.raises(Forbidden):
        keep(play, "reviewer", "同意。", shared=True)
    shared = keep(play, "manager", "同意。", shared=True)
    reviewer, other = play.user("reviewer"), play.user("card_maker")
    with pytest.raises(Forbidden):
        play.run(lambda s: phrases.drop(s, shared, by=reviewer))
    with pytest.raises(NotFound):
        play.run(lambda s: phrases.drop(s, shared, by=other))
    manager = play.user("manager")
    play.run(lambda s: phrases.drop(s, shared, by=manager))
    assert texts(play, "reviewer") == []


def test_a_page_keeps_and_drops_them(as_: Clients) -> None:
    clerk = as_("acceptor")
    token = csrf(clerk, "/inbox")
    made = clerk.post("/phrases", data={"text": "材料齐全，予以受理。", "csrf_token": token})
    assert (made.status_code, made.json["mine"]) == (201, True)
    gone = clerk.post(f"/phrases/{made.json['id']}/drop", data={"csrf_token": token})
    assert gone.status_code == 204
    again = clerk.post(f"/phrases/{made.json['id']}/drop", data={"csrf_token": token})
    assert again.status_code == 404


def post(client: FlaskClient, path: str, **data: str) -> object:
    token = csrf(client, "/inbox")
    page = {"from": "page"} if path.startswith("/phrases") else {}
    return client.post(path, data={**data, **page, "csrf_token": token})


def test_the_office_s_phrases_are_shared_and_dropped_on_their_page(as_: Clients) -> None:
    manager = as_("manager")
    assert 'name="shared"' in manager.get("/phrases").get_data(as_text=True)
    done = post(manager, "/phrases", text="符合规定。", shared="yes")
    assert (done.status_code, done.headers["Location"]) == (303, "/phrases")
    page = as_("reviewer").get("/phrases").get_data(as_text=True)
    assert "符合规定。" in page
    assert "/drop" not in page, "what the office shares is not the reviewer's to delete"
    assert 'name="shared"' not in page
    found = re.search(
        r'action="(/phrases/\d+/drop)"', manager.get("/phrases").get_data(as_text=True)
    )
    assert post(manager, found[1]).status_code == 303
    assert "符合规定。" not in manager.get("/phrases").get_data(as_text=True)


def test_a_phrase_that_is_none_comes_back_with_the_reason(as_: Clients) -> None:
    refused = post(as_("reviewer"), "/phrases", text="长" * 201)
    assert refused.status_code == 422
    assert "1 至 200" in refused.get_data(as_text=True)
    assert "长" * 201 in refused.get_data(as_text=True)


def test_the_return_page_offers_them_before_the_usual_ones(as_: Clients, filed) -> None:
    acceptor, reviewer, task = as_("acceptor"), as_("reviewer"), filed()
    post(acceptor, f"/tasks/{task}/claim")
    done = post(acceptor, f"/tasks/{task}/complete", decision="accept", remark="齐全")
    assert done.status_code == 303
    post(reviewer, "/phrases", text="请补齐体检证明。")
    own = re.search(r"/tasks/(\d+)", reviewer.get("/inbox").get_data(as_text=True))[1]
    post(reviewer, f"/tasks/{own}/claim")
    page = reviewer.get(f"/tasks/{own}/return").get_data(as_text=True)
    offered = html.unescape(page.split("data-phrases=")[1].split(" data-url")[0])
    told = [one["text"] for one in json.loads(offered.strip('"'))]
    assert told.index("请补齐体检证明。") < told.index("材料不齐全，请补充后重新报送。")
