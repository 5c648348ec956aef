"""代理 (case-operations A.2, agent during absence): a scenario for each part of the row."""

import contextlib
import graphlib
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from engine import clock, history, tasks
from engine.approval.board import ApprovalRefused, Kind
from engine.errors import Forbidden, NotFound, TaskNotActive
from processes.approvals import approvals
from processes.casefile import opinions
from processes.casework import cases
from processes.desk import inbox, worklist
from processes.identity import audit, principals
from processes.identity.identity import User
from processes.model.agents import Substitution
from processes.model.cases import Case
from processes.model.people import AuditEvent, UserAccount
from processes.movement import movement
from processes.movement.movement import Order
from processes.people import accounts, agents
from processes.people.agents import AgentRefused, Wanted
from processes.play import START, PlayedCase
from processes.rights import duties, permissions
from tests.engine.core.scenario import user, xml
from tests.processes.test_approvals import GROUP, Office, do, several, signed, told

PEOPLE = ("reviewer", "approver", "verifier", "issuer")
APPROVERS = "licence_approver@370001"
MODELS = {
    "one": xml("start -> review -> end", key="one", review=user(candidateGroups=GROUP)),
    "two": xml(
        "start -> review -> approve -> end",
        key="two",
        review=user(candidateGroups=GROUP),
        approve=user(
            '<banli:separation from="review"/><banli:operations allow="claim complete return"/>',
            candidateGroups=APPROVERS,
        ),
    ),
    "all": xml("start -> review -> end", key="all", review=several('mode="all"')),
}


class _Enough(Exception):
    """Looked at; take it all back."""


def _set_all(
    session: Session, users: dict[str, User], wanted: list[tuple[str, str, int, int]]
) -> None:
    today = clock.today()
    for principal, agent, start, length in wanted:
        begin = today + timedelta(days=start)
        asked = Wanted(
            principal=users[principal].id,
            agent=users[agent].id,
            starts_on=begin,
            ends_on=begin + timedelta(days=length),
        )
        with contextlib.suppress(AgentRefused):
            agents.entrust(session, asked, by=users[principal])


def _set(session: Session) -> set[tuple[int, int]]:
    rows = session.execute(select(Substitution.principal, Substitution.agent).where(_today()))
    return {(row.principal, row.agent) for row in rows}


def _today() -> Any:
    today = clock.today()
    return (Substitution.starts_on <= today) & (today <= Substitution.ends_on)


@pytest.fixture
def office() -> Iterator[Office]:
    with Office.of(MODELS) as made:
        yield made


def entrusted(office: Office, principal: str, agent: str, **more: Any) -> int:
    """A substitution from today for a week, unless told otherwise; set by the principal."""
    today = clock.today()
    told = {"starts_on": today, "ends_on": today + timedelta(days=6), **more}
    by = office.user(told.pop("by", principal))
    wanted = Wanted(principal=office.id(principal), agent=office.id(agent), **told)
    return office.run(lambda session: agents.entrust(session, wanted, by=by).id)


def todo(office: Office, login: str) -> set[int]:
    by = office.user(login)
    page = office.run(lambda session: inbox.page(session, by, box="todo"))
    counted = office.run(lambda session: inbox.counts(session, by)["todo"])
    assert counted == page.total == len(page.rows)
    return {row.case_id for row in page.rows}


def done(case: PlayedCase, login: str, activity: str = "review") -> None:
    by = case.play.user(login)
    task = next(one for one in case.tasks if one.activity == activity)
    do(case, worklist.submit, task.id, by=by, answers={})
    case.play.drain()


def claim(case: PlayedCase, login: str) -> None:
    do(case, worklist.claim, case.tasks[0].id, by=case.play.user(login))


