"""接口监控: the departments outside, what waits for them, what went and came, and the repairs.

Invariant: every look and repair is one of `processes.exchange`; what was refused is shown again as
it was typed. Contents are shown by their titles, masked.
"""

import io
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from flask import (
    Blueprint,
    Flask,
    Response,
    current_app,
    flash,
    redirect,
    render_template,
    request,
    send_file,
    url_for,
)
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from engine import clock
from engine.errors import BanliError, Conflict, Retry, WorkRefused
from forms.definition import FormDefinition, FormInvalid
from processes.exchange import entry_form, monitoring, packages, repairs
from processes.exchange.directory import Interface
from processes.exchange.journal import OUTCOMES
from processes.exchange.monitoring import Health, Narrowed
from processes.exchange.packages import PackageRefused
from processes.exchange.repairs import EntryRefused
from processes.identity.roles import Action
from processes.model.cases import Case
from web import exporting, filling, wiring
from web.auth import actions_of, current, policy
from web.database import read_session, run
from web.words import N_, _

blueprint = Blueprint("interfaces", __name__, url_prefix="/operations/interfaces")

SHOWN: Final = {"": N_("全部"), "troubled": N_("需要处理"), "busy": N_("有积压")}
WAYS: Final = {
    "push": N_("推送"),
    "pull": N_("对方领取"),
    "file": N_("文件交换"),
    "manual": N_("人工"),
}
BREAKER: Final = {
    "closed": (N_("正常"), "green"),
    "open": (N_("已熔断"), "red"),
    "half_open": (N_("试探恢复"), "amber"),
}
_KEEPS: Final[dict[str, Callable[[Health], bool]]] = {
    "": lambda one: True,
    "troubled": lambda one: one.troubled,
    "busy": lambda one: bool(one.waiting),
}


@blueprint.get("")
@policy("staff", Action.OPERATE_EXCHANGE)
def index() -> ResponseReturnValue:
    chosen = request.args.get("show", "")
    chosen = chosen if chosen in SHOWN else ""
    with read_session() as session:
        found = monitoring.all_health(session, wiring.directory(), by=current())
    return exporting.page(
        "admin/interfaces.html",
        rows=[one for one in found if _KEEPS[chosen](one)],
        counts={name: sum(map(keeps, found)) for name, keeps in _KEEPS.items()},
        shown=SHOWN,
        chosen=chosen,
        now=clock.now(),
        **_words(),
    )


@blueprint.get("/<name>/probe")
@policy("staff", Action.OPERATE_EXCHANGE)
def probe(name: str) -> ResponseReturnValue:
    """Whether a department answers at this moment; asked by the page after it is shown."""
    department = wiring.directory().get(name).department
    if department is None:
        return render_template("admin/_probe.html", calls_us=True)
    try:
        took = department.probe()
    except (Retry, WorkRefused) as error:
        return render_template("admin/_probe.html", trouble=str(error), at=clock.now())
    return render_template("admin/_probe.html", took=round(took * 1000), at=clock.now())


@blueprint.get("/<name>")
@policy("staff", Action.OPERATE_EXCHANGE)
def one(name: str) -> ResponseReturnValue:
    return _one(name)


def _one(name: str, *, problem: str = "") -> str | Response:
    interface = wiring.directory().get(name)
    narrowed = Narrowed(
        direction=_of(("in", "out"), "direction"),
        outcome=_of(tuple(OUTCOMES), "outcome"),
        words=request.args.get("q", "").strip()[:100],
    )
    after = request.args.get("after", "")
    with read_session() as session:
        events, following = monitoring.traffic(
            session,
            interface,
            by=current(),
            narrowed=narrowed,
            limit=exporting.most(monitoring.PAGE),
            after=int(after) if after.isascii() and after.isdigit() and len(after) < 19 else None,
        )
        return exporting.page(
            "admin/interface.html",
            health=monitoring.health(session, interface, by=current()),
            interface=interface,
            queue=monitoring.queue(session, interface, by=current()),
            events=events,
            following=following,
            narrowed=narrowed,
            entries=repairs.entries(interface),
            packages=packages.of_interface(session, interface, by=current()),
            now=clock.now(),
            problem=problem,
            **_words(),
        )


