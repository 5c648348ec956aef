"""The number of statements of a list of the API does not grow with its rows (no N+1)."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

from sqlalchemy import select

from engine import ids
from engine.model import Incident, ProcessInstance, UserTask
from processes.people import accounts
from tests.web.api.conftest import Caller
from tests.web.test_statements import counted
from web.database import database

FEW, MANY = 2, 12
LISTS = [
    ("acceptor", "/tasks"),
    ("acceptor", "/tasks?text=申请人"),
    ("acceptor", "/cases?text=申请人"),
    ("applicant", "/cases?text=申请人"),
    ("acceptor", "/notices"),
    ("admin", "/instances"),
    ("admin", "/incidents"),
    ("admin", "/users"),
    ("admin", "/organisations"),
    ("admin", "/definitions"),
]


@contextmanager
def transaction(deployed: SimpleNamespace) -> Iterator[Any]:
    with deployed.app.app_context(), database().transaction() as session:
        yield session


def fill(deployed: SimpleNamespace, filed: Callable[[], Any], wanted: int, *, serial: str) -> None:
    """So many rows of everything: cases with tasks and incidents, notices, users."""
    tasks = [int(filed()["task"]) for _ in range(wanted)]
    with transaction(deployed) as session:
        for task in session.scalars(select(UserTask).where(UserTask.id.in_(tasks))):
            instance = session.get_one(ProcessInstance, task.instance_id)
            session.add(
                Incident(
                    id=ids.next_id(), instance_id=instance.id,
                    definition_id=instance.definition_id, activity=task.activity,
                    message="试", kind="job",
                )
            )  # fmt: skip
        for at in range(wanted):
            number = f"{serial}{at}"
            accounts.create_user(
                session, f"api-{number}", name="甲", org_code="370001", id_no=number, kind="staff"
            )


def statements(deployed: SimpleNamespace, caller: Caller, path: str) -> tuple[list[str], int]:
    """What a list asks the database, its caches warm; and how many rows it has."""
    for _ in range(2):
        with counted(deployed.app) as said:
            answer = caller.get(path)
        assert answer.status_code == 200, (path, answer.get_data(as_text=True))
    told = answer.json
    return said, len(told["items"] if isinstance(told, dict) else told)


def test_no_list_of_the_api_asks_more_for_more_rows(
    deployed: SimpleNamespace,
    caller: Callable[..., Caller],
    filed: Callable[[], Any],
) -> None:
    callers = {login: caller(login) for login in {login for login, _path in LISTS}}
    fill(deployed, filed, FEW, serial="few")
    before = {one: statements(deployed, callers[one[0]], one[1]) for one in LISTS}
    fill(deployed, filed, MANY, serial="many")
    grown, longer = {}, set()
    for one in LISTS:
        said, rows = statements(deployed, callers[one[0]], one[1])
        longer |= {one[1]} if rows > before[one][1] else set()
        if len(said) > len(before[one][0]):
            grown[one[1]] = (len(before[one][0]), len(said))
    assert grown == {}
    assert {"/tasks", "/cases?text=申请人", "/instances", "/incidents", "/users"} <= longer, (
        "rows are shown"
    )
