"""Another department that uses certificates."""

from collections.abc import Iterator

from adapters._simulators.correspondent import Body, Correspondent, Example, Reply
from engine import clock


class OtherDepartment(Correspondent):
    """Asks for a certificate when told to, and confirms what it is given."""

    title = "相关部门（电子证照共享）"
    key_member = "request_no"

    def replies(self, name: str, number: str, body: Body, mode: str) -> Iterator[Reply]:
        if name == "ecert_shared":
            yield "sharing_received", {"received_at": clock.now()}

    def examples(self) -> list[Example]:
        told = {
            "department": "西安市公积金管理中心（演示）",
            "certificate_no": "陕(2019)西安市不动产权第0000001号",
            "holder_name": "存量权利人一",
            "purpose": "办理公积金提取",
            "legal_basis": "《国务院关于加快推进电子证照扩大应用领域和全国互通互认的意见》",
            "contact": "经办人",
        }
        return [
            Example("申请共享一本证书", "sharing_requested", f"GX{clock.now():%Y%m%d%H%M%S}", told)
        ]
