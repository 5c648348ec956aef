"""抄送 / 传阅 (case-operations A.2): a scenario for each part of the row."""

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy.orm import Session

from engine.errors import Conflict, Forbidden, NotFound
from processes import chores
from processes.approvals import circulation
from processes.approvals.circulation import CopyRefused, Received, Wanted
from processes.casework import cases
from processes.desk import inbox, worklist
from processes.identity import audit
from processes.model.cases import Case
from processes.play import PlayedCase
from tests.engine.core.scenario import Node, user, xml
from tests.processes.test_approvals import GROUP, Office, a_stranger_in_the_office, do, lines, told

APPROVERS = "licence_approver@370001"


def copies(*told: str) -> str:
    return f"<banli:copies>{''.join(f'<banli:copy {one}/>' for one in told)}</banli:copies>"


MODELS = {
    "yacht_licence_plain": xml(
        "start -> review -> approve -> end",
        key="yacht_licence_plain",
        review=user(candidateGroups=GROUP),
        approve=user(candidateGroups=APPROVERS),
    ),
    "yacht_licence_auto": xml(
        "start -> review -> approve -> end",
        key="yacht_licence_auto",
        review=user(
            copies(f'to="{APPROVERS}" title="审核已办结" mustRead="true" reply="true"'),
            candidateGroups=GROUP,
        ),
        approve=user(candidateGroups=APPROVERS),
        end=Node(
            "endEvent",
            extensions=copies(
                'to="=readers"', 'to="licence_issuer@370001" when="=false"', f'to="{APPROVERS}"'
            ),
        ),
    ),
    "yacht_licence_strict": xml(
        "start -> review -> end",
        key="yacht_licence_strict",
        review=user('<banli:operations allow="claim complete"/>', candidateGroups=GROUP),
    ),
}


@pytest.fixture
def office() -> Iterator[Office]:
    with Office.of(MODELS, a_stranger_in_the_office) as made:
        yield made


def send(case: PlayedCase, *logins: str, by: str = "reviewer", **more: Any) -> int:
    people = [case.play.user(one).id for one in logins]
    me = case.play.user(by)
    wanted = Wanted(people=people, **more)
    return do(case, circulation.send, case.id, wanted, by=me)


def box(office: Office, login: str) -> list[Received]:
    by = office.user(login)
    return list(office.run(lambda session: circulation.box(session, by)))


def unread(office: Office, login: str) -> int:
    by = office.user(login)
    return office.run(lambda session: circulation.unread(session, by))


def sees(case: PlayedCase, login: str) -> bool:
    try:
        do(case, cases.get, case.id, by=case.play.user(login))
    except NotFound:
        return False
    return True


def done(case: PlayedCase, login: str) -> None:
    do(case, worklist.submit, case.tasks[0].id, by=case.play.user(login), answers={})
    case.play.drain()


class TestByHand:
    def test_a_copy_lies_in_the_box_unread_and_the_reader_is_told(self, office: Office) -> None:
        case = office.start("yacht_licence_plain")
        assert send(case, "card_maker", text="请知悉") == 1
        (got,) = box(office, "card_maker")
        assert (got.case.id, got.sender, got.row.text) == (case.id, "审核人", "请知悉")
        assert unread(office, "card_maker") == 1
        assert any("抄送给您" in title for title in told(case, "card_maker"))
        last = lines(case)[-1]
        assert (last.decision, last.text, last.action) == ("抄送制证人", "请知悉", "copied")
        assert do(case, audit.verify) is None

    def test_with_it_comes_the_right_to_read_this_case_alone(self, office: Office) -> None:
        case, other = office.start("yacht_licence_plain"), office.start("yacht_licence_plain")
        assert not sees(case, "card_maker")
        send(case, "card_maker")
        assert sees(case, "card_maker")
        assert not sees(other, "card_maker")
        with pytest.raises(NotFound):
            done(case, "card_maker")
        for command in (cases.suspend, cases.terminate):
            with pytest.raises(Forbidden):
                do(case, command, case.id, by=office.user("card_maker"), reason="x")
        with pytest.raises(Forbidden):
            send(case, "verifier", by="card_maker")

    def test_it_never_blocks_the_flow(self, office: Office) -> None:
        case = office.start("yacht_licence_plain")
        send(case, "card_maker", must_read=True, reply=True)
        done(case, "reviewer")
        done(case, "approver")
        assert case.ended == "end"
        assert unread(office, "card_maker") == 1
        assert sees(case, "card_maker")

    def test_a_person_has_one_copy_of_a_case_however_often_it_is_sent(self, office: Office) -> None:
        case = office.start("yacht_licence_plain")
        send(case, "card_maker", text="一")
        (first,) = box(office, "card_maker")
        do(case, circulation.read, first.row.id, by=office.user("card_maker"))
        assert send(case, "card_maker", "verifier", text="二", must_read=True) == 1
        (again,) = box(office, "card_maker")
        assert (again.row.id, again.row.text) == (first.row.id, "二")
        assert again.row.must_read
        assert again.row.read_at is None

    def test_must_read_is_owed_until_it_is_said(self, office: Office) -> None:
        case = office.start("yacht_licence_plain")
        send(case, "card_maker", must_read=True)
        (got,) = box(office, "card_maker")
        assert got.open
        do(case, circulation.read, got.row.id, by=office.user("card_maker"))
        (got,) = box(office, "card_maker")
        assert not got.open
        assert unread(office, "card_maker") == 0

    def test_a_reply_goes_to_the_sender_and_into_the_timeline(self, office: Office) -> None:
        case = office.start("yacht_licence_plain")
        send(case, "card_maker", reply=True)
        (got,) = box(office, "card_maker")
        me = office.user("card_maker")
        with pytest.raises(CopyRefused, match="请填写"):
            do(case, circulation.reply, got.row.id, by=me, text=" ")
        do(case, circulation.reply, got.row.id, by=me, text="已知悉，无意见")
        assert any("已回复" in title for title in told(case, "reviewer"))
        last = lines(case)[-1]
        assert (last.by_name, last.text, last.action) == (
            "制证人",
            "已知悉，无意见",
            "copy_replied",
        )
        with pytest.raises(CopyRefused, match="已经回复"):
            do(case, circulation.reply, got.row.id, by=me, text="再说")
        # a reader has handled nothing
        assert office.run(lambda s: inbox.page(s, me, box="done")).total == 0

    def test_the_own_copy_alone_is_read_or_replied_to(self, office: Office) -> None:
        case = office.start("yacht_licence_plain")
        send(case, "card_maker")
        (got,) = box(office, "card_maker")
        for command in (circulation.read, circulation.reply):
            more = {"text": "x"} if command is circulation.reply else {}
            with pytest.raises(NotFound):
                do(case, command, got.row.id, by=office.user("verifier"), **more)

    def test_late_readers_are_reminded_once_a_day_by_hand(self, office: Office) -> None:
        case = office.start("yacht_licence_plain")
        send(case, "card_maker", "verifier", must_read=True)
        (got,) = box(office, "verifier")
        do(case, circulation.read, got.row.id, by=office.user("verifier"))
        me = office.user("reviewer")
        assert do(case, circulation.chase, case.id, by=me) == 1
        with pytest.raises(Conflict, match="今天已经"):
            do(case, circulation.chase, case.id, by=me)
        office.passes(days=1)
        assert do(case, circulation.chase, case.id, by=me) == 1
        assert sum("请阅读" in title for title in told(case, "card_maker")) == 2

    def test_and_by_the_system_after_two_working_days_three_times(self, office: Office) -> None:
        case = office.start("yacht_licence_plain")
        send(case, "card_maker", must_read=True)
        reminded = []
        for _day in range(12):
            office.passes(working_days=1)
            office.run(chores.all_due)
            reminded.append(sum("请阅读" in title for title in told(case, "card_maker")))
        assert reminded[:4] == [0, 1, 1, 2]
        assert reminded[-1] == 3