class TestAgentDuringAbsence:
    def test_new_and_existing_tasks_are_visible_to_both(self, office: Office) -> None:
        held, pooled = office.start("one"), office.start("one")
        claim(held, "reviewer")
        assert todo(office, "approver") == set()
        entrusted(office, "reviewer", "approver")
        later = office.start("one")
        both = {held.id, pooled.id, later.id}
        assert todo(office, "approver") == todo(office, "reviewer") == both

    def test_who_finishes_first_closes_for_both(self, office: Office) -> None:
        case = office.start("one")
        claim(case, "reviewer")
        entrusted(office, "reviewer", "approver")
        task = case.tasks[0].id
        done(case, "approver")
        assert case.ended == "end"
        assert todo(office, "reviewer") == todo(office, "approver") == set()
        with pytest.raises(TaskNotActive) as late:
            do(case, worklist.submit, task, by=office.user("reviewer"), answers={})
        assert late.value.details["by"] == "审批人"

    def test_the_record_says_who_acted_for_whom(self, office: Office) -> None:
        case = office.start("one")
        claim(case, "reviewer")
        entrusted(office, "reviewer", "approver")
        done(case, "approver")
        (said,) = [one for one in do(case, opinions.of_case, case.id) if one.task_id]
        assert (said.by_name, said.acting_for_name) == ("审批人", "审核人")
        (event,) = do(case, history.of_type, case.id, history.REPRESENTED)
        assert (event.actor, event.data["principal"]) == (
            str(office.id("approver")),
            str(office.id("reviewer")),
        )

        def rows(session: Session) -> list[AuditEvent]:
            query = select(AuditEvent).where(AuditEvent.action == "task.completed")
            return list(session.scalars(query))

        (row,) = office.run(rows)
        assert (row.actor, row.on_behalf_of) == (
            str(office.id("approver")),
            str(office.id("reviewer")),
        )
        assert do(case, audit.verify) is None
        assert told(case, "reviewer") == ["审批人已代您办理“review”"]

    def test_what_an_agent_claims_is_in_the_principal_s_hands(self, office: Office) -> None:
        case = office.start("one")
        entrusted(office, "reviewer", "approver")
        claim(case, "approver")
        assert case.tasks[0].assignee == str(office.id("reviewer"))
        done(case, "reviewer")
        assert case.ended == "end"

    def test_an_agent_sees_the_case_of_the_task_and_no_other(self, office: Office) -> None:
        covered = office.start("one")
        claim(covered, "reviewer")
        by = "card_maker"

        def sees(case: PlayedCase) -> bool:
            try:
                do(case, cases.get, case.id, by=office.user(by))
            except NotFound:
                return False
            return True

        assert not sees(covered)

        def moved(session: Session) -> None:
            session.get_one(UserAccount, office.id(by)).org_code = "370001"

        office.run(moved)
        entrusted(office, "reviewer", by)
        other = office.start("two")
        claim(other, "reviewer")
        done(other, "reviewer")
        assert sees(covered)
        assert not sees(other)  # it has left the reviewer's hands
        done(covered, by)
        assert sees(covered)  # whoever acted in a case goes on seeing it

    def test_an_agent_returns_a_task_in_the_principal_s_place(self, office: Office) -> None:
        case = office.start("two")
        done(case, "reviewer")
        claim(case, "approver")
        entrusted(office, "approver", "verifier")
        order = Order(to="review", reason="材料不清")
        do(case, movement.send_back, case.tasks[0].id, by=office.user("verifier"), order=order)
        assert [task.activity for task in case.tasks] == ["review"]
        said = do(case, opinions.of_case, case.id)[-1]
        assert (said.by_name, said.acting_for_name, said.action) == ("核对人", "审批人", "returned")
        assert "核对人已代您退回“approve”" in told(case, "approver")

    def test_an_agent_hands_nothing_on(self, office: Office) -> None:
        case = office.start("one")
        claim(case, "reviewer")
        entrusted(office, "reviewer", "approver")
        with pytest.raises(Forbidden, match="承办人"):
            do(case, worklist.transfer, case.tasks[0].id, by=office.user("approver"),
               to=office.id("verifier"), reason="转")  # fmt: skip
        with pytest.raises(Forbidden, match="承办人"):
            do(case, approvals.delegate, case.tasks[0].id, by=office.user("approver"),
               to=office.id("verifier"), reason="转")  # fmt: skip

    def test_a_colleague_who_is_no_agent_cannot_do_it(self, office: Office) -> None:
        case = office.start("one")
        claim(case, "reviewer")
        entrusted(office, "reviewer", "approver")
        with pytest.raises(NotFound):
            done(case, "verifier")


