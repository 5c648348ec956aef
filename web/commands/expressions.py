"""`banli feel`: evaluate an expression as models do.

Invariant: no database; the working-day functions use the published calendar. Numbers of a context
file are decimals, its texts stay texts; what is wrong is said with line and column.
"""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import click

from engine import feel as language
from engine import limits
from processes.casework import functions

_FILE: Final = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command(help="计算一个 FEEL 表达式；--context 或 --with 给出变量。")
@click.argument("expression")
@click.option("--context", type=_FILE, default=None, help="变量，JSON 文件。")
@click.option("--with", "given", default="{}", help='变量，如 {a: 1, b: date("2026-11-22")}。')
def feel(expression: str, context: Path | None, given: str) -> None:
    functions.register()
    variables = _read(context) if context else {}
    more = language.evaluate(given, variables).value
    if not isinstance(more, dict):
        raise click.ClickException("--with 应为 FEEL 上下文，如 {a: 1}。")
    result = language.evaluate(expression.removeprefix("="), {**variables, **more})
    click.echo(_shown(result.value))
    for warning in result.warnings:
        click.echo(f"提醒：{warning.message_zh}", err=True)


def _read(file: Path) -> dict[str, Any]:
    if file.stat().st_size > limits.MODEL_BYTES:
        raise click.ClickException(f"文件“{file}”超过 1 MiB。")
    try:
        read = json.loads(file.read_bytes(), parse_float=Decimal, parse_constant=_refuse)
    except UnicodeDecodeError as error:
        raise click.ClickException(f"文件“{file}”不是 UTF-8 编码。") from error
    except json.JSONDecodeError as error:
        place = f"第 {error.lineno} 行第 {error.colno} 列"
        raise click.ClickException(f"文件“{file}”不是合格的 JSON：{place}。") from error
    if not isinstance(read, dict):
        raise click.ClickException(f'文件“{file}”应为一个 JSON 对象，如 {{"a": 1}}。')
    return read


def _refuse(text: str) -> None:
    raise click.ClickException(f"JSON 中没有 {text} 这样的数。")


def _shown(value: object) -> str:
    """The value as FEEL writes it."""
    if value is None:
        return "null"
    return str(language.evaluate("string(value)", {"value": value}).value)
