"""Several people on one task, as the office works (case-operations A.1, A.2): a test a row."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from engine import repository, tasks
from engine.approval.board import ApprovalRefused, Kind
from engine.errors import Forbidden, NotFound, TaskNotActive
from engine.model import UserTask
from forms.definition import FormInvalid
from processes.approvals import approvals
from processes.approvals.approvals import Signers
from processes.casefile import notices, opinions
from processes.desk import worklist
from processes.identity import audit
from processes.model.cases import Case, Opinion
from processes.model.people import UserAccount
from processes.people import accounts
from processes.play import PlayedCase
from tests.engine.core.scenario import user, xml
from tests.play import Player

GROUP = "licence_reviewer@370001"
_MORE = {"second": "370102199001010018", "third": "370102199001010026"}


def several(attributes: str) -> Any:
    return user(
        f'<banli:approval people="=people" decision="=said" result="outcome" {attributes}/>'
    )


MODELS = {
    "one": xml("start -> review -> end", key="one", review=user(candidateGroups=GROUP)),
    "strict": xml(
        "start -> review -> end",
        key="strict",
        review=user('<banli:operations allow="claim complete"/>', candidateGroups=GROUP),
    ),
    **{
        key: xml("start -> review -> end", key=key, review=several(rule))
        for key, rule in {
            "all": 'mode="all"',
            "ratio": 'mode="ratio" ratio="=0.6"',
            "any": 'mode="any"',
            "ordered": 'mode="ordered"',
            "vote": 'mode="vote"',
        }.items()
    },
}


class Office(Player):
    """A play in which each person is known by the log-in name."""

    @classmethod
    @contextmanager
    def of(
        cls, models: Mapping[str, bytes], *changes: Callable[[Session], object]
    ) -> Iterator["Office"]:
        """With processes of a test's own, and changed as it wants."""
        made = cls()
        try:
            files = {f"{key}.bpmn": content for key, content in models.items()}
            made.run(lambda session: repository.deploy(session, files, by="admin"))
            for change in changes:
                made.run(change)
            yield made
        finally:
            made.close()

    def id(self, login: str) -> int:
        return self.user(login).id

    def countersign(self, key: str, *logins: str, weights: tuple[int, ...] = ()) -> PlayedCase:
        people: list[Any] = [str(self.id(one)) for one in logins]
        if weights:
            people = [{"user": u, "weight": w} for u, w in zip(people, weights, strict=True)]
        return self.start(key, people=people)


@pytest.fixture
def office() -> Iterator[Office]:
    with Office.of(MODELS) as made:
        yield made


def two_more(role: str, title: str) -> Callable[[Session], None]:
    """Two colleagues of the one of the cast who has a role, `second` and `third`."""

    def change(session: Session) -> None:
        for login, number in _MORE.items():
            one = accounts.create_user(
                session, login, name=f"{title}{login}", org_code="370001", id_no=number
            )
            accounts.assign_role(session, one, role, org_code="370001")

    return change


def a_stranger_in_the_office(session: Session) -> None:
    """A colleague of the office whose role sees no case of the tests' models: `card_maker`."""
    account = select(UserAccount).where(UserAccount.login == "card_maker")
    session.scalars(account).one().org_code = "370001"


def holders(case: PlayedCase) -> set[str]:
    def read(session: Session) -> set[str]:
        held = [int(task.assignee) for task in case.tasks if task.assignee]
        return {session.get_one(UserAccount, one).login for one in held}

    return case.play.run(read)


def task_of(case: PlayedCase, login: str) -> UserTask:
    me = str(case.play.user(login).id)
    return next(task for task in case.tasks if task.assignee == me)


def do(case: PlayedCase, command: Callable[..., Any], *args: Any, **named: Any) -> Any:
    return case.play.run(lambda session: command(session, *args, **named))


def says(case: PlayedCase, login: str, **answers: str) -> None:
    by, task = case.play.user(login), task_of(case, login)
    do(case, worklist.submit, task.id, by=by, answers=answers)
    case.play.drain()


def claimed(office: Office, key: str = "one") -> PlayedCase:
    case = office.start(key)
    do(case, worklist.claim, case.tasks[0].id, by=office.user("reviewer"))
    return case


