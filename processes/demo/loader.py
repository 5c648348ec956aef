"""Fills an empty installation with the demo: roles, organisations, accounts, ledgers, processes.

Invariant: what is there already is left alone, so that the demo starts again on its data.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any, Final

import yaml
from sqlalchemy.orm import Session

from engine import clock, feel
from processes import registers
from processes.casework import applications
from processes.clock import calendars
from processes.identity import authority, identity, organisations
from processes.identity.authority import Wanted
from processes.identity.roles import ROLES
from processes.model.people import Org, Role, UserAccount
from processes.modelling import deployment
from processes.people import accounts
from processes.registers import Trace

_FILE: Final = Path(__file__).with_name("cast.yaml")
MODELS: Final = Path(__file__).parents[2] / "bpmn"
_BY: Final = "demo"
_TRACE: Final = Trace(by=_BY, reason="演示数据")


@dataclass(frozen=True, slots=True)
class Account:
    """A demo account as the log-in page offers it."""

    login: str
    name: str
    org: str
    does: str
    name_en: str = ""
    does_en: str = ""


@cache
def cast() -> Mapping[str, Any]:
    """The demo's organisations, accounts and records, with those of each domain's `demo.yaml`."""
    told: dict[str, Any] = yaml.load(_FILE.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    for path in sorted(MODELS.glob("*/demo.yaml")):
        domain = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
        told["orgs"] += domain.get("orgs", [])
        told["users"] += domain.get("users", [])
        told["registers"] |= domain.get("registers", {})
        told["applications"] = [*told.get("applications", ()), *domain.get("applications", ())]
    return told


def password() -> str:
    """The password of every demo account."""
    return str(cast()["password"])


def offered() -> list[Account]:
    """The demo accounts for people to choose from."""
    told = cast()
    names = {org["code"]: org["name"] for org in told["orgs"]}
    return [
        Account(
            user["login"],
            user["name"],
            names.get(user.get("org", ""), ""),
            user["does"],
            user.get("name_en", ""),
            user.get("does_en", ""),
        )
        for user in told["users"]
    ]


def load(session: Session, *, models: Path = MODELS, topics: tuple[str, ...] = ()) -> None:
    """Load whatever of the demo is not there yet."""
    load_ledgers(models)
    load_people(session)
    load_records(session)
    deployment.load_folder(session, models, by=_BY, topics=topics)


def load_applications(session: Session) -> None:
    """File what the demo's people file at first, where a ledger has nothing from today on."""
    for told in cast()["applications"]:
        if _is_ahead(session, told["unless"]):
            continue
        by = identity.by_login(session, told["by"])
        if by is None:
            raise LookupError(f"demo: nobody is {told['by']!r}")
        answers = {name: _answer(value) for name, value in told["told"].items()}
        applications.apply(session, told["process"], by=by, answers=answers)


def _is_ahead(session: Session, unless: Mapping[str, Any]) -> bool:
    key, today = "", clock.today()
    register, where = unless["register"], unless.get("where")
    while found := registers.find(session, register, where=where, after=key, limit=registers.MOST):
        if any(one.values[unless["day"]] > today for one in found):
            return True
        key = found[-1].key
    return False


def _answer(value: Any) -> Any:
    """An answer as it is typed; what begins with `=` is FEEL, for dates that go with today."""
    if isinstance(value, str) and value.startswith("="):
        return str(feel.evaluate(value[1:], {}).value)
    return value


def load_ledgers(models: Path = MODELS) -> None:
    """Read the definitions of the ledgers."""
    for folder in sorted(models.glob("*/registers")):
        registers.load(folder)


def load_people(session: Session) -> None:
    """Roles, organisations, grants and accounts."""
    told = cast()
    load_roles(session)
    for org in told["orgs"]:
        if session.get(Org, org["code"]) is None:
            made = organisations.create(
                session,
                org["code"],
                name=org["name"],
                kind=org["kind"],
                parent_code=org.get("parent"),
                region_code=org["region"],
                document_mark=org.get("mark", ""),
            )
            made.uscc = org.get("credit_code", "")
            made.name_en = org.get("name_en", "")
    for one in told["grants"]:
        _grant(session, one)
    hashed: str | None = None
    for user in told["users"]:
        if session.query(UserAccount).filter_by(login=user["login"]).first() is None:
            hashed = _account(session, user, hashed)
    session.flush()


