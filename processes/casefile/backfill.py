"""Fields that a model lists anew: what the cases that run already say of them is laid down later.

Invariant: from the deployment on, steps of every version keep the field; what was said before is
laid down case by case in the background, in batches that may be cut off anywhere and go on where
they stopped. The batches begin once every program has had the time to hear of the field.
"""

import time
from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any, Final
from weakref import WeakKeyDictionary

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from engine import cache, clock
from processes.casefile import facets
from processes.model.cases import Case
from processes.model.desk import ListedField

BATCH: Final = 100
HEARD_AFTER: Final = 30.0
"""For how many seconds a program may still go by what it read last."""
_SETTLED: Final = timedelta(seconds=2 * HEARD_AFTER)
# by database: what its processes list, and until when that is believed
_known: WeakKeyDictionary[Any, dict[str, tuple[float, frozenset[str]]]] = WeakKeyDictionary()


def ask(session: Session, process_key: str, names: Iterable[str]) -> None:
    """Have fields that a new version lists laid down for the cases there are already."""
    told = select(ListedField.name).where(ListedField.process_key == process_key)
    missing = set(names) - set(session.scalars(told))
    session.add_all(ListedField(process_key=process_key, name=name) for name in sorted(missing))
    session.flush()
    _known.pop(session.get_bind().engine, None)


def names(session: Session, process_key: str) -> frozenset[str]:
    """The fields that any version of a process lists; at most half a minute old."""
    here = _known.setdefault(session.get_bind().engine, {})
    until, found = here.get(process_key, (0.0, frozenset()))
    if until < time.monotonic():
        query = select(ListedField.name).where(ListedField.process_key == process_key)
        found = frozenset(session.scalars(query))
        here[process_key] = (time.monotonic() + HEARD_AFTER, found)
    return found


def fill(session: Session) -> int:
    """Lay down what the next cases say; how many, 0 when nothing is left to do for now."""
    pending = (ListedField.done_at.is_(None), ListedField.asked_at <= clock.now() - _SETTLED)
    order = (ListedField.process_key, ListedField.filled_to.desc(), ListedField.name)
    first = session.scalar(select(ListedField).where(*pending).order_by(*order).limit(1))
    if first is None:
        return 0
    alike = (
        ListedField.process_key == first.process_key,
        ListedField.filled_to == first.filled_to,
        *pending,
    )
    wanted = session.scalars(select(ListedField.name).where(*alike)).all()
    query = select(Case.id).where(
        Case.process_key == first.process_key, Case.id > first.filled_to
    )  # held until the commit: a step that writes meanwhile comes after, with what it says
    cases = session.scalars(query.order_by(Case.id).limit(BATCH).with_for_update()).all()
    for case_id in cases:
        facets.lay_down(session, case_id, _said(session, case_id, wanted), new=False)
    values: Mapping[str, Any] = {"filled_to": cases[-1]} if cases else {"done_at": clock.now()}
    session.execute(update(ListedField).where(*alike).values(values))
    return len(cases) or 1


def _said(session: Session, case_id: int, wanted: Iterable[str]) -> dict[str, Any]:
    variables = cache.variables(session, case_id).get(case_id, {})
    return {name: variables.get(name) for name in wanted}
