"""Policies of nodes, each with its scenario (case-operations A.4)."""

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from engine import repository
from engine.errors import DeploymentRejected
from forms import definition
from forms.errors import FormInvalid
from processes.casefile import opinions
from processes.casework import cases
from processes.desk import worklist
from processes.model.cases import Notification, Opinion
from processes.model.people import UserAccount
from processes.movement import movement
from processes.movement.movement import Order
from processes.people import positions
from processes.people.positions import HEAD
from processes.play import Play, PlayedCase
from processes.rights import opened
from tests.engine.core.scenario import each, user, xml
from tests.play import Player

UNIT, TOP = "370001", "000001"
KEY = "yacht_licence_policy"
GROUP = "licence_verifier@370001"
ALLOW = '<banli:operations allow="claim release complete return reclaim"/>'
RESULT = '<banli:approval mode="single" decision="=&quot;approve&quot;" result="outcome"/>'
LIMIT = '<banli:limit amount="3" unit="working_days"/>'


def policies(**given: str) -> str:
    told = " ".join(f'{name}="{value}"' for name, value in given.items())
    return f"<banli:policies {told}/>"


@pytest.fixture
def play() -> Iterator[Play]:
    made = Player()
    try:
        yield made
    finally:
        made.close()


def begun(play: Play, *extensions: str, by: str = "", **options: Any) -> PlayedCase:
    """A case whose second task has the extensions."""
    options.setdefault("candidateGroups", GROUP)
    model = xml(
        "start -> first -> second -> third -> end",
        key=KEY,
        first=user(ALLOW, candidateGroups="licence_reviewer@370001"),
        second=user(ALLOW + "".join(extensions), **options),
        third=user(ALLOW, candidateGroups="licence_approver@370001"),
    )
    play.run(lambda s: repository.deploy(s, {"p.bpmn": model}, by="admin"))
    return play.start(KEY, by=by)


def first_done(play: Play, *extensions: str, by: str = "", **options: Any) -> PlayedCase:
    case = begun(play, *extensions, by=by, **options)
    case.complete("first", as_="reviewer")
    return case


def waits(case: PlayedCase) -> list[str]:
    return [task.activity for task in case.tasks]


def assignee(case: PlayedCase) -> str | None:
    (task,) = case.tasks
    return task.assignee


def said(case: PlayedCase) -> list[tuple[str, str, str]]:
    with case.play.session() as session:
        found = session.scalars(select(Opinion).where(Opinion.case_id == case.id))
        return [(one.by_name, one.decision, one.text) for one in found if one.action == "passed"]


def leaves(play: Play, login: str) -> None:
    """Somebody leaves the service."""

    def command(session: Session) -> None:
        session.execute(
            update(UserAccount).where(UserAccount.login == login).values(status="closed")
        )

    play.run(command)


def appoint(play: Play, login: str, org: str = UNIT) -> None:
    by, who = play.user("hq_admin"), play.user(login).id
    play.run(lambda s: positions.appoint(s, org, post=HEAD, user_id=who, by=by))


class TestNobody:
    """办理人为空."""

    def test_approves_by_itself(self, play: Play) -> None:
        leaves(play, "verifier")
        case = first_done(play, RESULT, policies(empty="approve"))
        assert (waits(case), case.variables["outcome"]) == (["third"], "approve")
        assert said(case) == [("系统", "自动通过", "没有可以办理的人员")]

    def test_rejects_by_itself_with_the_answers_of_the_model(self, play: Play) -> None:
        leaves(play, "verifier")
        answers = "={decision: &quot;reject&quot;}"
        case = first_done(play, policies(empty="reject", reject=answers))
        assert (waits(case), case.variables["decision"]) == (["third"], "reject")
        assert said(case)[0][1] == "自动不通过"

    def test_goes_to_a_person_named(self, play: Play) -> None:
        leaves(play, "verifier")
        person = str(play.user("issuer").id)
        case = first_done(play, policies(empty="person", person=f"=&quot;{person}&quot;"))
        assert assignee(case) == person

    def test_goes_to_those_who_assign_work(self, play: Play) -> None:
        leaves(play, "verifier")
        case = first_done(play, policies(empty="managers"))
        case.complete("second", as_="manager")
        assert waits(case) == ["third"]

    def test_becomes_an_incident(self, play: Play) -> None:
        leaves(play, "verifier")
        case = first_done(play, policies(empty="incident"))
        assert (waits(case), case.incidents) == ([], ["没有可以办理的人员"])

    def test_a_list_of_signers_that_is_empty_counts_as_nobody(self, play: Play) -> None:
        model = '<banli:approval mode="all" people="=[]" result="outcome"/>'
        case = first_done(play, model, policies(empty="approve"), candidateGroups="x@y")
        assert waits(case) == ["third"]

    def test_while_somebody_is_there_nothing_happens(self, play: Play) -> None:
        assert waits(first_done(play, RESULT, policies(empty="approve"))) == ["second"]


