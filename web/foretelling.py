"""A command run dry: what it would do, told in place of doing it (办理后会怎样).

Invariant: the very command of the page or of the API runs, with all its checks, in a transaction
that is rolled back; there is no second way of computing what would happen. Whoever may not give
the command may not have it foretold either.
"""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Final, NoReturn

from flask import Flask, g, request
from sqlalchemy.orm import Session

from engine import history
from engine.errors import BanliError, NotFound
from engine.model import UserTask
from processes.desk import outlook
from processes.desk.outlook import Outlook
from processes.identity.identity import User
from web.auth import current
from web.database import REHEARSAL, read_session

HEADER: Final = "Dry-Run"
PAGES: Final = frozenset(
    {
        "cases.change",
        "cases.urge",
        "circulating.send",
        "inquiring.ask",
        "moving.order",
        "moving.reclaim",
        "signing.absent",
        "signing.remove",
    }
)
"""The orders of a clerk's pages that are foretold by themselves."""


class Foretold(Exception):
    """What a command of a page would do; or why it would be refused."""

    def __init__(self, found: Outlook | None, problem: str = "") -> None:
        super().__init__(problem)
        self.found = found
        self.problem = problem


def asked() -> bool:
    """Whether the request wants to know only."""
    return request.headers.get(HEADER, "").strip().lower() == "true"


def foretell(
    session: Session, address: Mapping[str, Any], act: Callable[[], Any], *, by: User
) -> Outlook:
    """What a command on the task or case of an address would do; the caller rolls back.

    Raises:
        NotFound: there is no such task. Whatever the command raises.
    """
    task_id = int(address.get("task_id") or 0)
    case_id = int(address.get("case_id") or 0) or _case_of(session, task_id)
    return outlook.of_command(session, case_id, act, by=by, task_id=task_id)


def _case_of(session: Session, task_id: int) -> int:
    task = session.get(UserTask, task_id)
    if task is not None:
        return int(task.instance_id)
    ended = history.ending_of(session, task_id)
    if ended is None:
        raise NotFound("没有这个任务", task=task_id)
    return int(ended.instance_id)


def _of_page(command: Callable[[Session], Any]) -> NoReturn:
    try:
        with read_session() as session:
            address, act = request.view_args or {}, partial(command, session)
            found = foretell(session, address, act, by=current())
    except BanliError as refused:
        raise Foretold(None, refused.message) from refused
    raise Foretold(found)


def register(app: Flask) -> None:
    @app.before_request
    def rehearse() -> None:
        if request.endpoint in PAGES and request.method == "POST" and asked():
            setattr(g, REHEARSAL, _of_page)
