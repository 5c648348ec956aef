"""The roles there are, what business each needs and what its holders may do.

Invariant: the one matrix, told by the domains (`processes.domains`); pages, API, search and export
ask `processes.permissions`, which reads it here. A role's code is the id of a lane.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from processes.domains import domains
from processes.domains.domains import DomainRefused, RoleSource


class Action(StrEnum):
    """What a person may be permitted to do."""

    VIEW_CASE = "case.view"
    SEARCH_CASES = "case.search"
    APPLY = "case.apply"
    SUPPLEMENT_CASE = "case.supplement"
    WITHDRAW_CASE = "case.withdraw"
    URGE_CASE = "case.urge"
    SUSPEND_CASE = "case.suspend"
    TERMINATE_CASE = "case.terminate"
    JUMP_CASE = "case.jump"
    VOID_CASE = "case.void"
    REOPEN_CASE = "case.reopen"
    MIGRATE_CASE = "case.migrate"
    ARCHIVE_CASE = "case.archive"
    BACKENTER = "case.backenter"
    VIEW_DOCUMENT = "document.view"
    PRINT_DOCUMENT = "document.print"
    UNMASK = "data.unmask"
    EXPORT = "data.export"
    EXPORT_LIST = "list.export"
    VIEW_STATISTICS = "statistics.view"
    CLAIM_TASK = "task.claim"
    COMPLETE_TASK = "task.complete"
    RELEASE_TASK = "task.release"
    TRANSFER_TASK = "task.transfer"
    RETURN_TASK = "task.return"
    RECLAIM_TASK = "task.reclaim"
    DELEGATE_TASK = "task.delegate"
    CHANGE_SIGNERS = "task.signers"
    SET_AGENT = "task.agent"
    INQUIRE = "task.inquire"
    PLAN_NEXT = "task.plan"
    COPY_CASE = "case.copy"
    ASSIGN_TASK = "task.assign"
    VIEW_LIBRARY = "model.view"
    DRAFT_MODEL = "model.draft"
    RELEASE_MODEL = "model.release"
    SUSPEND_DEFINITION = "model.suspend"
    OPERATE = "engine.operate"
    OPERATE_EXCHANGE = "exchange.operate"
    MANAGE_USERS = "user.manage"
    MANAGE_ORGS = "org.manage"
    MANAGE_GRANTS = "grant.manage"
    MANAGE_DICTIONARIES = "dictionary.manage"
    MANAGE_CALENDAR = "calendar.manage"
    READ_AUDIT = "audit.read"


@dataclass(frozen=True, slots=True)
class RoleInfo:
    """One role; `sees` names the prefixes of process keys whose cases its holders see."""

    name: str
    name_en: str
    business: str = ""
    category: str = "handler"
    sees: tuple[str, ...] = ()
    actions: frozenset[Action] = frozenset()


def _info(code: str, told: RoleSource) -> RoleInfo:
    if unknown := told.may - set(Action):
        raise DomainRefused(f"角色『{code}』的权限『{'、'.join(sorted(unknown))}』没有定义")
    actions = frozenset(Action(one) for one in told.may)
    return RoleInfo(told.name, told.name_en, told.business, told.category, told.sees, actions)


_TOLD: Final = domains.current().roles

ROLES: Final[Mapping[str, RoleInfo]] = {code: _info(code, told) for code, told in _TOLD.items()}

EXCLUSIVE: Final = frozenset(code for code, told in _TOLD.items() if told.exclusive)
"""The three administrators (三员) exclude each other in one person."""

UNIT_ROLES: Final = frozenset(code for code, told in _TOLD.items() if told.unit)
"""Roles whose holders see the cases their unit filed."""
