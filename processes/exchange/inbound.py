"""Messages of departments: taken as they come, by whatever way, once.

Invariant: every way (callback, handed in by API, package of files, by hand) ends here. What came
later than its entry by hand moves nothing: it is compared with what was entered and told. A message
about an agency that we do not have is refused in words: nothing begins that could only get stuck.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from adapters._shared.exchange import Exchange
from adapters._shared.members import Member
from engine.correlation import Correlation
from engine.errors import MessageRefused
from engine.model import EventSubscription, InboundMessage
from engine.ports import Channel, Message
from engine.variables import encode
from processes.casefile import messages
from processes.exchange.journal import Arrival
from processes.model.people import Org

_BROKEN: Final = re.compile(r"-?[0-9]+\.[0-9]+")
_NONE: Final[frozenset[str]] = frozenset()
BY_HAND: Final = "manual:"
"""What the ids of messages entered by hand begin with."""


def take(session: Session, *, channel: Channel, message: Message, way: str = "push") -> Correlation:
    """Take a message of a department.

    Raises:
        MessageRefused: it names an agency that we do not have.
        What `engine.variables.check` raises.
    """
    check_agencies(session, channel, message)
    arrival = Arrival(channel.name, message, way)
    entered = _entered_by_hand(session, channel.name, message)
    if entered is None:
        taken = messages.accept(session, channel=channel.name, message=message)
        arrival.ended(session, taken)
        return taken
    timed = _timed(channel, message.name)
    same = _plain(entered.payload, timed) == _plain(message.variables, timed)
    late = Correlation("duplicate", entered.instance_id)
    outcome = "duplicate" if same else "differs"
    kept = None if same else dict(message.variables)
    arrival.ended(session, late, outcome=outcome, content=kept)
    return late


def check_agencies(session: Session, channel: Channel, message: Message) -> None:
    """Whether we have the agencies that a message names.

    Raises:
        MessageRefused: names the member and the code that is none of ours.
    """
    told = channel.contract.inward.get(message.name) if isinstance(channel, Exchange) else None
    for path, member, code in _agencies(told.members if told else (), message.variables):
        if not _is_ours(session, str(code)):
            shown = str(code)[:64]
            raise MessageRefused(f"报文的『{path}』（{member.title}）『{shown}』：没有这个机构")


def _agencies(
    members: Iterable[Member], values: Mapping[str, Any], within: str = ""
) -> Iterator[tuple[str, Member, Any]]:
    """The codes of agencies that a body names, also in its objects and lists of objects."""
    for member in members:
        path, value = f"{within}{member.name}", values.get(member.name)
        if member.agency and value is not None:
            yield path, member, value
        held = value if isinstance(value, list | tuple) else [value]
        for index, one in enumerate(held if member.parts else ()):
            if isinstance(one, Mapping):
                place = f"[{index}]" if held is value else ""
                yield from _agencies(member.parts, one, f"{path}{place}.")


def _is_ours(session: Session, code: str) -> bool:
    found = session.get(Org, code)
    return found is not None and found.status == "active"


def _entered_by_hand(session: Session, channel: str, message: Message) -> InboundMessage | None:
    """The entry by hand that this message comes too late for: nobody waits for another."""
    entered = session.scalar(
        select(InboundMessage)
        .where(
            InboundMessage.channel == channel,
            InboundMessage.name == message.name,
            InboundMessage.correlation_key == message.correlation_key,
            InboundMessage.message_id.startswith(BY_HAND),
            InboundMessage.state.in_(("delivered", "started")),
        )
        .order_by(InboundMessage.id.desc())
        .limit(1)
    )
    if entered is None:
        return None
    waiting = select(EventSubscription.id).where(
        EventSubscription.kind == "message",
        EventSubscription.name == message.name,
        EventSubscription.correlation_key == message.correlation_key,
    )
    return entered if session.scalar(waiting.limit(1)) is None else None


def _plain(values: Mapping[str, Any], timed: frozenset[str]) -> bytes:
    """What can be compared of two answers, numbers by their value."""
    return encode({name: _same(values[name]) for name in sorted(values) if name not in timed})


def _same(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _same(value[name]) for name in sorted(value)}
    if isinstance(value, list | tuple):
        return [_same(one) for one in value]
    if isinstance(value, Decimal) or (isinstance(value, str) and _BROKEN.fullmatch(value)):
        return str(value).rstrip("0").rstrip(".") if "." in str(value) else str(value)
    return value


def _timed(channel: Channel, name: str) -> frozenset[str]:
    """The instants of a message: when it was said is no part of what it says."""
    told = channel.contract.inward.get(name) if isinstance(channel, Exchange) else None
    return frozenset(one.name for one in told.members if one.kind == "instant") if told else _NONE
