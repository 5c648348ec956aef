"""Operation at a glance: jobs, topics, workers, departments; as on the pages of operators."""

from typing import Any

from engine.errors import NotFound, Retry, WorkRefused
from processes.background import backstage
from processes.identity.roles import Action
from web import wiring
from web.api import access, blueprints
from web.api.access import access as allow
from web.api.schemas.operations import JobQuery, Jobs, Probe, Services
from web.database import read_session

blueprint = blueprints.make("operations", "/operations", "运行监控")


@blueprint.get("/jobs")
@allow(Action.OPERATE)
@blueprint.arguments(JobQuery, location="query")
@blueprint.response(200, Jobs)
def jobs(arguments: dict[str, Any]) -> Any:
    """等待执行的作业，先到期的在前."""
    names = ("id", "kind", "topic", "activity", "due_at", "retries", "last_error")
    with read_session() as session:
        found = backstage.jobs(session, by=access.user(), **arguments)
        items = [
            {**{name: getattr(job, name) for name in names}, "case": case} for job, case in found
        ]
    return {"items": items}


@blueprint.get("/services")
@allow(Action.OPERATE)
@blueprint.response(200, Services)
def services() -> Any:
    """外部单位、外部任务的主题、正在执行作业的后台."""
    with read_session() as session:
        topics, workers = backstage.topics(session), backstage.workers(session)
    return {
        "departments": [
            {"adapter": name, "name": one.name, "address": one.address}
            for name, one in wiring.departments().items()
        ],
        "topics": topics,
        "workers": [{"owner": owner, "jobs": count} for owner, count in workers],
    }


@blueprint.post("/services/<string(minlength=1, maxlength=64):adapter>/probe")
@allow(Action.OPERATE)
@blueprint.response(200, Probe)
def probe(adapter: str) -> Any:
    """测试一个外部单位现在是否应答；不改变任何东西."""
    department = wiring.departments().get(adapter)
    if department is None:
        raise NotFound("没有启用这个适配器", name=adapter)
    try:
        took = department.probe()
    except (Retry, WorkRefused) as error:
        return {"answers": False, "milliseconds": None, "trouble": str(error)}
    return {"answers": True, "milliseconds": round(took * 1000), "trouble": ""}
