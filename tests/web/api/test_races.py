"""Two calls at the same moment: one effect, and each caller knows which it was."""

import threading

from engine.model import HistoryEvent
from web.database import database

ACCEPT = {"answers": {"decision": "accept"}}


def at_once(*calls):
    """Make the calls from threads that start together; their answers in order."""
    barrier, answers = threading.Barrier(len(calls)), [None] * len(calls)

    def make(index, call):
        barrier.wait()
        answers[index] = call()

    threads = [threading.Thread(target=make, args=pair) for pair in enumerate(calls)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    return answers


def completions(app, case):
    with app.app_context(), database().read_session() as session:
        return (
            session.query(HistoryEvent)
            .filter_by(activity_id=int(case["task"]), type="activity.completed")
            .count()
        )


def test_of_two_completions_at_once_one_wins_and_the_other_is_told_who(app, caller, filed):
    case = filed()
    one, two = caller("acceptor"), caller("acceptor")
    path = f"/tasks/{case['task']}/complete"

    answers = at_once(lambda: one.post(path, ACCEPT), lambda: two.post(path, ACCEPT))

    assert sorted(a.status_code for a in answers) == [200, 409]
    loser = next(a for a in answers if a.status_code == 409)
    assert loser.json["code"] == "task_not_active"
    assert loser.json["by"]
    assert completions(app, case) == 1


def test_the_same_key_at_once_is_one_effect_and_one_answer(app, caller, filed):
    case = filed()
    one, two = caller("acceptor"), caller("acceptor")
    path, key = f"/tasks/{case['task']}/complete", f"race-{case['id']}"

    answers = at_once(
        lambda: one.post(path, ACCEPT, key=key), lambda: two.post(path, ACCEPT, key=key)
    )

    assert [a.status_code for a in answers] == [200, 200]
    assert answers[0].json == answers[1].json
    assert completions(app, case) == 1


def test_of_two_claims_at_once_both_of_one_person_hold(caller, filed):
    case = filed()
    one, two = caller("acceptor"), caller("acceptor")
    path = f"/tasks/{case['task']}/claim"

    answers = at_once(lambda: one.post(path), lambda: two.post(path))

    assert [a.status_code for a in answers] == [200, 200]


def test_the_same_message_at_once_counts_once(caller):
    one = caller("manager", "message:race")
    two = caller("manager", "message:race")
    body = {"id": "race-1", "name": "race", "correlation_key": "nobody", "variables": {}}

    answers = at_once(lambda: one.post("/messages", body), lambda: two.post("/messages", body))

    assert sorted(a.json["kind"] for a in answers) == ["buffered", "duplicate"]
