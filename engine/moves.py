"""Moves the point of control by hand: return, take back, jump (case-operations A.3).

Invariant: what the target would bring about again is withdrawn first, tokens that run beside it
stay; so afterwards no place of the flow is occupied twice by one activation. What was finished
keeps its history. The caller advances and stores the step as after any other command.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

from engine.definition import elements as el
from engine.definition.regions import Across, Places
from engine.execution import Execution
from engine.move_places import MoveRefused, above, find, process_of, scope_of
from engine.record import StepRecord, Undone
from engine.specs import deciding, returning
from engine.specs.containers import CallActivity, Container, EventSubProcess
from engine.specs.returning import Place
from engine.specs.token import Token
from engine.specs.workflow import CaseWorkflow
from engine.waiting import UserTaskWait


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """What a move ends: the activity, its instance, and the waiting work in it."""

    activity: str
    name: str
    activity_id: int
    work: tuple[int, ...]
    """Ids of the activity instances in it that somebody or something works on."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What a move would do; nothing has changed yet."""

    mover: Token
    container: Token
    path: tuple[str, ...]
    children: tuple[Token, ...]
    withdrawn: tuple[Withdrawn, ...]
    beside: tuple[Withdrawn, ...]
    """What runs beside the target and stays."""
    backwards: bool
    """Whether the flow leads from the target to where the mover is."""
    across: bool
    """Whether the target lies in another branch beside the mover's."""
    entries: tuple[str, ...]
    """Flows by which the mover's own branch begins anew (退回 across branches)."""
    skipped: tuple[str, ...]
    """Names of the activities that a move forward leaves out."""
    arrived: tuple[tuple[str, str], ...]
    """Joins ahead of the target and flows by which nobody will come again: they count as come."""
    superseded: tuple[str, ...]
    """Ids of the activities on the ways from the target to the mover: they are to be done again."""
    awaited: "Awaited"
    """What an earlier move had left to be begun again."""


@dataclass(frozen=True, slots=True)
class Awaited:
    """Places that an earlier return (直达) had left to be begun again, and what becomes of them.

    `stay` are the lists of tokens that stay, `gone` places withdrawn out of those; `homeless` are
    places that stay though what held them there is withdrawn, `orphaned` those whose token is.
    """

    stay: tuple[tuple[Token, tuple[Place, ...]], ...]
    gone: tuple[Place, ...]
    homeless: tuple[Place, ...]
    orphaned: tuple[Place, ...]


class Moving(Protocol):
    """What is moved: an execution, or its workflow from within a step."""

    @property
    def workflow(self) -> CaseWorkflow:
        """The tokens."""
        ...

    @property
    def step(self) -> StepRecord:
        """What happens."""
        ...


def plan(execution: Moving, activity_id: int, *, to: str, redo: bool = False) -> Plan:
    """What moving from an activity instance to an element would withdraw.

    A target in another branch: the mover's branch and that of the target are withdrawn, further
    branches stay. `redo`: then the mover's branch begins anew beside the target (退回), else it is
    left out and counts as come at the join (跳转).

    Raises:
        MoveRefused: the activity is not under way, or the target cannot be begun from there.
    """
    mover = execution.workflow.tasks.get(activity_id)
    if mover is None:
        raise MoveRefused("这项工作已经办结或被撤销", element=to)
    container, path = find(mover, to)
    places = container.task_spec._wf_spec.places(scope_of(container))
    mine = next(child for child in (mover, *above(mover)) if child.parent is container)
    here = _location(mine)
    across = places.across(here, path[0])

    def stays(at: str) -> bool:
        return places.concurrent(path[0], at) and not (across and at in across.mine)

    gone: list[Token] = []
    kept: list[Token] = []
    for child in _live(container):
        (kept if stays(_location(child)) else gone).append(child)
    if mine not in gone:
        gone.append(mine)  # out of an event sub-process, which runs beside everything
    entries = across.entries if across and redo else ()
    left = _left(places, here, path[0], across, redo=redo)
    awaited = _awaited(container, gone, kept, stays)
    occupied = [*(_location(child) for child in kept), *_locations(container, awaited), *entries]
    process = process_of(container)
    return Plan(
        mover,
        container,
        path,
        tuple(gone),
        tuple(_withdrawn(child) for child in gone),
        tuple(_withdrawn(child) for child in kept),
        places.leads(path[0], here),
        across is not None,
        entries,
        _skipped(process, left.skipped),
        tuple(places.arrived(path[0], occupied)),
        tuple(sorted(left.again & process.elements.keys())),
        awaited,
    )


