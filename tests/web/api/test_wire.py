"""JSON that may not come in, each with its sentence."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from web.api import wire
from web.api.wire import RequestInvalid

REFUSED = [
    (b"\xff", "请求内容不是 UTF-8 编码"),
    (b"", "请求内容不是有效的 JSON（第 1 行第 1 列）"),
    (b'{"a": 1,}', "请求内容不是有效的 JSON（第 1 行第"),
    (b"[]", "请求内容应为一个 JSON 对象"),
    (b'"text"', "请求内容应为一个 JSON 对象"),
    (b'{"a": 1, "a": 2}', "JSON 对象中的键『a』重复"),
    (b'{"a": {"b": 1, "b": 1}}', "JSON 对象中的键『b』重复"),
    (b'{"a": NaN}', "JSON 中不能有 NaN 或 Infinity"),
    (b'{"a": -Infinity}', "JSON 中不能有 NaN 或 Infinity"),
    (b'{"a": 1e400}', "JSON 中的数字过长或使用了指数写法"),
    (b'{"a": 0.' + b"1" * 100 + b"}", "JSON 中的数字过长或使用了指数写法"),
    (b'{"a": ' + b"9" * 5000 + b"}", "JSON 中的整数超过 18 位，长编号请用文本"),
    (b'{"a": ' + b"[" * 30 + b"]" * 30 + b"}", "JSON 嵌套超过 20 层"),
    (b'{"a": ' + b"[" * 100_000 + b"]" * 100_000 + b"}", "JSON 嵌套超过 20 层"),
    (b'{"a": "\\u0000"}', "文本中含有不允许的字符（NUL 或不成对的代理字符）"),
    (b'{"a": "\\ud800"}', "文本中含有不允许的字符（NUL 或不成对的代理字符）"),
    (b'{"\\u0000": 1}', "文本中含有不允许的字符（NUL 或不成对的代理字符）"),
    (b"{" + b",".join(b'"k%d": 1' % n for n in range(1001)) + b"}", "JSON 对象的键超过 1000 个"),
]


@pytest.mark.parametrize(("body", "sentence"), REFUSED, ids=[str(r[0][:25]) for r in REFUSED])
def test_json_that_is_not_in_order_is_refused_in_one_sentence(body, sentence):
    with pytest.raises(RequestInvalid) as refused:
        wire.loads(body)

    assert refused.value.message.startswith(sentence)


def test_numbers_with_a_point_arrive_as_decimals_and_leave_as_texts():
    value = wire.loads(b'{"a": 1.10, "b": 2, "c": "[[[[\\"", "d": "{"}')

    assert value == {"a": Decimal("1.10"), "b": 2, "c": '[[[["', "d": "{"}
    assert wire.dumps(value) == '{"a": "1.10", "b": 2, "c": "[[[[\\"", "d": "{"}'


def test_long_ids_leave_as_texts():
    assert wire.plain({"id": 1 << 60, "n": 5}) == {"id": str(1 << 60), "n": 5}


@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_any_bytes_are_an_object_or_refused(body):
    try:
        value = wire.loads(body)
    except RequestInvalid:
        return
    assert isinstance(value, dict)
