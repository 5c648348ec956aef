"""分派: whoever directs an office gives its open tasks to its people.

Invariant: only tasks of cases in the scope of a role that assigns, and only to somebody who may do
them; each is on record and told to the one it goes to.
"""

from collections.abc import Sequence

from sqlalchemy.orm import Session

from engine import tasks
from engine.errors import Conflict, Forbidden
from processes.casefile import notices, opinions
from processes.identity import audit, identity
from processes.identity.identity import User
from processes.identity.roles import Action
from processes.people import colleagues
from processes.people.colleagues import Person
from processes.rights import opened, permissions


def assign(session: Session, task_id: int, *, by: User, to: int) -> None:
    """Give an open task to somebody, whoever holds it now.

    Raises:
        NotFound: out of scope. Forbidden: not this user's to assign, or not the other's to do.
        Conflict: several people decide on it together, or it is in that person's hands already.
    """
    task, facts = opened.get(session, task_id)
    permissions.case(session, task.instance_id, by=by, action=Action.ASSIGN_TASK)
    if task.kind not in ("", "owner"):
        raise Conflict("多人共同办理的环节不能分派，请用加签、减签", task=task_id)
    if task.assignee == str(to):
        raise Conflict("本件已在该人名下", task=task_id)
    other = identity.user(session, to)
    if not permissions.may_claim(other, facts):
        reason = permissions.separated(other, facts)
        because = "须回避" if reason else "不在候选岗位"
        raise Forbidden(f"{other.name}不能办理本件：{because}", task=task_id, user=to)
    tasks.assign(session, task_id, by=str(by.id), assignee=str(to))
    opinions.of_task(session, task, by=by, said=(f"分派给{other.name}", ""), action="assigned")
    audit.record(session, "task.assigned", by=by, subject=("task", task_id), detail=other.login)
    notices.send(
        session,
        [to],
        notices.Notice(
            kind="task.assigned",
            title=f"{by.name}分派您办理“{task.name or task.activity}”",
            case_id=task.instance_id,
            link=f"/tasks/{task_id}",
        ),
    )


def people(session: Session, *, by: User) -> Sequence[Person]:
    """To whom a user who assigns may give tasks: staff of the own organisation who handle them."""
    if not permissions.allowed(by, Action.ASSIGN_TASK):
        return []
    office = colleagues.office(session, by.org_code)
    return [Person(account.id, account.name, org) for account, org in office]
