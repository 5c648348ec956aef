"""People of the ledgers with the certificates of their earlier years.

Invariant: nobody holds two valid certificates of a kind; what came before is replaced, annulled or
expired, and says so.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from functools import cache, partial
from typing import Any, Final

from sqlalchemy.orm import Session

from engine import clock
from processes import registers
from processes.country import agencies, batches, papers
from processes.country.agencies import Agency
from processes.country.batches import Batch, Row
from processes.country.dice import Dice
from processes.country.people import Person, names, person, shape
from processes.demo import loader

_YACHT: Final = 10_000_000
_EXPLOSIVES: Final = 20_000_000
_OF_SHOWN: Final = 96


def yacht(part: float, on: date) -> Iterator[Batch]:
    number = round(shape()["people"]["yacht"] * part)
    each = shape()["certificates"]["yacht"] / shape()["people"]["yacht"]
    for start in range(0, number, batches.BATCH):
        chosen = range(start, min(start + batches.BATCH, number))
        yield Batch("person", partial(_holders, numbers=chosen, each=each, on=on))


def _holders(session: Session, numbers: Sequence[int], each: float, on: date) -> None:
    regions = [one["region"] for one in shape()["direct"]]
    people = [
        person(_YACHT + n, on=on, region=regions[n % len(regions)], ages=(22, 62)) for n in numbers
    ]
    then = on - timedelta(days=2200 - numbers[0] % 900)
    faces = papers.portraits(session)
    told = [
        {**one.told(), "photo": _face(faces, n, one.sex)}
        for n, one in zip(numbers, people, strict=True)
    ]
    with clock.travel(batches.morning(then)):
        keys = registers.create_many(session, "person", told, trace=batches.TRACE)
    rows: dict[str, list[Row]] = {"valid": [], "annulled": [], "expired": []}
    for n, key, one in zip(numbers, keys, people, strict=True):
        for status, row in _licences(n, key, one, each, on):
            rows[status].append(row)
    for status, made in rows.items():
        if made:
            with clock.travel(batches.morning(then + timedelta(days=30))):
                registers.create_many(
                    session, "yacht_licence", made, trace=batches.TRACE, status=status
                )


def _face(
    faces: Mapping[str, Sequence[Mapping[str, Any]]], number: int, sex: str
) -> Mapping[str, Any]:
    of_sex = faces[sex]
    return of_sex[number % len(of_sex)]


def _licences(
    number: int, key: str, holder: Person, each: float, on: date
) -> Iterator[tuple[str, Row]]:
    """Up to three: the one that holds, of one or two classes, and the one replaced by it."""
    dice = Dice("licence", number)
    bureau = shape()["direct"][number % len(shape()["direct"])]
    wanted = int(each) + dice.chance(each - int(each))
    kinds = dice.some(list(shape()["licence_classes"]), max(1, wanted - 1))
    issued = on - timedelta(days=dice.between(760, 1800))
    for index in range(wanted):
        replaced = index == wanted - 1 and wanted > 1
        since = issued - timedelta(days=1815) if replaced else issued
        until = since + timedelta(days=1825)
        row = {
            "person_id": key,
            "holder_name": holder.name,
            "id_type": "resident_id",
            "id_no": holder.id_no,
            "sex": holder.sex,
            "birth_date": holder.birth_date,
            "nationality": "CHN",
            "licence_class": kinds[0 if replaced else index],
            "issued_by": bureau["code"],
            "issued_by_name": bureau["name"],
            "signing_officer": person(6_600_000 + number % 37, on=date(2026, 1, 1)).name,
            "issued_on": since,
            "expires_on": until,
            "activated_on": since + timedelta(days=12),
            "blank_serial": f"{'YA' if replaced else 'YH'}{number:06d}{index}",
            "card_count": 1,
            "origin": "normal",
        }
        if replaced:
            yield "annulled", {**row, "annulled_on": issued, "annul_reason": "replaced"}
        else:
            yield ("valid" if until >= on else "expired"), row


def explosives(part: float, on: date) -> Iterator[Batch]:
    number = round(shape()["people"]["explosives"] * part)
    kinds = ("expl_enterprise", "expl_group", "expl_branch")
    units = [one for one in agencies.planned(part) if one.kind in kinds]
    each = shape()["certificates"]["explosives"] / shape()["people"]["explosives"]
    for start in range(0, number, batches.BATCH):
        chosen = range(start, min(start + batches.BATCH, number))
        yield Batch("expl_person", partial(_workers, numbers=chosen, units=units, told=(each, on)))


def _workers(
    session: Session, numbers: Sequence[int], units: Sequence[Agency], told: tuple[float, date]
) -> None:
    each, on = told
    owners = [_owner(n, units) for n in numbers]
    people = [
        person(_EXPLOSIVES + n, on=on, region=unit.region, ages=(24, 58))
        for n, unit in zip(numbers, owners, strict=True)
    ]
    then = on - timedelta(days=1900 - numbers[0] % 1000)
    faces = papers.portraits(session)
    rows = [
        {**_worker(n, one, unit, then), "photo": _face(faces, n, one.sex)}
        for n, one, unit in zip(numbers, people, owners, strict=True)
    ]
    with clock.travel(batches.morning(then)):
        keys = registers.create_many(
            session, "expl_person", rows, trace=batches.TRACE, status="approved"
        )
    made: dict[str, list[Row]] = {"valid": [], "void": [], "annulled": []}
    warnings = []
    for n, key, row in zip(numbers, keys, rows, strict=True):
        held = list(_certificates(n, {**row, "person_no": key}, each, on))
        for status, certificate in held:
            made[status].append(certificate)
        warnings.append(_warning({**row, "person_no": key}, dict(held).get("valid"), on))
    with clock.travel(batches.morning(on)):
        registers.create_many(session, "expl_warning", warnings, trace=batches.TRACE)
    for status, certificates in made.items():
        if certificates:
            with clock.travel(batches.morning(then + timedelta(days=40))):
                registers.create_many(
                    session, "expl_certificate", certificates, trace=batches.TRACE, status=status
                )


@cache
def _shown() -> tuple[Agency, ...]:
    """The units of the demo's accounts: whoever looks in finds people of his own."""
    told = loader.cast()
    logged_in = {user.get("org") for user in told["users"]}
    ready = {
        one["org_no"]: one["kind"]
        for one in told["registers"]["expl_enterprise"]
        if one.get("status") == "active" and one["kind"] != "expl_academy"
    }
    return tuple(
        Agency(org["code"], org["name"], ready[org["code"]], org["region"])
        for org in told["orgs"]
        if org["code"] in ready and org["code"] in logged_in
    )


