"""One foreign file made into what our editor and our engine read, with the account of it.

Invariant: no document type, no entity, nothing fetched; a file that needs no change comes out byte
for byte; the account names every change, and everything in the result that we would not execute.
"""

import re
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from lxml import etree

from engine import compiler, confined, dmn, limits, xml
from engine import vocabulary as voc
from engine.confined import Exhausted
from engine.errors import DeploymentRejected, Finding
from engine.nodes import NODE_KINDS
from engine.reading import owner_id
from processes.importing import expressions, extensions, layout
from processes.importing.changes import Account, Node, Refusal, Rewrite, bpmn_nodes

__all__ = ["Imported", "Node", "main_process", "owner_id", "parse", "read", "safe_key"]
_DECLARATION: Final = re.compile(rb"\A(?:\xef\xbb\xbf)?\s*<\?xml[^>]*?\?>")
_ENCODING: Final = re.compile(rb"encoding\s*=\s*[\"']([A-Za-z0-9._-]+)")
_ENCODINGS: Final = frozenset(
    {"utf-8", "utf8", "us-ascii", "ascii", "iso-8859-1", "iso-8859-15", "windows-1252"}
    | {"gbk", "gb2312", "gb18030", "utf-16", "big5", "shift_jis"}
)
_IDENTIFIED: Final = NODE_KINDS | {"process", "sequenceFlow", "participant", "lane"}
_MISMATCH: Final = re.compile(r"[^\w.-]+")
FOREIGN_BYTES: Final = 4 * limits.MODEL_BYTES


@dataclass(frozen=True, slots=True)
class Imported:
    """A file after the import; `key` is the process (or decision) that its draft is for."""

    key: str
    file: str
    content: bytes
    rewrites: tuple[Rewrite, ...]
    refusals: tuple[Refusal, ...]
    findings: tuple[Finding, ...]
    """Of the check of a deployment, on the result."""
    executable: bool


def read(content: bytes, filename: str) -> Imported:
    """A foreign `.bpmn` or `.dmn` file.

    Raises:
        DeploymentRejected: it is no XML of ours to read; says why.
    """
    root, decoded, encoding = parse(content, filename)
    account = Account(root)
    if filename.lower().endswith(".dmn"):
        return _decisions(account, decoded, filename)
    if xml.tag(root) != (voc.BPMN, "definitions"):
        raise _rejected(filename, "不是 BPMN 2.0 文件（根元素须为 definitions）")
    _rewrite(account)
    changed = bool(account.rewrites)
    result = _written(root) if changed else decoded
    if encoding:
        account.rewrites.insert(0, Rewrite("", 1, "文件", f"编码 {encoding}", "编码 UTF-8"))
    process = main_process(root)
    key = safe_key(process.get("id", "") if process is not None else filename)
    executable = any(one.get("isExecutable") in ("true", "1") for one in _processes(root))
    return Imported(
        key=key,
        file=f"{key}.bpmn",
        content=result,
        rewrites=tuple(account.rewrites),
        refusals=tuple(account.refusals),
        findings=compiler.check({f"{key}.bpmn": result}),
        executable=executable,
    )


def require(content: bytes, filename: str) -> None:
    """Try a stranger's file in a child process with bounds before it is read here.

    Raises:
        DeploymentRejected: to read it takes more time or memory than a model does.
    """
    try:
        confined.run("processes.importing.foreign:tried", content, filename=filename)
    except Exhausted as error:
        raise DeploymentRejected([Finding("error", error.code, error.message, filename)]) from error


def tried(content: bytes, filename: str) -> None:
    """Read a file for nothing but its cost; runs in the child process."""
    with suppress(DeploymentRejected):
        read(content, filename)


def parse(content: bytes, filename: str) -> tuple[Node, bytes, str]:
    """The root of a file, its bytes in UTF-8, and the encoding it was in if that was another.

    Raises:
        DeploymentRejected: too large, not decodable, a document type, or no XML.
    """
    if len(content) > FOREIGN_BYTES:
        raise _rejected(filename, "文件超过 4 MiB")
    text, encoding = _decoded(content, filename)
    if re.search(r"<!DOCTYPE|<!ENTITY", text, re.I):
        raise _rejected(filename, "不允许含有 DOCTYPE 或 ENTITY 声明")
    data = text.encode()
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, encoding="utf-8"
    )
    try:
        return etree.fromstring(data, parser), data, encoding
    except etree.XMLSyntaxError as error:
        line = f"第 {error.position[0]} 行：" if error.position else ""
        raise _rejected(filename, f"{line}{xml.broken(error)}") from None


