"""A whole form: rights, conditions, tables, and what becomes of what was typed."""

from datetime import date

from forms import display, inputs
from forms.definition import read

ACCEPT = """
form: form_licence_accept
title: 受理意见
sections:
  - title: 材料核对
    fields:
      - name: materials
        label: 材料核对
        type: rows
        rows_from: "= required_materials"
        fields:
          - {name: code, label: 材料, type: auto}
          - {name: present, label: 是否提交, type: boolean, required: true}
          - {name: remark, label: 备注, type: text, required_if: present = false}
  - title: 意见
    fields:
      - name: decision
        label: 受理意见
        type: choice
        required: true
        values: [{value: accept, label: 受理}, {value: supplement, label: 补正}, {value: refuse, label: 不予受理}]
      - {name: reason, label: 不予受理理由, type: textarea, shown_if: decision = "refuse", required_if: decision = "refuse"}
      - name: missing_list
        label: 补正内容
        type: rows
        min: 1
        max: 2
        required: true
        shown_if: decision = "supplement"
        fields:
          - {name: item, label: 事项, type: text, required: true}
          - {name: until, label: 期限, type: date}
      - {name: basis, label: 依据, type: text, shown_if: reason != null, required: true}
      - {name: decided_on, label: 日期, type: auto, value: "= today()"}
      - {name: applicant, label: 申请人, type: text, readonly: true}
      - {name: head, label: 负责人, type: text, editable_in: [approve]}
      - {name: hint, label: 说明, type: info}
"""
FORM = read(ACCEPT.encode(), "forms/form_licence_accept.yaml")
CONTEXT = {"required_materials": ["photo", {"code": "medical", "secret": 1}], "applicant": "某单位"}
MATERIALS = [{"present": True}, {"present": "true"}]


def test_answers_become_variables_and_given_rows_keep_their_own_columns():
    values = FORM.validate({"materials": MATERIALS, "decision": "accept"}, context=CONTEXT)

    assert values.pop("decided_on") is not None
    assert values == {
        "materials": [
            {"code": "photo", "present": True, "remark": None},
            {"code": "medical", "present": True, "remark": None},
        ],
        "decision": "accept",
    }


def test_a_hidden_field_is_dropped_with_its_errors_and_what_an_earlier_round_left(refusal):
    answers = {"materials": MATERIALS, "decision": "accept", "reason": "x\x00", "missing_list": "?"}

    values = FORM.validate(answers, context={**CONTEXT, "reason": "上一轮的理由"})

    assert values["reason"] is None
    assert "missing_list" not in values
    assert refusal(FORM, {**answers, "decision": "refuse"}, context=CONTEXT).keys() == {"reason"}


def test_a_field_that_depends_on_a_hidden_one_is_hidden_too():
    answers = {"materials": MATERIALS, "decision": "accept", "reason": "理由", "basis": "某条"}

    assert "basis" not in FORM.validate(answers, context=CONTEXT)


def test_required_fields_that_are_shown_must_be_filled_in(refusal):
    assert refusal(FORM, {}, context=CONTEXT) == {
        "materials.0.present": ["请选择是否提交"],
        "materials.1.present": ["请选择是否提交"],
        "decision": ["请选择受理意见"],
    }
    assert refusal(FORM, {"materials": MATERIALS, "decision": "refuse"}, context=CONTEXT) == {
        "reason": ["请填写不予受理理由"]
    }


def test_a_draft_may_lack_what_is_required_but_not_be_wrong(refusal):
    assert FORM.validate({"decision": "supplement"}, context=CONTEXT, partial=True)
    assert refusal(FORM, {"decision": "?"}, context=CONTEXT, partial=True).keys() == {"decision"}


def test_an_unknown_field_is_refused_by_its_name(refusal):
    answers = {"materials": [{"present": True, "fee": 1}], "decision": "accept", "status": "done"}

    assert refusal(FORM, answers, context=CONTEXT) == {
        "status": ["表单中没有『status』这一项"],
        "materials.0.fee": ["表单中没有『fee』这一项"],
        "materials.1.present": ["请选择是否提交"],
    }


