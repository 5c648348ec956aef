"""Flow elements of the model: activities, gateways and events, each frozen and complete."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar, Literal

from engine.definition.events import EventDefinition, Message
from engine.definition.policies import Policies, Timeout
from engine.expressions import Expression


@dataclass(frozen=True, slots=True)
class IoMapping:
    """One `zeebe:input` or `zeebe:output`."""

    source: Expression
    target: str


@dataclass(frozen=True, slots=True)
class Limit:
    """A statutory limit: amount and unit (for example 5 working days), counted by the calendar."""

    amount: Expression
    unit: str
    title: str = ""


@dataclass(frozen=True, slots=True)
class Approval:
    """`banli:approval`: how the people of a user task decide together (engine/approval).

    `decision` gives approve, reject or abstain from a person's answers; the outcome goes to the
    variable `result`, everybody's answers to the list `opinions`.
    """

    mode: str
    people: Expression | None = None
    decision: Expression | None = None
    result: str = ""
    opinions: str = ""
    ratio: Expression | None = None
    threshold: Expression | None = None
    passes: Expression | None = None
    rejects: Expression | None = None
    wait_for_all: bool = False


@dataclass(frozen=True, slots=True)
class Clock:
    """`banli:clock`: what happens to a limit of the case when its element is done.

    `do` is start, suspend, resume, extend, correct or stop; `limit` names the limit, `*` all;
    nothing happens where `when` does not hold. A limit that starts as the `own` one of its place
    (an instance of a sub-process or called process) may run several times beside itself.
    """

    do: str
    limit: str
    title: Expression | None = None
    amount: Expression | None = None
    unit: str = "working_days"
    at: Expression | None = None
    reason: Expression | None = None
    basis: str = ""
    extend_most: Expression | None = None
    when: Expression | None = None
    own: bool = False


@dataclass(frozen=True, slots=True)
class Copy:
    """`banli:copy`: who is sent a copy of the case when its element is done (抄送).

    `to` gives user ids or `role@org`; nothing happens where `when` does not hold.
    """

    to: Expression
    title: str = ""
    must_read: bool = False
    reply: bool = False
    when: Expression | None = None


@dataclass(frozen=True, slots=True)
class Behaviour:
    """An event that is thrown when an instance completes (BPMN 2.0.2, table 10.28).

    `first`: at the first completion only; `condition`: at those at which it holds.
    """

    definition: EventDefinition
    first: bool = False
    condition: Expression | None = None


@dataclass(frozen=True, slots=True)
class Loop:
    """Multi-instance: one activity instance for each item of a collection, or a number of them."""

    sequential: bool
    collection: Expression | None = None
    cardinality: Expression | None = None
    element: str = ""
    output_collection: str = ""
    output_element: Expression | None = None
    completion: Expression | None = None
    throws: tuple[Behaviour, ...] = ()


@dataclass(frozen=True, slots=True)
class StandardLoop:
    """Again and again while a condition holds, at most `maximum` times (BPMN 2.0.2, 10.3.9)."""

    condition: Expression | None = None
    test_before: bool = False
    maximum: int | None = None


BindingKind = Literal["latest", "deployment", "versionTag"]


@dataclass(frozen=True, slots=True)
class Binding:
    """Which version a reference means, when it is reached: the latest (of a tag), a deployment's.

    Source: Camunda 8, resource binding.
    """

    kind: BindingKind = "latest"
    tag: str = ""


@dataclass(frozen=True, slots=True)
class PublicForm:
    """`banli:public`: the portal offers this message to the applicant as a form.

    `purpose`: `asked` for by the agency, or what applicants may do of their own accord: `withdraw`,
    `urge`, `collect` the result, `offer` something else.
    """

    form_id: str
    title: str = ""
    purpose: str = "asked"


@dataclass(frozen=True, slots=True, kw_only=True)
class Element:
    """A flow node; `scope` is the id of the process or sub-process that holds it."""

    zh: ClassVar[str] = "元素"
    id: str
    name: str = ""
    line: int | None = None
    scope: str = ""
    lane: str = ""
    incoming: tuple[str, ...] = ()
    outgoing: tuple[str, ...] = ()
    default: str = ""
    inputs: tuple[IoMapping, ...] = ()
    outputs: tuple[IoMapping, ...] = ()
    properties: Mapping[str, str] = field(default_factory=dict)
    clocks: tuple[Clock, ...] = ()
    copies: tuple[Copy, ...] = ()
    documentation: str = ""

    @property
    def label(self) -> str:
        """Kind, name and id for people."""
        name = f"『{self.name}』" if self.name else ""
        return f"{self.zh}{name}（{self.id}）"


@dataclass(frozen=True, slots=True, kw_only=True)
class Activity(Element):
    """Work that takes time; may repeat and may carry boundary events."""

    loop: Loop | StandardLoop | None = None
    for_compensation: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class UserTask(Activity):
    """A person works with a form."""

    zh: ClassVar[str] = "用户任务"
    form_id: str = ""
    form_binding: Binding = Binding("deployment")
    assignee: Expression | None = None
    candidate_groups: Expression | None = None
    candidate_users: Expression | None = None
    due_date: Expression | None = None
    follow_up_date: Expression | None = None
    priority: Expression | None = None
    separation: tuple[str, ...] = ()
    limit: Limit | None = None
    approval: Approval | None = None
    policies: Policies | None = None
    timeout: Timeout | None = None
    labels: Mapping[str, str] = field(default_factory=dict)
    """`banli:buttons`: what the buttons of operations are called here."""
    opinion_on: tuple[str, ...] = ()
    """`banli:opinion required`: the decisions that need an opinion in words."""
    operations: tuple[str, ...] = ()
    pauses: bool = False
    """Whether the task's own limit rests while its holder waits for a colleague's answer."""
    reclaim_opened: bool = True
    """Whether it may be taken back though somebody has opened the next task (撤回)."""
    chosen: tuple[str, ...] = ()
    """Who may choose its people beforehand: `previous` (who holds a task before it), `starter`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlainTask(Activity):
    """An abstract or manual task: a note that something happens; the engine passes through."""

    zh: ClassVar[str] = "任务"


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceTask(Activity):
    """Work of a topic, done by the worker."""

    zh: ClassVar[str] = "服务任务"
    topic: Expression
    retries: Expression | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ScriptTask(Activity):
    """A FEEL expression whose value becomes a variable."""

    zh: ClassVar[str] = "脚本任务"
    script: Expression
    result_variable: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BusinessRuleTask(Activity):
    """A decision whose value becomes a variable."""

    zh: ClassVar[str] = "业务规则任务"
    decision: Expression
    result_variable: str
    binding: Binding = Binding()


