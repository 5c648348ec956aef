"""`banli play`: a model run headless, or a process of the demo by hand.

Invariant: exit 0 when everything went as the scenario says, 1 when it did not, 2 when the input
cannot be used at all; nothing outside the program changes.
"""

import dataclasses
import json
from collections.abc import Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import click

from engine.errors import BanliError, DeploymentRejected, Finding
from forms import source
from processes.demo import loader
from processes.play import folder, report, scenario, steps
from processes.play.model import ModelPlay, NotPlayable
from processes.play.scenario import Scenario
from processes.play.steps import ScenarioFailed
from web.api import wire
from web.commands import rehearsal
from web.commands.models import show

_FILE: Final = click.Path(exists=True, dir_okay=False, path_type=Path)
_FOLDER: Final = click.Path(exists=True, file_okay=False, path_type=Path)
_HELP: Final = (
    "在内存中运行一个模型（.bpmn）：时间是虚拟的，同目录的其他文件作为被调用流程和对方。"
    "给出流程标识而不是文件时，在演示环境中逐步手工试运行该流程。"
)


@click.command(help=_HELP, short_help="在内存中运行一个模型，或逐步手工试运行一个流程。")
@click.argument("model")
@click.option("--variables", "given", default="", help="开始时的变量：JSON 或 YAML 文件，或 FEEL。")
@click.option("--scenario", "told", type=_FILE, help="场景文件（YAML），见 docs/play.md。")
@click.option("--process", default="", help="文件中有多个流程时，先开始哪一个。")
@click.option("--with", "beside", type=_FOLDER, multiple=True, help="另取流程的目录，可多次。")
@click.option("--json", "as_json", is_flag=True, help="输出一份 JSON 文档。")
@click.option("--models", type=_FOLDER, default=loader.MODELS, help="手工试运行时流程所在的目录。")
def play(  # noqa: PLR0913 - one option each
    model: str,
    *,
    given: str,
    told: Path | None,
    process: str,
    beside: Sequence[Path],
    as_json: bool,
    models: Path,
) -> None:
    path = Path(model)
    if not path.is_file():
        if path.suffix or "/" in model:
            click.echo(f"没有文件“{model}”。", err=True)
            raise SystemExit(2)
        rehearsal.rehearse(model, models, given)
        return
    try:
        wanted = _scenario(told, given, process)
        played = ModelPlay(folder.read(path, beside=beside), start=steps.beginning(wanted))
    except DeploymentRejected as rejected:
        _refuse(rejected.findings, path.parent, as_json=as_json)
    except BanliError as error:
        click.echo(error.message, err=True)
        raise SystemExit(2) from error
    try:
        failure = _perform(played, wanted, written=told is not None)
        _tell(played, path.name, failure, as_json=as_json)
    finally:
        played.close()
    if failure:
        raise SystemExit(1)


def _perform(played: ModelPlay, wanted: Scenario, *, written: bool) -> BanliError | None:
    """Run the scenario; what went wrong, if something did."""
    if not written and not wanted.process and not _can_start(played):
        return None  # what could start it is told at the end
    try:
        if wanted.autostart and not wanted.process:
            played.startable()
        steps.run(played, wanted)
    except NotPlayable as error:
        click.echo(error.message, err=True)
        raise SystemExit(2) from error
    except (ScenarioFailed, RuntimeError) as error:
        return error if isinstance(error, BanliError) else NotPlayable("流程停不下来")
    return None


def _can_start(played: ModelPlay) -> bool:
    return any(one.plain_start for one in played.folder.own)


def _scenario(told: Path | None, given: str, process: str) -> Scenario:
    made = scenario.read(told.read_bytes(), told.name) if told else Scenario()
    variables = {**made.variables, **_variables(given)}
    return Scenario(
        file=made.file,
        process=process or made.process,
        title=made.title,
        begins_at=made.begins_at,
        autostart=made.autostart,
        variables=variables,
        steps=made.steps,
    )


def _variables(given: str) -> Mapping[str, Any]:
    if not given:
        return {}
    path = Path(given)
    if given.lstrip().startswith("{") or not path.is_file():
        if not given.lstrip().startswith("{"):
            raise NotPlayable(f"没有变量文件“{given}”。")
        return rehearsal.context(given)
    content = path.read_bytes()
    if path.suffix != ".json":
        return source.load(content, path.name, kind="变量文件")
    try:
        found = json.loads(content, parse_float=Decimal)
    except ValueError as error:
        raise NotPlayable(f"变量文件“{path.name}”不是有效的 JSON：{error}") from error
    if not isinstance(found, dict):
        raise NotPlayable(f"变量文件“{path.name}”应为一个 JSON 对象")
    return found


def _refuse(findings: Sequence[Finding], place: Path, *, as_json: bool) -> None:
    if as_json:
        told = [dataclasses.asdict(one) for one in findings]
        click.echo(wire.dumps({"format": report.FORMAT, "outcome": "refused", "findings": told}))
    else:
        show(findings, place)
    raise SystemExit(2)


def _tell(played: ModelPlay, model: str, failure: BanliError | None, *, as_json: bool) -> None:
    if as_json:
        click.echo(wire.dumps(report.document(played, model, failure)))
        return
    for line in (*report.lines(played), *report.closing(played)):
        click.echo(line)
    if failure:
        click.echo(f"场景未通过：{failure.message}", err=True)
