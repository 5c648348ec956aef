"""Each type of field: what it takes, what it makes of it, and every sentence of refusal."""

from datetime import date, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum.cn import ric, uscc

from engine import variables
from forms import standards
from forms.definition import FormInvalid, read
from forms.errors import Invalid
from forms.lookups import ListSource, Lookups, Option

PHOTO = {"file": "a" * 64, "name": "证件照.jpg", "size": 120_000, "type": "image/jpeg"}

REFUSALS = [
    # text
    ("type: text", 5, "请填写文字"),
    ("type: text", "两\n行", "只能填写一行，请去掉换行或制表符"),
    ("type: text", "空\x00字符", "含有不可见的特殊字符（U+0000），请删除后重新输入"),
    ("type: text", "方\u202e向", "含有不可见的特殊字符（U+202E），请删除后重新输入"),
    ("type: textarea", "零\u200b宽", "含有不可见的特殊字符（U+200B），请删除后重新输入"),
    ("type: text", "代\ud800理", "含有不可见的特殊字符（U+D800），请删除后重新输入"),
    ("type: text, max_length: 3", "一二三四", "不能超过 3 个字，现在有 4 个字"),
    ("type: text", "长" * 10_000_000, "不能超过 200 个字"),
    ("type: text, min_length: 3", "一二", "至少填写 3 个字"),
    ("type: text, pattern: '[A-Z]{2}[0-9]{8}'", "ab12345678", "字段的格式不正确"),
    ("type: text, pattern: '\\d{3}'", "１２３", "字段的格式不正确"),
    ("type: text, pattern: '[0-9]{3}', pattern_message: 应为三位数字", "12", "应为三位数字"),
    # numbers
    ("type: number", "一百", "请填写数字，小数点用半角（如 12.5）"),
    ("type: number", "1e5", "请填写数字，小数点用半角（如 12.5）"),
    ("type: number", True, "请填写数字，小数点用半角（如 12.5）"),
    ("type: number", "１２", "请用半角数字填写（如 123，不是 １２３）"),
    ("type: integer", "1.5", "请填写整数"),
    ("type: integer, min: 1", "0", "不能小于 1"),
    ("type: integer, max: 100, unit: 分", 101, "不能大于 100 分"),
    ("type: money", "1,200", "请填写金额，最多两位小数（如 1200.50），不加逗号"),
    ("type: money", "1.234", "请填写金额，最多两位小数（如 1200.50），不加逗号"),
    ("type: money", 12, '金额应以文本形式填写（如 "1200.50"）'),
    ("type: money, min: 0", "-1", "不能小于 0.00 元"),
    # dates
    ("type: date", "2026/11/22", "日期应写成 2026-11-22 的形式（年-月-日）"),
    ("type: date", "2026-1-2", "日期应写成 2026-11-22 的形式（年-月-日）"),
    ("type: date", "２０２６-11-22", "请用半角数字填写（如 123，不是 １２３）"),
    ("type: date", "2026-02-30", "没有这一天，请核对年、月、日"),
    ("type: date", "0226-02-03", "年份应在 1900 年以后"),
    ("type: date, min: '2026-01-01'", "2025-12-31", "不能早于 2026-01-01"),
    ("type: date, max: '= date(\"2026-01-01\")'", "2026-01-02", "不能晚于 2026-01-01"),
    ("type: datetime", "2026-11-22", "时间应写成 2026-11-22 14:05 的形式"),
    ("type: datetime", "2026-11-22T25:00", "没有这个时间，请核对"),
    # yes or no, lists
    ("type: boolean", "yes", "请选择“是”或“否”"),
    ("type: boolean", 1, "请选择“是”或“否”"),
    ("type: boolean, must_accept: true", False, "请勾选“字段”"),
    ("type: choice, values: [a, b]", "c", "请从给出的选项中选择"),
    ("type: choices, values: [a, b]", ["a", "c"], "请从给出的选项中选择"),
    ("type: choices, values: [a, b], min: 2", ["a"], "至少选择 2 项"),
    ("type: choices, values: [a, b], max: 1", ["a", "b"], "最多选择 1 项"),
    ("type: choices, values: [a, b]", ["a"] * 201, "最多选择 200 项"),
    ("type: lookup, values_from: persons", "7", "选项暂时无法读取，请稍后重试或联系管理员"),
    # numbers with a standard
    ("type: cn_id", "37020119900101", "居民身份证号码应为 18 位，现在是 14 位"),
    ("type: cn_id", "3702X119900101001X", "居民身份证号码前 17 位应为数字，末位为数字或 X"),
    ("type: cn_id", "370201199002300013", "居民身份证号码中的出生日期无效"),
    ("type: cn_id", "370201299001010013", "居民身份证号码中的出生日期无效"),
    ("type: cn_id", "11010519491231002Y", "居民身份证号码前 17 位应为数字，末位为数字或 X"),
    ("type: cn_id", "110105194912310021", "居民身份证号码校验位不符，请核对是否输错"),
    ("type: uscc", "9111000060003734", "统一社会信用代码应为 18 位，现在是 16 位"),
    (
        "type: uscc",
        "91110000600037341I",
        "统一社会信用代码只能由数字和大写字母组成，不使用 I、O、S、V、Z",
    ),
    ("type: uscc", "911100006000373411", "统一社会信用代码校验位不符，请核对是否输错"),
    ("type: phone", "12345678901", "请填写 11 位手机号码，或带区号的固定电话（如 0532-12345678）"),
    ("type: postcode", "26600", "邮政编码应为 6 位数字"),
    # files
    ("type: file", "x.pdf", "请重新上传文件"),
    ("type: file", {"file": "../../etc/passwd"}, "请重新上传文件"),
    ("type: file", {**PHOTO, "path": "/etc"}, "请重新上传文件"),
    ("type: file", {**PHOTO, "size": "1"}, "请重新上传文件"),
    ("type: file", {**PHOTO, "size": 0}, "文件是空的，请重新上传"),
    ("type: file", {**PHOTO, "type": "text/html"}, "只能上传 PDF、PNG、JPEG 格式的文件"),
    ("type: image, max_size: 100 KB", PHOTO, "文件不能超过 100 KB，现在是 117 KB"),
    ("type: files, max: 1", [PHOTO, PHOTO], "最多上传 1 个文件"),
    (
        "type: image, ratio: '35:45'",
        {**PHOTO, "width": 450, "height": 350},
        "照片的宽高比应为 35:45，现在是 450×350",
    ),
    (
        "type: image, min_width: 300",
        {**PHOTO, "width": 100, "height": 128},
        "照片像素过低（100×128），请重新上传清晰的照片",
    ),
]


