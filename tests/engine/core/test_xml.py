"""A file that is no XML is refused with its place and the reason, in Chinese alone."""

import re

import pytest

from engine import xml
from engine.errors import DeploymentRejected


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"", "第 1 列，文件应以“<”开头"),
        (b"no model", "第 1 列，文件应以“<”开头"),
        (b"<a>\n<b>\n</a>", "第 5 列，第 2 行开始的 b 以 a 结束"),
        (b"<a>", "元素没有结束标签，文件可能不完整"),
        (b"<a", "标签没有以“>”结束"),
        (b"<a/><b/>", "根元素之后还有内容"),
        (b"<a b='1' b='2'/>", "属性重复"),
        (b"<a b=1/>", "属性值须用引号括起"),
        (b"<a b/>", "属性没有值"),
        (b"<a b='1'c='2'/>", "属性之间缺少空格"),
        (b"<a b='<'/>", "属性值里的“<”须写作 &lt;"),
        (b"<a>&x;</a>", "引用了没有定义的实体"),
        (b"<a>x & y</a>", "名称不正确"),
        (b"<a>&x</a>", "“&”须写作 &amp;"),
        (b"<a>\x01</a>", "有不允许的控制字符"),
        (b"<a><!-- -- --></a>", "注释里不能有“--”"),
        (b"<x:a/>", "名称空间前缀没有声明"),
    ],
)
def test_a_file_that_is_no_xml_says_where_and_why(data, told):
    with pytest.raises(DeploymentRejected) as rejected:
        xml.read(data, "图.bpmn")
    [finding] = rejected.value.findings
    assert told in finding.message
    assert finding.message.startswith(f"图.bpmn 第 {finding.line} 行：不是合格的 XML：")
    assert not re.search(r"[A-Za-z]{4,}", finding.message.replace("图.bpmn", ""))
