"""Processes that nobody may begin: a form to apply with, and no `starters` that somebody holds."""

from collections.abc import Iterator

from engine.compiler import CompiledProcess
from engine.definition import elements as el
from engine.errors import Finding
from processes.identity.roles import ROLES


def findings(compiled: CompiledProcess) -> Iterator[Finding]:
    """A warning if the start's form will be offered to nobody, or to a role that does not exist."""
    process = compiled.process
    starters = process.properties.get("starters", "").split()
    text = ""
    if not starters and any(
        isinstance(one, el.StartEvent) and one.scope == process.id and one.form_id
        for one in process.elements.values()
    ):
        text = (
            "流程有申请表单，但没有写谁可以发起，发布后没有人能提出申请："
            "点画布空白处，在“发起”里填“谁可以发起”，申请人网上发起填 applicant"
        )
    elif unknown := [code for code in starters if code not in ROLES]:
        text = f"可以发起的岗位『{'、'.join(unknown)}』不存在"
    if text:
        yield Finding("warning", "starters_missing", text, file=compiled.file, element=process.id)
