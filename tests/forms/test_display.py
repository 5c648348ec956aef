"""A form as data for pages and paper."""

from datetime import date
from decimal import Decimal
from pathlib import Path

from openapi_schema_validator import OAS31Validator
from stdnum.cn import ric

from forms import display, printing
from forms.definition import FormInvalid, read
from forms.lookups import ListSource, Lookups, Option

TEXT = """
form: form_x
title: 申请
sections:
  - title: 申请人
    fields:
      - {name: name, label: 姓名, type: text, required: true, sensitive: true, mask: name}
      - {name: id_no, label: 证件号码, type: cn_id, sensitive: true}
      - {name: phone, label: 手机, type: phone, sensitive: true}
      - {name: photo, label: 照片, type: image, max_size: 200 KB}
  - title: 领取
    fields:
      - {name: delivery, label: 领取方式, type: choice, default: collect, values: [{value: collect, label: 自取}, {value: post, label: 邮寄}]}
      - {name: address, label: 地址, type: text, shown_if: delivery = "post", required_if: delivery = "post"}
      - {name: fee, label: 费用, type: money, readonly: true}
      - name: people
        label: 学员
        type: rows
        fields:
          - {name: who, label: 姓名, type: text}
          - {name: born, label: 出生日期, type: date}
  - title: 单位
    shown_if: delivery = "unit"
    fields:
      - {name: org, label: 机构, type: org}
"""
FORM = read(TEXT.encode(), "forms/form_x.yaml")
NUMBER = "11010519491231002X"
EDIT = display.Rights()


def fields(sections):
    return {spec.name: spec for section in sections for spec in section.fields}


def test_a_new_form_shows_defaults_and_hides_what_does_not_apply():
    sections = display.layout(FORM, {}, rights=EDIT)
    shown = fields(sections)

    assert [section.visible for section in sections] == [True, True, False]
    assert [(o.value, o.selected) for o in shown["delivery"].options] == [
        ("collect", True),
        ("post", False),
    ]
    assert shown["delivery"].triggers
    assert shown["name"].required
    assert not shown["address"].visible
    assert not shown["fee"].editable
    assert shown["photo"].attributes["data-limit"] == 200 * 1024
    assert display.states(sections)["address"] == {
        "visible": False,
        "required": False,
        "remarks": [],
    }


def test_what_may_be_picked_is_told_while_one_types():
    """The times of a day depend on the day: the list is made anew when that changes."""
    form = read(
        b"form: form_slot\ntitle: s\nsections:\n  - title: s\n    fields:\n"
        b"      - {name: day, label: d, type: text}\n"
        b"      - {name: slot, label: s, type: choice, widget: select, values_from: "
        b"'=if day = null then [] else [{value: day, label: \"at \" + day}]'}\n",
        "forms/form_slot.yaml",
    )
    for given, options in (({}, []), ({"day": "2"}, [["2", "at 2"]])):
        told = display.states(display.layout(form, given, rights=EDIT))
        assert told["slot"]["options"] == options
        assert "options" not in told["day"]


def test_whether_a_cell_is_required_is_told_while_one_types():
    """The explanation in a line of a table is due only while nothing is handed in there."""
    form = read(
        b"form: form_lines\ntitle: s\nsections:\n  - title: s\n    fields:\n"
        b"      - name: lines\n        label: l\n        type: rows\n        fields:\n"
        b"          - {name: paper, label: p, type: text}\n"
        b"          - {name: note, label: n, type: text, required_if: paper = null}\n",
        "forms/form_lines.yaml",
    )
    given = {"lines": [{"paper": None}, {"paper": "a"}]}
    told = display.states(display.layout(form, given, rights=EDIT))
    assert told["lines.0.note"] == {"visible": True, "required": True}
    assert told["lines.1.note"] == {"visible": True, "required": False}


def test_whether_a_cell_is_shown_is_told_while_one_types():
    """What was seen of a score is asked for in the line that differs, before it is handed in."""
    text = Path("bpmn/yacht/yacht_exam/forms/form_score_check.yaml").read_bytes()
    form = read(text, "forms/form_score_check.yaml")
    given = {"check_rows": [{"agree": "true"}, {"agree": "false"}]}
    sections = display.layout(form, given, context={"check_lines": [{}, {}]}, rights=EDIT)
    told = display.states(sections)
    assert told["check_rows.0.seen"] == {"visible": False, "required": False}
    assert told["check_rows.1.seen"] == {"visible": True, "required": True}


