"""Numbers with a standard behind them: identity number, credit code, phone, postcode; and masks.

Invariant: what a check returns is the canonical form; what it merely doubts is a remark, no error.
"""

import re
from datetime import date
from typing import Final

from stdnum import numdb
from stdnum.cn import ric, uscc

from engine import clock
from forms.errors import Invalid
from forms.text import half_width

_SPACES: Final = re.compile(r"[ \u00a0]+")
_RESIDENT: Final = re.compile(r"[0-9]{17}[0-9X]")
_RESIDENT_OLD: Final = re.compile(r"[0-9]{15}")
_CREDIT: Final = re.compile(r"[0-9A-HJ-NPQRTUWXY]{18}")
_MOBILE: Final = re.compile(r"1[3-9][0-9]{9}")
_LANDLINE: Final = re.compile(r"(010|02[0-9]|0[3-9][0-9]{2})-?([0-9]{7,8})(?:-([0-9]{1,6}))?")
_OTHER_DOCUMENTS: Final[dict[str, tuple[re.Pattern[str], str]]] = {
    "passport": (re.compile(r"[A-Z0-9]{5,20}"), "护照号码应为 5 至 20 位字母或数字"),
    "hk_macao_permit": (
        re.compile(r"[CHM][0-9]{8}(?:[0-9]{2})?"),
        "通行证号码应为 C、H 或 M 后加 8 或 10 位数字",
    ),
    "taiwan_permit": (re.compile(r"[0-9]{8}(?:[0-9]{2})?"), "通行证号码应为 8 位或 10 位数字"),
}
_ANY_DOCUMENT: Final = re.compile(r"[A-Z0-9-]{4,30}")


def compact(raw: str) -> str:
    """As typed, without spaces, at half width, in capitals."""
    return _SPACES.sub("", half_width(raw)).upper()


def resident_number(raw: str) -> str:
    """A resident identity number in 18 places; an old one of 15 places is converted.

    Source: GB 11643-1999. The county table is not asked here: see `resident_remarks`.

    Raises:
        Invalid: length, characters, birth date or check character are wrong.
    """
    number = compact(raw)
    if _RESIDENT_OLD.fullmatch(number):
        number = f"{number[:6]}19{number[6:]}"
        _check_birth_date(number)
        return number + ric.calc_check_digit(number + "0")
    if len(number) not in (15, 18):
        raise Invalid(f"居民身份证号码应为 18 位，现在是 {len(number)} 位")
    if not _RESIDENT.fullmatch(number):
        raise Invalid("居民身份证号码前 17 位应为数字，末位为数字或 X")
    _check_birth_date(number)
    if ric.calc_check_digit(number) != number[-1]:
        raise Invalid("居民身份证号码校验位不符，请核对是否输错")
    return number


def _check_birth_date(number: str) -> None:
    birth = birth_date(number)
    if birth is None or not date(1900, 1, 1) <= birth <= clock.today():
        raise Invalid("居民身份证号码中的出生日期无效")


def birth_date(number: str) -> date | None:
    """The birth date inside an 18-place identity number."""
    try:
        return date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError:
        return None


def resident_remarks(number: str) -> list[str]:
    """Doubts about a valid number: many real county codes are missing in any list.

    A number is given where somebody registers, often long after birth, so a county that got its
    code later than the year of birth is no doubt.
    """
    named = numdb.get("cn/loc").info(number[:6])
    if any("county" in properties for _digits, properties in named):
        return []
    return ["号码前 6 位的行政区划不在现有名录中，请与证件原件核对"]


def document_number(kind: str, raw: str) -> str:
    """The number of another identity document, by its kind.

    Raises:
        Invalid: it cannot be the number of such a document.
    """
    number = compact(raw)
    pattern, complaint = _OTHER_DOCUMENTS.get(
        kind, (_ANY_DOCUMENT, "证件号码应为 4 至 30 位字母、数字或连字符")
    )
    if not pattern.fullmatch(number):
        raise Invalid(complaint)
    return number


def credit_code(raw: str) -> str:
    """A unified social credit code.

    Source: GB 32100-2015; letters may stand in the first eight places too, which the library's own
    `validate` refuses.

    Raises:
        Invalid: length, characters or check character are wrong.
    """
    code = compact(raw).replace("-", "")
    if len(code) != 18:
        raise Invalid(f"统一社会信用代码应为 18 位，现在是 {len(code)} 位")
    if not _CREDIT.fullmatch(code):
        raise Invalid("统一社会信用代码只能由数字和大写字母组成，不使用 I、O、S、V、Z")
    if uscc.calc_check_digit(code[:17]) != code[17]:
        raise Invalid("统一社会信用代码校验位不符，请核对是否输错")
    return code


def phone(raw: str) -> str:
    """A mobile number, or a number with its area code as 0532-12345678.

    Raises:
        Invalid: it is neither.
    """
    number = compact(raw)
    for prefix in ("+86", "0086"):
        number = number.removeprefix(prefix)
    if _MOBILE.fullmatch(number):
        return number
    if parts := _LANDLINE.fullmatch(number):
        return "-".join(part for part in parts.groups() if part)
    raise Invalid("请填写 11 位手机号码，或带区号的固定电话（如 0532-12345678）")


def postcode(raw: str) -> str:
    """A postcode.

    Raises:
        Invalid: it has not six digits.
    """
    code = compact(raw)
    if not re.fullmatch(r"[0-9]{6}", code):
        raise Invalid("邮政编码应为 6 位数字")
    return code


def mask_number(value: str) -> str:
    """3701**********1234: the first and last four of a long number, the last of a short one."""
    if len(value) <= 4:
        return "*" * len(value)
    if len(value) < 12:
        return value[:2] + "*" * (len(value) - 4) + value[-2:]
    return value[:4] + "*" * (len(value) - 8) + value[-4:]


def mask_phone(value: str) -> str:
    """138****5678."""
    if len(value) < 8:
        return "*" * len(value)
    return value[:3] + "*" * (len(value) - 7) + value[-4:]


def mask_name(value: str) -> str:
    """王*国, 王*."""
    if len(value) <= 1:
        return "*" * len(value)
    if len(value) == 2:
        return value[0] + "*"
    return value[0] + "*" * (len(value) - 2) + value[-1]


def mask_text(value: str) -> str:
    """Free text: the first few characters only (an address keeps its city)."""
    return value[:6] + "****" if len(value) > 6 else "*" * len(value)
