"""`python -m tests.case_operations`: writes docs/case-operations.md, the rows of the tables and their scenarios.

Invariant: every row of approvals (A.1-A.4), law (B.1), states (B.2) and clock (B.3) names the tests
that play it; `tests/architecture/test_case_operations.py` checks that those exist.
"""

import ast
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[1]
TARGET: Final = ROOT / "docs" / "case-operations.md"
_HEAD: Final = """# 审批操作、办件状态与期限：逐行的情景测试

由 `python -m tests.case_operations` 生成，测试核对其为最新、所列测试都存在。A.1 多人审批方式，A.2 换人，A.3 流转，A.4 环节策略，
A.5 经办人看到的，B.1 法律依据与效能监督，B.2 状态与事件，B.3 期限的约定。
"""
_P: Final = "tests/processes/"
_C: Final = "bpmn/common/"
_APPROVALS: Final = f"{_P}test_approvals.py"
_ENGINE: Final = "tests/engine/core/test_approval.py"
_AGENTS: Final = f"{_P}test_agents.py"
_HANDOVER: Final = f"{_P}test_handover.py"
_PLANNING: Final = f"{_P}test_planning.py"
_COPIES: Final = f"{_P}test_circulation.py"
_INQUIRIES: Final = f"{_P}test_inquiries.py"
_MOVES: Final = f"{_P}test_movement.py"
_ENDS: Final = f"{_P}test_withdrawing.py"
_POLICIES: Final = f"{_P}test_policies.py"
_LIST: Final = f"{_C}common_acceptance/test_checklist.py"
_STATES: Final = f"{_C}common_acceptance/test_case_states.py"
_CONDITIONS: Final = "bpmn/yacht/yacht_licence_issue/test_yacht_licence_conditions.py"
_LICENCE: Final = "bpmn/yacht/yacht_licence_issue/test_yacht_licence_clock.py"
_CLOCK: Final = f"{_P}test_clock.py"
_PLACES: Final = f"{_P}test_clock_places.py"
_SIGNALS: Final = f"{_P}test_overdue_reports.py"
_RECOUNT: Final = f"{_P}test_recounting.py"

Row = Mapping[str, tuple[str, ...]]
"""A file of tests and the names of those in it that play the row."""

