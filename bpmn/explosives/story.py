"""The steps of explosives training, for the tests of its processes: who fills in what."""

from datetime import date, datetime
from typing import Any, Final

from bpmn.beginnings import once
from bpmn.papers import handed_in
from engine import runtime
from engine.clock import SHANGHAI
from processes import registers
from processes.casefile import notices
from processes.play import Play, PlayedCase

PERSON: Final = "expl_person_approval"
ID_NO: Final = "370902198001010019"


def photo(play: Play) -> dict[str, Any]:
    """A portrait handed in."""
    return handed_in(play)


def person(play: Play, **changes: Any) -> dict[str, Any]:
    """The answers of an enterprise that enters one of its people; changes on top."""
    return {
        "person_action": "new",
        "name": "安全员",
        "id_no": ID_NO,
        "sex": "male",
        "birth_date": "1980-01-01",
        "photo": photo(play),
        "post": "安全科科长",
        "qualification_kind": "safety_manager",
        "phone": "13900000001",
        **changes,
    }


def entered(play: Play, *, as_: str = "expl_enterprise", **changes: Any) -> PlayedCase:
    """A person entered, waiting for the province."""
    return play.apply(PERSON, as_=as_, **person(play, **changes))


@once
def approved(play: Play, **changes: Any) -> str:
    """A person entered and approved; returns the number."""
    case = entered(play, **changes)
    case.complete("approve", as_="expl_province", decision="approve")
    return str(case.variables["person_no"])


def record(play: Play, register: str, key: object) -> dict[str, Any]:
    """What a ledger says now."""
    found = play.run(lambda session: registers.get(session, register, str(key)))
    return {**found.values, "status": found.status}


PLAN: Final = "expl_class_plan"
CLASS: Final = "expl_training_class"
ENROLMENT: Final = "expl_enrolment"
PUBLISHERS: Final = {"obtain": "expl_association"}
ACADEMY_ID: Final = "110101198001010010"


def planned(play: Play, kind: str = "obtain", *, as_: str = "", **changes: Any) -> PlayedCase:
    """A training plan made by whoever publishes this kind of class."""
    answers = {
        "title": f"2026 年第一期{kind}",
        "class_kind": kind,
        "planned_from": "2026-03-20",
        "planned_to": "2026-03-30",
        "place": "北京市演示路 2 号",
        "institution": "ET110001",
        "quota": 30,
        **changes,
    }
    return play.apply(PLAN, as_=as_ or PUBLISHERS.get(kind, "expl_province"), **answers)


@once
def opened(play: Play, kind: str = "obtain", *, as_: str = "", **changes: Any) -> PlayedCase:
    """A class of this kind whose enrolment is open until 16 March."""
    quota = {"quota": changes.pop("quota")} if "quota" in changes else {}
    plan = planned(play, kind, **quota)
    answers = {
        "plan_no": plan.variables["plan_no"],
        "title": "安全资格培训班",
        "place": "北京市演示路 2 号",
        "enrol_to": "2026-03-16",
        "start": "2026-03-20",
        "end": "2026-03-26",
        "hours": 48,
        "contact": "培训部 010-80000002",
        **changes,
    }
    return play.apply(CLASS, as_=as_ or PUBLISHERS.get(kind, "expl_province"), **answers)


def enrolled(
    play: Play, class_no: object, *people: str, as_: str = "expl_enterprise"
) -> PlayedCase:
    """People enrolled by a unit, an institution or a province."""
    field = {"expl_institution": "academy_people", "expl_association": "academy_people"}
    name = field.get(as_, "province_people" if "province" in as_ else "own_people")
    return play.apply(ENROLMENT, as_=as_, class_no=str(class_no), **{name: list(people)})


def confirmed(
    case: PlayedCase, *, as_: str = "expl_province", decision: str = "confirm", reason: str = ""
) -> None:
    """What a province says to all the people it is asked about."""
    asked = case.play.user(as_).org_code
    case.complete(
        "confirm",
        as_=as_,
        confirmations=[
            {"decision": decision, "reason": reason}
            for line in case.variables["lines"]
            if line["confirm_org"] == asked and not line["queued"]
        ],
    )


