"""The one policy: who may see and do what; deny by default.

Invariant: scope is part of the query (`visible_cases`), not a filter afterwards. Out of scope looks
like not existing (`NotFound`); in scope but not permitted is `Forbidden`. Duties are kept apart by
natural person, not by account.
"""

from collections.abc import Collection, Iterable, Mapping, Set
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from sqlalchemy import ColumnElement, Select, and_, bindparam, exists, false, or_, select
from sqlalchemy.orm import Session, object_session

from engine.errors import Forbidden, NotFound
from engine.model import UserTask
from processes.domains import domains
from processes.identity import organisations
from processes.identity.identity import User
from processes.identity.principals import Principal
from processes.identity.roles import ROLES, UNIT_ROLES, Action
from processes.model.cases import BESIDE, Case, Opinion
from processes.model.circulation import CaseCopy, Inquiry
from processes.model.people import Org, UserAccount
from processes.rights import listed

__all__ = ["Action", "TaskFacts", "allowed", "case", "may_complete", "require", "visible_cases"]

_OWN_CASE = frozenset(
    {
        Action.VIEW_CASE,
        Action.SUPPLEMENT_CASE,
        Action.WITHDRAW_CASE,
        Action.URGE_CASE,
        Action.VIEW_DOCUMENT,
        Action.PRINT_DOCUMENT,
    }
)
_HOLDERS = frozenset(
    {Action.RELEASE_TASK, Action.TRANSFER_TASK, Action.DELEGATE_TASK, Action.CHANGE_SIGNERS}
)
_LOOKING = frozenset(
    {Action.VIEW_CASE, Action.SEARCH_CASES, Action.VIEW_DOCUMENT, Action.PRINT_DOCUMENT}
)
_HELPERS = ("beside", "before", "after", "delegate")
_TASK_ACTIONS = _HOLDERS | frozenset(
    {Action.CLAIM_TASK, Action.COMPLETE_TASK, Action.RELEASE_TASK, Action.TRANSFER_TASK}
    | {Action.RETURN_TASK, Action.INQUIRE, Action.PLAN_NEXT}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskFacts:
    """What the policy has to know of a task.

    `performers` maps each activity of the case to the person keys of those who did it;
    `applicant_person` is the person key of the natural person the case is about.
    """

    id: int
    name: str = ""
    assignee: str | None = None
    groups: frozenset[str] = frozenset()
    users: frozenset[str] = frozenset()
    separation: frozenset[str] = frozenset()
    performers: Mapping[str, Set[str]] = field(default_factory=dict)
    applicant_persons: frozenset[str] = frozenset()
    fellows: frozenset[str] = frozenset()
    """Natural persons who work or worked on the task besides its holder."""
    process_key: str = ""
    amount: int | None = None
    """Of the case: its process, what it is about in fen."""


class Rule(StrEnum):
    """By what a task is on somebody's list."""

    HOLDER = "holder"
    NAMED = "named"
    """A candidate by name."""
    ROLE = "role"
    AGENT = "agent"
    """As the agent of its holder, or of one of its candidates (代理)."""


@dataclass(frozen=True, slots=True)
class Standing:
    """Why a task is somebody's to do: the rule, the role it rests on, for whom it is done."""

    rule: Rule
    groups: frozenset[str] = frozenset()
    principal: Principal | None = None


def standing(user: User, task: TaskFacts) -> Standing | None:
    """By which rule a task is on a user's list; None: it is not. Duties are another matter.

    What somebody may do in person goes before what he may do as an agent.
    """
    me = str(user.id)
    if task.assignee == me:
        return Standing(Rule.HOLDER)
    covered = [one for one in user.acts_for if one.covers(task.process_key, task.amount)]
    for one in covered:
        if task.assignee == str(one.id):
            return Standing(Rule.AGENT, principal=one)
    if me in task.users:
        return Standing(Rule.NAMED)
    if shared := task.groups & user.groups:
        return Standing(Rule.ROLE, groups=shared)
    for one in covered:
        shared = task.groups & one.groups
        if shared or str(one.id) in task.users:
            return Standing(Rule.AGENT, groups=shared, principal=one)
    return None


def allowed(user: User, action: Action) -> bool:
    """Whether any role of the user has the action at all."""
    return any(role in ROLES and action in ROLES[role].actions for role, _org in user.roles)


def allowed_orgs(user: User, action: Action) -> list[str]:
    """Paths of the organisations in which the user may do something (and below them)."""
    return sorted(
        {
            user.path(org)
            for role, org in user.roles
            if role in ROLES and action in ROLES[role].actions
        }
    )


def require(user: User, action: Action, obj: object = None) -> None:
    """Refuse what the user may not do to a thing already found in scope.

    Raises:
        NotFound: the thing is out of scope.
        Forbidden: in scope, but not for this user.
    """
    if isinstance(obj, TaskFacts):
        if action is Action.ASSIGN_TASK:
            _require_role(user, action)
        else:
            _require_task(user, action, obj)
    elif isinstance(obj, Case):
        _require_case(user, action, obj)
    elif isinstance(obj, Org):
        if not any(obj.path.startswith(path) for path in allowed_orgs(user, action)):
            _require_role(user, action)
            raise NotFound(f"没有机构『{obj.org_code}』", org=obj.org_code)
    else:
        _require_role(user, action)


def visible_cases(user: User) -> Select[tuple[int]]:
    """Ids of the cases a user may see; goes into every list, search, count and export."""
    return select(Case.id).where(_in_scope(user))


def operated(user: User, action: Action = Action.OPERATE) -> ColumnElement[bool]:
    """Which cases an operator looks after: those of the own organisation and of those below it.

    What belongs to no organisation is looked after by those who stand at the top.
    """
    paths = allowed_orgs(user, action)
    if not paths:
        return false()
    below = select(Org.org_code).where(organisations.below(paths))
    mine: ColumnElement[bool] = Case.org_code.in_(below)
    return or_(mine, Case.org_code.is_(None)) if operates_all(user, action) else mine


def operates_all(user: User, action: Action = Action.OPERATE) -> bool:
    """Whether somebody is an operator at the top of the tree: what is nobody's is theirs."""
    top = 2  # as /000001/
    return any(path.count("/") == top for path in allowed_orgs(user, action))


def case(session: Session, case_id: int, *, by: User, action: Action = Action.VIEW_CASE) -> Case:
    """A case, if the user may see it and do this to it.

    Raises:
        NotFound: there is none in the user's scope.
        Forbidden: in scope, but not permitted.
    """
    found = session.scalar(select(Case).where(Case.id == case_id, _in_scope(by)))
    if found is None:
        raise NotFound("没有这个办件", case=case_id)
    _require_case(by, action, found)
    return found


def may_see_task(user: User, task: TaskFacts) -> bool:
    """Whether a task is on this user's list: as holder, as a candidate, or as the agent of one."""
    return standing(user, task) is not None


def separated(user: User | UserAccount, task: TaskFacts) -> str | None:
    """Why duties keep this person from the task, or None (applicant ≠ handler, four eyes)."""
    if user.kind == "staff" and user.person_key in task.applicant_persons:
        return "您是本办件的申请人，不能办理"
    if _performed(user.person_key, task):
        return "您已办理过本办件的前序环节，按规定须由他人办理"
    acting_for = principal(user, task)
    return None if acting_for is None else _separated_agent(user.person_key, acting_for, task)


def _separated_agent(person: str, principal: Principal, task: TaskFacts) -> str | None:
    """An agent does nothing that the principal might not do, and nothing twice."""
    if principal.person_key in task.applicant_persons:
        return f"委托您代理的{principal.name}是本办件的申请人，不能办理"
    if _performed(principal.person_key, task):
        return f"委托您代理的{principal.name}已办理过本办件的前序环节，按规定须由他人办理"
    if person in task.fellows:
        return f"您已参加本环节的办理，不能再代{principal.name}办理"
    return None


def _performed(person: str, task: TaskFacts) -> bool:
    return any(person in task.performers.get(one, frozenset()) for one in task.separation)


def principal(user: User | UserAccount, task: TaskFacts) -> Principal | None:
    """For whom somebody would do a task, if as an agent."""
    found = standing(user, task) if isinstance(user, User) and user.acts_for else None
    return found.principal if found else None


def may_claim(user: User, task: TaskFacts) -> bool:
    """Whether the user may take the task."""
    return may_see_task(user, task) and separated(user, task) is None


def may_complete(user: User, task: TaskFacts) -> bool:
    """Whether the user may complete the task: holds it (or nobody does) and duties allow it."""
    acting_for = principal(user, task)
    free_or_mine = {None, str(user.id), str(acting_for.id) if acting_for else None}
    return task.assignee in free_or_mine and may_claim(user, task)


_PERSON_KEYS: Final = select(UserAccount.id, UserAccount.person_key).where(
    UserAccount.id.in_(bindparam("ids", expanding=True))
)


def person_keys(
    session: Session, performers: Mapping[str, Collection[str]]
) -> dict[str, frozenset[str]]:
    """Turn the performers of a history (account ids) into natural persons."""
    ids = {
        int(one)
        for group in performers.values()
        for one in group
        if one.isascii() and one.isdigit()
    }
    keys = dict(session.execute(_PERSON_KEYS, {"ids": [*ids]}).tuples().all())
    return {
        activity: frozenset(
            keys[int(one)] for one in group if one.isascii() and one.isdigit() and int(one) in keys
        )
        for activity, group in performers.items()
    }


def _require_role(user: User, action: Action) -> None:
    if not allowed(user, action):
        raise Forbidden("您没有这项操作的权限", action=str(action))


def _require_task(user: User, action: Action, task: TaskFacts) -> None:
    if action not in _TASK_ACTIONS:
        raise Forbidden("这项操作不适用于任务", action=str(action))
    if not may_see_task(user, task):
        raise NotFound("没有这个任务", task=task.id)
    _require_role(user, action)
    if action in _HOLDERS:
        if task.assignee != str(user.id):
            raise Forbidden("只有任务的承办人可以这样做", task=task.id)
        return
    if reason := separated(user, task):
        raise Forbidden(reason, task=task.id)


def _require_case(user: User, action: Action, obj: Case) -> None:
    if action in _OWN_CASE and owns(user, obj):
        return
    where = _path_of(obj)
    if where and any(
        action in ROLES[role].actions and _sees(role, obj.process_key) and where.startswith(path)
        for role, org in user.roles
        if role in ROLES and (path := _reach(user, role, org, action))
    ):
        return
    if action is Action.VIEW_CASE:
        return  # found in scope by what the user did in it
    raise Forbidden("您没有对这个办件进行此操作的权限", action=str(action), case=obj.id)


def _path_of(obj: Case) -> str:
    session = object_session(obj)
    org = session.get(Org, obj.org_code) if session and obj.org_code else None
    return org.path if org else ""


def owns(user: User, obj: Case) -> bool:
    """Whether a case is the user's own, or of a unit he acts for."""
    if obj.applicant_user is not None and obj.applicant_user == user.id:
        return True
    if user.citizen is not None and obj.applicant_person_key == user.citizen.key:
        return True
    return bool(obj.applicant_org) and user.has_role(*UNIT_ROLES, org=obj.applicant_org)


def _sees(role: str, process_key: str) -> bool:
    return process_key.startswith(ROLES[role].sees) if ROLES[role].sees else False


def _in_scope(user: User) -> ColumnElement[bool]:
    did = exists().where(
        Opinion.case_id == Case.id, Opinion.by == user.id, Opinion.action.not_in(BESIDE)
    )
    asked = Case.id.in_(
        select(UserTask.instance_id).where(
            UserTask.assignee == str(user.id), UserTask.kind.in_(_HELPERS)
        )
    )
    as_agent = [Case.id.in_(select(UserTask.instance_id).where(listed.as_agent(user)))]
    acting = as_agent if user.acts_for else []
    return or_(
        *own(user),
        did,
        asked,
        _reads(user),
        *acting,
        *_by_unit(user),
        *_by_role(user),
    )


def own(user: User) -> Iterable[ColumnElement[bool]]:
    """Cases that a user has filed; of the public also those filed for it anywhere else (P-12)."""
    yield Case.applicant_user == user.id
    if user.citizen is not None:
        yield Case.applicant_person_key == user.citizen.key


def _reads(user: User) -> ColumnElement[bool]:
    """Cases of which the user has a copy, and those about which he is asked at the moment."""
    copied = select(CaseCopy.case_id).where(CaseCopy.user_id == user.id)
    asked = select(Inquiry.case_id).where(Inquiry.asked == user.id, listed.open_question())
    return or_(Case.id.in_(copied), Case.id.in_(asked))


def _by_unit(user: User) -> Iterable[ColumnElement[bool]]:
    units = sorted({org for role, org in user.roles if role in UNIT_ROLES})
    if units:
        yield Case.applicant_org.in_(units)


def directed(user: User) -> ColumnElement[bool]:
    """Cases whose work a user assigns: those in the scope of a role that does."""
    return or_(false(), *_by_role(user, Action.ASSIGN_TASK))


def _reach(user: User, role: str, org: str, action: Action) -> str:
    """The path that a role looks over; what it may change lies below its own organisation."""
    path = user.path(org)
    known = domains.current().roles.get(role)  # one of a domain taken out since is none
    above = path and action in _LOOKING and known is not None and known.reach == "above"
    return organisations.above(path) if above else path


def _by_role(user: User, action: Action = Action.VIEW_CASE) -> Iterable[ColumnElement[bool]]:
    """The scopes of the roles that see cases; of those alone that have the action."""
    scopes: dict[tuple[str, ...], set[str]] = {}
    for role, org in user.roles:
        if role not in ROLES or not ROLES[role].sees:
            continue
        if not (path := _reach(user, role, org, action)):
            continue
        if action is Action.VIEW_CASE or action in ROLES[role].actions:
            scopes.setdefault(ROLES[role].sees, set()).add(path)
    for prefixes, paths in scopes.items():
        below = select(Org.org_code).where(organisations.below(sorted(paths)))
        named = or_(
            false(), *(Case.process_key.startswith(prefix, autoescape=True) for prefix in prefixes)
        )
        yield and_(Case.org_code.in_(below), named)
