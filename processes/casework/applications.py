"""Filing an application: how a case begins.

Invariant: number, organisation, applicant and time are set here; no form may carry them.
"""

from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy.orm import Session

from engine import clock, repository, runtime
from engine.errors import BanliError
from engine.variables import Value, Variables
from processes.casefile import drafts, opinions
from processes.casework import precedence, reachable, sources
from processes.deployed.offers import APPLICANT, Service, service, services
from processes.documents import materials
from processes.identity import audit, numbers, organisations
from processes.identity.identity import User
from processes.identity.roles import UNIT_ROLES, Action
from processes.model.cases import Case, CaseLink, FormDraft
from processes.rights import permissions

__all__ = ["Service", "apply", "service", "services"]

Answers = Mapping[str, Any]
HANDLED_BY: Final = "handledBy"
"""Property of a process: the kind of organisation that handles it where nobody names one."""
CONVERTED: Final = "转自"
"""How a case is linked to the one whose process prepared its application (咨询转办件)."""


def apply(
    session: Session, process_key: str, *, by: User, answers: Answers, channel: str = ""
) -> Case:
    """File an application: number it, start its process, keep its materials.

    Raises:
        NotFound: not a service for this user.
        Forbidden: something else comes first.
        FormInvalid: the answers break the form's rules; nothing changed.
    """
    permissions.require(by, Action.APPLY)
    offered = service(session, process_key, by=by)
    precedence.require(session, process_key, by=by)
    values: Variables = {}
    if offered.form is not None:
        values = offered.form.validate(
            answers, context=known(by), node="apply", lookups=sources.lookups(session, by)
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
    _follow(session, instance.id, drafts.find(session, f"apply:{process_key}", by=by))
    drafts.drop(session, f"apply:{process_key}", by=by)
    audit.record(session, "case.applied", by=by, subject=("case", instance.id))
    return session.get_one(Case, instance.id)


def _follow(session: Session, case_id: int, draft: FormDraft | None) -> None:
    """Link a case to the one whose process prepared its application."""
    if draft is not None and draft.origin_case is not None:
        link = CaseLink(case_id=case_id, other_id=draft.origin_case, relation=CONVERTED)
        session.add(link)


def _server_owned(
    session: Session, offered: Service, *, by: User, values: Variables, channel: str
) -> Variables:
    """The variables that the server sets; no form may carry them."""
    process = repository.compiled(session, offered.definition.id).process
    named = _handling_org(by, values) or organisations.first_of(
        session, process.properties.get(HANDLED_BY, "")
    )
    if not named:
        raise BanliError("没有确定由哪个机构办理：申请表单没有选机构，请告知流程设计人员")
    letter = process.properties.get("workOrderLetter", "Y")
    region = organisations.region(session, named)
    return {
        "work_order_no": numbers.work_order(session, letter, region, clock.today()),
        "org": named,
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
    """Whose case it is: a clerk at the counter types for somebody else.

    Who came by the unified identity is whom that vouches for, whatever the form says.
    """
    if one := by.citizen:
        told: dict[str, Value] = {"user": str(by.id), "name": one.name, "id_no": one.number}
        return {**told, "org": None, "party": one.kind, "handler": one.handler, "level": one.level}
    own = by.kind == APPLICANT
    unit = next((org for role, org in by.roles if role in UNIT_ROLES), None)
    return {
        "user": str(by.id) if own else None,
        "name": values.get("name") or (by.name if own else ""),
        "org": unit if own and values.get("filed_by") == "unit" else None,
        "id_no": values.get("id_no"),
    }


def known(by: User) -> Variables:
    """What a form may refer to before there is a case."""
    return {"user": by.told, "today": clock.today(), reachable.NAME: reachable.off()}
