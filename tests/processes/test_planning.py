"""追加 / 改派后续, 后续办理人由当前办理人或发起人选择 (case-operations A.2, A.4)."""

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from engine import history
from engine.errors import Forbidden, NotFound
from processes.approvals import planning
from processes.approvals.planning import PlanRefused
from processes.desk import worklist
from processes.identity import audit
from processes.model.agents import PlannedPerson
from processes.model.people import UserAccount
from processes.movement import movement
from processes.movement.movement import Order
from processes.people import accounts
from processes.play import PlayedCase
from tests.engine.core.scenario import user, xml
from tests.processes.test_approvals import (
    GROUP,
    Office,
    do,
    holders,
    lines,
    several,
    told,
    two_more,
    vote,
)

APPROVERS = "licence_approver@370001"
CHOSEN = '<banli:chosen by="previous starter"/>'
MODELS = {
    "yacht_licence_three": xml(
        "start -> review -> approve -> check -> end",
        key="yacht_licence_three",
        review=user('<banli:operations allow="claim complete plan"/>', candidateGroups=GROUP),
        approve=user(
            CHOSEN
            + '<banli:separation from="review"/><banli:operations allow="claim complete return"/>',
            candidateGroups=APPROVERS,
        ),
        check=user(candidateGroups=APPROVERS),
    ),
    "yacht_licence_board": xml(
        "start -> review -> sign -> end",
        key="yacht_licence_board",
        review=user(candidateGroups=GROUP),
        sign=several(f'mode="all"/>{CHOSEN}<banli:limit amount="3" unit="working_days"'),
    ),
}


@pytest.fixture
def office() -> Iterator[Office]:
    """With three approvers: the one of the cast, and two more."""
    with Office.of(MODELS, two_more("licence_approver", "审批人")) as made:
        yield made


def claimed(office: Office, key: str = "yacht_licence_three", **variables: Any) -> PlayedCase:
    case = office.start(key, **variables)
    do(case, worklist.claim, case.tasks[0].id, by=office.user("reviewer"))
    return case


def choose(case: PlayedCase, activity: str, *logins: str, by: str = "reviewer") -> None:
    people = [case.play.user(one).id for one in logins]
    me = case.play.user(by)
    do(case, planning.choose, case.id, activity, people, by=me, reason="熟悉情况")
    case.play.drain()


def ahead(case: PlayedCase, login: str) -> dict[str, list[str]]:
    found = do(case, planning.ahead, case.id, by=case.play.user(login))
    return {one.activity: [person.name for person in one.people] for one in found}


def done(case: PlayedCase, login: str) -> None:
    do(case, worklist.submit, case.tasks[0].id, by=case.play.user(login), answers={})
    case.play.drain()


class TestChoosing:
    def test_the_list_is_stored_for_this_case_and_used_on_arrival(self, office: Office) -> None:
        case, other = claimed(office), claimed(office)
        choose(case, "approve", "second")
        assert ahead(case, "reviewer") == {"approve": ["审批人second"]}
        assert ahead(other, "reviewer") == {"approve": []}
        done(case, "reviewer")
        done(other, "reviewer")
        assert holders(case) == {"second"}
        assert other.tasks[0].assignee is None
        assert told(case, "second") == ["“approve”已指定由您办理"]

    def test_several_are_the_only_candidates_of_a_task_of_one(self, office: Office) -> None:
        case = claimed(office)
        choose(case, "approve", "second", "third")
        done(case, "reviewer")
        task = case.tasks[0].id
        with pytest.raises(NotFound):
            do(case, worklist.claim, task, by=office.user("approver"))
        do(case, worklist.claim, task, by=office.user("third"))

    def test_several_sign_together_where_the_node_is_of_several(self, office: Office) -> None:
        case = claimed(office, "yacht_licence_board", people=[str(office.id("approver"))])
        choose(case, "sign", "second", "third")
        done(case, "reviewer")
        assert holders(case) == {"second", "third"}
        vote(case, "second", "approve")
        vote(case, "third", "approve")
        assert (case.ended, case.variables["outcome"]) == ("end", "approve")

    def test_what_was_chosen_can_be_changed_and_taken_back_before_it_comes(
        self, office: Office
    ) -> None:
        case = claimed(office)
        choose(case, "approve", "second")
        choose(case, "approve", "third")
        assert ahead(case, "reviewer") == {"approve": ["审批人third"]}
        choose(case, "approve")
        done(case, "reviewer")
        assert case.tasks[0].assignee is None
        with pytest.raises(NotFound, match="已经到达"):
            choose(case, "approve", "second", by="approver")

    def test_it_holds_when_the_task_comes_again(self, office: Office) -> None:
        case = claimed(office)
        choose(case, "approve", "second")
        done(case, "reviewer")
        order = Order(to="review", reason="补充")
        do(case, movement.send_back, case.tasks[0].id, by=office.user("second"), order=order)
        done(case, "reviewer")
        assert holders(case) == {"second"}

    def test_record_history_and_audit_tell_who_chose_whom(self, office: Office) -> None:
        case = claimed(office)
        choose(case, "approve", "second")
        last = lines(case)[-1]
        assert (last.decision, last.text, last.action) == (
            "指定“approve”由审批人second办理",
            "熟悉情况",
            "planned",
        )
        (event,) = do(case, history.of_type, case.id, "task.planned")
        assert event.data["users"] == [str(office.id("second"))]
        assert event.actor == str(office.id("reviewer"))
        assert do(case, audit.verify) is None

        def rows(session: Session) -> list[int]:
            return list(session.scalars(select(PlannedPerson.user_id)))

        assert office.run(rows) == [office.id("second")]


