"""The tests of processes play them; rows of decision tests beside a table are tests as well."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from processes import decision_tests, functions
from tests.play import play

__all__ = ["play"]


class DecisionFile(pytest.File):
    """One `<decision>.test.yaml`."""

    def collect(self) -> Iterator[pytest.Item]:
        functions.register()
        suite = decision_tests.read(self.path)
        for case in suite.cases:
            yield DecisionRow.from_parent(self, name=case.name, suite=suite, case=case)


class DecisionRow(pytest.Item):
    """One row."""

    def __init__(
        self, *, suite: decision_tests.Suite, case: decision_tests.Case, **place: object
    ) -> None:
        super().__init__(**place)
        self.suite, self.case = suite, case

    def runtest(self) -> None:
        wrong = decision_tests.run(self.suite.decision, self.case)
        if wrong:
            pytest.fail(wrong, pytrace=False)

    def reportinfo(self) -> tuple[Path, int, str]:
        return self.path, self.case.line - 1, f"{self.suite.decision.id}: {self.case.name}"


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.File | None:
    """Decision tests anywhere below this folder."""
    if file_path.name.endswith(decision_tests.ENDING):
        return DecisionFile.from_parent(parent, path=file_path)
    return None
