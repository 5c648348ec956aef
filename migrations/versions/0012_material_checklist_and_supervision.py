"""material checklist and supervision."""

import sqlalchemy as sa
from alembic import op

from engine import append_only

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Checklist items as copies of what a process says; entries for supervisors."""
    op.create_table(
        "material_item",
        sa.Column("case_id", sa.BigInteger(), nullable=False),
        sa.Column("code", sa.String(length=128), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("grade", sa.String(length=1), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("basis", sa.Text(), nullable=False),
        sa.Column("source", sa.String(length=300), nullable=False),
        sa.Column("file_code", sa.String(length=128), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(
            ["case_id"], ["case_file.id"], name=op.f("fk_material_item_case_id")
        ),
        sa.PrimaryKeyConstraint("case_id", "code", name=op.f("pk_material_item")),
    )
    op.create_table(
        "supervision_entry",
        sa.Column("id", _ID, nullable=False),
        sa.Column("case_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("activity", sa.String(length=128), nullable=False),
        sa.Column("dedupe_key", sa.String(length=64), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["case_id"], ["case_file.id"], name=op.f("fk_supervision_entry_case_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_supervision_entry")),
    )
    op.create_index(op.f("ix_supervision_entry_case_id"), "supervision_entry", ["case_id"])
    op.create_index("ix_supervision_kind", "supervision_entry", ["kind", "id"])
    op.create_index("ux_supervision_key", "supervision_entry", ["dedupe_key"], unique=True)
    for statement in append_only.statements("supervision_entry", op.get_bind().dialect.name):
        op.execute(statement)