def test_a_refused_form_comes_back_exactly_as_typed_with_messages_at_their_place():
    typed = {
        "name": "",
        "id_no": "123",
        "delivery": "post",
        "people": [{"who": "甲", "born": "5月"}],
    }
    try:
        FORM.validate(typed)
    except FormInvalid as error:
        errors, answers = error.errors, error.answers

    shown = fields(display.layout(FORM, answers, errors, rights=EDIT))

    assert shown["id_no"].value == "123"
    assert shown["id_no"].errors == ["居民身份证号码应为 18 位，现在是 3 位"]
    assert shown["address"].visible
    assert shown["address"].errors == ["请填写地址"]
    cell = shown["people"].rows[0].cells[1]
    assert (cell.path, cell.id, cell.value) == ("people.0.born", "f-people-0-born", "5月")
    assert cell.errors == ["日期应写成 2026-11-22 的形式（年-月-日）"]
    assert [(m.id, m.label) for m in display.mistakes(FORM, errors)] == [
        ("f-name", "姓名"),
        ("f-id_no", "证件号码"),
        ("f-address", "地址"),
        ("f-people-0-born", "学员第 1 行出生日期"),
    ]


def test_sensitive_values_are_masked_for_readers_and_clear_for_who_types_or_may_reveal():
    context = {"name": "王建国", "id_no": NUMBER, "phone": "13812345678"}

    read_only = fields(display.layout(FORM, {}, context=context))
    assert [read_only[n].text for n in context] == ["王*国", "1101**********002X", "138****5678"]
    assert all(read_only[n].value is None and read_only[n].masked for n in context)
    assert NUMBER not in repr(read_only)

    revealed = fields(
        display.layout(
            FORM, {}, context=context, rights=display.Rights(may_edit=False, reveal=True)
        )
    )
    assert revealed["id_no"].text == NUMBER
    assert fields(display.layout(FORM, {}, context=context, rights=EDIT))["id_no"].value == NUMBER


def test_an_unknown_place_is_a_remark_beside_the_field():
    number = "83000019900101001"
    number += ric.calc_check_digit(number + "0")

    shown = fields(display.layout(FORM, {"id_no": number}, rights=EDIT))

    assert shown["id_no"].remarks == ["号码前 6 位的行政区划不在现有名录中，请与证件原件核对"]


def test_what_the_form_doubts_of_an_answer_is_a_remark_that_comes_and_goes_with_the_other_one():
    form = read(
        """
form: form_x
title: 申请
sections:
  - title: 人
    fields:
      - {name: number, label: 号码, type: text}
      - {name: born, label: 出生日期, type: date, doubt_if: 'substring(number, 1, 4) != substring(string(born), 1, 4)', doubt_message: 与号码不一致}
""".encode(),
        "forms/form_x.yaml",
    )

    def remarks(**typed: str) -> list[str]:
        told = display.states(display.layout(form, typed, rights=EDIT))
        return told["born"]["remarks"]

    assert remarks(number="1980", born="1981-01-01") == ["与号码不一致"]
    assert remarks(number="1981", born="1981-01-01") == []
    assert remarks(number="1980") == [], "nothing is said of an empty field"
    assert form.validate({"number": "1980", "born": "1981-01-01"})["born"] == date(1981, 1, 1)


def test_options_of_a_source_are_offered():
    lookups = Lookups(sources={"orgs": ListSource([Option("370001", "山东海事局")])})

    shown = fields(display.layout(FORM, {}, rights=EDIT, lookups=lookups))
    assert shown["org"].options == [display.OptionView("370001", "山东海事局", selected=False)]
    read_only = fields(display.layout(FORM, {}, context={"org": "370001"}, lookups=lookups))
    assert read_only["org"].text == "山东海事局"


