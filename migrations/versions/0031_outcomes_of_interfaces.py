"""outcomes of interfaces."""

from alembic import op

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """The latest failure of a department that works is found without reading its month."""
    op.create_index("ix_exchange_event_outcome", "exchange_event", ["adapter", "outcome", "id"])