class TestWhoMayNot:
    def test_the_applicant_never_gets_the_own_case(self, office: Office) -> None:
        case = office.start("yacht_licence_plain")
        person = office.user("verifier").person_key

        def applied(session: Session) -> None:
            session.get_one(Case, case.id).applicant_person_key = person

        office.run(applied)
        with pytest.raises(CopyRefused, match="申请人"):
            send(case, "verifier")
        row = office.run(lambda session: session.get_one(Case, case.id))
        offered = do(case, circulation.people, row, by=office.user("reviewer"))
        assert {"核对人", "系统管理员", "审核人"}.isdisjoint(one.name for one in offered)

    def test_an_administrator_gets_no_case(self, office: Office) -> None:
        with pytest.raises(CopyRefused, match="管理员"):
            send(office.start("yacht_licence_plain"), "admin")

    def test_nobody_and_one_of_another_office_are_refused(self, office: Office) -> None:
        case = office.start("yacht_licence_plain")
        with pytest.raises(CopyRefused, match="请选择"):
            send(case)
        with pytest.raises(CopyRefused, match="本单位"):
            send(case, "card_prechecker")

    def test_a_node_that_does_not_allow_it_refuses(self, office: Office) -> None:
        case = office.start("yacht_licence_strict")
        with pytest.raises(Forbidden, match="不允许抄送"):
            send(case, "verifier")


class TestAutomatic:
    def test_a_node_sends_copies_when_it_is_done(self, office: Office) -> None:
        case = office.start("yacht_licence_auto", readers=[])
        assert unread(office, "approver") == 0
        done(case, "reviewer")
        (got,) = box(office, "approver")
        assert (got.sender, got.row.text, got.row.activity_name) == ("", "审核已办结", "review")
        assert got.row.must_read
        assert got.row.wants_reply

    def test_the_end_sends_copies_by_its_condition_and_once_a_person(self, office: Office) -> None:
        case = office.start("yacht_licence_auto", readers=[str(office.id("verifier"))])
        done(case, "reviewer")
        (first,) = box(office, "approver")
        do(case, circulation.read, first.row.id, by=office.user("approver"))
        done(case, "approver")
        assert case.ended == "end"
        assert [len(box(office, one)) for one in ("verifier", "issuer", "approver")] == [1, 0, 1]
        assert unread(office, "approver") == 0  # nothing new is asked of who has read it

    def test_who_must_not_see_the_case_is_left_out(self, office: Office) -> None:
        people = [str(office.id(one)) for one in ("admin", "verifier")]
        case = office.start("yacht_licence_auto", readers=people)
        done(case, "reviewer")
        done(case, "approver")
        assert case.ended == "end"
        assert [len(box(office, one)) for one in ("admin", "verifier")] == [0, 1]

    def test_receivers_that_are_no_texts_stop_the_node_with_an_incident(
        self, office: Office
    ) -> None:
        case = office.start("yacht_licence_auto", readers=7)
        done(case, "reviewer")
        done(case, "approver")
        assert case.ended is None
        assert any("抄送对象" in one for one in case.incidents)
