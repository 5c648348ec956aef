"""驳回终止, 撤销 with what it undoes, 暂存 seen by its author alone (case-operations A.3)."""

from collections.abc import Iterator
from typing import Any

import pytest

from engine import repository
from engine.errors import Conflict, NotFound, TaskNotActive
from processes.desk import presence, worklist
from processes.movement import reclaiming
from processes.play import Play, PlayedCase
from tests.engine.core.scenario import (
    TERMINATE,
    Node,
    boundary,
    error,
    event,
    gateway,
    message,
    script,
    sub,
    user,
    xml,
)
from tests.play import Player

COMPENSATE = "<compensateEventDefinition/>"
PUBLIC = '<banli:public title="撤回申请" purpose="withdraw"/>'


def desk(role: str, **options: Any) -> Node:
    return user(candidateGroups=f"{role}@370001", **options)


REJECTED = xml(
    """
    start -> split
    split -> review -> decided
    split -> check -> join
    decided -> refused if refuse
    decided -> join default
    refused -> stop
    join -> approve -> end
    """,
    key="yacht_licence_rejected",
    split=gateway("parallel"),
    join=gateway("parallel"),
    decided=gateway("exclusive"),
    review=desk("licence_reviewer"),
    check=desk("licence_verifier"),
    approve=desk("licence_approver"),
    refused=script('"refused"', "case_outcome"),
    stop=event("end", TERMINATE),
)


def undone(name: str, what: str) -> dict[str, Node]:
    """A task whose effect is taken back when the case is withdrawn."""
    handler = script("true", what)
    return {
        f"on_{name}": boundary(name, COMPENSATE),
        f"undo_{name}": Node("scriptTask", 'isForCompensation="true"', handler.extensions),
        f"link_{name}": Node(
            "association",
            f'sourceRef="on_{name}" targetRef="undo_{name}" associationDirection="One"',
        ),
    }


WITHDRAWN = xml(
    "start -> open -> issue -> end\n over -> ended",
    key="yacht_licence_withdrawn",
    messages={"withdraw": "work_order_no"},
    errors=("WITHDRAWN",),
    over=boundary("open", error("WITHDRAWN")),
    ended=event("end"),
    issue=desk("licence_issuer"),
    open=sub(
        "s -> pay -> lock -> review -> e",
        s=event("start"),
        e=event("end"),
        pay=desk("licence_acceptor"),
        lock=desk("licence_verifier"),
        review=desk("licence_reviewer"),
        on_withdraw=sub(
            "asked -> undo -> outcome -> gone",
            by_event=True,
            asked=Node("startEvent", "", PUBLIC, message("withdraw")),
            undo=event("throw", COMPENSATE),
            outcome=script('"withdrawn"', "case_outcome"),
            gone=event("end", error("WITHDRAWN")),
        ),
        **undone("pay", "fee_returned"),
        **undone("lock", "lock_released"),
    ),
)


@pytest.fixture
def play() -> Iterator[Play]:
    made = Player()
    files = {"r.bpmn": REJECTED, "w.bpmn": WITHDRAWN}
    try:
        made.run(lambda session: repository.deploy(session, files, by="admin"))
        yield made
    finally:
        made.close()


def withdrawn(play: Play, *done: str) -> PlayedCase:
    told = {"user": play.user("applicant").id, "name": "申请人", "org": None, "id_no": None}
    case = play.start("yacht_licence_withdrawn", applicant=told)
    roles = {"pay": "acceptor", "lock": "verifier", "review": "reviewer"}
    for activity in done:
        case.complete(activity, as_=roles[activity])
    return case


class TestRejectionEnds:
    """驳回终止."""

    def test_the_case_ends_refused_and_all_other_tasks_are_cancelled(self, play: Play) -> None:
        case = play.start("yacht_licence_rejected", refuse=True)
        check = next(one for one in case.tasks if one.activity == "check")
        case.complete("review", as_="reviewer")
        assert (case.ended, case.row.outcome, case.tasks) == ("stop", "refused", [])
        by = play.user("verifier")
        with pytest.raises(TaskNotActive, match="被撤销"):
            play.run(lambda s: worklist.claim(s, check.id, by=by))

    def test_an_approval_goes_on(self, play: Play) -> None:
        case = play.start("yacht_licence_rejected", refuse=False)
        case.complete("review", as_="reviewer")
        assert [one.activity for one in case.tasks] == ["check"]


class TestWithdrawal:
    """撤销（申请人撤回），费用、占用由补偿释放."""

    def test_it_ends_the_case_and_gives_back_what_was_taken(self, play: Play) -> None:
        case = withdrawn(play, "pay", "lock")
        case.sends("撤回申请")
        assert (case.row.outcome, case.tasks) == ("withdrawn", [])
        assert (case.variables["fee_returned"], case.variables["lock_released"]) == (True, True)

    def test_only_what_was_done_is_undone(self, play: Play) -> None:
        case = withdrawn(play, "pay")
        case.sends("撤回申请")
        assert "lock_released" not in case.variables

    def test_it_is_offered_until_the_node_that_the_model_says(self, play: Play) -> None:
        case = withdrawn(play, "pay", "lock")
        assert "withdraw" in case.awaits
        case.complete("review", as_="reviewer")
        assert "withdraw" not in case.awaits
        assert [one.activity for one in case.tasks] == ["issue"]


class TestSaving:
    """暂存."""

    def test_a_draft_is_seen_by_its_author_alone(self, play: Play) -> None:
        case = play.start("yacht_licence_rejected", refuse=False)
        task = next(one for one in case.tasks if one.activity == "review")
        author, manager = play.user("reviewer"), play.user("manager")
        play.run(lambda s: worklist.save_draft(s, task.id, by=author, answers={"said": "草稿"}))
        mine = play.run(lambda s: worklist.view(s, task.id, by=author))
        assert mine.values["said"] == "草稿"
        other = play.run(lambda s: worklist.view(s, task.id, by=manager))
        assert other.draft is None
        assert "said" not in other.values
        stranger = play.user("card_maker")
        with pytest.raises(NotFound):
            play.run(lambda s: worklist.view(s, task.id, by=stranger))


OPENED = xml(
    "start -> accept -> review -> end",
    key="yacht_licence_opened",
    accept=user(
        '<banli:operations allow="claim complete reclaim" reclaim="unopened"/>',
        candidateGroups="licence_acceptor@370001",
    ),
    review=user(candidateGroups="licence_reviewer@370001"),
)


@pytest.mark.parametrize("opened", [False, True])
def test_row_taken_back_only_unopened_where_the_model_has_it_so(play: Play, opened: bool) -> None:
    """A.3 撤回/拿回: opened is allowed or not, as the model says."""
    play.run(lambda session: repository.deploy(session, {"o.bpmn": OPENED}, by="admin"))
    case = play.start("yacht_licence_opened")
    done = case.tasks[0].id
    case.complete("accept", as_="acceptor")
    by, reader = play.user("acceptor"), play.user("reviewer")
    if opened:
        play.run(lambda session: presence.seen(session, case.tasks[0].id, by=reader))
        play.passes(hours=3)
        play.run(presence.forget_old)
        with pytest.raises(Conflict, match="打开查看"):
            play.run(lambda s: reclaiming.reclaim(s, done, by=by, reason="漏填"))
    else:
        play.run(lambda s: reclaiming.reclaim(s, done, by=by, reason="漏填"))
    assert case.waits_for == {"review" if opened else "accept"}
