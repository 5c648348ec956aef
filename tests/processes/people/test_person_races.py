"""Two at once on the person operations (A.1 轮询 最少待办, A.2 代理 抄送 征询 离职转办), on both databases."""

import threading
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from engine import clock, repository, runtime
from engine.errors import NotFound
from engine.model import UserTask
from processes import settings, wiring
from processes.approvals import circulation, handover, inquiries
from processes.desk import worklist
from processes.identity import principals
from processes.identity.identity import User
from processes.model.agents import Substitution
from processes.model.circulation import CaseCopy
from processes.model.people import UserAccount, UserRole
from processes.people import accounts, agents
from processes.people.agents import Wanted
from tests.engine.core.scenario import user, xml
from tests.engine.data.test_races import kinds, together
from tests.processes.people.cast import People, populate
from web.database import Database

GROUP = "licence_reviewer@370001"
MODELS = {
    f"yacht_licence_{mode}.bpmn": xml(
        "start -> review -> end",
        key=f"yacht_licence_{mode}",
        review=user(f'<banli:approval mode="{mode}"/>', candidateGroups=GROUP),
    )
    for mode in ("round_robin", "least_loaded", "single")
}


class Office:
    """Three reviewers and an administrator on a database that several threads use."""

    def __init__(self, database: Database) -> None:
        self.database = database
        wiring.connect()
        with database.transaction() as session:
            populate(session)
            people = People(session)
            self.users = {
                login: people.user(login, "licence_reviewer")
                for login in ("anton", "berta", "carl")
            }
            self.users["admin"] = people.user("admin", "system_admin")
            repository.deploy(session, MODELS, by="admin")

    def run(self, command: Callable[..., Any], *args: Any, **named: Any) -> Any:
        """A command in a transaction, repeated if another was faster."""
        return self.database.run(command, *args, **named)

    def start(self, mode: str) -> int:
        def begin(session: Session) -> int:
            variables = {"org": "370001"}
            key = f"yacht_licence_{mode}"
            return runtime.start(session, key, by="system", variables=variables, business_key="").id

        found: int = self.run(begin)
        return found

    def read(self, query: Any) -> list[Any]:
        with self.database.read_session() as session:
            return list(session.execute(query).tuples())


@pytest.fixture
def office(database: Database, configured: settings.Settings) -> Office:
    return Office(database)


def week(principal: User, agent: User) -> Wanted:
    today = clock.today()
    return Wanted(
        principal=principal.id, agent=agent.id, starts_on=today, ends_on=today + timedelta(days=6)
    )


@pytest.mark.parametrize("mode", ["round_robin", "least_loaded"])
def test_tasks_that_come_at_once_are_shared_evenly(office: Office, mode: str) -> None:
    together(*[partial(office.start, mode)] * 6)
    held = Counter(assignee for (assignee,) in office.read(select(UserTask.assignee)))
    assert sorted(held.values()) == [2, 2, 2]


def test_two_who_make_each_other_their_agents_at_once_make_no_circle(office: Office) -> None:
    one, other = office.users["anton"], office.users["berta"]
    found = together(
        partial(office.run, agents.entrust, week(one, other), by=one),
        partial(office.run, agents.entrust, week(other, one), by=other),
    )
    assert kinds(found) == ["AgentRefused", "Substitution"]
    assert office.read(select(func.count()).select_from(Substitution)) == [(1,)]


def test_agent_and_principal_who_finish_at_once_finish_once(office: Office) -> None:
    one, other = office.users["anton"], office.users["berta"]
    office.run(agents.entrust, week(one, other), by=one)
    case = office.start("single")
    ((task,),) = office.read(select(UserTask.id).where(UserTask.instance_id == case))
    office.run(worklist.claim, task, by=one)
    with office.database.read_session() as session:
        agent = User(**{**_plain(other), "acts_for": principals.of(session, other.id)})
    found = together(
        *(partial(office.run, worklist.submit, task, by=by, answers={}) for by in (one, agent))
    )
    assert kinds(found) == ["TaskNotActive", "list"]


def test_a_copy_that_two_send_at_once_is_one_copy(office: Office) -> None:
    case = office.start("single")
    reader = office.users["carl"]
    wanted = circulation.Wanted(people=[reader.id], text="请知悉")
    together(
        *(
            partial(office.run, circulation.send, case, wanted, by=office.users[login])
            for login in ("anton", "berta")
        )
    )
    assert office.read(select(CaseCopy.user_id)) == [(reader.id,)]


def test_an_answer_and_a_withdrawal_at_once_are_one_of_the_two(office: Office) -> None:
    asker, asked = office.users["anton"], office.users["berta"]
    case = office.start("single")
    ((task,),) = office.read(select(UserTask.id).where(UserTask.instance_id == case))
    office.run(worklist.claim, task, by=asker)
    (row,) = office.run(inquiries.ask, task, to=[asked.id], question="属实吗", by=asker)
    found = together(
        partial(office.run, inquiries.answer, row.id, by=asked, text="属实"),
        partial(office.run, inquiries.withdraw, row.id, by=asker),
    )
    assert kinds(found) == ["Conflict", "Inquiry"]


def test_a_task_handed_over_twice_at_once_goes_to_one(office: Office) -> None:
    leaver, admin = office.users["anton"], office.users["admin"]
    case = office.start("single")
    ((task,),) = office.read(select(UserTask.id).where(UserTask.instance_id == case))
    office.run(worklist.claim, task, by=leaver)
    found = together(
        *(
            partial(
                office.run,
                handover.carry_out,
                leaver.id,
                f"task:{task}",
                to=office.users[login].id,
                by=admin,
                reason="调离",
            )
            for login in ("berta", "carl")
        )
    )
    refused = [one for one in found if isinstance(one, Exception)]
    assert len(refused) == 1
    assert isinstance(refused[0], NotFound) or "重试" in str(refused[0])


@pytest.mark.parametrize("accounts_of_the_person", [1, 2])
def test_who_is_made_two_of_the_three_administrators_at_once_becomes_one(
    office: Office, accounts_of_the_person: int
) -> None:
    """Rule 26 (三员), over all accounts of a person."""
    logins = ["dora", "dora2"][:accounts_of_the_person]

    def opened(session: Session) -> list[int]:
        people = People(session)
        return [people.account(login, id_no="dora").id for login in logins]

    ids: list[int] = office.run(opened)
    both = threading.Barrier(2)

    def give(session: Session, account: int, role: str) -> UserRole:
        held = session.get_one(UserAccount, account)
        made = accounts.assign_role(session, held, role, org_code="370001")
        with suppress(threading.BrokenBarrierError):
            both.wait(timeout=0.5)  # whoever waits for the other's transaction does not come here
        return made

    found = together(
        partial(office.run, give, ids[0], "security_admin"),
        partial(office.run, give, ids[-1], "audit_admin"),
    )
    assert kinds(found) == ["AccountRefused", "UserRole"]
    held = select(func.count()).select_from(UserRole).where(UserRole.user_id.in_(ids))
    assert office.read(held) == [(1,)]


def _plain(one: User) -> dict[str, Any]:
    names = ("id", "login", "name", "kind", "org_code", "org_name", "roles", "person_key", "paths")
    return {**{name: getattr(one, name) for name in names}, "groups": one.groups}
