"""people chosen beforehand."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Who was chosen for a task that has not come yet."""
    op.create_table(
        "planned_person",
        sa.Column("case_id", sa.BigInteger(), nullable=False),
        sa.Column("activity", sa.String(length=128), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("planned_by", sa.BigInteger(), nullable=False),
        sa.Column("planned_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["case_id"], ["case_file.id"], name=op.f("fk_planned_person_case_id")
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user_account.id"], name=op.f("fk_planned_person_user_id")
        ),
        sa.PrimaryKeyConstraint("case_id", "activity", "user_id", name=op.f("pk_planned_person")),
    )
    op.create_index("ix_planned_person_user", "planned_person", ["user_id"])
