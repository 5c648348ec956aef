"""A form file as data with line numbers: the plain core of YAML and nothing else.

Invariant: only mappings, lists, text, whole and decimal numbers, true, false and null come out; no
aliases, no tags, no duplicate keys, no dates and no yes/no surprises of YAML 1.1.
"""

import re
from collections.abc import Hashable
from decimal import Decimal
from typing import Any, Final

import yaml
from yaml.composer import Composer
from yaml.cyaml import CParser  # type: ignore[attr-defined] # written in C
from yaml.events import AliasEvent
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode
from yaml.resolver import Resolver

from engine import limits
from engine.errors import DeploymentRejected, Finding

_DEPTH: Final = 12
_CORE_TAGS: Final = frozenset(
    f"tag:yaml.org,2002:{name}"
    for name in ("str", "int", "float", "bool", "null", "map", "seq", "timestamp", "merge", "value")
)
_WHOLE: Final = re.compile(r"-?(0|[1-9][0-9]{0,17})")
_DECIMAL: Final = re.compile(r"-?(0|[1-9][0-9]{0,17})\.[0-9]{1,17}")
_WORDS: Final[dict[str, Any]] = {"true": True, "false": False, "null": None, "~": None, "": None}


class Marked(dict[str, Any]):
    """A mapping that knows the line it begins on and the lines of its keys."""

    line: int = 0
    lines: dict[str, int]

    def line_of(self, key: str) -> int:
        return self.lines.get(key, self.line)


class _Refused(Exception):
    """YAML that is well formed but not ours."""

    def __init__(self, problem: str, line: int) -> None:
        super().__init__(problem)
        self.line = line


class _Loader(Composer, CParser, Resolver):
    """A composer that refuses aliases and bottomless nesting."""

    depth = 0

    def __init__(self, text: str) -> None:
        CParser.__init__(self, text)
        Composer.__init__(self)
        Resolver.__init__(self)

    def compose_node(self, parent: Node | None, index: int) -> Node | None:
        if self.check_event(AliasEvent):
            raise self._refused("不支持引用（*）")
        self.depth += 1
        if self.depth > _DEPTH:
            raise self._refused("嵌套过深")
        node: Node | None = super().compose_node(parent, index)
        self.depth -= 1
        return node

    def _refused(self, problem: str) -> "_Refused":
        event: Any = self.peek_event()
        return _Refused(problem, event.start_mark.line + 1)


def load(content: bytes, filename: str, *, kind: str = "表单文件") -> Marked:
    """The one mapping in a form file, or in another file of ours written alike (`kind` names it).

    Raises:
        DeploymentRejected: it is no such file; the finding has the line.
    """
    if len(content) > limits.MODEL_BYTES:
        raise _rejected(f"{kind}超过 1 MiB", filename)
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise _rejected(f"{kind}不是 UTF-8 编码", filename) from error
    node = _compose(text, filename)
    if not isinstance(node, MappingNode):
        keys = "form:、title:、sections:" if kind == "表单文件" else "“名称: 值”"
        raise _rejected(f"{kind}应以 {keys} 开头", filename, line=1)
    value: Marked = _plain(node, filename)
    return value


def _compose(text: str, filename: str) -> Node | None:
    loader = _Loader(text)
    try:
        node: Node | None = loader.get_single_node()
    except _Refused as error:
        raise _rejected(f"YAML 格式错误：{error}", filename, line=error.line) from error
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        # what is missing at the very end is looked for on a line after it
        last = len(text.splitlines())
        line, column = (min(mark.line + 1, last), mark.column + 1) if mark else (None, None)
        # the library's own words are English and about its grammar; the place says more
        message = "YAML 格式错误：此处附近的缩进、引号、括号或冒号不正确"
        raise _rejected(message, filename, line=line, column=column) from error
    except yaml.YAMLError as error:
        raise _rejected("YAML 格式错误：含有不允许的字符", filename) from error
    finally:
        loader.dispose()
    return node


def _plain(node: Node, filename: str) -> Any:
    if node.tag not in _CORE_TAGS:
        raise _rejected(
            f"不支持的 YAML 标记『{node.tag}』", filename, line=node.start_mark.line + 1
        )
    if isinstance(node, MappingNode):
        return _mapping(node, filename)
    if isinstance(node, SequenceNode):
        return [_plain(item, filename) for item in node.value]
    return _scalar(node)


def _mapping(node: MappingNode, filename: str) -> Marked:
    mapping = Marked()
    mapping.line, mapping.lines = node.start_mark.line + 1, {}
    for key_node, value_node in node.value:
        line = key_node.start_mark.line + 1
        key: Hashable = key_node.value
        if not isinstance(key_node, ScalarNode) or not isinstance(key, str) or key == "<<":
            raise _rejected("不支持这种键", filename, line=line)
        if key in mapping:
            raise _rejected(f"『{key}』重复", filename, line=line)
        mapping.lines[key] = line
        mapping[key] = _plain(value_node, filename)
    return mapping


def _scalar(node: Node) -> Any:
    text: str = node.value
    if getattr(node, "style", None):  # quoted or block: text as written
        return text
    if text in _WORDS:
        return _WORDS[text]
    if _WHOLE.fullmatch(text):
        return int(text)
    return Decimal(text) if _DECIMAL.fullmatch(text) else text


def _rejected(
    message: str, filename: str, *, line: int | None = None, column: int | None = None
) -> DeploymentRejected:
    return DeploymentRejected(
        [Finding("error", "form_yaml", message, file=filename, line=line, column=column)]
    )
