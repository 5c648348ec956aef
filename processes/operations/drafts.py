"""Preparing an application with what is known already, for somebody to go on with."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.errors import NotFound
from engine.variables import Variables
from processes.casefile import drafts
from processes.deployed import offers
from processes.identity import identity
from processes.identity.identity import User
from processes.model.cases import Case, Opinion
from processes.operations import Call, operation

_APPLICANT = "applicant"


@operation(
    "draft.prepare",
    "预填申请草稿",
    inputs={
        "process": "要申请的流程",
        "answers": "已知的内容；申请表中没有的不填",
        "for?": "applicant 申请人（缺省），或环节标识：最近办结该环节的人",
    },
    outputs={
        "prepared": "是否已有草稿",
        "title": "要申请的事项；没有草稿时为 null",
        "refused": "不能预填的理由；已预填的为 null",
    },
)
def prepare(session: Session, call: Call) -> Variables:
    """Keep a draft of the application; what its user typed himself before stays."""
    case = session.get(Case, call.instance_id)
    to = str(call.variables.get("for") or _APPLICANT)
    user = _user(session, case, to) if case else None
    if case is None or user is None:
        return {"prepared": False, "title": None, "refused": "没有可以申请的人"}
    key = call.text("process")
    try:
        service = offers.service(session, key, by=user)
    except NotFound as missing:
        return {"prepared": False, "title": None, "refused": missing.message}
    names = {one.name for one in service.form.fields()} if service.form else set()
    told = {name: one for name, one in call.context("answers").items() if name in names and one}
    drafts.prepare(
        session, f"apply:{key}", by=user, answers=told, title=service.title, origin=case.id
    )
    return {"prepared": True, "title": service.title, "refused": None}


def _user(session: Session, case: Case, to: str) -> User | None:
    """Who goes on with it: the applicant's account, or who completed a step last."""
    number = case.applicant_user
    if to != _APPLICANT:
        done = select(Opinion.by).where(Opinion.case_id == case.id, Opinion.activity == to)
        number = session.scalar(done.order_by(Opinion.id.desc()).limit(1))
    return identity.user(session, number) if number else None
