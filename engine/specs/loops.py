"""Multi-instance and standard loops: bodies that start their activity several times.

Invariant: the items are fixed when the body begins; results are collected in the order of the
items, whatever the order of completion.
"""

from collections import ChainMap
from collections.abc import Callable, Mapping
from typing import Any

from engine import limits
from engine.definition.elements import Behaviour, Loop
from engine.errors import LimitExceeded
from engine.expressions import condition, evaluate, failure, number, required
from engine.scopes import Scope, storable
from engine.specs import mapping
from engine.specs.activities import Activity
from engine.specs.token import Token
from engine.variables import Value, Variables


class MultiInstance(Activity):
    """The body around the instances of an activity."""

    free_children = True

    def __init__(self, wf_spec: Any, name: str, element: Any) -> None:
        super().__init__(wf_spec, name, element)
        self.inner: Any = None
        self.throws: list[tuple[Behaviour, Any]] = []

    @property
    def loop(self) -> Loop:
        """The characteristics in the model."""
        found: Loop = self.element.loop
        return found

    def enter(self, token: Token) -> bool:
        items = self._items(token)
        armed = self._arm_boundaries(token, {}) if self.inner.rests else []
        local: Variables = {}
        if self.loop.output_collection:
            local[self.loop.output_collection] = [None] * len(items)
        if self.loop.sequential and self.loop.element:
            local[mapping.ITEMS] = items
        if local:
            mapping.open_local(token, local)
        token.internal_data.update(total=len(items), done=0)
        self.note(token, "activity.started", instances=len(items))
        if not items:
            return True
        for boundary, data in armed:
            token.workflow.wait_beside(token, boundary, data)
        for index in range(1 if self.loop.sequential else len(items)):
            self._begin_instance(token, index, items[index])
        return False

    def _items(self, token: Token) -> list[Value]:
        context = self.context(token)
        if self.loop.cardinality is not None:
            count = number(self.loop.cardinality, context)
            if count < 0:
                raise failure(self.loop.cardinality, "次数不能为负数")
            self._bound(count)
            return [None] * count
        assert self.loop.collection is not None  # noqa: S101 - the parser refuses neither and both
        found = required(self.loop.collection, context)
        if not isinstance(found, list):
            raise failure(self.loop.collection, "多实例的输入集合应为列表")
        self._bound(len(found))
        items: list[Value] = storable({mapping.ITEMS: found})[mapping.ITEMS]
        return items

    @staticmethod
    def _bound(count: int) -> None:
        if count > limits.CARDINALITY:
            raise LimitExceeded(f"多实例数量 {count} 超过 {limits.CARDINALITY}")

    def _begin_instance(self, token: Token, index: int, item: Value) -> None:
        workflow = token.workflow
        child = workflow.spawn(token, self.inner, index=index)
        values: Variables = {"loopCounter": index + 1}
        if self.loop.element:
            values[self.loop.element] = item
        workflow.scopes.open(Scope(child.id, workflow.scope_id(token), child.id, values))

    def collector(self, token: Token, outputs: Variables) -> Callable[[], None]:
        """Compute an instance's contribution now; the function returned writes it."""
        body, loop = token.parent, self.loop
        chain = [scope.variables for scope in token.workflow.scopes.chain(token.id)]
        context = ChainMap(chain[0], outputs, self._counters(body), *chain[1:])
        collected: Value = None
        if loop.output_element is not None:
            value = evaluate(loop.output_element, context)
            collected = storable({loop.output_collection: value})[loop.output_collection]
        enough = loop.completion is not None and condition(loop.completion, context)
        thrown = [event for one, event in self.throws if self._thrown(body, one, context)]

        def write() -> None:
            if loop.output_element is not None:
                scopes = token.workflow.scopes
                results = list(scopes[body.id].variables[loop.output_collection])
                results[token.internal_data["index"]] = collected
                scopes.set_local(body.id, {loop.output_collection: results})
            if enough:
                body.internal_data["enough"] = 1
            for event in thrown:
                if token.alive:  # what is caught at the border may interrupt everything
                    event.enter(token)

        return write

    @staticmethod
    def _thrown(body: Token, one: Behaviour, context: Mapping[str, Any]) -> bool:
        """Whether an event is thrown at this completion (BPMN 2.0.2, table 10.28)."""
        if one.condition is not None:
            return condition(one.condition, context)
        return not one.first or body.internal_data["done"] == 0

    @staticmethod
    def _counters(body: Token) -> Variables:
        data = body.internal_data
        active = sum(1 for child in body.children if not child.attached) - 1
        return {
            "numberOfInstances": data["total"],
            "numberOfCompletedInstances": data["done"] + 1,
            "numberOfActiveInstances": active,
            "numberOfTerminatedInstances": 0,
        }

    def child_left(self, container: Token, child: Token) -> None:
        data = container.internal_data
        data["done"] += 1
        if "enough" in data or data["done"] == data["total"]:
            container.workflow.clear(container)
            container.workflow.requeue(container, "leave")
        elif self.loop.sequential:
            index = data["done"]
            item = None
            if self.loop.element:
                item = container.workflow.scopes[container.id].variables[mapping.ITEMS][index]
            self._begin_instance(container, index, item)

    def finish(self, token: Token) -> None:
        name = self.loop.output_collection
        outputs = {name: token.workflow.scopes[token.id].variables[name]} if name else {}
        collect = self._collector(token, outputs)
        mapping.put_out(token, outputs)
        if collect is not None:
            collect()
        self.note(token, "activity.completed", instances=token.internal_data["done"])


class StandardLoop(Activity):
    """The body around an activity that is repeated while a condition holds.

    `loopCounter` is the number of the pass, in its activity as in the condition after it; before
    the first pass the condition sees 0.
    """

    inner: Any = None

    def enter(self, token: Token) -> bool:
        armed = self._arm_boundaries(token, {}) if self.inner.rests else []
        loop = self.element.loop
        context = self.context(token, {"loopCounter": 0})
        again = not loop.test_before or loop.condition is None or condition(loop.condition, context)
        token.internal_data["done"] = 0
        self.note(token, "activity.started")
        if not again:
            return True
        for boundary, data in armed:
            token.workflow.wait_beside(token, boundary, data)
        self._begin_pass(token)
        return False

    def _begin_pass(self, token: Token) -> None:
        workflow, number = token.workflow, token.internal_data["done"]
        child = workflow.spawn(token, self.inner, index=number)
        values: Variables = {"loopCounter": number + 1}
        workflow.scopes.open(Scope(child.id, workflow.scope_id(token), child.id, values))

    def collector(self, token: Token, outputs: Variables) -> Callable[[], None]:
        """Ask now whether there is another pass; the function returned remembers the answer."""
        body, loop = token.parent, self.element.loop
        number = body.internal_data["done"] + 1
        again = loop.maximum is None or number < loop.maximum
        if again and loop.condition is not None:
            chain = [scope.variables for scope in token.workflow.scopes.chain(token.id)]
            again = condition(loop.condition, ChainMap(chain[0], outputs, *chain[1:]))

        def write() -> None:
            body.internal_data["again"] = int(again)

        return write

    def child_left(self, container: Token, child: Token) -> None:
        data = container.internal_data
        data["done"] += 1
        if data.pop("again", 0):
            self._begin_pass(container)
            return
        container.workflow.clear(container)
        container.workflow.requeue(container, "leave")

    def finish(self, token: Token) -> None:
        collect = self._collector(token, {})
        if collect is not None:
            collect()
        self.note(token, "activity.completed", loops=token.internal_data["done"])
