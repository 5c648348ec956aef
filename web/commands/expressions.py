"""`banli feel`: evaluate an expression as models do.

Invariant: no database and no files; the working-day functions use the published calendar.
"""

import click

from engine import feel as language
from processes import functions


@click.command(help="计算一个 FEEL 表达式；--with 给出变量（FEEL 上下文）。")
@click.argument("expression")
@click.option("--with", "given", default="{}", help='变量，如 {a: 1, b: date("2026-11-22")}。')
def feel(expression: str, given: str) -> None:
    functions.register()
    context = language.evaluate(given, {}).value
    if not isinstance(context, dict):
        raise click.ClickException("--with 应为 FEEL 上下文，如 {a: 1}。")
    result = language.evaluate(expression.removeprefix("="), context)
    click.echo(_shown(result.value))
    for warning in result.warnings:
        click.echo(f"提醒：{warning.message_zh}", err=True)


def _shown(value: object) -> str:
    """The value as FEEL writes it."""
    if value is None:
        return "null"
    return str(language.evaluate("string(value)", {"value": value}).value)
