"""Any sequence of operations on any process keeps the case whole (case-operations A.2, A.3).

After every operation the tasks, timers, subscriptions and jobs are those that the tokens imply, the
past has only grown, the due times of what was not touched stand, and at last every case ends.
"""

import os
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from engine.approval.board import Kind
from tests.processes.sequences.models import TREES
from tests.processes.sequences.office import Office

NIGHTLY = bool(os.environ.get("BANLI_NIGHTLY"))
PICK = st.integers(0, 11)
YES = st.booleans()


class Operations(RuleBasedStateMachine):
    """What anybody of an office may try at any time."""

    office: Office | None = None

    @initialize(trees=st.lists(TREES, min_size=2, max_size=4).map(tuple))
    def open(self, trees: Any) -> None:
        self.office = Office(("sequence", trees))

    @rule(pick=PICK, who=PICK)
    def complete(self, pick: int, who: int) -> None:
        self.office.complete(pick, who)

    @rule(pick=PICK, who=PICK)
    def complete_another(self, pick: int, who: int) -> None:
        self.office.complete(pick, who)

    @rule(pick=PICK, who=PICK)
    def complete_one_more(self, pick: int, who: int) -> None:
        self.office.complete(pick, who)

    @rule(pick=PICK, who=PICK, straight=YES, recompute=YES)
    def send_back(self, pick: int, who: int, *, straight: bool, recompute: bool) -> None:
        self.office.send_back(pick, who, straight=straight, recompute=recompute)

    @rule(pick=PICK, who=PICK)
    def jump(self, pick: int, who: int) -> None:
        self.office.jump(pick, who)

    @rule(pick=PICK, who=PICK)
    def reclaim(self, pick: int, who: int) -> None:
        self.office.reclaim(pick, who)

    @rule(pick=PICK, who=PICK, how=st.sampled_from(["claim", "release", "save"]))
    def handle(self, pick: int, who: int, how: str) -> None:
        getattr(self.office, how)(pick, who)

    @rule(pick=PICK, who=PICK)
    def transfer(self, pick: int, who: int) -> None:
        self.office.transfer(pick, who)

    @rule(pick=PICK, who=PICK)
    def delegate(self, pick: int, who: int) -> None:
        self.office.delegate(pick, who)

    @rule(pick=PICK, who=PICK, kind=st.sampled_from([Kind.BEFORE, Kind.AFTER, Kind.BESIDE]))
    def sign(self, pick: int, who: int, kind: Kind) -> None:
        self.office.sign(pick, who, kind)

    @rule(pick=PICK, who=PICK)
    def remove(self, pick: int, who: int) -> None:
        self.office.remove(pick, who)

    @rule(pick=PICK, who=PICK, how=st.sampled_from(["suspend", "terminate", "void", "", "", ""]))
    def govern(self, pick: int, who: int, how: str) -> None:
        """Rarely: what rests or has ended has little more to try."""
        if self.office.rests(pick):
            self.office.resume(pick)
        elif self.office.over(pick):
            self.office.reopen(pick, who)
        elif how:
            getattr(self.office, how)(pick)

    @rule(hours=st.sampled_from([1, 24, 30, 80]))
    def wait(self, hours: int) -> None:
        self.office.wait(hours)

    @rule(pick=PICK)
    def message(self, pick: int) -> None:
        self.office.message(pick)

    @rule(pick=PICK)
    def work(self, pick: int) -> None:
        self.office.work(pick)

    def teardown(self) -> None:
        if self.office is None:
            return
        try:
            self.office.finish()
        finally:
            self.office.close()


Operations.TestCase.settings = settings(
    max_examples=2_000 if NIGHTLY else 30, stateful_step_count=40 if NIGHTLY else 20
)
TestOperations = Operations.TestCase
