"""documents drawn later."""

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """A generated document has its file when somebody first asks for it."""
    with op.batch_alter_table("document") as table:
        table.alter_column("sha256", existing_type=sa.String(64), nullable=True)
