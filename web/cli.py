"""`banli`: the commands with which an installation is run, filled and looked at.

Invariant: a refusal is one Chinese sentence on the error output and an exit status that is not 0;
nothing here does what the pages could not, except opening the first accounts.
"""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from keyword import iskeyword
from pathlib import Path
from typing import Final

import click
from sqlalchemy import Engine

from engine.errors import BanliError, DeploymentRejected
from migrations import schema
from migrations.schema import SchemaMismatch
from web import config, logs, running
from web.commands import words
from web.config import UnsafeSettings
from web.running import CannotStart

_COMMANDS: Final = {
    "backup": "backups",
    "restore": "backups",
    "check": "models",
    "deploy": "models",
    "play": "playing",
    "user": "people",
    "case": "cases",
    "verify-document": "verifying",
    "verify-form": "cases",
    "feel": "expressions",
    "conformance": "conformance",
    "import": "interchange",
    "interfaces": "interfaces",
    "migrate": "migrating",
    "norm": "norms",
    "seal": "sealing",
}
"""The commands of `web.commands` and their modules; a module is loaded for its own command only,
so that a server starts without them."""

words.speak()


class Banli(click.Group):
    """The group of commands; our errors become one sentence each."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted([*super().list_commands(ctx), *_COMMANDS])

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return super().get_command(ctx, cmd_name)
        module = import_module(f"web.commands.{_COMMANDS[cmd_name]}")
        name = f"{cmd_name}_" if iskeyword(cmd_name) else cmd_name.replace("-", "_")
        found: click.Command = getattr(module, name)
        return found

    def invoke(self, ctx: click.Context) -> object:
        try:
            return super().invoke(ctx)
        except DeploymentRejected as error:
            from web.commands import models  # noqa: PLC0415 - where one is refused only

            models.show(error.findings, Path())
            raise click.ClickException("检查未通过，没有部署。") from error
        except BanliError as error:
            raise click.ClickException(error.message) from error
        except (CannotStart, SchemaMismatch, UnsafeSettings) as error:
            raise click.ClickException(str(error)) from error


@click.group(cls=Banli, help="办理 Banli：基于 BPMN 的政务办件平台。")
@click.version_option(package_name="banli", prog_name="banli", message="%(prog)s %(version)s")
def main() -> None:
    """Every command reads its settings from the environment (BANLI_*)."""


@main.command(help="启动演示环境：建库、装入演示数据、启动模拟的外部单位、打开网页。")
@click.option(
    "--size",
    type=click.Choice(["full", "medium", "small", "none"]),
    default="full",
    envvar="BANLI_DEMO_SIZE",
    show_default=True,
    help="全国演示数据的多少；网页打开后在后台生成，中断后接着生成，生成过的不因此改变。",
)
def demo(size: str) -> None:
    from web import demo as demonstration  # noqa: PLC0415 - no other command needs it

    settings = config.from_environment()
    logs.install(settings)
    demonstration.prepare(settings)
    with demonstration.departments(settings, patience=90) as outside:
        app = running.build(settings, {**os.environ, **outside})
        with demonstration.worker(settings, outside), demonstration.country(size) as begin:
            running.serve(
                app,
                settings,
                ready=lambda: begin(demonstration.welcome(settings, outside)),
            )


@main.command(help="启动网页与接口；在 SQLite 上同时运行后台作业。")
def serve() -> None:
    settings = config.from_environment()
    logs.install(settings)
    app = running.build(settings)
    address = f"http://{settings.host}:{settings.port}"
    running.serve(app, settings, ready=lambda: click.echo(f"办理 Banli 已启动：{address}"))


@main.command(help="运行后台作业进程（PostgreSQL，可开多个）。")
def worker() -> None:
    settings = config.from_environment()
    running.require_shared_database(settings)
    logs.install(settings)
    app = running.build(settings)
    running.work(app, ready=lambda: click.echo("后台作业进程已启动。"))


@main.group(help="数据库。")
def db() -> None:
    """Commands on the schema."""


@db.command(help="建库，或把库结构升级到本程序的版本。")
def upgrade() -> None:
    with _database() as engine:
        click.echo(f"数据库结构版本：{schema.upgrade(engine)}")


@contextmanager
def _database() -> Iterator[Engine]:
    from web import create_app  # noqa: PLC0415 - an application is made only where one is needed

    app = create_app(config.from_environment())
    engine = running.database_of(app).engine
    yield engine
    engine.dispose()


if __name__ == "__main__":
    sys.exit(main())
