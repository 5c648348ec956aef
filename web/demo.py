"""The demo: an installation that fills itself, with its outside departments beside it.

Invariant: it never runs with production settings, and starts again on the data it has.
"""

import os
import secrets
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import click
from sqlalchemy import make_url
from sqlalchemy.orm import Session

from adapters._simulators.province import SEAL_SERVERS, all_departments
from migrations import schema
from processes.demo import loader
from web import create_app, running, wiring
from web.config import Settings
from web.running import CannotStart

_DEPARTMENTS: Final = {
    "card_machine": "制证机",
    "courier": "快递公司",
    "card_centre": "外部制证中心",
    "identity": "省统一身份认证",
    "province": "省级各部门（税务、住建、国家平台等）",
    "seals": "省政务电子印章系统与电子签名服务器",
    "mail": "邮件服务器",
}
_BEHIND: Final = {"province": tuple(all_departments()), "seals": SEAL_SERVERS}
"""Departments that one program plays, each below its name."""
_IDENTITY: Final = "UNIFIED_IDENTITY"
_SECRETS: Final = ("card_centre", *_BEHIND["province"], *SEAL_SERVERS)


def prepare(settings: Settings) -> None:
    """Bring the database up and fill in whatever of the demo is not there yet.

    Raises:
        CannotStart: these are not settings of a demo.
    """
    if not settings.is_demo:
        raise CannotStart("banli demo 只用于演示环境；正式环境请用 banli serve。")
    app = create_app(settings)
    database = running.database_of(app)
    schema.upgrade(database.engine)
    with app.app_context():
        wiring.wire(app)  # the calendar can be read only now
        database.run(_load)
    database.engine.dispose()


def _load(session: Session) -> None:
    loader.load(session, topics=wiring.topics())
    loader.load_applications(session)


@contextmanager
def departments(settings: Settings, *, patience: float = 0) -> Iterator[Mapping[str, str]]:
    """The simulated departments as programs of their own; gives the settings of their adapters.

    `patience`: seconds that the tax office waits for a payment on its page.

    Raises:
        CannotStart: one of them does not come up.
    """
    keys = {f"{name.upper()}_KEY": secrets.token_urlsafe(32) for name in _SECRETS}
    keys |= {f"{_IDENTITY}_CLIENT_ID": "banli", f"{_IDENTITY}_CLIENT_SECRET": secrets.token_hex(32)}
    callback = f"http://{settings.host}:{settings.port}/api/channels"
    running_now: list[subprocess.Popen[str]] = []
    state = settings.home / "simulated"
    trust = {f"{name.upper()}_TRUST": str(state / "root.pem") for name in SEAL_SERVERS}
    given = {**keys, **trust}
    try:
        for name in _DEPARTMENTS:
            options = ["--callback", callback, "--state", str(state), "--patience", str(patience)]
            program = _start(name, keys, options)
            running_now.append(program)
            given[f"{name.upper()}_URL"] = address = _address(program, name)
            if name == "mail":
                given |= _mail(program, address)
            if name == "identity":
                given[f"{_IDENTITY}_URL"] = address
            given |= _behind(name, address)
        yield given
    finally:
        for program in running_now:
            program.terminate()
        for program in running_now:
            program.wait(timeout=10)
            if program.stdout:
                program.stdout.close()


def _start(name: str, keys: Mapping[str, str], options: Sequence[str]) -> "subprocess.Popen[str]":
    command = [sys.executable, "-m", "adapters._simulators", name, *options]
    command += ["--parent", str(os.getpid())]
    return subprocess.Popen(  # noqa: S603 - our own module, our own arguments
        command,
        cwd=Path(__file__).parents[1],
        env={**os.environ, **keys},
        stdout=subprocess.PIPE,
        text=True,
    )


def _behind(name: str, address: str) -> dict[str, str]:
    """The settings of the adapters whose departments stand behind one address."""
    given = {f"{part.upper()}_URL": f"{address}/{part}" for part in _BEHIND.get(name, ())}
    if name == "seals":
        given |= {f"{part.upper()}_CRL": f"{address}/crl" for part in SEAL_SERVERS}
    return given


def _mail(program: "subprocess.Popen[str]", page: str) -> dict[str, str]:
    """The settings of the mail adapter; the page of the server stands beside them."""
    return {
        "MAIL_PAGE": page,
        "MAIL_URL": _address(program, "mail", "smtp://"),
        "MAIL_TLS": "none",
        "MAIL_FROM": "noreply@banli.example",
        "MAIL_FROM_NAME": "政务办理",
    }


def _address(program: "subprocess.Popen[str]", name: str, scheme: str = "http://") -> str:
    line = program.stdout.readline().strip() if program.stdout else ""
    if not line.startswith(scheme):
        raise CannotStart(f"模拟的外部单位“{_DEPARTMENTS[name]}”没有启动")
    return line


@contextmanager
def country(size: str) -> Iterator[Callable[[str], None]]:
    """What to call when the first page is up: says a text and has the country made beside.

    The program that makes it ends with this one, and goes on where it was another time.
    """
    made: list[subprocess.Popen[bytes]] = []

    def begin(text: str) -> None:
        click.echo(text)
        if size != "none":
            from web import populate  # noqa: PLC0415 - after the first page is up

            made.append(populate.start(size))

    try:
        yield begin
    finally:
        for program in made:
            program.terminate()
            program.wait(timeout=60)


@contextmanager
def worker(settings: Settings, outside: Mapping[str, str]) -> Iterator[None]:
    """Background work in a program of its own where the database is PostgreSQL.

    On SQLite it is done by the program that serves the pages.
    """
    if make_url(settings.database_url).get_backend_name() == "sqlite":
        yield
        return
    command = [sys.executable, "-m", "web.cli", "worker"]
    program = subprocess.Popen(command, env={**os.environ, **outside})  # noqa: S603 - our own module
    try:
        yield
    finally:
        program.terminate()
        program.wait(timeout=60)


def welcome(settings: Settings, outside: Mapping[str, str]) -> str:
    """What the person who started the demo should know."""
    width = max(len(account.login) for account in loader.offered())
    accounts = "\n".join(
        f"  {one.login:<{width}}  {one.name}（{one.org or '个人'}）：{one.does}"
        for one in loader.offered()
    )
    simulated = "\n".join(
        f"  {title}  {outside.get(f'{name.upper()}_PAGE') or outside[f'{name.upper()}_URL']}"
        for name, title in _DEPARTMENTS.items()
    )
    address = f"http://{settings.host}:{settings.port}"
    return (
        f"办理 Banli 演示环境已启动：{address}\n"
        f"  工作人员和单位用户登录（点账号即登录）：{address}/login\n"
        f"  公众门户（统一身份认证）：{address}/public\n"
        f"数据目录：{settings.home}\n\n"
        f"演示账号（口令均为 {loader.password()}）：\n{accounts}\n\n"
        f"模拟的外部单位（页面上可以打开故障开关）：\n{simulated}\n\n"
        f"接口文档：{address}/api/docs\n"
        "按 Ctrl+C 停止；再次运行 make demo，数据还在。"
    )
