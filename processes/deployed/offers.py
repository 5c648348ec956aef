"""Which services there are for whom: the processes that somebody may start, also as a form's list.

Invariant: `starters` and `startersAt` of the latest version alone decide; what they say is read
once a version.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine import repository
from engine.errors import NotFound
from engine.model import ProcessDefinition
from forms.definition import FormDefinition
from forms.lookups import Option
from processes.deployed import resources
from processes.domains import belonging
from processes.identity.identity import User
from processes.identity.roles import ROLES
from processes.model.people import Org

APPLICANT: Final = "applicant"
KINDS: Final = "startersAt"
"""The kinds of organisation in which a role of `starters` may start; not written: in any."""
COMMON: Final = "common"


@dataclass(frozen=True, slots=True)
class Service:
    """A process somebody may start: its latest version and the form it starts with."""

    definition: ProcessDefinition
    title: str
    description: str
    form: FormDefinition | None


@dataclass(frozen=True, slots=True)
class _Offer:
    """What a version says of being started; it never changes, so it is read once."""

    starters: frozenset[str]
    kinds: frozenset[str]
    calls: frozenset[str]
    description: str
    form: FormDefinition | None


_offers: dict[tuple[int, str], _Offer] = {}
_MOST_OFFERS: Final = 500


def services(session: Session, by: User) -> list[Service]:
    """The processes a user may start: those whose `starters` name `applicant` or a role held."""
    offered = (_service(session, definition, by) for definition in repository.all_latest(session))
    return sorted((one for one in offered if one is not None), key=lambda one: _rank(one, by))


def begun(session: Session, by: User) -> list[ProcessDefinition]:
    """The processes that cases before a user are of: those of the domains his roles work in.

    A role that sees no cases of others, as of a unit's user, works in the domain that defines it.
    What only other processes call is part of their cases; who works in none may meet any.
    """
    offers = {one: _offer(session, one) for one in repository.all_latest(session)}
    called = frozenset[str]().union(*(offer.calls for offer in offers.values()))
    cases = [one for one, offer in offers.items() if offer.starters or one.key not in called]
    works = {domain_of(prefix) for role, _org in by.roles for prefix in _works_in(role)}
    return [one for one in cases if not works or domain_of(one.key) in {*works, COMMON}]


def _works_in(role: str) -> tuple[str, ...]:
    sees = ROLES[role].sees if role in ROLES else ()
    own = belonging.of_roles().get(role, COMMON)
    return sees or (() if own == COMMON else (own,))


def domain_of(key: str) -> str:
    """The domain a process belongs to: the beginning of its key."""
    return key.partition("_")[0]


def _rank(one: Service, by: User) -> tuple[bool, bool]:
    """What is meant for a role of the user comes first, what every domain has last."""
    roles = {role for role, _org in by.roles} - {APPLICANT}
    starters = _offers[one.definition.id, one.definition.digest].starters
    return starters.isdisjoint(roles), one.definition.key.startswith("common_")


def _service(session: Session, definition: ProcessDefinition, by: User) -> Service | None:
    if definition.suspended:
        return None
    offer = _offer(session, definition)
    if not _admits(session, offer, by):
        return None
    return Service(definition, definition.name, offer.description, offer.form)


def _admits(session: Session, offer: _Offer, by: User) -> bool:
    if by.kind == APPLICANT and APPLICANT in offer.starters:
        return True
    at = {org for role, org in by.roles if role in offer.starters}
    if not offer.kinds or not at:
        return bool(at)
    query = select(Org.org_code).where(Org.org_code.in_(at), Org.kind.in_(offer.kinds))
    return session.scalar(query.limit(1)) is not None


def _offer(session: Session, definition: ProcessDefinition) -> _Offer:
    key = definition.id, definition.digest
    found = _offers.get(key)
    if found is None:
        compiled = repository.compiled(session, definition.id)
        process = compiled.process
        found = _Offer(
            frozenset(process.properties.get("starters", "").split()),
            frozenset(process.properties.get(KINDS, "").split()),
            compiled.processes_called,
            process.documentation,
            resources.start_form(session, definition),
        )
        if len(_offers) >= _MOST_OFFERS:
            _offers.clear()
        _offers[key] = found
    return found


def service(session: Session, process_key: str, *, by: User) -> Service:
    """One process a user may start.

    Raises:
        NotFound: there is none, or it is not for this user.
    """
    found = _service(session, repository.latest(session, process_key), by)
    if found is None:
        raise NotFound("没有这项业务，或您不能申请", key=process_key)
    return found


def may_start(session: Session, process_key: str, *, by: User) -> bool:
    """Whether a user may start a process now."""
    try:
        service(session, process_key, by=by)
    except NotFound:
        return False
    return True


@dataclass(frozen=True, slots=True)
class ServiceSource:
    """The services a user may start, for a form to choose from (`services`): key and title."""

    session: Session
    by: User | None

    def find(self, value: str, _context: Mapping[str, Any]) -> Option | None:
        return next((one for one in self._options() if one.value == value), None)

    def search(
        self, text: str, _context: Mapping[str, Any], *, limit: int = 50
    ) -> Sequence[Option]:
        return [one for one in self._options() if text in one.label][:limit]

    def _options(self) -> list[Option]:
        found = services(self.session, self.by) if self.by else []
        return [Option(one.definition.key, one.title) for one in found if one.form is not None]
