"""prepared drafts."""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """The case whose process prepared a draft."""
    op.add_column("form_draft", sa.Column("origin_case", sa.BigInteger(), nullable=True))
