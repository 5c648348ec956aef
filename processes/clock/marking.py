"""What the marks of a step mean in the ledger: which limit, whose suspension, what is undone.

Invariant: a limit that belongs to a place (`own`) is named after it, so that two notices at the
same time have a clock each; a suspension lasts until the place that began it resumes or is taken
back; what is done again after a return neither gains nor loses time that the law counts.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Final

from engine import clock
from engine.record import ClockMark, Undone
from processes.clock import clock as ledger
from processes.clock import dating
from processes.clock.calendar import Calendar
from processes.clock.clock import PLACE, Entry
from processes.clock.counting import Unit, day_of
from processes.clock.reckoning import Event, suspending
from processes.model.cases import ClockEntry

_AGAIN: Final = "退回后重新办理"
_TAKEN_BACK: Final = "办理环节已退回或撤回"


def named(limit: str, places: Iterable[int], there: Collection[str]) -> str:
    """The limit that is meant at a place: its own, that of a place around it, else the case's."""
    for place in places:
        own = f"{limit}{PLACE}{place}"
        if own in there:
            return own
    return limit


def entries(
    mark: ClockMark, lines: Sequence[ClockEntry], used: Calendar, *, live: Collection[int]
) -> Iterator[Entry]:
    """The lines that a mark adds to a ledger; `live` are the activity instances still there."""
    event = Event(mark.do)
    if event is Event.START and mark.own:
        name = f"{mark.limit}{PLACE}{mark.places[0]}"
    else:
        name = named(mark.limit, mark.places, {line.limit for line in lines})
    for place in _causes(mark, name, lines, live) if event is Event.RESUME else mark.places[:1]:
        yield _entry(mark, event, name, place, used)


def again(entry: Entry, mark: ClockMark, lines: Sequence[ClockEntry]) -> Entry | None:
    """What the start of a limit that runs already means in a case that was moved back.

    The law's time does not begin anew because work is done again: the line stands, unless the
    model gives another instant or amount now; then it is corrected.
    """
    start = ledger.running(lines, entry.limit)
    if start is None or start.activity != entry.activity:
        return entry
    moved = mark.at is not None and day_of(entry.effective_at) != day_of(start.effective_at)
    if not moved and entry.amount == start.amount:
        return None
    return Entry(
        limit=entry.limit,
        event=Event.CORRECT,
        effective_at=entry.effective_at if moved else start.effective_at,
        amount=entry.amount,
        reason=_AGAIN,
        basis=entry.basis,
        corrects=start.id,
        place=entry.place,
        activity=entry.activity,
    )


def taken_back(undone: Undone, lines: Sequence[ClockEntry]) -> Iterator[Entry]:
    """The lines by which a move ends what was begun in what it takes back."""
    for limit in dict.fromkeys(line.limit for line in lines):
        began = {
            line.place
            for line in lines
            if line.limit == limit
            and line.event == Event.SUSPEND
            and (line.place in undone.gone or _superseded(line, undone))
        }
        for place in suspending(lines, limit):
            if place in began:
                yield _ended(limit, Event.RESUME, place)
        start = ledger.running(lines, limit) if PLACE in limit else None
        if start is not None and (start.place in undone.gone or _superseded(start, undone)):
            yield _ended(limit, Event.STOP, start.place)


def _superseded(line: ClockEntry, undone: Undone) -> bool:
    return line.place == undone.place and line.activity in undone.superseded


def _ended(limit: str, event: Event, place: int) -> Entry:
    return Entry(
        limit=limit, event=event, effective_at=clock.now(), reason=_TAKEN_BACK, place=place
    )


def _causes(
    mark: ClockMark, name: str, lines: Sequence[ClockEntry], live: Collection[int]
) -> Sequence[int]:
    """Whose suspension a resumption ends: that of the innermost place around it that began one.

    Failing that, those begun in places that are left meanwhile; a stray resumption is its own.
    """
    lasting = suspending(lines, name)
    for place in mark.places:
        if place in lasting:
            return [place]
    return [one for one in lasting if one not in live] or mark.places[:1]


def _entry(mark: ClockMark, event: Event, name: str, place: int, used: Calendar) -> Entry:
    unit = Unit(mark.unit)
    at = mark.at or dating.true_at() or clock.now()
    if event is Event.START and mark.at is None:
        at = ledger.since_received(at, unit, used)
    return Entry(
        limit=name,
        event=event,
        effective_at=at,
        amount=mark.amount,
        unit=unit,
        title=mark.title,
        reason=mark.reason,
        basis=mark.basis,
        extend_most=mark.extend_most,
        place=place,
        activity=mark.activity,
    )
