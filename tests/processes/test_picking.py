"""随机, 轮询, 最少待办 (case-operations A.1): one person is picked, that one decides."""

import threading
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from engine import clock, history, repository, runtime
from engine.model import UserTask
from processes.casefile import notices
from processes.desk import worklist
from processes.model.cases import Case
from processes.model.people import UserAccount
from processes.movement import movement
from processes.movement.movement import Order
from processes.people import accounts, agents
from processes.people.agents import Wanted
from processes.play import PlayedCase
from tests.engine.core.scenario import user, xml
from tests.processes.test_approvals import GROUP, Office, do

MODES = ("random", "round_robin", "least_loaded")
MODELS = {
    mode: xml(
        "start -> review -> check -> end",
        key=mode,
        review=user(f'<banli:approval mode="{mode}"/>', candidateGroups=GROUP),
        check=user('<banli:operations allow="complete return"/>', candidateGroups=GROUP),
    )
    for mode in MODES
} | {
    "named": xml(
        "start -> review -> end",
        key="named",
        review=user('<banli:approval mode="round_robin" people="=people"/>'),
    ),
}
_IDS = iter(f"37010219900101{n:03d}" for n in range(1, 999))


def _identity(digits: str) -> str:
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    total = sum(int(d) * w for d, w in zip(digits, weights, strict=True))
    return digits + "10X98765432"[total % 11]


def fill(office: Office, *logins: str) -> None:
    def open_accounts(session: Session) -> None:
        files = {f"{key}.bpmn": content for key, content in MODELS.items()}
        repository.deploy(session, files, by="admin")
        for login in logins:
            made = accounts.create_user(
                session,
                login,
                name=f"审核人{login}",
                org_code="370001",
                id_no=_identity(next(_IDS)),
            )
            accounts.assign_role(session, made, "licence_reviewer", org_code="370001")

    office.run(open_accounts)


@pytest.fixture
def office() -> Iterator[Office]:
    """Three reviewers: the one of the cast, and two more."""
    made = Office()
    try:
        fill(made, "second", "third")
        yield made
    finally:
        made.close()


def holder(case: PlayedCase) -> str:
    (task,) = case.tasks
    assert task.assignee is not None

    def login(session: Session) -> str:
        return session.get_one(UserAccount, int(task.assignee)).login

    return case.play.run(login)


def starts(office: Office, mode: str, number: int) -> list[str]:
    return [holder(office.start(mode)) for _one in range(number)]


def begin(session: Session) -> None:
    runtime.start(session, "round_robin", by="system", variables={"org": "370001"}, business_key="")


class TestRandom:
    def test_one_of_the_candidates_is_picked_and_decides_alone(self, office: Office) -> None:
        case = office.start("random")
        name = holder(case)
        assert name in {"reviewer", "second", "third"}
        do(case, worklist.submit, case.tasks[0].id, by=office.user(name), answers={})
        assert [task.activity for task in case.tasks] == ["check"]

    def test_everybody_gets_some(self, office: Office) -> None:
        # each misses all thirty with a chance below one in a hundred thousand
        assert set(starts(office, "random", 30)) == {"reviewer", "second", "third"}


class TestRoundRobin:
    def test_each_gets_the_next_in_turn(self, office: Office) -> None:
        got = starts(office, "round_robin", 7)
        assert got[:3] == got[3:6]
        assert got[6] == got[0]
        assert set(got) == {"reviewer", "second", "third"}

    def test_the_turn_is_the_node_s_and_the_pool_s_own(self, office: Office) -> None:
        people = [str(office.id(one)) for one in ("third", "reviewer")]
        first = starts(office, "round_robin", 1)
        case = office.start("named", people=people)
        assert starts(office, "round_robin", 2)[-1] != first[0]
        assert {holder(case), holder(office.start("named", people=people))} == {
            "third",
            "reviewer",
        }

    def test_the_turn_goes_on_where_it_was_when_somebody_leaves(self, office: Office) -> None:
        order = starts(office, "round_robin", 3)

        def leaves(session: Session) -> None:
            accounts.close_account(session, session.get_one(UserAccount, office.id(order[0])))

        office.run(leaves)
        assert starts(office, "round_robin", 2) == order[1:]

    def test_a_step_that_is_taken_back_gives_no_turn(self, office: Office) -> None:
        first = starts(office, "round_robin", 1)

        class Broken(Exception):
            pass

        def breaks(session: Session) -> None:
            begin(session)
            raise Broken

        with pytest.raises(Broken):
            office.run(breaks)
        following = starts(office, "round_robin", 3)
        assert following[2] == first[0]
        assert len(set(following)) == 3


