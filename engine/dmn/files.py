"""All DMN files of a deployment: read together, so that one may import another.

Invariant: a deployment rests on its own files alone, so that what it decides never changes; files
that import each other in a circle, or a name space that two imported files share, are refused.
"""

from collections.abc import Iterator, Mapping
from functools import lru_cache

from engine import xml
from engine.dmn.analysis import analyse
from engine.dmn.model import Decision, Decisions
from engine.dmn.reader import load
from engine.dmn.source import children
from engine.errors import DeploymentRejected, Finding
from engine.feel import registry
from engine.xml import Node

Read = tuple[tuple[Decisions, ...], tuple[Finding, ...]]


def read_all(resources: Mapping[str, bytes]) -> Mapping[str, Decision]:
    """Every decision of the DMN files among the resources, by id.

    Raises:
        DeploymentRejected: all findings of all files, if one is an error.
    """
    files, findings = _together(resources)
    if any(finding.severity == "error" for finding in findings):
        raise DeploymentRejected(findings)
    return {key: made for file in files for key, made in file.decisions.items()}


def check_all(resources: Mapping[str, bytes]) -> tuple[Finding, ...]:
    """All findings on the DMN files among the resources, those on their tables included."""
    files, findings = _together(resources)
    return (*findings, *(finding for file in files for finding in analyse(file)))


def _together(resources: Mapping[str, bytes]) -> Read:
    return _read(tuple(sorted((k, v) for k, v in resources.items() if k.endswith(".dmn"))))


@lru_cache(maxsize=128)
def _read(files: tuple[tuple[str, bytes], ...]) -> Read:
    roots: dict[str, Node] = {}
    findings: list[Finding] = []
    for name, data in files:
        try:
            roots[name] = xml.read(data, name)
        except DeploymentRejected as error:
            findings += error.findings
    found: dict[str, Decisions] = {}
    for name in _ordered(roots, findings):
        try:
            found[name] = load(dict(files)[name], name, [*found.values()])
        except DeploymentRejected as error:
            findings += error.findings
        else:
            findings += found[name].findings
    findings += _twice(found)
    return tuple(found.values()), tuple(findings)


# a new function of the domain changes what an expression may say
registry.on_change(_read.cache_clear)


def _ordered(roots: Mapping[str, Node], findings: list[Finding]) -> Iterator[str]:
    """The files, imported ones first; those of a circle come last and are found at fault."""
    spaces = {name: str(root.get("namespace") or "") for name, root in roots.items()}
    wanted = {
        name: {str(node.get("namespace")) for node in children(root, "import")}
        for name, root in roots.items()
    }
    for name in roots:
        findings += _ambiguous(name, wanted[name], spaces)
    waiting = list(roots)
    while waiting:
        open_spaces = {spaces[name] for name in waiting}
        ready = [name for name in waiting if not wanted[name] & open_spaces - {spaces[name]}]
        if not ready:
            names = "、".join(waiting)
            for name in waiting:
                message = f"决策文件相互导入：{names}"
                findings.append(Finding("error", "dmn_import_cycle", message, name))
            return
        yield from ready
        waiting = [name for name in waiting if name not in ready]


def _ambiguous(name: str, wanted: set[str], spaces: Mapping[str, str]) -> Iterator[Finding]:
    for space in sorted(wanted):
        files = [other for other, its in spaces.items() if its == space and other != name]
        if len(files) > 1:
            message = f"导入的名称空间『{space}』属于几个文件：{'、'.join(files)}"
            yield Finding("error", "dmn_import_ambiguous", message, name)


def _twice(found: Mapping[str, Decisions]) -> Iterator[Finding]:
    homes: dict[str, str] = {}
    for name, file in found.items():
        for key, decision in file.decisions.items():
            if key in homes:
                message = f"决策『{key}』在文件 {homes[key]} 中已经定义"
                yield Finding("error", "dmn_duplicate_decision", message, name, key, decision.line)
            homes[key] = name
