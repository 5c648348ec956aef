"""Filing an application: which services there are for whom, and how a case begins.

Invariant: number, organisation, applicant and time are set here; no form may carry them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy.orm import Session

from engine import clock, repository, runtime
from engine.errors import NotFound
from engine.model import ProcessDefinition
from engine.variables import Value, Variables
from forms.definition import FormDefinition
from processes import (
    audit,
    deployment,
    drafts,
    materials,
    numbers,
    opinions,
    organisations,
    permissions,
    sources,
)
from processes.identity import User
from processes.model.cases import Case
from processes.roles import UNIT_ROLES, Action

Answers = Mapping[str, Any]
APPLICANT: Final = "applicant"


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
    description: str
    form: FormDefinition | None


_offers: dict[tuple[int, str], _Offer] = {}
_MOST_OFFERS: Final = 500


def services(session: Session, by: User) -> list[Service]:
    """The processes a user may start: those whose `starters` name `applicant` or a role held."""
    offered = (_service(session, definition, by) for definition in repository.all_latest(session))
    return [one for one in offered if one is not None]


def _service(session: Session, definition: ProcessDefinition, by: User) -> Service | None:
    if definition.suspended:
        return None
    offer = _offer(session, definition)
    mine = {role for role, _org in by.roles} | ({APPLICANT} if by.kind == APPLICANT else set())
    if offer.starters.isdisjoint(mine):
        return None
    return Service(definition, definition.name, offer.description, offer.form)


def _offer(session: Session, definition: ProcessDefinition) -> _Offer:
    key = definition.id, definition.digest
    found = _offers.get(key)
    if found is None:
        process = repository.compiled(session, definition.id).process
        found = _Offer(
            frozenset(process.properties.get("starters", "").split()),
            process.documentation,
            deployment.start_form(session, definition),
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


def apply(
    session: Session, process_key: str, *, by: User, answers: Answers, channel: str = ""
) -> Case:
    """File an application: number it, start its process, keep its materials.

    Raises:
        NotFound: not a service for this user.
        FormInvalid: the answers break the form's rules; nothing changed.
    """
    permissions.require(by, Action.APPLY)
    offered = service(session, process_key, by=by)
    values: Variables = {}
    if offered.form is not None:
        values = offered.form.validate(
            answers, context=_known(by), node="apply", lookups=sources.lookups(session, by)
        )
    variables = {**values, **_server_owned(session, offered, by=by, values=values, channel=channel)}
    instance = runtime.start(
        session,
        process_key,
        by=str(by.id),
        variables=variables,
        business_key=str(variables["work_order_no"]),
    )
    if offered.form is not None:
        materials.record(session, instance.id, form=offered.form, values=values, by=by.id)
    opinions.record(
        session, instance.id, by=by, activity="apply", activity_name="申请", action="applied"
    )
    drafts.drop(session, f"apply:{process_key}", by=by)
    audit.record(session, "case.applied", by=by, subject=("case", instance.id))
    return session.get_one(Case, instance.id)


def _server_owned(
    session: Session, offered: Service, *, by: User, values: Variables, channel: str
) -> Variables:
    """The variables that the server sets; no form may carry them."""
    process = repository.compiled(session, offered.definition.id).process
    org = organisations.get(session, _handling_org(by, values))
    number = numbers.work_order(
        session, process.properties.get("workOrderLetter", "Y"), org.region_code, clock.today()
    )
    return {
        "work_order_no": number,
        "org": org.org_code,
        "channel": channel or ("efiling" if by.kind == APPLICANT else "counter"),
        "submitted_on": clock.today(),
        "submitted_at": clock.now(),
        "started_by": str(by.id),
        "applicant": _applicant(by, values),
    }


def _handling_org(by: User, values: Variables) -> str:
    named = values.get("org")
    if isinstance(named, str) and by.kind == APPLICANT:
        return named
    return by.org_code or str(named or "")


def _applicant(by: User, values: Variables) -> dict[str, Value]:
    """Whose case it is: a clerk at the counter types for somebody else."""
    own = by.kind == APPLICANT
    unit = next((org for role, org in by.roles if role in UNIT_ROLES), None)
    return {
        "user": str(by.id) if own else None,
        "name": values.get("name") or (by.name if own else ""),
        "org": unit if own and values.get("filed_by") == "unit" else None,
        "id_no": values.get("id_no"),
    }


def _known(by: User) -> Variables:
    return {"user": by.told, "today": clock.today()}
