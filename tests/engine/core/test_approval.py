"""Several people on one task (case-operations A.1, A.2), each row a test named after it."""

from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.approval import operations as op
from engine.approval.board import ApprovalRefused, Board, Decision, Kind, Mode, Rule, Stage
from engine.errors import DeploymentRejected
from engine.ids import next_id
from tests.engine.core.scenario import Case, boundary, timer, user, xml

YES, NO, NEITHER = Decision.APPROVE, Decision.REJECT, Decision.ABSTAIN


def made(mode: Mode, *users: str, **rule: object) -> Board:
    people = [(number, user, 1) for number, user in enumerate(users, start=1)]
    return op.board(Rule(mode, **rule), people)  # type: ignore[arg-type]


def said(board: Board, **decisions: Decision) -> Board:
    for person, decision in decisions.items():
        item = next(one for one in board.open if one.user == person)
        board = op.decide(board, item.id, decision)
    return board


def acting(board: Board) -> set[str]:
    return {one.user for one in board.open}


class TestMultiPersonModes:
    def test_all_gives_everyone_a_task_at_once_and_completes_when_all_approve(self) -> None:
        board = made(Mode.ALL, "a", "b", "c")
        assert acting(board) == {"a", "b", "c"}
        board = said(board, a=YES, b=YES)
        assert board.outcome is None
        assert said(board, c=YES).outcome is YES

    def test_all_ends_with_the_first_rejection(self) -> None:
        board = said(made(Mode.ALL, "a", "b", "c"), b=NO)
        assert (board.outcome, acting(board)) == (NO, set())
        assert board.item(1).reason == "本环节已作出决定"

    def test_all_may_wait_for_everyone_before_a_rejection_counts(self) -> None:
        board = said(made(Mode.ALL, "a", "b", wait_for_all=True), a=NO)
        assert (board.outcome, acting(board)) == (None, {"b"})
        assert said(board, b=YES).outcome is NO

    def test_all_abstaining_is_no_approval(self) -> None:
        assert said(made(Mode.ALL, "a", "b"), a=NEITHER, b=NEITHER).outcome is NO

    def test_ratio_counts_approvals_and_ends_when_it_is_reached(self) -> None:
        board = said(made(Mode.RATIO, "a", "b", "c", ratio=Decimal("0.6")), a=YES)
        assert board.outcome is None
        assert said(board, b=YES).outcome is YES

    def test_ratio_weighs_a_rejection_and_it_is_not_fatal_by_itself(self) -> None:
        board = said(made(Mode.RATIO, "a", "b", "c", ratio=Decimal("0.6")), a=NO)
        assert board.outcome is None
        assert said(board, b=YES, c=YES).outcome is YES

    def test_ratio_fails_early_when_it_can_no_longer_be_reached(self) -> None:
        board = said(made(Mode.RATIO, "a", "b", "c", ratio=Decimal("0.6")), a=NO, b=NO)
        assert (board.outcome, acting(board)) == (NO, set())

    def test_ratio_leaves_out_those_who_abstain(self) -> None:
        board = said(made(Mode.RATIO, "a", "b", "c", ratio=Decimal("0.6")), a=NEITHER, b=YES)
        assert board.outcome is None
        assert said(board, c=NO).outcome is NO
        assert said(board, c=NEITHER).outcome is YES

    def test_ratio_includes_those_added_and_excludes_those_removed(self) -> None:
        board = said(made(Mode.RATIO, "a", "b", ratio=Decimal("0.6")), a=YES)
        board = op.add_beside(board, [(3, "c", 1), (4, "d", 1)])
        board = said(board, b=YES)
        assert board.outcome is None
        board = op.remove(board, 4, reason="重复")
        assert board.outcome is YES

    def test_any_takes_the_first_decision_and_cancels_the_others_with_a_reason(self) -> None:
        board = said(made(Mode.ANY, "a", "b"), b=YES)
        assert (board.outcome, board.item(1).stage) == (YES, Stage.CANCELLED)
        assert board.item(1).reason
        assert said(made(Mode.ANY, "a", "b"), b=NO).outcome is NO

    def test_any_passes_over_those_who_abstain(self) -> None:
        board = said(made(Mode.ANY, "a", "b"), a=NEITHER)
        assert (board.outcome, acting(board)) == (None, {"b"})

    def test_ordered_opens_the_next_when_the_one_before_approved(self) -> None:
        board = made(Mode.ORDERED, "a", "b", "c")
        assert acting(board) == {"a"}
        board = said(board, a=YES)
        assert acting(board) == {"b"}
        assert said(board, b=YES, c=YES).outcome is YES

    def test_ordered_stops_at_a_rejection(self) -> None:
        board = said(made(Mode.ORDERED, "a", "b", "c"), a=YES, b=NO)
        assert (board.outcome, board.item(3).stage) == (NO, Stage.CANCELLED)

    def test_a_vote_needs_more_than_half_of_the_weight(self) -> None:
        board = op.board(Rule(Mode.VOTE), [(1, "a", 3), (2, "b", 2), (3, "c", 1)])
        assert said(board, b=YES).outcome is None
        assert said(board, b=YES, c=YES).outcome is None  # a tie so far
        assert said(board, b=YES, c=YES, a=NO).outcome is NO
        assert said(board, b=YES, a=YES).outcome is YES

    def test_a_vote_ends_at_a_fixed_number_of_passes_or_rejects(self) -> None:
        board = made(Mode.VOTE, "a", "b", "c", "d", passes=2, rejects=2)
        assert said(board, a=YES, d=NO, b=YES).outcome is YES
        assert said(board, a=YES, d=NO, b=NO).outcome is NO