@blueprint.get("/<name>/events/<int:event_id>")
@policy("staff", Action.OPERATE_EXCHANGE)
def event(name: str, event_id: int) -> ResponseReturnValue:
    """One message or attempt, member by member."""
    interface = wiring.directory().get(name)
    with read_session() as session:
        told = monitoring.event(session, event_id, by=current())
        content = monitoring.content_of(session, told)
        members, others = monitoring.shown_of(interface, told.name, content)
        return render_template(
            "admin/interface_message.html",
            interface=interface,
            told=told,
            members=members,
            others=others,
            known=bool(content),
            reason=content.get(entry_form.REASON, ""),
            case=session.get(Case, told.instance_id) if told.instance_id else None,
            **_words(),
        )


@blueprint.get("/jobs/<int:job_id>")
@policy("staff", Action.OPERATE_EXCHANGE)
def job(job_id: int) -> ResponseReturnValue:
    return _job(job_id)


@blueprint.post("/jobs/<int:job_id>/resend")
@policy("staff", Action.OPERATE_EXCHANGE)
def resend(job_id: int) -> ResponseReturnValue:
    name = _adapter_of(job_id)
    run(repairs.resend, wiring.directory(), job_id, by=current())
    flash(_("已安排重发，结果稍后显示"))
    return redirect(url_for("interfaces.one", name=name), code=303)


@blueprint.post("/<name>/resend")
@policy("staff", Action.OPERATE_EXCHANGE)
def resend_all(name: str) -> ResponseReturnValue:
    count = run(repairs.resend_all, wiring.directory().get(name), by=current())
    flash(_("已安排重发 %(n)s 份报文，结果稍后显示", n=count))
    return redirect(url_for("interfaces.one", name=name), code=303)


@blueprint.post("/jobs/<int:job_id>/settle")
@policy("staff", Action.OPERATE_EXCHANGE)
def settle(job_id: int) -> ResponseReturnValue:
    """A message was delivered on paper, or a question answered on paper."""
    directory = wiring.directory()
    with read_session() as session:
        interface, waiting = monitoring.job(session, directory, job_id, by=current())
        form = repairs.settling(interface, waiting).form()
    given = _typed(form)
    try:
        run(repairs.settle, directory, job_id, answers=given, by=current())
    except FormInvalid as refused:
        return _job(job_id, given, errors=refused.errors), 422
    except (EntryRefused, Conflict) as refused:
        return _job(job_id, given, problem=refused.message), 409
    flash(_("已登记人工办理"))
    return redirect(url_for("interfaces.one", name=interface.name), code=303)


@blueprint.post("/<name>/packages")
@policy("staff", Action.OPERATE_EXCHANGE)
def pack(name: str) -> ResponseReturnValue:
    """Pack what waits for a department without an interface."""
    try:
        made = run(packages.make, wiring.directory().get(name), by=current())
        count = sum(one.messages for one in made)
        flash(_("已制作报文包 %(k)s 个，含 %(n)s 份报文", k=len(made), n=count))
    except PackageRefused as refused:
        return _one(name, problem=refused.message), 422
    return redirect(url_for("interfaces.one", name=name), code=303)


@blueprint.post("/<name>/packages/taken")
@policy("staff", Action.OPERATE_EXCHANGE)
def unpack(name: str) -> ResponseReturnValue:
    """Take a package of results that a department handed in."""
    sent = request.files.get("package")
    limit = int(current_app.config["BANLI"].upload_limit)
    content = sent.stream.read(limit + 1) if sent else b""
    try:
        taken = run(packages.take, wiring.directory().get(name), content, by=current())
    except PackageRefused as refused:
        return _one(name, problem=refused.message), 422
    return redirect(url_for("interfaces.package", name=name, package_id=taken.id), code=303)


@blueprint.get("/<name>/packages/<int:package_id>")
@policy("staff", Action.OPERATE_EXCHANGE)
def package(name: str, package_id: int) -> ResponseReturnValue:
    """What became of each message of a package that came in."""
    interface = wiring.directory().get(name)
    with read_session() as session:
        found = packages.get(session, interface, package_id, by=current())
    lines = (found.receipt or {}).get("lines", [])
    return render_template(
        "admin/interface_package.html", interface=interface, package=found, lines=lines
    )