class TestWhoMayChoose:
    def test_the_holder_of_a_task_before_it_where_the_node_allows_it(self, office: Office) -> None:
        case = claimed(office)
        assert set(ahead(case, "reviewer")) == {"approve"}
        with pytest.raises(Forbidden):
            choose(case, "check", "second")

    def test_the_starter_where_the_node_allows_it(self, office: Office) -> None:
        case = office.start("yacht_licence_three", by="acceptor")
        assert set(ahead(case, "acceptor")) == {"approve"}
        choose(case, "approve", "third", by="acceptor")
        do(case, worklist.claim, case.tasks[0].id, by=office.user("reviewer"))
        done(case, "reviewer")
        assert holders(case) == {"third"}

    def test_who_assigns_work_for_any_task_ahead(self, office: Office) -> None:
        case = claimed(office)
        assert set(ahead(case, "manager")) == {"approve", "check"}
        choose(case, "check", "second", by="manager")

    def test_nobody_else(self, office: Office) -> None:
        case = claimed(office)
        assert ahead(case, "verifier") == {}
        with pytest.raises(Forbidden):
            choose(case, "approve", "second", by="verifier")


class TestWhoIsChosen:
    def test_only_who_may_do_the_task(self, office: Office) -> None:
        case = claimed(office)
        me = office.user("reviewer")
        offered = do(case, planning.people, case.id, "approve", by=me)
        assert {one.name for one in offered} == {"审批人", "审批人second", "审批人third"}
        with pytest.raises(PlanRefused, match="有权办理"):
            choose(case, "approve", "verifier")

    def test_not_whom_duties_keep_away(self, office: Office) -> None:
        def also(session: Session) -> None:
            row = session.get_one(UserAccount, office.id("second"))
            accounts.assign_role(session, row, "licence_reviewer", org_code="370001")

        office.run(also)
        case = office.start("yacht_licence_three")
        do(case, worklist.claim, case.tasks[0].id, by=office.user("second"))
        done(case, "second")  # the review; now he must not approve
        order = Order(to="review", reason="补充", recompute=True)
        do(case, movement.send_back, case.tasks[0].id, by=office.user("third"), order=order)
        do(case, worklist.claim, case.tasks[0].id, by=office.user("reviewer"))
        offered = do(case, planning.people, case.id, "approve", by=office.user("reviewer"))
        assert {one.name for one in offered} == {"审批人", "审批人third"}

    def test_who_may_not_do_it_any_more_gives_it_back_to_the_pool(self, office: Office) -> None:
        case = claimed(office)
        choose(case, "approve", "second")

        def leaves(session: Session) -> None:
            accounts.close_account(session, session.get_one(UserAccount, office.id("second")))

        office.run(leaves)
        done(case, "reviewer")
        assert case.tasks[0].assignee is None
        do(case, worklist.claim, case.tasks[0].id, by=office.user("approver"))

    def test_nor_who_has_done_what_keeps_him_away_meanwhile(self, office: Office) -> None:
        def also(session: Session) -> None:
            row = session.get_one(UserAccount, office.id("reviewer"))
            accounts.assign_role(session, row, "licence_approver", org_code="370001")

        office.run(also)
        case = claimed(office)
        choose(case, "approve", "reviewer")
        done(case, "reviewer")
        assert case.tasks[0].assignee is None
        assert case.tasks[0].activity == "approve"
