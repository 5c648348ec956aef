"""no regions."""

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nothing ever read or wrote them: an organisation carries its region's code itself."""
    op.drop_table("region")