def test_a_value_where_the_node_gives_no_right_is_refused(refusal):
    answers = {
        "materials": [{"present": True, "code": "other"}, {"present": True}],
        "decision": "accept",
        "applicant": "他人",
        "head": "某人",
        "decided_on": "2020-01-01",
    }

    assert refusal(FORM, answers, context=CONTEXT, node="accept") == {
        "applicant": ["当前环节无权填写『申请人』"],
        "head": ["当前环节无权填写『负责人』"],
        "decided_on": ["当前环节无权填写『日期』"],
        "materials.0.code": ["当前环节无权填写『材料』"],
    }
    assert (
        FORM.validate(
            {"materials": MATERIALS, "decision": "accept", "head": "某人"},
            context=CONTEXT,
            node="approve",
        )["head"]
        == "某人"
    )


def test_editable_in_apply_means_the_application_itself(form, refusal):
    definition = form("name: kind, label: 类别, type: text, editable_in: [apply]")

    assert definition.validate({"kind": "首次"}) == {"kind": "首次"}
    assert refusal(definition, {"kind": "首次"}, node="review")


def test_a_condition_inside_a_row_sees_the_row(refusal):
    answers = {"materials": [{"present": False}, {"present": True}], "decision": "accept"}

    assert refusal(FORM, answers, context=CONTEXT) == {"materials.0.remark": ["请填写备注"]}


def test_every_wrong_cell_is_told_at_once(refusal):
    answers = {
        "materials": MATERIALS,
        "decision": "supplement",
        "missing_list": [{"item": "照片", "until": "明天"}, {"item": ""}],
    }

    assert refusal(FORM, answers, context=CONTEXT) == {
        "missing_list.0.until": ["日期应写成 2026-11-22 的形式（年-月-日）"],
        "missing_list.1.item": ["请填写事项"],
    }


def test_a_table_has_its_fewest_and_most_rows(refusal):
    base = {"materials": MATERIALS, "decision": "supplement"}

    assert refusal(FORM, base, context=CONTEXT) == {"missing_list": ["请至少填写一行补正内容"]}
    assert refusal(FORM, {**base, "missing_list": [{"item": "一"}] * 3}, context=CONTEXT) == {
        "missing_list": ["最多填写 2 行"]
    }
    assert refusal(FORM, {**base, "missing_list": [{}] * 501}, context=CONTEXT) == {
        "missing_list": ["最多填写 2 行"]
    }
    assert refusal(FORM, {**base, "missing_list": ["文字"]}, context=CONTEXT) == {
        "missing_list.0": ["请按表单填写"],
        "missing_list.0.item": ["请填写事项"],
    }


def test_too_few_rows_are_refused(form, refusal):
    definition = form(
        "name: t, label: 学员, type: rows, min: 2, fields: [{name: n, label: 姓名, type: text}]"
    )

    assert refusal(definition, {"t": [{"n": "甲"}]}) == {"t": ["至少填写 2 行"]}


def test_a_row_that_repeats_one_above_is_refused_and_names_it(form, refusal):
    definition = form(
        "name: t, label: 学员, type: rows, unique: [k, n], fields: "
        "[{name: k, label: 类型, type: text}, {name: n, label: 号码, type: text}]"
    )
    rows = [{"k": "证", "n": "1"}, {"k": "照", "n": "1"}, {"k": "证"}, {"k": "证"}]

    assert refusal(definition, {"t": [*rows, {"k": "证", "n": "1"}]}) == {
        "t.4.n": ["与第 1 行重复"]
    }


def test_rows_that_are_given_cannot_be_added_to(refusal):
    answers = {"materials": [*MATERIALS, {"present": True}], "decision": "accept"}

    assert refusal(FORM, answers, context=CONTEXT) == {"materials": ["本表固定 2 行，不能增加"]}


def test_a_thousand_unknown_keys_are_not_read_to_the_end(refusal):
    errors = refusal(FORM, {f"k{n}": 1 for n in range(5_000)}, context=CONTEXT)

    assert errors[""] == ["填写的项目过多"]


def test_a_browser_form_becomes_answers():
    pairs = [
        ("csrf_token", "x"),
        ("_revision", "3"),
        ("materials.0.present", "true"),
        ("materials.1.present", "false"),
        ("materials.1.remark", "缺页"),
        ("decision", "supplement"),
        ("missing_list.7.item", "乙"),
        ("missing_list.3.item", "甲"),
        ("missing_list.9.item", ""),
    ]

    answers = inputs.parse(FORM, pairs, node="accept")
    values = FORM.validate(answers, context=CONTEXT, node="accept")

    assert answers["reason"] is None
    assert [row["item"] for row in values["missing_list"]] == ["甲", "乙"]
    assert values["materials"][1]["remark"] == "缺页"


