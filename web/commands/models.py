"""`banli check`, `banli deploy`: models and folders of processes.

Invariant: what `check` finds is what a deployment would find.
"""

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

import click
from sqlalchemy.orm import Session

from engine.errors import DeploymentRejected, Finding
from processes import wiring as processes_wiring
from processes.demo import loader
from processes.identity import identity
from processes.modelling import bundle, decision_tests, deployment, modelling
from processes.modelling.bundle import Bundle
from web import wiring
from web.api import wire
from web.commands.opening import Opened, opened

_WORDS: Final = {"error": "错误", "warning": "提醒"}
_PATH: Final = click.Path(exists=True, path_type=Path)
_FOLDER: Final = click.Path(exists=True, file_okay=False, path_type=Path)


@click.command(help="检查流程文件或目录（或其上级目录），逐条列出问题；有错误时以 1 退出。")
@click.argument("paths", nargs=-1, required=True, type=_PATH)
@click.option("--json", "as_json", is_flag=True, help="写成 JSON。")
def check(paths: Sequence[Path], as_json: bool) -> None:  # noqa: FBT001 - click passes it so
    places = [place for given in paths for place in _places(given)]
    if not places:
        raise click.UsageError("目录中没有流程（.bpmn）或决策（.dmn）。")
    processes_wiring.connect()
    loader.load_ledgers()
    known = _known(loader.MODELS, *(path if path.is_dir() else path.parent for path in paths))
    found = [(place, one) for place in places for one in _findings(place, *known)]
    errors = sum(one.severity == "error" for _place, one in found)
    if as_json:
        click.echo(wire.dumps(_summed(places, found)))
    else:
        for place, one in found:
            show([one], place if place.is_dir() else place.parent)
        warnings = len(found) - errors
        kind = "流程目录" if all(place.is_dir() for place in places) else "文件或目录"
        click.echo(f"共检查 {len(places)} 个{kind}：{errors} 处错误，{warnings} 处提醒。")
    if errors:
        raise SystemExit(1)


def _summed(places: list[Path], found: list[tuple[Path, Finding]]) -> dict[str, Any]:
    errors = sum(one.severity == "error" for _place, one in found)
    return {
        "checked": len(places),
        "errors": errors,
        "warnings": len(found) - errors,
        "findings": [{"path": str(place), **asdict(one)} for place, one in found],
    }


def _places(path: Path) -> list[Path]:
    return _below(path) if path.is_dir() else [path]


@click.command(help="部署流程目录（或其上级目录）；正式环境只存为草稿，由第二人在页面上确认发布。")
@click.argument("folder", type=_FOLDER)
@click.option("--by", "login", default="", help="以哪个账号的名义（正式环境必填）。")
def deploy(folder: Path, login: str) -> None:
    with opened() as here:
        if here.settings.profile == "production":
            _draft(here, folder, login)
            return
        by = _actor(here, login)
        made = here.database.run(deployment.load_folder, folder, by=by, topics=wiring.topics())
        for one in made:
            click.echo(f"已部署 {one.label or one.id}（{one.digest[:12]}）")


def _draft(here: Opened, folder: Path, login: str) -> None:
    if not login:
        raise click.ClickException("正式环境请用 --by 写明起草人的账号。")
    for one in _below(folder):
        made = bundle.read_folder(one)

        def save(session: Session, made: Bundle = made) -> int:
            author = identity.by_login(session, login)
            if author is None:
                raise click.ClickException(f"没有账号“{login}”。")
            draft = modelling.create(session, made.source, by=author, files=made.files)
            modelling.save(session, draft.id, by=author, files=made.files, revision=draft.revision)
            return draft.id

        draft = here.database.run(save)
        click.echo(f"{made.source}：已存为草稿 {draft}，请在页面上提交，由第二人发布。")


def _actor(here: Opened, login: str) -> str:
    if not login:
        return "cli"
    with here.database.read_session() as session:
        found = identity.by_login(session, login)
    if found is None:
        raise click.ClickException(f"没有账号“{login}”。")
    return str(found.id)


def show(findings: Iterable[Finding], folder: Path) -> None:
    """Write findings as `file:line: kind: message`."""
    for one in findings:
        place = str(folder / one.file) if one.file else str(folder)
        line = f":{one.line}" if one.line else ""
        click.echo(f"{place}{line}: {_WORDS[one.severity]}: {one.message} [{one.code}]")


def _below(folder: Path) -> list[Path]:
    return bundle.process_folders(folder)


def _known(*roots: Path) -> tuple[set[str], deployment.Called]:
    """Processes and decisions that may be referred to, those of all folders: keys, and by key."""
    bundles = []
    for folder in {one.resolve() for root in roots for one in _below(root)}:
        try:
            bundles.append(bundle.read_folder(folder))
        except DeploymentRejected:
            continue  # the check of that folder says what is wrong with it
    keys = set().union(*(deployment.provided(one) for one in bundles))
    return keys, deployment.among(bundles)


def _findings(place: Path, known: set[str], called: deployment.Called) -> list[Finding]:
    try:
        made = bundle.read_folder(place) if place.is_dir() else bundle.read_file(place)
    except DeploymentRejected as error:
        return list(error.findings)
    found = deployment.check(made, topics=wiring.topics(), known=known, called=called)
    return [*found, *decision_tests.check(place)] if place.is_dir() else found
