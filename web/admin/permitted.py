"""The actions of the permission matrix in words; a test keeps it complete."""

from typing import Final

from processes.roles import Action
from web.words import N_

ACTIONS: Final = {
    Action.VIEW_CASE: N_("查看案件"),
    Action.SEARCH_CASES: N_("查询案件"),
    Action.APPLY: N_("申请"),
    Action.SUPPLEMENT_CASE: N_("补正"),
    Action.WITHDRAW_CASE: N_("撤回申请"),
    Action.URGE_CASE: N_("催办"),
    Action.SUSPEND_CASE: N_("中止办理"),
    Action.TERMINATE_CASE: N_("终止案件"),
    Action.JUMP_CASE: N_("自由跳转"),
    Action.VOID_CASE: N_("作废案件"),
    Action.REOPEN_CASE: N_("唤醒案件"),
    Action.BACKENTER: N_("补录"),
    Action.VIEW_DOCUMENT: N_("查看文书"),
    Action.PRINT_DOCUMENT: N_("打印文书"),
    Action.UNMASK: N_("查看完整信息"),
    Action.EXPORT: N_("导出"),
    Action.VIEW_STATISTICS: N_("查看统计"),
    Action.CLAIM_TASK: N_("签收任务"),
    Action.COMPLETE_TASK: N_("办理任务"),
    Action.RELEASE_TASK: N_("退回待签收"),
    Action.TRANSFER_TASK: N_("转办"),
    Action.DELEGATE_TASK: N_("委派"),
    Action.RETURN_TASK: N_("退回"),
    Action.RECLAIM_TASK: N_("撤回已办任务"),
    Action.CHANGE_SIGNERS: N_("加签、减签"),
    Action.ASSIGN_TASK: N_("指派"),
    Action.VIEW_LIBRARY: N_("查看流程"),
    Action.DRAFT_MODEL: N_("设计流程"),
    Action.RELEASE_MODEL: N_("发布流程"),
    Action.SUSPEND_DEFINITION: N_("停用版本"),
    Action.OPERATE: N_("运行监控"),
    Action.MANAGE_USERS: N_("用户管理"),
    Action.MANAGE_ORGS: N_("机构管理"),
    Action.MANAGE_GRANTS: N_("业务授权"),
    Action.MANAGE_DICTIONARIES: N_("字典维护"),
    Action.MANAGE_CALENDAR: N_("工作日历"),
    Action.READ_AUDIT: N_("审计"),
}
