"""A process of a model file: its elements, flows, lanes, and what they refer to."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from engine import priority
from engine.definition.elements import BoundaryEvent, Element, StartEvent
from engine.expressions import Expression

E = TypeVar("E", bound=Element)


@dataclass(frozen=True, slots=True)
class Flow:
    """A sequence flow."""

    id: str
    source: str
    target: str
    name: str = ""
    condition: Expression | None = None
    line: int | None = None
    scope: str = ""


@dataclass(frozen=True, slots=True)
class Lane:
    """A lane: id = role code, name = the role's Chinese name."""

    id: str
    name: str = ""
    properties: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Process:
    """One executable process; elements of sub-processes stand flat beside the others.

    Each is itself alone, so that what is reckoned from it can be kept by it.
    """

    id: str
    name: str = ""
    file: str = ""
    digest: str = ""
    version_tag: str = ""
    line: int | None = None
    documentation: str = ""
    properties: Mapping[str, str] = field(default_factory=dict)
    elements: Mapping[str, Element] = field(default_factory=dict)
    flows: Mapping[str, Flow] = field(default_factory=dict)
    lanes: Mapping[str, Lane] = field(default_factory=dict)
    _attached: Mapping[str, list[BoundaryEvent]] = field(init=False, repr=False)

    job_priority: int = field(init=False, repr=False)
    """The class of the jobs of instances that begin with it (`engine.priority`)."""

    def __post_init__(self) -> None:
        attached: dict[str, list[BoundaryEvent]] = {}
        for event in self.of(BoundaryEvent):
            attached.setdefault(event.attached_to, []).append(event)
        object.__setattr__(self, "_attached", attached)
        object.__setattr__(self, "job_priority", priority.of(self.properties))

    def of(self, kind: type[E]) -> Iterator[E]:
        """The elements of a kind."""
        return (element for element in self.elements.values() if isinstance(element, kind))

    def in_scope(self, scope: str) -> list[Element]:
        """The elements directly in the process or a sub-process."""
        return [element for element in self.elements.values() if element.scope == scope]

    def starts(self, scope: str) -> list[StartEvent]:
        """The start events of a scope."""
        return [event for event in self.of(StartEvent) if event.scope == scope]

    def boundary(self, activity: str) -> list[BoundaryEvent]:
        """The boundary events of an activity."""
        return [*self._attached.get(activity, ())]

    def outgoing(self, element: Element) -> list[Flow]:
        """The flows out of an element, in the order of the file."""
        return [self.flows[flow] for flow in element.outgoing]
