"""The tests of processes play them; decision tests and scenarios beside a file are tests too."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from bpmn import ways
from processes.casework import functions
from processes.modelling import decision_tests
from processes.play import Play, folder, scenario, steps
from processes.play.model import ModelPlay
from tests.play import play

__all__ = ["play"]


@pytest.fixture
def outside(play: Play) -> Iterator[dict[str, ways.Gateway]]:
    """Every way of a notice to people outside, connected to the play."""
    with ways.connected(play) as made:
        yield made


SCENARIO: Final = ".scenario.yaml"


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


class ScenarioFile(pytest.File):
    """One `<model>.scenario.yaml` beside `<model>.bpmn`."""

    def collect(self) -> Iterator[pytest.Item]:
        yield ScenarioRun.from_parent(self, name=self.path.name.removesuffix(SCENARIO))


class ScenarioRun(pytest.Item):
    """One scenario, played as `banli play` plays it."""

    def runtest(self) -> None:
        wanted = scenario.read(self.path.read_bytes(), self.path.name)
        model = self.path.with_name(f"{self.name}.bpmn")
        played = ModelPlay(folder.read(model, beside=()), start=steps.beginning(wanted))
        try:
            if wanted.autostart and not wanted.process:
                played.startable()
            steps.run(played, wanted)
        except steps.ScenarioFailed as failed:
            pytest.fail(failed.message, pytrace=False)
        finally:
            played.close()

    def reportinfo(self) -> tuple[Path, int, str]:
        return self.path, 0, self.path.name


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.File | None:
    """Decision tests and scenarios anywhere below this folder."""
    if file_path.name.endswith(SCENARIO):
        return ScenarioFile.from_parent(parent, path=file_path)
    if file_path.name.endswith(decision_tests.ENDING):
        return DecisionFile.from_parent(parent, path=file_path)
    return None