class TestLeastLoaded:
    def test_who_holds_the_fewest_open_tasks_gets_it(self, office: Office) -> None:
        for _one in range(2):
            case = office.start("named", people=[str(office.id("second"))])
            assert holder(case) == "second"
        office.start("named", people=[str(office.id("third"))])
        assert starts(office, "least_loaded", 1) == ["reviewer"]
        assert set(starts(office, "least_loaded", 2)) == {"reviewer", "third"}

    def test_among_equals_it_goes_in_turn(self, office: Office) -> None:
        assert Counter(starts(office, "least_loaded", 6)) == {
            "reviewer": 2,
            "second": 2,
            "third": 2,
        }


class TestWhoIsPicked:
    @pytest.mark.parametrize("mode", MODES)
    def test_nobody_whom_duties_keep_away(self, office: Office, mode: str) -> None:
        person = office.user("second")
        got = []
        for _one in range(6):
            variables = {"applicant": {"name": "申请人", "id_no": _id_of(office, "second")}}
            case = office.start(mode, **variables)
            row = office.run(lambda session, one=case.id: session.get_one(Case, one))
            assert row.applicant_person_key == person.person_key
            got.append(holder(case))
        assert "second" not in got

    def test_nobody_who_is_absent_while_others_are_there(self, office: Office) -> None:
        today = clock.today()
        for login in ("reviewer", "second"):
            wanted = Wanted(
                principal=office.id(login),
                agent=office.id("approver"),
                starts_on=today,
                ends_on=today + timedelta(days=3),
            )
            by = office.user(login)
            office.run(lambda session, w=wanted, b=by: agents.entrust(session, w, by=b))
        assert starts(office, "round_robin", 3) == ["third"] * 3

    def test_nobody_left_leaves_the_task_in_its_pool(self, office: Office) -> None:
        def leave(session: Session) -> None:
            for login in ("reviewer", "second", "third"):
                accounts.close_account(session, session.get_one(UserAccount, office.id(login)))

        office.run(leave)
        (task,) = office.start("round_robin").tasks
        assert task.assignee is None

    def test_the_history_says_by_which_rule_and_the_person_is_told(self, office: Office) -> None:
        case = office.start("round_robin")
        (event,) = do(case, history.of_type, case.id, "task.assigned")
        assert (event.actor, event.data["policy"]) == ("system", "round_robin")
        box = do(case, notices.box, office.user(holder(case)))
        assert any("已分派给您" in one.title for one in box)

    def test_what_is_put_back_is_anybody_s_again(self, office: Office) -> None:
        case = office.start("round_robin")
        task, name = case.tasks[0].id, holder(case)
        do(case, worklist.release, task, by=office.user(name))
        other = next(one for one in ("reviewer", "second", "third") if one != name)
        do(case, worklist.claim, task, by=office.user(other))
        assert holder(case) == other

    def test_what_is_returned_goes_to_who_did_it_not_to_the_next_in_turn(
        self, office: Office
    ) -> None:
        case = office.start("round_robin")
        name = holder(case)
        do(case, worklist.submit, case.tasks[0].id, by=office.user(name), answers={})
        other = next(one for one in ("reviewer", "second", "third") if one != name)
        task = case.tasks[0].id
        order = Order(to="review", reason="请补充")
        do(case, movement.send_back, task, by=office.user(other), order=order)
        assert holder(case) == name


def _id_of(office: Office, login: str) -> str:
    def read(session: Session) -> str:
        return session.get_one(UserAccount, office.id(login)).id_no or ""

    return office.run(read)


def test_many_at_once_give_each_turn_once(tmp_path: Path) -> None:
    """Six starts at the same moment, each in a transaction of its own: two turns for each."""
    office = Office(database=f"sqlite:///{tmp_path / 'race.db'}")
    try:
        fill(office, "second", "third")
        barrier = threading.Barrier(6)
        failed: list[BaseException] = []

        def starts_one() -> None:
            barrier.wait()
            try:
                office.run(begin)
            except BaseException as error:
                failed.append(error)

        threads = [threading.Thread(target=starts_one) for _one in range(6)]
        for one in threads:
            one.start()
        for one in threads:
            one.join()
        assert not failed

        def held(session: Session) -> Counter[str | None]:
            return Counter(session.scalars(select(UserTask.assignee)))

        assert sorted(office.run(held).values()) == [2, 2, 2]
    finally:
        office.close()
