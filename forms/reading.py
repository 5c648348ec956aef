"""From a form file to fields: every key is known, every kind of value is right.

Invariant: findings are collected, not one at a time; each names the field and the line.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from engine.errors import Finding
from forms.fields.base import Field
from forms.fields.composed import Rows
from forms.fields.registry import TYPES
from forms.source import Marked

_NAME: Final = re.compile(r"[a-z][a-z0-9_]{0,59}")
_ID: Final = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{0,99}")
_COMMON: Final[Mapping[str, type]] = {
    "label": str,
    "label_en": str,
    "help": str,
    "required": bool,
    "required_if": str,
    "shown_if": str,
    "valid_if": str,
    "valid_message": str,
    "doubt_if": str,
    "doubt_message": str,
    "readonly": bool,
    "sensitive": bool,
}
_KINDS: Final[Mapping[type, str]] = {str: "文字", bool: "true 或 false", list: "列表"}
_FORM_KEYS: Final = frozenset({"form", "title", "title_en", "help", "help_en", "sections"})
_SECTION_KEYS: Final = frozenset({"title", "title_en", "help", "help_en", "shown_if", "fields"})
_SPOKEN: Final = frozenset(
    {
        "help",
        "valid_message",
        "doubt_message",
        "pattern_message",
        "none_text",
        "placeholder",
        "unit",
        "true_label",
        "false_label",
    }
)
"""What a page says of a field besides its label; beside each may stand its English (`help_en`)."""
_FIELDS_MOST: Final = 300


@dataclass(frozen=True, slots=True)
class Section:
    """A group of fields under a title; with a condition it is shown as a whole or not at all."""

    title: str
    fields: tuple[Field, ...]
    title_en: str = ""
    help: str = ""
    shown_if: str = ""
    line: int = 0


@dataclass(slots=True)
class Reader:
    """Reads one file, keeping what it finds wrong."""

    file: str
    findings: list[Finding] = field(default_factory=list)

    def error(self, code: str, message: str, *, line: int | None, element: str = "") -> None:
        self.findings.append(
            Finding("error", code, message, file=self.file, element=element, line=line)
        )

    def head(self, mapping: Marked) -> tuple[str, str]:
        """Id and title of the form."""
        self._known(mapping, _FORM_KEYS, "表单")
        form_id = self._text(mapping, "form", "表单", needed=True)
        if form_id and not _ID.fullmatch(form_id):
            line = mapping.line_of("form")
            self.error("form_id", "表单标识只能由字母、数字、下划线、点和连字符组成", line=line)
        return form_id, self._text(mapping, "title", "表单", needed=True)

    def sections(self, mapping: Marked) -> tuple[Section, ...]:
        """The sections of the form, their field names unique in the whole form."""
        raw = mapping.get("sections")
        if not isinstance(raw, list) or not raw:
            line = mapping.line_of("sections")
            self.error("form_sections", "表单至少要有一个 sections 小节", line=line)
            return ()
        sections = tuple(self._section(item, mapping) for item in raw)
        names = [spec for section in sections for spec in section.fields]
        self._unique(names)
        if len(names) > _FIELDS_MOST:
            self.error("form_size", f"表单字段超过 {_FIELDS_MOST} 个", line=mapping.line)
        return sections

    def _section(self, raw: Any, mapping: Marked) -> Section:
        if not isinstance(raw, Marked):
            line = mapping.line_of("sections")
            self.error("form_sections", "小节应有 title 和 fields", line=line)
            return Section("", ())
        where = f"小节『{raw.get('title', '')}』"
        self._known(raw, _SECTION_KEYS, where)
        return Section(
            title=self._text(raw, "title", where, needed=True),
            fields=tuple(self._fields(raw, where, in_table=False)),
            title_en=self._text(raw, "title_en", where),
            help=self._text(raw, "help", where),
            shown_if=self._text(raw, "shown_if", where),
            line=raw.line,
        )

    def _fields(self, owner: Marked, where: str, *, in_table: bool) -> Iterator[Field]:
        raw = owner.get("fields")
        if not isinstance(raw, list) or not raw:
            self.error("form_fields", f"{where}没有 fields", line=owner.line_of("fields"))
            return
        for item in raw:
            if not isinstance(item, Marked):
                line = owner.line_of("fields")
                self.error("form_fields", f"{where}中的字段应有 name、label、type", line=line)
                continue
            found = self._field(item, in_table=in_table)
            if found is not None:
                yield found

    def _field(self, raw: Marked, *, in_table: bool) -> Field | None:
        name = raw.get("name")
        if not isinstance(name, str) or not _NAME.fullmatch(name):
            shown = name if isinstance(name, str) else ""
            message = f"字段名『{shown}』应由小写字母开头，只含小写字母、数字、下划线"
            self.error("field_name", message, line=raw.line_of("name"))
            return None
        kind = TYPES.get(str(raw.get("type", "")))
        if kind is None or (in_table and kind is Rows):
            written = raw.get("type", "")
            why = (
                "表格里不能再有表格"
                if kind
                else f"未知的字段类型『{written}』，可用：{'、'.join(TYPES)}"
            )
            self.error(
                "field_type", f"字段『{name}』：{why}", line=raw.line_of("type"), element=name
            )
            return None
        return self._build(kind, name, raw)

    def _build(self, kind: type[Field], name: str, raw: Marked) -> Field:
        where = f"字段『{name}』"
        known = {"name", "type", "default", "editable_in", *_COMMON, *kind.options_known}
        english = {f"{key}_en" for key in _SPOKEN & known}
        self._known(raw, known | english, where, element=name)
        for key in english:
            self._typed(raw, key, str, where)
        common = {key: self._typed(raw, key, wanted, where) for key, wanted in _COMMON.items()}
        label = self._text(raw, "label", where, needed=True)
        built = kind(
            name=name,
            default=raw.get("default"),
            editable_in=self._nodes(raw, where),
            options={key: raw[key] for key in raw if key in kind.options_known},
            line=raw.line,
            lines=raw.lines,
            **{
                **{key: value for key, value in common.items() if value is not None},
                "label": label,
            },
        )
        if isinstance(built, Rows):
            columns = tuple(self._fields(raw, where, in_table=True))
            self._unique(columns)
            return replace(built, fields=columns)
        return built

    def _typed(self, raw: Marked, key: str, wanted: type, where: str) -> Any:
        value = raw.get(key)
        if value is None or type(value) is wanted:
            return value
        message = f"{where}的 {key} 应为{_KINDS[wanted]}"
        self.error("field_option", message, line=raw.line_of(key), element=str(raw["name"]))
        return None

    def _nodes(self, raw: Marked, where: str) -> tuple[str, ...]:
        nodes = raw.get("editable_in", [])
        if isinstance(nodes, list) and all(isinstance(node, str) for node in nodes):
            return tuple(nodes)
        message = f"{where}的 editable_in 应为环节标识的列表"
        self.error(
            "field_option", message, line=raw.line_of("editable_in"), element=str(raw["name"])
        )
        return ()

    def _text(self, mapping: Marked, key: str, where: str, *, needed: bool = False) -> str:
        value = mapping.get(key)
        if value is None or value == "":
            if needed:
                message = f"{where}缺少 {key}"
                self.error("form_missing_key", message, line=mapping.line_of(key))
            return ""
        if not isinstance(value, str) or len(value) > 2_000:
            self.error("form_option", f"{where}的 {key} 应为文字", line=mapping.line_of(key))
            return ""
        return value

    def _known(
        self, mapping: Marked, known: frozenset[str] | set[str], where: str, *, element: str = ""
    ) -> None:
        for key in mapping:
            if key not in known:
                message = f"{where}中有不认识的选项『{key}』"
                self.error("unknown_option", message, line=mapping.line_of(key), element=element)

    def _unique(self, fields: Sequence[Field]) -> None:
        seen: dict[str, int] = {}
        for spec in fields:
            if spec.name in seen:
                message = f"字段名『{spec.name}』重复，第 {seen[spec.name]} 行已经用过"
                self.error("field_duplicate", message, line=spec.line, element=spec.name)
            seen.setdefault(spec.name, spec.line)
