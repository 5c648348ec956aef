"""true date of opinions."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """When what was entered later had in truth been decided."""
    op.add_column("opinion", sa.Column("true_at", sa.DateTime(timezone=True), nullable=True))
