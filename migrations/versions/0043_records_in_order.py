"""records in order."""

import sqlalchemy as sa
from alembic import op

revision = "0043"
down_revision = "0042"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """The index of fields ends with the record, and both databases have it in one order."""
    op.drop_index("ix_register_index", "register_index")
    if op.get_bind().dialect.name == "postgresql":
        text = sa.String(300, collation="C")
        op.alter_column("register_index", "value", type_=text, existing_nullable=False)
    columns = ["register", "field", "value", "record_id"]
    op.create_index("ix_register_index", "register_index", columns)
