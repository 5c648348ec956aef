"""Processes that nobody may begin, or that nobody would handle if an applicant began them."""

from collections.abc import Iterator, Mapping

from engine.compiler import CompiledProcess
from engine.definition import elements as el
from engine.definition.process import Process
from engine.errors import Finding
from forms.definition import FormDefinition
from processes.casework.applications import HANDLED_BY
from processes.deployed.offers import APPLICANT, KINDS
from processes.domains import domains
from processes.identity.roles import ROLES

Forms = Mapping[str, FormDefinition]


def findings(compiled: CompiledProcess, forms: Forms) -> Iterator[Finding]:
    """A warning for what is offered to nobody, to posts that are none, or leads to no agency."""
    process = compiled.process
    for code, text in _told(process, forms):
        yield Finding("warning", code, text, file=compiled.file, element=process.id)


def _told(process: Process, forms: Forms) -> Iterator[tuple[str, str]]:
    starters = process.properties.get("starters", "").split()
    starts = [one for one in process.elements.values() if isinstance(one, el.StartEvent)]
    asked = [one.form_id for one in starts if one.scope == process.id and one.form_id]
    if asked and not starters:
        yield (
            "starters_missing",
            (
                "流程有申请表单，但没有写谁可以发起，发布后没有人能提出申请："
                "点画布空白处，在“发起”里填“谁可以发起”，申请人网上发起填 applicant"
            ),
        )
    if unknown := [code for code in starters if code not in ROLES]:
        yield "starters_missing", f"可以发起的岗位『{'、'.join(unknown)}』不存在"
    kinds = process.properties.get(KINDS, "").split()
    if unknown := [code for code in kinds if code not in domains.current().org_kinds]:
        yield "starters_missing", f"发起人所在机构的类别『{'、'.join(unknown)}』不存在"
    read = [forms[one] for one in asked if one in forms]
    led = HANDLED_BY in process.properties or any(
        field.name == "org" for form in read for field in form.fields()
    )
    if APPLICANT in starters and read and not led:
        yield (
            "agency_missing",
            (
                "申请人网上发起的，须知道由哪个机构办理：在申请表单里加字段 org（type: org），"
                "或在流程的扩展属性里写 handledBy（机构类别）"
            ),
        )
