"""Stock SpiffWorkflow used as its manual shows: the whole instance as JSON after each step."""

import warnings
from collections.abc import Mapping
from typing import Any, Final

from lxml import etree
from SpiffWorkflow.bpmn import BpmnWorkflow
from SpiffWorkflow.bpmn.parser import BpmnParser
from SpiffWorkflow.bpmn.serializer import BpmnWorkflowSerializer
from SpiffWorkflow.util.task import TaskState
from sqlalchemy import (
    Column,
    Float,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    delete,
    insert,
    select,
    update,
)
from sqlalchemy.engine import Connection

from tests.bench import models

METADATA: Final = MetaData()
INSTANCE: Final = Table(
    "naive_instance",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("state", Text, nullable=False),
)
TASK: Final = Table(
    "naive_task",
    METADATA,
    Column("id", String(40), primary_key=True),
    Column("instance_id", Integer, index=True),
    Column("name", String(100)),
    Column("due_at", Float, index=True),
)
HISTORY: Final = Table(
    "naive_history",
    METADATA,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("instance_id", Integer, index=True),
    Column("name", String(100)),
    Column("actor", String(64)),
)


class Naive:
    """One definition; the state carries specs, tree and data, as `serialize_json` writes them."""

    def __init__(self) -> None:
        parser = BpmnParser()
        parser.add_bpmn_xml(etree.fromstring(models.stock()))
        self.spec = parser.get_spec("licence")
        self.serializer = BpmnWorkflowSerializer(registry=BpmnWorkflowSerializer.configure())

    def start(self, data: Mapping[str, Any]) -> str:
        workflow = BpmnWorkflow(self.spec)
        workflow.data.update(data)
        workflow.get_next_task(state=TaskState.READY).data.update(data)
        workflow.do_engine_steps()
        return self.dump(workflow)

    def dump(self, workflow: Any) -> str:
        stored: str = self.serializer.serialize_json(workflow)
        return stored

    def load(self, stored: str) -> Any:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return self.serializer.deserialize_json(stored)

    def complete(self, workflow: Any, name: str, answer: str) -> None:
        task = next(t for t in ready(workflow) if t.task_spec.bpmn_id == name)
        task.data["decision"] = answer
        task.run()
        workflow.do_engine_steps()

    def step(self, stored: str, name: str, answer: str) -> str:
        """Load, complete, dump."""
        workflow = self.load(stored)
        self.complete(workflow, name, answer)
        return self.dump(workflow)

    def create(self, connection: Connection, instance_id: int, data: Mapping[str, Any]) -> None:
        connection.execute(insert(INSTANCE).values(id=instance_id, state=self.start(data)))
        self._rows(connection, instance_id, self.load(self._state(connection, instance_id)))
        connection.commit()

    def durable(self, connection: Connection, instance_id: int, name: str, answer: str) -> None:
        """The same with rows for the inbox, timers and history, in one commit."""
        workflow = self.load(self._state(connection, instance_id))
        self.complete(workflow, name, answer)
        connection.execute(
            update(INSTANCE).where(INSTANCE.c.id == instance_id).values(state=self.dump(workflow))
        )
        connection.execute(delete(TASK).where(TASK.c.instance_id == instance_id))
        self._rows(connection, instance_id, workflow)
        connection.execute(insert(HISTORY).values(instance_id=instance_id, name=name, actor="x"))
        connection.commit()

    def _state(self, connection: Connection, instance_id: int) -> str:
        found = connection.scalar(select(INSTANCE.c.state).where(INSTANCE.c.id == instance_id))
        assert isinstance(found, str)
        return found

    def _rows(self, connection: Connection, instance_id: int, workflow: Any) -> None:
        for task in workflow.get_tasks(state=TaskState.READY | TaskState.WAITING):
            timer = task.state == TaskState.WAITING
            row = {"id": str(task.id), "instance_id": instance_id, "name": task.task_spec.name}
            connection.execute(insert(TASK).values(**row, due_at=1.0 if timer else None))


def ready(workflow: Any) -> list[Any]:
    """The user tasks that wait for somebody."""
    return [t for t in workflow.get_tasks(state=TaskState.READY) if t.task_spec.manual]
