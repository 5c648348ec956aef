"""The steps of a real-estate registration, for the tests of its processes: who fills in what."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from bpmn.beginnings import once
from bpmn.papers import handed_in
from bpmn.property import seals, shares
from engine import correlation, tasks
from forms import display
from forms.display import SectionView
from processes import registers
from processes.casefile import notices
from processes.clock import clock
from processes.clock.clock import Standing
from processes.desk import worklist
from processes.model.cases import Notification
from processes.play import Play, PlayedCase

WINDOW: Final = "prop_one_window"
UNIT: Final = "610113001002GB00001F00010001"
SEIZED: Final = "610113001002GB00001F00010003"
STOCK_ORG: Final = "PR610500"
BUYER: Final = {"name": "受让人", "id_no": "610102199001010016", "phone": "13900000001"}
SELLER: Final = {"name": "出让人", "id_no": "610102198001010014", "phone": "13900000002"}
ASSESSED: Final = {
    "assessment_no": "S1",
    "items": [{"kind": "契税", "amount": "15000"}],
    "total": Decimal(15000),
    "exempt_reason": None,
}
VERIFIED: Final = {
    "contract_no": "WQ1",
    "filing_no": "BA1",
    "funds_supervised": True,
    "restrictions": [],
}


def stock_entry(number: int, *, wrong: bool = False) -> dict[str, Any]:
    """An entry of the book from before there were electronic certificates; one a month in turn.

    A `wrong` one has a unit code that none can be.
    """
    parcel = f"{number // 100_000 + 2:02d}{'X' if wrong else 'G'}B{number % 100_000:05d}"
    return {
        "entry_no": f"OLD{number:07d}",
        "org": STOCK_ORG,
        "unit_code": f"6105020010{parcel}F00010001",
        "work_order_no": "OLD",
        "business_kind": "first_sale",
        "right_kind": "国有建设用地使用权/房屋所有权",
        "holder_name": f"权利人{number}",
        "holder_id_no": "610102199001010016",
        "share": "单独所有",
        "certificate_no": f"陕(2019)渭南市不动产权第{number:07d}号",
        "location": f"渭南市演示路 {number} 号",
        "registrar": "登簿人",
        "registered_on": f"2019-{1 + number % 12:02d}-15",
    }


def paper(play: Play) -> dict[str, Any]:
    """A scan handed in."""
    return handed_in(play, "扫描件.png", size=(600, 800))


def sale(**changes: Any) -> dict[str, Any]:
    """The answers for the sale of a second-hand home; changes on top, None leaves one out."""
    told = {
        "business_kind": "resale",
        "org": "PR610100",
        "unit_code": UNIT,
        "location": "西安市雁塔区演示路 1 号 1 幢 1 单元 10101 室",
        "old_certificate_no": "陕(2020)西安市不动产权第0000101号",
        "right_holders": [BUYER],
        "obligors": [SELLER],
        "contract_no": "WQ1",
        "price": "1000000",
        "only_home": True,
        "share_consent": True,
        "declaration": True,
        **changes,
    }
    return {name: value for name, value in told.items() if value is not None}


def applied(play: Play, *, as_: str = "applicant", **changes: Any) -> PlayedCase:
    """A sale handed in; the exchange of government data knows everybody."""
    shares.employed(play)
    return play.apply(WINDOW, as_=as_, **sale(**changes))


@once
def accepted(play: Play, **changes: Any) -> PlayedCase:
    """A sale accepted at the window; the departments have it."""
    case = applied(play, **changes)
    case.complete("accept", as_="prop_window", decision="accept")
    return case


def supplemented(play: Play, case: PlayedCase, items: int) -> None:
    """The applicant hands in what a department asked for, item by item."""
    case.sends("提交补正材料", supplement_items=[{"files": [paper(play)]}] * items)


def taxed(case: PlayedCase) -> None:
    """The tax system assesses, is paid and sends its voucher."""
    case.receives("tax_assessed", **ASSESSED)
    case.receives("tax_paid", assessment_no="S1")
    case.receives("tax_voucher", voucher_no="SPZ1", amount=Decimal(15000))


def pre_reviewed(case: PlayedCase, **changes: Any) -> None:
    checks = [{"result": "ok"}] * 4
    answers = {"checks": checks, "decision": "pass", **changes}
    case.complete("pre_review", as_="prop_reviewer", **answers)


@once
def handled(play: Play, **changes: Any) -> PlayedCase:
    """A sale with every result in, waiting for its review."""
    case = accepted(play, **changes)
    taxed(case)
    case.receives("contract_verified", **VERIFIED)
    pre_reviewed(case)
    return case


def booked(case: PlayedCase) -> None:
    """Reviewed and entered in the book; the seal system seals the certificate."""
    seals.employed(case.play)
    case.complete("review", as_="prop_reviewer", decision="pass")
    case.complete(
        "book",
        as_="prop_registrar",
        right_kind="国有建设用地使用权/房屋所有权",
        share="单独所有",
        registrar_name="登簿人",
        second_look=True,
    )


CITY: Final[dict[str, Any]] = {
    "entry_no": "XA2026030200017",
    "org": "PR610100",
    "unit_code": "610113001002GB00001F00010002",
    "location": "西安市雁塔区演示路 1 号 1 幢 1 单元 10102 室",
    "right_kind": "国有建设用地使用权/房屋所有权",
    "reg_kind": "转移登记",
    "holders": [
        {
            "name": "权利人一",
            "id_type": "居民身份证",
            "id_no": "610102199001010016",
            "share": "50%",
        },
        {
            "name": "权利人二",
            "id_type": "居民身份证",
            "id_no": "610102198001010014",
            "share": "50%",
        },
    ],
    "registered_at": datetime(2026, 3, 2, 2, tzinfo=UTC),
    "registrar": "登簿人",
    "book_log_no": "LOG1",
    "certificate_no": "陕(2026)西安市不动产权第0000777号",
    "area": Decimal("121.35"),
}


def entry_reported(play: Play, message_id: str = "m-1", **changes: Any) -> PlayedCase:
    """A city system tells of an entry in its book."""
    told = {name: value for name, value in {**CITY, **changes}.items() if value is not None}
    play.run(
        lambda session: correlation.correlate(
            session,
            "register_entry_done",
            told["entry_no"],
            told,
            message_id=message_id,
            channel="registration_local",
            ttl=timedelta(days=1),
        )
    )
    play.drain()
    return play.case("prop_ecert_issue")


def certified(play: Play, message_id: str = "m-1", **changes: Any) -> dict[str, Any]:
    """A certificate issued for an entry of a city's book."""
    seals.employed(play)
    entry_reported(play, message_id, **changes)
    return records(play, "ecert", entry_no=changes.get("entry_no", CITY["entry_no"]))[-1]