def delegated(case: PlayedCase, to: str, *, by: str = "reviewer") -> None:
    me = case.play.user(by)
    target = case.play.user(to).id
    do(case, approvals.delegate, task_of(case, by).id, by=me, to=target, reason="请核实")


def signed(
    case: PlayedCase, kind: Kind, *logins: str, by: str = "reviewer", ordered: bool = False
) -> None:
    wanted = Signers(kind, [case.play.user(one).id for one in logins], ordered)
    me = case.play.user(by)
    do(case, approvals.add_signers, task_of(case, by).id, wanted, by=me, reason="会商")


def told(case: PlayedCase, login: str) -> list[str]:
    me = case.play.user(login)
    return [one.title for one in do(case, notices.box, me) if one.case_id == case.id]


def lines(case: PlayedCase) -> list[Opinion]:
    return list(do(case, opinions.of_case, case.id))


def vote(case: PlayedCase, login: str, said: str) -> None:
    """A voter decides through the engine's own answer, as a form of the node would give it."""
    task = task_of(case, login)
    do(case, tasks.complete, task.id, by=str(case.play.user(login).id), variables={"said": said})
    case.play.drain()


class TestMultiPersonModes:
    def test_countersign_by_all_every_listed_person_gets_a_task_at_once(
        self, office: Office
    ) -> None:
        case = office.countersign("all", "reviewer", "approver")
        assert holders(case) == {"reviewer", "approver"}
        vote(case, "reviewer", "approve")
        assert case.ended is None
        vote(case, "approver", "approve")
        assert (case.ended, case.variables["outcome"]) == ("end", "approve")

    def test_countersign_by_ratio_ends_as_soon_as_the_ratio_is_reached(
        self, office: Office
    ) -> None:
        case = office.countersign("ratio", "reviewer", "approver", "verifier")
        vote(case, "reviewer", "approve")
        (placed,) = do(case, approvals.standing, case.id)
        assert approvals.progress(placed.board) == (1, 3)
        vote(case, "approver", "reject")
        assert case.ended is None
        vote(case, "verifier", "approve")
        assert case.variables["outcome"] == "approve"

    def test_any_the_first_decision_counts_and_the_others_learn_who_decided(
        self, office: Office
    ) -> None:
        case = office.countersign("any", "reviewer", "approver")
        other = task_of(case, "approver").id
        vote(case, "reviewer", "approve")
        assert case.ended == "end"
        with pytest.raises(TaskNotActive) as gone:
            do(case, worklist.view, other, by=office.user("approver"))
        assert gone.value.details["by"] == "审核人"

    def test_in_order_the_next_task_comes_when_the_one_before_approved(
        self, office: Office
    ) -> None:
        case = office.countersign("ordered", "reviewer", "approver")
        assert holders(case) == {"reviewer"}
        vote(case, "reviewer", "approve")
        assert holders(case) == {"approver"}
        vote(case, "approver", "reject")
        assert case.variables["outcome"] == "reject"

    def test_vote_weight_above_half_decides(self, office: Office) -> None:
        case = office.countersign("vote", "reviewer", "approver", "verifier", weights=(3, 1, 1))
        vote(case, "approver", "reject")
        assert case.ended is None
        vote(case, "reviewer", "approve")
        assert case.variables["outcome"] == "approve"

    def test_pool_a_claimed_task_goes_back_to_its_pool(self, office: Office) -> None:
        case = claimed(office)
        do(case, worklist.release, case.tasks[0].id, by=office.user("reviewer"))
        assert case.tasks[0].assignee is None


