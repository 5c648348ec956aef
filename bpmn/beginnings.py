"""How a story begins, played once for all tests that begin so; they go on from a copy of it."""

from collections import OrderedDict
from collections.abc import Callable
from datetime import datetime
from functools import wraps
from typing import Any, Final, TypeVar

from engine import clock
from processes.play import Kept, Play, PlayedCase

Result = TypeVar("Result")
_MOST: Final = 40  # four megabytes each
_told: Final[OrderedDict[tuple[str, str, datetime, str], tuple[Kept, Any]]] = OrderedDict()


def once(story: Callable[..., Result]) -> Callable[..., Result]:
    """Tell a story from an untouched play once; later the play is what it was at its end.

    A play in which something has happened already is told the story as any other, and so is one
    that is connected: its departments have to hear of the case, or to fail.
    """

    @wraps(story)
    def told(play: Play, *args: Any, **changes: Any) -> Result:
        if not play.is_untouched or play.is_connected:
            return story(play, *args, **changes)
        told_with = repr((args, sorted(changes.items()), sorted(play.worker.workers)))
        key = (story.__module__, story.__name__, clock.now(), told_with)
        if key in _told:
            _told.move_to_end(key)
            kept, result = _told[key]
            play.go_on_from(kept)
            return _of(play, result)
        result = story(play, *args, **changes)
        _told[key] = (play.keep(), result)
        if len(_told) > _MOST:
            _told.popitem(last=False)
        return result

    return told


def _of(play: Play, result: Any) -> Any:
    """A result with its cases in another play."""
    if isinstance(result, tuple):
        return tuple(_of(play, one) for one in result)
    return PlayedCase(play, result.id) if isinstance(result, PlayedCase) else result
