"""The demo as a program of its own, a browser, and people at their desks."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.browser.desk import WIDE, Desk

_UP_WITHIN = 180  # seconds; alone it takes ten, the other tests use the same machine
_HERE = Path(__file__).parent
_ROOT = _HERE.parents[1]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """All of these drive the browser; how they share it: `tests/spreading.py`."""
    for item in items:
        if _HERE in item.path.parents:
            item.add_marker(pytest.mark.browser)


@dataclass(frozen=True)
class Demo:
    """The running demo: where its pages and its simulated departments are."""

    base: str
    machine: str
    province: str

    def switch(self, department: str, order: bytes) -> None:
        """Switch the fault of a simulated department."""
        request = urllib.request.Request(
            f"{department}/_faults", data=order, headers={"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(request, timeout=10) as answer:
            assert answer.status == 200


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait(program: "subprocess.Popen[bytes]", url: str, log: Path) -> None:
    until = time.monotonic() + _UP_WITHIN
    while time.monotonic() < until:
        assert program.poll() is None, log.read_text("utf-8")
        try:
            with urllib.request.urlopen(url, timeout=5):
                return
        except (urllib.error.URLError, TimeoutError):
            time.sleep(0.2)
    raise AssertionError(f"the demo is not up after {_UP_WITHIN} s: {log.read_text('utf-8')}")


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """`banli demo` on a port and a folder of its own; it ends cleanly when told to.

    Who writes these tests names the log of a demo that runs already: BANLI_TEST_DEMO.
    """
    if "BANLI_TEST_DEMO" in os.environ:
        yield _running(Path(os.environ["BANLI_TEST_DEMO"]))
        return
    home = tmp_path_factory.mktemp("demo")
    log = home / "demo.log"
    base = f"http://127.0.0.1:{(port := _free_port())}"
    env = {
        **{name: value for name, value in os.environ.items() if not name.startswith("BANLI_")},
        "BANLI_HOME": str(home / "var"),
        "BANLI_PORT": str(port),
        "BANLI_RATE_LIMITS": "0",
        "BANLI_DEMO_SIZE": "none",
        "PYTHONUNBUFFERED": "1",
    }
    with log.open("wb") as out:
        program = subprocess.Popen(
            [sys.executable, "-m", "web.cli", "demo"],
            cwd=_ROOT, env=env, stdout=out, stderr=subprocess.STDOUT,
        )  # fmt: skip
    try:
        _wait(program, f"{base}/login", log)
        yield _running(log)
        program.send_signal(signal.SIGTERM)
        code = program.wait(timeout=60)
    finally:
        if program.poll() is None:
            program.kill()
            program.wait()
    told = log.read_text("utf-8")
    assert code == 0, told
    assert "Traceback" not in told, told


def _running(log: Path) -> Demo:
    """The addresses that the demo prints."""
    told = log.read_text("utf-8")
    pages = re.search(r"已启动：(http://\S+)", told)
    machine = re.search(r"制证机\s+(http://\S+)", told)
    province = re.search(r"省级各部门\S*\s+(http://\S+)", told)
    assert pages, told
    assert machine, told
    assert province, told
    return Demo(pages.group(1), machine.group(1), province.group(1))


class People:
    """Who works on these tests; each logs in once and keeps the browser open."""

    def __init__(self, browser: Browser, base: str) -> None:
        self._browser = browser
        self._base = base
        self._desks: dict[str, Desk] = {}
        self._guests: list[Desk] = []

    def __call__(self, login: str) -> Desk:
        if login not in self._desks:
            self._desks[login] = Desk(self._browser, self._base, login)
        return self._desks[login]

    def another(self, login: str = "", *, view: dict[str, int] = WIDE) -> Desk:
        """A browser of one's own for one test; without a name nobody is logged in."""
        desk = Desk(self._browser, self._base, login, view=view)
        self._guests.append(desk)
        return desk

    def check(self) -> None:
        """After a test: guests leave, and no page had an error in its scripts."""
        errors = [error for desk in (*self._desks.values(), *self._guests) for error in desk.errors]
        for desk in self._guests:
            desk.context.close()
        for desk in self._desks.values():
            desk.errors.clear()
        self._guests.clear()
        assert not errors, errors


@pytest.fixture(scope="session")
def staff(chrome: Browser, demo: Demo) -> People:
    return People(chrome, demo.base)


@pytest.fixture
def people(staff: People) -> Iterator[People]:
    """Everybody, by login name."""
    yield staff
    staff.check()


@pytest.fixture
def picture() -> Callable[[Desk, str], None]:
    """Keep a picture of a page for the documentation, when asked to."""

    def take(desk: Desk, name: str, *, whole: bool = False) -> None:
        if os.environ.get("BANLI_PICTURES") == "1":
            desk.picture(_ROOT / "docs" / "images" / f"{name}.png", whole=whole)

    return take
