"""Fields that hold files: facts about a stored file, never its content.

A value is `{"file": sha256, "name": ..., "size": ..., "type": ...}`. Where `Lookups.file` is given,
the facts come from the store and the answer only names the file.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Final

from engine import limits
from engine.variables import Value
from forms import text
from forms.errors import Invalid
from forms.fields.base import Field, Problem, Scope

_DIGEST: Final = re.compile(r"[0-9a-f]{64}")
_SIZE: Final = re.compile(r"([1-9][0-9]{0,8}) ?(KB|MB)?")
_RATIO: Final = re.compile(r"([1-9][0-9]{0,3}):([1-9][0-9]{0,3})")
_UNITS: Final = {None: 1, "KB": 1024, "MB": 1024 * 1024}
_KINDS: Final[Mapping[str, str]] = {
    "pdf": "application/pdf",
    "png": "image/png",
    "jpeg": "image/jpeg",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "zip": "application/zip",
    "ofd": "application/ofd",
}
_FACTS: Final = frozenset({"file", "name", "size", "type", "width", "height"})


@dataclass(frozen=True, kw_only=True)
class File(Field):
    """One file; `accept` lists kinds (pdf, png, jpeg ...), `max_size` is like 2 MB."""

    type: ClassVar[str] = "file"
    widget: ClassVar[str] = "file"
    options_known: ClassVar[frozenset[str]] = frozenset({"accept", "max_size"})
    kinds: ClassVar[tuple[str, ...]] = ("pdf", "png", "jpeg")
    largest: ClassVar[int] = 10 << 20

    @property
    def accept(self) -> tuple[str, ...]:
        return tuple(self.options.get("accept") or self.kinds)

    @property
    def max_size(self) -> int:
        return size_of(self.options.get("max_size", self.largest)) or self.largest

    def parse(self, raw: Any) -> Value:
        facts = _facts(raw)
        if facts is None or not _DIGEST.fullmatch(str(facts.get("file"))):
            raise Invalid("请重新上传文件")
        return self._described(facts) if len(facts) > 1 else facts

    def settle(self, value: Value, scope: Scope) -> Value:
        if scope.lookups.file is None:
            return self._described(value)
        stored = scope.lookups.file(value["file"])
        if stored is None:
            raise Invalid("文件不存在或已失效，请重新上传")
        # the name is the person's own; what the file is, the store knows better
        facts = {"name": value.get("name") or stored.get("name"), **_known(stored)}
        return self._described({**facts, "file": value["file"]})

    def _described(self, facts: Mapping[str, Any]) -> dict[str, Any]:
        size, kind = facts.get("size"), facts.get("type")
        if type(size) is not int or size < 0 or not isinstance(kind, str):
            raise Invalid("请重新上传文件")
        name = text.clean(facts.get("name") or "附件", max_length=255)
        if kind not in {_KINDS[word] for word in self.accept if word in _KINDS}:
            raise Invalid(f"只能上传 {'、'.join(word.upper() for word in self.accept)} 格式的文件")
        if size == 0:
            raise Invalid("文件是空的，请重新上传")
        if size > self.max_size:
            raise Invalid(f"文件不能超过 {shown_size(self.max_size)}，现在是 {shown_size(size)}")
        self.inspect(facts)
        pixels = {key: facts[key] for key in ("width", "height") if type(facts.get(key)) is int}
        return {"file": facts["file"], "name": name, "size": size, "type": kind, **pixels}

    def inspect(self, facts: Mapping[str, Any]) -> None:
        """Compare further facts with the options.

        Raises:
            Invalid: they do not fit.
        """

    def missing(self) -> str:
        return f"请上传{self.label}"

    def text(self, value: Value, _scope: Scope) -> str:
        return f"{value['name']}（{shown_size(value['size'])}）" if value else ""

    def attributes(self, _scope: Scope) -> dict[str, Any]:
        kinds = ",".join(_KINDS[word] for word in self.accept if word in _KINDS)
        return {
            "accept": kinds,
            "data-limit": self.max_size,
            "limit_text": shown_size(self.max_size),
        }

    def json_schema(self) -> dict[str, Any]:
        properties = {
            "file": {"type": "string", "pattern": "^[0-9a-f]{64}$", "description": "SHA-256"},
            "name": {"type": "string", "maxLength": 255},
            "size": {"type": "integer", "maximum": self.max_size},
            "type": {"type": "string", "enum": [_KINDS[word] for word in self.accept]},
        }
        return {"type": "object", "properties": properties, "required": ["file"]}

    def problems(self) -> Iterator[Problem]:
        accept = self.options.get("accept", ["pdf"])
        unknown = [a for a in accept if a not in _KINDS] if isinstance(accept, list) else ["?"]
        if unknown or not accept:
            yield "accept", f"应为列表，可用：{'、'.join(_KINDS)}"
        size = size_of(self.options.get("max_size", 1))
        if size is None or size > limits.UPLOAD_BYTES:
            yield "max_size", "应写成 200 KB 或 10 MB 的形式，不超过 50 MB"


@dataclass(frozen=True, kw_only=True)
class Files(File):
    """Several files, at most `max`."""

    type: ClassVar[str] = "files"
    widget: ClassVar[str] = "files"
    options_known: ClassVar[frozenset[str]] = File.options_known | {"max"}

    @property
    def most(self) -> int:
        return int(self.options.get("max", 20))

    def parse(self, raw: Any) -> Value:
        items = raw if isinstance(raw, list) else [raw]
        if len(items) > self.most:
            raise Invalid(f"最多上传 {self.most} 个文件")
        return [super(Files, self).parse(item) for item in items if not text.is_blank(item)]

    def settle(self, value: Value, scope: Scope) -> Value:
        return [super(Files, self).settle(item, scope) for item in value]

    def is_empty(self, value: Value) -> bool:
        return not value

    def text(self, value: Value, scope: Scope) -> str:
        return "、".join(super(Files, self).text(item, scope) for item in value or ())

    def json_schema(self) -> dict[str, Any]:
        return {"type": "array", "maxItems": self.most, "items": super().json_schema()}

    def problems(self) -> Iterator[Problem]:
        yield from super().problems()
        most = self.options.get("max", 1)
        if type(most) is not int or not 1 <= most <= limits.FILES_PER_CASE:
            yield "max", f"应为 1 至 {limits.FILES_PER_CASE} 的整数"


@dataclass(frozen=True, kw_only=True)
class Image(File):
    """A picture; `ratio: 35:45` is compared with the pixels the store measured."""

    type: ClassVar[str] = "image"
    widget: ClassVar[str] = "image"
    options_known: ClassVar[frozenset[str]] = File.options_known | {
        "ratio",
        "min_width",
        "min_height",
    }
    kinds: ClassVar[tuple[str, ...]] = ("png", "jpeg")
    largest: ClassVar[int] = 5 << 20

    def inspect(self, facts: Mapping[str, Any]) -> None:
        width, height = facts.get("width"), facts.get("height")
        if type(width) is not int or type(height) is not int:
            return
        if width < self.options.get("min_width", 1) or height < self.options.get("min_height", 1):
            raise Invalid(f"照片像素过低（{width}×{height}），请重新上传清晰的照片")
        parts = _RATIO.fullmatch(str(self.options.get("ratio", "")))
        if parts and abs(width * int(parts[2]) / (height * int(parts[1])) - 1) > 0.03:
            raise Invalid(f"照片的宽高比应为 {self.options['ratio']}，现在是 {width}×{height}")

    def problems(self) -> Iterator[Problem]:
        yield from super().problems()
        if "ratio" in self.options and not _RATIO.fullmatch(str(self.options["ratio"])):
            yield "ratio", "应写成 35:45 的形式"
        for key in ("min_width", "min_height"):
            if type(self.options.get(key, 1)) is not int:
                yield key, "应为整数"


@dataclass(frozen=True, kw_only=True)
class Signature(Image):
    """A signature drawn or scanned."""

    type: ClassVar[str] = "signature"
    widget: ClassVar[str] = "signature"
    largest: ClassVar[int] = 500 << 10

    def missing(self) -> str:
        return f"请签署{self.label}"


def size_of(written: Any) -> int | None:
    """Bytes of a size written like 200 KB; None if it is none."""
    if type(written) is int:
        return written if written > 0 else None
    parts = _SIZE.fullmatch(written.strip().upper()) if isinstance(written, str) else None
    return int(parts[1]) * _UNITS[parts[2]] if parts else None


def shown_size(size: int) -> str:
    """A size in words."""
    if size >= 1 << 20:
        return f"{size / (1 << 20):.1f}".removesuffix(".0") + " MB"
    return f"{max(1, round(size / 1024))} KB"


def _facts(raw: Any) -> dict[str, Any] | None:
    """An answer as facts: a context, its JSON text from a page, or the digest alone."""
    if isinstance(raw, str):
        if _DIGEST.fullmatch(raw):
            return {"file": raw}
        try:
            raw = json.loads(raw) if len(raw) < 2_000 else None
        except ValueError:
            return None
    if not isinstance(raw, Mapping) or not set(raw) <= _FACTS:
        return None
    return dict(raw)


def _known(stored: Mapping[str, Any]) -> dict[str, Any]:
    return {key: stored[key] for key in ("size", "type", "width", "height") if key in stored}
