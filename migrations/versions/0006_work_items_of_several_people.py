"""work items of several people."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_ENDED = "type IN ('activity.completed', 'activity.cancelled', 'task.decided', 'task.withdrawn')"


def upgrade() -> None:
    """A task says how its person came to it; what a work item ended with is found by its id."""
    op.add_column(
        "user_task", sa.Column("kind", sa.String(length=16), nullable=False, server_default="")
    )
    op.drop_index("ix_history_event_ended", table_name="history_event")
    op.create_index(
        "ix_history_event_ended",
        "history_event",
        ["activity_id"],
        sqlite_where=sa.text(_ENDED),
        postgresql_where=sa.text(_ENDED),
    )
