"""接口监控 for programs: the same looks and repairs as the pages, with the same permissions."""

from typing import Any

from flask import Response, request
from sqlalchemy.orm import Session

from engine.errors import Retry, WorkRefused
from processes.exchange import monitoring, packages, repairs
from processes.exchange.monitoring import Narrowed
from processes.identity.roles import Action
from web import filling, wiring
from web.api import access, answers, blueprints, commands
from web.api.access import access as allow
from web.api.schemas import interfaces as schemas
from web.api.schemas.base import Answers, Done
from web.api.schemas.exchange import Taken
from web.api.schemas.operations import Probe
from web.database import read_session, run

blueprint = blueprints.make("interfaces", "/interfaces", "接口监控")

_NAME = "<string(minlength=1, maxlength=64):name>"


@blueprint.get("")
@allow(Action.OPERATE_EXCHANGE)
@blueprint.response(200, schemas.Interfaces)
def index() -> Any:
    """每个外部单位：方式、积压、重试、熔断、近一小时收发，需要处理的在前."""
    with read_session() as session:
        found = monitoring.all_health(session, wiring.directory(), by=access.user())
    names = ("breaker", "waiting", "retrying", "dead", "oldest", "last_good")
    more = ("last_error", "last_error_at", "good", "bad")
    return {
        "items": [
            {
                "adapter": one.interface.name,
                "title": one.interface.title,
                "way": one.interface.way,
                **{name: getattr(one, name) for name in (*names, *more)},
            }
            for one in found
        ]
    }


@blueprint.post(f"/{_NAME}/probe")
@allow(Action.OPERATE_EXCHANGE)
@blueprint.response(200, Probe)
def probe(name: str) -> Any:
    """测试一个外部单位现在是否应答；不改变任何东西."""
    department = wiring.directory().get(name).department
    if department is None:
        return {"answers": False, "milliseconds": None, "trouble": "由对方发起，无从测试"}
    try:
        took = department.probe()
    except (Retry, WorkRefused) as error:
        return {"answers": False, "milliseconds": None, "trouble": str(error)}
    return {"answers": True, "milliseconds": round(took * 1000), "trouble": ""}


@blueprint.get(f"/{_NAME}/queue")
@allow(Action.OPERATE_EXCHANGE)
@blueprint.arguments(schemas.QueueState, location="query")
@blueprint.response(200, schemas.UndeliveredList)
def queue(arguments: dict[str, Any], name: str) -> Any:
    """等待送达一个单位的报文和询问，已停止的在前."""
    interface = wiring.directory().get(name)
    names = ("id", "kind", "topic", "correlation_key", "created_at", "due_at", "retries")
    with read_session() as session:
        found = monitoring.queue(session, interface, by=access.user(), state=arguments["state"])
        return {
            "items": [
                {
                    **{one: getattr(job, one) for one in (*names, "last_error")},
                    "title": interface.titled(job.topic),
                    "case": case,
                }
                for job, case in found
            ]
        }


@blueprint.get(f"/{_NAME}/events")
@allow(Action.OPERATE_EXCHANGE)
@blueprint.arguments(schemas.Traffic, location="query")
@blueprint.response(200, schemas.ExchangeRecords)
def events(arguments: dict[str, Any], name: str) -> Any:
    """收发记录，最新在前；不含报文内容."""
    narrowed = Narrowed(
        direction=arguments["direction"], outcome=arguments["outcome"], words=arguments["q"]
    )
    text = str(arguments.get("after") or "").partition("~")[0]
    after = min(int(text), (1 << 63) - 1) if text else None
    interface = wiring.directory().get(name)
    with read_session() as session:
        found, following = monitoring.traffic(
            session, interface, by=access.user(), narrowed=narrowed, after=after
        )
        return {"items": found, "next": str(following) if following else None}


