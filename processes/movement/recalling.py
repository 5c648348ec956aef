"""What a called process knew when one of its tasks was open, for what goes back into it.

Invariant: a move, or a case taken up again (唤醒), begins a called process anew at the target, and
what its beginning had prepared is as it was when the target was last open; whatever the caller
knows by the same name is newer and counts. Straight back (直达) into a called process needs nothing
of this: the place that is begun again remembers it (`engine.specs.returning`).
Source: case-operations A.3 (子流程退回).
"""

from collections.abc import Callable, Mapping, Sequence

from sqlalchemy.orm import Session

from engine import history
from engine.execution import Execution
from engine.moves import Plan
from engine.specs.token import called_path
from engine.variables import Variables
from processes.casefile.past import Done, Past

Known = Mapping[tuple[str, ...], Variables]
"""Variables of called processes, each by the calls that lead to it."""


def recall(session: Session, step: Execution, planned: Plan) -> None:
    """Have the called processes that a move begins anew know again what they knew."""
    found = _known(session, step.instance_id, lambda done: _at(done, planned))
    step.workflow.step.recalled.update(found)


def remembered(session: Session, case_id: int, path: Sequence[str]) -> Known:
    """What the called processes on the way to a place knew when a task was last done there."""
    *way, target = path

    def there(done: Done) -> bool:
        calls = done.within.calls
        inner = tuple(one for one in way if one in calls)
        return bool(calls) and calls == inner and done.element.id == target

    return _known(session, case_id, there)


def _known(session: Session, case_id: int, there: Callable[[Done], bool]) -> Known:
    past = Past(session, case_id)
    done = next((one for one in reversed([*past.done()]) if there(one)), None)
    if done is None:
        return {}
    around = past.around(done.event)
    known = history.variables_before(session, done.event)
    found: dict[tuple[str, ...], Variables] = {}
    for event in past.events:
        scope = event.data.get("scope")
        if event.type == "process.called" and event.activity_id in around and scope in known:
            caller, _element = past.of(event)
            if caller is not None:
                found[(*caller.calls, event.activity)] = known[scope]
    return found


def _at(done: Done, planned: Plan) -> bool:
    """Whether a task was done where a move leads, and a call lies on the way."""
    base = called_path(planned.container)
    calls = done.within.calls
    way = (*base, *(one for one in planned.path[:-1] if one in calls[len(base) :]))
    return len(calls) > len(base) and calls == way and done.element.id == planned.path[-1]
