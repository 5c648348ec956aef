"""Stories of certificates that need a hand: a problem taken up, corrected, checked by another."""

from typing import Any, Final

from bpmn.property import story
from processes.play import Play, PlayedCase

PROCESS: Final = "prop_ecert_manual"
AGENCY: Final = "PR610100"
CLERK: Final = "prop_ecert_clerk"
RIGHT: Final = "610113001002GB00001F00010002"
"""A code of a unit as it has to be."""


def taken(play: Play) -> PlayedCase:
    """The only problem on the list, taken up by its clerk."""
    (found,) = story.records(play, "ecert_problem")
    return play.apply(PROCESS, as_=CLERK, problem_no=str(found["problem_no"]))


def correct(case: PlayedCase, **changes: Any) -> None:
    """The clerk's correction, changes on top."""
    answers = {
        "decision": "issue",
        "unit_code": RIGHT,
        "holder_name": "权利人一、权利人二",
        "holder_id_no": "610102199001010016",
        "certificate_no": story.CITY["certificate_no"],
        "location": story.CITY["location"],
        "right_kind": story.CITY["right_kind"],
        "evidence": [story.paper(case.play)],
        "note": "登记簿原页为 GB",
        **changes,
    }
    case.complete("correct", as_=CLERK, **answers)


def settled(play: Play) -> PlayedCase:
    """The only problem on the list corrected, and agreed to by another."""
    case = taken(play)
    correct(case)
    case.complete("second_check", as_="prop_reviewer", second_decision="pass")
    return case
