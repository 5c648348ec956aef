"""The licence shape, once for our engine and once for stock SpiffWorkflow: the same diagram.

Seven user tasks in seven lanes, each with a non-interrupting boundary timer; two rejection loops.
"""

from typing import Final

from tests.engine.core.scenario import Node, boundary, event, gateway, timer, user, xml

STEPS: Final = ("accept", "review", "approve", "make", "precheck", "post", "issue")
_FLOWS: Final = """
start -> m1 -> accept -> review -> g1
g1 -> m1 if decision = "back"
g1 -> m2 default
m2 -> approve -> make -> g2
g2 -> m2 if decision = "back"
g2 -> precheck default
precheck -> post -> issue -> end
"""


def _nodes() -> dict[str, Node]:
    found = {name: gateway("exclusive") for name in ("m1", "m2", "g1", "g2")}
    for name in STEPS:
        found[name] = user(candidateGroups=name)
        found[f"{name}_late"] = boundary(name, timer("duration", "P5D"), interrupting=False)
        found[f"{name}_told"] = event("end")
    return found


def ours() -> bytes:
    """The model as our engine takes it."""
    late = "".join(f"\n{name}_late -> {name}_told" for name in STEPS)
    return xml(_FLOWS + late, key="licence", **_nodes())


def stock() -> bytes:
    """The same for the stock parser: Python expressions, no extensions."""
    text = ours().decode()
    text = text.replace('=decision = "back"', 'decision == "back"')
    text = text.replace("=decision = &quot;back&quot;", 'decision == "back"')
    text = text.replace("<timeDuration>P5D</timeDuration>", '<timeDuration>"P5D"</timeDuration>')
    start = text.find("<extensionElements>")
    while start >= 0:
        end = text.index("</extensionElements>", start) + len("</extensionElements>")
        text = text[:start] + text[end:]
        start = text.find("<extensionElements>")
    return text.encode()


# what a case answers: two rejections, 14 completions in all
ANSWERS: Final = (
    ("accept", "ok"),
    ("review", "back"),
    ("accept", "ok"),
    ("review", "back"),
    ("accept", "ok"),
    ("review", "ok"),
    ("approve", "ok"),
    ("make", "back"),
    ("approve", "ok"),
    ("make", "ok"),
    ("precheck", "ok"),
    ("post", "ok"),
    ("issue", "ok"),
)