class TestStarter:
    """办理人是发起人."""

    def test_acts_where_the_model_says_so(self, play: Play) -> None:
        case = first_done(play, RESULT, policies(starter="act"), by="verifier")
        assert waits(case) == ["second"]

    def test_is_skipped(self, play: Play) -> None:
        case = first_done(play, RESULT, policies(starter="skip"), by="verifier")
        assert waits(case) == ["third"]
        assert said(case) == [("核对人", "自动通过", "办理人即发起人")]

    def test_hands_to_the_superior(self, play: Play) -> None:
        appoint(play, "manager")
        case = first_done(play, policies(starter="superior"), by="verifier")
        assert assignee(case) == str(play.user("manager").id)

    def test_hands_to_the_head_of_the_unit(self, play: Play) -> None:
        appoint(play, "approver")
        case = first_done(play, policies(starter="head"), by="verifier")
        assert assignee(case) == str(play.user("approver").id)

    def test_without_anybody_above_it_is_an_incident(self, play: Play) -> None:
        case = first_done(play, policies(starter="superior"), by="verifier")
        assert case.incidents == ["办理人即发起人，没有可以交办的上级"]

    def test_somebody_else_s_case_is_done_as_usual(self, play: Play) -> None:
        case = first_done(play, RESULT, policies(starter="skip"), by="manager")
        assert waits(case) == ["second"]


class TestAgain:
    """同一人员重复办理（去重）."""

    def test_right_after_another_the_same_person_is_passed_once(self, play: Play) -> None:
        me = str(play.user("reviewer").id)
        case = first_done(play, RESULT, policies(repeated="consecutive"), assignee=me)
        assert waits(case) == ["third"]
        assert said(case) == [("审核人", "自动通过", "同一人员已经办理")]

    def test_after_any_earlier_node(self, play: Play) -> None:
        group = "licence_reviewer@370001"
        model = xml(
            "start -> first -> other -> again -> third -> end",
            key=KEY,
            first=user(candidateGroups=group),
            other=user(candidateGroups=GROUP),
            again=user(RESULT + policies(repeated="any"), candidateGroups=group),
            third=user(candidateGroups="licence_approver@370001"),
        )
        play.run(lambda s: repository.deploy(s, {"p.bpmn": model}, by="admin"))
        case = play.start(KEY)
        case.complete("first", as_="reviewer")
        case.complete("other", as_="verifier")
        assert waits(case) == ["third"]

    def test_not_right_after_another_person(self, play: Play) -> None:
        case = first_done(play, RESULT, policies(repeated="consecutive"))
        assert waits(case) == ["second"]

    def test_never_across_a_return(self, play: Play) -> None:
        me = str(play.user("reviewer").id)
        case = first_done(play, RESULT, policies(repeated="consecutive"), assignee=me)
        (task,) = case.tasks
        by, order = play.user("approver"), Order(to="first", reason="请再核实")
        play.run(lambda s: movement.send_back(s, task.id, by=by, order=order))
        case.complete("first", as_="reviewer")
        assert waits(case) == ["third"], "the first was done again after the return"
        order = Order(to="first", reason="再退", straight=True)
        (task,) = case.tasks
        play.run(lambda s: movement.send_back(s, task.id, by=by, order=order))
        assert assignee(case) == str(play.user("reviewer").id), "a return goes to a person"

    def test_of_several_signers_those_who_approved_are_left_out(self, play: Play) -> None:
        both = [str(play.user(one).id) for one in ("reviewer", "verifier")]
        people = "=[" + ", ".join(f"&quot;{one}&quot;" for one in both) + "]"
        model = f'<banli:approval mode="all" people="{people}" decision="=&quot;approve&quot;"/>'
        case = first_done(play, model, policies(repeated="consecutive"))
        assert assignee(case) == both[1]


