"""leases of jobs that lapsed."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Count how often the holder of a job vanished."""
    with op.batch_alter_table("job") as batch:
        batch.add_column(
            sa.Column("crashes", sa.Integer(), server_default=sa.text("0"), nullable=False)
        )