class TestPersonChangingOperations:
    def test_transfer_lets_another_person_act_and_keeps_the_first_owner_on_record(self) -> None:
        board = op.transfer(made(Mode.SINGLE, "a"), 1, "b")
        board = op.transfer(board, 1, "c")
        assert (acting(board), board.item(1).owner) == ({"c"}, "a")
        assert said(board, c=YES).outcome is YES

    def test_delegate_gives_an_opinion_and_the_task_returns_to_its_owner_who_decides(self) -> None:
        board = op.delegate(made(Mode.SINGLE, "a"), 1, to=2, user="b")
        assert (acting(board), board.item(1).stage) == ({"b"}, Stage.WAITING)
        board = said(board, b=NO)
        assert (acting(board), board.outcome) == ({"a"}, None)
        assert said(board, a=YES).outcome is YES

    def test_before_sign_makes_the_owner_wait_for_all_who_were_added(self) -> None:
        board = op.add_before(made(Mode.SINGLE, "a"), 1, [(2, "b"), (3, "c")])
        assert acting(board) == {"b", "c"}
        assert acting(said(board, b=YES)) == {"c"}
        assert acting(said(board, b=YES, c=NO)) == {"a"}

    def test_before_sign_in_order_opens_one_after_the_other(self) -> None:
        board = op.add_before(made(Mode.SINGLE, "a"), 1, [(2, "b"), (3, "c")], ordered=True)
        assert acting(board) == {"b"}
        assert acting(said(board, b=YES)) == {"c"}

    def test_after_sign_lets_the_owner_approve_first_and_the_last_completes(self) -> None:
        board = op.add_after(made(Mode.SINGLE, "a"), 1, [(2, "b"), (3, "c")])
        assert acting(board) == {"a"}
        board = said(board, a=YES)
        assert (acting(board), board.item(1).stage) == ({"b", "c"}, Stage.APPROVING)
        assert said(board, b=YES).outcome is None
        assert said(board, b=YES, c=YES).outcome is YES

    def test_after_sign_that_rejects_rejects_for_the_owner(self) -> None:
        board = op.add_after(made(Mode.SINGLE, "a"), 1, [(2, "b"), (3, "c")])
        assert said(board, a=YES, b=NO).outcome is NO

    def test_after_sign_is_dropped_when_the_owner_rejects(self) -> None:
        board = said(op.add_after(made(Mode.SINGLE, "a"), 1, [(2, "b")]), a=NO)
        assert (board.outcome, board.item(2).stage) == (NO, Stage.CANCELLED)

    def test_beside_joins_the_vote(self) -> None:
        board = op.add_beside(made(Mode.ALL, "a", "b"), [(3, "c", 1)])
        assert said(board, a=YES, b=YES).outcome is None
        assert said(board, a=YES, b=YES, c=YES).outcome is YES

    def test_beside_needs_a_node_with_several_people(self) -> None:
        with pytest.raises(ApprovalRefused, match="不是多人办理"):
            op.add_beside(made(Mode.SINGLE, "a"), [(2, "b", 1)])

    def test_remove_takes_back_an_added_person_and_may_complete_the_parent(self) -> None:
        board = op.add_after(made(Mode.SINGLE, "a"), 1, [(2, "b")])
        board = said(board, a=YES)
        assert op.remove(board, 2, reason="不需要").outcome is YES
        waiting = op.add_before(made(Mode.SINGLE, "a"), 1, [(2, "b")])
        assert acting(op.remove(waiting, 2, reason="不需要")) == {"a"}

    def test_remove_refuses_those_who_acted_and_those_who_were_named(self) -> None:
        board = op.add_beside(made(Mode.ALL, "a", "b"), [(3, "c", 1)])
        with pytest.raises(ApprovalRefused, match="只能减去加签"):
            op.remove(board, 1, reason="")
        with pytest.raises(ApprovalRefused, match="已经办理"):
            op.remove(said(board, c=YES), 3, reason="")

    def test_before_and_after_cannot_coexist_on_one_task(self) -> None:
        with pytest.raises(ApprovalRefused, match="不能再前加签"):
            op.add_before(op.add_after(made(Mode.SINGLE, "a"), 1, [(2, "b")]), 1, [(3, "c")])
        back = said(op.add_before(made(Mode.SINGLE, "a"), 1, [(2, "b")]), b=YES)
        with pytest.raises(ApprovalRefused, match="不能再后加签"):
            op.add_after(back, 1, [(3, "c")])

    @pytest.mark.parametrize(
        "change",
        [
            lambda board: op.transfer(board, 1, "b"),
            lambda board: op.delegate(board, 1, to=9, user="b"),
            lambda board: op.add_before(board, 1, [(9, "b")]),
            lambda board: op.add_after(board, 1, [(8, "c"), (9, "c")]),
            lambda board: op.add_beside(board, [(9, "a", 1)]),
        ],
    )
    def test_nobody_is_twice_on_one_node(self, change: object) -> None:
        with pytest.raises(ApprovalRefused, match="不能重复"):
            change(made(Mode.ALL, "a", "b"))  # type: ignore[operator]

    def test_only_who_has_an_open_item_acts(self) -> None:
        board = op.delegate(made(Mode.SINGLE, "a"), 1, to=2, user="b")
        with pytest.raises(ApprovalRefused, match="现在不能办理"):
            op.decide(board, 1, YES)
        with pytest.raises(ApprovalRefused, match="没有这项"):
            op.decide(board, 77, YES)


