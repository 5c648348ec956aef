"""Which version of a form a task of a running case opens (`zeebe:formDefinition bindingType`)."""

from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from engine import repository
from engine.definition.elements import Binding
from engine.errors import NotFound
from processes.deployed import resources
from processes.desk import worklist
from processes.modelling import bundle, deployment
from tests.engine.core.scenario import user, xml
from tests.play import Player

FORM = "form: f\ntitle: {}\nsections:\n  - title: 内容\n    fields:\n      - {{name: a, label: 甲, type: text}}\n"


def _deploy(session: Session, tag: str, title: str) -> int:
    """A version of the process with its form; without a title it has none. Its id."""
    extension = f'<extensionElements><zeebe:versionTag value="{tag}"/></extensionElements>'
    task = user('<zeebe:formDefinition formId="f"/>' if title else "")
    files = {"p.bpmn": xml("start -> a -> end", a=task, before=extension)}
    if title:
        files["forms/f.yaml"] = FORM.format(title).encode()
    repository.deploy(session, files, by="admin")
    return repository.latest(session, "p").id


def _deploy_folder(play: Player, folder: Path) -> None:
    play.run(lambda opened: deployment.deploy(opened, bundle.read_folder(folder), by="admin"))


def _opened(session: Session, definition_id: int, *binding: str) -> str:
    return resources.form(session, definition_id, "f", Binding(*binding)).title


def test_a_form_has_the_versions_of_its_process(session: Session):
    first = _deploy(session, "2025", "第一版")
    _deploy(session, "2025", "第二版")
    _deploy(session, "2026", "第三版")
    _deploy(session, "2026", "")  # the newest has no such form any more
    assert _opened(session, first, "deployment") == "第一版"
    assert _opened(session, first, "versionTag", "2025") == "第二版"
    assert _opened(session, first, "latest") == "第三版"
    with pytest.raises(NotFound, match="2027"):
        _opened(session, first, "versionTag", "2027")


@pytest.mark.parametrize(
    ("binding", "title"),
    [("", "第一版"), ('bindingType="deployment"', "第一版"), ('bindingType="latest"', "第二版")],
)
def test_a_task_of_a_running_case_opens_the_form_it_is_bound_to(play, tmp_path, binding, title):
    form = tmp_path / "forms" / "f.yaml"
    form.parent.mkdir()
    form.write_text(FORM.format("第一版"), "utf-8")
    task = user(
        f'<zeebe:formDefinition formId="f" {binding}/>', candidateGroups="licence_acceptor@370001"
    )
    (tmp_path / "bound.bpmn").write_bytes(xml("start -> a -> end", key="bound", a=task))
    _deploy_folder(play, tmp_path)
    case = play("bound")
    form.write_text(FORM.format("第二版"), "utf-8")
    _deploy_folder(play, tmp_path)
    [row] = case.tasks
    with play.session() as session:
        shown = worklist.view(session, row.id, by=play.user("acceptor"))
    assert shown.form.title == title