@blueprint.post("/jobs/<id:job_id>/resend")
@allow(Action.OPERATE_EXCHANGE)
@blueprint.response(200, Taken)
def resend(job_id: int) -> Response:
    """重发一份."""

    def work(session: Session) -> Any:
        repairs.resend(session, wiring.directory(), job_id, by=access.user())
        return {"kind": "resent"}

    return commands.perform(work)


@blueprint.post(f"/{_NAME}/resend")
@allow(Action.OPERATE_EXCHANGE)
@blueprint.response(200, schemas.Resent)
def resend_all(name: str) -> Response:
    """重发一个单位的全部已停止的报文."""
    interface = wiring.directory().get(name)
    return commands.perform(
        lambda session: {"count": repairs.resend_all(session, interface, by=access.user())}
    )


@blueprint.post("/jobs/<id:job_id>/settle")
@allow(Action.OPERATE_EXCHANGE)
@blueprint.arguments(Answers)
@blueprint.response(200, Done)
def settle(arguments: dict[str, Any], job_id: int) -> Response:
    """登记已人工送达，或录入对方书面的答复；entry_paper 为先上传的文件，entry_reason 为理由."""

    def work(session: Session) -> Any:
        user, directory = access.user(), wiring.directory()
        interface, job = monitoring.job(session, directory, job_id, by=user)
        given = answers.with_files(repairs.settling(interface, job).form(), arguments["answers"])
        repairs.settle(session, directory, job_id, answers=given, by=user)
        return Done().dump({"id": job_id, "status": "settled"})

    return commands.perform(work)


@blueprint.post(f"/{_NAME}/entries/<string(minlength=1, maxlength=128):message>")
@allow(Action.OPERATE_EXCHANGE)
@blueprint.arguments(Answers)
@blueprint.response(202, Taken)
def enter(arguments: dict[str, Any], name: str, message: str) -> Response:
    """人工录入一个单位书面给出的结果；同一 Idempotency-Key 只计一次."""
    interface = wiring.directory().get(name)

    def work(session: Session) -> Any:
        given = answers.with_files(repairs.entry(interface, message).form(), arguments["answers"])
        token = filling.new_page_token()
        taken = repairs.enter(
            session, interface, message, answers=given, by=access.user(), token=token
        )
        return {"kind": taken.kind}

    return commands.perform(work, status=202)


@blueprint.post(f"/{_NAME}/packages")
@allow(Action.OPERATE_EXCHANGE)
@blueprint.response(201, schemas.Package(many=True))
def pack(name: str) -> Response:
    """把等待发给没有接口的单位的报文制作成任务包（ZIP，含清单、摘要和封签），各单位一个."""
    interface = wiring.directory().get(name)

    def work(session: Session) -> Any:
        made = packages.make(session, interface, by=access.user())
        return schemas.Package(many=True).dump(made)

    return commands.perform(work, status=201)


@blueprint.get(f"/{_NAME}/packages/<id:package_id>/content")
@allow(Action.OPERATE_EXCHANGE)
@blueprint.response(200, {"type": "string", "format": "binary"}, content_type="application/zip")
def package(name: str, package_id: int) -> Response:
    """下载报文包；下载记入审计."""
    interface = wiring.directory().get(name)

    def found(session: Session) -> bytes:
        one = packages.get(session, interface, package_id, by=access.user())
        return packages.content(session, one, by=access.user())

    return Response(run(found), mimetype=packages.TYPE)


@blueprint.post(f"/{_NAME}/packages/taken")
@allow(Action.OPERATE_EXCHANGE)
@blueprint.response(201, schemas.Package)
def unpack(name: str) -> Response:
    """上传结果包（请求体为 ZIP）；逐份给出结果，重复的不再处理."""
    interface = wiring.directory().get(name)
    content = request.get_data(cache=True)

    def work(session: Session) -> Any:
        taken = packages.take(session, interface, content, by=access.user())
        return schemas.Package().dump(taken)

    return commands.perform(work, status=201)