MODES = st.sampled_from([Mode.ALL, Mode.RATIO, Mode.ANY, Mode.ORDERED, Mode.VOTE])
VOTES = st.lists(st.sampled_from([YES, NO, NEITHER]), min_size=1, max_size=6)


@settings(deadline=None, max_examples=150)
@given(mode=MODES, votes=VOTES, weights=st.lists(st.integers(1, 4), min_size=6, max_size=6))
def test_an_early_decision_is_what_all_votes_would_have_led_to(
    mode: Mode, votes: list[Decision], weights: list[int]
) -> None:
    people = [(n, f"u{n}", weights[n - 1]) for n in range(1, len(votes) + 1)]
    ratio = Decimal("0.6")
    board = op.board(Rule(mode, ratio=ratio), people)
    for number, vote in enumerate(votes, start=1):
        if board.outcome is None:
            board = op.decide(board, number, vote)
    yes = sum(vote is YES for vote in votes)
    counted = sum(vote is not NEITHER for vote in votes)
    weight_yes = sum(w for w, vote in zip(weights, votes, strict=False) if vote is YES)
    weight_all = sum(w for w, vote in zip(weights, votes, strict=False) if vote is not NEITHER)
    first = next((vote for vote in votes if vote is not NEITHER), NO)
    expected = {
        Mode.ALL: NO not in votes and yes > 0,
        Mode.ORDERED: NO not in votes and yes > 0,
        Mode.RATIO: counted > 0 and yes >= Fraction(ratio) * counted,
        Mode.ANY: first is YES,
        Mode.VOTE: weight_yes * 2 > weight_all,
    }[mode]
    assert board.outcome is (YES if expected else NO)


