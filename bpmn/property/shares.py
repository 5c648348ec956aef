"""The exchange of government data in the plays of real estate: knows everybody, or nobody."""

from typing import Final

from engine.errors import BpmnError, Retry
from engine.ports import Work
from engine.variables import Variables
from processes.play import Play

TOPICS: Final = ("data_share.identity", "data_share.marriage", "data_share.licence")


class Exchange:
    """One service of it; remembers what it was asked."""

    def __init__(self, topic: str) -> None:
        self.topic = topic
        self.asked: list[Work] = []
        self.unknown = False
        self.down = False

    def execute(self, work: Work) -> Variables:
        self.asked.append(work)
        if self.down:
            raise Retry("政务数据共享交换平台无法连接或超时")
        if self.unknown:
            raise BpmnError("not_found", "查无此人或与登记的姓名不符")
        name, number = work.variables["name"], work.variables["id_no"]
        return {
            "data_share.identity": {"name": name, "id_no": number, "address": "演示路 1 号"},
            "data_share.marriage": {"marital_status": "married", "spouse_name": "配偶某"},
            "data_share.licence": {
                "name": name,
                "credit_code": number,
                "legal_rep": "某",
                "state": "存续",
            },
        }[self.topic]


def employed(play: Play) -> dict[str, Exchange]:
    """The exchange of a play, by the name of the service; one that it has already stays."""
    for topic in TOPICS:
        if not isinstance(play.worker.workers.get(topic), Exchange):
            play.employ(Exchange(topic))
    found = {topic: play.worker.workers[topic] for topic in TOPICS}
    return {t.partition(".")[2]: one for t, one in found.items() if isinstance(one, Exchange)}
