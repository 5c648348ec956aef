"""`banli interfaces`: the interface specification that goes to the departments outside."""

import json

import click

from adapters import registry
from adapters._shared import specification


@click.command("interfaces", help="打印与外部单位的接口规范：中文字段表，或 OpenAPI 3.1。")
@click.option("--openapi", is_flag=True, help="输出 OpenAPI 3.1 的 JSON 文档。")
def interfaces(*, openapi: bool) -> None:
    contracts = registry.contracts()
    if openapi:
        click.echo(json.dumps(specification.openapi(contracts), ensure_ascii=False, indent=2))
    else:
        click.echo(specification.document(contracts), nl=False)
