"""Enterprises, schools, exam sites, addresses and blank cards of the country, as ledger records.

Invariant: the same unit has the same record every time; codes and names are those of its agency.
"""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from functools import partial
from typing import Final

from sqlalchemy.orm import Session

from processes import registers
from processes.country import agencies, batches
from processes.country.agencies import Agency
from processes.country.batches import Batch, Row
from processes.country.dice import Dice
from processes.country.people import address, names, person, province

CLASSES: Final = ("A1E", "A1F", "A2E", "A2F", "B1E", "B2E")


def units(part: float, on: date) -> Iterator[Batch]:
    rows = [
        _enterprise(one)
        for one in agencies.planned(part)
        if one.kind.startswith("expl_") and one.kind in _UNITS
    ]
    yield from batches.of("expl_enterprise", rows, "active", on - timedelta(days=1500))


_UNITS: Final = ("expl_group", "expl_enterprise", "expl_branch", "expl_academy")


def _enterprise(agency: Agency) -> Row:
    dice = Dice("unit", agency.code)
    parent = agency.parent or ""
    academy = agency.kind == "expl_academy"
    return {
        "org_no": agency.code,
        "uscc": agencies.credit(agency),
        "name": agency.name,
        "short_name": agency.name[:6],
        "kind": agency.kind,
        "parent": parent if parent.startswith("EG") else None,
        "province_org": "EASSOC01" if academy else f"EP{agency.region[:2]}0000",
        "business_kind": "sales" if "经营" in agency.name else "production",
        "licence_no": f"MB生许证字〔{dice.between(2018, 2024)}〕{dice.between(1, 180):03d}号",
        "address": address(dice, (agency.region, str(province(agency.region)["name"]))),
        "legal_rep": person(6_000_000 + dice.between(0, 99_999), on=date(2026, 1, 1)).name,
        "safety_head": person(6_200_000 + dice.between(0, 99_999), on=date(2026, 1, 1)).name,
        "phone": f"0{dice.between(310, 998)}-{dice.between(2000000, 8999999)}",
    }


def schools(on: date) -> Iterator[Batch]:
    told = agencies.planned(1.0)
    found = [
        one for one in told if one.kind == "training_institution" and one.code.startswith("YT")
    ]
    yield from batches.of(
        "training_institution", [_school(one) for one in found], "", on - timedelta(days=1400)
    )
    yield from batches.of(
        "institution_permit",
        [_permit(one, n, on) for n, one in enumerate(found)],
        "",
        on - timedelta(days=1300),
    )
    staff = [row for one in found for row in _staff(one, on)]
    yield from batches.of("institution_staff", staff, "", on - timedelta(days=1200))
    bureaus = [
        one for one in told if one.kind in ("msa_direct", "msa_local") and one.code != "370001"
    ]
    for register, made in _sites(bureaus, on).items():
        yield from batches.of(register, made, "", on - timedelta(days=1200))
    branches = [one for one in told if one.kind in ("msa_direct", "msa_local", "msa_branch")]
    posts = [_address(one) for one in branches if one.code != "370001"]
    yield from batches.of("mailing_address", posts, "", on - timedelta(days=1200))


def _school(agency: Agency) -> Row:
    dice = Dice("school", agency.code)
    return {
        "org_code": agency.code,
        "uscc": agencies.credit(agency),
        "name": agency.name,
        "managing_org": agencies.bureau_of(agency.region),
        "unit_type": "training_institution",
        "address": address(dice, (agency.region, str(province(agency.region)["name"]))),
        "legal_rep": person(6_400_000 + dice.between(0, 99_999), on=date(2026, 1, 1)).name,
        "phone": f"0{dice.between(310, 998)}-{dice.between(2000000, 8999999)}",
    }


def _permit(agency: Agency, number: int, on: date) -> Row:
    dice = Dice("permit", agency.code)
    issued = on - timedelta(days=dice.between(800, 1250))
    until = issued + timedelta(days=1825)
    bureau = agencies.bureau_of(agency.region)
    return {
        "permit_no": f"海事培许字{number + 100:03d}号",
        "institution": agency.code,
        "institution_name": agency.name,
        "institution_uscc": agencies.credit(agency),
        "msa_org": bureau,
        "issued_on": issued,
        "expires_on": until,
        "project": "yacht_operator",
        "licence_classes": list(CLASSES),
        "project_valid_to": until,
    }


