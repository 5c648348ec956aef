"""public identities."""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Who comes by the unified identity; in which realm a session is."""
    op.create_table(
        "public_identity",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("issuer", sa.String(200), nullable=False),
        sa.Column("subject", sa.String(200), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("number", sa.LargeBinary(), nullable=False),
        sa.Column("holder_key", sa.String(64), nullable=False),
        sa.Column("handler", sa.String(200), nullable=False),
        sa.Column("phone", sa.LargeBinary(), nullable=True),
        sa.Column("first_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["user_account.id"], name=op.f("fk_public_identity_account_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_public_identity")),
        sa.UniqueConstraint("issuer", "subject", name=op.f("uq_public_identity_issuer_subject")),
        sa.UniqueConstraint("account_id", name=op.f("uq_public_identity_account_id")),
    )
    op.create_index("ix_public_identity_holder_key", "public_identity", ["holder_key"])
    op.add_column(
        "auth_session",
        sa.Column("realm", sa.String(16), nullable=False, server_default="staff"),
    )
