"""Ledgers (台账) defined as data: `registers.create`, `update`, `transition`, `find`, `allot`."""

from processes.registers.definition import (
    Definition,
    definition,
    definitions,
    ledger_words,
    load,
    read,
)
from processes.registers.ledger import (
    Record,
    Trace,
    TransitionRefused,
    create,
    create_many,
    get,
    log,
    transition,
    update,
)
from processes.registers.search import MOST, broken_rules, counts, find, first
from processes.registers.stock import allot, available, ranges, receive, serials
from processes.registers.uniqueness import Duplicate, obstacle, taken, unique_values
from processes.registers.values import RecordInvalid

__all__ = [
    "MOST",
    "Definition",
    "Duplicate",
    "Record",
    "RecordInvalid",
    "Trace",
    "TransitionRefused",
    "allot",
    "available",
    "broken_rules",
    "counts",
    "create",
    "create_many",
    "definition",
    "definitions",
    "find",
    "first",
    "get",
    "ledger_words",
    "load",
    "log",
    "obstacle",
    "ranges",
    "read",
    "receive",
    "serials",
    "taken",
    "transition",
    "unique_values",
    "update",
]
