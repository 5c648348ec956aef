"""`banli check`, `banli deploy`, `banli play`: folders of processes.

Invariant: what `check` finds is what a deployment would find.
"""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Final

import click
from sqlalchemy.orm import Session

from engine import feel
from engine.errors import BanliError, DeploymentRejected, Finding
from processes import bundle, deployment, identity, modelling
from processes import wiring as processes_wiring
from processes.bundle import Bundle
from processes.demo import loader
from processes.play import Play, PlayedCase
from web import wiring
from web.api import wire
from web.commands.opening import Opened, opened

_WORDS: Final = {"error": "错误", "warning": "提醒"}
_FOLDER: Final = click.Path(exists=True, file_okay=False, path_type=Path)


@click.command(help="检查流程目录（或其上级目录），逐条列出问题；有错误时以 1 退出。")
@click.argument("folders", nargs=-1, required=True, type=_FOLDER)
def check(folders: Sequence[Path]) -> None:
    found = [folder for given in folders for folder in _below(given)]
    if not found:
        raise click.ClickException("目录中没有流程（.bpmn）。")
    processes_wiring.connect()
    loader.load_ledgers()
    known = _known(loader.MODELS, *folders)
    errors = warnings = 0
    for folder in found:
        findings = _findings(folder, known)
        show(findings, folder)
        errors += sum(finding.severity == "error" for finding in findings)
        warnings += sum(finding.severity == "warning" for finding in findings)
    click.echo(f"共检查 {len(found)} 个流程目录：{errors} 处错误，{warnings} 处提醒。")
    if errors:
        raise SystemExit(1)


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


def _known(*roots: Path) -> set[str]:
    """Keys of processes and decisions that may be referred to: those of all folders."""
    bundles = []
    for folder in {one.resolve() for root in roots for one in _below(root)}:
        try:
            bundles.append(bundle.read_folder(folder))
        except DeploymentRejected:
            continue  # the check of that folder says what is wrong with it
    return set().union(*(deployment.provided(one) for one in bundles))


def _findings(folder: Path, known: set[str]) -> list[Finding]:
    try:
        made = bundle.read_folder(folder)
    except DeploymentRejected as error:
        return list(error.findings)
    return deployment.check(made, topics=wiring.topics(), known=known)


@click.command(help="在内存中试运行一个流程：时间是虚拟的，外部单位由您来答复。")
@click.argument("key")
@click.option("--models", type=_FOLDER, default=loader.MODELS, help="流程所在的目录。")
@click.option("--variables", default="", help="开始时的变量，写成 FEEL 上下文，如 {a: 1}。")
def play(key: str, models: Path, variables: str) -> None:
    played = Play(models=models)
    try:
        case = played.start(key, **_context(variables))
        click.echo(_HELP)
        _loop(case)
    finally:
        played.close()


_HELP: Final = """命令：
  complete <环节> <账号> {答案}   办理一个任务，答案写成 FEEL 上下文
  works <主题> {结果}             外部任务完成
  fails <主题> <错误代码>         外部任务以业务错误结束
  receives <报文名> {内容}        收到一条报文
  passes <天数>                   过去若干工作日
  show                            变量与文书
  quit                            结束"""


def _loop(case: PlayedCase) -> None:
    while True:
        _where(case)
        if case.ended:
            return
        line = click.prompt(">", prompt_suffix=" ", default="quit", show_default=False).strip()
        if line == "quit":
            return
        try:
            _do(case, line)
        except (BanliError, ValueError, LookupError, AssertionError) as error:
            click.echo(f"  ! {getattr(error, 'message', None) or error}")
            for path, messages in getattr(error, "errors", {}).items():
                click.echo(f"    {path}：{'；'.join(messages)}")


def _where(case: PlayedCase) -> None:
    click.echo(f"[{case.status}] 等待：{'、'.join(sorted(case.waits_for)) or '—'}")
    for text in case.incidents:
        click.echo(f"  异常：{text}")
    if case.ended:
        click.echo(f"结束于“{case.ended}”")


def _do(case: PlayedCase, line: str) -> None:
    command, _, rest = line.partition(" ")
    head, brace, tail = rest.partition("{")
    words, values = head.split(), _context(brace + tail)
    match command, words:
        case "complete", [activity, login]:
            case.complete(activity, as_=login, **values)
        case "works", [topic]:
            case.works(topic, **values)
        case "fails", [topic, code]:
            case.fails(topic, code=code, **values)
        case "receives", [name]:
            case.receives(name, **values)
        case "passes", [days]:
            case.passes(working_days=int(days))
        case "show", []:
            click.echo(f"变量：{wire.dumps(case.variables)}")
            click.echo(f"文书：{'、'.join(case.letters) or '—'}")
        case _:
            click.echo(_HELP)


def _context(text: str) -> dict[str, Any]:
    if not text.strip():
        return {}
    value = feel.evaluate(text, {}).value
    if not isinstance(value, dict):
        raise click.ClickException(f"“{text}”不是 FEEL 上下文，应写成 {{名称: 值}}。")
    return dict(value)
