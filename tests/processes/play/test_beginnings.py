"""A story that is told once: the plays that begin with it go on from copies, each its own."""

from bpmn.beginnings import once
from bpmn.yacht import story
from tests.play import Player, play

__all__ = ["play"]


def test_what_a_play_goes_on_from_is_as_if_it_had_been_played_there(play: Player) -> None:
    told = story.applied(play)
    reference, moment = told.row.reference, told.tasks[0].created_at
    other = Player()
    again = story.applied(other)
    assert again.play is other
    assert (again.id, again.row.reference) == (told.id, reference)
    assert again.tasks[0].created_at == moment
    story.accept(again)
    assert again.waits_for == {"review"}
    other.close()
    third = Player()
    assert story.applied(third).waits_for == {"accept"}
    third.close()


def test_a_play_in_which_something_happened_is_told_the_story_itself(play: Player) -> None:
    counted = []

    @once
    def told(play: Player) -> str:
        counted.append(play)
        case = play.apply(story.LICENCE, **story.application(play))
        return case.row.reference

    first = told(play)
    assert told(play) != first, "not untouched any more: a second application"
    other = Player()
    assert other.is_untouched
    assert told(other) == first
    assert not other.is_untouched, "a copy is no empty play"
    assert told(other) != first
    other.close()
    assert len(counted) == 3


def test_a_play_with_a_department_at_the_other_end_is_told_the_story_itself(play: Player) -> None:
    told = story.applied(play)
    other = Player()
    other.worker.routes = {"heard_of": "department"}
    assert other.is_untouched
    assert story.applied(other).id != told.id
    other.close()