class TestTimeout:
    """超时处理，按工作时间."""

    def timed(self, play: Play, timeout: str, *more: str) -> PlayedCase:
        case = first_done(play, LIMIT, RESULT, f"<banli:timeout {timeout}/>", *more)
        by, (task,) = play.user("verifier"), case.tasks
        play.run(lambda s: worklist.claim(s, task.id, by=by))
        return case

    def reminded(self, case: PlayedCase) -> int:
        with case.play.session() as session:
            kinds = Notification.kind == "task.overdue"
            return len(session.scalars(select(Notification).where(kinds)).all())

    def test_reminds_so_many_times_in_working_days(self, play: Play) -> None:
        case = self.timed(play, 'remind="2"')
        counts = []
        for _day in range(6):
            case.passes(working_days=1)
            counts.append(self.reminded(case))
        assert counts == [0, 0, 0, 1, 2, 2], "the third working day is still in time"
        assert waits(case) == ["second"]

    def test_approves_after_the_reminders(self, play: Play) -> None:
        case = self.timed(play, 'remind="1" then="approve"')
        case.passes(working_days=4)
        assert waits(case) == ["second"]
        case.passes(working_days=1)
        assert (waits(case), case.variables["outcome"]) == (["third"], "approve")
        assert said(case) == [("系统", "自动通过", "超过办理期限")]

    def test_rejects(self, play: Play) -> None:
        case = self.timed(play, 'then="reject"')
        case.passes(working_days=4)
        assert (waits(case), case.variables["outcome"]) == (["third"], "reject")

    def test_hands_to_the_superior(self, play: Play) -> None:
        appoint(play, "manager")
        case = self.timed(play, 'then="superior"')
        case.passes(working_days=4)
        assert assignee(case) == str(play.user("manager").id)
        case.passes(working_days=4)
        assert waits(case) == ["second"]

    def test_jumps_to_a_node(self, play: Play) -> None:
        case = self.timed(play, 'then="jump" to="third"')
        case.passes(working_days=4)
        assert waits(case) == ["third"]

    def test_stands_still_while_the_case_rests(self, play: Play) -> None:
        case = self.timed(play, 'then="approve"')
        manager = play.user("manager")
        play.run(lambda s: cases.suspend(s, case.id, by=manager, reason="等待检测"))
        case.passes(working_days=10)
        play.run(lambda s: cases.resume(s, case.id, by=manager, reason="检测完毕"))
        assert waits(case) == ["second"]
        case.passes(working_days=2)
        assert waits(case) == ["second"], "the days that were left count from now on"
        case.passes(working_days=2)
        assert waits(case) == ["third"]

    def test_whoever_is_in_time_hears_nothing(self, play: Play) -> None:
        case = self.timed(play, 'remind="1" then="reject"')
        case.complete("second", as_="verifier")
        case.passes(working_days=9)
        assert (self.reminded(case), waits(case)) == (0, ["third"])


class TestOpinionAndButtons:
    """须写意见，按钮名称."""

    FORM = definition.read(
        b"form: f\ntitle: t\nsections:\n  - title: s\n    fields:\n"
        b"      - {name: decision, label: d, type: choice, values:"
        b" [{value: approve, label: y}, {value: reject, label: n}]}\n"
        b"      - {name: opinion, label: o, type: textarea}\n",
        "f.form.yaml",
    )

    def test_a_decision_that_needs_words_is_refused_without(self, play: Play) -> None:
        case = first_done(play, '<banli:opinion required="reject"/>')
        element = play.run(lambda s: opened.element(s, case.tasks[0]))
        opinions.refuse_silence(element, self.FORM, {"decision": "approve"})
        opinions.refuse_silence(element, self.FORM, {"decision": "reject", "opinion": "不符"})
        with pytest.raises(FormInvalid) as refused:
            opinions.refuse_silence(element, self.FORM, {"decision": "reject", "opinion": " "})
        assert refused.value.errors == {"opinion": ["作出此项结论须填写意见"]}

    def test_the_buttons_are_called_as_the_model_says(self, play: Play) -> None:
        case = first_done(play, '<banli:buttons complete="同意办理" return="退回补充"/>')
        by = play.user("verifier")
        seen = play.run(lambda s: worklist.view(s, case.tasks[0].id, by=by))
        assert seen.labels == {"complete": "同意办理", "return": "退回补充"}


@pytest.mark.parametrize(
    ("extensions", "code"),
    [
        (policies(empty="nobody"), "policy_unknown"),
        (policies(empty="person"), "policy_person"),
        (policies(empty="reject"), "policy_answers"),
        ('<banli:timeout remind="1"/>', "timeout_limit"),
        (LIMIT + '<banli:timeout remind="x"/>', "timeout_number"),
        (LIMIT + '<banli:timeout then="jump" to="nowhere"/>', "timeout_to"),
        (LIMIT + '<banli:timeout then="reject"/>', "policy_answers"),
        (LIMIT + "<banli:timeout/>", "timeout_empty"),
        (
            LIMIT + '<banli:approval mode="all" people="=[]"/><banli:timeout remind="1"/>',
            "timeout_several",
        ),
        ('<banli:buttons fly="飞"/>', "extension_attribute"),
    ],
)
def test_what_cannot_follow_is_refused_at_deployment(
    play: Play, extensions: str, code: str
) -> None:
    with pytest.raises(DeploymentRejected) as refused:
        begun(play, extensions)
    assert code in {finding.code for finding in refused.value.findings}


def test_a_repeated_task_has_no_policies(play: Play) -> None:
    with pytest.raises(DeploymentRejected) as refused:
        begun(play, policies(empty="incident"), loop=each("people", "one"))
    assert "policy_loop" in {finding.code for finding in refused.value.findings}
