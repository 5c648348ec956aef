"""The program that fills a demo with its generated country, beside the pages and out of their way.

Invariant: it runs at low priority, holds the database for moments only, ends with the program that
started it, and goes on where it was when started again.
"""

import logging
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from types import FrameType
from typing import Final

import click
from flask import Flask

from adapters._shared.seals import SealWorker
from engine.ports import Worker
from processes.country import habits, programme, progress
from processes.country.making import Maker
from processes.country.progress import Progress
from processes.demo import loader
from web import config, create_app, logs, running, wiring
from web.config import Settings

_log = logging.getLogger("banli.country")
NICENESS: Final = 15
_EVERY: Final = 15.0
"""Seconds between two lines on the terminal."""


class Stopping:
    """Whether to end: told by a signal, or because the program that started this one is gone."""

    def __init__(self, parent: int) -> None:
        self._parent = parent
        self._told = False
        signal.signal(signal.SIGTERM, self._tell)
        signal.signal(signal.SIGINT, self._tell)

    def _tell(self, _number: int, _frame: FrameType | None) -> None:
        self._told = True

    def __call__(self) -> bool:
        return self._told or (self._parent > 0 and os.getppid() != self._parent)


class Reporting:
    """Says on the terminal how far it is, now and then."""

    def __init__(self, app: Flask, stop: Callable[[], bool]) -> None:
        self._app = app
        self._stop = stop
        self._next = time.monotonic() + 2

    def __call__(self) -> bool:
        if time.monotonic() >= self._next:
            self._next = time.monotonic() + _EVERY
            self.say()
        return self._stop()

    def say(self) -> None:
        """One line."""
        with running.database_of(self._app).read_session() as session:
            found = progress.now(session)
        if found is not None:
            click.echo(words(found))


def words(found: Progress) -> str:
    """How far the country is, in a line."""
    if found.complete:
        return f"全国演示数据已生成：办件 {found.cases} 件。"
    left = found.left_seconds
    rest = f"，约剩 {max(1, round(left / 60))} 分钟" if left > 20 else ""
    return (
        f"正在生成全国演示数据：{found.percent}%，已有办件 {found.cases} 件{rest}（可以照常使用）"
    )


def main(size: str, *, part: str = "", parent: int = 0) -> None:
    """Make the country, or one part of its stories."""
    os.nice(NICENESS)
    settings = config.from_environment()
    logs.install(settings)
    app = create_app(settings)
    wiring.wire(app)
    loader.load_ledgers()
    report = Reporting(app, Stopping(parent))
    maker = _maker(app, settings, report, part or "first")
    running.keep_what_is_loaded()
    if part:
        maker.stories(part)
        return
    maker.ground(size=size)
    own, *beside = progress.PARTS
    helpers = [start(size, part=one) for one in beside] if (os.cpu_count() or 1) > 1 else []
    for one in (own,) if helpers else progress.PARTS:
        maker.stories(one)
    while any(program.poll() is None for program in helpers) and not report():
        time.sleep(0.5)
    for program in helpers:
        program.terminate()
        program.wait(timeout=30)
    for one in beside:
        maker.stories(one)  # what a helper left that came to grief; nothing as a rule
    report.say()


def _maker(app: Flask, settings: Settings, stop: Callable[[], bool], name: str) -> Maker:
    database = running.database_of(app)
    return Maker(
        transact=database.run,
        domains=habits.load(loader.MODELS),
        outside=wiring.topics(),
        workers=_workers(settings),
        source=database.engine,
        scratch=settings.home / f"scratch-{name}.db",
        stop=stop,
    )


def _workers(settings: Settings) -> Mapping[str, Worker]:
    """Seals are set here, by the keys of the simulated seal system."""
    from adapters._simulators.authority import Authority  # noqa: PLC0415 - slow to load
    from adapters._simulators.kept_seals import KeptSeals  # noqa: PLC0415

    topic = "eseal.sign"
    return {topic: SealWorker(topic, KeptSeals(Authority(settings.home / "simulated")))}


def start(size: str, *, part: str = "") -> "subprocess.Popen[bytes]":
    """The program in a process of its own, below this one."""
    command = [sys.executable, "-m", "web.populate", size, "--parent", str(os.getpid())]
    if part:
        command += ["--part", part]
    return subprocess.Popen(command)  # noqa: S603 - our own module, our own arguments


@click.command()
@click.argument("size", type=click.Choice(programme.SIZES))
@click.option("--part", default="")
@click.option("--parent", default=0)
def command(size: str, part: str, parent: int) -> None:
    """Fill the demo of the environment."""
    started = time.monotonic()
    main(size, part=part, parent=parent)
    _log.info("country.ended", extra={"seconds": round(time.monotonic() - started)})


if __name__ == "__main__":
    command()
