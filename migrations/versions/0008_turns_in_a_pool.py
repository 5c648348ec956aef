"""turns in a pool."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Who got the last task of a pool from which tasks are assigned in turn."""
    op.create_table(
        "rotation",
        sa.Column("pool", sa.String(length=64), nullable=False),
        sa.Column("last", sa.BigInteger(), nullable=True),
        sa.Column("turned_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("pool", name=op.f("pk_rotation")),
    )
