"""Numbers the state gives: identity numbers, credit codes; checked by their standard.

Invariant: what `id_no` and `credit_code` return is the canonical form; ASCII digits only.
Source: GB 11643 (resident identity number), GB 32100 (unified social credit code).
"""

import re
from datetime import date
from typing import Final

from stdnum.cn import ric, uscc

_ID: Final = re.compile(r"[0-9]{17}[0-9X]")
_OLD_ID: Final = re.compile(r"[0-9]{15}")
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


def age(born: date, on: date) -> int:
    """Completed years; one born on 29 February completes a year on 1 March of a common year."""
    return on.year - born.year - ((on.month, on.day) < (born.month, born.day))


def masked_id_no(number: str) -> str:
    """For lists and logs: the first three and the last four characters."""
    return f"{number[:3]}{'*' * (len(number) - 7)}{number[-4:]}" if len(number) > 7 else "***"


def masked_phone(number: str) -> str:
    """For lists and logs: the first three and the last four digits."""
    return f"{number[:3]}****{number[-4:]}" if len(number) > 7 else "***"
