"""Columns of a list from the variables of its cases: fields of the forms, as people read them.

Invariant: only a field of a form of the chosen process can be a column, and a sensitive one is
masked; what a case has not got yet is empty.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from sqlalchemy.orm import Session

from engine import cache, repository
from engine.definition.process import Process
from engine.errors import NotFound
from forms.fields.base import Field, Scope
from forms.lookups import Lookups
from processes.casefile import facets
from processes.casework import sources
from processes.deployed import resources
from processes.identity.identity import User

PREFIX: Final = "var."
"""In front of the names of such columns."""
_TOO_LONG: Final = frozenset(
    {"textarea", "file", "files", "image", "signature", "rows", "auto", "info"}
)


def offered(session: Session, process_key: str) -> dict[str, str]:
    """The columns that the latest version of a process offers: name → label; none without it."""
    if not process_key:
        return {}
    return {f"{PREFIX}{name}": field.label for name, field in fields(session, process_key).items()}


def filterable(session: Session, process_key: str) -> dict[str, Field]:
    """The fields by which the cases of a process can be filtered, as its latest version says."""
    if not process_key:
        return {}
    known = fields(session, process_key)
    wanted = facets.named(_process(session, process_key)) if known else ()
    return {name: known[name] for name in wanted if name in known and facets.fits(known[name])}


def values(
    session: Session,
    process_key: str,
    columns: Iterable[str],
    cases: Sequence[int],
    *,
    by: User,
) -> Mapping[int, Mapping[str, str]]:
    """What stands in these columns for each case."""
    known = fields(session, process_key) if process_key else {}
    names = [one.removeprefix(PREFIX) for one in columns if one.startswith(PREFIX)]
    wanted = {name: known[name] for name in names if name in known}
    if not wanted:
        return {}
    lookups = sources.lookups(session, by)
    return {case_id: _of_case(session, case_id, wanted, lookups) for case_id in set(cases)}


def _of_case(
    session: Session, case_id: int, wanted: Mapping[str, Field], lookups: Lookups
) -> dict[str, str]:
    # decoded as stored: a list must not wake fifty cases
    variables = cache.variables(session, case_id).get(case_id, {})
    scope = Scope(variables, lookups)
    found = {}
    for name, field in wanted.items():
        value = variables.get(name)
        if value is None:
            continue
        shown = field.text(value, scope)
        found[f"{PREFIX}{name}"] = field.mask(shown) if field.sensitive and shown else shown
    return found


def _process(session: Session, process_key: str) -> Process:
    definition = repository.latest(session, process_key)
    return repository.compiled(session, definition.id).process


def fields(session: Session, process_key: str) -> dict[str, Field]:
    """The fields of the latest version of a process that a line of a list can show, by name."""
    try:
        definition = repository.latest(session, process_key)
    except NotFound:
        return {}
    start = resources.start_form(session, definition)
    # what was applied for comes before what was filled in on the way
    own = {field.name: field for field in start.fields()} if start else {}
    return {
        name: field
        for name, field in {**own, **resources.fields(session, definition.id)}.items()
        if field.has_value and field.type not in _TOO_LONG and not field.columns()
    }