ROWS: Final[Mapping[str, Mapping[str, Row]]] = {
    "A.1": {
        "会签 (all)": {
            _APPROVALS: ("test_countersign_by_all_every_listed_person_gets_a_task_at_once",),
            _ENGINE: (
                "test_all_ends_with_the_first_rejection",
                "test_all_may_wait_for_everyone_before_a_rejection_counts",
            ),
        },
        "会签按比例": {
            _APPROVALS: ("test_countersign_by_ratio_ends_as_soon_as_the_ratio_is_reached",),
            _ENGINE: (
                "test_ratio_weighs_a_rejection_and_it_is_not_fatal_by_itself",
                "test_ratio_fails_early_when_it_can_no_longer_be_reached",
            ),
        },
        "或签 (any)": {
            _APPROVALS: ("test_any_the_first_decision_counts_and_the_others_learn_who_decided",)
        },
        "依次审批 (ordered)": {
            _APPROVALS: ("test_in_order_the_next_task_comes_when_the_one_before_approved",)
        },
        "票签 (weighted vote)": {
            _APPROVALS: (
                "test_vote_weight_above_half_decides",
                "test_a_tie_at_the_end_is_no_majority",
            )
        },
        "随机/轮询/最少待办": {
            f"{_P}test_picking.py": (
                "test_one_of_the_candidates_is_picked_and_decides_alone",
                "test_each_gets_the_next_in_turn",
                "test_who_holds_the_fewest_open_tasks_gets_it",
            )
        },
        "认领 (pool)": {_APPROVALS: ("test_pool_a_claimed_task_goes_back_to_its_pool",)},
        "计票口径：加签计入，减签、弃权、缺席不计，迟到与平票": {
            _ENGINE: (
                "test_ratio_leaves_out_those_who_abstain",
                "test_ratio_includes_those_added_and_excludes_those_removed",
            ),
            _APPROVALS: (
                "test_who_is_counted_absent_abstains_and_leaves_the_denominator",
                "test_a_late_vote_is_told_when_and_by_whom_it_was_decided",
            ),
        },
    },
    "A.2": {
        "转办 (transfer)": {_APPROVALS: ("test_transfer_on_a_board_the_other_acts_as_if_named",)},
        "委派 (delegate)": {
            _APPROVALS: ("test_delegate_the_task_returns_to_its_holder_who_decides",)
        },
        "代理 (agent, absence)": {
            _AGENTS: (
                "test_new_and_existing_tasks_are_visible_to_both",
                "test_who_finishes_first_closes_for_both",
                "test_the_record_says_who_acted_for_whom",
            )
        },
        "离职转办 (bulk hand-over)": {
            _HANDOVER: (
                "test_each_task_is_listed_with_its_new_person_and_nothing_moves",
                "test_all_open_tasks_move_and_go_on_as_usual",
                "test_future_assignments_move",
            )
        },
        "前加签": {
            _APPROVALS: (
                "test_sign_before_the_holder_waits_for_all_who_were_added",
                "test_sign_before_in_order_opens_one_after_the_other",
            )
        },
        "后加签": {
            _APPROVALS: ("test_sign_after_the_node_completes_when_the_last_added_approves",)
        },
        "并加签 (same level)": {_APPROVALS: ("test_sign_beside_the_added_person_joins_the_vote",)},
        "减签": {
            _APPROVALS: (
                "test_remove_signer_takes_back_who_has_not_acted_and_gives_the_task_back",
                "test_remove_signer_may_decide_the_vote_it_was_the_last_of",
            )
        },
        "追加/改派后续": {
            _PLANNING: ("test_the_list_is_stored_for_this_case_and_used_on_arrival",)
        },
        "抄送 / 传阅": {
            _COPIES: (
                "test_it_never_blocks_the_flow",
                "test_a_person_has_one_copy_of_a_case_however_often_it_is_sent",
                "test_must_read_is_owed_until_it_is_said",
                "test_a_node_sends_copies_when_it_is_done",
            )
        },
        "沟通/征询": {
            _INQUIRIES: (
                "test_a_question_to_any_colleague_and_the_answer_returns_to_the_task",
                "test_the_clock_rests_while_the_node_says_so",
            )
        },
        "前、后加签不并存，不重复，代理不成环，不成自批": {
            _APPROVALS: (
                "test_before_and_after_do_not_coexist_on_one_task",
                "test_nobody_is_on_a_node_twice",
            ),
            _AGENTS: (
                "test_whatever_is_set_rights_pass_on_once_and_never_in_a_circle",
                "test_an_agent_never_handles_the_own_application",
            ),
        },
    },
    "A.3": {
        "驳回终止": {_ENDS: ("test_the_case_ends_refused_and_all_other_tasks_are_cancelled",)},
        "退回上一步 / 发起人 / 任意已办节点": {
            _MOVES: (
                "test_only_nodes_done_before_are_offered_in_the_order_done",
                "test_the_task_goes_to_its_last_performer_and_data_is_kept",
                "test_the_timer_of_the_target_lives_again",
                "test_a_countersign_returned_to_gets_all_its_tasks_again",
            )
        },
        "退回后提交策略": {
            _MOVES: (
                "test_step_by_step_runs_every_node_in_between_again",
                "test_straight_goes_back_to_the_node_that_returned_it",
            )
        },
        "并行分支中退回": {
            _MOVES: (
                "test_inside_a_branch_only_that_branch_goes_back",
                "test_to_before_the_split_names_the_siblings_first",
                "test_row_return_in_parallel_names_the_sibling_and_begins_both_again",
            )
        },
        "子流程退回": {
            _MOVES: (
                "test_out_of_a_called_process_withdraws_it_and_reopens_the_caller_s_node",
                "test_into_a_called_process_creates_it_again_at_the_target",
                "test_straight_back_into_called_processes_they_know_what_they_had_prepared",
            ),
            "bpmn/yacht/yacht_licence_issue/test_yacht_licence_returned.py": (
                "test_row_return_into_a_called_process_it_knows_what_it_had_prepared",
            ),
        },
        "撤回 / 拿回 (by previous performer)": {
            _MOVES: (
                "test_my_task_is_open_again_and_the_next_is_gone",
                "test_not_after_something_has_left_the_house",
            ),
            _ENDS: ("test_row_taken_back_only_unopened_where_the_model_has_it_so",),
        },
        "撤销 (by starter)": {
            _ENDS: (
                "test_it_ends_the_case_and_gives_back_what_was_taken",
                "test_it_is_offered_until_the_node_that_the_model_says",
            )
        },
        "终止 / 作废": {
            _MOVES: (
                "test_an_order_with_a_reason_ends_the_case_and_all_its_tasks",
                "test_voiding_takes_a_second_person",
                "test_it_voids_the_number_and_what_was_issued",
            )
        },
        "自由跳转": {
            _MOVES: (
                "test_forward_the_skipped_nodes_are_listed",
                "test_never_out_of_a_branch_without_naming_the_siblings",
                "test_row_free_jump_checks_what_the_target_needs",
                "test_row_free_jump_across_branches_lists_what_it_skips",
            )
        },
        "唤醒 / 重启": {
            _MOVES: (
                "test_a_linked_continuation_begins_at_the_node_with_what_was_known",
                "test_the_legal_basis_is_required",
                "test_within_called_processes_they_know_what_they_had_prepared",
            )
        },
        "暂存": {_ENDS: ("test_a_draft_is_seen_by_its_author_alone",)},
        "补录 / 穿越时空": {
            f"{_P}test_backentry.py": (
                "test_both_times_are_kept_and_who_entered_it_why",
                "test_the_clocks_count_from_the_true_date",
            )
        },
        "催办": {
            _MOVES: ("test_it_is_limited_and_counted", "test_the_third_goes_to_the_supervisor_too")
        },
    },
    "A.4": {
        "办理人为空": {
            _POLICIES: (
                "test_approves_by_itself",
                "test_rejects_by_itself_with_the_answers_of_the_model",
                "test_goes_to_a_person_named",
                "test_goes_to_those_who_assign_work",
                "test_becomes_an_incident",
            )
        },
        "办理人即发起人": {
            _POLICIES: (
                "test_acts_where_the_model_says_so",
                "test_is_skipped",
                "test_hands_to_the_head_of_the_unit",
            )
        },
        "同一人去重，不越过退回": {
            _POLICIES: (
                "test_right_after_another_the_same_person_is_passed_once",
                "test_after_any_earlier_node",
                "test_never_across_a_return",
            )
        },
        "超时：提醒、通过、不通过、转上级、跳转，按工作时间": {
            _POLICIES: (
                "test_reminds_so_many_times_in_working_days",
                "test_approves_after_the_reminders",
                "test_rejects",
                "test_hands_to_the_superior",
                "test_jumps_to_a_node",
                "test_stands_still_while_the_case_rests",
            )
        },
        "须写意见，按钮名称": {
            _POLICIES: (
                "test_a_decision_that_needs_words_is_refused_without",
                "test_the_buttons_are_called_as_the_model_says",
            )
        },
        "常用语": {
            "tests/web/test_phrases.py": ("test_one_s_own_come_first_then_those_of_the_office",)
        },
        "手写签名与内容摘要": {
            f"{_P}test_signatures.py": (
                "test_an_opinion_keeps_the_signature_of_its_time",
                "test_a_tampered_opinion_is_told",
            ),
            f"{_P}test_printed_forms.py": (
                "test_an_opinion_taken_out_is_found",
                "test_the_last_opinion_taken_away_is_found",
                "test_an_opinion_put_in_is_found",
            ),
        },
        "指定后续办理人": {
            _PLANNING: (
                "test_the_holder_of_a_task_before_it_where_the_node_allows_it",
                "test_the_starter_where_the_node_allows_it",
            )
        },
    },
    "A.5": {
        "待办、已办、我发起的、抄送我的、草稿、关注": {
            "tests/web/test_desk.py": (
                "test_the_boxes_are_tabs_with_their_counts",
                "test_a_case_is_followed_and_let_go",
            )
        },
        "流程图：已办、当前、退回、跳过": {
            "tests/web/test_moving.py": ("test_returned_steps_are_marked_on_the_diagram",),
            "tests/web/test_diagrams.py": (
                "test_the_branch_not_taken_is_faint_once_the_case_is_past_it",
            ),
        },
        "意见时间线，审批单": {
            "tests/web/test_task.py": ("test_a_case_shows_its_diagram_materials_and_timeline",),
            f"{_P}test_approval_form.py": (
                "test_the_form_says_who_decided_what_and_masks_the_identity_number",
            ),
            f"{_P}test_printed_forms.py": (
                "test_a_printed_form_is_held_against_its_case_by_code_and_by_file",
            ),
            "tests/web/test_signature.py": (
                "test_a_printed_form_is_verified_by_anybody_on_the_page_and_by_api",
            ),
        },
    },
    "B.1": {
        "一次告知，5 个工作日，逾期视为受理": {
            _LIST: (
                "test_row_supplement_one_notice_lists_every_missing_and_defective_item",
                "test_row_deemed_accepted_is_reported",
            )
        },
        "受理、不予受理书面告知": {
            _STATES: ("test_row_not_accepted_the_clock_ends_with_reason_and_letter",)
        },
        "20 个工作日决定，经批准延长 10 个": {
            f"{_C}common_extension/test_common_extension.py": (
                "test_row_extension_not_beyond_what_the_law_allows",
                "test_row_extension_is_proposed_approved_by_the_head_and_told",
            )
        },
        "10 个工作日送达": {
            _LICENCE: ("test_row_decided_the_statutory_clock_stops_and_delivery_is_counted",)
        },
        "不计入期限的时间": {
            f"{_C}common_special_procedure/test_common_special_procedure.py": (
                "test_row_special_procedure_suspends_with_notice_and_resumes",
            )
        },
        "效能监督：黄灯、红灯、环节超期，以消息告知责任人": {
            _SIGNALS: (
                "test_one_working_day_before_the_end_is_a_warning_once",
                "test_a_limit_that_passed_is_reported_once_from_the_day_after",
                "test_a_step_past_its_own_limit_counts_though_the_whole_is_in_time",
                "test_a_signal_goes_by_message_to_the_responsible_and_the_supervisor",
            )
        },
        "电子证照可信等级 A–D": {
            _LIST: ("test_row_material_checklist_each_item_has_kind_grade_state_and_reason",)
        },
    },
    "B.2": {
        "咨询/预约": {
            f"{_C}common_consultation/test_common_consultation.py": (
                "test_row_consultation_starts_no_clock",
                "test_row_consultation_becomes_a_case_from_what_was_told",
                "test_row_appointment_is_booked_at_once_and_the_slot_is_full_with_its_last_place",
                "test_row_appointment_whose_place_was_taken_meanwhile_is_told_and_takes_none",
                "test_row_appointment_changed_takes_the_new_place_before_the_old_is_given_up",
                "test_row_appointment_cancelled_gives_the_place_to_the_next",
                "test_row_appointment_is_reminded_of_one_working_day_before",
                "test_row_appointment_becomes_a_case_at_the_window",
            ),
            f"{_P}people/test_registers.py": ("test_many_takers_never_hold_the_same_blank",),
        },
        "收件": {
            _STATES: ("test_row_received_the_acceptance_clock_of_five_working_days_starts",),
            _LIST: ("test_row_received_a_receipt_lists_the_materials",),
        },
        "预审": {_LIST: ("test_row_preliminary_review_runs_the_clock_or_not_by_item",)},
        "补正 (一次性告知)": {
            _STATES: (
                "test_row_supplement_the_clock_stops_and_the_applicant_s_starts",
                "test_row_supplement_asked_twice_has_two_runs_of_each_clock",
            ),
            _LIST: ("test_row_supplement_a_second_notice_needs_a_reason_and_is_reported",),
            "bpmn/yacht/yacht_licence_issue/test_yacht_licence_returned.py": (
                "test_row_supplement_after_acceptance_suspends_every_clock_of_the_agency",
                "test_row_supplement_after_acceptance_what_remained_goes_on_when_it_comes",
                "test_row_supplement_after_acceptance_that_never_comes_ends_every_clock",
            ),
            "bpmn/property/prop_one_window/test_prop_one_window.py": (
                "test_tax_and_housing_may_ask_the_applicant_at_the_same_time",
            ),
        },
        "受理": {
            _STATES: ("test_row_accepted_the_statutory_and_the_promised_clock_start",),
            _LIST: ("test_row_accepted_the_clock_starts_on_the_legal_date_not_with_the_click",),
            "bpmn/yacht/yacht_licence_issue/test_yacht_licence_returned.py": (
                "test_row_accepted_a_return_costs_the_agency_its_own_time",
                "test_row_accepted_again_no_later_date_than_at_first",
            ),
        },
        "视为受理": {_STATES: ("test_row_deemed_accepted_the_clocks_start_on_the_receipt_date",)},
        "不予受理": {_LIST: ("test_row_not_accepted_is_reported_with_its_reason",)},
        "承办/审查/审核/决定": {
            "tests/engine/core/test_limits_of_nodes.py": (
                "test_limits_that_sum_over_the_promise_are_refused_with_the_way",
                "test_every_row_of_a_decision_that_gives_the_limits_is_looked_at",
            ),
            f"{_P}test_node_limits.py": (
                "test_no_shipped_process_plans_more_than_it_promises",
                "test_amounts_that_a_case_alone_knows_are_reported_when_its_limit_starts",
            ),
        },
        "特别程序 / 挂起": {
            _CONDITIONS: ("test_row_special_procedure_called_by_the_review_suspends_every_clock",),
            _PLACES: (
                "test_the_agency_s_clock_rests_until_the_last_notice_is_answered",
                "test_a_suspension_ends_with_the_called_process_that_is_withdrawn",
            ),
        },
        "延期": {
            f"{_C}common_extension/test_common_extension.py": ("test_row_extension_once_only",),
            _LICENCE: ("test_row_extended_once_both_limits_move_and_keep_the_old_one",),
        },
        "退件/撤回申请": {
            _LIST: ("test_row_returned_by_the_authority_ends_with_reason_and_letter",),
            _STATES: ("test_row_withdrawn_every_clock_ends",),
        },
        "并联审批 / 联办 / 一件事": {
            "bpmn/property/prop_one_window/test_prop_one_window.py": (
                "test_a_sale_goes_from_one_application_to_the_book_and_the_certificate",
                "test_registration_waits_for_tax_and_housing",
            )
        },
        "容缺受理 / 告知承诺": {
            _LIST: (
                "test_row_conditional_acceptance_names_what_has_to_follow_and_when",
                "test_row_commitment_needs_the_signed_paper_and_a_service_that_allows_it",
            ),
            _CONDITIONS: (
                "test_row_conditional_acceptance_main_clock_and_follow_up_clock_run_together",
            ),
        },
        "办结": {_LICENCE: ("test_row_decided_the_statutory_clock_stops_and_delivery_is_counted",)},
        "制证/发证/送达": {
            f"{_C}common_decision_notice/test_common_decision_notice.py": (
                "test_a_letter_is_delivered_online",
                "test_a_letter_is_handed_over_and_proven",
                "test_late_delivery_is_reminded_of",
            )
        },
        "归档": {
            f"{_P}test_archive.py": (
                "test_row_archive_freezes_the_package_and_says_until_when_it_is_kept",
                "test_a_whole_package_is_verified_by_the_script_in_it",
                "test_opinions_changed_or_taken_out_of_a_package_are_named",
                "test_the_manifest_is_signed_by_the_installation",
            )
        },
        "进度查询": {
            "tests/web/api/test_tasks.py": (
                "test_progress_needs_number_and_code_and_nothing_else",
            ),
            "tests/web/test_supervision.py": (
                "test_the_public_progress_tells_the_remaining_days_and_not_the_reasons",
            ),
        },
        "好差评": {
            f"{_C}common_evaluation/test_common_evaluation.py": (
                "test_a_bad_rating_is_handled_within_fifteen_working_days_and_answered",
            )
        },
        "电子证照免提交": {
            _LIST: (
                "test_row_certificate_pulled_with_consent_stands_for_the_paper",
                "test_row_certificate_without_consent_nothing_is_pulled",
            )
        },
        "红黄灯": {
            _CLOCK: ("test_a_limit_is_a_budget_and_due_date_and_colour_are_derived",),
            f"{_P}test_clocking.py": (
                "test_a_line_of_the_inbox_counts_on_the_calendar_of_its_agency",
            ),
        },
    },
    "B.3": {
        "1 期限是额度，届满日与颜色随台账推算": {
            _CLOCK: (
                "test_budget_suspensions_and_extension",
                "test_calendar_days_count_every_day_and_end_on_a_working_day",
                "test_working_hours_are_the_minutes_that_offices_are_open",
            ),
            _PLACES: ("test_what_is_not_counted_is_the_union_of_all_suspensions",),
            f"{_P}test_clocking.py": ("test_timers_follow_their_limit_through_suspension",),
        },
        "2 日历按机构、年度、版本，未公布的年度说明暂定": {
            f"{_P}test_clocking.py": (
                "test_what_was_counted_on_a_version_can_be_counted_on_it_again",
                "test_a_due_date_in_a_year_not_published_is_marked_provisional",
            )
        },
        "3 首日不计，下班后次日，末日顺延并说明原因": {
            _CLOCK: (
                "test_the_start_day_does_not_count",
                "test_what_comes_after_hours_is_received_on_the_next_working_day",
                "test_calendar_days_roll_on_from_a_day_off_and_say_from_which",
                "test_the_sentence_names_every_weekday_off_and_every_make_up_day",
            )
        },
        "4 台账只增不改": {
            "tests/engine/data/test_append_only.py": (
                "test_the_migrations_guard_what_the_models_guard",
            ),
            _CLOCK: ("test_a_correction_replaces_the_start_and_both_stay_in_the_ledger",),
            _PLACES: ("test_another_legal_date_given_after_a_return_corrects_the_start",),
        },
        "5 一个工作日就是一个工作日": {
            _CLOCK: ("test_one_working_day_is_one_working_day_and_not_24_office_hours",)
        },
        "6 日历变更先列出受影响的办件": {
            _RECOUNT: (
                "test_a_change_lists_the_limits_it_moves_and_changes_nothing",
                "test_a_change_moves_the_case_its_tasks_and_its_timers",
            ),
            _PLACES: ("test_the_list_before_a_change_counts_a_task_in_its_own_unit",),
        },
    },
}


@cache
def tests_in(path: str) -> frozenset[str]:
    """The names of the test functions of a file."""
    tree = ast.parse((ROOT / path).read_text("utf-8"))
    found = (node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef))
    return frozenset(name for name in found if name.startswith("test_"))


def cited() -> Iterator[tuple[str, str, str, str]]:
    """Every test that a row names: section, row, file, name."""
    for section, rows in ROWS.items():
        for row, files in rows.items():
            for path, names in files.items():
                for name in names:
                    yield section, row, path, name


def table() -> str:
    """The document as it should be."""
    parts = [_HEAD]
    for section, rows in ROWS.items():
        parts.append(f"\n## {section}\n\n| 行 | 情景 |\n|---|---|\n")
        for row, files in rows.items():
            told = "<br>".join(
                f"[{name.removeprefix('test_').replace('_', ' ')}](../{path})"
                for path, names in files.items()
                for name in names
            )
            parts.append(f"| {row} | {told} |\n")
    return "".join(parts)


if __name__ == "__main__":
    TARGET.write_text(table(), encoding="utf-8")
