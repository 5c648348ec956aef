"""Random models with every construct, random walks: nothing is lost, nothing stops without a reason.

The driver stores and reads the instance after each command, so each walk checks that too.
"""

import os
import random

import pytest

from engine.errors import LimitExceeded
from tests.engine.core.scenario import (
    Case,
    Node,
    boundary,
    call,
    condition,
    each,
    error,
    escalation,
    event,
    gateway,
    io,
    message,
    script,
    service,
    signal,
    sub,
    timer,
    user,
    xml,
)

CALLED = xml("start -> inner -> end", key="q", errors=("E",), inner=service("t"))


AGAIN = (
    '<standardLoopCharacteristics loopMaximum="3"><loopCondition>=n > 0</loopCondition>'
    "</standardLoopCharacteristics>"
)


class Model:
    """Blocks in blocks; names are unique over the file."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)  # noqa: S311
        self.count = 0
        flows, nodes = self.scope("start", "end", 2)
        self.data = xml(
            flows,
            messages={"m": '"k"'},
            errors=("E",),
            escalations=("U",),
            signals={"sg": "alarm"},
            **nodes,
        )

    def name(self, kind: str) -> str:
        self.count += 1
        return f"{kind}_{self.count}"

    def scope(self, first: str, last: str, depth: int) -> tuple[str, dict[str, Node]]:
        nodes = {first: event("start"), last: event("end")}
        lines = self.row(first, last, depth, nodes)
        if self.random.random() < 0.3:
            self.event_sub(nodes)
        return "\n".join(lines), nodes

    def event_sub(self, nodes: dict[str, Node]) -> None:
        start, task, end = self.name("es"), self.name("task"), self.name("ee")
        definition, always = self.random.choice(
            [
                (message("m"), False),
                (timer("duration", "P1D"), False),
                (error("E"), True),
                (signal("sg"), False),
                (escalation("U"), False),
                (condition("n > 1"), False),
                (message("m") + signal("sg") + escalation(), False),
            ]
        )
        interrupting = always or self.random.random() < 0.5
        inner = {
            start: event("start", definition, f'isInterrupting="{str(interrupting).lower()}"'),
            end: event("end"),
        }
        nodes[self.name("on")] = sub(f"{start} -> {task} -> {end}", by_event=True, **inner)

    def row(
        self, before: str, after: str, depth: int, nodes: dict[str, Node], mark: str = ""
    ) -> list[str]:
        lines, current = [], before
        for index in range(self.random.randint(1, 2)):
            entry, leave = self.block(depth, nodes, lines)
            lines.append(f"{current} -> {entry} {mark if index == 0 else ''}")
            current = leave
        return [*lines, f"{current} -> {after}"]

    def block(self, depth: int, nodes: dict[str, Node], lines: list[str]) -> tuple[str, str]:
        simple = [self.task, self.task, self.catch, self.throw]
        complex_ = [self.split, self.split, self.sub_process, self.race, self.loop, self.ad_hoc]
        complex_ += [self.complex_join, self.transaction]
        make = self.random.choice(simple + (complex_ if depth else []))
        return make(depth, nodes, lines)

    def task(self, _depth: int, nodes: dict[str, Node], lines: list[str]) -> tuple[str, str]:
        name = self.name("task")
        loop = each("rows", "row", output=("out", "row"), sequential=self.random.random() < 0.5)
        loop = self.random.choice(["", "", loop, AGAIN])
        mapping = self.random.choice(["", io({"x": "=n"}, {"y": "=x"})])
        nodes[name] = self.random.choice(
            [
                user(loop=loop, io=mapping),
                service("t", loop=loop, io=mapping),
                call("q", loop=loop),
                script("n + 1", "z"),
            ]
        )
        if nodes[name].kind != "scriptTask":
            self.attach(name, nodes, lines)
        if self.random.random() < 0.3:
            self.undo(name, nodes)
        return name, name

    def undo(self, host: str, nodes: dict[str, Node]) -> None:
        on, handler = self.name("on"), self.name("undo")
        nodes[on] = boundary(host, "<compensateEventDefinition/>")
        nodes[handler] = Node("userTask", 'isForCompensation="true"')
        nodes[self.name("line")] = Node("association", f'sourceRef="{on}" targetRef="{handler}"')

    def attach(self, host: str, nodes: dict[str, Node], lines: list[str]) -> None:
        if self.random.random() < 0.5:
            return
        name, after = self.name("b"), self.name("end")
        definition, always = self.random.choice(
            [
                (message("m"), False),
                (timer("duration", "P1D"), False),
                (timer("cycle", "R3/P1D"), None),
                (error("E"), True),
                (signal("sg"), False),
                (escalation("U"), False),
                (condition("n > 1"), False),
                (message("m") + timer("duration", "P1D"), False),
                (error("E") + signal("sg"), True),
            ]
        )
        interrupting = bool(always) or (always is False and self.random.random() < 0.5)
        nodes[name] = boundary(host, definition, interrupting=interrupting)
        if definition.startswith("<message") and "timer" in definition:
            nodes[name].attributes += self.random.choice(["", ' parallelMultiple="true"'])
        nodes[after] = event("end", self.random.choice(["", "", "", "<terminateEventDefinition/>"]))
        task = self.name("task")
        lines.append(f"{name} -> {task} -> {after}")

    def catch(self, _depth: int, nodes: dict[str, Node], _lines: list[str]) -> tuple[str, str]:
        name = self.name("c")
        definition = self.random.choice(
            [
                message("m"),
                timer("duration", "P1D"),
                signal("sg"),
                condition("n >= 0"),
                message("m") + signal("sg"),
            ]
        )
        attribute = self.random.choice(["", 'parallelMultiple="true"'])
        nodes[name] = event("catch", definition, attribute)
        return name, name

    def throw(self, _depth: int, nodes: dict[str, Node], _lines: list[str]) -> tuple[str, str]:
        name = self.name("t")
        definition = self.random.choice(
            ["", message("m"), signal("sg"), escalation("U"), signal("sg") + escalation("U")]
            + ["<compensateEventDefinition/>"] * 2
            + ['<compensateEventDefinition waitForCompletion="false"/>']
        )
        nodes[name] = event("throw", definition)
        return name, name

    def split(self, depth: int, nodes: dict[str, Node], lines: list[str]) -> tuple[str, str]:
        kind = self.random.choice(["parallel", "inclusive", "exclusive"])
        first, last = self.name("g"), self.name("g")
        nodes[first], nodes[last] = gateway(kind), gateway(kind)
        marks = ["", "", ""] if kind == "parallel" else ["if n > 0", "if n > 1", "default"]
        for mark in marks:
            lines += self.row(first, last, depth - 1, nodes, mark)
        return first, last

    def complex_join(self, depth: int, nodes: dict[str, Node], lines: list[str]) -> tuple[str, str]:
        first, last = self.name("g"), self.name("g")
        enough = self.random.randint(1, 3)
        text = f"<activationCondition>=activationCount &gt;= {enough}</activationCondition>"
        nodes[first], nodes[last] = gateway("parallel"), Node("complexGateway", children=text)
        for _ in range(3):
            lines += self.row(first, last, depth - 1, nodes)
        return first, last

    def ad_hoc(self, _depth: int, nodes: dict[str, Node], lines: list[str]) -> tuple[str, str]:
        name, first, second = self.name("adhoc"), self.name("task"), self.name("task")
        remaining = self.random.choice(["true", "false"])
        ordering = self.random.choice(["Parallel", "Sequential"])
        active = f"=[&quot;{first}&quot;, &quot;{second}&quot;]"
        nodes[name] = Node(
            "adHocSubProcess",
            f'ordering="{ordering}" cancelRemainingInstances="{remaining}"',
            f'<zeebe:adHoc activeElementsCollection="{active}"/>',
            "<completionCondition>=n &lt; 2</completionCondition>"
            if self.random.random() < 0.3
            else "",
            nodes={first: user(), second: user(loop=each("rows", "row"))},
        )
        self.attach(name, nodes, lines)
        return name, name

    def transaction(self, depth: int, nodes: dict[str, Node], lines: list[str]) -> tuple[str, str]:
        name, start, choice = self.name("tx"), self.name("s"), self.name("g")
        no, end, caught, after = (self.name(kind) for kind in ("no", "e", "c", "end"))
        inner = {
            start: event("start"),
            choice: gateway("exclusive"),
            no: event("end", "<cancelEventDefinition/>"),
            end: event("end"),
        }
        inside = self.row(start, choice, depth - 1, inner)
        inside += [f"{choice} -> {no} if n = 0", f"{choice} -> {end} default"]
        loop = self.random.choice(["", "", each("rows", "row")])
        nodes[name] = Node("transaction", "", "", loop, "\n".join(inside), inner)
        nodes[caught] = boundary(name, "<cancelEventDefinition/>")
        nodes[after] = event("end")
        lines.append(f"{caught} -> {self.name('task')} -> {after}")
        self.attach(name, nodes, lines)
        return name, name

    def race(self, depth: int, nodes: dict[str, Node], lines: list[str]) -> tuple[str, str]:
        first, last = self.name("g"), self.name("g")
        nodes[first], nodes[last] = gateway("eventBased"), gateway("exclusive")
        for definition in (message("m"), timer("duration", "P1D")):
            caught = self.name("c")
            nodes[caught] = event("catch", definition)
            lines.append(f"{first} -> {caught}")
            lines += self.row(caught, last, depth - 1, nodes)
        return first, last

    def loop(self, depth: int, nodes: dict[str, Node], lines: list[str]) -> tuple[str, str]:
        first, task, last = self.name("g"), self.name("task"), self.name("g")
        leave = self.name("task")
        nodes[first] = nodes[last] = gateway("exclusive")
        lines.append(f"{first} -> {task}")
        lines += self.row(task, last, depth - 1, nodes)
        lines += [f"{last} -> {first} if n > 1", f"{last} -> {leave} default"]
        return first, leave

    def sub_process(self, depth: int, nodes: dict[str, Node], lines: list[str]) -> tuple[str, str]:
        name = self.name("sub")
        flows, inner = self.scope(self.name("s"), self.name("e"), depth - 1)
        loop = self.random.choice(["", "", each("rows", "row")])
        nodes[name] = sub(flows, loop=loop, io=self.random.choice(["", io({"n": "=n"})]), **inner)
        self.attach(name, nodes, lines)
        return name, name


def act(case: Case, chance: random.Random) -> None:
    waits = sorted(case.execution.waits.values(), key=lambda one: one.id)
    # conditions are met by what the others write
    wait = chance.choice([one for one in waits if type(one).__name__ != "ConditionWait"])
    kind = type(wait).__name__
    if kind == "TimerWait":
        case.command("fire", wait.id)
    elif kind in {"MessageWait", "SignalWait"}:
        case.command("deliver", wait.id, {"n": chance.randint(0, 2)})
    elif chance.random() < 0.15:
        case.command("throw", wait.id, "E", "", {})
    else:
        case.command("complete", wait.id, {"n": chance.randint(0, 2)})


def begin_something(case: Case, chance: random.Random) -> None:
    """What only a person begins: now and then, and when nothing else is left to do."""
    for ad_hoc, elements in case.execution.startable.items():
        if not case.waits or chance.random() < 0.1:
            case.command("begin", ad_hoc, chance.choice(elements).id)
            return


# the nightly run walks further
WALKS = int(os.environ.get("BANLI_WALKS", "40"))


@pytest.mark.parametrize("seed", range(WALKS))
def test_a_random_walk_loses_nothing(seed):
    chance = random.Random(seed)  # noqa: S311
    case = Case(CALLED, Model(seed).data, n=2, rows=[1, 2])
    for _ in range(50):
        if case.completed:
            break
        if any(one.code == "join_starved" for one in case.execution.incidents.values()):
            break  # the model's fault: one branch of a parallel block ended elsewhere
        for stuck in list(case.incidents):
            case.retry(stuck)
        begin_something(case, chance)
        assert case.waits, case.execution.incidents
        try:
            act(case, chance)
        except LimitExceeded:
            break
    if case.completed:
        assert not case.waits
        assert not case.incidents
        assert set(case.execution.scopes) == {case.id}
