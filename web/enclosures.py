"""The files of a ledger's record on its page: to look at, and to take away."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from flask import request
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from processes.identity.identity import User
from processes.ledgers import enclosures
from processes.model.records import RegisterRecord
from web import files
from web.database import transaction


@dataclass(frozen=True, slots=True)
class Enclosed:
    """A file with its words; `shown` if a browser can show it."""

    label: str
    href: str
    shown: bool


def links(row: RegisterRecord, address: Callable[[str], str]) -> list[Enclosed]:
    """The files of a record; `address` says where the file of a field is."""
    return [
        Enclosed(one.label, address(one.name), _is_shown(row, one.name))
        for one in enclosures.of(row)
    ]


def send(find: Callable[[Session], RegisterRecord], field: str, *, by: User) -> ResponseReturnValue:
    """A file of the record that is found, put on record as looked at or taken away."""
    with transaction() as session:
        row = find(session)
        kept = bool(request.args.get("download")) or not _is_shown(row, field)
        content, value = enclosures.opened(session, row, field, by=by, kept=kept)
    return files.send(content, name=str(value["name"]), content_type=str(value["type"]))


def _is_shown(row: RegisterRecord, field: str) -> bool:
    value = row.data.get(field)
    return isinstance(value, Mapping) and files.is_shown(str(value.get("type")))
