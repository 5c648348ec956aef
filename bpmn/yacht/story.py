"""The licence's story in steps, for the tests of the yacht processes: who fills in what, when."""

from datetime import date
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from bpmn.beginnings import once
from bpmn.papers import handed_in
from engine import clock, runtime
from engine.model import EventSubscription
from processes import registers
from processes.casefile import notices
from processes.model.cases import Notification
from processes.model.people import UserAccount
from processes.movement import recounting
from processes.movement.recounting import Proposal
from processes.people import accounts
from processes.play import Play, PlayedCase

LICENCE: Final = "yacht_licence_issue"
PRODUCTION: Final = "yacht_card_production"
MEDICAL: Final = [{"result": "pass"}] * 5
CHECKLIST: Final = [{"result": "ok"}] * 5 + [{"result": "not_applicable"}]
MISSING: Final = [{"item": "体检证明", "reason": "照片模糊", "basis": "《游艇安全管理规定》"}]


def upload(play: Play, name: str = "照片.png") -> dict[str, Any]:
    """A file handed in: a picture 35:45, or a PDF by its name."""
    return handed_in(play, name)


def also(play: Play, login: str, role: str) -> None:
    """Give somebody of the cast a second role: separation must hold for the person."""
    user = play.user(login)

    def command(session: Session) -> None:
        account = session.get_one(UserAccount, user.id)
        accounts.assign_role(session, account, role, org_code=str(user.org_code))

    play.run(command)


def application(play: Play, **changes: Any) -> dict[str, Any]:
    """The answers of a first application of a person who passed; changes on top."""
    return {
        "application_kind": "first",
        "licence_class": "A1E",
        "org": "370001",
        "filed_by": "person",
        "name": "申请人",
        "sex": "male",
        "birth_date": "1990-03-07",
        "nationality": "CHN",
        "id_type": "resident_id",
        "id_no": "370202199003070011",
        "phone": "13800000000",
        "address": "山东省青岛市演示路 1 号",
        "photo": upload(play),
        "medical_issued_on": "2026-01-10",
        "medical_items": MEDICAL,
        "medical_scan": upload(play, "体检证明.pdf"),
        "delivery": "collect",
        "declaration": True,
        "signature": upload(play),
        **changes,
    }


def closed(play: Play, day: date, org: str = "370001") -> None:
    """The offices of an agency are closed on a day; what runs there is counted anew."""
    changes = recounting.read_days(f"{day} 台风停工")
    order = Proposal(org_code=org, changes=changes, hours=None, source="市政府通告")
    by = play.user("admin")
    play.run(lambda session: recounting.apply(session, order, by=by))


@once
def applied(play: Play, *, as_: str = "applicant", **changes: Any) -> PlayedCase:
    """An application handed in by the applicant; it waits to be accepted."""
    return play.apply(LICENCE, as_=as_, **application(play, **changes))


def seen(case: PlayedCase, activity: str) -> dict[str, Any]:
    """The variables as the task of an activity sees them."""
    task = next(task for task in case.tasks if task.activity == activity)
    return case.play.run(
        lambda session: runtime.variables(session, task.instance_id, scope_id=task.scope_id)
    )


def accept(case: PlayedCase, decision: str = "accept", **more: Any) -> None:
    """The acceptor ticks every material and decides."""
    rows = [{"state": "ok", "grade": "B"} for _row in seen(case, "accept")["materials"]]
    case.complete("accept", as_="acceptor", materials=rows, decision=decision, **more)


def review(case: PlayedCase, decision: str = "agree", **more: Any) -> None:
    """The reviewer fills in the checklist and decides."""
    case.complete("review", as_="reviewer", checklist=CHECKLIST, decision=decision, **more)


def approve(case: PlayedCase, decision: str = "grant", **more: Any) -> None:
    """The approver decides."""
    case.complete("approve", as_="approver", decision=decision, **more)


@once
def granted(play: Play, **changes: Any) -> PlayedCase:
    """A case whose licence was granted and whose card the centre was asked for."""
    case = applied(play, **changes)
    accept(case)
    review(case)
    approve(case)
    return case


def printed(order: PlayedCase, result: str = "printed") -> None:
    """The order is checked, the machine answers, the maker confirms what it says."""
    order.complete(
        "check_order", as_="card_maker", data_ok=True, photo_ok=True, address_ok=True, decision="ok"
    )
    make(order, result)


def make(order: PlayedCase, result: str = "printed") -> None:
    """The machine prints, the maker confirms."""
    order.works("card_machine.print", result=result)
    order.complete(
        "make_card",
        as_="card_maker",
        blank_serial=order.variables["allotted_serial"],
        result=result,
    )


def precheck(order: PlayedCase, result: str = "pass", **more: Any) -> None:
    """The pre-checker looks at the card."""
    order.complete(
        "precheck",
        as_="card_prechecker",
        serial=order.variables["allotted_serial"],
        items=[{"ok": result == "pass"}] * 8,
        result=result,
        **more,
    )


