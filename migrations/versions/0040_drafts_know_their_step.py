"""drafts know their step."""

import sqlalchemy as sa
from alembic import op

revision = "0040"
down_revision = "0039"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """A draft reopens where its author stopped; those kept before reopen at their first step."""
    step = sa.Column("step", sa.Integer(), server_default="0", nullable=False)
    op.add_column("form_draft", step)
