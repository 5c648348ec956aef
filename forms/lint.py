"""What is wrong with a form that can be read: expressions, options, references, defaults.

Invariant: a form without an error here never fails for a reason of its own when it is filled in.
"""

from collections.abc import Iterator

from engine import feel
from engine.errors import DeploymentRejected, Finding, LimitExceeded
from forms import conditions
from forms.definition import Field, FormDefinition, read
from forms.errors import Invalid
from forms.fields.base import Scope
from forms.fields.composed import Rows


def findings(content: bytes, filename: str) -> list[Finding]:
    """Everything to say about a form file, whether or not it can be read."""
    try:
        form = read(content, filename)
    except DeploymentRejected as error:
        return list(error.findings)
    return check(form)


def check(form: FormDefinition) -> list[Finding]:
    """Everything to say about a form that was read."""
    found: list[Finding] = []
    names = {spec.name for spec in form.fields()}
    for section in form.sections:
        if section.shown_if:
            where = f"小节『{section.title}』的 shown_if"
            found += _expression(form, section.shown_if, where, section.line)
    for spec in form.fields():
        found += _field(form, spec, names)
        for column in spec.columns():
            found += _field(form, column, names | {c.name for c in spec.columns()})
    return found


def _field(form: FormDefinition, spec: Field, names: set[str]) -> Iterator[Finding]:
    problems = list(spec.problems())
    for key, why in problems:
        yield _finding(form, spec, "field_option", key, f"的 {key}：{why}")
    for key, expression in spec.expressions():
        line = spec.lines.get(key, spec.line)
        yield from _expression(form, expression, f"字段『{spec.name}』的 {key}", line, spec.name)
    if not problems:
        yield from _default(form, spec)
    for key, text in _redundant(spec):
        yield _finding(form, spec, "field_redundant", key, text, severity="warning")
    if spec.required and (spec.readonly or not spec.is_writable):
        text = "为只读，却要求必填"
        yield _finding(form, spec, "field_readonly_required", "required", text, severity="warning")
    source = spec.options.get("type_from")
    if source is not None and source not in names:
        yield _finding(
            form, spec, "field_unknown", "type_from", f"的 type_from：没有字段『{source}』"
        )


def _redundant(spec: Field) -> Iterator[tuple[str, str]]:
    """Options that change nothing, each with why."""
    for rule, message in (("valid_if", "valid_message"), ("doubt_if", "doubt_message")):
        if getattr(spec, message) and not getattr(spec, rule):
            yield message, f"没有 {rule}，提示不会出现"
    if spec.required and spec.required_if:
        yield "required_if", "的 required_if 不起作用：required 已为 true"


def _default(form: FormDefinition, spec: Field) -> Iterator[Finding]:
    if spec.default is None or conditions.is_expression(spec.default) or isinstance(spec, Rows):
        return
    try:
        value = spec.parse(spec.default)
        if "values" in spec.options:
            spec.settle(value, Scope())
    except Invalid as error:
        yield _finding(form, spec, "field_default", "default", f"的 default：{error.messages[0]}")


def _expression(
    form: FormDefinition, expression: str, where: str, line: int, element: str = ""
) -> Iterator[Finding]:
    try:
        feel.parse(conditions.source(expression))
    except feel.FeelSyntaxError as error:
        message = f"{where} 有误（第 {error.line} 行第 {error.column} 列）：{error.reason}"
        yield Finding(
            "error",
            "form_expression",
            message,
            file=form.filename,
            element=element,
            line=line,
            column=error.column,
        )
    except LimitExceeded as error:
        yield Finding(
            "error", "form_expression", f"{where}：{error.message}", file=form.filename, line=line
        )


def _finding(
    form: FormDefinition, spec: Field, code: str, key: str, text: str, *, severity: str = "error"
) -> Finding:
    return Finding(
        "warning" if severity == "warning" else "error",
        code,
        f"字段『{spec.name}』{text}",
        file=form.filename,
        element=spec.name,
        line=spec.lines.get(key, spec.line),
    )
