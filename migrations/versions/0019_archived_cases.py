"""archived cases."""

import sqlalchemy as sa
from alembic import op

from engine import append_only

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """The frozen package of a case that was archived."""
    op.create_table(
        "case_archive",
        sa.Column("case_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("keep_until", sa.Date(), nullable=False),
        sa.Column("archived_by", sa.BigInteger(), nullable=False),
        sa.Column("archived_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["case_id"], ["case_file.id"], name=op.f("fk_case_archive_case_id")
        ),
        sa.ForeignKeyConstraint(
            ["sha256"], ["stored_file.sha256"], name=op.f("fk_case_archive_sha256")
        ),
        sa.PrimaryKeyConstraint("case_id", name=op.f("pk_case_archive")),
    )
    op.create_index(op.f("ix_case_archive_sha256"), "case_archive", ["sha256"])
    op.create_index(op.f("ix_case_archive_keep_until"), "case_archive", ["keep_until"])
    for statement in append_only.statements("case_archive", op.get_bind().dialect.name):
        op.execute(statement)