@pytest.mark.parametrize(("field", "answer", "message"), REFUSALS, ids=lambda v: str(v)[:30])
def test_a_wrong_answer_is_refused_in_words_of_the_office(form, refusal, field, answer, message):
    definition = form(f"name: value, label: 字段, {field}")

    assert refusal(definition, {"value": answer}) == {"value": [message]}


TAKEN = [
    ("type: text", "  王 国\u0301  ", "王 国\u0301"),
    ("type: text", "cafe\u0301", "café"),
    ("type: textarea", "一\r\n二\t三", "一\n二\t三"),
    ("type: text", "𠮷野家", "𠮷野家"),
    ("type: number", "12.50", Decimal("12.50")),
    ("type: number", 3, Decimal(3)),
    ("type: integer", "-7", -7),
    ("type: money", "1200.5", Decimal("1200.50")),
    ("type: date", "2026-11-22", date(2026, 11, 22)),
    (
        "type: datetime",
        "2026-11-22T14:05",
        datetime(2026, 11, 22, 14, 5, tzinfo=timezone(timedelta(hours=8))),
    ),
    ("type: boolean", "on", True),
    ("type: boolean", "false", False),
    ("type: choice, values: [{value: 1, label: 一}]", 1, "1"),
    ("type: choice, values: [yes, no]", "no", "no"),
    ("type: choices, values: [a, b]", ["b", "b", ""], ["b"]),
    ("type: choices, values: [a, b]", "a", ["a"]),
    ("type: cn_id", "11010519491231002x", "11010519491231002X"),
    ("type: cn_id", "110105 19491231 002X", "11010519491231002X"),
    ("type: cn_id", "１１０１０５１９４９１２３１００２Ｘ", "11010519491231002X"),
    ("type: cn_id", "110105491231002", "11010519491231002X"),
    ("type: uscc", "91 110000 600037341 l", "91110000600037341L"),
    ("type: phone", "+86 138 0013 8000", "13800138000"),
    ("type: phone", "0532 12345678", "0532-12345678"),
    ("type: phone", "０１０１２３４５６７８", "010-12345678"),
    ("type: postcode", "２６６０００", "266000"),
    ("type: image", PHOTO, PHOTO),
    ("type: files", [PHOTO], [PHOTO]),
    ("type: text", "", None),
    ("type: cn_id", "   ", None),
]


