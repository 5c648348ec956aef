"""The registration systems of all cities and counties in one."""

from collections.abc import Iterator
from typing import Final

from adapters._simulators.correspondent import Body, Correspondent, Reply
from engine import clock

_BOOKS: Final = {
    "610100": ("西安市", "西安市雁塔区", "610113"),
    "610300": ("宝鸡市", "宝鸡市金台区", "610303"),
    "610400": ("咸阳市", "咸阳市秦都区", "610402"),
    "610500": ("渭南市", "渭南市临渭区", "610502"),
}
"""By region: the city as it is written in its certificates, one of its districts, its code."""
_RIGHT: Final = "国有建设用地使用权/房屋所有权"
_HANDED_OVER: Final = {
    "unit_code": "610403001001GB00007F00010001",
    "location": "咸阳市杨陵区演示路 7 号 1 幢 10101 室",
    "right_kind": _RIGHT,
    "certificate_no": "陕(2016)宝鸡市不动产权第0000701号",
}
"""A home in a district that one city handed over to another; the old book was not closed."""


class RegistrationSystem(Correspondent):
    """Takes cases in, answers queries from the small book of each city, files certificates.

    Persons whose identity number ends in an even digit hold something.
    """

    title = "市县不动产登记系统"
    key_members = {"query_reply": "target_no", "register_entry_done": "entry_no"}

    def replies(self, name: str, number: str, body: Body, mode: str) -> Iterator[Reply]:
        if name in ("query_dispatched", "query_packed"):
            yield "query_reply", _found(number[-6:], body)
        elif name == "registration_case_submitted" and mode == "reject_order":
            yield "registration_refused", {"reason": "本地登记簿有异议登记未注销"}
        elif name == "registration_case_submitted":
            yield (
                "registration_case_accepted",
                {"local_no": f"BD{number[-10:]}", "accepted_at": clock.now()},
            )


def _found(region: str, body: Body) -> dict[str, object]:
    """What the book of a city says of the persons of a query."""
    rows = [
        row
        for person in body.get("persons") or []
        if str(person.get("id_no", ""))[-1:] in "02468"
        for row in _titles(region, str(person.get("name")))
    ]
    return {
        "nil_statement": not rows,
        "rows": rows,
        "signer": "系统自动答复",
        "replied_at": clock.now(),
    }


def _titles(region: str, holder: str) -> Iterator[dict[str, str]]:
    city, district, code = _BOOKS.get(region, _BOOKS["610100"])
    yield {
        "holder_name": holder,
        "unit_code": f"{code}001002GB00009F00010001",
        "location": f"{district}演示路 9 号 1 幢 10101 室",
        "right_kind": _RIGHT,
        "certificate_no": f"陕(2019){city}不动产权第0000901号",
        "remark": "",
    }
    if region == "610300":
        yield {**_HANDED_OVER, "holder_name": holder, "remark": "区划调整前登簿，簿册已移交"}
    elif region == "610400":
        now = {"certificate_no": "陕(2021)咸阳市不动产权第0000702号", "remark": "抵押"}
        yield {**_HANDED_OVER, **now, "holder_name": f"{holder}、共有人某"}