class TestDelegation:
    def test_delegate_the_task_returns_to_its_holder_who_decides(self, office: Office) -> None:
        case = claimed(office)
        delegated(case, "approver")
        assert holders(case) == {"approver"}
        says(case, "approver", decision="reject", opinion="地址不符")
        assert (holders(case), case.ended) == ({"reviewer"}, None)
        says(case, "reviewer")
        assert case.ended == "end"

    def test_the_delegate_is_told_and_so_is_the_holder_when_the_opinion_has_come(
        self, office: Office
    ) -> None:
        case = claimed(office)
        delegated(case, "approver")
        assert any("委派" in title for title in told(case, "approver"))
        says(case, "approver", decision="approve")
        assert any("提出意见" in title for title in told(case, "reviewer"))

    def test_the_record_says_who_gave_an_opinion_for_whom(self, office: Office) -> None:
        case = claimed(office)
        delegated(case, "approver")
        says(case, "approver", decision="reject", opinion="地址不符")
        asked, given = lines(case)[-2:]
        assert (asked.by, asked.decision, asked.text) == (
            office.id("reviewer"),
            "委派给审批人",
            "请核实",
        )
        assert (given.by, given.for_user) == (office.id("approver"), office.id("reviewer"))
        assert (given.decision, given.text, given.action) == ("不同意", "地址不符", "delegate")
        assert do(case, audit.verify) is None

    def test_who_disagrees_says_why(self, office: Office) -> None:
        case = claimed(office)
        delegated(case, "approver")
        with pytest.raises(FormInvalid) as refused:
            says(case, "approver", decision="reject", opinion="")
        assert set(refused.value.errors) == {"opinion"}
        assert holders(case) == {"approver"}

    def test_the_delegate_sees_the_case_and_brings_in_nobody_else(self, office: Office) -> None:
        case = claimed(office)
        delegated(case, "approver")
        task = task_of(case, "approver")
        assert approvals.offered(task) == {"complete", "transfer", "inquire"}
        with pytest.raises(Forbidden, match="不允许"):
            delegated(case, "verifier", by="approver")

    def test_a_waiting_task_is_not_its_holders_to_do(self, office: Office) -> None:
        case = claimed(office)
        task = task_of(case, "reviewer").id
        delegated(case, "approver")
        with pytest.raises(TaskNotActive, match="先行办理"):
            do(case, worklist.submit, task, by=office.user("reviewer"), answers={})

    def test_nobody_but_the_holder_delegates(self, office: Office) -> None:
        case = claimed(office)
        task = case.tasks[0].id
        with pytest.raises(NotFound):
            do(case, approvals.delegate, task, by=office.user("approver"),
               to=office.id("verifier"), reason="")  # fmt: skip

    def test_a_node_that_does_not_allow_it_refuses(self, office: Office) -> None:
        case = claimed(office, "strict")
        with pytest.raises(Forbidden, match="不允许"):
            delegated(case, "approver")
        with pytest.raises(Forbidden, match="不允许"):
            signed(case, Kind.BEFORE, "approver")

    def test_a_second_account_of_the_holder_is_no_other_person(self, office: Office) -> None:
        case = claimed(office)

        def twin(session: Session) -> None:
            made = accounts.create_user(
                session, "twin", name="审核人（另）", org_code="370001",
                id_no="370102198102020028", kind="staff",
            )  # fmt: skip
            accounts.assign_role(session, made, "licence_reviewer", org_code="370001")

        office.run(twin)
        with pytest.raises(ApprovalRefused, match="不能重复"):
            delegated(case, "twin")
        offered = do(case, approvals.people, case.tasks[0].id, by=office.user("reviewer"))
        assert "审核人（另）" not in {one.name for one in offered}

    def test_the_applicant_is_no_delegate_of_the_own_case(self, office: Office) -> None:
        case = claimed(office)
        person = office.user("approver").person_key

        def applied(session: Session) -> None:
            session.get_one(Case, case.id).applicant_person_key = person

        office.run(applied)
        with pytest.raises(Forbidden, match="回避"):
            delegated(case, "approver")

    def test_one_of_another_office_is_not_asked(self, office: Office) -> None:
        case = claimed(office)
        with pytest.raises(Forbidden, match="本单位"):
            delegated(case, "card_maker")


