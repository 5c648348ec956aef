"""离职转办 (case-operations A.2, bulk hand-over): a scenario for each part of the row."""

from collections.abc import Iterator, Sequence
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from engine import clock
from engine.approval.board import Kind
from engine.errors import Forbidden, NotFound
from processes.approvals import handover, inquiries, planning
from processes.approvals.handover import HandoverRefused, Line, Share
from processes.desk import inbox, worklist
from processes.identity import audit
from processes.model.cases import Case
from processes.model.people import AuditEvent, UserAccount
from processes.people import accounts, agents
from processes.people.agents import Wanted
from processes.play import PlayedCase
from processes.rights import permissions
from tests.engine.core.scenario import user, xml
from tests.processes.test_approvals import (
    GROUP,
    Office,
    delegated,
    do,
    holders,
    lines,
    several,
    signed,
    told,
    two_more,
    vote,
)

APPROVERS = "licence_approver@370001"
CHOSEN = '<banli:chosen by="previous"/>'
MODELS = {
    "yacht_licence_one": xml(
        "start -> review -> end", key="yacht_licence_one", review=user(candidateGroups=GROUP)
    ),
    "yacht_licence_two": xml(
        "start -> review -> approve -> end",
        key="yacht_licence_two",
        review=user(candidateGroups=GROUP),
        approve=user(
            CHOSEN + '<banli:separation from="review"/>', candidateGroups=f"{GROUP},{APPROVERS}"
        ),
    ),
    "all": xml("start -> review -> end", key="all", review=several('mode="all"')),
    "ordered": xml("start -> review -> end", key="ordered", review=several('mode="ordered"')),
}


@pytest.fixture
def office() -> Iterator[Office]:
    """With three reviewers: the one of the cast, and two more."""
    with Office.of(MODELS, two_more("licence_reviewer", "审核人")) as made:
        yield made


def claimed(office: Office, key: str = "yacht_licence_one", by: str = "reviewer") -> PlayedCase:
    case = office.start(key)
    do(case, worklist.claim, case.tasks[0].id, by=office.user(by))
    return case


def preview(
    office: Office, *people: str, share: Share = Share.ONE, by: str = "admin"
) -> Sequence[Line]:
    leaver, me = office.id("reviewer"), office.user(by)
    chosen = [office.id(one) for one in people]
    return office.run(lambda session: handover.preview(session, leaver, chosen, share=share, by=me))


def carried(office: Office, found: Sequence[Line], *, by: str = "admin") -> None:
    leaver, me = office.id("reviewer"), office.user(by)
    for line in found:
        if line.to is None and not line.held.ends:
            continue
        for to in (line.to, *line.also):
            office.run(
                lambda session, one=line, to=to: handover.carry_out(
                    session, leaver, one.held.key, to=to, by=me, reason="调离"
                )
            )
            office.drain()


def of_kind(found: Sequence[Line], kind: str) -> list[Line]:
    return [one for one in found if one.held.kind == kind]


class TestPreview:
    def test_each_task_is_listed_with_its_new_person_and_nothing_moves(
        self, office: Office
    ) -> None:
        case = claimed(office)
        (line,) = of_kind(preview(office, "second"), "task")
        assert (line.to_name, line.why_not, line.held.what) == ("审核人second", "", "review")
        assert line.held.reference == case.row.reference
        assert holders(case) == {"reviewer"}

    def test_or_with_the_reason_why_it_cannot_go_there(self, office: Office) -> None:
        case = claimed(office)
        person = office.user("second").person_key

        def applied(session: Session) -> None:
            session.get_one(Case, case.id).applicant_person_key = person

        office.run(applied)
        (line,) = of_kind(preview(office, "second"), "task")
        assert line.to is None
        assert line.why_not == "审核人second是本件申请人或办理过前序环节，须回避"
        with pytest.raises(HandoverRefused, match="须回避"):
            office.run(
                lambda session: handover.carry_out(
                    session, office.id("reviewer"), line.held.key, to=office.id("second"),
                    by=office.user("admin"), reason="",
                )
            )  # fmt: skip

    def test_a_task_goes_only_to_who_has_its_role_or_gets_it(self, office: Office) -> None:
        claimed(office)
        by_admin = preview(office, "verifier")
        assert [one.held.kind for one in by_admin] == ["role", "task"]
        assert by_admin[1].to == office.id("verifier")  # with the role that moves first
        (own,) = preview(office, "verifier", by="reviewer")
        assert own.why_not == "核对人没有办理本环节的岗位"

    def test_it_is_shared_in_turn(self, office: Office) -> None:
        for _one in range(4):
            claimed(office)
        found = of_kind(preview(office, "second", "third", share=Share.TURNS), "task")
        assert [one.to_name[3:] for one in found] == ["second", "third", "second", "third"]

    def test_or_to_who_has_least(self, office: Office) -> None:
        for _one in range(2):
            claimed(office, by="second")
        for _one in range(4):
            claimed(office)
        found = of_kind(preview(office, "second", "third", share=Share.LEAST), "task")
        assert sorted(one.to_name[3:] for one in found) == ["second", "third", "third", "third"]

    def test_who_cannot_have_a_line_is_passed_over(self, office: Office) -> None:
        case = claimed(office)
        claimed(office)
        person = office.user("second").person_key

        def applied(session: Session) -> None:
            session.get_one(Case, case.id).applicant_person_key = person

        office.run(applied)
        found = of_kind(preview(office, "second", "third", share=Share.TURNS), "task")
        assert [one.to_name[3:] for one in found] == ["third", "second"]
        assert found[0].choices == (office.id("third"),)


