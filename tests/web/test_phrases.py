"""Common phrases (常用语), personal and shared (case-operations A.4)."""

from collections.abc import Callable, Iterator

import pytest
from flask.testing import FlaskClient

from engine.errors import Conflict, Forbidden, NotFound
from processes import phrases
from processes.play import Play
from tests.web.conftest import csrf

Clients = Callable[[str], FlaskClient]


@pytest.fixture
def play() -> Iterator[Play]:
    made = Play()
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
