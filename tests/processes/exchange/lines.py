"""A sale in a play whose tax and housing systems are at the other end of a line that may break."""

from collections.abc import Mapping
from typing import Any, Final

from adapters import registry
from adapters._shared import wire
from adapters._shared.client import Department
from adapters._shared.exchange import Exchange
from engine.errors import Paused, Retry, WorkRefused
from processes.exchange import directory, inbound
from processes.exchange.directory import Directory, Interface
from processes.play import Play

KEY: Final = "a shared secret of the tests"
NAMES: Final = ("tax_prov", "housing_local", "data_share")


class Line(Department):
    """The other end: takes everything, or fails in the way that is set."""

    def __init__(self, title: str) -> None:
        super().__init__(title, "http://127.0.0.1:1")
        self.fault: Exception | None = None
        self.sent: list[dict[str, Any]] = []
        self.answer: dict[str, Any] = {}

    def post(
        self, path: str, body: Any, headers: Mapping[str, str] | None = None
    ) -> dict[str, Any]:
        del headers
        if self.fault:
            raise self.fault
        told = wire.load(body)
        self.sent.append(told)
        if path == "/messages":
            return {"message_id": told["message_id"]}
        return {"request_id": told["request_id"], "body": self.answer}

    def down(self) -> None:
        self.fault = Retry("『省税务系统』暂时不可用（503）")

    def refuses(self) -> None:
        self.fault = WorkRefused("『省税务系统』拒绝了请求（422）：对方系统拒绝受理")

    def paused(self) -> None:
        self.fault = Paused("『省税务系统』暂停调用，稍后再试")

    def up(self) -> None:
        self.fault = None


class Lines:
    """The adapters of a play, each on a line of its own."""

    def __init__(self, play: Play, **ways: str) -> None:
        self.play = play
        settings = {}
        names = [*NAMES, *(ways.keys() - {*NAMES})]
        for name in names:
            prefix = name.upper()
            settings |= {f"{prefix}_KEY": KEY, f"{prefix}_WAY": ways.get(name, "push")}
            if ways.get(name, "push") == "push":
                settings[f"{prefix}_URL"] = "http://127.0.0.1:1"
        made = registry.create(names, settings)
        self.lines: dict[str, Line] = {}
        for name, channel in made.channels.items():
            assert isinstance(channel, Exchange)
            if channel.department is not None:
                channel.department = self.lines[name] = Line(channel.contract.title)
                for worker in channel.workers.values():
                    worker.department = self.lines[name]
        self.directory: Directory = directory.of(made, {})
        play.worker.channels = made.channels
        play.worker.routes = made.routes
        play.worker.workers = {**play.worker.workers, **made.workers}
        play.worker.remote = self.directory.fetched

    def __getitem__(self, name: str) -> Line:
        return self.lines[name]

    def interface(self, name: str) -> Interface:
        return self.directory.get(name)

    def says(self, name: str, message: str, key: str, *, number: str, **body: Any) -> str:
        """The department calls back; returns what became of it."""
        exchange = self.interface(name).exchange
        assert exchange is not None
        told = exchange.contract.inward[message]
        envelope = {
            "message_id": number,
            "name": message,
            "correlation_key": key,
            "body": {**body, exchange.contract.key_of(told).name: key},
        }
        read = exchange.read(wire.load(wire.dump(envelope)))
        taken = self.play.run(lambda s: inbound.take(s, channel=exchange, message=read))
        self.play.drain()
        return taken.kind
