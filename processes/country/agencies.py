"""The agencies and units of the country, their grants and accounts.

Invariant: what is there already stays; every office of a process is held by somebody of its own, so
that separation of duties can be kept everywhere.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from processes.country.dice import Dice
from processes.country.people import credit_code, names, person, province, shape
from processes.identity import authority, organisations
from processes.identity.authority import Wanted
from processes.model.people import Org, UserAccount
from processes.people import accounts

_BY: Final = "demo"
_ALL: Final = frozenset({"training", "exam", "licence_issue"})


@dataclass(frozen=True, slots=True)
class Agency:
    """An organisation to be, with the roles somebody holds there."""

    code: str
    name: str
    kind: str
    region: str
    parent: str | None = None
    mark: str = ""
    roles: tuple[str, ...] = ()
    grants: tuple[tuple[str, str, frozenset[str]], ...] = ()
    """Grantor, scope, businesses."""
    applies: bool = False
    uscc: str = ""
    """Of an agency whose seal stands on certificates; units have theirs in their ledgers."""


def planned(part: float = 1.0) -> list[Agency]:
    """Every agency of a country of that size, parents first."""
    return [*_maritime(), *_explosives(part), *_property()]


def found(session: Session, agency: Agency, on: date) -> None:
    """Lay down one agency with its grants and accounts, unless it is there."""
    if session.get(Org, agency.code) is not None:
        return
    _organisation(session, agency)
    for grantor, scope, businesses in agency.grants:
        wanted = Wanted(
            grantor=grantor,
            grantee=agency.code,
            scope=scope,
            business=businesses,
            may_delegate=agency.kind == "msa_direct",
            valid_from=on - timedelta(days=365 * 3),
        )
        authority.grant(session, wanted, by=_BY)
    shared = session.scalar(select(UserAccount.password_hash).limit(1)) or ""
    for index, role in enumerate(agency.roles):
        _account(session, agency, role, index, (shared, on))


def _organisation(session: Session, agency: Agency) -> None:
    org = organisations.create(
        session,
        agency.code,
        name=agency.name,
        kind=agency.kind,
        parent_code=agency.parent,
        region_code=agency.region,
        document_mark=agency.mark,
    )
    org.uscc = agency.uscc
    dice = Dice(shape()["seed"], "agency", agency.code)
    org.phone = f"0{dice.between(310, 998)}-8{dice.between(1000000, 9999999)}"
    org.address = (
        f"{province(agency.region)['name']}{dice.one(names()['streets'])} {dice.between(1, 199)} 号"
    )


def _account(
    session: Session, agency: Agency, role: str, index: int, told: tuple[str, date]
) -> None:
    shared, on = told
    serial = sum(ord(letter) * 131**place for place, letter in enumerate(agency.code)) % 90_000
    somebody = person(7_000_000 + serial * 40 + index, on=on, region=agency.region, ages=(26, 57))
    account = accounts.create_user(
        session,
        f"{agency.code.lower()}_{role}",
        name=somebody.name,
        org_code=agency.code,
        id_no=somebody.id_no,
        kind="applicant" if agency.applies else "staff",
    )
    account.password_hash = shared
    accounts.assign_role(session, account, role, org_code=agency.code)


def _maritime() -> Iterator[Agency]:
    told = shape()
    staff: Mapping[str, list[str]] = told["staff"]
    every = (*staff["licence"], *staff["training"], *staff["office"])
    for one in told["direct"]:
        code, mark = one["code"], one["mark"]
        grants = tuple(("000001", scope, _ALL) for scope in ("sea_yacht", "inland_yacht"))
        yield Agency(code, one["name"], "msa_direct", one["region"], "000001", mark, every, grants)
        for number, (region, name) in enumerate(one["branches"].items(), 2):
            held = ((code, "sea_yacht", frozenset({"licence_issue"})),)
            branch = f"{code[:4]}{10 + number}"
            roles = (*staff["licence"], "system_admin")
            short = name.removesuffix("海事局")
            yield Agency(
                branch, name, "msa_branch", region, code, f"{mark[:1]}{short}海事", roles, held
            )
    for code in told["local"]:
        place = province(code)
        inland = (("000001", "inland_yacht", _ALL),)
        name = str(place["name"]).removesuffix("省").removesuffix("市").removesuffix("自治区")
        mark = f"{place['mark']}地海事"
        yield Agency(
            f"{code[:2]}0002", f"{name}地方海事局", "msa_local", code, "000001", mark, every, inland
        )


def _explosives(part: float) -> Iterator[Agency]:
    told = shape()
    for place in told["provinces"]:
        code = f"EP{place['code']}"
        yield Agency(
            code,
            f"{place['name']}民爆行业主管部门",
            "expl_province",
            place["code"],
            "EMIIT001",
            f"{place['mark']}民爆",
            ("province_user",),
        )
    for number in range(told["academies"]):
        place = told["provinces"][number * 9 + 5]
        yield Agency(
            f"EA{place['code'][:2]}01{number:02d}",
            f"{str(place['name'])[:2]}理工民爆学院",
            "expl_academy",
            place["code"],
            "EASSOC01",
        )
    for number in range(told["institutions"]["explosives"]):
        place = told["provinces"][number * 3 % len(told["provinces"])]
        yield Agency(
            f"ET{place['code'][:2]}01{number:02d}",
            f"{str(place['name'])[:2]}民爆安全培训中心",
            "training_institution",
            place["code"],
            "EASSOC01",
            roles=("institution_user",),
            applies=True,
        )
    yield from enterprises(part)
    for number in range(told["institutions"]["yacht"]):
        yield _institution(number)
    for number in range(told["clubs"]):
        yield _club(number)


def enterprises(part: float) -> Iterator[Agency]:
    """Groups and enterprises of explosives, at least one in each province."""
    told = shape()
    provinces = told["provinces"]
    words = names()["works"]
    groups: dict[str, str] = {}
    for number in range(told["groups"]):
        place = provinces[number * 7 % len(provinces)]
        code = f"EG{place['code'][:2]}01{number:02d}"
        groups.setdefault(place["code"], code)
        name = f"{str(place['name'])[:2]}{words[number % len(words)]}民爆集团"
        yield Agency(
            code,
            name,
            "expl_group",
            place["code"],
            f"EP{place['code']}",
            roles=("group_user",),
            applies=True,
        )
        yield _branch(number, code, name)
    for number in range(max(len(provinces), round(told["enterprises"] * part))):
        place = provinces[number % len(provinces)]
        dice = Dice("enterprise", number)
        city, city_name = dice.one(sorted(place["cities"].items()))
        kind = dice.weighed(
            {
                "民爆器材有限公司": 5,
                "化工有限公司": 3,
                "爆破工程有限公司": 3,
                "民爆物品经营有限公司": 4,
            }
        )
        short = _short(city_name)
        turn = number // len(provinces)
        name = f"{short}{words[(number * 5 + turn) % len(words)]}{kind}"
        in_group = place["code"] in groups and dice.chance(0.4)
        parent = groups[place["code"]] if in_group else f"EP{place['code']}"
        yield Agency(
            f"EN{place['code'][:2]}{number + 1000:04d}",
            name,
            "expl_enterprise",
            city,
            parent,
            roles=("enterprise_user",),
            applies=True,
        )


def _branch(number: int, group: str, name: str) -> Agency:
    """The branch company of a group, in another town of its province or the same."""
    place = province(f"{group[2:4]}0000")
    city, city_name = Dice("branch", number).one(sorted(place["cities"].items()))
    return Agency(
        f"EB{group[2:]}",
        f"{name}{_short(city_name)}分公司",
        "expl_branch",
        city,
        group,
        roles=("enterprise_user",),
        applies=True,
    )


def _institution(number: int) -> Agency:
    place = province(_coast()[number % len(_coast())])
    dice = Dice("institution", number)
    city, city_name = dice.one(sorted(place["cities"].items()))
    word = names()["yacht"][number % len(names()["yacht"])]
    kind = dice.one(("培训中心", "培训学校", "驾驶培训有限公司"))
    name = f"{_short(city_name)}{word}游艇{kind}"
    return Agency(
        f"YT{city[:4]}{number + 10:03d}",
        name,
        "training_institution",
        city,
        roles=("institution_clerk",),
        applies=True,
    )


def _club(number: int) -> Agency:
    place = province(_coast()[number * 3 % len(_coast())])
    dice = Dice("club", number)
    city, city_name = dice.one(sorted(place["cities"].items()))
    word = names()["yacht"][(number * 3 + 7) % len(names()["yacht"])]
    return Agency(
        f"YC{city[:4]}{number + 10:03d}",
        f"{_short(city_name)}{word}游艇俱乐部",
        "yacht_club",
        city,
        roles=("org_clerk",),
        applies=True,
    )


def _short(city: str) -> str:
    """A place without the word for what it is."""
    return city.removesuffix("新区") if city.endswith("新区") else city[:-1]


def _coast() -> list[str]:
    """Provinces with a direct bureau, where yachts are."""
    return sorted({f"{one['region'][:2]}0000" for one in shape()["direct"]})


def bureau_of(region: str) -> str:
    """The direct bureau of a place: of its city if it has one, else of its province."""
    bureaus = {one["region"]: one["code"] for one in shape()["direct"]}
    return str(bureaus.get(region) or bureaus[f"{region[:2]}0000"])


def _property() -> Iterator[Agency]:
    for city, name in shape()["property_cities"].items():
        code = f"PR{city}"
        roles = (
            "window_clerk",
            "registration_reviewer",
            "registration_registrar",
            "query_executor",
            "query_admin",
            "ecert_problem_clerk",
            "evaluation_manager",
        )
        yield Agency(
            code,
            f"{name}不动产登记局",
            "reg_agency",
            city,
            "PN610000",
            f"{name[:1]}不动产",
            roles,
            uscc=credit_code(Dice("credit", code), city, kind="11"),
        )
        yield Agency(
            f"PT{city}", f"国家税务总局{name}税务局", "tax_office", city, roles=("tax_officer",)
        )
        yield Agency(
            f"PH{city}",
            f"{name}住房和城乡建设局",
            "housing_office",
            city,
            roles=("housing_officer",),
        )


def credit(agency: Agency) -> str:
    """The credit code of a unit, the same every time."""
    return credit_code(Dice("credit", agency.code), agency.region)
