"""Arming what waits for an event, and saying so to the store.

Invariant: an armed timer keeps its due instant (milliseconds since 1970) and never moves; an armed
message keeps its key, a signal its name, a condition whether it held when last looked at.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from engine import clock, timers
from engine.definition.elements import PublicForm
from engine.definition.events import (
    ConditionalEvent,
    EventDefinition,
    Message,
    MessageEvent,
    MultipleEvent,
    SignalEvent,
    TimerEvent,
)
from engine.errors import ExpressionError
from engine.expressions import evaluate, failure, number, text
from engine.feel.kinds import chinese
from engine.specs.token import WAITING, Token
from engine.waiting import ConditionWait, MessageWait, SignalWait, TimerWait, Wait

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
NEVER: Final = datetime(9999, 1, 1, tzinfo=UTC)
"""When a timer is due that follows a suspended limit."""
_MILLISECOND: Final = timedelta(milliseconds=1)


def to_number(instant: datetime) -> int:
    """An instant as it is kept in the state."""
    return (instant - _EPOCH) // _MILLISECOND


def to_instant(number: int) -> datetime:
    """The instant of a number in the state."""
    return _EPOCH + number * _MILLISECOND


def arm_timer(timer: TimerEvent, context: Mapping[str, Any]) -> dict[str, Any]:
    """What the token of a timer keeps."""
    data = _kept(timers.armed(timer, context))
    if timer.before is not None:
        data["before"] = number(timer.before, context)
        if data["before"] < 0:
            raise failure(timer.before, "提前量不能小于零")
    return data


def _kept(schedule: timers.Schedule) -> dict[str, Any]:
    data: dict[str, Any] = {"due": to_number(schedule.due_at)}
    if schedule.every:
        data.update(every=schedule.every, left=schedule.left)
    return data


def arm_message(message: Message, context: Mapping[str, Any]) -> dict[str, Any]:
    """What the token of a message keeps.

    Raises:
        ExpressionError: the key is empty or fails.
    """
    if message.correlation_key is None:
        raise ExpressionError(f"消息『{message.name}』没有关联键，无法等待", element=message.id)
    return {"key": text(message.correlation_key, context)}


def arm_condition(definition: ConditionalEvent, context: Mapping[str, Any]) -> dict[str, Any]:
    """What the token of a condition keeps: whether it held when last looked at.

    It is looked at for the first time right after it was armed: it may hold from the beginning.
    """
    holds(definition, context)
    return {"held": 0}


def holds(definition: ConditionalEvent, context: Mapping[str, Any]) -> bool:
    """Whether a condition is true now; one that reads what is not there yet is not true.

    Raises:
        ExpressionError: it fails, or is neither true nor false nor null.
    """
    value = evaluate(definition.condition, context)
    if value is not None and not isinstance(value, bool):
        raise failure(definition.condition, f"结果应为 true 或 false，实为{chinese(value)}")
    return value is True


def arm(definition: EventDefinition | None, inner: Any, outer: Any) -> dict[str, Any] | None:
    """What the token of an event keeps; None for an event that is not waited for (errors).

    Timers and conditions see the `inner` context, the names and keys of others the `outer` one.
    """
    match definition:
        case TimerEvent():
            return arm_timer(definition, inner)
        case MessageEvent(message):
            return arm_message(message, outer)
        case SignalEvent(name):
            return {"signal": text(name, outer)}
        case ConditionalEvent():
            return arm_condition(definition, inner)
        case MultipleEvent(definitions):
            armed = [arm(one, inner, outer) for one in definitions]
            return {"triggers": armed} if any(one is not None for one in armed) else None
    return None


def rearm(token: Token) -> bool:
    """Move a cycle to its next instant; False when this was its last firing."""
    data = token.internal_data
    present = timers.Schedule(to_instant(data["due"]), data.get("every", ""), data.get("left", 0))
    following = present.next(clock.now())
    if following is None:
        return False
    data.update(_kept(following))
    token.told = None
    begin(token)
    return True


def begin(token: Token) -> None:
    """Tell the history of a timer that was armed, and the workflow of a condition."""
    data = token.internal_data
    if "due" in data:
        token.task_spec.note(token, "timer.armed", due_at=to_instant(data["due"]))
    elif "held" in data:
        token.workflow.watch(token)


def awaits_signal(token: Token, name: str) -> bool:
    """Whether a token waits for a signal of that name now."""
    data = token.internal_data
    waiting = token.state == WAITING and token.incident is None and "came" not in data
    return waiting and data.get("signal") == name


def timer_wait(token: Token) -> TimerWait:
    """The wait of a timer."""
    data = token.internal_data
    repeat = None
    if "every" in data:
        times = data["left"] + 1 if data["left"] >= 0 else ""
        iso = data["every"].startswith("P")
        repeat = f"R{times}/{data['every']}" if iso else data["every"]
    definition = token.task_spec.definition
    # one of several triggers stands below its event, the event below what it is attached to
    event = token if token.task_spec.visible else token.parent
    return TimerWait(
        id=token.id,
        activity=token.task_spec.activity,
        due_at=to_instant(data["due"]),
        repeat=repeat,
        limit=definition.limit,
        before=data.get("before", 0),
        midnight=definition.midnight,
        host=event.parent.id if definition.limit else 0,
    )


def message_wait(token: Token, message: Message, public: PublicForm | None) -> MessageWait:
    """The wait of a message."""
    about = token.internal_data.get("about", "")
    if "withheld" in token.internal_data:
        public = None
    return MessageWait(
        id=token.id,
        activity=token.task_spec.activity,
        name=message.name,
        correlation_key=token.internal_data["key"],
        public_form_id=public.form_id if public else "",
        public_title=(f"{public.title}（{about}）" if about else public.title) if public else "",
        beside=bool(token.internal_data.get("attached")),
    )


def event_wait(token: Token, definition: Any, public: PublicForm | None) -> Wait | None:
    """The wait of an event."""
    data = token.internal_data
    if isinstance(definition, TimerEvent) and "due" in data:
        return timer_wait(token)
    if isinstance(definition, MessageEvent) and "key" in data:
        return message_wait(token, definition.message, public)
    if "signal" in data:
        return SignalWait(
            id=token.id,
            activity=token.task_spec.activity,
            name=data["signal"],
            beside=bool(data.get("attached")),
        )
    if "held" in data:
        return ConditionWait(
            id=token.id,
            activity=token.task_spec.activity,
            condition=definition.condition.source,
            beside=bool(data.get("attached")),
        )
    return None
