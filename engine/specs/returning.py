"""Places that are begun again once a returned task is done (直达), kept on its token till then.

Invariant: a withdrawn place that is to be begun again is in one list alone, however deep; whoever
moves the case meanwhile takes it out of there, hands it on, or begins it.

A place is a list as the state keeps it: node, flow it came by, way inside, places that it leads
back to itself, whether its own flow goes on beside them, and the called processes on the way
inside, each as its scope and the calls that lead to it from the place.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from engine.specs.token import Token, called_path

Place = list[Any]


def place(
    node: str,
    flow: str,
    inside: Sequence[str],
    held: Sequence[Place],
    *,
    also: bool,
    called: Sequence[Place] = (),
) -> Place:
    """A place to begin again."""
    return [node, flow, [*inside], [*held], int(also), [*called]]


def held(token: Token) -> list[Place]:
    """The places that are begun again when a token's node is done."""
    return [_whole(one) for one in token.internal_data.get("back") or ()]


def goes_on(token: Token) -> bool:
    """Whether its own flow goes on beside them."""
    return bool(token.internal_data.get("also"))


def keep(token: Token, places: Sequence[Place]) -> None:
    """Replace what is begun again when a token's node is done."""
    token.internal_data["back"] = [*places]


def begin(container: Token, one: Place) -> Token:
    """Begin a place again."""
    node, flow, inside, back, also, called = _whole(one)
    data = {"flow": flow, "at": inside, "back": back, "also": also}
    _recall(container, called)
    spec = container.task_spec._wf_spec.task_specs[node]
    kept = {name: value for name, value in data.items() if value}
    token: Token = container.workflow.spawn(container, spec, **kept)
    return token


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
        node, flow, inside, back, also, called = _whole(one)
        inner = part(back, stays)
        if stays(one):
            found.stay.append(place(node, flow, inside, inner.stay, also=also, called=called))
            found.gone.extend(inner.gone)
        else:
            found.gone.append(place(node, flow, inside, inner.gone, also=also, called=called))
            found.homeless.extend(inner.stay)
        found.homeless.extend(inner.homeless)
    return found


def every(places: Iterable[Place]) -> Iterator[Place]:
    """Places and all that they hold."""
    for one in places:
        yield one
        yield from every(_whole(one)[3])


def _whole(one: Place) -> Place:
    """A place as it is kept now; cases of earlier versions have three or five parts."""
    return [*one, *([], 0, [])[len(one) - 3 :]]
