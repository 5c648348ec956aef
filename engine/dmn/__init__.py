"""Decisions of DMN 1.3 to 1.5: read once, evaluate often.

Invariant: what cannot be executed as the standard says is refused by name when it is read.
"""

from engine.dmn.evaluation import evaluate
from engine.dmn.files import check_all, read_all
from engine.dmn.model import Decision, DecisionResult, Decisions, Match
from engine.dmn.reader import read

__all__ = [
    "Decision",
    "DecisionResult",
    "Decisions",
    "Match",
    "check_all",
    "evaluate",
    "read",
    "read_all",
]
