"""The two classes of jobs: those that somebody waits for, and those that can wait.

Invariant: a job keeps the class of the process that its instance began with; a process says so with
the property `jobPriority` (Camunda's name; there a number, here a word).
"""

from collections.abc import Mapping
from typing import Final

PROPERTY: Final = "jobPriority"
NORMAL: Final = 0
LOW: Final = -1
CLASSES: Final = (NORMAL, LOW)
"""The class to do first comes first."""
WORDS: Final = {"normal": NORMAL, "low": LOW}


def of(properties: Mapping[str, str]) -> int:
    """The class that a process with these properties gives its jobs."""
    return WORDS.get(properties.get(PROPERTY, ""), NORMAL)
