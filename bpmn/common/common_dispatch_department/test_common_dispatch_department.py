"""部门分发与回执: dispatched, urged, refused, recalled, each on record."""

from bpmn.property import story
from processes.play import Play


def test_each_department_has_its_record_with_its_limit(play: Play) -> None:
    """P-23, P-29: automatic dispatch."""
    case = story.accepted(play)
    tasks = story.records(play, "department_task", work_order_no=case.row.reference)
    assert {(one["department"], one["org"], one["status"]) for one in tasks} == {
        ("tax", "PT610100", "sent"),
        ("housing", "PH610100", "sent"),
    }


def test_a_department_that_is_late_is_urged_and_goes_on(play: Play) -> None:
    case = story.accepted(play)
    case.receives("contract_verified", **story.VERIFIED)
    case.passes(working_days=2)
    assert case.letters.count("letter_urge") == 1
    assert story.task_of(play, case, "tax")["status"] == "sent"


def test_a_recall_leaves_alone_what_was_never_sent_or_has_refused(play: Play) -> None:
    case = story.accepted(play, business_kind="inheritance", evidence=[story.paper(play)],
                          contract_no=None, only_home=None, marital_status=None)  # fmt: skip
    assert case.messages == ["tax_case_submitted"]
    case.receives("tax_rejected", reason="材料不实")
    assert case.ended == "refused"
    assert "tax_case_withdrawn" not in case.messages
