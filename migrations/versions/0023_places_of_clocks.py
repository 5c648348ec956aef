"""places of clocks."""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Where in its case a line of the clock ledger came about."""
    op.add_column(
        "clock_entry",
        sa.Column("place", sa.BigInteger(), nullable=False, server_default=sa.text("0")),
    )
    op.add_column(
        "clock_entry",
        sa.Column("activity", sa.String(length=255), nullable=False, server_default=""),
    )
