"""Tasks without work of ours: the token goes through, and the history says that it did."""

import pytest

from tests.engine.core.scenario import Case, Node, event, xml


@pytest.mark.parametrize("kind", ["task", "manualTask"])
def test_a_task_of_nobody_is_done_when_it_is_reached(kind):
    case = Case(xml("start -> note -> end", note=Node(kind)))

    assert case.completed
    assert case.history("activity.completed") == ["start", "note", "end"]


def test_a_none_throw_event_marks_a_place_on_the_way():
    case = Case(xml("start -> milestone -> end", milestone=event("throw")))

    assert case.completed
    assert "milestone" in case.history("activity.completed")
