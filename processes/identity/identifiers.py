"""Numbers the state gives: identity numbers, credit codes; checked by their standard.

Invariant: what `id_no` and `credit_code` return is the canonical form; ASCII digits only.
Source: GB 11643 (resident identity number), GB 32100 (unified social credit code), GB/T 37346
(real-estate unit code), GB/T 36904 (identifier of an electronic certificate).
"""

import re
from datetime import date
from typing import Final

from stdnum.cn import ric, uscc
from stdnum.iso7064 import mod_37_36

_ID: Final = re.compile(r"[0-9]{17}[0-9X]")
_OLD_ID: Final = re.compile(r"[0-9]{15}")
_UNIT: Final = re.compile(r"([0-9]{6})([0-9]{6})([GJZ][ABSXCDEFHGWY][0-9]{5})([FLQ][0-9]{8}|W0{8})")
_PROVINCES: Final = frozenset(
    (
        "11", "12", "13", "14", "15", "21", "22", "23", "31", "32", "33", "34",
        "35", "36", "37", "41", "42", "43", "44", "45", "46", "50", "51", "52",
        "53", "54", "61", "62", "63", "64", "65", "71", "81", "82",
    )
)  # fmt: skip
"""GB/T 2260, first two digits; counties are not looked up: they are renumbered every year."""
_CERTIFICATES: Final = "1.2.156.3005.2"
"""The root of electronic certificates (GB/T 36904)."""
_CREDIT: Final = re.compile(r"[0-9A-HJ-NPQRTUWXY]{18}")


def id_no(text: str) -> str | None:
    """The number in canonical form (18 characters), or None if it cannot be one.

    The place is not looked up: county tables refuse numbers of renumbered counties.
    """
    number = text.strip().upper()
    if _OLD_ID.fullmatch(number):
        number = f"{number[:6]}19{number[6:]}"
        number += ric.calc_check_digit(number + "0")
    if not _ID.fullmatch(number) or birth_date(number) is None:
        return None
    return number if ric.calc_check_digit(number) == number[-1] else None


def birth_date(number: str) -> date | None:
    """The date in an identity number, if it is one."""
    try:
        return date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError:
        return None


def credit_code(text: str) -> str | None:
    """The code in canonical form, or None if it cannot be one (letters may come first)."""
    code = text.strip().upper()
    if not _CREDIT.fullmatch(code):
        return None
    return code if uscc.calc_check_digit(code[:17]) == code[-1] else None


def unit_code(text: str) -> tuple[str, str, str, str] | None:
    """The parts of a real-estate unit code of 28 characters, as it is written; None if it is none.

    County, cadastral area and sub-area, parcel, fixture: `610113 001002 GB00001 F00010001`.
    """
    found = _UNIT.fullmatch(text.replace(" ", ""))
    if found is None or found[1][:2] not in _PROVINCES:
        return None
    return found[1], found[2], found[3], found[4]


def certificate_id(kind: str, issuer: str, serial: str, version: str) -> str | None:
    """The identifier of an electronic certificate: root, kind, issuer, serial, version, check.

    `kind` has 21 characters (credit code of whoever laid it down, and 3 digits), `issuer` is a
    credit code. The check character is ISO 7064 Mod 37,36 over all of them after the root.
    """
    parts = (kind.upper(), issuer.upper(), serial.upper(), version)
    covered = "".join(parts)
    if not (covered.isascii() and covered.isalnum()) or not all(parts):
        return None
    check = str(mod_37_36.calc_check_digit(covered))
    return ".".join((_CERTIFICATES, *parts, check))


def is_certificate_id(text: str) -> bool:
    """Whether an identifier has the parts and the check character of an electronic certificate."""
    head, dot, check = text.strip().upper().rpartition(".")
    parts = head.removeprefix(f"{_CERTIFICATES}.").split(".")
    if not dot or len(parts) != 4 or not head.startswith(f"{_CERTIFICATES}."):
        return False
    made = certificate_id(*parts)
    return made is not None and made.endswith(f".{check}")


def age(born: date, on: date) -> int:
    """Completed years; one born on 29 February completes a year on 1 March of a common year."""
    return on.year - born.year - ((on.month, on.day) < (born.month, born.day))


def masked_id_no(number: str) -> str:
    """For lists and logs: the first three and the last four characters."""
    return f"{number[:3]}{'*' * (len(number) - 7)}{number[-4:]}" if len(number) > 7 else "***"


def masked_phone(number: str) -> str:
    """For lists and logs: the first three and the last four digits."""
    return f"{number[:3]}****{number[-4:]}" if len(number) > 7 else "***"