@dataclass(frozen=True, slots=True, kw_only=True)
class SendTask(Activity):
    """Sends a message and goes on."""

    zh: ClassVar[str] = "发送任务"
    message: Message


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiveTask(Activity):
    """Waits for a message."""

    zh: ClassVar[str] = "接收任务"
    message: Message
    public: PublicForm | None = None
    instantiate: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class CallActivity(Activity):
    """Runs another process definition within this instance."""

    zh: ClassVar[str] = "调用活动"
    process: Expression
    propagate_parent: bool = True
    propagate_child: bool = True
    binding: Binding = Binding()


@dataclass(frozen=True, slots=True, kw_only=True)
class SubProcess(Activity):
    """An embedded sub-process, or an event sub-process of its scope."""

    zh: ClassVar[str] = "子流程"
    by_event: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Transaction(SubProcess):
    """A sub-process that can be cancelled: what it completed is then compensated."""

    zh: ClassVar[str] = "事务子流程"


@dataclass(frozen=True, slots=True, kw_only=True)
class AdHocSubProcess(SubProcess):
    """Activities begun as needed, until a condition holds; `active` are begun at once."""

    zh: ClassVar[str] = "特别子流程"
    sequential: bool = False
    completion: Expression | None = None
    cancel_remaining: bool = True
    active: Expression | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ExclusiveGateway(Element):
    """Takes the first flow whose condition is true."""

    zh: ClassVar[str] = "排他网关"


@dataclass(frozen=True, slots=True, kw_only=True)
class ParallelGateway(Element):
    """Waits for every incoming flow, takes every outgoing one."""

    zh: ClassVar[str] = "并行网关"


@dataclass(frozen=True, slots=True, kw_only=True)
class InclusiveGateway(Element):
    """Waits for those that can still come, takes each flow whose condition is true."""

    zh: ClassVar[str] = "包容网关"


@dataclass(frozen=True, slots=True, kw_only=True)
class EventGateway(Element):
    """Waits for the first of several events."""

    zh: ClassVar[str] = "事件网关"
    instantiate: bool = False
    parallel: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ComplexGateway(Element):
    """Goes on when its activation condition holds; the rest of the tokens reset it."""

    zh: ClassVar[str] = "复杂网关"
    activation: Expression | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Event(Element):
    """An event; no definition means a none event."""

    zh: ClassVar[str] = "事件"
    definition: EventDefinition | None = None
    public: PublicForm | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StartEvent(Event):
    """Where a process or sub-process begins."""

    zh: ClassVar[str] = "开始事件"
    form_id: str = ""
    form_binding: Binding = Binding("deployment")
    interrupting: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class EndEvent(Event):
    """Where a path ends."""

    zh: ClassVar[str] = "结束事件"


@dataclass(frozen=True, slots=True, kw_only=True)
class CatchEvent(Event):
    """Waits on the path."""

    zh: ClassVar[str] = "中间捕获事件"


@dataclass(frozen=True, slots=True, kw_only=True)
class ThrowEvent(Event):
    """Throws on the path."""

    zh: ClassVar[str] = "中间抛出事件"


@dataclass(frozen=True, slots=True, kw_only=True)
class BoundaryEvent(Event):
    """Waits while its activity is under way."""

    zh: ClassVar[str] = "边界事件"
    attached_to: str = ""
    interrupting: bool = True
    handler: str = ""
