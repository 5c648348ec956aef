"""Answers of a scenario to the forms that lie beside its model.

Invariant: the form's own rules decide, as on the page; what a form asks of the outside (lists to
choose from, stored files) is what the scenario says.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy.orm import Session

from engine import runtime
from engine.errors import BanliError
from engine.model import UserTask
from engine.variables import Variables
from forms.definition import FormDefinition
from forms.errors import FormInvalid
from forms.lookups import Lookups, Option, Source
from processes.deployed import resources


class NotFilledIn(BanliError):
    """There is no form, or its rules refuse the answers; the sentence names field and rule."""

    code = "not_filled_in"


class _Anything:
    """A list that has whatever is chosen."""

    def find(self, value: str, _context: Mapping[str, Any]) -> Option | None:
        return Option(value, value)

    def search(
        self, _text: str, _context: Mapping[str, Any], *, limit: int = 50
    ) -> Sequence[Option]:
        return ()[:limit]


class _Lists(Mapping[str, Source]):
    """Every list that a form may name."""

    def __getitem__(self, _name: str) -> Source:
        return _Anything()

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 0


def values(session: Session, task_id: int, answers: Mapping[str, Any]) -> Variables:
    """The variables that answers to the form of a task become.

    Raises:
        NotFilledIn: the task has no form, or the answers break its rules.
    """
    task = session.get_one(UserTask, task_id)
    if not task.form_id:
        raise NotFilledIn(f"环节“{task.activity}”没有表单，请用 variables 写明变量")
    form = resources.task_form(session, task)
    context = runtime.variables(session, task.instance_id, scope_id=task.scope_id)
    try:
        return form.validate(
            answers, context=context, node=task.activity, lookups=Lookups(sources=_Lists())
        )
    except FormInvalid as refused:
        raise NotFilledIn(f"表单『{form.title}』没有通过：{_said(form, refused)}") from refused


def _said(form: FormDefinition, refused: FormInvalid) -> str:
    labels = {spec.name: spec.label for spec in form.fields()}
    return "；".join(
        f"{labels.get(path.partition('.')[0], '')}（{path}）{'、'.join(messages)}"
        for path, messages in refused.errors.items()
    )