class TestMoving:
    def test_all_open_tasks_move_and_go_on_as_usual(self, office: Office) -> None:
        cases = [claimed(office) for _one in range(3)]
        carried(office, preview(office, "second"))
        for case in cases:
            assert holders(case) == {"second"}
            do(case, worklist.submit, case.tasks[0].id, by=office.user("second"), answers={})
            assert case.ended == "end"

    def test_the_new_person_is_told_and_the_record_says_who_moved_it(self, office: Office) -> None:
        case = claimed(office)
        carried(office, preview(office, "second"))
        assert told(case, "second") == ["审核人的“review”已移交给您办理"]
        last = lines(case)[-1]
        assert (last.by_name, last.decision, last.text, last.action) == (
            "系统管理员",
            "审核人移交给审核人second",
            "调离",
            "handed_over",
        )

        def rows(session: Session) -> list[str]:
            query = select(AuditEvent.detail).where(AuditEvent.action == "handover.moved")
            return list(session.scalars(query.order_by(AuditEvent.id)))

        assert len(office.run(rows)) == 2  # the role and the task, one by one
        assert do(case, audit.verify) is None

    def test_who_moves_the_work_gains_no_sight_of_the_case(self, office: Office) -> None:
        case = claimed(office)
        carried(office, preview(office, "second"))
        with pytest.raises(NotFound):
            do(case, permissions.case, case.id, by=office.user("admin"))

    def test_a_line_that_is_done_meanwhile_stops_nothing_else(self, office: Office) -> None:
        first, second = claimed(office), claimed(office)
        found = of_kind(preview(office, "second"), "task")
        do(first, worklist.submit, first.tasks[0].id, by=office.user("reviewer"), answers={})
        with pytest.raises(NotFound, match="已经办结"):
            carried(office, found[:1])
        carried(office, found[1:])
        assert holders(second) == {"second"}

    def test_roles_move_and_with_them_the_pool(self, office: Office) -> None:
        case = office.start("yacht_licence_one")
        carried(office, of_kind(preview(office, "verifier"), "role"))
        assert office.user("verifier").has_role("licence_reviewer", org="370001")
        me = office.user("verifier")
        found = office.run(lambda session: inbox.page(session, me, box="todo"))
        assert {row.case_id for row in found.rows} == {case.id}

    def test_those_who_share_the_work_all_get_the_role(self, office: Office) -> None:
        cases = [claimed(office) for _one in range(2)]
        found = preview(office, "verifier", "approver", share=Share.TURNS)
        (role,) = of_kind(found, "role")
        assert (role.to, role.also) == (office.id("verifier"), (office.id("approver"),))
        assert [one.to for one in of_kind(found, "task")] == [role.to, *role.also]
        carried(office, found)
        for login in ("verifier", "approver"):
            assert office.user(login).has_role("licence_reviewer", org="370001")
        assert {*holders(cases[0]), *holders(cases[1])} == {"verifier", "approver"}

    def test_one_who_takes_everything_over_gets_it_alone(self, office: Office) -> None:
        (role,) = of_kind(preview(office, "verifier", "approver"), "role")
        assert (role.to, role.also) == (office.id("verifier"), ())

    def test_who_may_not_have_a_role_is_not_among_them(self, office: Office) -> None:
        def administrators(session: Session) -> None:
            for login, role in (("reviewer", "security_admin"), ("second", "audit_admin")):
                account = session.get_one(UserAccount, office.id(login))
                accounts.assign_role(session, account, role, org_code="370001")

        office.run(administrators)
        found = preview(office, "second", "third", share=Share.TURNS)
        kept = next(one for one in found if one.held.role[0] == "security_admin")
        # 三员: one kind of administrator does not get the role of another
        assert (kept.to, kept.also, kept.choices) == (office.id("third"), (), (office.id("third"),))

    def test_votes_move_with_their_place_on_the_board(self, office: Office) -> None:
        case = office.countersign("all", "reviewer", "approver")
        carried(office, preview(office, "second"))
        assert holders(case) == {"second", "approver"}
        vote(case, "second", "approve")
        vote(case, "approver", "approve")
        assert case.variables["outcome"] == "approve"

    def test_nobody_is_on_a_board_twice_by_it(self, office: Office) -> None:
        office.countersign("all", "reviewer", "approver")
        (line,) = of_kind(preview(office, "approver"), "task")
        assert line.why_not == "审批人已参加本环节的办理"

    def test_a_place_whose_turn_has_not_come_moves_too(self, office: Office) -> None:
        case = office.countersign("ordered", "approver", "reviewer")
        (line,) = of_kind(preview(office, "second"), "seat")
        carried(office, [line])
        vote(case, "approver", "approve")
        assert holders(case) == {"second"}

    def test_and_a_task_that_waits_for_another_s_opinion(self, office: Office) -> None:
        case = claimed(office)
        delegated(case, "approver")
        (line,) = of_kind(preview(office, "second"), "seat")
        carried(office, [line])
        signed_by = office.user("approver")
        do(case, worklist.submit, case.tasks[0].id, by=signed_by, answers={"decision": "approve"})
        assert holders(case) == {"second"}

    def test_future_assignments_move(self, office: Office) -> None:
        case = claimed(office, "yacht_licence_two", by="second")
        chosen = [office.id("reviewer")]
        do(case, planning.choose, case.id, "approve", chosen, by=office.user("second"))
        (line,) = of_kind(preview(office, "third"), "planned")
        assert line.held.what == "approve（已指定，尚未到达）"
        carried(office, [line])
        do(case, worklist.submit, case.tasks[0].id, by=office.user("second"), answers={})
        assert holders(case) == {"third"}

    def test_a_future_assignment_does_not_go_to_whom_duties_keep_away(self, office: Office) -> None:
        case = claimed(office, "yacht_licence_two", by="second")
        chosen = [office.id("reviewer")]
        do(case, planning.choose, case.id, "approve", chosen, by=office.user("second"))
        do(case, worklist.release, case.tasks[0].id, by=office.user("second"))
        person = office.user("third").person_key

        def applied(session: Session) -> None:
            session.get_one(Case, case.id).applicant_person_key = person

        office.run(applied)
        (line,) = of_kind(preview(office, "third"), "planned")
        assert "须回避" in line.why_not

    def test_questions_to_answer_move(self, office: Office) -> None:
        case = claimed(office, by="second")
        me = office.user("second")
        do(case, inquiries.ask, case.tasks[0].id, to=[office.id("reviewer")],
           question="属实吗", by=me)  # fmt: skip
        carried(office, of_kind(preview(office, "third"), "question"))
        third = office.user("third")
        assert office.run(lambda session: inquiries.count(session, third)) == 1

    def test_substitutions_of_the_leaver_end_and_the_other_is_told(self, office: Office) -> None:
        today = clock.today()
        wanted = Wanted(
            principal=office.id("approver"),
            agent=office.id("reviewer"),
            starts_on=today,
            ends_on=today + timedelta(days=5),
        )
        me = office.user("approver")
        office.run(lambda session: agents.entrust(session, wanted, by=me))
        (line,) = of_kind(preview(office, "second"), "agent")
        assert line.held.what == "为审批人代理"
        carried(office, [line])
        assert office.user("reviewer").acts_for == ()

    def test_helpers_move_too(self, office: Office) -> None:
        case = claimed(office, by="second")
        signed(case, Kind.BEFORE, "reviewer", by="second")
        (line,) = of_kind(preview(office, "third"), "task")
        carried(office, [line])
        assert holders(case) == {"third"}