@settings(deadline=None, max_examples=200)
@given(data=st.data(), mode=MODES, size=st.integers(1, 4))
def test_whatever_people_do_somebody_can_act_or_the_node_is_decided(
    data: st.DataObject, mode: Mode, size: int
) -> None:
    board = made(mode, *(f"u{n}" for n in range(1, size + 1)))
    fresh = 100
    for _round in range(data.draw(st.integers(1, 12))):
        if board.outcome is not None:
            break
        item = data.draw(st.sampled_from(board.open))
        fresh += 1
        what = data.draw(st.sampled_from(["decide", "before", "after", "beside", "hand", "remove"]))
        try:
            board = _done(board, what, item.id, fresh, data)
        except ApprovalRefused:
            continue
        assert (board.outcome is None) == bool(board.open)
        assert len({one.id for one in board.items}) == len(board.items)
        waiting = [one for one in board.items if one.stage in {Stage.WAITING, Stage.APPROVING}]
        assert all(board.below(one.id) for one in waiting)


def _done(board: Board, what: str, item: int, fresh: int, data: st.DataObject) -> Board:
    if what == "decide":
        return op.decide(board, item, data.draw(st.sampled_from([YES, NO, NEITHER])))
    if what == "before":
        return op.add_before(board, item, [(fresh, f"n{fresh}")])
    if what == "after":
        return op.add_after(board, item, [(fresh, f"n{fresh}")])
    if what == "beside":
        return op.add_beside(board, [(fresh, f"n{fresh}", 1)])
    if what == "hand":
        return op.delegate(board, item, to=fresh, user=f"n{fresh}")
    added = [one for one in board.items if one.kind is not Kind.MAIN and not one.ended]
    return op.remove(board, data.draw(st.sampled_from(added)).id, reason="x") if added else board