def _staff(agency: Agency, on: date) -> Iterator[Row]:
    serial = sum(ord(letter) * 131**place for place, letter in enumerate(agency.code)) % 90_000
    kinds = ("certifying_manager", "teacher", "teacher", "teacher")
    for index, kind in enumerate(kinds):
        somebody = person(
            8_000_000 + serial * 10 + index, on=on, region=agency.region, ages=(28, 58)
        )
        teacher = {
            "courses": [["YT01", "YT02", "YT03"], ["YT04", "YT05"], ["YT01", "YT04", "YT05"]][
                index - 1
            ]
        }
        yield {
            "msa_org": agencies.bureau_of(agency.region),
            "institution": agency.code,
            "name": somebody.name,
            "id_type": "resident_id",
            "id_no": somebody.id_no,
            "phone": somebody.phone,
            "staff_kind": kind,
            "title": Dice(somebody.id_no).one(["船长", "高级教练", "大副", "讲师"])
            if index
            else "培训部经理",
            **(teacher if index else {}),
        }


def _sites(bureaus: Sequence[Agency], on: date) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = {"exam_site": [], "exam_room": [], "examiner": [], "assessor": []}
    for one in bureaus:
        place = str(province(one.region)["name"])
        for number, name in enumerate(("考试中心", "评估基地"), 1):
            site = f"KD{one.code}{number}"
            found["exam_site"].append(
                {
                    "site_code": site,
                    "org": one.code,
                    "name": one.name[:-3] + name,
                    "address": address(Dice(site), (one.region, place)),
                }
            )
            for room, seats in (("01", 40), ("02", 30)):
                found["exam_room"].append(
                    {
                        "room_code": f"{site}-{room}",
                        "org": one.code,
                        "site": site,
                        "name": f"第{'一二'[int(room) - 1]}{'考场' if number == 1 else '评估泊位'}",
                        "seats": seats,
                    }
                )
        serial = int(one.code) * 20
        for kind, mark in (("examiner", "KG"), ("assessor", "PG")):
            for number in range(4):
                somebody = person(
                    30_000_000 + serial + number + (10 if kind == "assessor" else 0),
                    on=on,
                    region=one.region,
                    ages=(32, 56),
                )
                found[kind].append(
                    {
                        f"{kind}_no": f"{mark}{one.code}{number}",
                        "org": one.code,
                        "name": somebody.name,
                        "id_no": somebody.id_no,
                        "exam_kinds": ["yacht_operator"],
                        "cert_valid_to": on + timedelta(days=200 + number * 300),
                    }
                )
    return found


def _address(agency: Agency) -> Row:
    dice = Dice("post", agency.code)
    where = province(agency.region)
    return {
        "org": agency.code,
        "receiver": f"{agency.name}证书收发岗",
        "phone": f"0{dice.between(310, 998)}-8{dice.between(1000000, 9999999)}",
        "postcode": f"{agency.region[:2]}{dice.between(0, 9999):04d}",
        "region": str(where["name"]),
        "street": f"{dice.one(names()['streets'])} {dice.between(1, 199)} 号",
    }


def stock(part: float) -> Iterator[Batch]:
    """Blank cards enough for what will be printed, a batch a month."""
    each = 100 if part < 0.1 else 500
    for number in range(max(1, round(10 * part))):
        yield Batch("blank_item", partial(_blanks, number=number, each=each))


def _blanks(session: Session, number: int, each: int) -> None:
    first = 1_000_001 + number * 1000
    serials = registers.serials(f"YJ{first:08d}", f"YJ{first + each - 1:08d}")
    told = {"org": "900001", "kind": "yacht_licence"}
    made = registers.create(
        session,
        "blank_batch",
        {
            **told,
            "batch_no": f"KB2024{number + 1:06d}",
            "serial_from": serials[0],
            "serial_to": serials[-1],
            "qty": len(serials),
            "received_on": date(2024, 10, 8),
            "receiver": "空白证管理人",
        },
        trace=batches.TRACE,
    )
    registers.receive(
        session, "blank_item", serials, values={**told, "batch_no": made.key}, trace=batches.TRACE
    )
    counted = {"confirmer": "空白证复核人", "counted": len(serials), "good_qty": len(serials)}
    registers.transition(
        session, "blank_batch", made.key, "confirmed", trace=batches.TRACE, changes=counted
    )
