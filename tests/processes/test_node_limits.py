"""Limits of the nodes and of the whole, as deployment and a case see them (B.2 承办; B.3)."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from engine import repository
from engine.errors import Finding
from processes import wiring
from processes.model.cases import SupervisionEntry
from processes.modelling import deployment
from processes.modelling.bundle import Bundle, process_folders, read_folder
from tests.engine.core.scenario import user, xml
from tests.play import Player
from tests.processes.test_clocking import START, marks

BPMN = Path(__file__).parents[2] / "bpmn"
FOLDERS = list(process_folders(BPMN))


@pytest.fixture(scope="module", autouse=True)
def functions() -> None:
    wiring.connect()


def over(bundle: Bundle) -> list[Finding]:
    called = deployment.among([read_folder(BPMN / "common/common_acceptance"), bundle])
    found = deployment.check(bundle, called=called)
    return [one for one in found if one.code == "limits_over_whole"]


@pytest.mark.parametrize("folder", FOLDERS, ids=[folder.name for folder in FOLDERS])
def test_no_shipped_process_plans_more_than_it_promises(folder: Path) -> None:
    assert over(read_folder(folder)) == []


def test_the_licence_is_warned_about_where_its_parameters_exceed_its_promise() -> None:
    """Its amounts come from a script, its promise starts in the acceptance that it calls."""
    bundle = read_folder(BPMN / "yacht/yacht_licence_issue")
    name = "yacht_licence_issue.bpmn"
    longer = bundle.files[name].replace(b"review_days: 10", b"review_days: 16")
    (found,) = over(replace(bundle, files={**bundle.files, name: longer}))
    assert found.severity == "warning"
    assert "按缺省取值，各环节期限之和 21 个工作日超过承诺期限 20 个工作日" in found.message
    assert "审核（16） → 审批（5）" in found.message


@pytest.mark.parametrize(("days", "reported"), [(10, []), (11, ["limits_over_whole"])])
def test_amounts_that_a_case_alone_knows_are_reported_when_its_limit_starts(
    days: int, reported: list[str]
) -> None:
    limit = '<banli:limit amount="=days" unit="working_days" title="审查期限"/>'
    model = xml(
        "start -> begun -> review -> end",
        key="yacht_licence_days",
        begun=marks(START),
        review=user(limit, candidateGroups="licence_reviewer@370001"),
    )
    play = Player()
    try:
        play.run(lambda session: repository.deploy(session, {"d.bpmn": model}, by="admin"))
        case = play.start("yacht_licence_days", days=days)

        def kinds(session: Any) -> list[str]:
            query = select(SupervisionEntry).where(SupervisionEntry.case_id == case.id)
            return [one.kind for one in session.scalars(query)]

        assert play.run(kinds) == reported
    finally:
        play.close()
