"""Rules for links: off-page connectors within one process or sub-process (BPMN 2.0.2, 10.5.5)."""

from collections.abc import Callable
from typing import Final

from engine.definition import elements as el
from engine.definition import events as ev
from engine.definition.process import Process
from engine.lint.findings import Findings


def pairs(process: Process, findings: Findings) -> None:
    """Every link thrown has one target, on its own level."""
    throws = [e for e in process.of(el.ThrowEvent) if isinstance(e.definition, ev.LinkEvent)]
    catches = [e for e in process.of(el.CatchEvent) if isinstance(e.definition, ev.LinkEvent)]
    places = [(one.scope, _link(one)) for one in catches]
    for index, catch in enumerate(catches):
        if places[index] in places[:index]:
            findings.error("link_twice", catch, f"链接『{_link(catch)}』在同一层有多个目标")
    for throw in throws:
        if (throw.scope, _link(throw)) in places:
            continue
        elsewhere = _link(throw) in {name for _scope, name in places}
        reason = "的目标在另一层，链接不能跨越子流程的边界" if elsewhere else "没有目标"
        findings.error("link_missing", throw, f"链接『{_link(throw)}』{reason}")


def flows(process: Process, findings: Findings) -> None:
    """A link stands in place of a flow: none leaves the throw, none enters the catch."""
    for flow in process.flows.values():
        if "#" in flow.id:
            continue  # the link itself
        source, target = process.elements.get(flow.source), process.elements.get(flow.target)
        if isinstance(source, el.ThrowEvent) and isinstance(source.definition, ev.LinkEvent):
            findings.error("flow_place", source, "链接抛出事件不能有离开的顺序流")
        if isinstance(target, el.CatchEvent) and isinstance(target.definition, ev.LinkEvent):
            findings.error("flow_place", target, "链接捕获事件不能有进入的顺序流")


def _link(event: el.Event) -> str:
    return event.definition.name if isinstance(event.definition, ev.LinkEvent) else ""


RULES: Final[tuple[Callable[[Process, Findings], None], ...]] = (pairs, flows)
