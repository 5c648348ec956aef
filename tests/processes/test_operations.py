"""The operations that service tasks may ask for."""

from pathlib import Path

import pytest

from processes.operations import Call, OperationRefused, all_operations

DOCUMENT = (Path(__file__).parents[2] / "docs" / "operations.md").read_text("utf-8")


@pytest.mark.parametrize("topic", all_operations())
def test_every_operation_is_documented_with_its_inputs_and_outputs(topic: str) -> None:
    section = DOCUMENT.split(f"## `{topic}` ", 1)[1].split("\n## ", 1)[0]
    operation = all_operations()[topic]
    assert section.startswith(operation.title)
    for name, meaning in {**operation.inputs, **operation.outputs}.items():
        assert f"| `{name}` | {meaning} |" in section


def test_no_operation_is_documented_that_does_not_exist() -> None:
    documented = {part.split("`", 1)[0] for part in DOCUMENT.split("## `")[1:]}
    assert documented == set(all_operations())


def test_a_missing_input_is_refused_by_name() -> None:
    call = Call("k", 1, 1, "Y1", "take_number", {})
    with pytest.raises(OperationRefused, match="『take_number』缺少输入『series』"):
        call.text("series")


def test_an_input_of_another_type_is_refused_by_name() -> None:
    call = Call("k", 1, 1, "Y1", "take_number", {"series": 7, "data": "text"})
    with pytest.raises(OperationRefused, match="『series』应为文本"):
        call.text("series")
    with pytest.raises(OperationRefused, match="『data』应为对象"):
        call.context("data")