class TestOnTheEngine:
    """The same, as work items of a running process that is stored at every step."""

    def several(self, attributes: str, **variables: object) -> Case:
        decision = ' decision="=opinion" result="result" opinions="opinions"'
        text = f"<banli:approval {attributes}{decision}/>"
        model = xml("start -> sign -> next -> end", sign=user(text))
        return Case(model, people=["a", "b", "c"], **variables)

    def of(self, case: Case, person: str) -> Any:
        waits = case.execution.waits.values()
        return next(wait for wait in waits if getattr(wait, "assignee", None) == person)

    def says(self, case: Case, person: str, opinion: str, **answers: object) -> None:
        answers["opinion"] = opinion
        case.command("complete", self.of(case, person).id, answers)

    def holders(self, case: Case) -> set[str]:
        return {wait.assignee for wait in case.execution.waits.values()}

    def test_everybody_gets_a_task_and_the_outcome_and_opinions_are_variables(self) -> None:
        case = self.several('mode="all" people="=people"')
        assert self.holders(case) == {"a", "b", "c"}
        for person in ("a", "b", "c"):
            self.says(case, person, "approve", remark=f"{person} 同意")
        assert case.waits == ["next"]
        assert case.variables["result"] == "approve"
        assert [one["user"] for one in case.variables["opinions"]] == ["a", "b", "c"]
        assert case.variables["opinions"][0]["remark"] == "a 同意"
        assert "opinion" not in case.variables, "several answers are no variables of the case"

    def test_a_decided_node_withdraws_the_others_with_a_reason(self) -> None:
        case = self.several('mode="any" people="=people"')
        self.says(case, "b", "reject")
        assert (case.waits, case.variables["result"]) == (["next"], "reject")
        gone = [one for one in case.events if one.type == "task.withdrawn"]
        assert {one.data["user"] for one in gone} == {"a", "c"}
        assert {one.data["reason"] for one in gone} == {"本环节已作出决定"}

    def test_the_ratio_is_weighed_and_one_rejection_is_not_fatal(self) -> None:
        case = self.several('mode="ratio" people="=people" ratio="=0.6"')
        self.says(case, "a", "reject")
        self.says(case, "b", "approve")
        assert case.waits == ["sign"]
        self.says(case, "c", "approve")
        assert (case.waits, case.variables["result"]) == (["next"], "approve")

    def test_ordered_people_come_one_after_the_other(self) -> None:
        case = self.several('mode="ordered" people="=people"')
        assert self.holders(case) == {"a"}
        self.says(case, "a", "approve")
        assert self.holders(case) == {"b"}

    def test_voters_may_have_weights(self) -> None:
        people = '=[{user: "a", weight: 3}, {user: "b", weight: 1}]'
        case = self.several(f"mode='vote' people='{people}'")
        self.says(case, "a", "approve")
        assert case.variables["result"] == "approve"

    def test_a_one_person_task_waits_for_a_delegate_and_keeps_its_id(self) -> None:
        case = Case(xml("start -> a -> end"))
        task = case.wait("a").id
        case.execution.rearrange(
            task, lambda board: op.delegate(board, task, to=next_id(), user="b"), holder="a"
        )
        case._settle()
        assert self.holders(case) == {"b"}
        case.command("complete", self.of(case, "b").id, {"decision": "reject", "text": "再看看"})
        assert (self.of(case, "a").id, case.completed) == (task, False)
        assert "text" not in case.variables, "an opinion changes no variable"
        case.complete("a", granted=True)
        assert case.completed

    @pytest.mark.parametrize("verdict", ["approve", "reject"])
    def test_a_signer_after_who_rejects_gives_the_task_back_to_its_owner(
        self, verdict: str
    ) -> None:
        case = Case(xml("start -> a -> end"))
        task = case.wait("a").id
        case.execution.rearrange(
            task, lambda board: op.add_after(board, task, [(next_id(), "b")]), holder="a"
        )
        case._settle()
        case.complete("a", granted=True)
        assert (self.holders(case), case.completed) == ({"b"}, False)
        case.command("complete", self.of(case, "b").id, {"decision": verdict})
        assert case.completed == (verdict == "approve")
        if verdict == "reject":
            assert self.of(case, "a").id == task
            assert case.complete("a", granted=False).completed
            assert case.variables["granted"] is False

    def test_an_added_person_joins_the_vote_of_a_running_node(self) -> None:
        case = self.several('mode="all" people="=people"')
        item = self.of(case, "a").id
        case.execution.rearrange(item, lambda board: op.add_beside(board, [(next_id(), "d", 1)]))
        case._settle()
        assert self.holders(case) == {"a", "b", "c", "d"}

    def test_a_boundary_event_ends_all_work_items(self) -> None:
        approval = '<banli:approval mode="all" people="=people" decision="=opinion"/>'
        late = boundary("sign", timer("duration", "P3D"))
        flows = "start -> sign -> end\n late -> other -> end2"
        case = Case(xml(flows, sign=user(approval), late=late), people=["a", "b"])
        case.fire("late")
        assert case.waits == ["other"]

    @pytest.mark.parametrize("people", ["[]", "null", '["a", "a"]', "[1]"])
    def test_a_list_of_people_that_is_none_is_an_incident(self, people: str) -> None:
        text = f"<banli:approval mode='all' people='={people}'/>"
        assert Case(xml("start -> sign -> end", sign=user(text))).incidents == ["sign"]

    @pytest.mark.parametrize(
        "attributes", ['mode="some"', 'mode="all"', 'mode="ratio" people="=p"', ""]
    )
    def test_an_incomplete_approval_is_refused_at_deployment(self, attributes: str) -> None:
        with pytest.raises(DeploymentRejected, match="审批方式"):
            Case(xml("start -> a -> end", a=user(f"<banli:approval {attributes}/>")))
