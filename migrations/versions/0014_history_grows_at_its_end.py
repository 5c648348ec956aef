"""history grows at its end."""

import sqlalchemy as sa
from alembic import op

from engine import append_only

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

_ENDED = "type IN ('activity.completed', 'activity.cancelled', 'task.decided', 'task.withdrawn')"


def upgrade() -> None:
    """On SQLite rows stand in the order in which they came: no page is ever split for one."""
    if op.get_bind().dialect.name == "sqlite":
        _append_history()


def _append_history() -> None:
    op.create_table(
        "history_event_by_time",
        sa.Column("instance_id", sa.BigInteger(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("type", sa.String(length=64), nullable=False),
        sa.Column("activity", sa.String(length=128), nullable=False),
        sa.Column("activity_id", sa.BigInteger(), nullable=True),
        sa.Column("actor", sa.String(length=64), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("data", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("instance_id", "sequence", name=op.f("pk_history_event")),
    )
    op.execute("INSERT INTO history_event_by_time SELECT * FROM history_event ORDER BY sequence")
    op.drop_table("history_event")
    op.rename_table("history_event_by_time", "history_event")
    op.create_index(
        "ix_history_event_ended", "history_event", ["activity_id"], sqlite_where=sa.text(_ENDED)
    )
    for statement in append_only.statements("history_event", "sqlite"):
        op.execute(statement)
