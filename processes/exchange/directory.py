"""The departments outside that this installation reaches, and what goes to each.

Invariant: said once, when the program starts; every page and command reads it here.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from adapters._shared.exchange import Contract, Exchange
from adapters._shared.members import ServiceType
from adapters._shared.reach import Reachable
from adapters.registry import Adapters
from engine.errors import NotFound


@dataclass(frozen=True, slots=True)
class Interface:
    """One department: how messages go (`push`, `pull`, `file`) and which topics are its own."""

    name: str
    title: str
    way: str = "push"
    topics: frozenset[str] = frozenset()
    department: Reachable | None = None
    exchange: Exchange | None = None
    services: Mapping[str, ServiceType] = field(default_factory=dict)

    @property
    def contract(self) -> Contract | None:
        """What may be sent and answered, where the department exchanges messages with us."""
        return self.exchange.contract if self.exchange else None

    @property
    def packed(self) -> Mapping[str, str]:
        """The messages that go out in packages alone: topic → the member that says for whom."""
        contract = self.contract
        told = contract.outward if contract else {}
        return {t: told[t].packed_for for t in self.topics & told.keys() if told[t].packed_for}

    @property
    def address(self) -> str:
        """Where it is called; empty where it calls us."""
        return self.department.address if self.department else ""

    def titled(self, topic: str) -> str:
        """What a message or service is about, in the words of its contract."""
        if topic in self.services:
            return self.services[topic].title
        contract = self.contract
        if contract is None:
            return ""
        message = {**contract.inward, **contract.outward}.get(topic)
        return message.title if message else ""


@dataclass(frozen=True, slots=True)
class Directory:
    """All of them by name, and to which one each topic goes."""

    interfaces: Mapping[str, Interface] = field(default_factory=dict)
    by_topic: Mapping[str, str] = field(default_factory=dict)

    def get(self, name: str) -> Interface:
        """One department.

        Raises:
            NotFound: it is not switched on.
        """
        found = self.interfaces.get(name)
        if found is None:
            raise NotFound("没有启用这个适配器", name=name[:40])
        return found

    @property
    def fetched(self) -> tuple[str, ...]:
        """Topics that no worker of ours posts: fetched by another, or handed over as files."""
        return tuple(
            sorted(
                topic
                for topic, name in self.by_topic.items()
                if self.interfaces[name].way != "push" or topic in self.interfaces[name].packed
            )
        )


def of(adapters: Adapters, routes: Mapping[str, str]) -> Directory:
    """The directory of the adapters switched on; `routes` are those of the installation."""
    by_topic = {topic: topic.partition(".")[0] for topic in adapters.workers}
    by_topic |= {
        message: channel
        for message, channel in {**adapters.routes, **routes}.items()
        if channel in adapters.channels
    }
    names = sorted({*adapters.channels, *adapters.departments, *by_topic.values()})
    return Directory({name: _interface(name, adapters, by_topic) for name in names}, by_topic)


def _interface(name: str, adapters: Adapters, by_topic: Mapping[str, str]) -> Interface:
    channel = adapters.channels.get(name)
    exchange = channel if isinstance(channel, Exchange) else None
    department = adapters.departments.get(name)
    title = exchange.contract.title if exchange else department.name if department else name
    topics = frozenset(topic for topic, to in by_topic.items() if to == name)
    return Interface(
        name=name,
        title=title,
        way=exchange.way if exchange else "push",
        topics=topics,
        department=department,
        exchange=exchange,
        services={topic: adapters.services[topic] for topic in topics & adapters.services.keys()},
    )
