"""phrases."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Common phrases of a person, or of an office."""
    op.create_table(
        "phrase",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("owner", sa.BigInteger(), nullable=True),
        sa.Column("org_code", sa.String(length=64), nullable=True),
        sa.Column("text", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(["owner"], ["user_account.id"], name=op.f("fk_phrase_owner")),
        sa.ForeignKeyConstraint(["org_code"], ["org.org_code"], name=op.f("fk_phrase_org_code")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_phrase")),
    )
    op.create_index("ix_phrase_owner", "phrase", ["owner"])
    op.create_index("ix_phrase_org", "phrase", ["org_code"])