def post(order: PlayedCase, express_no: str = "EMS0001") -> None:
    """The card is packed, the courier gives a number."""
    order.complete(
        "pack_post",
        as_="card_maker",
        cards=[order.variables["card_order_no"]],
        express_company="ems",
        booking="interface",
        posted_at="2026-03-03 10:00",
    )
    order.works("courier.dispatch", express_no=express_no)


@once
def posted(play: Play, *, express_no: str = "EMS0001", **changes: Any) -> PlayedCase:
    """A case whose card is on its way to the agency."""
    case = granted(play, **changes)
    produce(play, express_no)
    return case


def produce(play: Play, express_no: str = "EMS0001") -> PlayedCase:
    """The latest order is made, pre-checked and posted."""
    order = play.case(PRODUCTION)
    printed(order)
    precheck(order)
    post(order, express_no)
    return order


def verify(case: PlayedCase, decision: str = "ok", **more: Any) -> None:
    """The verifier compares the card that came."""
    case.complete(
        "verify",
        as_="verifier",
        **{
            "arrived_on": str(clock.today()),
            "blank_serial": card(case)["ordered_serial"],
            "items": [{"ok": decision == "ok"}] * 11,
            "decision": decision,
            **more,
        },
    )


def return_card(case: PlayedCase, activity: str = "return_card", **more: Any) -> None:
    """The verifier sends a card back to the centre."""
    case.complete(
        activity, as_="verifier", return_express_no="EMS0900", sent_on="2026-03-06", **more
    )


def issue(case: PlayedCase, **more: Any) -> None:
    """The holder collects the licence."""
    case.complete(
        "issue",
        as_="issuer",
        result="issued",
        collector_name="申请人",
        collector_id_no="370202199003070011",
        relation="self",
        collector_signature=upload(case.play),
        issued_date="2026-03-06",
        **more,
    )


def card(case: PlayedCase) -> dict[str, Any]:
    """The variables as the process of the card has them, the case's own when that has ended."""

    def read(session: Session) -> dict[str, Any]:
        within = session.scalar(
            select(EventSubscription.id).where(
                EventSubscription.instance_id == case.id,
                EventSubscription.name == "card_data_changed",
            )
        )
        return runtime.variables(session, case.id, wait_id=within)

    return case.play.run(read)


def record(play: Play, register: str, key: str) -> dict[str, Any]:
    """A ledger record."""
    return play.run(lambda session: registers.get(session, register, key).context())


def licence_of(case: PlayedCase) -> dict[str, Any]:
    """The ledger record of the licence of a case."""
    return record(case.play, "yacht_licence", case.variables["licence_no"])


def held(play: Play, **changes: Any) -> str:
    """A valid licence of the applicant from earlier; returns its number."""
    person = play.run(
        lambda session: registers.first(session, "person", where={"id_no": "370202199003070011"})
    )
    values = {
        "person_id": person.key if person else "",
        "holder_name": "申请人",
        "licence_class": "A1E",
        "issued_by": "370001",
        "issued_on": date(2021, 6, 1),
        "expires_on": date(2026, 5, 31),
        "blank_serial": "YJ99990001",
        "card_count": 1,
        "origin": "normal",
        **changes,
    }
    status = str(values.pop("status", "valid"))
    trace = registers.Trace(by="test")
    return play.run(
        lambda session: (
            registers.create(session, "yacht_licence", values, trace=trace, status=status).key
        )
    )


# -- training and examination ----------------------------------------------------------------

EXAM: Final = "yacht_exam"
CANDIDATES: Final = [
    {
        "name": f"学员{name}",
        "id_type": "resident_id",
        "id_no": number,
        "sex": "male",
        "birth_date": born,
        "phone": "13700000001",
    }
    for name, number, born in (
        ("甲", "370202199001010015", "1990-01-01"),
        ("乙", "37020219910202001X", "1991-02-02"),
        ("丙", "370202199203030014", "1992-03-03"),
    )
]


def enrolled(play: Play, *, as_: str = "institution_clerk", **changes: Any) -> PlayedCase:
    """Candidates enrolled for one part; the exam waits to be arranged."""
    answers = {
        "org": "370001",
        "exam_kind": "yacht_operator",
        "licence_class": "A1E",
        "part": "theory",
        "candidates": CANDIDATES,
        **changes,
    }
    return play.apply(EXAM, as_=as_, **answers)


def arrange(exam: PlayedCase, **changes: Any) -> None:
    """The arranger says when, where and with whom."""
    part = exam.variables["part"]
    people = {"examiners": ["KG001"]} if part == "theory" else {"assessors": ["PG001"]}
    answers = {
        "starts_at": "2026-03-20T09:00",
        "ends_at": "2026-03-20T11:00",
        "site": "QD01",
        "rooms": ["QD01-101"],
        **people,
        **changes,
    }
    exam.complete("arrange", as_="arranger", **answers)


