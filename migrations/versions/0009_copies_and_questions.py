"""copies and questions."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_AT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Copies of a case for information, and questions to colleagues."""
    op.create_table(
        "case_copy",
        sa.Column("id", _ID, nullable=False),
        sa.Column("case_id", sa.BigInteger(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("sender", sa.BigInteger(), nullable=True),
        sa.Column("activity_name", sa.String(length=200), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("must_read", sa.Boolean(), nullable=False),
        sa.Column("wants_reply", sa.Boolean(), nullable=False),
        sa.Column("sent_at", _AT, nullable=False),
        sa.Column("read_at", _AT, nullable=True),
        sa.Column("reply", sa.Text(), nullable=False),
        sa.Column("replied_at", _AT, nullable=True),
        sa.Column("chased_at", _AT, nullable=True),
        sa.Column("chased", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["case_file.id"], name=op.f("fk_case_copy_case_id")),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user_account.id"], name=op.f("fk_case_copy_user_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_copy")),
    )
    op.create_index("ux_case_copy", "case_copy", ["case_id", "user_id"], unique=True)
    op.create_index("ix_case_copy_box", "case_copy", ["user_id", "read_at", "id"])
    op.create_table(
        "inquiry",
        sa.Column("id", _ID, nullable=False),
        sa.Column("case_id", sa.BigInteger(), nullable=False),
        sa.Column("task_id", sa.BigInteger(), nullable=False),
        sa.Column("activity", sa.String(length=128), nullable=False),
        sa.Column("activity_name", sa.String(length=200), nullable=False),
        sa.Column("asker", sa.BigInteger(), nullable=False),
        sa.Column("asked", sa.BigInteger(), nullable=False),
        sa.Column("question", sa.Text(), nullable=False),
        sa.Column("pauses", sa.Boolean(), nullable=False),
        sa.Column("asked_at", _AT, nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("answered_at", _AT, nullable=True),
        sa.Column("withdrawn_at", _AT, nullable=True),
        sa.ForeignKeyConstraint(["case_id"], ["case_file.id"], name=op.f("fk_inquiry_case_id")),
        sa.ForeignKeyConstraint(["asker"], ["user_account.id"], name=op.f("fk_inquiry_asker")),
        sa.ForeignKeyConstraint(["asked"], ["user_account.id"], name=op.f("fk_inquiry_asked")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inquiry")),
    )
    op.create_index("ix_inquiry_case_id", "inquiry", ["case_id"])
    op.create_index("ix_inquiry_asked", "inquiry", ["asked", "answered_at", "id"])
    op.create_index("ix_inquiry_task", "inquiry", ["task_id"])