class TestBounds:
    def test_it_ends_by_itself_with_its_last_day(self, office: Office) -> None:
        case = office.start("one")
        claim(case, "reviewer")
        entrusted(office, "reviewer", "approver")
        office.passes(days=6)
        assert todo(office, "approver") == {case.id}
        office.passes(days=1)
        assert todo(office, "approver") == set()
        with pytest.raises(NotFound):
            done(case, "approver")
        assert todo(office, "reviewer") == {case.id}

    def test_it_does_not_begin_before_its_first_day(self, office: Office) -> None:
        case = office.start("one")
        tomorrow = clock.today() + timedelta(days=1)
        entrusted(office, "reviewer", "approver", starts_on=tomorrow)
        assert todo(office, "approver") == set()
        office.passes(days=1)
        assert todo(office, "approver") == {case.id}

    def test_a_revocation_acts_within_the_step_that_rests_on_it(self, office: Office) -> None:
        case = office.start("one")
        claim(case, "reviewer")
        row = entrusted(office, "reviewer", "approver")
        late = office.user("approver")  # as read at the beginning of a request
        office.run(lambda session: agents.revoke(session, row, by=office.user("reviewer")))
        with pytest.raises(Forbidden, match="已经结束"):
            do(case, worklist.submit, case.tasks[0].id, by=late, answers={})
        assert case.ended is None

    def test_it_goes_with_the_principal_s_roles_and_account(self, office: Office) -> None:
        case = office.start("one")
        entrusted(office, "reviewer", "approver")
        assert todo(office, "approver") == {case.id}

        def closed(session: Session) -> None:
            row = session.get_one(UserAccount, office.id("reviewer"))
            accounts.close_account(session, row)

        office.run(closed)
        assert todo(office, "approver") == set()

    @pytest.mark.parametrize(
        ("more", "words"),
        [
            ({"ends_on": date(2026, 3, 1)}, "早于"),
            ({"starts_on": date(2026, 3, 1)}, "早于今天"),
            ({"ends_on": date(2026, 9, 2)}, "最长 183 天"),
            ({"amount_limit": 0}, "大于 0"),
        ],
    )
    def test_a_wrong_period_or_amount_is_refused_in_words(
        self, office: Office, more: dict[str, Any], words: str
    ) -> None:
        with pytest.raises(AgentRefused, match=words):
            entrusted(office, "reviewer", "approver", **more)

    def test_only_the_processes_named(self, office: Office) -> None:
        one, two = office.start("one"), office.start("two")
        entrusted(office, "reviewer", "approver", processes=["two"])
        assert todo(office, "approver") == {two.id}
        with pytest.raises(NotFound):
            done(one, "approver")

    def test_only_up_to_the_amount(self, office: Office) -> None:
        below = office.start("one", case_amount=1000)
        office.start("one", case_amount=Decimal("1000.01"))
        office.start("one")  # of an unknown amount
        entrusted(office, "reviewer", "approver", amount_limit=1000_00)
        assert todo(office, "approver") == {below.id}

    def test_an_administrator_sets_and_ends_it_for_somebody_who_fell_ill(
        self, office: Office
    ) -> None:
        case = office.start("one")
        row = entrusted(office, "reviewer", "approver", by="admin")
        assert todo(office, "approver") == {case.id}
        listed = office.run(lambda session: agents.within(session, office.user("admin")))
        assert [(one.principal, one.agent, one.state) for one in listed] == [
            ("审核人", "审批人", "on")
        ]
        office.run(lambda session: agents.revoke(session, row, by=office.user("admin")))
        assert todo(office, "approver") == set()

    def test_nobody_else_sets_or_ends_it(self, office: Office) -> None:
        with pytest.raises(Forbidden, match="只能为自己"):
            entrusted(office, "reviewer", "approver", by="verifier")
        row = entrusted(office, "reviewer", "approver")
        with pytest.raises(Forbidden):
            office.run(lambda session: agents.revoke(session, row, by=office.user("approver")))


