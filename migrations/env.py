"""Alembic runs this; the connection is handed in by `migrations.schema`."""

from typing import Any, Literal

from alembic import context
from alembic.autogenerate.api import AutogenContext
from sqlalchemy import TypeDecorator

import processes.model  # noqa: F401 - its tables stand on the same metadata
from engine.model import Base


def render_item(kind: str, item: Any, autogen: AutogenContext) -> str | Literal[False]:
    """A migration knows columns, not our Python types: a decorated type is written as its own."""
    if kind == "type" and isinstance(item, TypeDecorator):
        autogen.imports.add("import sqlalchemy as sa")
        return f"sa.{item.impl_instance!r}"
    return False


connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=Base.metadata,
    render_as_batch=True,
    render_item=render_item,
    compare_type=False,
)
with context.begin_transaction():
    context.run_migrations()
