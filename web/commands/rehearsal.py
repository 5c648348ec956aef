"""A process of the demo played by hand: one command a line, time is virtual.

Invariant: the whole product takes part, in memory; nothing outside the program changes.
"""

from pathlib import Path
from typing import Any, Final

import click

from engine import feel
from engine.errors import BanliError
from processes.play import Play, PlayedCase
from web.api import wire

_HELP: Final = """命令：
  complete <环节> <账号> {答案}   办理一个任务，答案写成 FEEL 上下文
  works <主题> {结果}             外部任务完成
  fails <主题> <错误代码>         外部任务以业务错误结束
  receives <报文名> {内容}        收到一条报文
  passes <天数>                   过去若干工作日
  show                            变量与文书
  quit                            结束"""


def rehearse(key: str, models: Path, variables: str) -> None:
    """Start a process of a folder and do what is typed until it ends."""
    played = Play(models=models)
    try:
        case = played.start(key, **context(variables))
        click.echo(_HELP)
        _loop(case)
    finally:
        played.close()


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
    words, values = head.split(), context(brace + tail)
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


def context(text: str) -> dict[str, Any]:
    """The variables in a FEEL context; an empty text has none."""
    if not text.strip():
        return {}
    value = feel.evaluate(text, {}).value
    if not isinstance(value, dict):
        raise click.ClickException(f"“{text}”不是 FEEL 上下文，应写成 {{名称: 值}}。")
    return dict(value)
