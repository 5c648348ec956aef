"""Processes made of random blocks: what an office could draw, nested in any way.

Each called process counts its ids from one, as its caller does, so the same id stands in both.
"""

from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, Final

from hypothesis import strategies as st

from tests.engine.core.scenario import (
    Node,
    boundary,
    call,
    each,
    event,
    gateway,
    message,
    service,
    sub,
    timer,
    user,
    xml,
)

KEY: Final = "yacht_licence_any"
ROLE: Final = "licence_reviewer@370001"
TOPIC: Final = "courier.dispatch"
_ALLOW: Final = (
    '<banli:operations allow="claim release complete transfer delegate sign_before sign_after'
    ' sign_beside remove_signer return reclaim"/>'
)
_LIMIT: Final = '<banli:limit amount="3" unit="working_days"/>'
_DECIDED: Final = 'decision="=&quot;approve&quot;" result="outcome"'

LEAVES: Final = (
    "task", "task", "limited", "many", "in_turn", "all", "any", "ordered",
    "message", "work", "wait", "late", "cut", "asked", "overdue", "again_one",
)  # fmt: skip
BLOCKS: Final = (
    "sequence", "parallel", "inclusive", "choice", "loop", "box", "boxes",
    "call", "again", "noticed", "stopped",
)  # fmt: skip

TREES: Final = st.recursive(
    st.sampled_from(LEAVES),
    lambda inner: st.tuples(
        st.sampled_from(BLOCKS), st.lists(inner, min_size=1, max_size=3).map(tuple)
    ),
    max_leaves=6,
)


@dataclass
class Scope:
    """The flows and nodes of one process or sub-process."""

    lines: list[str] = field(default_factory=list)
    nodes: dict[str, Node] = field(default_factory=dict)

    def link(self, *names: str) -> None:
        self.lines.append(" -> ".join(names))


class Model:
    """The files of one tree: a process and those that it calls."""

    def __init__(self, tree: Any) -> None:
        self.files: dict[str, bytes] = {}
        self._called: list[str] = []
        self._calls = 0
        self.files[f"{KEY}.bpmn"] = _Process(self, KEY, tree).xml

    def call(self, tree: Any) -> str:
        """A new process to be called; its key."""
        self._calls += 1
        key = f"{KEY}_{self._calls}"
        self.files[f"{key}.bpmn"] = _Process(self, key, tree).xml
        self._called.append(key)
        return key

    def again(self) -> str | None:
        """The key of a process that is called already."""
        return self._called[-1] if self._called else None