def checked_in(case: PlayedCase, *absent: str) -> None:
    """The enrolment is closed by its date; everybody comes but those named."""
    case.play.until(datetime(2026, 3, 17, 9, tzinfo=SHANGHAI))
    case.complete(
        "check_in",
        as_="expl_association",
        check_action="done",
        arrivals=[{"present": one["name"] not in absent} for one in case.variables["enrolments"]],
    )


def scored(case: PlayedCase, theory: int = 85, **scores: int) -> None:
    """The institution enters what everybody reached; `name=score` for single people."""
    case.complete(
        "enter_scores",
        as_="expl_institution",
        score_rows=[
            {"theory": scores.get(one["name"], theory)} for one in case.variables["to_score"]
        ],
    )


def confirmed_scores(case: PlayedCase) -> None:
    """The association confirms the scores."""
    case.complete("confirm_scores", as_="expl_association", decision="confirm")


def printed(case: PlayedCase, result: str = "printed", **more: str) -> None:
    """The association prints what is to be printed."""
    rows = [{"result": result, **more} for _one in called(case, "to_print")]
    case.complete("print", as_="expl_association", printed_rows=rows)


def approved_certificates(case: PlayedCase, decision: str = "approve", **more: str) -> None:
    """The ministry decides on every certificate of the class."""
    rows = [{"decision": decision, **more} for _one in called(case, "certificates")]
    case.complete("approve", as_="expl_ministry", approvals=rows)


@once
def certified(play: Play, kind: str = "obtain", **changes: Any) -> tuple[PlayedCase, str]:
    """A person who has been through a whole class; the class and the number of the person."""
    person_no = approved(play, **changes)
    case = opened(play, kind)
    confirmed(enrolled(play, case.variables["class_no"], person_no))
    checked_in(case)
    scored(case)
    confirmed_scores(case)
    return case, person_no


def holding(play: Play, person_no: str, **changes: Any) -> str:
    """A certificate from earlier on; returns the number of its record."""
    person_held = record(play, "expl_person", person_no)
    values = {
        "certificate_no": "20230370010001",
        "person_no": person_no,
        "obtained_on": date(2023, 4, 1),
        "obtained_by": "obtain",
        "issued_on": date(2023, 4, 1),
        "expires_on": date(2026, 3, 31),
        "printed_on": date(2023, 4, 2),
        "approved_on": date(2023, 4, 2),
        "print_count": 1,
        **{name: person_held[name] for name in OF_PERSON},
        **changes,
    }
    trace = registers.Trace(by="test", reason="既有证书")
    return play.run(
        lambda session: (
            registers.create(session, "expl_certificate", values, trace=trace, status="valid").key
        )
    )


OF_PERSON: Final = ("name", "unit", "unit_name", "province_org", "qualification_kind")


def called(case: PlayedCase, name: str) -> list[dict[str, Any]]:
    """A list as the process called by a case has it."""
    task = next(one for one in case.tasks if one.activity in ("print", "approve"))
    return case.play.run(
        lambda session: list(runtime.variables(session, case.id, scope_id=task.scope_id)[name])
    )


def records(play: Play, register: str, **where: Any) -> list[dict[str, Any]]:
    """What a ledger holds, as far as some fields agree."""
    found = play.run(lambda session: registers.find(session, register, where=where))
    return [{**one.values, "key": one.key, "status": one.status} for one in found]


def told(play: Play, login: str) -> list[str]:
    """Titles of the notices somebody has, the newest first."""
    who = play.user(login)
    return [one.title for one in play.run(lambda session: list(notices.box(session, who)))]


def academy_person(play: Play, **changes: Any) -> str:
    """A person of an academy, kept by the association without approval."""
    answers = {"name": "院校人员", "id_no": ACADEMY_ID, "academy": "EA110001", **changes}
    return str(
        play.apply(PERSON, as_="expl_association", **person(play, **answers)).variables["person_no"]
    )


def edited(
    play: Play, person_no: str, *, as_: str = "expl_enterprise", **changes: Any
) -> PlayedCase:
    """An approved person changed by the unit."""
    answers = {**person(play, **changes), "person_action": "edit", "own_person": person_no}
    del answers["id_no"]
    return play.apply(PERSON, as_=as_, **answers)