@pytest.mark.parametrize(("field", "answer", "value"), TAKEN, ids=lambda v: str(v)[:30])
def test_a_right_answer_becomes_its_canonical_value(form, field, answer, value):
    definition = form(f"name: value, label: 字段, {field}")

    result = definition.validate({"value": answer})

    assert result == {"value": value}
    assert variables.decode(variables.encode(result)) == result


def test_a_credit_code_with_a_letter_in_its_first_places_is_taken():
    letters = "N1110000600037341"
    assert standards.credit_code(letters + uscc.calc_check_digit(letters))[0] == "N"


def test_a_county_that_no_list_has_is_a_doubt_and_no_error():
    number = "83000019900101001"
    number += ric.calc_check_digit(number + "0")

    assert standards.resident_number(number) == number
    assert standards.resident_remarks(number) == [
        "号码前 6 位的行政区划不在现有名录中，请与证件原件核对"
    ]


def test_the_kind_of_document_decides_the_rule_of_its_number(form, refusal):
    definition = form(
        "name: id_type, label: 证件类型, type: choice, values: [resident_id, passport, other]",
        "name: id_no, label: 证件号码, type: cn_id, type_from: id_type",
    )

    taken = definition.validate({"id_type": "passport", "id_no": "e12345678"})
    assert taken["id_no"] == "E12345678"
    assert refusal(definition, {"id_type": "passport", "id_no": "护照"}) == {
        "id_no": ["护照号码应为 5 至 20 位字母或数字"]
    }
    assert refusal(definition, {"id_type": "other", "id_no": "?"}) == {
        "id_no": ["证件号码应为 4 至 30 位字母、数字或连字符"]
    }
    assert refusal(definition, {"id_type": "resident_id", "id_no": "E12345678"}) == {
        "id_no": ["居民身份证号码应为 18 位，现在是 9 位"]
    }


def test_what_is_computed_of_a_number_sees_it_without_the_spaces_of_the_page(form):
    """A page writes a number in groups; a rule over it compares the number."""
    definition = form(
        "name: id_type, label: 证件类型, type: choice, values: [resident_id, passport]",
        "name: id_no, label: 证件号码, type: cn_id, type_from: id_type",
        "name: own, label: 本人, type: auto, value: '= id_no = \"11010519491231002X\"'",
    )

    for typed in ("110105 19491231 002x", "11010519491231002X"):
        taken = definition.validate({"id_type": "resident_id", "id_no": typed})
        assert taken == {"id_type": "resident_id", "id_no": "11010519491231002X", "own": True}


def test_options_of_a_source_decide_what_may_be_chosen(form, refusal):
    definition = form("name: org, label: 发证机构, type: org")
    lookups = Lookups(sources={"orgs": ListSource([Option("370001", "山东海事局")])})

    assert definition.validate({"org": "370001"}, lookups=lookups) == {"org": "370001"}
    assert refusal(definition, {"org": "320002"}, lookups=lookups) == {
        "org": ["请从给出的选项中选择"]
    }


def test_options_of_an_expression_come_from_the_case(form, refusal):
    definition = form("name: card, label: 证书, type: choice, values_from: '= cards'")
    context = {"cards": [{"value": "A1", "label": "甲"}, "B2"]}

    assert definition.validate({"card": "B2"}, context=context) == {"card": "B2"}
    assert refusal(definition, {"card": "C3"}, context=context)


