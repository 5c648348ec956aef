"""Operation at a glance: incidents with their cause and 重试, jobs, adapters and the worker.

Invariant: nothing that stopped stays unseen; a retry is a command of its own, audited.
"""

from typing import Final

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import func, select

from engine import clock
from engine.model import Incident, ProcessDefinition, ProcessInstance
from processes.background import backstage
from processes.casework import monitor, overview
from processes.identity.roles import Action
from processes.model.cases import Case
from web import conformance, exporting
from web.auth import actions_of, current, policy
from web.clerk import diagrams
from web.database import read_session, run
from web.words import N_, _

blueprint = Blueprint("operations", __name__, url_prefix="/operations")

_MOST: Final = 200
KINDS: Final = {
    "timer": N_("定时器"),
    "external_task": N_("外部任务"),
    "outbox_message": N_("待发报文"),
}


@blueprint.get("")
@policy("staff", Action.OPERATE)
def index() -> ResponseReturnValue:
    with read_session() as session:
        query = (
            select(Incident, Case, ProcessDefinition.name)
            .outerjoin(Case, Case.id == Incident.instance_id)
            .outerjoin(ProcessDefinition, ProcessDefinition.id == Incident.definition_id)
            .where(monitor.looked_after(Incident.instance_id, by=current()))
            .order_by(Incident.id.desc())
            .limit(exporting.most(_MOST))
        )
        rows = session.execute(query).tuples().all()
        names = {
            one.id: overview.activity_name(session, one.definition_id, one.activity or "")
            for one, _case, _name in rows
        }
        return exporting.page("admin/incidents.html", rows=rows, names=names)


@blueprint.post("/incidents/<int:incident_id>/retry")
@policy("staff", Action.OPERATE)
def retry(incident_id: int) -> ResponseReturnValue:
    run(overview.retry_incident, incident_id, by=current())
    flash(_("已安排重试，结果稍后显示"))
    return redirect(url_for("operations.index"), code=303)


@blueprint.get("/jobs")
@policy("staff", Action.OPERATE)
def jobs() -> ResponseReturnValue:
    kind = request.args.get("kind", "")
    with read_session() as session:
        wanted = kind if kind in KINDS else ""
        rows = backstage.jobs(session, by=current(), kind=wanted, limit=exporting.most(_MOST))
        names = {
            job.id: overview.activity_name(session, job.definition_id, job.activity or "")
            for job, _reference in rows
        }
        return exporting.page(
            "admin/jobs.html",
            rows=rows,
            names=names,
            kinds=KINDS,
            kind=kind,
            counts=backstage.kinds(session, by=current()),
            now=clock.now(),
        )


@blueprint.get("/services")
@policy("staff", Action.OPERATE)
def services() -> ResponseReturnValue:
    """Who does the work in the background, and how each topic stands."""
    with read_session() as session:
        return exporting.page(
            "admin/services.html",
            topics=backstage.topics(session),
            workers=backstage.workers(session),
        )


@blueprint.get("/standards")
@policy("staff", Action.OPERATE, Action.VIEW_LIBRARY)
def standards() -> ResponseReturnValue:
    """What of BPMN, FEEL and DMN is executed here, by the tests that ran."""
    found = conformance.report()
    suites = found.dmn["suites"].values()
    return render_template(
        "admin/standards.html",
        report=found,
        positions=conformance.POSITIONS,
        passed=sum(passed for passed, _total in suites),
        total=sum(total for _passed, total in suites),
        operates=Action.OPERATE in actions_of(current()),
    )


@blueprint.get("/definitions/<int:definition_id>")
@policy("staff", Action.OPERATE, Action.VIEW_LIBRARY)
def tokens(definition_id: int) -> ResponseReturnValue:
    """Every running case of a version on its diagram, with counts."""
    with read_session() as session:
        definition = session.get(ProcessDefinition, definition_id)
        running = session.scalar(
            select(func.count())
            .select_from(ProcessInstance)
            .where(
                ProcessInstance.definition_id == definition_id, ProcessInstance.status == "active"
            )
        )
        return render_template("admin/tokens.html", definition=definition, running=running or 0)


@blueprint.get("/definitions/<int:definition_id>/tokens")
@policy("staff", Action.OPERATE, Action.VIEW_LIBRARY)
def token_counts(definition_id: int) -> ResponseReturnValue:
    with read_session() as session:
        return diagrams.of_definition(session, definition_id)
