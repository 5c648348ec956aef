"""Places that are begun again once a returned task is done (直达), kept on its token till then.

Invariant: a withdrawn place that is to be begun again is in one list alone, however deep; whoever
moves the case meanwhile takes it out of there, hands it on, or begins it.

A place is a list as the state keeps it: node, flow it came by, way inside, places that it leads
back to itself, whether its own flow goes on beside them, the called processes on the way inside,
each as its scope and the calls that lead to it from the place, and for each step of the way inside
where that leads back to itself, with whether its own flow goes on.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from engine.specs.token import Token, called_path

Place = list[Any]


def place(token: Token, within: Sequence[Token] = ()) -> Place:
    """A token as a place; `within` leads from it to what was withdrawn, from the outside in."""
    steps = [one for one in within if not one.task_spec.is_root]
    inner = [[held(one), int(goes_on(one))] for one in steps]
    return [
        token.task_spec.name,
        token.internal_data.get("flow", ""),
        [one.task_spec.activity for one in steps],
        held(token),
        int(goes_on(token)),
        _called(token, within),
        inner if any(places for places, _also in inner) else [],
    ]


def _called(token: Token, within: Sequence[Token]) -> list[list[Any]]:
    """The called processes on a way: the scope of each, and the calls that lead to it."""
    around = len(called_path(token))
    roots = [one for one in within if one.task_spec.is_root]
    return [[one.id, *called_path(one)[around:]] for one in roots]


def held(token: Token) -> list[Place]:
    """The places that are begun again when a token's node is done."""
    kept = token.internal_data.get("back")
    return [_whole(one) for one in kept] if kept else []


def goes_on(token: Token) -> bool:
    """Whether its own flow goes on beside them."""
    return bool(token.internal_data.get("also"))


def keep(token: Token, places: Sequence[Place]) -> None:
    """Replace what is begun again when a token's node is done."""
    token.internal_data["back"] = [*places]


def begin(container: Token, one: Place) -> Token:
    """Begin a place again."""
    node, flow, inside, back, also, called, within = _whole(one)
    data = {"flow": flow, "at": inside, "back": back, "also": also, "within": within}
    _recall(container, called)
    spec = container.task_spec._wf_spec.task_specs[node]
    kept = {name: value for name, value in data.items() if value}
    token: Token = container.workflow.spawn(container, spec, **kept)
    return token


def inward(token: Token) -> dict[str, Any]:
    """With what the first token in a container is begun that is itself begun in its middle."""
    within = token.internal_data.get("within") or [[[], 0]]
    (back, also), *further = within
    data = {"at": token.internal_data["at"][1:], "within": further, "back": back, "also": also}
    return {name: value for name, value in data.items() if value}


def _recall(container: Token, called: Sequence[Place]) -> None:
    """Have the processes that are called again know what they knew when they were withdrawn."""
    if not called:
        return
    workflow, around = container.workflow, called_path(container)
    known = workflow.resolver.last_known(workflow.task_tree.id, [one[0] for one in called])
    for scope, *calls in called:
        if scope in known:
            workflow.step.recalled[(*around, *calls)] = known[scope]


def location(container: Token, one: Place) -> str:
    """The place of the flow: the flow by which it came to a join, else the activity."""
    spec = container.task_spec._wf_spec.task_specs[one[0]]
    return str(one[1] if one[1] and spec.gathers else spec.activity)


class Parted(NamedTuple):
    """Places that stay, with what they hold; those to be withdrawn; those left without a holder."""

    stay: list[Place]
    gone: list[Place]
    homeless: list[Place]


def part(places: Iterable[Place], stays: Callable[[Place], bool]) -> Parted:
    """Part places, and those that they hold, by whether they stay."""
    found = Parted([], [], [])
    for one in places:
        node, flow, inside, back, *rest = _whole(one)
        inner = part(back, stays)
        if stays(one):
            found.stay.append([node, flow, inside, inner.stay, *rest])
            found.gone.extend(inner.gone)
        else:
            found.gone.append([node, flow, inside, inner.gone, *rest])
            found.homeless.extend(inner.stay)
        found.homeless.extend(inner.homeless)
    return found


def every(places: Iterable[Place]) -> Iterator[Place]:
    """Places and all that they hold."""
    for one in places:
        yield one
        yield from every(_whole(one)[3])


def renamed(places: Iterable[Place], name: Callable[[str], str]) -> list[Place]:
    """Places by the names that their nodes have in another version of the process."""
    found = []
    for node, flow, inside, back, also, called, within in map(_whole, places):
        around = [name(node), flow, inside, renamed(back, name), also, called, within]
        if not called:  # what lies in a called process is of another version
            around[2] = [name(one) for one in inside]
            around[6] = [[renamed(places, name), on] for places, on in within]
        found.append(around)
    return found


def _whole(one: Place) -> Place:
    """A place as it is kept now; cases of earlier versions have three, five or six parts."""
    return [*one, *([], 0, [], [])[len(one) - 3 :]]