class TestWhoMay:
    def test_the_leaver_hands_over_the_own_tasks_but_no_roles(self, office: Office) -> None:
        case = claimed(office)
        found = preview(office, "second", by="reviewer")
        assert [one.held.kind for one in found] == ["task"]
        carried(office, found, by="reviewer")
        assert holders(case) == {"second"}
        with pytest.raises(Forbidden, match="管理员"):
            office.run(
                lambda session: handover.carry_out(
                    session, office.id("reviewer"), "role:licence_reviewer@370001",
                    to=office.id("second"), by=office.user("reviewer"), reason="",
                )
            )  # fmt: skip

    def test_nobody_else_does(self, office: Office) -> None:
        claimed(office)
        with pytest.raises(Forbidden, match="只有本人或管理员"):
            preview(office, "second", by="approver")

    @pytest.mark.parametrize(
        ("people", "words"), [((), "请选择"), (("card_maker",), "本单位"), (("reviewer",), "本人")]
    )
    def test_work_goes_to_colleagues_who_are_there(
        self, office: Office, people: tuple[str, ...], words: str
    ) -> None:
        with pytest.raises(HandoverRefused, match=words):
            preview(office, *people)

    def test_not_to_a_closed_account(self, office: Office) -> None:
        def leaves(session: Session) -> None:
            accounts.close_account(session, session.get_one(UserAccount, office.id("second")))

        office.run(leaves)
        with pytest.raises(HandoverRefused, match="在岗"):
            preview(office, "second")
