"""The roles there are, what business each needs and what its holders may do.

Invariant: the one matrix; pages, API, search and export ask `processes.permissions`, which reads
it here. A role's code is the id of a lane.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final


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
    BACKENTER = "case.backenter"
    VIEW_DOCUMENT = "document.view"
    PRINT_DOCUMENT = "document.print"
    UNMASK = "data.unmask"
    EXPORT = "data.export"
    VIEW_STATISTICS = "statistics.view"
    CLAIM_TASK = "task.claim"
    COMPLETE_TASK = "task.complete"
    RELEASE_TASK = "task.release"
    TRANSFER_TASK = "task.transfer"
    RETURN_TASK = "task.return"
    RECLAIM_TASK = "task.reclaim"
    DELEGATE_TASK = "task.delegate"
    CHANGE_SIGNERS = "task.signers"
    ASSIGN_TASK = "task.assign"
    VIEW_LIBRARY = "model.view"
    DRAFT_MODEL = "model.draft"
    RELEASE_MODEL = "model.release"
    SUSPEND_DEFINITION = "model.suspend"
    OPERATE = "engine.operate"
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


_HANDLE: Final = frozenset(
    {
        Action.VIEW_CASE,
        Action.SEARCH_CASES,
        Action.URGE_CASE,
        Action.VIEW_DOCUMENT,
        Action.PRINT_DOCUMENT,
        Action.UNMASK,
        Action.CLAIM_TASK,
        Action.COMPLETE_TASK,
        Action.RELEASE_TASK,
        Action.TRANSFER_TASK,
        Action.DELEGATE_TASK,
        Action.CHANGE_SIGNERS,
        Action.RETURN_TASK,
        Action.RECLAIM_TASK,
    }
)
_MANAGE: Final = _HANDLE | {
    Action.ASSIGN_TASK,
    Action.SUSPEND_CASE,
    Action.TERMINATE_CASE,
    Action.JUMP_CASE,
    Action.VOID_CASE,
    Action.REOPEN_CASE,
    Action.BACKENTER,
    Action.VIEW_STATISTICS,
    Action.EXPORT,
}
_APPLY: Final = frozenset(
    {
        Action.VIEW_CASE,
        Action.SEARCH_CASES,
        Action.APPLY,
        Action.SUPPLEMENT_CASE,
        Action.WITHDRAW_CASE,
        Action.URGE_CASE,
        Action.VIEW_DOCUMENT,
        Action.PRINT_DOCUMENT,
        Action.CLAIM_TASK,
        Action.COMPLETE_TASK,
        Action.RELEASE_TASK,
    }
)
_FILE: Final = _HANDLE | {Action.APPLY}
"""Handles, and begins cases: at the counter for somebody, or the own business of the office."""
_TASKS: Final = frozenset({Action.CLAIM_TASK, Action.COMPLETE_TASK, Action.RELEASE_TASK})
_ADMIN: Final = _TASKS | {
    Action.MANAGE_USERS,
    Action.MANAGE_ORGS,
    Action.MANAGE_GRANTS,
    Action.MANAGE_DICTIONARIES,
    Action.MANAGE_CALENDAR,
    Action.OPERATE,
    Action.VIEW_LIBRARY,
    Action.SUSPEND_DEFINITION,
    Action.VIEW_STATISTICS,
}


def _training(name: str, name_en: str, *, exam: bool = False) -> RoleInfo:
    return RoleInfo(
        name,
        name_en,
        "exam" if exam else "training",
        sees=("yacht_training", "yacht_exam"),
        actions=_HANDLE,
    )


def _licence(name: str, name_en: str, *, actions: frozenset[Action] = _HANDLE) -> RoleInfo:
    return RoleInfo(name, name_en, "licence_issue", sees=("yacht_licence",), actions=actions)


def _centre(name: str, name_en: str, *, actions: frozenset[Action] = _HANDLE) -> RoleInfo:
    return RoleInfo(name, name_en, sees=("yacht_card", "yacht_blank"), actions=actions)


def _applies(name: str, name_en: str) -> RoleInfo:
    return RoleInfo(name, name_en, category="applicant", actions=_APPLY)


ROLES: Final[Mapping[str, RoleInfo]] = {
    "training_plan_acceptor": _training("培训计划受理人", "Training plan acceptor"),
    "training_plan_confirmer": _training("培训计划确认人", "Training plan confirmer"),
    "training_daily_supervisor": _training("培训日常监督人", "Training supervisor"),
    "training_plan_viewer": RoleInfo(
        "培训计划查询人",
        "Training plan viewer",
        "training",
        sees=("yacht_training",),
        actions=frozenset({Action.VIEW_CASE, Action.SEARCH_CASES, Action.VIEW_DOCUMENT}),
    ),
    "exam_arranger": _training("培训考试安排人", "Exam arranger", exam=True),
    "admission_ticket_printer": _training("培训考试准考证打印人", "Ticket printer", exam=True),
    "exam_score_recorder": _training("培训考试成绩登记人", "Score recorder", exam=True),
    "exam_score_checker": _training("培训考试成绩核对人", "Score checker", exam=True),
    "exam_confirmer": _training("培训考试确认人", "Exam confirmer", exam=True),
    "local_dictionary_maintainer": RoleInfo(
        "地方局字典维护人",
        "Local dictionary maintainer",
        actions=frozenset({Action.MANAGE_DICTIONARIES}) | _TASKS,
    ),
    "licence_acceptor": _licence("游艇驾驶证受理人", "Licence acceptor", actions=_FILE),
    "licence_reviewer": _licence("游艇驾驶证审核人", "Licence reviewer"),
    "licence_approver": _licence("游艇驾驶证审批人", "Licence approver"),
    "licence_verifier": _licence("游艇驾驶证核对人", "Licence verifier"),
    "licence_issuer": _licence("游艇驾驶证发证人", "Licence issuer"),
    "licence_manager": _licence("游艇驾驶证管理人", "Licence manager", actions=_MANAGE),
    "licence_backentry_recorder": _licence("游艇驾驶证补录人", "Back-entry recorder"),
    "licence_backentry_confirmer": _licence("游艇驾驶证补录确认人", "Back-entry confirmer"),
    "blank_stock_keeper": _centre("空白证管理人", "Blank stock keeper", actions=_FILE),
    "blank_stock_confirmer": _centre("空白证复核人", "Blank stock confirmer"),
    "card_maker": _centre("制证人", "Card maker"),
    "card_prechecker": _centre("预核人", "Card pre-checker"),
    "system_admin": RoleInfo(
        "系统管理员", "System administrator", category="admin", actions=_ADMIN
    ),
    "business_info_manager": RoleInfo(
        "业务信息管理员", "Business information manager", actions=_TASKS
    ),
    "security_admin": RoleInfo(
        "安全管理员", "Security administrator", category="security", actions=frozenset()
    ),
    "audit_admin": RoleInfo(
        "审计管理员",
        "Audit administrator",
        category="audit",
        actions=frozenset({Action.READ_AUDIT}),
    ),
    "process_analyst": RoleInfo(
        "流程分析员",
        "Process analyst",
        category="model",
        actions=frozenset({Action.VIEW_LIBRARY, Action.DRAFT_MODEL}),
    ),
    "process_releaser": RoleInfo(
        "流程发布人",
        "Process releaser",
        category="model",
        actions=frozenset({Action.VIEW_LIBRARY, Action.RELEASE_MODEL, Action.SUSPEND_DEFINITION}),
    ),
    "applicant": _applies("申请人", "Applicant"),
    "institution_clerk": _applies("申办员", "Institution clerk"),
    "org_manager": _applies("专职管理人员", "Unit manager"),
    "org_clerk": _applies("专职业务人员", "Unit clerk"),
}

EXCLUSIVE: Final = frozenset({"system_admin", "security_admin", "audit_admin"})
"""The three administrators (三员) exclude each other in one person."""

UNIT_ROLES: Final = frozenset({"institution_clerk", "org_manager", "org_clerk"})
"""Roles whose holders see the cases their unit filed."""