def record(play: Play, register: str, key: object) -> dict[str, Any]:
    """What a ledger says now."""
    found = play.run(lambda session: registers.get(session, register, str(key)))
    return {**found.values, "status": found.status}


def records(play: Play, register: str, **where: Any) -> list[dict[str, Any]]:
    """The records of a ledger with these values."""
    found = play.run(lambda session: registers.find(session, register, where=where))
    return [{**one.values, "key": one.key, "status": one.status} for one in found]


def task_of(play: Play, case: PlayedCase, department: str) -> dict[str, Any]:
    """How far a department is with a case."""
    return record(play, "department_task", f"{case.row.reference}-{department}")


def box(play: Play, login: str) -> list[Notification]:
    """The notices somebody has, the newest first."""
    who = play.user(login)
    return play.run(lambda session: list(notices.box(session, who)))


def notices_of(play: Play, login: str) -> list[str]:
    """The titles of what somebody was told."""
    return [one.title for one in box(play, login)]


def sections(case: PlayedCase, login: str, activity: str = "") -> list[SectionView]:
    """The form of the only task of a case, or of the one of an activity, as its page opens it."""
    (task,) = [one for one in case.tasks if activity in ("", one.activity)]
    by = case.play.user(login)
    view = case.play.run(lambda session: worklist.view(session, task.id, by=by))
    if view.form is None:
        return []
    return display.layout(view.form, {}, context=view.variables, rights=display.Rights())


def opened(case: PlayedCase, login: str) -> dict[str, str]:
    """What the fields of the only task of a case hold when its page is opened."""
    return {one.name: one.text for part in sections(case, login) for one in part.fields}


def messages_of(play: Play, login: str, title: str) -> list[str]:
    """What somebody was told under a title."""
    return [one.body for one in box(play, login) if one.title == title]


def limits(play: Play, case: PlayedCase) -> list[Standing]:
    """Every limit of a case and where it stands."""
    return play.run(lambda session: clock.standings(session, case.id, org_code="PR610100"))


def candidates(play: Play, task: int) -> list[str]:
    """The groups a task is offered to."""
    return play.run(lambda session: tasks.get(session, task).candidates.splitlines())
