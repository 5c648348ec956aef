"""What a form author is told, with the line."""

from pathlib import Path

import pytest

from engine.errors import DeploymentRejected
from forms import lint
from forms.definition import read
from forms.fields.registry import TYPES

HEAD = "form: form_x\ntitle: 表单\nsections:\n  - title: 一\n    fields:\n"


def told(*fields: str) -> list[tuple[str, str, int | None]]:
    text = HEAD + "".join(f"      - {{{field}}}\n" for field in fields)
    found = lint.findings(text.encode(), "forms/form_x.yaml")
    assert all(finding.file == "forms/form_x.yaml" for finding in found)
    return [(finding.severity, finding.message, finding.line) for finding in found]


TEXTS = [
    ("name: a, label: 甲, type: txt", "字段『a』：未知的字段类型『txt』，可用：text、textarea"),
    ("name: 甲, label: 甲, type: text", "字段名『甲』应由小写字母开头，只含小写字母、数字、下划线"),
    ("label: 甲, type: text", "字段名『』应由小写字母开头，只含小写字母、数字、下划线"),
    ("name: a, type: text", "字段『a』缺少 label"),
    ("name: a, label: 甲, type: text, requird: true", "字段『a』中有不认识的选项『requird』"),
    ("name: a, label: 甲, type: text, values: [x]", "字段『a』中有不认识的选项『values』"),
    ("name: a, label: 甲, type: text, required: yes", "字段『a』的 required 应为true 或 false"),
    (
        "name: a, label: 甲, type: text, editable_in: accept",
        "字段『a』的 editable_in 应为环节标识的列表",
    ),
    ("name: a, label: 甲, type: text, pattern: '('", "字段『a』的 pattern：不是有效的正则表达式"),
    (
        "name: a, label: 甲, type: text, pattern: '(a+)+'",
        "字段『a』的 pattern：重复之中不能再有不定次数的重复",
    ),
    (
        "name: a, label: 甲, type: text, pattern: '(?=a)a'",
        "字段『a』的 pattern：不支持反向引用和环视",
    ),
    (
        "name: a, label: 甲, type: text, pattern: 'a+b+c+d+e+'",
        "字段『a』的 pattern：不定次数的重复不能超过 4 处",
    ),
    (
        "name: a, label: 甲, type: text, max_length: 50000",
        "字段『a』的 max_length：应为 1 至 20000 的整数",
    ),
    (
        "name: a, label: 甲, type: text, mask: face",
        "字段『a』的 mask：只能是 name、phone、number、text",
    ),
    ("name: a, label: 甲, type: choice", "字段『a』的 type：缺少选项：请写 values 或 values_from"),
    (
        "name: a, label: 甲, type: choice, values: []",
        "字段『a』的 values：应为至少一项的列表，每项有 value 和 label",
    ),
    ("name: a, label: 甲, type: choice, values: [x, x]", "字段『a』的 values：选项『x』重复"),
    (
        "name: a, label: 甲, type: choice, values: [{label: 甲}]",
        "字段『a』的 values：有一项缺少 value",
    ),
    (
        "name: a, label: 甲, type: choice, values: [{value: x, text: 甲}]",
        "字段『a』的 values：选项中有不认识的『text』",
    ),
    (
        "name: a, label: 甲, type: choice, values: [x], values_from: y",
        "字段『a』的 values_from：values 与 values_from 只能写一个",
    ),
    (
        "name: a, label: 甲, type: choice, values: [x], widget: slider",
        "字段『a』的 widget：只能是 radios、select 或 search",
    ),
    ("name: a, label: 甲, type: date, min: 2026", "字段『a』的 min：日期应写成 2026-11-22 的形式"),
    ("name: a, label: 甲, type: image, accept: [exe]", "字段『a』的 accept：应为列表，可用：pdf"),
    (
        "name: a, label: 甲, type: image, max_size: 1 GB",
        "字段『a』的 max_size：应写成 200 KB 或 10 MB 的形式",
    ),
    ("name: a, label: 甲, type: image, ratio: wide", "字段『a』的 ratio：应写成 35:45 的形式"),
    ("name: a, label: 甲, type: files, max: 999", "字段『a』的 max：应为 1 至 200 的整数"),
    ("name: a, label: 甲, type: rows", "字段『a』没有 fields"),
    (
        "name: a, label: 甲, type: rows, fields: [{name: b, label: 乙, type: rows}]",
        "字段『b』：表格里不能再有表格",
    ),
    (
        "name: a, label: 甲, type: rows, max: 501, fields: [{name: b, label: 乙, type: text}]",
        "字段『a』的 max：应为 0 至 500 的整数",
    ),
    (
        "name: a, label: 甲, type: rows, rows_from: [乙, 丙], rows_from_en: [B], fields: [{name: b, label: 乙, type: text}]",
        "字段『a』的 rows_from_en：应为列表，与 rows_from 的各行一一对应",
    ),
    (
        "name: a, label: 甲, type: rows, rows_from: all, fields: [{name: b, label: 乙, type: text}]",
        "字段『a』的 rows_from：应为列表，或以 = 开头的表达式",
    ),
    (
        "name: a, label: 甲, type: rows, unique: [c], fields: [{name: b, label: 乙, type: text}]",
        "字段『a』的 unique：应为本表各列名称的列表",
    ),
    ("name: a, label: 甲, type: auto, value: today()", "字段『a』的 value：应为以 = 开头的表达式"),
    ("name: a, label: 甲, type: integer, default: x", "字段『a』的 default：请填写整数"),
    ("name: a, label: 甲, type: cn_id, type_from: kind", "字段『a』的 type_from：没有字段『kind』"),
    ('name: a, label: 甲, type: text, shown_if: "b ="', "字段『a』的 shown_if 有误（第 1 行第 "),
    ('name: a, label: 甲, type: text, default: "= 1 +"', "字段『a』的 default 有误（第 1 行第 "),
]


