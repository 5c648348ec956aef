"""What the property panel offers: forms, decisions, processes, topics and roles by name."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy.orm import Session

from engine import repository
from forms.fields.registry import TYPES
from processes.identity.roles import ROLES
from processes.operations import Operation, all_operations
from web.refusals import said
from web.wiring import topics
from web.wording import worded
from web.words import _

Choice = dict[str, str]


def of_installation(session: Session) -> dict[str, list[Choice]]:
    """What exists beside the draft's own files; those the page itself adds."""
    return {
        "processes": [
            _choice(one.key, worded(one.name or one.key)) for one in repository.all_latest(session)
        ],
        "decisions": [_choice(key, key) for key in sorted(repository.decision_ids(session))],
        "topics": _topics(),
        # a lane is named in the model's language, whatever the reader's
        "roles": [
            {**_choice(code, worded(one.name)), "name": one.name} for code, one in ROLES.items()
        ],
        "field_types": [_choice(name, name) for name in sorted(TYPES)],
    }


def _topics() -> list[Choice]:
    local = [
        {**_choice(topic, said(one.title)), "help": _taken(one)}
        for topic, one in all_operations().items()
    ]
    return [*local, *(_choice(topic, topic) for topic in topics())]


def _taken(operation: Operation) -> str:
    """What an operation takes, for whoever draws its task; what may be left out is marked."""
    optional = _("（可不填）")
    told = _("；").join(
        f"{name.removesuffix('?')} {said(meaning)}{optional if name.endswith('?') else ''}"
        for name, meaning in operation.inputs.items()
    )
    return _("输入映射：%(inputs)s。", inputs=told) if told else ""


def _choice(value: str, label: str) -> Choice:
    return {"value": value, "label": label}


def finding(one: Any) -> Mapping[str, Any]:
    """A finding as the page gets it."""
    return {
        "severity": one.severity,
        "code": one.code,
        "message": one.message,
        "file": one.file,
        "element": one.element,
        "line": one.line,
        "column": one.column,
    }
