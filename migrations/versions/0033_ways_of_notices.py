"""ways of notices."""

import sqlalchemy as sa
from alembic import op

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """By which ways somebody wants his notices, and how far each has come."""
    op.create_table(
        "notice_choice",
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("channels", sa.String(length=200), nullable=False),
        sa.Column("mail", sa.LargeBinary(), nullable=True),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_notice_choice")),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["user_account.id"],
            name=op.f("fk_notice_choice_user_id_user_account"),
        ),
    )
    op.create_table(
        "notice_delivery",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("notice_id", sa.BigInteger(), nullable=False),
        sa.Column("channel", sa.String(length=16), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("receipt", sa.String(length=200), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("begun_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notice_delivery")),
        sa.ForeignKeyConstraint(
            ["notice_id"],
            ["notification.id"],
            name=op.f("fk_notice_delivery_notice_id_notification"),
        ),
        sa.UniqueConstraint(
            "notice_id", "channel", name=op.f("uq_notice_delivery_notice_id_channel")
        ),
    )
