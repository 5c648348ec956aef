"""Connects what lower packages need from this one: due dates, domain functions, case rows.

Invariant: every program that moves cases calls `connect` once at its start; again changes nothing.
"""

from engine import waiting
from processes.approvals import circulation, picking, planning, policies
from processes.casefile import derivation, signalling
from processes.casework import functions
from processes.clock import clock, clocking
from processes.documents import checklist
from processes.exchange import publication
from processes.operations import all_operations
from processes.registers import giving_back


def connect() -> None:
    """Hand the calendar, the functions of the domain and the derivation of cases to the engine."""
    functions.register()
    waiting.set_due_resolver(clock.due_at)
    derivation.register()
    publication.register()
    checklist.register()
    clocking.register()
    signalling.register()
    picking.register()
    planning.register()
    policies.register()
    circulation.register()
    giving_back.register()
    all_operations()
