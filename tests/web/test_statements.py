"""The number of statements of a list page does not grow with its rows (no N+1)."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event, select

from engine import ids
from engine.model import Incident, UserTask
from processes.identity import identity
from processes.people import accounts
from web.database import database

Clients = Callable[[str], FlaskClient]
FEW, MANY = 2, 30
PAGES = [
    ("acceptor", "/inbox"),
    ("manager", "/inbox?box=office"),
    ("acceptor", "/inbox?box=mine"),
    ("acceptor", "/inbox?box=done"),
    ("acceptor", "/inbox/drafts"),
    ("acceptor", "/cases?q=申请人"),
    ("acceptor", "/notices"),
    ("applicant", "/portal/mine"),
    ("manager", "/supervision"),
    ("admin", "/operations"),
    ("admin", "/operations/jobs"),
    ("admin", "/admin/users"),
    ("admin", "/admin/organisations"),
    ("admin", "/admin/grants"),
]


@contextmanager
def counted(app: Flask) -> Iterator[list[str]]:
    """The statements that reach the database meanwhile."""
    said: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_more: object) -> None:
        said.append(statement)

    with app.app_context():
        engine = database().engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        yield said
    finally:
        event.remove(engine, "before_cursor_execute", note)


def fill(app: Flask, file: Callable[[], int], wanted: int, *, serial: str) -> None:
    """So many rows of everything: cases with tasks and incidents, drafts, users."""
    tasks = [file() for _ in range(wanted)]
    with app.app_context(), database().transaction() as session:
        acceptor = identity.by_login(session, "acceptor")
        for at, task in enumerate(session.scalars(select(UserTask).where(UserTask.id.in_(tasks)))):
            if at % 2:
                task.assignee = str(acceptor.id)
            session.add(
                Incident(
                    id=ids.next_id(),
                    instance_id=task.instance_id,
                    definition_id=task.definition_id,
                    activity=task.activity,
                    message="试",
                    kind="job",
                )
            )
        for at in range(wanted):
            accounts.create_user(
                session,
                f"u-{serial}-{at}",
                name="甲",
                org_code="370001",
                id_no=f"{serial}{at}",
                kind="staff",
            )


def statements(app: Flask, client: FlaskClient, path: str) -> tuple[list[str], int]:
    """What a page asks the database, its caches warm; and how long it is."""
    for _ in range(2):
        with counted(app) as said:
            answer = client.get(path)
        assert answer.status_code == 200, (path, answer.status_code)
    return said, len(answer.data)


def test_no_list_page_asks_more_for_more_rows(
    app: Flask, as_: Clients, filed: Callable[[], int]
) -> None:
    fill(app, filed, FEW, serial="few")
    clients = {role: as_(role) for role in {role for role, _path in PAGES}}
    before = {page: statements(app, clients[page[0]], page[1]) for page in PAGES}
    fill(app, filed, MANY, serial="many")
    grown, longer = {}, set()
    for page in PAGES:
        said, size = statements(app, clients[page[0]], page[1])
        longer |= {page[1]} if size > 2 * before[page][1] else set()
        if len(said) > len(before[page][0]):
            grown[page[1]] = (len(before[page][0]), len(said))
    assert grown == {}
    assert {"/inbox", "/portal/mine", "/operations", "/admin/users"} <= longer, "the rows are shown"