def _decoded(content: bytes, filename: str) -> tuple[str, str]:
    declaration = _DECLARATION.match(content)
    found = _ENCODING.search(declaration[0]) if declaration else None
    named = found[1].decode("ascii").lower() if found else "utf-8"
    if content[:2] in (b"\xff\xfe", b"\xfe\xff"):
        named = "utf-16"
    if named not in _ENCODINGS:
        raise _rejected(filename, f"不支持的编码 {named}")
    try:
        text = content.decode(named).removeprefix("\ufeff")
    except UnicodeDecodeError:
        raise _rejected(filename, f"文件不是它声明的编码 {named}") from None
    if named in ("utf-8", "utf8"):
        return text, ""
    text = re.sub(r"\A\s*<\?xml[^>]*\?>", '<?xml version="1.0" encoding="UTF-8"?>', text)
    return text, named.upper()


def _rewrite(account: Account) -> None:
    _identify(account)
    for node in bpmn_nodes(account.root):
        extensions.rewrite(account, node)
        expressions.rewrite(account, node)
    for process in _processes(account.root):
        if process.get("isExecutable") not in ("true", "1"):
            account.refuse(process, "没有标为可执行（isExecutable），作为草稿导入，不能直接发布")
    if not layout.has_diagram(account.root):
        count = layout.lay_out(account.root)
        if count:
            account.rewrote(account.root, "没有图形信息（BPMNDI）", f"自动排布 {count} 个图形")


def _identify(account: Account) -> None:
    """Give what nobody can point at an id."""
    taken = {node.get("id") for node in account.root.iter() if node.get("id")}
    counts: dict[str, int] = {}
    for node in bpmn_nodes(account.root):
        local = xml.tag(node)[1]
        if local not in _IDENTIFIED or node.get("id"):
            continue
        while True:
            counts[local] = counts.get(local, 0) + 1
            identity = f"{local}_{counts[local]}"
            if identity not in taken:
                break
        taken.add(identity)
        node.set("id", identity)
        account.rewrote(node, "没有 id", f'id="{identity}"')


def _processes(root: Node) -> list[Node]:
    return root.findall(f"{{{voc.BPMN}}}process")


def main_process(root: Node) -> Node | None:
    """The process that a file is about: the first executable one, else the first."""
    found = _processes(root)
    executable = [one for one in found if one.get("isExecutable") in ("true", "1")]
    return next(iter(executable or found), None)


def safe_key(text: str) -> str:
    """A text as the name of a draft and of its file."""
    made = _MISMATCH.sub("_", text.rpartition("/")[2].removesuffix(".bpmn")).strip("._-")[:64]
    return made or "imported"


def _written(root: Node) -> bytes:
    """The tree as a file: every prefix stays, for names in values use them too."""
    prefixes = {key for node in root.iter() for key in (node.nsmap or {}) if key}
    tree = root.getroottree()
    etree.cleanup_namespaces(
        tree,
        top_nsmap=_ours(root),
        keep_ns_prefixes=sorted(prefixes),
    )
    return etree.tostring(tree, xml_declaration=True, encoding="UTF-8")


def _ours(root: Node) -> dict[str, str]:
    wanted = {"zeebe": voc.ZEEBE, "bpmndi": voc.BPMNDI, "dc": layout.DC, "di": layout.DI}
    used = {xml.tag(node)[0] for node in root.iter() if isinstance(node.tag, str)}
    return {
        prefix: uri
        for prefix, uri in wanted.items()
        if uri in used and uri not in root.nsmap.values() and prefix not in root.nsmap
    } | ({"xsi": voc.XSI} if voc.XSI not in root.nsmap.values() and "xsi" not in root.nsmap else {})


def _decisions(account: Account, content: bytes, filename: str) -> Imported:
    findings: tuple[Finding, ...] = ()
    keys: list[str] = []
    try:
        keys = sorted(dmn.read(content, filename).decisions)
    except DeploymentRejected as rejected:
        findings = rejected.findings
    for node in account.root.iter():
        language = node.get("expressionLanguage") if isinstance(node.tag, str) else None
        if language and "feel" not in language.lower():
            account.refuse(node, f"表达式语言 {language} 不能执行，只执行 FEEL")
    key = safe_key(keys[0] if keys else filename.removesuffix(".dmn"))
    return Imported(
        key=key,
        file=f"{key}.dmn",
        content=content,
        rewrites=(),
        refusals=tuple(account.refusals),
        findings=findings,
        executable=not findings,
    )


def _rejected(filename: str, message: str) -> DeploymentRejected:
    return DeploymentRejected([Finding("error", "import", f"{filename}：{message}", file=filename)])
