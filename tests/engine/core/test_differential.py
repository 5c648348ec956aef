"""Random models and random walks: our specs and stock SpiffWorkflow stop at the same tasks.

Left out where the stock library is wrong (docs/adr/0002): parallel blocks in loops, several flows
out of or into an activity, inclusive gateways.
"""

import os
import random
from io import BytesIO
from typing import Any

import pytest
from lxml import etree
from SpiffWorkflow.bpmn import BpmnWorkflow
from SpiffWorkflow.bpmn.parser.BpmnParser import BpmnParser
from SpiffWorkflow.util.task import TaskState

from tests.engine.core.scenario import Case, Node, event, gateway, sub, xml


class Model:
    """A random block-structured process."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)  # noqa: S311 - a test wants repeatable choices
        self.nodes: dict[str, Node] = {}
        self.lines: list[str] = []
        self.choices: list[str] = []
        self.count = 0
        self.block("start", "end", depth=3, loop=False)
        self.xml = xml("\n".join(self.lines), **self.nodes)

    def name(self, kind: str) -> str:
        self.count += 1
        return f"{kind}{self.count}"

    def block(self, before: str, after: str, *, depth: int, loop: bool, mark: str = "") -> None:
        """Blocks in a row between two nodes; `mark` is the condition of the first flow."""
        current = before
        for index in range(self.random.randint(1, 3)):
            entry, leave = self.part(depth, loop=loop)
            self.lines.append(f"{current} -> {entry} {mark if index == 0 else ''}".strip())
            current = leave
        self.lines.append(f"{current} -> {after}")

    def part(self, depth: int, *, loop: bool) -> tuple[str, str]:
        kinds = ["task", "task"]
        if depth:
            kinds += ["choice", "loop", "sub"] + ([] if loop else ["parallel"])
        kind = self.random.choice(kinds)
        return getattr(self, f"part_{kind}")(depth, loop)

    def part_task(self, _depth: int, _loop: bool) -> tuple[str, str]:
        task = self.name("task")
        return task, task

    def part_choice(self, depth: int, loop: bool) -> tuple[str, str]:
        split, merge = self.name("x"), self.name("m")
        self.nodes[split] = self.nodes[merge] = gateway("exclusive")
        self.choices.append(f"c{split}")
        self.block(split, merge, depth=depth - 1, loop=loop, mark=f"if c{split}")
        self.block(split, merge, depth=depth - 1, loop=loop, mark="default")
        return split, merge

    def part_parallel(self, depth: int, loop: bool) -> tuple[str, str]:
        split, join = self.name("fork"), self.name("j")
        self.nodes[split] = self.nodes[join] = gateway("parallel")
        for _ in range(self.random.randint(2, 3)):
            self.block(split, join, depth=depth - 1, loop=loop)
        return split, join

    def part_loop(self, depth: int, _loop: bool) -> tuple[str, str]:
        merge, split = self.name("m"), self.name("x")
        self.nodes[split] = self.nodes[merge] = gateway("exclusive")
        self.choices.append(f"c{split}")
        task = self.name("task")
        self.lines.append(f"{merge} -> {task}")
        self.block(task, split, depth=depth - 1, loop=True)
        self.lines.append(f"{split} -> {merge} if c{split}")
        leave = self.name("task")
        self.lines.append(f"{split} -> {leave} default")
        return merge, leave

    def part_sub(self, _depth: int, _loop: bool) -> tuple[str, str]:
        name, first, second = self.name("sub"), self.name("task"), self.name("task")
        nodes = {f"s{name}": event("start"), f"e{name}": event("end")}
        self.nodes[name] = sub(f"s{name} -> {first} -> {second} -> e{name}", **nodes)
        return name, name


class Stock:
    """The same process in the stock library."""

    def __init__(self, data: bytes, variables: dict[str, Any]) -> None:
        parser = BpmnParser()
        parser.add_bpmn_xml(etree.parse(BytesIO(data.replace(b">=c", b">c"))), filename="m.bpmn")
        spec = parser.get_spec("p")
        self.workflow = BpmnWorkflow(spec, parser.get_subprocess_specs("p"))
        start = self.workflow.get_next_task(state=TaskState.READY)
        start.data.update(variables)
        self.workflow.do_engine_steps()

    def ready(self) -> list[Any]:
        return self.workflow.get_tasks(state=TaskState.READY, manual=True)

    @property
    def waits(self) -> list[str]:
        return sorted(task.task_spec.name for task in self.ready())

    def complete(self, name: str, variables: dict[str, Any]) -> None:
        task = next(task for task in self.ready() if task.task_spec.name == name)
        task.data.update(variables)
        task.run()
        self.workflow.do_engine_steps()


# the nightly run walks further
WALKS = int(os.environ.get("BANLI_WALKS", "40"))


@pytest.mark.parametrize("seed", range(WALKS))
def test_both_stop_at_the_same_tasks(seed):
    model = Model(seed)
    chance = random.Random(seed)  # noqa: S311
    variables = {name: chance.random() < 0.5 for name in model.choices}
    ours, stock = Case(model.xml, **variables), Stock(model.xml, variables)
    for _ in range(40):
        assert ours.waits == stock.waits
        if not ours.waits:
            break
        chosen = chance.choice(ours.waits)
        variables = {name: chance.random() < 0.4 for name in model.choices}
        ours.complete(chosen, **variables)
        stock.complete(chosen, variables)
    assert ours.completed == stock.workflow.is_completed()