class TestSigners:
    def test_sign_before_the_holder_waits_for_all_who_were_added(self, office: Office) -> None:
        case = claimed(office)
        signed(case, Kind.BEFORE, "approver", "verifier")
        assert holders(case) == {"approver", "verifier"}
        says(case, "approver", decision="approve")
        assert holders(case) == {"verifier"}
        says(case, "verifier", decision="approve")
        assert holders(case) == {"reviewer"}

    def test_sign_before_in_order_opens_one_after_the_other(self, office: Office) -> None:
        case = claimed(office)
        signed(case, Kind.BEFORE, "approver", "verifier", ordered=True)
        assert holders(case) == {"approver"}
        says(case, "approver", decision="approve")
        assert holders(case) == {"verifier"}

    def test_sign_after_the_node_completes_when_the_last_added_approves(
        self, office: Office
    ) -> None:
        case = claimed(office)
        signed(case, Kind.AFTER, "approver")
        assert holders(case) == {"reviewer"}
        says(case, "reviewer")
        assert (holders(case), case.ended) == ({"approver"}, None)
        says(case, "approver", decision="approve")
        assert case.ended == "end"

    def test_before_and_after_do_not_coexist_on_one_task(self, office: Office) -> None:
        case = claimed(office)
        signed(case, Kind.AFTER, "approver")
        with pytest.raises(ApprovalRefused, match="后加签"):
            signed(case, Kind.BEFORE, "verifier")

    def test_sign_beside_the_added_person_joins_the_vote(self, office: Office) -> None:
        case = office.countersign("all", "reviewer", "approver")
        signed(case, Kind.BESIDE, "verifier")
        vote(case, "reviewer", "approve")
        vote(case, "approver", "approve")
        assert case.ended is None
        vote(case, "verifier", "approve")
        assert case.ended == "end"

    def test_sign_beside_needs_a_node_of_several_people(self, office: Office) -> None:
        case = claimed(office)
        with pytest.raises(Forbidden, match="不允许"):
            signed(case, Kind.BESIDE, "verifier")

    def test_remove_signer_takes_back_who_has_not_acted_and_gives_the_task_back(
        self, office: Office
    ) -> None:
        case = claimed(office)
        signed(case, Kind.BEFORE, "approver")
        item = task_of(case, "approver").id
        do(case, approvals.remove_signer, case.id, item, by=office.user("reviewer"), reason="误选")
        assert holders(case) == {"reviewer"}
        assert any("撤回" in title for title in told(case, "approver"))
        with pytest.raises(TaskNotActive):
            do(case, worklist.view, item, by=office.user("approver"))

    def test_remove_signer_may_decide_the_vote_it_was_the_last_of(self, office: Office) -> None:
        case = office.countersign("all", "reviewer")
        signed(case, Kind.BESIDE, "approver")
        vote(case, "reviewer", "approve")
        item = task_of(case, "approver").id
        do(case, approvals.remove_signer, case.id, item, by=office.user("reviewer"), reason="误选")
        assert (case.ended, case.variables["outcome"]) == ("end", "approve")

    def test_remove_signer_is_only_for_who_added(self, office: Office) -> None:
        case = claimed(office)
        signed(case, Kind.BEFORE, "approver", "verifier")
        item = task_of(case, "approver").id
        with pytest.raises(Forbidden, match="加签的人"):
            do(case, approvals.remove_signer, case.id, item,
               by=office.user("verifier"), reason="")  # fmt: skip

    def test_nobody_is_on_a_node_twice(self, office: Office) -> None:
        case = office.countersign("all", "reviewer", "approver")
        with pytest.raises(ApprovalRefused, match="重复"):
            signed(case, Kind.BEFORE, "approver")


class TestTransfer:
    def test_transfer_on_a_board_the_other_acts_as_if_named(self, office: Office) -> None:
        case = office.countersign("all", "reviewer", "approver")
        me, to = office.user("reviewer"), office.id("verifier")
        task = task_of(case, "reviewer").id
        do(case, worklist.transfer, task, by=me, to=to, reason="出差")
        assert holders(case) == {"verifier", "approver"}
        vote(case, "verifier", "approve")
        vote(case, "approver", "approve")
        assert case.ended == "end"
        (placed,) = [one for one in lines(case) if one.action == "transferred"]
        assert placed.decision == "转办给核对人"


def managed(case: PlayedCase) -> None:
    """Make a case of the tests' own model one of the manager's business."""

    def command(session: Session) -> None:
        session.get_one(Case, case.id).process_key = "yacht_licence_of_a_test"

    case.play.run(command)