def test_a_browser_form_cannot_smuggle_a_field_of_another_node(refusal):
    answers = inputs.parse(FORM, [("decision", "accept"), ("head", "某人")], node="accept")

    assert refusal(FORM, answers, context=CONTEXT, node="accept")["head"] == [
        "当前环节无权填写『负责人』"
    ]


def test_an_unticked_box_and_an_empty_list_are_empty_answers(form):
    definition = form(
        "name: many, label: 多选, type: choices, values: [a, b]",
        "name: flag, label: 勾选, type: boolean",
    )

    answers = inputs.parse(definition, [("many", "a"), ("many", "b")])
    assert definition.validate(answers) == {"many": ["a", "b"], "flag": None}
    assert definition.validate(inputs.parse(definition, [])) == {"many": None, "flag": None}


def test_an_expression_can_bound_a_date_by_another_answer(form, refusal):
    definition = form(
        "name: start, label: 开始, type: date", 'name: end, label: 结束, type: date, min: "= start"'
    )

    assert refusal(definition, {"start": "2026-05-02", "end": "2026-05-01"}) == {
        "end": ["不能早于 2026-05-02"]
    }
    assert definition.validate({"start": "2026-05-02", "end": "2026-05-03"})["end"] == date(
        2026, 5, 3
    )


def test_a_section_is_hidden_as_a_whole():
    text = """
form: f
title: t
sections:
  - title: 一
    fields: [{name: kind, label: 类别, type: choice, values: [first, renew]}]
  - title: 原证
    shown_if: kind = "renew"
    fields: [{name: old_no, label: 原证号, type: text, required: true}]
"""
    definition = read(text.encode(), "f.yaml")

    assert definition.validate({"kind": "first"}) == {"kind": "first"}
    assert definition.validate({"kind": "renew", "old_no": "A1"})["old_no"] == "A1"


RULED = read(
    """
form: form_ruled
title: 意见
sections:
  - title: 核对
    fields:
      - name: materials
        label: 材料
        type: rows
        rows_from: "= listed"
        fields:
          - {name: code, label: 代码, type: auto, hidden: true}
          - {name: title, label: 名称, type: auto}
          - name: state
            label: 结论
            type: choice
            values: [{value: ok, label: 符合}, {value: missing, label: 缺少}, {value: deferred, label: 容缺}]
            valid_if: state != "deferred" or code != "photo"
            valid_message: 本材料不能容缺
      - name: decision
        label: 意见
        type: choice
        required: true
        values: [{value: accept, label: 受理}, {value: supplement, label: 补正}]
        valid_if: 'decision != "accept" or every one in materials satisfies one.state != "missing"'
        valid_message: 尚有材料缺少，不能受理
""".encode(),
    "forms/form_ruled.yaml",
)
LISTED = {"listed": [{"code": "photo", "title": "照片", "state": "ok"}]}


def test_an_answer_must_fit_the_answers_before_it_and_says_why_not(refusal):
    missing = {"materials": [{"state": "missing"}], "decision": "accept"}
    assert refusal(RULED, missing, context=LISTED) == {"decision": ["尚有材料缺少，不能受理"]}
    assert RULED.validate({**missing, "decision": "supplement"}, context=LISTED)
    assert RULED.validate(missing, context=LISTED, partial=True), "a draft may still change"


def test_a_rule_of_a_column_sees_its_row(refusal):
    answers = {"materials": [{"state": "deferred"}], "decision": "accept"}
    assert refusal(RULED, answers, context=LISTED) == {"materials.0.state": ["本材料不能容缺"]}


def test_a_hidden_column_goes_with_its_row_and_is_not_shown():
    values = RULED.validate({"decision": "accept"}, context=LISTED)
    assert values["materials"] == [{"code": "photo", "title": "照片", "state": "ok"}]
    table = display.layout(RULED, {}, context=LISTED, rights=display.Rights(node="a"))[0].fields[0]
    assert [cell.name for cell in table.rows[0].cells] == ["title", "state"]
    assert [column.name for column in table.columns] == ["title", "state"]


def test_what_was_typed_over_a_suggested_cell_comes_back_as_typed():
    typed = {"materials": [{"state": "missing"}]}
    view = display.layout(RULED, typed, context=LISTED, rights=display.Rights(node="a"))
    assert view[0].fields[0].rows[0].cells[1].value == "missing"
