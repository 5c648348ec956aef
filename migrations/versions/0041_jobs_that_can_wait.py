"""jobs that can wait."""

import sqlalchemy as sa
from alembic import op

from engine.model import READY

revision = "0041"
down_revision = "0040"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """A job has a class, which stands first in the index; those there are waited for."""
    priority = sa.Column("priority", sa.SmallInteger(), server_default=sa.text("0"), nullable=False)
    op.add_column("job", priority)
    op.drop_index("ix_job_due", "job")
    ready = sa.text(READY)
    op.create_index(
        "ix_job_due",
        "job",
        ["priority", "due_at", "id"],
        sqlite_where=ready,
        postgresql_where=ready,
    )
