"""agents during absence."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Who acts for whom; opinions name the principal; a case knows its amount."""
    op.create_table(
        "substitution",
        sa.Column("id", _ID, nullable=False),
        sa.Column("principal", sa.BigInteger(), nullable=False),
        sa.Column("agent", sa.BigInteger(), nullable=False),
        sa.Column("processes", sa.Text(), nullable=False),
        sa.Column("amount_limit", sa.BigInteger(), nullable=True),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("created_by", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_by", sa.BigInteger(), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["principal"], ["user_account.id"], name=op.f("fk_substitution_principal")
        ),
        sa.ForeignKeyConstraint(["agent"], ["user_account.id"], name=op.f("fk_substitution_agent")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_substitution")),
    )
    op.create_index("ix_substitution_agent", "substitution", ["agent", "ends_on"])
    op.create_index("ix_substitution_principal", "substitution", ["principal", "ends_on"])
    op.add_column("case_file", sa.Column("amount", sa.BigInteger(), nullable=True))
    op.add_column("opinion", sa.Column("acting_for", sa.BigInteger(), nullable=True))
    op.add_column(
        "opinion",
        sa.Column("acting_for_name", sa.String(length=200), nullable=False, server_default=""),
    )
