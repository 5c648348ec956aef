"""办理后会怎样: what is foretold is what then happens, and foretelling leaves no trace (issue 4 §4)."""

from collections import Counter, OrderedDict
from contextlib import contextmanager

import pytest
from sqlalchemy import func, inspect, select
from sqlalchemy.orm import Session

from bpmn import beginnings
from bpmn.yacht import story
from engine import cache
from engine.model import Base, UserTask
from forms.definition import FormInvalid
from processes import settings
from processes.desk import outlook
from processes.model.cases import ClockEntry, Notification
from processes.model.documents import Document
from processes.movement import movement, reclaiming
from processes.movement.movement import Order
from processes.play import PlayedCase


def _table_counts(session):
    tables = set(inspect(session.connection()).get_table_names())
    return {
        table.name: session.scalar(select(func.count()).select_from(table))
        for table in Base.metadata.sorted_tables
        if table.name in tables
    }


def _facts(play, case):
    """What a case has, told without the code under test."""
    with play.session() as session:
        tasks = session.scalars(select(UserTask).where(UserTask.instance_id == case.id)).all()
        clocks = session.scalars(select(ClockEntry).where(ClockEntry.case_id == case.id)).all()
        letters = select(Document.title).where(Document.case_id == case.id)
        notices = select(Notification.title).where(Notification.case_id == case.id)
        return {
            "tasks": {one.id: (one.activity, one.due_at) for one in tasks},
            "clocks": Counter((one.event, one.amount) for one in clocks),
            "letters": Counter(session.scalars(letters)),
            "notices": Counter(session.scalars(notices)),
            "messages": Counter(case.messages),
        }


@contextmanager
def _rolled_back(play):
    with Session(play._engine, expire_on_commit=False) as session:
        yield session
        session.expunge_all()
        session.rollback()


def _foretold(play, case, activity, as_, answers):
    task, by = case._task(activity), play.user(as_)
    with play.session() as session:
        before = _table_counts(session)
        files = sorted((settings.current().home / "files").rglob("*"))
    with _rolled_back(play) as session:
        found = outlook.of_submission(session, task.id, by=by, answers=answers)
    assert case.id not in cache._live._held or not cache._live._held[case.id].dirty
    with play.session() as session:
        assert _table_counts(session) == before
        assert sorted((settings.current().home / "files").rglob("*")) == files
    return found


@pytest.fixture
def foreseen(play, monkeypatch):
    """Every task of a story is foretold before it is done, and compared afterwards."""
    done = PlayedCase.complete
    seen = []

    def complete(case, activity, *, as_, **answers):
        before = _facts(play, case)
        found = [_foretold(play, case, activity, as_, answers) for _ in range(3)][-1]
        done(case, activity, as_=as_, **answers)
        after = _facts(play, case)
        fresh = [after["tasks"][one] for one in after["tasks"] if one not in before["tasks"]]
        assert sorted((one.activity, one.due_at) for one in found.tasks) == sorted(fresh), activity
        clocks = after["clocks"] - before["clocks"]
        assert Counter((one.event, one.amount) for one in found.clocks) == clocks, activity
        assert Counter(found.letters) == after["letters"] - before["letters"], activity
        notices = Counter({one.title: len(one.people) for one in found.notices})
        assert notices == after["notices"] - before["notices"], activity
        sent = sum((after["messages"] - before["messages"]).values())
        assert len(found.messages) <= sent
        row = case.row
        assert (found.status, found.outcome) == (row.status, row.outcome), activity
        assert found.finished == (row.ended_at is not None)
        seen.append((activity, found))

    monkeypatch.setattr(PlayedCase, "complete", complete)
    monkeypatch.setattr(beginnings, "_told", OrderedDict())  # not from a copy: every step is seen
    return seen


def test_a_licence_goes_the_way_that_was_foretold(play, foreseen):
    case = story.granted(play)
    names = [activity for activity, _found in foreseen]
    assert names == ["accept", "review", "approve"]
    accepted, reviewed, approved = (found for _activity, found in foreseen)
    assert [one.activity for one in accepted.tasks] == ["review"]
    assert accepted.tasks[0].performers.people
    assert accepted.letters
    assert any(one.event == "start" for one in accepted.clocks)
    assert [one.activity for one in reviewed.tasks] == ["approve"]
    assert approved.messages
    assert case.status == approved.status


def test_a_refusal_is_foretold_with_its_letters(play, foreseen):
    case = story.applied(play)
    story.accept(case)
    story.review(case)
    story.approve(case, "refuse", reason="条件不符", legal_basis="《游艇安全管理规定》")
    assert foreseen[-1][1].letters
    assert foreseen[-1][1].kept


def test_a_supplement_is_foretold_with_what_is_waited_for(play, foreseen):
    case = story.applied(play)
    story.accept(case, "supplement", missing_list=story.MISSING)
    found = foreseen[-1][1]
    assert found.status == "supplement_pending"
    assert "提交补正材料" in found.waits
    assert found.tasks == []
    assert found.letters
    assert [one.event for one in found.clocks]


def test_a_refused_form_is_refused_with_its_fields(play, foreseen):
    case = story.applied(play)
    task = case._task("accept")
    with _rolled_back(play) as session, pytest.raises(FormInvalid) as refused:
        outlook.of_submission(session, task.id, by=play.user("acceptor"), answers={})
    assert "decision" in refused.value.errors


def test_numbers_given_out_in_foretelling_are_given_again(play, foreseen):
    case = story.applied(play)
    story.accept(case)  # foretold three times before it is done
    with play.session() as session:
        numbers = session.scalars(select(Document.number).where(Document.case_id == case.id)).all()
    assert any(number and "00001" in number for number in numbers)


def test_a_jump_and_taking_back_are_foretold_by_the_commands_themselves(play):
    case = story.applied(play)
    story.accept(case)
    manager, reviewer = play.user("manager"), play.user("reviewer")
    order = Order(to="approve", reason="局领导交办")

    def foretold(act, by, task_id=0):
        with _rolled_back(play) as session:
            return outlook.of_command(
                session, case.id, lambda: act(session), by=by, task_id=task_id
            )

    def jump(session):
        return movement.jump(session, case.id, by=manager, order=order)

    for _ in range(2):
        found = foretold(jump, manager)
        assert [one.activity for one in found.tasks] == ["approve"]
        assert found.ended == ["审核"]
        assert found.kept is None
    assert case.waits_for == {"review"}
    done = next(task.id for task in case.tasks if task.activity == "review")
    story.review(case)

    def take_back(session):
        return reclaiming.reclaim(session, done, by=reviewer, reason="有误")

    found = foretold(take_back, reviewer, done)
    assert [(one.activity, [*one.performers.people]) for one in found.tasks] == [
        ("review", ["审核人"])
    ]
    assert case.waits_for == {"approve"}