def _awaited(
    container: Token, gone: Sequence[Token], kept: Sequence[Token], stays: Callable[[str], bool]
) -> Awaited:
    def remains(one: Place) -> bool:
        return stays(returning.location(container, one))

    lists = [(child, returning.part(returning.held(child), remains)) for child in kept]
    left = [returning.part(returning.held(child), remains) for child in gone]
    return Awaited(
        tuple((child, tuple(parted.stay)) for child, parted in lists if parted.stay or parted.gone),
        tuple(one for _child, parted in lists for one in parted.gone),
        tuple(one for _child, parted in lists for one in parted.homeless),
        tuple(one for parted in left for one in (*parted.stay, *parted.homeless)),
    )


def _locations(container: Token, awaited: Awaited) -> Iterator[str]:
    """Where tokens will be that only wait for a returned task."""
    lists = [*(places for _token, places in awaited.stay), awaited.homeless, awaited.orphaned]
    for places in lists:
        for one in returning.every(places):
            yield returning.location(container, one)


class _Left(NamedTuple):
    """What a move leaves behind: places left out, and places to be done again."""

    skipped: frozenset[str]
    again: frozenset[str]


def _left(places: Places, here: str, target: str, across: Across | None, *, redo: bool) -> _Left:
    if across is None:
        return _Left(places.between(here, target), places.between(target, here))
    after = frozenset(one for one in across.theirs if places.leads(target, one)) - {target}
    ahead = frozenset(one for one in across.mine if places.leads(here, one)) - {here}
    return _Left(frozenset(), after | across.mine) if redo else _Left(ahead, after)


def move(
    execution: Moving,
    planned: Plan,
    *,
    kind: str,
    reason: str,
    assignee: str = "",
    straight: bool = False,
) -> int:
    """Carry out a plan; the id of the token at the target.

    `kind` goes to the history as `how`: returned, reclaimed, jumped. `assignee`: who gets the task
    at the target, instead of those whom the model names. `straight`: when the target is done, go
    back to what was withdrawn instead of along the flow (直达 rather than 逐级).

    Raises:
        MoveRefused: what was withdrawn cannot be begun again by itself.
    """
    workflow, container = execution.workflow, planned.container
    back, also = _back(planned) if straight else ([], False)
    if not straight:
        _undo(execution.step, planned)
    for child in planned.children:
        child.cancel()
    _await_again(container, planned.children)
    for owner, places in planned.awaited.stay:
        returning.keep(owner, places)
    for one in planned.awaited.homeless:
        returning.begin(container, one)
    specs = container.task_spec._wf_spec.task_specs
    if not straight:
        _enter(container, planned)
    data = {"at": list(planned.path[1:]), "for": assignee, "back": back, "also": int(also)}
    kept = {name: value for name, value in data.items() if value}
    token: Token = workflow.spawn(container, specs[planned.path[0]], **kept)
    execution.step.note(
        "activity.moved",
        planned.path[-1],
        token.id,
        how=kind,
        reason=reason,
        source=planned.mover.task_spec.activity,
        mover=planned.mover.id,
        superseded=[] if straight else list(planned.superseded),
        withdrawn=[one.activity for one in planned.withdrawn],
        straight=straight,
    )
    return int(token.id)


def _undo(step: StepRecord, planned: Plan) -> None:
    gone = (token.id for child in planned.children for token in (child, *_within(child)))
    container = planned.container
    around = container.parent if container.task_spec.is_root else container
    within = around.id if around is not None else None
    step.undone.append(Undone(container.id, frozenset(planned.superseded), frozenset(gone), within))


def _enter(container: Token, planned: Plan) -> None:
    """What begins beside the target: branches anew, and what would be waited for in vain."""
    process, specs = process_of(container), container.task_spec._wf_spec.task_specs
    for flow in planned.entries:
        spec = specs[process.flows[flow].target]
        data = {"flow": flow} if spec.gathers else {}
        container.workflow.spawn(container, spec, **data)
    for one in planned.awaited.orphaned:
        returning.begin(container, one)
    for join, flow in planned.arrived:
        container.workflow.spawn(container, specs[join], flow=flow)


