"""The form of a BPMN file: is it what the standard's schema and reference rules allow?

Works on the XML tree, before anything is understood, and knows nothing of execution.
Invariant: the order of elements is never a fault (modellers write them in many orders); everything
else that the schema of BPMN 2.0.2 forbids is a finding with element, line and reason.
"""

from engine import xml
from engine.reading import Reading
from engine.schema import collaboration, diagram, form, lists, references


def check(reading: Reading, root: xml.Node) -> None:
    """Add the findings of a file's form to the reading."""
    index = references.Index(root)
    form.check(reading, root)
    references.check(reading, index)
    lists.check(reading, index)
    collaboration.check(reading, index)
    diagram.check(reading, index)