@pytest.mark.parametrize(("field", "message"), TEXTS, ids=[text[1][:30] for text in TEXTS])
def test_a_mistake_in_a_field_is_told_with_its_line(field, message):
    severity, text, line = told("name: ok, label: 好, type: text", field)[0]

    assert severity == "error"
    assert text.startswith(message)
    assert line == 7


def test_a_name_used_twice_is_told_with_both_lines():
    assert told("name: a, label: 甲, type: text", "name: a, label: 乙, type: text") == [
        ("error", "字段名『a』重复，第 6 行已经用过", 7)
    ]


def test_what_is_only_odd_is_a_warning():
    found = told(
        'name: a, label: 甲, type: text, required: true, required_if: "true"',
        "name: b, label: 乙, type: text, required: true, readonly: true",
    )

    assert [(severity, line) for severity, _text, line in found] == [("warning", 6), ("warning", 7)]


def test_a_bad_expression_tells_element_line_and_column():
    text = (
        HEAD
        + '      - name: a\n        label: 甲\n        type: text\n        shown_if: "b = = 1"\n'
    )

    finding = lint.findings(text.encode(), "f.yaml")[0]

    assert (finding.code, finding.element, finding.line, finding.column) == (
        "form_expression",
        "a",
        9,
        5,
    )


FILES = [
    (b"\xff\xfe", "表单文件不是 UTF-8 编码", None),
    (b"- a", "表单文件应以 form:、title:、sections: 开头", 1),
    (b"", "表单文件应以 form:、title:、sections: 开头", 1),
    (b"form: [", "YAML 格式错误", 1),
    (b"form: a\nform: b", "『form』重复", 2),
    (b"a: &x 1\nb: *x", "YAML 格式错误：不支持引用（*）", 2),
    (b"a: !!python/object:os.system x", "不支持的 YAML 标记", 1),
    (b"a: " + b"[" * 40 + b"]" * 40, "YAML 格式错误：嵌套过深", 1),
    (b"a: \x00", "YAML 格式错误：含有不允许的字符", None),
    (b"form: a\ntitle: b", "表单至少要有一个 sections 小节", 1),
    (
        b"form: a b\ntitle: b\nsections: [{title: c, fields: [{name: a, label: b, type: text}]}]",
        "表单标识只能由",
        1,
    ),
    (b"form: a\ntitle: b\nsections: [{title: c}]", "小节『c』没有 fields", 3),
    (b"form: a\ntitle: b\nsections: [x]", "小节应有 title 和 fields", 3),
    (
        b"form: a\ntitle: b\nsections: [{title: c, fields: [x]}]",
        "小节『c』中的字段应有 name、label、type",
        3,
    ),
    (
        b"form: a\ntitle: b\ncolour: red\nsections: [{title: c, fields: [{name: a, label: b, type: text}]}]",
        "表单中有不认识的选项『colour』",
        3,
    ),
    (b"a: " + b"x" * (1 << 20), "表单文件超过 1 MiB", None),
]


@pytest.mark.parametrize(("content", "message", "line"), FILES, ids=[f[1][:20] for f in FILES])
def test_a_file_that_is_no_form_is_rejected_with_the_reason(content, message, line):
    with pytest.raises(DeploymentRejected) as rejected:
        read(content, "forms/f.yaml")

    finding = rejected.value.findings[0]
    assert finding.message.startswith(message)
    assert finding.line == line


def test_a_form_is_read_once_and_shared():
    content = (HEAD + "      - {name: a, label: 甲, type: text}\n").encode()

    assert read(content, "f.yaml") is read(bytes(content), "f.yaml")
    assert len(read(content, "f.yaml").digest) == 64


def test_a_bad_section_condition_is_told():
    text = (
        HEAD.replace("- title: 一", '- title: 一\n    shown_if: "1 +"')
        + "      - {name: a, label: 甲, type: text}\n"
    )

    assert lint.findings(text.encode(), "f.yaml")[0].message.startswith(
        "小节『一』的 shown_if 有误"
    )


def test_every_type_and_option_is_documented():
    text = (Path(__file__).parents[2] / "docs" / "forms.md").read_text(encoding="utf-8")

    for word, kind in TYPES.items():
        for name in (word, *kind.options_known):
            assert f"`{name}`" in text, name


def test_a_default_that_cannot_be_chosen_is_told():
    found = told("name: a, label: 甲, type: choice, values: [x, y], default: z")

    assert found == [("error", "字段『a』的 default：请从给出的选项中选择", 6)]