def load_roles(session: Session) -> None:
    """The roles as rows, in step with the matrix."""
    for code, info in ROLES.items():
        row = session.get(Role, code) or Role(code=code)
        row.name, row.name_en = info.name, info.name_en
        row.business, row.category = info.business, info.category
        session.add(row)
    session.flush()
    calendars.refresh(session)


def load_records(session: Session) -> None:
    """Records of the ledgers that are still empty, and who passed which training."""
    told = cast()
    for register, rows in told["registers"].items():
        if not registers.find(session, register, limit=1):
            for row in rows:
                _record(session, register, row)
    if not registers.find(session, "training_result", limit=1):
        for result in told["results"]:
            _result(session, told, result)


def _record(session: Session, register: str, row: Mapping[str, Any]) -> None:
    if register == "blank_batch":
        _batch(session, row)
        return
    values = {name: value for name, value in row.items() if name != "status"}
    registers.create(session, register, values, trace=_TRACE, status=row.get("status", ""))


def _grant(session: Session, one: Mapping[str, Any]) -> None:
    today = clock.today()
    for business in one["business"]:
        if authority.has_grant(session, one["grantee"], business, one["scope"], today):
            return
    wanted = Wanted(
        grantor=one["grantor"],
        grantee=one["grantee"],
        scope=one["scope"],
        business=frozenset(one["business"]),
        may_delegate=one["delegate"],
        valid_from=today - timedelta(days=4 * 365),
    )
    authority.grant(session, wanted, by=_BY)


def _account(session: Session, user: Mapping[str, Any], hashed: str | None) -> str:
    """Open an account; all share one hash, which costs a tenth of a second to make."""
    account = accounts.create_user(
        session,
        user["login"],
        name=user["name"],
        org_code=user.get("org"),
        id_no=user["id_no"],
        kind=user.get("kind", "staff"),
    )
    if hashed is None:
        accounts.set_password(session, account, password())
    else:
        account.password_hash, account.password_changed_at = hashed, clock.now()
    for role in user["roles"]:
        accounts.assign_role(session, account, role, org_code=user.get("org") or "000001")
    return account.password_hash


def _batch(session: Session, batch: Mapping[str, Any]) -> None:
    made = registers.create(session, "blank_batch", batch, trace=_TRACE)
    serials = registers.serials(batch["serial_from"], batch["serial_to"])
    values = {"batch_no": made.key, "org": batch["org"], "kind": batch["kind"]}
    registers.receive(session, "blank_item", serials, values=values, trace=_TRACE)
    counted = {"confirmer": "空白证复核人", "counted": len(serials), "good_qty": len(serials)}
    registers.transition(
        session, "blank_batch", made.key, "confirmed", trace=_TRACE, changes=counted
    )


def _result(session: Session, told: Mapping[str, Any], result: Mapping[str, Any]) -> None:
    user = next(one for one in told["users"] if one["login"] == result["login"])
    held = registers.first(session, "person", where={"id_no": user["id_no"]})
    person = held or registers.create(session, "person", _person(user), trace=_TRACE)
    today = clock.today()
    registers.create(
        session,
        "training_result",
        {
            "person_id": person.key,
            "id_no": user["id_no"],
            "name": user["name"],
            "plan_no": result["plan_no"],
            "institution": "演示游艇培训机构",
            "msa_org": result["msa_org"],
            "licence_class": result["licence_class"],
            "theory_result": "passed",
            "theory_on": today - timedelta(days=60),
            "assessment_result": "passed",
            "assessment_on": today - timedelta(days=50),
            "practical_training": True,
            "confirmed_on": today - timedelta(days=40),
        },
        trace=_TRACE,
        status="confirmed",
    )


def _person(user: Mapping[str, Any]) -> dict[str, Any]:
    number = user["id_no"]
    born = f"{number[6:10]}-{number[10:12]}-{number[12:14]}"
    return {
        "name": user["name"],
        "sex": "male" if int(number[16]) % 2 else "female",
        "birth_date": born,
        "nationality": "CHN",
        "id_type": "resident_id",
        "id_no": number,
    }
