"""Service tasks that do not give their operation what it cannot do without.

A warning, no error: a variable of the case may have the name of the input.
"""

from collections.abc import Iterator

from engine.compiler import CompiledProcess
from engine.definition import elements as el
from engine.errors import Finding
from processes.operations import all_operations


def findings(compiled: CompiledProcess) -> Iterator[Finding]:
    """A warning for each task of a local operation whose input mapping lacks a required input."""
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