def test_a_printed_form_has_lines_tables_and_pictures():
    values = FORM.validate(
        {
            "name": "甲",
            "photo": {"file": "c" * 64, "name": "a.png", "size": 9, "type": "image/png"},
            "delivery": "collect",
            "people": [{"who": "乙", "born": "1990-01-02"}],
        }
    )

    blocks = printing.blocks(FORM, values, reveal=True)

    assert blocks[0].lines == [("姓名", "甲"), ("证件号码", "—"), ("手机", "—")]
    assert blocks[0].pictures == [("照片", "c" * 64)]
    assert blocks[1].lines == [("领取方式", "自取"), ("费用", "—")]
    assert blocks[1].tables[0].rows == [["乙", "1990-01-02"]]
    assert len(blocks) == 2


def test_the_component_describes_what_may_be_answered():
    component = FORM.openapi()

    OAS31Validator.check_schema(component)
    assert component["required"] == ["name"]
    assert "fee" not in component["properties"]
    assert component["additionalProperties"] is False
    OAS31Validator(component).validate(
        {"name": "甲", "delivery": "post", "people": [{"who": "乙", "born": "1990-01-02"}]}
    )


def test_a_computed_value_of_any_kind_is_shown_in_words(form):
    definition = form("name: findings, label: 资格检查, type: auto")
    values = [{"code": "age", "message": "年龄不符"}, True, Decimal("2.50"), date(2026, 1, 2)]

    shown = fields(display.layout(definition, {}, context={"findings": values}))

    assert shown["findings"].text == "年龄不符、是、2.50、2026-01-02"


GIVEN_ROWS = """
form: form_rows
title: 逐行
sections:
  - title: 逐行
    fields:
      - {name: carried, label: 随带, type: auto, hidden: true, value: '="unit"'}
      - name: answers
        label: 意见
        type: rows
        rows_from: "= people"
        fields:
          - {name: person, label: 人员, type: auto}
          - name: decision
            label: 意见
            type: choice
            default: confirm
            values: [{value: confirm, label: 确认}, {value: reject, label: 不予确认}]
"""


def rows_of(values: dict[str, object]) -> list[list[object]]:
    """The values in the rows of the table as they are shown to somebody who fills it in."""
    form = read(GIVEN_ROWS.encode(), "forms/form_rows.yaml")
    context = {"people": [{"person": "甲"}, {"person": "乙"}]}
    (section,) = display.layout(
        form, values, context=context, rights=display.Rights(node="confirm")
    )
    table = next(one for one in section.fields if one.name == "answers")
    return [[cell.text or cell.value for cell in row.cells] for row in table.rows]


def test_given_rows_begin_with_the_defaults_of_their_columns() -> None:
    assert rows_of({}) == [["甲", "确认"], ["乙", "确认"]]
    assert rows_of({"answers": [{"decision": "reject"}]})[0] == ["甲", "不予确认"]


def test_a_hidden_value_is_carried_and_not_shown() -> None:
    form = read(GIVEN_ROWS.encode(), "forms/form_rows.yaml")
    (section,) = display.layout(form, {}, context={}, rights=display.Rights(node="confirm"))
    assert [one.visible for one in section.fields if one.name == "carried"] == [False]
    assert form.validate({}, context={}, node="confirm")["carried"] == "unit"


def test_a_table_that_is_only_read_shows_the_rows_it_is_given():
    """Nobody typed it, so no value of the case has its name."""
    table = """
form: form_x
title: 核对
sections:
  - title: 成绩
    fields:
      - name: view
        label: 成绩
        type: rows
        readonly: true
        rows_from: "=scores"
        fields: [{name: who, label: 姓名, type: auto}]
"""
    definition = read(table.encode(), "forms/form_x.yaml")
    context = {"scores": [{"who": "甲"}, {"who": "乙"}]}
    shown = fields(display.layout(definition, {}, context=context, rights=EDIT))
    assert [row.cells[0].text for row in shown["view"].rows] == ["甲", "乙"]


