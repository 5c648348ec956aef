"""市县查询任务处理: a city answers row by row or by table, or says that it found nothing."""

import pytest

from bpmn.property import story
from bpmn.property.prop_info_query.test_prop_info_query import ROW, approved, replied
from forms.errors import FormInvalid
from processes.play import Play


def test_a_city_that_finds_nothing_says_so(play: Play) -> None:
    """P-77, P-78: the task is at hand with its subjects, the result is handed in."""
    case = approved(play, targets=["PR610100"])
    assert "新的查询任务" in story.notices_of(play, "prop_executor")
    replied(play, "prop_executor")
    (target,) = story.records(play, "query_target", task_no=case.row.reference)
    assert (target["status"], target["row_count"], target["signer"]) == ("replied", 0, "签发人")


def test_a_reply_with_a_wrong_unit_code_is_refused_at_its_row(play: Play) -> None:
    approved(play, targets=["PR610100"])
    with pytest.raises(FormInvalid) as refused:
        replied(play, "prop_executor", {**ROW, "unit_code": "610113"})
    assert any("unit_code" in field for field in refused.value.errors)
