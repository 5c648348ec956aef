"""退回, 撤回, 跳转, 终止, 作废, 唤醒, 补录, 催办 as the office does them (case-operations A.3)."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import func, select

from engine import cache, history, repository
from engine.errors import Conflict, Forbidden, TaskNotActive
from engine.model import EventSubscription, HistoryEvent, Job, UserTask
from engine.move_places import MoveRefused
from processes.casework import cases
from processes.desk import worklist
from processes.model.cases import CaseLink, Notification, Opinion
from processes.model.documents import Document, StoredFile
from processes.movement import ending, movement, reclaiming, targets
from processes.movement.movement import Order
from processes.play import Play, PlayedCase
from processes.rights import duties
from tests.engine.core.scenario import (
    Node,
    boundary,
    call,
    each,
    event,
    gateway,
    script,
    sub,
    timer,
    user,
    xml,
)
from tests.play import Player

# plays begin on Monday 2 March 2026 at 09:00
ALLOW = '<banli:operations allow="claim release complete transfer return reclaim"/>'


def desk(role: str, more: str = "", **options: Any) -> Node:
    return user(ALLOW + more, candidateGroups=f"{role}@370001", **options)


LINE = xml(
    "start -> accept -> review -> approve -> issue -> end",
    key="yacht_licence_line",
    accept=desk("licence_acceptor"),
    review=desk("licence_reviewer"),
    approve=desk("licence_approver", '<banli:separation from="review"/>'),
    issue=user(candidateGroups="licence_issuer@370001"),
)
LATE = xml(
    "start -> accept -> review -> end\n late -> told -> end2",
    key="yacht_licence_slow",
    accept=desk("licence_acceptor"),
    late=boundary("accept", timer("duration", "P5D"), interrupting=False),
    told=desk("licence_manager"),
    review=desk("licence_reviewer"),
)
BRANCHES = xml(
    """
    start -> accept -> split
    split -> review -> review2 -> join
    split -> check -> check2 -> join
    join -> approve -> end
    """,
    key="yacht_licence_branches",
    split=gateway("parallel"),
    join=gateway("parallel"),
    accept=desk("licence_acceptor"),
    review=desk("licence_reviewer"),
    review2=desk("licence_reviewer"),
    check=desk("licence_verifier"),
    check2=desk("licence_verifier"),
    approve=desk("licence_approver"),
)
SIGNED = xml(
    "start -> accept -> sign -> approve -> end",
    key="yacht_licence_signed",
    accept=desk("licence_acceptor"),
    sign=desk("licence_reviewer", loop=each("people", "one")),
    approve=desk("licence_approver"),
)
CALLING = xml(
    "start -> accept -> inner -> approve -> end",
    key="yacht_licence_calling",
    accept=desk("licence_acceptor"),
    inner=call("yacht_licence_called"),
    approve=desk("licence_approver"),
)
CALLED = xml(
    "start -> review -> check -> end",
    key="yacht_licence_called",
    review=desk("licence_reviewer"),
    check=desk("licence_verifier"),
)
# the called process prepares something at its beginning, and calls another one
PREPARING = xml(
    "start -> prepare -> review -> deeper -> end",
    key="yacht_licence_preparing",
    prepare=script('"按 " + said + " 备好"', "prepared"),
    review=desk("licence_reviewer"),
    deeper=call("yacht_licence_prepared"),
)
PREPARED = xml(
    "start -> prepare -> check -> end",
    key="yacht_licence_prepared",
    prepare=script('prepared + "，再备"', "prepared_again"),
    check=desk("licence_verifier"),
)
COUNTED = (
    '<zeebe:ioMapping><zeebe:output source="=if times = null then 1 else times + 1"'
    ' target="times"/></zeebe:ioMapping>'
)
THROUGH = xml(
    "start -> accept -> inner -> approve -> end",
    key="yacht_licence_through",
    accept=desk("licence_acceptor", COUNTED),
    inner=call("yacht_licence_preparing"),
    approve=desk("licence_approver"),
)
TWICE = xml(
    "start -> review -> first -> second -> approve -> end",
    key="yacht_licence_twice",
    review=desk("licence_reviewer"),
    first=call("yacht_licence_called"),
    second=call("yacht_licence_called"),
    approve=desk("licence_approver"),
)
BESIDE = xml(
    """
    start -> accept -> split
    split -> box -> join
    split -> check -> check2 -> join
    join -> approve -> end
    """,
    key="yacht_licence_beside",
    split=gateway("parallel"),
    join=gateway("parallel"),
    accept=desk("licence_acceptor"),
    box=sub(
        "s -> review -> review2 -> e",
        s=event("start"),
        e=event("end"),
        review=desk("licence_reviewer"),
        review2=desk("licence_reviewer"),
    ),
    check=desk("licence_verifier"),
    check2=desk("licence_verifier"),
    approve=desk("licence_approver"),
)
SENDING = xml(
    "start -> accept -> tell -> review -> end",
    key="yacht_licence_sending",
    accept=desk("licence_acceptor"),
    tell=Node("serviceTask", extensions='<zeebe:taskDefinition type="courier.dispatch"/>'),
    review=desk("licence_reviewer"),
)
MODELS = {
    "line": LINE,
    "slow": LATE,
    "branches": BRANCHES,
    "signed": SIGNED,
    "calling": CALLING,
    "called": CALLED,
    "sending": SENDING,
    "twice": TWICE,
    "preparing": PREPARING,
    "prepared": PREPARED,
    "through": THROUGH,
    "beside": BESIDE,
}
WHO = {
    "accept": "licence_acceptor",
    "review": "licence_reviewer",
    "review2": "licence_reviewer",
    "check": "licence_verifier",
    "check2": "licence_verifier",
    "approve": "licence_approver",
    "issue": "licence_issuer",
    "sign": "licence_reviewer",
}


@pytest.fixture
def play() -> Iterator[Play]:
    made = Player()
    files = {f"{key}.bpmn": model for key, model in MODELS.items()}
    try:
        made.run(lambda session: repository.deploy(session, files, by="admin"))
        yield made
    finally:
        made.close()


def begun(play: Play, key: str, *done: str, **variables: Any) -> PlayedCase:
    case = play.start(f"yacht_licence_{key}", **variables)
    for activity in done:
        case.complete(activity, as_=WHO[activity])
    return case


def task(case: PlayedCase, activity: str) -> UserTask:
    return next(one for one in case.tasks if one.activity == activity)


def waits(case: PlayedCase) -> list[str]:
    return sorted(one.activity for one in case.tasks)


def offered(case: PlayedCase, activity: str) -> list[str]:
    by, open_task = case.play.user(WHO[activity]), task(case, activity)
    found = case.play.run(lambda s: movement.return_targets(s, open_task.id, by=by))
    return [one.path for one in found]


def send_back(case: PlayedCase, activity: str, to: str, **options: Any) -> None:
    by, open_task = case.play.user(WHO[activity]), task(case, activity)
    order = Order(**{"to": to, "reason": "材料不清，请核实", **options})
    before = recorded(case)
    case.play.run(lambda s: movement.send_back(s, open_task.id, by=by, order=order))
    case.play.drain()
    consistent(case, before)


def recorded(case: PlayedCase) -> int:
    with case.play.session() as session:
        query = select(func.count()).select_from(HistoryEvent)
        return session.scalar(query.where(HistoryEvent.instance_id == case.id)) or 0


def consistent(case: PlayedCase, before: int) -> None:
    """What is stored as open is what the tokens imply, and no history is gone."""
    assert recorded(case) > before
    cache.clear()
    with case.play.session() as session:
        stored: set[int] = set()
        for model in (UserTask, EventSubscription):
            stored |= {*session.scalars(select(model.id).where(model.instance_id == case.id))}
        kinds = Job.kind.in_(("timer", "external_task"))
        stored |= {*session.scalars(select(Job.id).where(Job.instance_id == case.id, kinds))}
        assert stored == {*cache.peek(session, case.id).waits}


def known(case: PlayedCase, activity: str) -> dict[str, Any]:
    """What is known where a task is open."""
    with case.play.session() as session:
        execution = cache.peek(session, case.id)
        token = execution.workflow.tasks[task(case, activity).id]
        return dict(execution.scopes.context(execution.workflow.scope_id(token)))


def opinions(case: PlayedCase) -> list[Opinion]:
    with case.play.session() as session:
        return list(session.scalars(select(Opinion).where(Opinion.case_id == case.id)))


class TestReturn:
    """退回上一步 / 发起人 / 任意已办节点."""

    def test_only_nodes_done_before_are_offered_in_the_order_done(self, play: Play) -> None:
        case = begun(play, "line", "accept", "review")
        assert offered(case, "approve") == ["accept", "review"]
        send_back(case, "approve", "accept")
        with pytest.raises(StopIteration):
            task(case, "approve")
        assert offered(case, "accept") == []

    def test_the_task_goes_to_its_last_performer_and_data_is_kept(self, play: Play) -> None:
        case = begun(play, "line", "accept", said="yes")
        send_back(case, "review", "accept")
        assert task(case, "accept").assignee == str(play.user("licence_acceptor").id)
        assert case.variables["said"] == "yes"

    def test_or_to_those_whom_the_model_names_anew(self, play: Play) -> None:
        case = begun(play, "line", "accept")
        send_back(case, "review", "accept", recompute=True)
        assert task(case, "accept").assignee is None

    def test_an_opinion_is_required_and_stands_in_the_timeline(self, play: Play) -> None:
        case = begun(play, "line", "accept")
        with pytest.raises(Conflict, match="意见"):
            send_back(case, "review", "accept", reason=" ")
        send_back(case, "review", "accept")
        last = opinions(case)[-1]
        assert (last.action, last.activity, last.text) == ("returned", "review", "材料不清，请核实")
        assert "退回至『accept』" in last.decision

    def test_a_node_not_done_is_no_target(self, play: Play) -> None:
        case = begun(play, "line", "accept")
        with pytest.raises(MoveRefused, match="已经办过"):
            send_back(case, "review", "issue")

    def test_a_node_that_does_not_allow_it_refuses(self, play: Play) -> None:
        case = begun(play, "line", "accept", "review", "approve")
        with pytest.raises(Forbidden, match="不允许退回"):
            send_back(case, "issue", "accept")

    def test_duties_stay_apart_after_a_return(self, play: Play) -> None:
        case = begun(play, "line", "accept", "review")
        send_back(case, "approve", "review")
        case.complete("review", as_="licence_reviewer")
        reviewer, open_task = play.user("licence_reviewer"), task(case, "approve")
        with pytest.raises(Exception, match="没有"):
            play.run(lambda s: worklist.claim(s, open_task.id, by=reviewer))

    def test_who_comes_too_late_is_told_by_whom_when_and_why(self, play: Play) -> None:
        case = begun(play, "branches", "accept", "review")
        gone = task(case, "check")
        send_back(case, "review2", "accept", confirmed={gone.id})
        by = play.user("licence_verifier")
        with pytest.raises(TaskNotActive, match="退回，不再办理。理由：材料不清"):
            play.run(lambda s: worklist.claim(s, gone.id, by=by))

    def test_the_timer_of_the_target_lives_again(self, play: Play) -> None:
        case = begun(play, "slow", "accept")
        send_back(case, "review", "accept")
        case.passes(days=6)
        assert waits(case) == ["accept", "told"]

    def test_two_clerks_the_second_is_refused(self, play: Play) -> None:
        case = begun(play, "line", "accept")
        with pytest.raises(Conflict, match="变化"):
            send_back(case, "review", "accept", expected_revision=99)


class TestResubmission:
    """退回后提交策略."""

    def test_step_by_step_runs_every_node_in_between_again(self, play: Play) -> None:
        case = begun(play, "line", "accept", "review")
        send_back(case, "approve", "accept")
        case.complete("accept", as_="licence_acceptor")
        assert waits(case) == ["review"]

    def test_straight_goes_back_to_the_node_that_returned_it(self, play: Play) -> None:
        case = begun(play, "line", "accept", "review")
        send_back(case, "approve", "accept", straight=True)
        case.complete("accept", as_="licence_acceptor")
        assert waits(case) == ["approve"]


class TestInParallelBranches:
    """并行分支中退回."""

    def test_inside_a_branch_only_that_branch_goes_back(self, play: Play) -> None:
        case = begun(play, "branches", "accept", "review", "check")
        assert offered(case, "review2") == ["check", "accept", "review"]
        send_back(case, "review2", "review")
        assert waits(case) == ["check2", "review"]

    def test_to_before_the_split_names_the_siblings_first(self, play: Play) -> None:
        case = begun(play, "branches", "accept", "review", "check")
        with pytest.raises(Conflict, match="check2"):
            send_back(case, "review2", "accept")
        assert waits(case) == ["check2", "review2"]

    def test_confirmed_it_withdraws_them_and_they_come_again(self, play: Play) -> None:
        case = begun(play, "branches", "accept", "review", "check")
        verifier, sibling = play.user("licence_verifier"), task(case, "check2")
        play.run(lambda s: worklist.claim(s, sibling.id, by=verifier))
        send_back(case, "review2", "accept", confirmed={sibling.id})
        assert waits(case) == ["accept"]
        assert "check" in {one.activity for one in opinions(case)}, "finished opinions are kept"
        with play.session() as session:
            told = session.scalars(select(Notification).where(Notification.kind == "withdrawn"))
            assert [one.user_id for one in told] == [verifier.id]
        case.complete("accept", as_="licence_acceptor")
        assert waits(case) == ["check", "review"]


class TestMultiInstance:
    def test_a_countersign_returned_to_gets_all_its_tasks_again(self, play: Play) -> None:
        case = begun(play, "signed", "accept", "sign", people=["a"])
        send_back(case, "approve", "sign")
        assert waits(case) == ["sign"]
        case.complete("sign", as_="licence_reviewer")
        assert waits(case) == ["approve"]

    def test_out_of_a_countersign_the_other_signers_are_named(self, play: Play) -> None:
        case = begun(play, "signed", "accept", people=["a", "b", "c"])
        others = {one.id for one in case.tasks[1:]}
        with pytest.raises(Conflict, match="sign"):
            send_back(case, "sign", "accept")
        send_back(case, "sign", "accept", confirmed=others)
        assert waits(case) == ["accept"]


class TestCalledProcess:
    """子流程退回."""

    def test_out_of_a_called_process_withdraws_it_and_reopens_the_caller_s_node(
        self, play: Play
    ) -> None:
        case = begun(play, "calling", "accept", "review")
        assert offered(case, "check") == ["accept", "review"]
        send_back(case, "check", "accept")
        assert waits(case) == ["accept"]
        case.complete("accept", as_="licence_acceptor")
        assert waits(case) == ["review"]

    def test_into_a_called_process_creates_it_again_at_the_target(self, play: Play) -> None:
        case = begun(play, "calling", "accept", "review", "check")
        assert offered(case, "approve") == ["accept", "inner/review", "inner/check"]
        send_back(case, "approve", "inner/check")
        assert waits(case) == ["check"]
        assert task(case, "check").assignee == str(play.user("licence_verifier").id)
        case.complete("check", as_="licence_verifier")
        assert waits(case) == ["approve"]

    def test_straight_back_into_called_processes_they_know_what_they_had_prepared(
        self, play: Play
    ) -> None:
        case = begun(play, "through", "accept", "review", said="初稿")
        send_back(case, "check", "accept", straight=True)
        assert waits(case) == ["accept"]
        cache.clear()
        case.complete("accept", as_="licence_acceptor")
        assert waits(case) == ["check"]
        seen = known(case, "check")
        assert seen["prepared"] == "按 初稿 备好"
        assert seen["prepared_again"] == "按 初稿 备好，再备"
        case.complete("check", as_="licence_verifier")
        assert waits(case) == ["approve"]
        assert case.variables["prepared_again"] == "按 初稿 备好，再备", (
            "the caller has it at the end"
        )

    def test_straight_back_what_the_caller_knows_by_then_counts(self, play: Play) -> None:
        case = begun(play, "through", "accept", said="初稿")
        send_back(case, "review", "accept", straight=True)
        case.complete("accept", as_="licence_acceptor")
        seen = known(case, "review")
        assert (seen["prepared"], seen["times"]) == ("按 初稿 备好", 2)

    def test_what_a_process_called_twice_did_is_ascribed_to_each_call(self, play: Play) -> None:
        case = begun(play, "twice", "review", "review", "check", "review", "check")
        assert offered(case, "approve") == [
            "review", "first/review", "first/check", "second/review", "second/check",
        ]  # fmt: skip
        send_back(case, "approve", "second/check")
        assert waits(case) == ["check"]
        case.complete("check", as_="licence_verifier")
        assert waits(case) == ["approve"]

    def test_the_caller_s_node_of_the_same_id_is_told_from_the_inner_one(self, play: Play) -> None:
        case = begun(play, "twice", "review", "review")
        assert offered(case, "check") == ["../review", "review"]
        send_back(case, "check", "../review")
        assert waits(case) == ["review"]
        assert offered(case, "review") == [], "it is the first node, not the called one"

    def test_within_a_called_process_the_caller_stays(self, play: Play) -> None:
        case = begun(play, "calling", "accept", "review")
        send_back(case, "check", "review")
        assert waits(case) == ["review"]


class TestReclaim:
    """撤回 / 拿回."""

    def reclaim(self, case: PlayedCase, done: int, as_: str) -> None:
        by, before = case.play.user(as_), recorded(case)
        case.play.run(lambda s: reclaiming.reclaim(s, done, by=by, reason="填错了"))
        consistent(case, before)

    def done(self, case: PlayedCase, activity: str) -> int:
        return next(o.task_id for o in opinions(case) if o.activity == activity) or 0

    def test_my_task_is_open_again_and_the_next_is_gone(self, play: Play) -> None:
        case = begun(play, "line", "accept")
        mine = self.done(case, "accept")
        by = play.user("licence_acceptor")
        assert play.run(lambda s: reclaiming.reclaimable(s, case.id, by=by)) == mine
        self.reclaim(case, mine, "licence_acceptor")
        assert waits(case) == ["accept"]
        assert task(case, "accept").assignee == str(by.id)
        assert opinions(case)[-1].action == "reclaimed"

    def test_not_once_the_next_is_claimed(self, play: Play) -> None:
        case = begun(play, "line", "accept")
        reviewer, following = play.user("licence_reviewer"), task(case, "review")
        play.run(lambda s: worklist.claim(s, following.id, by=reviewer))
        with pytest.raises(Conflict, match="签收"):
            self.reclaim(case, self.done(case, "accept"), "licence_acceptor")

    def test_not_once_the_next_is_done(self, play: Play) -> None:
        case = begun(play, "line", "accept", "review")
        with pytest.raises(Conflict, match="后续环节已由"):
            self.reclaim(case, self.done(case, "accept"), "licence_acceptor")

    def test_not_somebody_else_s(self, play: Play) -> None:
        case = begun(play, "line", "accept")
        with pytest.raises(Forbidden, match="本人"):
            self.reclaim(case, self.done(case, "accept"), "licence_reviewer")

    def test_not_after_something_has_left_the_house(self, play: Play) -> None:
        case = begun(play, "sending", "accept")
        case.works("courier.dispatch")
        with pytest.raises(Conflict, match="此后已执行"):
            self.reclaim(case, self.done(case, "accept"), "licence_acceptor")

    def test_in_a_branch_that_waits_for_the_other_at_the_join(self, play: Play) -> None:
        case = begun(play, "branches", "accept", "review", "review2", "check")
        self.reclaim(case, self.done(case, "review2"), "licence_reviewer")
        assert waits(case) == ["check2", "review2"]
        for activity in ("review2", "check2"):
            case.complete(activity, as_=WHO[activity])
        assert waits(case) == ["approve"]

    def test_not_once_somebody_has_returned_the_case(self, play: Play) -> None:
        case = begun(play, "line", "accept")
        mine = self.done(case, "accept")
        send_back(case, "review", "accept")
        with pytest.raises(Conflict, match="已由审核人退回"):
            self.reclaim(case, mine, "licence_acceptor")

    def test_one_voice_of_several_is_not_taken_back_alone(self, play: Play) -> None:
        case = begun(play, "signed", "accept", people=["a", "b"])
        first = task(case, "sign").id
        case.complete("sign", as_="licence_reviewer")
        manager = play.user("licence_manager")
        play.run(
            lambda s: worklist.submit(
                s,
                task(case, "sign").id,
                by=replace(manager, groups=frozenset({"licence_reviewer@370001"})),
                answers={},
            )
        )
        with pytest.raises(Conflict, match="多人分别办理"):
            self.reclaim(case, first, "licence_reviewer")

    def test_though_somebody_acted_in_a_branch_beside_it(self, play: Play) -> None:
        case = begun(play, "beside", "accept", "review", "check")
        self.reclaim(case, self.done(case, "review"), "licence_reviewer")
        assert waits(case) == ["check2", "review"]


class TestJump:
    """自由跳转."""

    def jump(self, case: PlayedCase, to: str, as_: str = "licence_manager", **more: Any) -> None:
        by, before = case.play.user(as_), recorded(case)
        order = Order(to=to, reason="上级批示", **more)
        case.play.run(lambda s: movement.jump(s, case.id, by=by, order=order))
        consistent(case, before)

    def test_forward_the_skipped_nodes_are_listed(self, play: Play) -> None:
        case = begun(play, "line")
        self.jump(case, "issue")
        assert waits(case) == ["issue"]
        assert "跳过：review、approve" in opinions(case)[-1].decision

    def test_never_out_of_a_branch_without_naming_the_siblings(self, play: Play) -> None:
        case = begun(play, "branches", "accept")
        with pytest.raises(Conflict, match="check"):
            self.jump(case, "approve")
        others = {one.id for one in case.tasks[1:]}
        self.jump(case, "approve", confirmed=others)
        assert waits(case) == ["approve"]

    def test_only_with_the_special_permission(self, play: Play) -> None:
        case = begun(play, "line")
        with pytest.raises(Forbidden):
            self.jump(case, "issue", as_="licence_acceptor")


def by(play: Play, login: str) -> Any:
    return play.user(login)


def ended(play: Play) -> PlayedCase:
    case = begun(play, "line", "accept", "review", "approve", "issue", said="yes")
    assert case.row.ended_at is not None
    return case


def documented(case: PlayedCase) -> None:
    """A letter issued in the case, as the ledger of documents keeps it."""

    def add(session: Any) -> None:
        session.add(StoredFile(sha256="0" * 64, size=1, content_type="application/pdf"))
        session.flush()
        session.add(
            Document(
                case_id=case.id,
                kind="letter",
                title="决定书",
                number="鲁〔2026〕1号",
                template="t",
                template_digest="d",
                values={},
                sha256="0" * 64,
                verification_code="V1",
            )
        )

    case.play.run(add)


class TestTerminateAndVoid:
    """终止 / 作废."""

    def test_an_order_with_a_reason_ends_the_case_and_all_its_tasks(self, play: Play) -> None:
        case = begun(play, "branches", "accept")
        manager = by(play, "licence_manager")
        play.run(lambda s: cases.terminate(s, case.id, by=manager, reason="申请人死亡"))
        assert (case.row.status, case.row.outcome, waits(case)) == ("cancelled", "terminated", [])
        assert opinions(case)[-1].text == "申请人死亡"

    def test_voiding_takes_a_second_person(self, play: Play) -> None:
        case = begun(play, "line", "accept")
        manager = by(play, "licence_manager")
        play.run(lambda s: ending.ask_to_void(s, case.id, by=manager, reason="重复立案"))
        assert waits(case) == ["review"], "asking changes nothing"
        with pytest.raises(Forbidden, match="另一人"):
            play.run(lambda s: ending.void(s, case.id, by=manager, reason=""))

    def test_it_voids_the_number_and_what_was_issued(self, play: Play) -> None:
        case = ended(play)
        documented(case)
        manager, second = by(play, "licence_manager"), replace(by(play, "licence_manager"), id=999, person_key="x")  # fmt: skip
        play.run(lambda s: ending.ask_to_void(s, case.id, by=manager, reason="重复立案"))
        play.run(lambda s: ending.void(s, case.id, by=second, reason=""))
        assert (case.row.status, case.row.outcome) == ("cancelled", "voided")
        with play.session() as session:
            documents = session.scalars(select(Document).where(Document.case_id == case.id))
            assert [one.status for one in documents] == ["revoked"]
        assert opinions(case)[-1].text == "重复立案"

    def test_the_second_person_may_disagree(self, play: Play) -> None:
        case = begun(play, "line", "accept")
        manager, second = by(play, "licence_manager"), replace(by(play, "licence_manager"), id=999, person_key="x")  # fmt: skip
        play.run(lambda s: ending.ask_to_void(s, case.id, by=manager, reason="重复立案"))
        play.run(lambda s: ending.void(s, case.id, by=second, reason="并非重复", agree=False))
        assert waits(case) == ["review"]
        assert play.run(lambda s: ending.pending(s, case.id)) is None


class TestReopen:
    """唤醒 / 重启."""

    def reopen(self, case: PlayedCase, at: str, basis: str = "行政许可法第六十九条") -> PlayedCase:
        manager = by(case.play, "licence_manager")
        made = case.play.run(
            lambda s: ending.reopen(s, case.id, by=manager, at=at, basis=basis, reason="发现新证据")
        )
        case.play.drain()
        return PlayedCase(case.play, made.id)

    def test_a_linked_continuation_begins_at_the_node_with_what_was_known(self, play: Play) -> None:
        case = ended(play)
        before = recorded(case)
        again = self.reopen(case, "review")
        assert waits(again) == ["review"]
        assert again.variables["said"] == "yes"
        assert again.variables["continues"] == case.row.reference
        assert again.row.reference != case.row.reference
        assert recorded(case) == before, "the original stays as it was"
        with play.session() as session:
            link = session.scalar(select(CaseLink).where(CaseLink.case_id == again.id))
            assert link.other_id == case.id
        again.complete("review", as_="licence_reviewer")
        assert waits(again) == ["approve"]

    def test_the_legal_basis_is_required(self, play: Play) -> None:
        case = ended(play)
        with pytest.raises(Conflict, match="法律依据"):
            self.reopen(case, "review", basis="")

    def test_a_case_under_way_is_not_reopened_nor_one_twice(self, play: Play) -> None:
        with pytest.raises(Conflict, match="尚未办结"):
            self.reopen(begun(play, "line"), "review")
        case = ended(play)
        self.reopen(case, "review")
        with pytest.raises(Conflict, match="继续办理"):
            self.reopen(case, "review")

    def test_duties_stay_apart_over_the_two_cases(self, play: Play) -> None:
        case = ended(play)
        again = self.reopen(case, "approve")

        def performers(session: Any) -> Any:
            return duties.facts(session, task(again, "approve")).performers

        assert by(play, "licence_reviewer").person_key in play.run(performers)["review"]

    def test_at_a_node_that_is_none_it_is_refused(self, play: Play) -> None:
        with pytest.raises(MoveRefused):
            self.reopen(ended(play), "nowhere")

    def test_within_a_called_process(self, play: Play) -> None:
        case = begun(play, "calling", "accept", "review", "check", "approve")
        paths = [one.path for one in play.run(lambda s: targets.restartable(s, case.id))]
        assert paths == ["accept", "approve", "inner/review", "inner/check"]
        again = self.reopen(case, "inner/check")
        assert waits(again) == ["check"]
        again.complete("check", as_="licence_verifier")
        assert waits(again) == ["approve"]

    def test_within_called_processes_they_know_what_they_had_prepared(self, play: Play) -> None:
        case = begun(play, "through", "accept", "review", said="初稿")
        manager = by(play, "licence_manager")
        play.run(lambda s: cases.terminate(s, case.id, by=manager, reason="申请人撤销"))
        assert "prepared" not in case.variables, "the caller never had it"
        again = self.reopen(case, "inner/review")
        assert known(again, "review")["prepared"] == "按 初稿 备好"
        again.complete("review", as_="licence_reviewer")
        assert known(again, "check")["prepared_again"] == "按 初稿 备好，再备"


class TestUrge:
    """催办."""

    def test_it_is_limited_and_counted(self, play: Play) -> None:
        case, manager = begun(play, "line"), by(play, "licence_manager")
        with pytest.raises(Forbidden, match="不足"):
            play.run(lambda s: cases.urge(s, case.id, by=manager))
        play.passes(working_days=2)
        play.run(lambda s: cases.urge(s, case.id, by=manager))
        with pytest.raises(Forbidden, match="已经催办"):
            play.run(lambda s: cases.urge(s, case.id, by=manager))
        assert case.row.urge_count == 1

    def test_the_third_goes_to_the_supervisor_too(self, play: Play) -> None:
        case, manager = begun(play, "line"), by(play, "licence_manager")
        for _round in range(3):
            play.passes(working_days=3)
            play.run(lambda s: cases.urge(s, case.id, by=manager))
        with play.session() as session:
            told = session.scalars(
                select(Notification).where(Notification.kind == "urge_escalated")
            )
            assert manager.id in {one.user_id for one in told}


def test_nothing_of_the_history_changes_over_many_operations(play: Play) -> None:
    case = begun(play, "line", "accept", "review")
    with play.session() as session:
        before = [(one.sequence, one.type) for one in history.events(session, case.id)]
    send_back(case, "approve", "accept", straight=True)
    with play.session() as session:
        after = [(one.sequence, one.type) for one in history.events(session, case.id)]
    assert after[: len(before)] == before


class TestAcrossBranches:
    """A.3 并行分支中退回, 自由跳转: from one branch to another that runs beside it."""

    def reviewed(self, play: Play) -> PlayedCase:
        case = play.start("yacht_licence_branches")
        case.complete("accept", as_="acceptor")
        case.complete("check", as_="verifier")
        case.complete("review", as_="reviewer")
        return case

    def test_row_return_in_parallel_names_the_sibling_and_begins_both_again(
        self, play: Play
    ) -> None:
        case, by = self.reviewed(play), play.user("reviewer")
        task = next(one for one in case.tasks if one.activity == "review2")
        lost = next(one for one in case.tasks if one.activity == "check2")
        found = play.run(lambda s: movement.return_targets(s, task.id, by=by))
        assert {one.path: one.across for one in found} == {
            "accept": False,
            "review": False,
            "check": True,
        }
        order = Order(to="check", reason="核验与审查不一致")
        with pytest.raises(Conflict, match="将同时撤销以下并行任务"):
            play.run(lambda s: movement.send_back(s, task.id, by=by, order=order))
        agreed = replace(order, confirmed=frozenset({lost.id}))
        made = play.run(lambda s: movement.send_back(s, task.id, by=by, order=agreed))
        assert [one.activity for one in made] == ["check"]
        assert case.waits_for == {"review", "check"}
        with play.session() as session:
            said = session.scalars(select(Opinion).where(Opinion.case_id == case.id)).all()
        assert {one.activity for one in said} >= {"review", "check", "review2"}, "opinions stay"

    def test_row_free_jump_across_branches_lists_what_it_skips(self, play: Play) -> None:
        case, by = self.reviewed(play), play.user("manager")
        task = next(one for one in case.tasks if one.activity == "review2")
        lost = frozenset(one.id for one in case.tasks if one.activity == "check2")
        order = Order(to="check", reason="重新核验", confirmed=lost)
        play.run(lambda s: movement.jump(s, case.id, by=by, order=order, mover=task.id))
        assert case.waits_for == {"check"}
        case.complete("check", as_="verifier")
        case.complete("check2", as_="verifier")
        assert case.waits_for == {"approve"}


NEEDING = xml(
    "start -> accept -> plan -> review -> end",
    key="yacht_licence_needing",
    accept=desk("licence_acceptor"),
    plan=script('{days: 5, role: "licence_reviewer@370001"}', "planned"),
    review=user(
        ALLOW + '<banli:limit amount="=planned.days" unit="working_days" title="审查期限"/>',
        candidateGroups="=planned.role",
    ),
)


def test_row_free_jump_checks_what_the_target_needs(play: Play) -> None:
    """A.3 自由跳转: the data contract of the target; what it lacks is named, nothing moves."""
    play.run(lambda session: repository.deploy(session, {"n.bpmn": NEEDING}, by="admin"))
    case, by = play.start("yacht_licence_needing"), play.user("manager")
    order = Order(to="review", reason="直接审查")
    with pytest.raises(Conflict, match="缺少所需的数据"):
        play.run(lambda s: movement.jump(s, case.id, by=by, order=order))
    assert case.waits_for == {"accept"}
    case.complete("accept", as_="acceptor")
    back = Order(to="accept", reason="补录")
    play.run(lambda s: movement.jump(s, case.id, by=by, order=back))
    play.run(lambda s: movement.jump(s, case.id, by=by, order=order))
    assert case.waits_for == {"review"}, "what was computed once is there"