def test_a_column_that_the_case_rules_out_is_left_out_of_the_table():
    """Scores of a theory exam (Y-52) have no column for the assessment; what a row decides stays."""
    table = """
form: form_x
title: 登记
sections:
  - title: 成绩
    fields:
      - name: scores
        label: 成绩
        type: rows
        rows_from: "=lines"
        fields:
          - {name: score, label: 分数, type: number, shown_if: part = "theory"}
          - {name: passed, label: 评估结果, type: boolean, shown_if: part = "assessment"}
          - {name: absent, label: 缺考, type: boolean}
          - {name: why, label: 原因, type: text, shown_if: absent = true}
"""
    form = read(table.encode(), "forms/form_x.yaml")
    context = {"part": "theory", "lines": [{}, {"absent": True}]}
    shown = fields(display.layout(form, {}, context=context, rights=EDIT))["scores"]
    assert [one.label for one in shown.columns] == ["分数", "缺考", "原因"]
    assert [cell.visible for cell in shown.rows[0].cells] == [True, True, False]


def test_given_rows_go_into_a_spreadsheet_when_they_are_many_or_the_form_says_so():
    """Y-52: scores are entered in a grid or a table, however few the candidates."""

    def offered(rows: int, more: str = "", rights: display.Rights = EDIT) -> bool:
        line = f"{{name: t, label: 表, type: rows, rows_from: '=lines'{more}, "
        line += "fields: [{name: a, label: 甲, type: text}]}"
        text = f"form: form_x\ntitle: 表\nsections:\n  - title: 甲\n    fields: [{line}]\n"
        asked = read(text.encode(), "forms/form_x.yaml")
        context = {"lines": [{}] * rows}
        return fields(display.layout(asked, {}, context=context, rights=rights))["t"].by_sheet

    assert [offered(1), offered(8), offered(9)] == [False, False, True]
    assert offered(1, ", sheet: true")
    assert not offered(9, rights=display.READ_ONLY)


def test_the_choices_of_a_field_that_cannot_appear_are_not_in_the_page():
    """Whom an academy has (E-62) is not told to an enterprise that enrols its own people."""
    text = """
form: form_x
title: 报名
sections:
  - title: 人员
    fields:
      - {name: kind, label: 类别, type: choice, values: [甲]}
      - {name: theirs, label: 院校人员, type: choices, values: [乙], shown_if: user.role = "association"}
      - {name: more, label: 其他, type: choices, values: [丙], shown_if: kind = "甲"}
"""
    form = read(text.encode(), "forms/form_x.yaml")
    shown = fields(display.layout(form, {}, context={"user": {"role": "unit"}}, rights=EDIT))
    assert (shown["theirs"].visible, shown["theirs"].options) == (False, ())
    assert (shown["more"].visible, [one.value for one in shown["more"].options]) == (False, ["丙"])
    theirs = display.layout(form, {}, context={"user": {"role": "association"}}, rights=EDIT)
    assert [one.value for one in fields(theirs)["theirs"].options] == ["乙"]


def test_yes_and_no_have_the_words_of_the_form():
    text = """
form: form_x
title: 报到
sections:
  - title: 名单
    fields:
      - {name: present, label: 已报到, type: boolean, true_label: 已到, false_label: 未到}
"""
    shown = fields(display.layout(read(text.encode(), "forms/form_x.yaml"), {}, rights=EDIT))
    assert shown["present"].attributes == {"true_label": "已到", "false_label": "未到"}


def test_what_is_computed_at_each_handing_in_is_shown_as_it_would_be_now():
    """Not as the step before left it: who signs is who looks at the page."""
    definition = read(
        """
form: form_y
title: 签署
sections:
  - title: 签署
    fields:
      - {name: kind, label: 种类, type: choice, values: [{value: a, label: 甲}, {value: b, label: 乙}]}
      - {name: kind_name, label: 种类名称, type: auto, value: '=if kind = "a" then "甲类" else "乙类"'}
      - {name: handler, label: 签署人, type: auto, value: "=user.name"}
""".encode(),
        "forms/form_y.yaml",
    )
    context = {"handler": "前一环节的人", "kind_name": "甲类", "user": {"name": "签署人"}}
    shown = fields(display.layout(definition, {"kind": "b"}, context=context, rights=EDIT))
    assert (shown["handler"].text, shown["kind_name"].text) == ("签署人", "乙类")
    read_only = fields(display.layout(definition, {}, context=context))
    assert read_only["handler"].text == "前一环节的人"
