"""Arming what waits for a timer or a message, and saying so to the store.

Invariant: an armed timer keeps its due instant (milliseconds since 1970) and never moves; an armed
message keeps its key.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from engine import clock, timers
from engine.definition.elements import PublicForm
from engine.definition.events import EventDefinition, Message, MessageEvent, TimerEvent
from engine.errors import ExpressionError
from engine.expressions import text
from engine.specs.token import Token
from engine.waiting import MessageWait, TimerWait, Wait

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND: Final = timedelta(milliseconds=1)


def to_number(instant: datetime) -> int:
    """An instant as it is kept in the state."""
    return (instant - _EPOCH) // _MILLISECOND


def to_instant(number: int) -> datetime:
    """The instant of a number in the state."""
    return _EPOCH + number * _MILLISECOND


def arm_timer(timer: TimerEvent, context: Mapping[str, Any]) -> dict[str, Any]:
    """What the token of a timer keeps."""
    return _kept(timers.armed(timer, context))


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


def arm(definition: EventDefinition | None, timer: Any, key: Any) -> dict[str, Any] | None:
    """What the token of an event keeps; None for an event that is not waited for (errors)."""
    if isinstance(definition, TimerEvent):
        return arm_timer(definition, timer)
    if isinstance(definition, MessageEvent):
        return arm_message(definition.message, key)
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
    return True


def note_armed(token: Token) -> None:
    """Tell the history of a timer."""
    data = token.internal_data
    if "due" in data:
        token.task_spec.note(token, "timer.armed", due_at=to_instant(data["due"]))


def timer_wait(token: Token) -> TimerWait:
    """The wait of a timer."""
    data = token.internal_data
    repeat = None
    if "every" in data:
        times = data["left"] + 1 if data["left"] >= 0 else ""
        repeat = f"R{times}/{data['every']}"
    activity = token.task_spec.activity
    return TimerWait(id=token.id, activity=activity, due_at=to_instant(data["due"]), repeat=repeat)


def message_wait(token: Token, message: Message, public: PublicForm | None) -> MessageWait:
    """The wait of a message."""
    return MessageWait(
        id=token.id,
        activity=token.task_spec.activity,
        name=message.name,
        correlation_key=token.internal_data["key"],
        public_form_id=public.form_id if public else "",
        public_title=public.title if public else "",
        beside=bool(token.internal_data.get("attached")),
    )


def event_wait(token: Token, definition: Any, public: PublicForm | None) -> Wait | None:
    """The wait of an event."""
    if isinstance(definition, TimerEvent) and "due" in token.internal_data:
        return timer_wait(token)
    if isinstance(definition, MessageEvent) and "key" in token.internal_data:
        return message_wait(token, definition.message, public)
    return None
