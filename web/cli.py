"""`banli`: the commands with which an installation is run, filled and looked at.

Invariant: a refusal is one Chinese sentence on the error output and an exit status that is not 0;
nothing here does what the pages could not, except opening the first accounts.
"""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click
from sqlalchemy import Engine

from engine.errors import BanliError, DeploymentRejected
from migrations import schema
from migrations.schema import SchemaMismatch
from web import config, logs, running
from web import demo as demonstration
from web.commands import cases, conformance, expressions, interchange, models, people, playing
from web.config import UnsafeSettings
from web.running import CannotStart


class Banli(click.Group):
    """The group of commands; our errors become one sentence each."""

    def invoke(self, ctx: click.Context) -> object:
        try:
            return super().invoke(ctx)
        except DeploymentRejected as error:
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
def demo() -> None:
    settings = config.from_environment()
    logs.install(settings)
    demonstration.prepare(settings)
    with demonstration.departments(settings) as outside:
        app = running.build(settings, {**os.environ, **outside})
        running.serve(
            app,
            settings,
            ready=lambda: click.echo(demonstration.welcome(settings, outside)),
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


main.add_command(models.check)
main.add_command(models.deploy)
main.add_command(playing.play)
main.add_command(people.user)
main.add_command(cases.case)
main.add_command(expressions.feel)
main.add_command(conformance.conformance)
main.add_command(interchange.import_)

if __name__ == "__main__":
    sys.exit(main())
