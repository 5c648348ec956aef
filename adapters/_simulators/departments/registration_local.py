"""The registration systems of all cities and counties in one."""

from collections.abc import Iterator

from adapters._simulators.correspondent import Body, Correspondent, Reply
from engine import clock


class RegistrationSystem(Correspondent):
    """Takes cases in, answers queries from a small book of its own, files certificates."""

    title = "市县不动产登记系统"
    key_members = {"query_reply": "target_no", "register_entry_done": "entry_no"}

    def replies(self, name: str, number: str, body: Body, mode: str) -> Iterator[Reply]:
        if name == "query_dispatched":
            yield "query_reply", self._found(body)
        elif name == "registration_case_submitted" and mode == "reject_order":
            yield "registration_refused", {"reason": "本地登记簿有异议登记未注销"}
        elif name == "registration_case_submitted":
            yield (
                "registration_case_accepted",
                {"local_no": f"BD{number[-10:]}", "accepted_at": clock.now()},
            )

    def _found(self, body: Body) -> dict[str, object]:
        rows = [
            {
                "holder_name": person.get("name"),
                "unit_code": "610113001002GB00009F00010001",
                "location": "西安市雁塔区演示路 9 号 1 幢 10101 室",
                "right_kind": "国有建设用地使用权/房屋所有权",
                "certificate_no": "陕(2019)西安市不动产权第0000901号",
                "remark": "",
            }
            for person in body.get("persons") or []
            if str(person.get("id_no", ""))[-1:] in "02468"
        ]
        nil = not rows
        return {
            "nil_statement": nil,
            "rows": rows,
            "signer": "系统自动答复",
            "replied_at": clock.now(),
        }