def test_facts_of_a_file_come_from_the_store_and_not_from_the_answer(form, refusal):
    definition = form("name: scan, label: 扫描件, type: file, max_size: 1 MB")
    stored = {"a" * 64: {"name": "x.pdf", "size": 9_000_000, "type": "application/pdf"}}
    lookups = Lookups(file=stored.get)

    assert refusal(definition, {"scan": {**PHOTO, "size": 1}}, lookups=lookups) == {
        "scan": ["文件不能超过 1 MB，现在是 8.6 MB"]
    }
    assert refusal(definition, {"scan": "b" * 64}, lookups=lookups) == {
        "scan": ["文件不存在或已失效，请重新上传"]
    }
    stored["a" * 64]["size"] = 10_000
    assert definition.validate({"scan": "a" * 64}, lookups=lookups)["scan"] == {
        "file": "a" * 64,
        "name": "x.pdf",
        "size": 10_000,
        "type": "application/pdf",
    }


@pytest.mark.parametrize(
    ("mask", "clear", "masked"),
    [
        (standards.mask_number, "370102199001011234", "3701**********1234"),
        (standards.mask_number, "E1234567", "E1****67"),
        (standards.mask_phone, "13812345678", "138****5678"),
        (standards.mask_name, "王建国", "王*国"),
        (standards.mask_name, "王国", "王*"),
        (standards.mask_name, "欧阳建国", "欧**国"),
        (standards.mask_text, "山东省青岛市市南区某路 1 号", "山东省青岛市****"),
        (standards.mask_text, "短", "*"),
    ],
)
def test_a_mask_hides_the_middle(mask, clear, masked):
    assert mask(clear) == masked


@given(st.dates(date(1900, 1, 1), date(2026, 1, 1)), st.integers(0, 999))
def test_every_number_made_by_the_standard_is_taken_and_each_wrong_digit_is_seen(birth, serial):
    body = f"370202{birth:%Y%m%d}{serial:03}"
    number = body + ric.calc_check_digit(body + "0")

    assert standards.resident_number(number) == number
    place = serial % 17
    wrong = number[:place] + str((int(number[place]) + 1) % 10) + number[place + 1 :]
    with pytest.raises(Invalid):
        standards.resident_number(wrong)


_FORM = read(
    b"""form: form_all
title: all
sections:
  - title: all
    fields:
      - {name: text, label: l, type: text}
      - {name: area, label: l, type: textarea}
      - {name: number, label: l, type: number}
      - {name: whole, label: l, type: integer}
      - {name: money, label: l, type: money}
      - {name: day, label: l, type: date}
      - {name: at, label: l, type: datetime}
      - {name: flag, label: l, type: boolean}
      - {name: one, label: l, type: choice, values: [a, b]}
      - {name: many, label: l, type: choices, values: [a, b]}
      - {name: person, label: l, type: cn_id}
      - {name: unit, label: l, type: uscc}
      - {name: phone, label: l, type: phone}
      - {name: post, label: l, type: postcode}
      - {name: scan, label: l, type: file}
      - {name: scans, label: l, type: files}
      - {name: photo, label: l, type: image}
      - name: table
        label: l
        type: rows
        fields:
          - {name: cell, label: l, type: text}
          - {name: count, label: l, type: integer}
""",
    "forms/form_all.yaml",
)
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=30),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4)
    ),
    max_leaves=12,
)
_CELLS = st.dictionaries(st.sampled_from(["cell", "count", "x"]), _JSON, max_size=3)


@given(
    st.fixed_dictionaries(
        {},
        optional={f.name: _JSON for f in _FORM.fields()}
        | {"table": st.lists(_CELLS | _JSON, max_size=3)},
    )
)
def test_any_answer_is_either_refused_with_messages_or_storable(answers):
    try:
        values = _FORM.validate(answers)
    except FormInvalid as error:
        refused = error.errors
    else:
        refused = None
    if refused is not None:
        assert refused
        assert all(m and all(isinstance(x, str) and x for x in m) for m in refused.values())
        return
    variables.check(values)
    assert variables.decode(variables.encode(values)) == values
