"""Places of a flow at which it can be begun by hand, and the way to them from where a token is.

Invariant: a place is named by a path from the innermost container around the mover: sub-processes
and called processes on the way down, `..` for each called process on the way up.
"""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any, Final

from engine.definition import elements as el
from engine.definition.process import Process
from engine.errors import BanliError, NotFound
from engine.specs.containers import Container
from engine.specs.token import Token
from engine.specs.workflow import Resolver

SEPARATOR: Final = "/"
"""Between the steps of a path into sub-processes and called processes: `call_accept/accept`."""
OUT: Final = ".."
"""A step out of the called process that the mover is in: `../accept` is the caller's."""


Called = Callable[[el.CallActivity], Process | None]


class MoveRefused(BanliError):
    """The point of control cannot be moved there; `element` is the target."""

    code = "move_refused"


def begins_at(
    process: Process, path: Sequence[str], *, called: Called, scope: str | None = None
) -> None:
    """Make sure that a flow can begin at a place of a process, or of a sub-process of it.

    `called` finds what a call activity calls; what it does not tell is seen when it is begun.

    Raises:
        MoveRefused: there is no such place, or nothing can begin there.
    """
    scope = process.id if scope is None else scope
    for number, identity in enumerate(path):
        element = process.elements.get(identity)
        if element is None or element.scope != scope:
            raise MoveRefused("流程中没有这个环节", element=identity)
        _check_target(element)
        scope = identity
        if number + 1 == len(path):
            return
        _check_inner(element)
        if isinstance(element, el.CallActivity):
            inner = called(element)
            if inner is not None:
                begins_at(inner, path[number + 1 :], called=called)
            return


def way_to(process: Any, identity: str) -> tuple[str, ...]:
    """The sub-processes around an element of a process, and the element itself."""
    element = process.elements.get(identity)
    return () if element is None else _way(process, element, process.id) or ()


def find(mover: Token, to: str) -> tuple[Token, tuple[str, ...]]:
    """The innermost container around the mover from which the target can be begun."""
    first, *rest = to.split(SEPARATOR)
    outwards = 0
    while first == OUT and rest:
        first, *rest = rest
        outwards += 1
    for container in above(mover):
        if outwards:
            outwards -= container.task_spec.calls
            continue
        if not isinstance(container.task_spec, Container):
            continue
        process = process_of(container)
        element = process.elements.get(first)
        if element is None:
            continue
        way = _way(process, element, scope_of(container))
        if way is not None:
            _check(container, (*way, *rest))
            return container, (*way, *rest)
    raise MoveRefused("本办件中没有可以到达的这个环节", element=to)


def _way(process: Any, element: el.Element, scope: str) -> tuple[str, ...] | None:
    """The sub-processes from a scope down to an element, and the element."""
    way = [element.id]
    while element.scope != scope:
        outer = process.elements.get(element.scope)
        if outer is None:
            return None
        element = outer
        way.insert(0, element.id)
    return tuple(way)


def _check(container: Token, way: tuple[str, ...]) -> None:
    """Refuse a way into what cannot be begun from without, in called processes too."""
    process, resolver = process_of(container), container.workflow.resolver
    scope = process.elements[way[0]].scope
    begins_at(process, way, scope=scope, called=partial(latest, resolver=resolver))


def latest(element: el.CallActivity, resolver: Resolver) -> Process | None:
    """The model that a call activity with a fixed key calls now; None where data decide."""
    if element.process.is_feel or element.binding != el.Binding():
        return None
    try:
        found: Process = resolver.process(element.process.text)[1].process
    except NotFound:
        return None
    return found


def _check_target(element: el.Element) -> None:
    if not isinstance(element, el.Activity | el.ThrowEvent | el.CatchEvent):
        raise MoveRefused(
            f"不能移动到{element.label}：只能移动到任务、子流程或中间事件", element=element.id
        )


def _check_inner(element: el.Element) -> None:
    by_event = isinstance(element, el.SubProcess) and element.by_event
    looped = isinstance(element, el.Activity) and element.loop is not None
    ad_hoc = isinstance(element, el.AdHocSubProcess)
    if by_event or looped or ad_hoc or not isinstance(element, el.SubProcess | el.CallActivity):
        text = f"不能从外部移动到{element.label}之内，请选择该环节本身"
        raise MoveRefused(text, element=element.id)


def above(token: Token) -> Iterator[Token]:
    """The containers around a token, from the inside out."""
    found: Iterator[Token] = token.workflow.ancestors(token)
    return found


def process_of(container: Token) -> Any:
    """The process model that a container runs."""
    return container.task_spec._wf_spec.process


def scope_of(container: Token) -> str:
    """The process or sub-process that a container is."""
    return str(container.task_spec.element.id)
