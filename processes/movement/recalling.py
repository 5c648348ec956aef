"""What a called process knew when one of its tasks was open, for a move that goes back into it.

Invariant: a move into a called process begins it anew at the target, and what its beginning had
prepared is as it was when the target was last open; whatever the caller knows by the same name is
newer and counts. Straight back (直达) into a called process needs nothing of this: the place that
is begun again remembers it (`engine.specs.returning`). Source: case-operations A.3 (子流程退回).
"""

from sqlalchemy.orm import Session

from engine import history
from engine.execution import Execution
from engine.moves import Plan
from engine.specs.token import called_path
from processes.casefile.past import Done, Past


def recall(session: Session, step: Execution, planned: Plan) -> None:
    """Have the called processes that a move begins anew know again what they knew."""
    past = Past(session, step.instance_id)
    done = next((one for one in reversed([*past.done()]) if _at(one, planned)), None)
    if done is None:
        return
    around = past.around(done.event)
    known = history.variables_before(session, done.event)
    for event in past.events:
        scope = event.data.get("scope")
        if event.type == "process.called" and event.activity_id in around and scope in known:
            caller, _element = past.of(event)
            if caller is not None:
                step.workflow.step.recalled[(*caller.calls, event.activity)] = known[scope]


def _at(done: Done, planned: Plan) -> bool:
    """Whether a task was done where a move leads, and a call lies on the way."""
    base = called_path(planned.container)
    calls = done.within.calls
    way = (*base, *(one for one in planned.path[:-1] if one in calls[len(base) :]))
    return len(calls) > len(base) and calls == way and done.element.id == planned.path[-1]
