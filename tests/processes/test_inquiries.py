"""沟通 / 征询 (case-operations A.2): a scenario for each part of the row."""

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy.orm import Session

from engine.errors import Conflict, Forbidden, NotFound
from processes.approvals import inquiries
from processes.approvals.inquiries import Asked, InquiryRefused
from processes.casework import cases
from processes.desk import inbox, worklist
from processes.identity import audit
from processes.model.cases import Case
from processes.people import agents
from processes.people.agents import Wanted
from processes.play import PlayedCase
from tests.engine.core.scenario import user, xml
from tests.processes.test_approvals import GROUP, Office, a_stranger_in_the_office, do, lines, told

LIMIT = '<banli:limit amount="5" unit="working_days" title="审核期限"/>'
ALLOWED = "claim release complete inquire"
MODELS = {
    key: xml("start -> review -> end", key=key, review=user(LIMIT + more, candidateGroups=GROUP))
    for key, more in {
        "runs": "",
        "pauses": f'<banli:operations allow="{ALLOWED}" pause="inquire"/>',
        "strict": '<banli:operations allow="claim complete"/>',
    }.items()
}


@pytest.fixture
def office() -> Iterator[Office]:
    with Office.of(MODELS, a_stranger_in_the_office) as made:
        yield made


def claimed(office: Office, key: str = "runs") -> PlayedCase:
    case = office.start(key)
    do(case, worklist.claim, case.tasks[0].id, by=office.user("reviewer"))
    return case


def ask(case: PlayedCase, *logins: str, by: str = "reviewer", question: str = "地址属实吗") -> Any:
    to = [case.play.user(one).id for one in logins]
    me = case.play.user(by)
    return do(case, inquiries.ask, case.tasks[0].id, to=to, question=question, by=me)


def mine(office: Office, login: str) -> list[Asked]:
    by = office.user(login)
    return list(office.run(lambda session: inquiries.of_user(session, by)))


def answer(office: Office, login: str, text: str = "属实") -> None:
    row, by = mine(office, login)[0].row, office.user(login)
    office.run(lambda session: inquiries.answer(session, row.id, by=by, text=text))


def sees(case: PlayedCase, login: str) -> bool:
    try:
        do(case, cases.get, case.id, by=case.play.user(login))
    except NotFound:
        return False
    return True


class TestQuestion:
    def test_a_question_to_any_colleague_and_the_answer_returns_to_the_task(
        self, office: Office
    ) -> None:
        case = claimed(office)
        ask(case, "card_maker")
        assert [one.state for one in mine(office, "card_maker")] == ["open"]
        assert any("征询您的意见" in title for title in told(case, "card_maker"))
        answer(office, "card_maker", "地址属实")
        asked, said = lines(case)[-2:]
        assert (asked.decision, asked.text, asked.action) == (
            "征询制证人",
            "地址属实吗",
            "inquired",
        )
        assert (said.by_name, said.text, said.action) == ("制证人", "地址属实", "inquiry_answered")
        assert (said.task_id, said.for_user) == (case.tasks[0].id, office.id("reviewer"))
        assert any("已答复" in title for title in told(case, "reviewer"))
        assert do(case, audit.verify) is None

    def test_it_is_an_opinion_only_and_holds_nothing_up(self, office: Office) -> None:
        case = claimed(office)
        before = case.variables
        ask(case, "card_maker")
        answer(office, "card_maker", "不同意")
        assert case.variables == before
        ask(case, "verifier")
        do(case, worklist.submit, case.tasks[0].id, by=office.user("reviewer"), answers={})
        assert case.ended == "end"

    def test_the_asked_person_sees_the_case_while_asked(self, office: Office) -> None:
        case, other = claimed(office), claimed(office)
        assert not sees(case, "card_maker")
        ask(case, "card_maker")
        assert sees(case, "card_maker")
        assert not sees(other, "card_maker")
        with pytest.raises(Forbidden):
            do(case, cases.terminate, case.id, by=office.user("card_maker"), reason="x")
        answer(office, "card_maker")
        assert not sees(case, "card_maker")
        assert mine(office, "card_maker")[0].state == "answered"
        me = office.user("card_maker")
        assert office.run(lambda session: inbox.page(session, me, box="done")).total == 0

    def test_a_question_ends_with_its_task(self, office: Office) -> None:
        case = claimed(office)
        ask(case, "card_maker")
        do(case, worklist.submit, case.tasks[0].id, by=office.user("reviewer"), answers={})
        assert not sees(case, "card_maker")
        assert mine(office, "card_maker")[0].state == "over"
        with pytest.raises(Conflict, match="已经办结"):
            answer(office, "card_maker")

    def test_the_asker_takes_a_question_back(self, office: Office) -> None:
        case = claimed(office)
        (row,) = ask(case, "card_maker")
        with pytest.raises(NotFound):
            do(case, inquiries.withdraw, row.id, by=office.user("verifier"))
        do(case, inquiries.withdraw, row.id, by=office.user("reviewer"))
        assert not sees(case, "card_maker")
        with pytest.raises(Conflict, match="已经撤回"):
            answer(office, "card_maker")
        with pytest.raises(Conflict, match="已经撤回"):
            do(case, inquiries.withdraw, row.id, by=office.user("reviewer"))

    def test_it_is_answered_once_by_who_was_asked(self, office: Office) -> None:
        case = claimed(office)
        (row,) = ask(case, "card_maker")
        with pytest.raises(NotFound):
            do(case, inquiries.answer, row.id, by=office.user("verifier"), text="x")
        with pytest.raises(InquiryRefused, match="请填写"):
            answer(office, "card_maker", "  ")
        answer(office, "card_maker")
        with pytest.raises(Conflict, match="已经答复"):
            answer(office, "card_maker")

    def test_an_agent_asks_in_the_principal_s_place(self, office: Office) -> None:
        case = claimed(office)
        today = case.row.submitted_at.date()
        wanted = Wanted(
            principal=office.id("reviewer"),
            agent=office.id("approver"),
            starts_on=today,
            ends_on=today,
        )
        me = office.user("reviewer")
        office.run(lambda session: agents.entrust(session, wanted, by=me))
        ask(case, "card_maker", by="approver")
        assert mine(office, "card_maker")[0].asker == "审批人"


