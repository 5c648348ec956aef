"""The functions that our models may use in FEEL beyond the standard's.

Invariant: each is pure over its arguments and the calendar in force; those that ask who stands
where in the office read it in the transaction of the step. Anything they cannot use gives null, as
FEEL has it.
"""

from collections.abc import Callable, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

from sqlalchemy.orm import Session

from engine import asking, clock, feel
from forms.fields.counted import yuan
from processes import settings
from processes.clock import calendar
from processes.identity import identifiers
from processes.identity.identity import person_key
from processes.letters import filling
from processes.people import positions


def register() -> None:
    """Make the functions known to FEEL; doing it again changes nothing."""
    for name, params, function in FUNCTIONS:
        feel.register(name, params, function)


def _add_working_days(day: Any, amount: Any) -> date | None:
    start, count = _date(day), _integer(amount)
    return None if start is None or count is None else calendar.add_working_days(start, count).date


def _working_days_between(start: Any, end: Any) -> Decimal | None:
    first, last = _date(start), _date(end)
    if first is None or last is None:
        return None
    return Decimal(calendar.working_days_between(first, last))


def _is_working_day(day: Any) -> bool | None:
    found = _date(day)
    return None if found is None else calendar.is_working(found)


def _identity_birth_date(number: Any) -> date | None:
    canonical = identifiers.id_no(number) if isinstance(number, str) else None
    return identifiers.birth_date(canonical) if canonical else None


def _person_of(number: Any) -> str | None:
    return person_key(number) if isinstance(number, str) and number else None


def _check_identity(number: Any) -> bool | None:
    return identifiers.id_no(number) is not None if isinstance(number, str) else None


def _check_credit_code(code: Any) -> bool | None:
    return identifiers.credit_code(code) is not None if isinstance(code, str) else None


def _portal_address(path: Any) -> str | None:
    """A page of the public portal as a whole address, for links that leave the installation."""
    if not isinstance(path, str) or not path.startswith("/public"):
        return None
    return settings.current().public_url.rstrip("/") + path


def _region_prefix(code: Any, length: Any) -> str | None:
    count = _integer(length)
    if not isinstance(code, str) or count is None or not 0 < count <= len(code):
        return None
    return code[:count]


def _unit_code_parts(code: Any) -> list[str] | None:
    parts = identifiers.unit_code(code) if isinstance(code, str) else None
    return list(parts) if parts else None


def _certificate_identifier(kind: Any, issuer: Any, serial: Any, version: Any) -> str | None:
    told = (kind, issuer, serial, version)
    if not all(isinstance(one, str) for one in told):
        return None
    return identifiers.certificate_id(*told)


def _age(born: Any, on: Any) -> Decimal | None:
    birth, day = _date(born), _date(on)
    if birth is None or day is None or day < birth:
        return None
    return Decimal(identifiers.age(birth, day))


def _formal_date(day: Any) -> str | None:
    found = _date(day)
    return None if found is None else filling.formal_date(found)


def _head_of_unit(org: Any, day: Any = None) -> str | None:
    session = _session()
    if session is None or not isinstance(org, str):
        return None
    return _told(positions.head(session, org, on=_date(day)))


def _superior(user: Any, level: Any = None, day: Any = None) -> str | None:
    session, who = _session(), _account(user)
    steps = 1 if level is None else _integer(level)
    if session is None or who is None or steps is None:
        return None
    return _told(positions.superior(session, who, level=steps, on=_date(day)))


def _superiors(user: Any, levels: Any = None, day: Any = None) -> list[str] | None:
    session, who = _session(), _account(user)
    steps = positions.LEVELS if levels is None else _integer(levels)
    if session is None or who is None or steps is None:
        return None
    return [str(one) for one in positions.superiors(session, who, levels=steps, on=_date(day))]


def _post_holders(post: Any, org: Any, day: Any = None) -> list[str] | None:
    session = _session()
    if session is None or not isinstance(post, str) or not isinstance(org, str):
        return None
    return [str(one) for one in positions.holders(session, post, org, on=_date(day))]


def _region_authority(region: Any, kind: Any = None) -> str | None:
    session = _session()
    if session is None or not isinstance(region, str):
        return None
    return positions.authority(session, region, kind=kind if isinstance(kind, str) else "")


def _session() -> Session | None:
    """The session of the step under way; without one there is nobody to ask."""
    return getattr(asking.source(), "session", None)


def _account(user: Any) -> int | None:
    told = str(user) if isinstance(user, str | int | Decimal) else ""
    return int(told) if told.isascii() and told.isdigit() else None


def _told(user: int | None) -> str | None:
    return None if user is None else str(user)


def _money_text(amount: Any) -> str | None:
    """An amount of yuan as forms and letters write it: 83,200.00 元."""
    if isinstance(amount, bool) or not isinstance(amount, int | Decimal):
        return None
    return yuan(Decimal(amount))


def _date(value: Any) -> date | None:
    if isinstance(value, datetime):
        return value.astimezone(clock.SHANGHAI).date() if value.tzinfo else value.date()
    return value if isinstance(value, date) else None


def _integer(value: Any) -> int | None:
    if isinstance(value, bool) or not isinstance(value, int | Decimal) or value != int(value):
        return None
    return int(value)


FUNCTIONS: Final[Sequence[tuple[str, Sequence[str], Callable[..., Any]]]] = (
    ("add working days", ("date", "n"), _add_working_days),
    ("working days between", ("start", "end"), _working_days_between),
    ("is working day", ("date",), _is_working_day),
    ("identity birth date", ("id",), _identity_birth_date),
    ("check identity", ("id",), _check_identity),
    ("person of", ("id",), _person_of),
    ("check credit code", ("code",), _check_credit_code),
    ("region prefix", ("code", "n"), _region_prefix),
    ("unit code parts", ("code",), _unit_code_parts),
    ("certificate identifier", ("type", "issuer", "serial", "version"), _certificate_identifier),
    ("portal address", ("path",), _portal_address),
    ("age", ("birth date", "date"), _age),
    ("formal date", ("date",), _formal_date),
    ("money text", ("amount",), _money_text),
    ("head of unit", ("org", "date?"), _head_of_unit),
    ("superior", ("user", "level?", "date?"), _superior),
    ("superiors", ("user", "levels?", "date?"), _superiors),
    ("post holders", ("post", "org", "date?"), _post_holders),
    ("region authority", ("region", "kind?"), _region_authority),
)
