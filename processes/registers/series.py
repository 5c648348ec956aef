"""What a series of numbers is called by those who look after it, and whose it is.

Its key is made by a program (`letter:370001:海事受`); nobody knows it by that.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from processes.model.people import Org
from processes.model.records import NumberSequence
from processes.registers.definition import definitions

_WORK_ORDER: Final = re.compile(r"work_order:[A-Z]([0-9]{6})([0-9]{2})([0-9]{2})")


def names(session: Session, series: Iterable[NumberSequence]) -> Mapping[str, str]:
    """The name of each series by its key; one that a process made keeps its word."""
    orgs = session.execute(select(Org.org_code, Org.region_code, Org.name).order_by(Org.path))
    places: dict[str, str] = {}
    for code, region, name in orgs:
        places[code] = name
        if region:
            places.setdefault(region, name)
    ledgers = {
        one.number.series.partition(":")[0]: one.title
        for one in definitions().values()
        if one.number
    }
    return {one.key: _name(one.key, places, ledgers) for one in series}


def _name(key: str, places: Mapping[str, str], ledgers: Mapping[str, str]) -> str:
    if dated := _WORK_ORDER.fullmatch(key):
        region, month, day = dated.groups()
        return f"工作单号 · {places.get(region, region)} · {int(month)} 月 {int(day)} 日"
    kind, *rest = key.split(":")
    told = [places.get(one, one) for one in rest]
    title = "文号" if kind == "letter" else ledgers.get(kind, f"业务编号 {kind}")
    return " · ".join([title, *told])
