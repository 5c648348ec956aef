"""packages."""

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Packages of messages on files, for departments without an interface."""
    op.create_table(
        "exchange_package",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("adapter", sa.String(length=64), nullable=False),
        sa.Column("direction", sa.String(length=3), nullable=False),
        sa.Column("package_no", sa.String(length=100), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("messages", sa.Integer(), nullable=False),
        sa.Column("receipt", sa.Text(), nullable=True),
        sa.Column("acted_by", sa.String(length=64), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["sha256"], ["stored_file.sha256"], name=op.f("fk_exchange_package_sha256")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_exchange_package")),
    )
    op.create_index("ix_exchange_package_adapter", "exchange_package", ["adapter", "id"])
