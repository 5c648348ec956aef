"""positions."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Who is head of a unit or holds another post in it, and from when to when."""
    op.create_table(
        "org_position",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("org_code", sa.String(length=64), nullable=False),
        sa.Column("post", sa.String(length=64), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=True),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(
            ["org_code"], ["org.org_code"], name=op.f("fk_org_position_org_code")
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user_account.id"], name=op.f("fk_org_position_user_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_org_position")),
    )
    op.create_index("ix_org_position_org", "org_position", ["org_code", "post"])
    op.create_index("ix_org_position_user", "org_position", ["user_id"])