class TestClock:
    def due(self, case: PlayedCase) -> Any:
        return case.tasks[0].due_at

    def test_the_clock_rests_while_the_node_says_so(self, office: Office) -> None:
        case = claimed(office, "pauses")
        before = self.due(case)
        ask(case, "card_maker")
        assert self.due(case) is None
        office.passes(working_days=3)
        answer(office, "card_maker")
        office.drain()
        assert self.due(case) > before
        assert (self.due(case) - before).days >= 3

    def test_until_the_last_question_is_answered_or_taken_back(self, office: Office) -> None:
        case = claimed(office, "pauses")
        first, second = (ask(case, one)[0] for one in ("card_maker", "verifier"))
        answer(office, "card_maker")
        assert self.due(case) is None
        do(case, inquiries.withdraw, second.id, by=office.user("reviewer"))
        assert self.due(case) is not None
        assert first.pauses

    def test_else_it_runs_on(self, office: Office) -> None:
        case = claimed(office)
        before = self.due(case)
        ask(case, "card_maker")
        office.passes(working_days=1)
        answer(office, "card_maker")
        assert self.due(case) == before

    def test_the_task_can_be_done_while_its_clock_rests(self, office: Office) -> None:
        case = claimed(office, "pauses")
        ask(case, "card_maker")
        do(case, worklist.submit, case.tasks[0].id, by=office.user("reviewer"), answers={})
        assert case.ended == "end"


class TestWhoMayNot:
    def test_only_the_holder_asks_and_only_where_the_node_allows_it(self, office: Office) -> None:
        with pytest.raises(Forbidden, match="签收"):
            ask(office.start("runs"), "card_maker")
        with pytest.raises(NotFound):
            ask(claimed(office), "card_maker", by="approver")
        with pytest.raises(Forbidden, match="不允许"):
            ask(claimed(office, "strict"), "card_maker")

    def test_not_the_applicant_nor_an_administrator_nor_another_office(
        self, office: Office
    ) -> None:
        case = claimed(office)
        person = office.user("verifier").person_key

        def applied(session: Session) -> None:
            session.get_one(Case, case.id).applicant_person_key = person

        office.run(applied)
        for login, words in (
            ("verifier", "申请人"),
            ("admin", "管理员"),
            ("card_prechecker", "本单位"),
            ("reviewer", "本单位"),
        ):
            with pytest.raises(InquiryRefused, match=words):
                ask(case, login)
        task, me = case.tasks[0].id, office.user("reviewer")
        offered = {one.name for one in do(case, inquiries.people, task, by=me)}
        assert offered.isdisjoint({"核对人", "系统管理员", "审核人"})
        assert "制证人" in offered

    def test_nothing_asked_and_asked_twice_are_refused(self, office: Office) -> None:
        case = claimed(office)
        with pytest.raises(InquiryRefused, match="问题"):
            ask(case, "card_maker", question=" ")
        with pytest.raises(InquiryRefused, match="请选择"):
            ask(case)
        ask(case, "card_maker")
        with pytest.raises(InquiryRefused, match="还没有答复"):
            ask(case, "card_maker")