class TestAbsentAndLate:
    def absent(self, case: PlayedCase, login: str, *, by: str = "manager") -> None:
        item, me = task_of(case, login).id, case.play.user(by)
        managed(case)
        do(case, approvals.mark_absent, case.id, item, by=me, reason="出差")
        case.play.drain()

    def test_who_is_counted_absent_abstains_and_leaves_the_denominator(
        self, office: Office
    ) -> None:
        case = office.countersign("ratio", "reviewer", "approver", "verifier", "issuer")
        vote(case, "reviewer", "approve")
        self.absent(case, "issuer")
        (placed,) = do(case, approvals.standing, case.id)
        assert approvals.progress(placed.board) == (1, 3)
        assert holders(case) == {"approver", "verifier"}
        assert told(case, "issuer") == ["“review”已将您记为缺席（弃权）"]
        last = lines(case)[-1]
        assert (last.decision, last.text) == ("发证人缺席，记弃权", "出差")
        vote(case, "approver", "approve")
        assert case.variables["outcome"] == "approve"

    def test_an_absence_can_decide_what_is_left(self, office: Office) -> None:
        case = office.countersign("all", "reviewer", "approver")
        vote(case, "reviewer", "approve")
        self.absent(case, "approver")
        assert (case.ended, case.variables["outcome"]) == ("end", "approve")

    def test_the_turn_passes_over_who_is_absent(self, office: Office) -> None:
        case = office.countersign("ordered", "reviewer", "approver")
        self.absent(case, "reviewer")
        assert holders(case) == {"approver"}

    def test_not_everybody_can_be_absent(self, office: Office) -> None:
        case = office.countersign("all", "reviewer", "approver")
        self.absent(case, "approver")
        with pytest.raises(ApprovalRefused, match="全部"):
            self.absent(case, "reviewer")

    def test_only_who_assigns_work_counts_somebody_absent(self, office: Office) -> None:
        case = office.countersign("all", "reviewer", "approver")
        with pytest.raises(Forbidden):
            self.absent(case, "approver", by="reviewer")

    def test_a_late_vote_is_told_when_and_by_whom_it_was_decided(self, office: Office) -> None:
        case = office.countersign("ratio", "reviewer", "approver", "verifier")
        late = task_of(case, "verifier").id
        vote(case, "reviewer", "approve")
        vote(case, "approver", "approve")
        assert case.variables["outcome"] == "approve"
        with pytest.raises(TaskNotActive) as gone:
            do(case, worklist.submit, late, by=office.user("verifier"), answers={})
        assert gone.value.details["by"] == "审批人"

    def test_a_vote_of_one_counted_absent_comes_too_late(self, office: Office) -> None:
        case = office.countersign("all", "reviewer", "approver", "verifier")
        late = task_of(case, "verifier").id
        self.absent(case, "verifier")
        with pytest.raises(TaskNotActive):
            do(case, worklist.submit, late, by=office.user("verifier"), answers={})

    def test_a_tie_at_the_end_is_no_majority(self, office: Office) -> None:
        case = office.countersign("vote", "reviewer", "approver", "verifier", weights=(1, 1, 2))
        vote(case, "reviewer", "approve")
        vote(case, "approver", "approve")
        assert case.ended is None
        vote(case, "verifier", "reject")
        assert case.variables["outcome"] == "reject"

    def test_a_tie_with_an_abstention_is_reckoned_without_it(self, office: Office) -> None:
        case = office.countersign("vote", "reviewer", "approver", "verifier")
        vote(case, "reviewer", "approve")
        vote(case, "verifier", "abstain")
        vote(case, "approver", "reject")
        assert case.variables["outcome"] == "reject"


def test_the_old_page_of_a_task_that_waits_for_others_tells_where_it_is(office: Office) -> None:
    case = office.start("one", people=[])
    task = case.tasks[0]
    by, to = office.user("reviewer"), office.id("verifier")
    office.run(lambda s: worklist.claim(s, task.id, by=by))
    office.run(lambda s: approvals.delegate(s, task.id, by=by, to=to, reason="请看"))
    with pytest.raises(TaskNotActive, match="正由核对人先行办理，办完后回到您的待办"):
        office.run(lambda s: worklist.view(s, task.id, by=by))