class TestChains:
    def test_it_does_not_chain(self, office: Office) -> None:
        case = office.start("one")
        claim(case, "reviewer")
        entrusted(office, "reviewer", "approver")
        entrusted(office, "approver", "verifier")
        assert todo(office, "approver") == {case.id}
        assert todo(office, "verifier") == set()
        with pytest.raises(NotFound):
            done(case, "verifier")

    def test_nobody_absent_is_an_agent_so_no_circle_arises(self, office: Office) -> None:
        entrusted(office, "reviewer", "approver")
        with pytest.raises(AgentRefused, match="不能转托"):
            entrusted(office, "approver", "reviewer")

    def test_one_agent_at_a_time_for_a_case(self, office: Office) -> None:
        entrusted(office, "reviewer", "approver", processes=["one"])
        entrusted(office, "reviewer", "verifier", processes=["two"])
        with pytest.raises(AgentRefused, match="已委托审批人"):
            entrusted(office, "reviewer", "issuer", processes=["one"])
        with pytest.raises(AgentRefused, match="不能重复"):
            entrusted(office, "reviewer", "issuer")

    @settings(
        max_examples=50,
        deadline=None,
        suppress_health_check=[HealthCheck.function_scoped_fixture],
    )
    @given(
        st.lists(
            st.tuples(
                st.sampled_from(PEOPLE),
                st.sampled_from(PEOPLE),
                st.integers(0, 5),
                st.integers(0, 5),
            ),
            max_size=8,
        )
    )
    def test_whatever_is_set_rights_pass_on_once_and_never_in_a_circle(
        self, office: Office, wanted: list[tuple[str, str, int, int]]
    ) -> None:
        users = {login: office.user(login) for login in PEOPLE}
        with contextlib.suppress(_Enough), office.session() as session:
            _set_all(session, users, wanted)
            for day in range(11):
                clock.set_to(START + timedelta(days=day))
                acts = {
                    (one.id, user.id)
                    for user in users.values()
                    for one in principals.of(session, user.id)
                }
                graph = graphlib.TopologicalSorter[int]()
                for principal, agent in acts:
                    graph.add(agent, principal)
                graph.prepare()  # raises at a circle
                assert acts == _set(session)  # nothing passes on: only what was set by name
            clock.set_to(START)
            raise _Enough


