"""People of the country: names by combination, identity numbers and phones that are valid in form.

Invariant: nobody is real; an identity number comes once, and its check character is right.
Source: GB 11643 (identity numbers), GB 32100 (credit codes), GB/T 2260 (places).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import Any, Final

import yaml
from stdnum.cn import ric, uscc

from processes.country.dice import Dice

_HERE: Final = Path(__file__).parent
_CREDIT: Final = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_PHONES: Final = (
    "130",
    "131",
    "135",
    "136",
    "138",
    "139",
    "150",
    "152",
    "158",
    "176",
    "186",
    "189",
)


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody, as forms ask for a person."""

    name: str
    sex: str
    birth_date: date
    id_no: str
    phone: str
    address: str

    def told(self) -> dict[str, Any]:
        """The person by the names that form fields have."""
        return {
            "name": self.name,
            "sex": self.sex,
            "birth_date": self.birth_date,
            "nationality": "CHN",
            "id_type": "resident_id",
            "id_no": self.id_no,
            "phone": self.phone,
            "address": self.address,
        }


@cache
def names() -> Mapping[str, Any]:
    """What names are made of."""
    found: dict[str, Any] = yaml.safe_load((_HERE / "names.yaml").read_text(encoding="utf-8"))
    return found


@cache
def shape() -> Mapping[str, Any]:
    """Provinces, sizes and distributions."""
    found: dict[str, Any] = yaml.safe_load((_HERE / "shape.yaml").read_text(encoding="utf-8"))
    return found


def person(number: int, *, on: date, region: str = "", ages: tuple[int, int] = (20, 58)) -> Person:
    """The person of a number: the same number is the same person.

    `region` is six digits of a city or province; `ages` are completed years on the day `on`.
    The number decides the sequence in the identity number, so that it is nobody else's.
    """
    dice = Dice(shape()["seed"], "person", number)
    place = _city(dice, region)
    sex = "male" if dice.chance(0.68) else "female"
    years = dice.between(*ages)
    born = on - timedelta(days=years * 365 + dice.between(20, 340))
    return Person(
        name=name(dice, sex),
        sex=sex,
        birth_date=born,
        id_no=_id_no(place[0], born, number, sex),
        phone=dice.one(_PHONES) + f"{dice.between(0, 99_999_999):08d}",
        address=address(dice, place),
    )


def name(dice: Dice, sex: str) -> str:
    """A name by combination."""
    told = names()
    given = told["given"][sex]
    family = str(dice.weighed(told["surnames"]))
    last = dice.one(given["second"])
    if dice.chance(told["single"]):
        return f"{family}{last}"
    return f"{family}{dice.one(given['first'])}{last}"


def address(dice: Dice, place: tuple[str, str]) -> str:
    """An address in a city, made up of common words."""
    told = names()
    number = dice.between(1, 288)
    home = f"{dice.one(told['estates'])} {dice.between(1, 32)} 号楼 {dice.between(101, 2603)} 室"
    return f"{place[1]}{dice.one(told['streets'])} {number} 号{home if dice.chance(0.6) else ''}"


def province(region: str) -> Mapping[str, Any]:
    """The province of a place."""
    return next(one for one in shape()["provinces"] if one["code"][:2] == region[:2])


def credit_code(dice: Dice, region: str, kind: str = "91") -> str:
    """A unified social credit code: kind 2, place 6, subject 9, check 1."""
    subject = "".join(dice.one(_CREDIT) for _place in range(9))
    body = f"{kind}{region}{subject}"
    return body + str(uscc.calc_check_digit(body))


def _city(dice: Dice, region: str) -> tuple[str, str]:
    if not region:
        region = str(dice.one(shape()["provinces"])["code"])
    found = province(region)
    cities = found["cities"]
    code = region if region in cities else dice.one(sorted(cities))
    return code, found["name"] + cities[code]


def _id_no(place: str, born: date, number: int, sex: str) -> str:
    """Place, birth date, sequence (odd for men), check character.

    Two people of one place and day differ in the sequence; the number spreads them over it.
    """
    county = place if not place.endswith("00") else f"{place[:4]}0{2 + number % 4}"
    sequence = (number * 7) % 500 * 2 % 1000 + (1 if sex == "male" else 0)
    body = f"{county}{born:%Y%m%d}{sequence:03d}"
    return body + str(ric.calc_check_digit(body + "0"))