def hold(exam: PlayedCase, decision: str = "held", **more: Any) -> None:
    """Tickets are printed; what became of the session."""
    count = exam.variables["candidate_count"]
    exam.complete("print_tickets", as_="ticket_printer", printed_count=int(count))
    exam.complete("hold_exam", as_="arranger", decision=decision, **more)


def score(exam: PlayedCase, *scores: Any) -> None:
    """The recorder enters scores: a number, pass or fail, or absent."""
    rows = [
        {"absent": True}
        if one == "absent"
        else {"raw_score": str(one)}
        if exam.variables["part"] == "theory"
        else {"assessment": one}
        for one in scores
    ]
    exam.complete("enter_scores", as_="recorder", score_rows=rows)


def check(exam: PlayedCase, *wrong: int) -> None:
    """Another person compares; the lines named do not agree."""
    rows = [
        {"agree": "false", "seen": "原卷不同"} if n in wrong else {"agree": "true"}
        for n in range(len(exam.variables["check_lines"]))
    ]
    exam.complete("check_scores", as_="checker", check_rows=rows)


@once
def examined(play: Play, *scores: Any, **changes: Any) -> PlayedCase:
    """An exam from enrolment to confirmation."""
    exam = enrolled(play, **changes)
    arrange(exam)
    hold(exam)
    score(exam, *scores)
    check(exam)
    exam.complete("confirm", as_="exam_confirmer", decision="confirm")
    return exam


PLAN: Final = "yacht_training_plan_filing"
SCHEDULE: Final = [
    {
        "day": "2026-03-16",
        "from": "09:00",
        "to": "11:30",
        "course": "YT01",
        "teacher": "RY0000002",
        "place": "一号教室",
    },
    {
        "day": "2026-03-17",
        "from": "14:00",
        "to": "16:30",
        "course": "YT04",
        "teacher": "RY0000003",
        "place": "训练泊位",
    },
]


def plan(**changes: Any) -> dict[str, Any]:
    """The answers of an institution that files a class; changes on top."""
    return {
        "institution": "YT370001",
        "org": "370001",
        "class_type": "initial",
        "project": "yacht_operator",
        "licence_class": "A1E",
        "class_name": "2026年第一期",
        "start_date": "2026-03-16",
        "end_date": "2026-03-20",
        "theory_hours": "20",
        "practical_hours": "20",
        "capacity": "20",
        "venue": "蓝海训练基地",
        "clerk": "RY0000001",
        "schedule": SCHEDULE,
        "trainees": CANDIDATES,
        **changes,
    }


def filed(play: Play, *, as_: str = "institution_clerk", **changes: Any) -> PlayedCase:
    """A plan filed by the institution; it waits to be accepted."""
    return play.apply(PLAN, as_=as_, **plan(**changes))


def accept_plan(case: PlayedCase, decision: str = "accept", **more: Any) -> None:
    """The acceptor of plans ticks the materials and decides."""
    rows = [{"state": "ok", "grade": "B"} for _row in seen(case, "accept")["materials"]]
    case.complete("accept", as_="plan_acceptor", materials=rows, decision=decision, **more)


@once
def confirmed(play: Play, **changes: Any) -> PlayedCase:
    """A plan accepted and confirmed: supervision and both exams have begun."""
    case = filed(play, **changes)
    accept_plan(case)
    case.complete("confirm", as_="plan_confirmer", decision="confirm")
    return case


class PartOf(PlayedCase):
    """The exam of one part within a plan, seen by itself."""

    def __init__(self, plan: PlayedCase, part: str) -> None:
        super().__init__(plan.play, plan.id)
        self.part = part

    def _scope(self, task: Any) -> dict[str, Any]:
        return self.play.run(
            lambda session: runtime.variables(session, task.instance_id, scope_id=task.scope_id)
        )

    @property
    def tasks(self) -> list[Any]:
        return [one for one in super().tasks if self._scope(one).get("part") == self.part]

    @property
    def variables(self) -> dict[str, Any]:
        return self._scope(self.tasks[0])


def part_examined(plan: PlayedCase, part: str, *scores: Any, **changes: Any) -> None:
    """One exam of a confirmed plan, from its arrangement to its confirmation."""
    exam = PartOf(plan, part)
    arrange(exam, **changes)
    hold(exam)
    score(exam, *scores)
    check(exam)
    exam.complete("confirm", as_="exam_confirmer", decision="confirm")


def visited(case: PlayedCase, **more: Any) -> None:
    """The supervisor was there."""
    answers = {"visited_on": "2026-03-02", "present_count": "3", **more}
    if "findings" in more:
        answers.setdefault("rectify_by", "2026-03-09")
    case.complete("visit", as_="supervisor", **answers)


def box(play: Play, login: str) -> list[Notification]:
    """The notices somebody has, the newest first."""
    who = play.user(login)
    return play.run(lambda session: list(notices.box(session, who)))


def told(play: Play, login: str) -> list[str]:
    """Titles of the notices somebody has, the newest first."""
    return [one.title for one in box(play, login)]
