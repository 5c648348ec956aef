"""The files that came with a version of a process, looked up: its forms and its letters.

Invariant: they are looked up in the deployment that the task's own definition belongs to, so a
running case keeps its forms, unless the model binds a form to a newer version of its process.
"""

from functools import lru_cache
from typing import Final

from sqlalchemy.orm import Session

from engine import repository
from engine.definition.elements import Binding
from engine.errors import NotFound
from engine.model import ProcessDefinition, UserTask
from forms import definition as form_definition
from forms.definition import FormDefinition
from forms.fields.base import Field

DEPLOYED: Final = Binding("deployment")


def form(
    session: Session, definition_id: int, form_id: str, binding: Binding = DEPLOYED
) -> FormDefinition:
    """The form that a reference means in a version of a process.

    Forms have the versions of their process: `latest` is the newest version that has the form.

    Raises:
        NotFound: none of those versions has such a form.
    """
    versions = [definition_id]
    if binding.kind != "deployment":
        key = repository.get(session, definition_id).key
        every = repository.versions(session, key)
        versions = [one.id for one in every if binding.tag in ("", one.version_tag)]
    path = f"forms/{form_id}.yaml"
    for version in versions:
        content = repository.resource(session, version, path)
        if content is not None:
            return _form(content, path)
    tagged = f"版本标签为『{binding.tag}』的" if binding.tag else ""
    raise NotFound(f"{tagged}流程中没有表单『{form_id}』", name=form_id)


def task_form(session: Session, task: UserTask) -> FormDefinition:
    """The form of a task, of the version that its model binds it to.

    Raises:
        NotFound: there is no such form.
    """
    element = repository.compiled(session, task.definition_id).elements.get(task.activity)
    binding = getattr(element, "form_binding", DEPLOYED)
    return form(session, task.definition_id, task.form_id, binding)


def start_form(session: Session, process: ProcessDefinition) -> FormDefinition | None:
    """The form of a process's none start event, or None where it has none."""
    for event in repository.compiled(session, process.id).start_events:
        if event.form_id:
            return form(session, process.id, event.form_id, event.form_binding)
    return None


def fields(session: Session, definition_id: int) -> dict[str, Field]:
    """The fields of all forms that a version of a process was deployed with, by name."""
    made = repository.get(session, definition_id).deployment_id
    found: dict[str, Field] = {}
    for path, content in repository.resources(session, made).items():
        if path.startswith("forms/"):
            for one in _form(content, path).fields():
                found.setdefault(one.name, one)
    return found


def letter(session: Session, definition_id: int, letter_id: str) -> tuple[bytes, str]:
    """The template of a letter in the deployment of a process definition, and its file name.

    Raises:
        NotFound: the deployment has no such letter.
    """
    path = f"letters/{letter_id}.yaml"
    content = repository.resource(session, definition_id, path)
    if content is None:
        raise NotFound(f"流程中没有文书模板『{letter_id}』", name=letter_id)
    return content, path


@lru_cache(maxsize=512)
def _form(content: bytes, path: str) -> FormDefinition:
    return form_definition.read(content, path)
