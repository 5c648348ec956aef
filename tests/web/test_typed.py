"""An error page shows what was typed by its labels, never by names of fields or codes (A.5)."""

from typing import Final

from flask import Flask

from forms.definition import read
from web import typed

FORM: Final = read(
    """
form: form_x
title: 申请
sections:
  - title: 内容
    fields:
      - {name: agree, label: 同意, type: boolean}
      - {name: way, label: 领取方式, type: choice, values: [{value: post, label: 邮寄}, {value: collect, label: 自取}]}
      - {name: day, label: 日期, type: date}
      - name: people
        label: 人员
        type: rows
        fields:
          - {name: who, label: 姓名, type: text}
          - {name: age, label: 年龄, type: integer}
""".encode(),
    "forms/form_x.yaml",
)


def test_choices_and_tables_are_read_out_and_what_is_wrong_stays_as_typed() -> None:
    given = {
        "agree": "true",
        "way": "post",
        "day": "下周一",
        "people": [{"who": "甲某", "age": "30"}, {"who": "乙某", "age": ""}],
    }
    assert typed.lines(FORM, given) == [
        ("同意", "是"),
        ("领取方式", "邮寄"),
        ("日期", "下周一"),
        ("人员", "姓名 甲某，年龄 30；姓名 乙某"),
    ]


def test_a_page_without_a_form_shows_the_words_and_no_codes(app: Flask) -> None:
    data = {"agree": "yes", "org_code": "PR610100", "reason": "资料有误", "street": "演示路 1 号"}
    with app.test_request_context("/x", method="POST", data={**data, "csrf_token": "t"}):
        shown = typed.posted()
    assert shown == [
        ("填写的内容", "PR610100"),
        ("理由", "资料有误"),
        ("填写的内容", "演示路 1 号"),
    ]