class _Process:
    def __init__(self, model: Model, key: str, tree: Any) -> None:
        self.model = model
        self.key = key
        self.number = 0
        self.messages: dict[str, str] = {}
        scope = Scope()
        first, last = self.block(tree, scope)
        scope.link("start", first)
        scope.link(last, "end")
        self.xml = xml("\n".join(scope.lines), key=key, messages=self.messages, **scope.nodes)

    def fresh(self, prefix: str) -> str:
        self.number += 1
        return f"{prefix}{self.number}"

    def message(self) -> str:
        """A message of its own for each place, so that it never has to be asked who is meant."""
        name = f"{self.key}_{self.fresh('m')}"
        self.messages[name] = "work_order_no"
        return name

    def block(self, tree: Any, scope: Scope) -> tuple[str, str]:
        if isinstance(tree, str):
            return getattr(self, f"_{tree}")(scope)
        kind, parts = tree
        return getattr(self, f"_{kind}")(scope, parts)

    def _put(self, scope: Scope, name: str, node: Node) -> tuple[str, str]:
        scope.nodes[name] = node
        return name, name

    # -- leaves ----------------------------------------------------------------------------

    def _task(self, scope: Scope, more: str = "", **options: Any) -> tuple[str, str]:
        node = user(_ALLOW + more, candidateGroups=ROLE, **options)
        return self._put(scope, self.fresh("t"), node)

    def _limited(self, scope: Scope) -> tuple[str, str]:
        return self._task(scope, _LIMIT)

    def _overdue(self, scope: Scope) -> tuple[str, str]:
        """A task that is approved by itself once its time is over."""
        return self._task(scope, _LIMIT + '<banli:timeout remind="1" then="approve"/>')

    def _again_one(self, scope: Scope) -> tuple[str, str]:
        """A task of one person, passed by itself where that person has approved before."""
        text = '<banli:policies repeated="any" empty="managers"/>'
        return self._put(scope, self.fresh("t"), user(_ALLOW + text, assignee="=people[1]"))

    def _many(self, scope: Scope) -> tuple[str, str]:
        return self._task(scope, loop=each("list", "one"))

    def _in_turn(self, scope: Scope) -> tuple[str, str]:
        return self._task(scope, loop=each("list", "one", sequential=True))

    def _board(self, scope: Scope, mode: str) -> tuple[str, str]:
        text = f'<banli:approval mode="{mode}" people="=people" {_DECIDED}/>'
        return self._put(scope, self.fresh("t"), user(_ALLOW + text))

    def _all(self, scope: Scope) -> tuple[str, str]:
        return self._board(scope, "all")

    def _any(self, scope: Scope) -> tuple[str, str]:
        return self._board(scope, "any")

    def _ordered(self, scope: Scope) -> tuple[str, str]:
        return self._board(scope, "ordered")

    def _message(self, scope: Scope) -> tuple[str, str]:
        return self._put(scope, self.fresh("m"), event("catch", message(self.message())))

    def _work(self, scope: Scope) -> tuple[str, str]:
        return self._put(scope, self.fresh("w"), service(TOPIC))

    def _wait(self, scope: Scope) -> tuple[str, str]:
        return self._put(scope, self.fresh("c"), event("catch", timer("duration", "P2D")))

    def _late(self, scope: Scope) -> tuple[str, str]:
        """A task with a reminder beside it."""
        return self._beside(scope, self._limited(scope), timer("duration", "P1D"))

    def _asked(self, scope: Scope) -> tuple[str, str]:
        """A task that may be asked about, as often as somebody likes."""
        return self._beside(scope, self._task(scope), message(self.message()))

    def _beside(self, scope: Scope, host: tuple[str, str], definition: str) -> tuple[str, str]:
        name = self.fresh("b")
        self._put(scope, name, boundary(host[0], definition, interrupting=False))
        scope.link(name, self._task(scope)[0], self.fresh("end"))
        return host

    def _cut(self, scope: Scope) -> tuple[str, str]:
        """A task that is taken from its holder when time is over."""
        host, after = self._task(scope)[0], self._task(scope)[0]
        late, merge = self.fresh("b"), self.fresh("g")
        self._put(scope, late, boundary(host, timer("duration", "P3D")))
        self._put(scope, merge, gateway("exclusive"))
        scope.link(late, after, merge)
        scope.link(host, merge)
        return host, merge

    # -- blocks ----------------------------------------------------------------------------

    def _sequence(self, scope: Scope, parts: Any) -> tuple[str, str]:
        pairs = [self.block(part, scope) for part in parts]
        for before, after in pairwise(pairs):
            scope.link(before[1], after[0])
        return pairs[0][0], pairs[-1][1]

    def _gates(self, scope: Scope, parts: Any, kind: str, when: list[str]) -> tuple[str, str]:
        split, join = self.fresh("s"), self.fresh("j")
        scope.nodes |= {split: gateway(kind), join: gateway(kind)}
        for part, condition in zip(parts, when, strict=True):
            first, last = self.block(part, scope)
            scope.lines.append(f"{split} -> {first} {condition}")
            scope.link(last, join)
        return split, join

    def _parallel(self, scope: Scope, parts: Any) -> tuple[str, str]:
        return self._gates(scope, parts, "parallel", [""] * len(parts))

    def _inclusive(self, scope: Scope, parts: Any) -> tuple[str, str]:
        when = ["if true", "if false", "if true"][: len(parts)]
        return self._gates(scope, parts, "inclusive", when if len(parts) > 1 else [""])

    def _choice(self, scope: Scope, parts: Any) -> tuple[str, str]:
        when = ["if false", "default", "if true"][: len(parts)]
        return self._gates(scope, parts, "exclusive", when if len(parts) > 1 else [""])

    def _loop(self, scope: Scope, parts: Any) -> tuple[str, str]:
        top, bottom = self.fresh("g"), self.fresh("g")
        scope.nodes |= {top: gateway("exclusive"), bottom: gateway("exclusive")}
        first, last = self._sequence(scope, parts)
        scope.link(top, first)
        scope.link(last, bottom)
        scope.lines.append(f"{bottom} -> {top} if redo")
        after = self.fresh("g")
        scope.nodes[after] = gateway("exclusive")
        scope.lines.append(f"{bottom} -> {after} default")
        return top, after

    def _box(self, scope: Scope, parts: Any, *, loop: str = "") -> tuple[str, str]:
        name, inner = self.fresh("box"), Scope()
        self._fill(inner, parts)
        return self._put(scope, name, sub("\n".join(inner.lines), loop=loop, **inner.nodes))

    def _fill(self, inner: Scope, parts: Any) -> None:
        start, end = self.fresh("start"), self.fresh("end")
        first, last = self._sequence(inner, parts)
        inner.link(start, first)
        inner.link(last, end)

    def _boxes(self, scope: Scope, parts: Any) -> tuple[str, str]:
        return self._box(scope, parts, loop=each("list", "one"))

    def _call(self, scope: Scope, parts: Any) -> tuple[str, str]:
        return self._put(scope, self.fresh("call"), call(self.model.call(("sequence", parts))))

    def _again(self, scope: Scope, parts: Any) -> tuple[str, str]:
        key = self.model.again()
        if key is None or key == self.key:
            return self._call(scope, parts)
        return self._put(scope, self.fresh("call"), call(key))

    def _noticed(self, scope: Scope, parts: Any) -> tuple[str, str]:
        """A sub-process with something beside it whenever a message comes."""
        return self._handled(scope, parts, 'isInterrupting="false"')

    def _stopped(self, scope: Scope, parts: Any) -> tuple[str, str]:
        """A sub-process that a message stops."""
        return self._handled(scope, parts, "")

    def _handled(self, scope: Scope, parts: Any, attributes: str) -> tuple[str, str]:
        name, inner, handler = self.fresh("box"), Scope(), Scope()
        self._fill(inner, parts)
        start, end = self.fresh("start"), self.fresh("end")
        handler.nodes[start] = event("start", message(self.message()), attributes)
        handler.link(start, self._task(handler)[0], end)
        inner.nodes[self.fresh("ev")] = sub(
            "\n".join(handler.lines), by_event=True, **handler.nodes
        )
        return self._put(scope, name, sub("\n".join(inner.lines), **inner.nodes))