def _owner(number: int, units: Sequence[Agency]) -> Agency:
    """Whose worker it is; of the first, every other one is of a unit with an account."""
    shown = _shown()
    if number < _OF_SHOWN and number % 2 and shown:
        return shown[number // 2 % len(shown)]
    return units[number % len(units)]


def _warning(worker: Mapping[str, Any], held: Row | None, on: date) -> Row:
    """What the daily process would say of somebody (`expl_expiry_warning`)."""
    found = {name: worker[name] for name in ("person_no", "name", "unit", "unit_name")}
    found |= {"province_org": worker["province_org"], "as_of": on}
    if held is None:
        return {**found, "level": "none", "selection": "obtain"}
    until = held["expires_on"]
    left = (until - on).days
    levels = (("expired", -1), ("d30", 30), ("d90", 90), ("d180", 180))
    level = next((name for name, most in levels if left <= most), "none")
    this_year = held["obtained_by"] == "obtain" and held["obtained_on"].year == on.year
    renew = until < date(on.year + 1, 3, 1)
    selection = "none_this_year" if this_year else "renew" if renew else "retrain"
    told = {"certificate_no": held["certificate_no"], "expires_on": until, "days_left": left}
    return {**found, **told, "level": level, "selection": selection}


def _worker(number: int, one: Person, unit: Agency, approved: date) -> Row:
    dice = Dice("worker", number)
    kind = "principal" if dice.chance(0.28) else "safety_manager"
    told = {
        "name": one.name,
        "sex": one.sex,
        "birth_date": one.birth_date,
        "education": dice.weighed(
            {"junior": 4, "senior": 20, "college": 34, "bachelor": 36, "master": 6}
        ),
        "post": dice.one(names()["posts"][kind]),
        "qualification_kind": kind,
        "phone": one.phone,
    }
    if dice.chance(0.5):
        told["title"] = dice.one(names()["titles"])
    return {
        **told,
        "id_no": one.id_no,
        "unit": unit.code,
        "unit_name": unit.name,
        "unit_kind": unit.kind,
        "province_org": f"EP{unit.region[:2]}0000",
        "approved": told,
        "approved_on": approved,
    }


def _certificates(
    number: int, worker: Mapping[str, Any], each: float, on: date
) -> Iterator[tuple[str, Row]]:
    """Up to three: those of earlier terms, then the one that holds; some let theirs lapse."""
    dice = Dice("certificate", number)
    wanted = 0 if dice.chance(0.14) else int(each / 0.86) + dice.chance(each / 0.86 % 1)
    obtained = on - timedelta(days=dice.between(20, 1090))
    for back in range(wanted):
        since = obtained - timedelta(days=1095 * back)
        first = back == wanted - 1
        lapsed = back == 0 and dice.chance(0.06)
        if lapsed:
            since -= timedelta(days=400 + 1095)
        until = since + timedelta(days=1094)
        place = worker["province_org"][2:4]
        row = {
            **{
                name: worker[name]
                for name in (
                    "person_no",
                    "name",
                    "unit",
                    "unit_name",
                    "province_org",
                    "qualification_kind",
                )
            },
            "certificate_no": _certificate_no(number, since, place, back),
            "obtained_on": since,
            "obtained_by": "obtain" if first else "renew",
            "issued_on": since,
            "expires_on": until,
            "printed_on": since + timedelta(days=3),
            "print_count": 1,
            "approved_on": since + timedelta(days=5),
        }
        if back:
            yield "void", {**row, "end_reason": "换发新证"}
        elif lapsed:
            gone = min(until + timedelta(days=60), on - timedelta(days=1))
            yield "annulled", {**row, "annulled_on": gone, "end_reason": "过期未换证"}
        else:
            yield "valid", row


def _certificate_no(number: int, since: date, place: str, back: int) -> str:
    """Of 14 digits; one in five has one of the earlier kind, of 11 (E-43)."""
    serial = f"{number:06d}"
    if number % 5 == 0:
        return f"{since:%y}{place}{serial}{back}"
    return f"{since.year}{place}{back}{serial[1:]}{serial[0]}{back}"
