"""补设名额: a class opened before places were set gets them when they are first needed (E-50)."""

from sqlalchemy import update
from sqlalchemy.orm import Session

from bpmn.explosives import story
from bpmn.explosives.expl_waiting_list.test_expl_waiting_list import OTHER, THIRD, full, statuses
from processes.model.records import RegisterIndex, RegisterRecord
from processes.play import Play


def without_places(play: Play) -> None:
    """As in a class that was opened before places were set: there are none (kept elsewhere)."""

    def command(session: Session) -> None:
        for kept in (RegisterRecord, RegisterIndex):
            places = update(kept).where(kept.register == "expl_place")
            session.execute(places.values(register="before"))

    play.run(command)


def test_a_class_opened_before_places_were_set_gets_them_with_the_first_enrolment(
    play: Play,
) -> None:
    """E-50: nobody waits for ever; as many places as the class has."""
    one = story.approved(play)
    two = story.approved(play, name="另一人", id_no=OTHER)
    case = story.opened(play, quota=2)
    without_places(play)
    story.enrolled(play, case.variables["class_no"], one)
    assert statuses(play) == {"安全员": "submitted"}
    story.enrolled(play, case.variables["class_no"], two)
    assert statuses(play) == {"安全员": "submitted", "另一人": "submitted"}
    places = story.records(play, "expl_place")
    assert [row["place_no"][-4:] for row in places] == ["0001", "0002"]


def test_who_is_enrolled_in_such_a_class_keeps_the_place_and_who_waits_moves_up(
    play: Play,
) -> None:
    """E-50: those already enrolled come first, then the list in its order."""
    case, _filed, _numbers = full(play, OTHER)
    without_places(play)
    late = story.approved(play, name="后到的人", id_no=THIRD)
    story.enrolled(play, case.variables["class_no"], late)
    assert statuses(play) == {"安全员": "submitted", "候补1": "waiting", "后到的人": "waiting"}
    (place,) = story.records(play, "expl_place")
    (first, *_rest) = story.records(play, "expl_enrolment")
    assert (place["person_no"], first["place_no"]) == (first["person_no"], place["place_no"])
