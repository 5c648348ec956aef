"""The ways of a notice to people outside, for tests: gateways that take or refuse."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from engine.ports import Work
from engine.variables import Variables
from processes.casefile import deliveries
from processes.play import Play

TOPICS: Final = {
    "sms": "sms.send",
    "mail": "mail.send",
    "wechat": "wechat.notify",
    "app": "qinwuyuan_app.notify",
    "portal": "gov_portal.progress",
}


class Gateway:
    """A channel outside: takes what it is given, or says no as it is told."""

    def __init__(self, topic: str) -> None:
        self.topic = topic
        self.no: Exception | None = None
        self.taken: list[Work] = []
        self.tried = 0

    def execute(self, work: Work) -> Variables:
        self.tried += 1
        if self.no is not None:
            raise self.no
        self.taken.append(work)
        return {"receipt_no": f"R-{work.key}"}


@contextmanager
def connected(play: Play) -> Iterator[dict[str, Gateway]]:
    """Every way connected to the play; by its code."""
    made = {code: Gateway(topic) for code, topic in TOPICS.items()}
    for one in made.values():
        play.employ(one)
    deliveries.reach(TOPICS.values())
    try:
        yield made
    finally:
        deliveries.reach(())
