"""signatures."""

import sqlalchemy as sa
from alembic import op

from engine import append_only

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Handwritten signatures of users, and the signature and content hash of an opinion."""
    op.create_table(
        "user_signature",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=True),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user_account.id"], name=op.f("fk_user_signature_user_id")
        ),
        sa.ForeignKeyConstraint(
            ["sha256"], ["stored_file.sha256"], name=op.f("fk_user_signature_sha256")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_user_signature")),
    )
    op.create_index("ix_user_signature_user", "user_signature", ["user_id", "id"])
    for statement in append_only.statements("user_signature", op.get_bind().dialect.name):
        op.execute(statement)
    op.add_column("opinion", sa.Column("attachments", sa.Text(), nullable=False, server_default=""))
    op.add_column("opinion", sa.Column("signature", sa.String(length=64), nullable=True))
    op.add_column("opinion", sa.Column("digest", sa.String(length=64), nullable=True))
