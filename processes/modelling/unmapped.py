"""Input mappings that are likely not meant so: what an operation needs is missing, or is a text.

Warnings, no errors: a variable of the case may have the name of the input, and a text may look like
an expression.
"""

from collections.abc import Iterator
from typing import Final

from engine.compiler import CompiledProcess
from engine.definition import elements as el
from engine.errors import Finding
from processes.operations import all_operations

_LIKE_FEEL: Final = ("{", "[", '"')


def findings(compiled: CompiledProcess) -> Iterator[Finding]:
    """A warning for each required input that is not mapped, and for each text like FEEL."""
    yield from _missing(compiled)
    for element in compiled.process.elements.values():
        for mapping in element.inputs:
            if not mapping.source.is_feel and mapping.source.text.startswith(_LIKE_FEEL):
                yield Finding(
                    "warning",
                    "literal_like_expression",
                    f"输入『{mapping.target}』的值前面没有“=”，按文字传给它；表达式写在“=”之后",
                    file=compiled.file,
                    element=element.id,
                )


def _missing(compiled: CompiledProcess) -> Iterator[Finding]:
    for task in compiled.process.elements.values():
        if not isinstance(task, el.ServiceTask):
            continue
        operation = all_operations().get(task.topic.text)
        if operation is None:
            continue
        given = {mapping.target for mapping in task.inputs}
        lacking = [
            f"{name}（{meaning}）"
            for name, meaning in operation.inputs.items()
            if not name.endswith("?") and name not in given
        ]
        if lacking:
            told = "、".join(lacking)
            yield Finding(
                "warning",
                "input_unmapped",
                f"『{operation.title}』要用的内容没有写在“输入映射”里：{told}",
                file=compiled.file,
                element=task.id,
            )