def _back(planned: Plan) -> tuple[list[Place], bool]:
    """Where to go when the target is done, and whether its own flow goes on beside.

    What stood at the target itself, or was to come back to it, goes on from there.
    """
    container, target = planned.container, planned.path[0]
    found: list[Place] = []
    also = False
    for one in (*(_again(child, planned) for child in planned.children), *planned.awaited.gone):
        if returning.location(container, one) != target:
            found.append(one)
            continue
        found += one[3]
        also = also or bool(one[4]) or not one[3]
    return found, also


def work_at(execution: Execution, token_id: int) -> list[int]:
    """The user tasks that are open at a token or in it, oldest first."""
    token = execution.workflow.tasks.get(token_id)
    within = [token, *_within(token)] if token is not None else []
    waits = execution.waits
    return sorted(one.id for one in within if isinstance(waits.get(one.id), UserTaskWait))


class _Within(NamedTuple):
    """A workflow moved from within one of its steps."""

    workflow: CaseWorkflow
    step: StepRecord


def _overdue(token: Token, to: str) -> None:
    """Move a task whose time is over to another node, as its model says."""
    within = _Within(token.workflow, token.workflow.step)
    move(within, plan(within, token.id, to=to), kind="overdue", reason="超过办理期限")


deciding.movers[:] = [_overdue]


def _skipped(process: Any, places: frozenset[str]) -> tuple[str, ...]:
    found = (one for one in process.elements.values() if one.id in places)
    return tuple(one.name or one.id for one in found if isinstance(one, el.Activity))


def _location(token: Token) -> str:
    flow = token.internal_data.get("flow")
    if flow is not None and token.task_spec.gathers:
        return str(flow)
    return str(token.task_spec.activity)


def _again(token: Token, planned: Plan) -> Place:
    """How to begin a withdrawn place again: its node, the flow it came by, the way inside."""
    mover = planned.mover
    if _location(token) == planned.path[0]:
        return returning.place(token)
    line = [mover, *above(mover)]
    if token in line and any(
        isinstance(one.task_spec, EventSubProcess) for one in line[: line.index(token) + 1]
    ):
        raise MoveRefused(
            "本环节由事件引起，退回后只能逐级重新办理", element=token.task_spec.activity
        )
    if token is not mover and isinstance(token.task_spec, Container | CallActivity):
        if token not in line or any("index" in one.internal_data for one in line):
            text = f"{token.task_spec.element.label}已在进行，退回后只能逐级重新办理"
            raise MoveRefused(text, element=token.task_spec.activity)
        between = line[: line.index(token)]
        if any(_beside(one, line) for one in (token, *between)):
            text = f"{token.task_spec.element.label}里还有并行的环节，退回后只能逐级重新办理"
            raise MoveRefused(text, element=token.task_spec.activity)
        return returning.place(token, between[::-1])
    return returning.place(token)


def _await_again(container: Token, left: Sequence[Token]) -> None:
    """Where the flow goes on that an event sub-process had interrupted, events may come again."""
    starts = container.task_spec.event_starts
    over = {one.task_spec for one in left if isinstance(one.task_spec, EventSubProcess)}
    if not any(start.element.interrupting for start in starts if start.sub_process in over):
        return
    waiting = {child.task_spec for child in container.children}
    armed = container.task_spec.prepare_events(container, {})
    missing = [(start, data) for start, data in armed if start not in waiting]
    container.task_spec.begin_events(container, missing)


def _beside(container: Token, line: Sequence[Token]) -> bool:
    """Whether more is under way in a container than the line of one token.

    What has come to a join does not count: it counts as come when the flow begins there again.
    """
    return any(child not in line and not child.task_spec.gathers for child in _live(container))


def _live(container: Token) -> Iterator[Token]:
    for child in container.children:
        spec = child.task_spec
        if not (child.attached or spec.past or isinstance(spec, EventSubProcess)):
            yield child


def _withdrawn(token: Token) -> Withdrawn:
    inner = [token, *_within(token)]
    work = tuple(one.id for one in inner if one.told is not None or one.task_spec.wait(one))
    spec = token.task_spec
    return Withdrawn(spec.activity, spec.element.name or spec.activity, token.id, work)


def _within(token: Token) -> Iterator[Token]:
    for child in token.children:
        yield child
        yield from _within(child)
