"""seals of opinions."""

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """A keyed hash over the content hash of an opinion."""
    op.add_column("opinion", sa.Column("seal", sa.String(length=64), nullable=True))