class TestDuties:
    def test_an_agent_never_handles_the_own_application(self, office: Office) -> None:
        case = office.start("one")
        claim(case, "reviewer")
        person = office.user("approver").person_key

        def applied(session: Session) -> None:
            session.get_one(Case, case.id).applicant_person_key = person

        office.run(applied)
        entrusted(office, "reviewer", "approver")
        with pytest.raises(Forbidden, match="申请人"):
            done(case, "approver")

    def test_nor_the_principal_s_own_application(self, office: Office) -> None:
        case = office.start("one")
        person = office.user("reviewer").person_key

        def applied(session: Session) -> None:
            session.get_one(Case, case.id).applicant_person_key = person

        office.run(applied)
        entrusted(office, "reviewer", "approver")
        with pytest.raises(Forbidden, match="委托您代理的审核人是本办件的申请人"):
            claim(case, "approver")

    def test_who_reviewed_as_an_agent_does_not_approve(self, office: Office) -> None:
        case = office.start("two")
        claim(case, "reviewer")
        entrusted(office, "reviewer", "approver")
        done(case, "approver")
        with pytest.raises(Forbidden, match="前序环节"):
            done(case, "approver", "approve")

    def test_nor_does_the_principal_in_whose_name_it_was_reviewed(self, office: Office) -> None:
        case = office.start("two")
        claim(case, "reviewer")
        entrusted(office, "reviewer", "verifier")
        done(case, "verifier")

        def also(session: Session) -> None:
            row = session.get_one(UserAccount, office.id("reviewer"))
            accounts.assign_role(session, row, "licence_approver", org_code="370001")

        office.run(also)
        with pytest.raises(Forbidden, match="前序环节"):
            done(case, "reviewer", "approve")

    def test_who_reviewed_does_not_approve_as_the_approver_s_agent(self, office: Office) -> None:
        case = office.start("two")
        done(case, "reviewer")
        entrusted(office, "approver", "reviewer")
        assert todo(office, "reviewer") == {case.id}
        with pytest.raises(Forbidden, match="前序环节"):
            claim(case, "reviewer")
        with pytest.raises(Forbidden, match="前序环节"):
            done(case, "reviewer", "approve")

    def test_the_own_second_account_is_no_agent(self, office: Office) -> None:
        def twin(session: Session) -> None:
            made = accounts.create_user(
                session, "twin", name="审核人（另）", org_code="370001",
                id_no="370102198102020028", kind="staff",
            )  # fmt: skip
            accounts.assign_role(session, made, "licence_approver", org_code="370001")

        office.run(twin)
        with pytest.raises(AgentRefused, match="其他账号"):
            entrusted(office, "reviewer", "twin")
        offered = office.run(lambda session: agents.eligible(session, office.user("reviewer")))
        assert "审核人（另）" not in {one.name for one in offered}

    def test_neither_another_office_nor_an_administrator_is_an_agent(self, office: Office) -> None:
        with pytest.raises(AgentRefused, match="本单位"):
            entrusted(office, "reviewer", "card_maker")
        with pytest.raises(AgentRefused, match="管理员不能代理"):
            entrusted(office, "reviewer", "admin")

    def test_a_fellow_voter_does_not_vote_twice(self, office: Office) -> None:
        case = office.countersign("all", "reviewer", "approver")
        entrusted(office, "reviewer", "approver")
        task = next(one for one in case.tasks if one.assignee == str(office.id("reviewer")))
        with pytest.raises(Forbidden, match="已参加本环节"):
            do(case, worklist.submit, task.id, by=office.user("approver"), answers={})

    def test_an_agent_of_two_voters_votes_for_one_of_them_only(self, office: Office) -> None:
        case = office.countersign("all", "reviewer", "approver", "issuer")
        entrusted(office, "reviewer", "verifier")
        entrusted(office, "approver", "verifier")
        by = office.user("verifier")
        for login, refused in (("reviewer", False), ("approver", True)):
            task = next(one for one in case.tasks if one.assignee == str(office.id(login)))
            facts = do(case, duties.facts, task)
            assert (permissions.separated(by, facts) is not None) is refused
            if not refused:
                principal = permissions.principal(by, facts)
                assert principal is not None
                do(case, tasks.complete, task.id, by=str(by.id), principal=str(principal.id),
                   variables={"said": "approve"})  # fmt: skip

    def test_who_voted_as_an_agent_is_not_added_to_the_vote(self, office: Office) -> None:
        case = office.countersign("all", "reviewer", "approver")
        entrusted(office, "reviewer", "verifier")
        task = next(one for one in case.tasks if one.assignee == str(office.id("reviewer")))
        do(case, tasks.complete, task.id, by=str(office.id("verifier")),
           principal=str(office.id("reviewer")), variables={"said": "approve"})  # fmt: skip
        with pytest.raises(ApprovalRefused, match="不能重复"):
            signed(case, Kind.BESIDE, "verifier", by="approver")