@blueprint.get("/<name>/packages/<int:package_id>/<what>")
@policy("staff", Action.OPERATE_EXCHANGE)
def download(name: str, package_id: int, what: str) -> ResponseReturnValue:
    """The package itself, or the receipt of one that came in."""
    interface = wiring.directory().get(name)

    def found(session: Session) -> tuple[str, bytes]:
        one = packages.get(session, interface, package_id, by=current())
        if what == "receipt" and one.direction == "in":
            return f"{one.number}-receipt.zip", packages.receipt(interface, one)
        return f"{one.number}.zip", packages.content(session, one, by=current())

    title, content = run(found)
    return send_file(
        io.BytesIO(content), mimetype=packages.TYPE, as_attachment=True, download_name=title
    )


@blueprint.get("/<name>/entries/<message>")
@policy("staff", Action.OPERATE_EXCHANGE)
def entry(name: str, message: str) -> ResponseReturnValue:
    """The form for what a department said on paper."""
    return _entry(wiring.directory().get(name), message)


@blueprint.post("/<name>/entries/<message>")
@policy("staff", Action.OPERATE_EXCHANGE)
def enter(name: str, message: str) -> ResponseReturnValue:
    interface = wiring.directory().get(name)
    given = _typed(repairs.entry(interface, message).form())
    token = filling.page_token() or filling.new_page_token()
    try:
        run(repairs.enter, interface, message, answers=given, by=current(), token=token)
    except FormInvalid as refused:
        return _entry(interface, message, given, errors=refused.errors), 422
    except (EntryRefused, Conflict) as refused:
        return _entry(interface, message, given, problem=refused.message), 409
    flash(_("已录入，办件继续办理"))
    return redirect(url_for("interfaces.one", name=name), code=303)


def _job(
    job_id: int,
    given: Mapping[str, Any] | None = None,
    *,
    errors: Mapping[str, Sequence[str]] | None = None,
    problem: str = "",
) -> str:
    with read_session() as session:
        interface, waiting = monitoring.job(session, wiring.directory(), job_id, by=current())
        members, others = monitoring.shown_of(interface, waiting.topic, waiting.payload)
        return render_template(
            "admin/interface_job.html",
            interface=interface,
            job=waiting,
            members=members,
            others=others,
            case=session.get(Case, waiting.instance_id) if waiting.instance_id else None,
            now=clock.now(),
            **_filled(_settling_form(interface, waiting), given, errors),
            problem=problem,
            **_words(),
        )


def _settling_form(interface: Interface, waiting: Any) -> FormDefinition | None:
    try:
        return repairs.settling(interface, waiting).form()
    except BanliError:
        return None  # the work of a device: nobody else can do it


def _entry(
    interface: Interface,
    message: str,
    given: Mapping[str, Any] | None = None,
    *,
    errors: Mapping[str, Sequence[str]] | None = None,
    problem: str = "",
) -> str:
    told = repairs.entry(interface, message)
    key = told.members[0].name
    if given is None and request.args.get("key"):
        given = {key: request.args["key"][:200]}
    return render_template(
        "admin/interface_entry.html",
        interface=interface,
        told=told,
        page=filling.page_token() or filling.new_page_token(),
        problem=problem,
        **_filled(told.form(), given, errors),
    )


def _filled(
    form: FormDefinition | None,
    given: Mapping[str, Any] | None,
    errors: Mapping[str, Sequence[str]] | None,
) -> dict[str, Any]:
    if form is None:
        return {"layout": [], "errors": []}
    rights = filling.Rights(node=None, may_edit=True)
    layout = filling.layout(form, given or {}, errors, context={}, rights=rights)
    return {"layout": layout, "errors": filling.mistakes(form, errors or {})}


def _typed(form: FormDefinition) -> dict[str, Any]:
    given = filling.answers(form, node=None)
    return {name: value for name, value in given.items() if not name.startswith("_")}


def _adapter_of(job_id: int) -> str:
    def found(session: Session) -> str:
        return monitoring.job(session, wiring.directory(), job_id, by=current())[0].name

    with read_session() as session:
        return found(session)


def _of(allowed: Sequence[str], name: str) -> str:
    value = request.args.get(name, "")
    return value if value in allowed else ""


def _words() -> dict[str, Any]:
    return {
        "ways": WAYS,
        "breakers": BREAKER,
        "outcomes": OUTCOMES,
        "operates": Action.OPERATE in actions_of(current()),
    }


def register(app: Flask) -> None:
    app.register_blueprint(blueprint)
