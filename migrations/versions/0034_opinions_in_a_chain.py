"""opinions in a chain."""

import sqlalchemy as sa
from alembic import op

from engine import append_only

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Opinions are linked to those before them; a printed approval form can be held against them.

    Those from before keep the seal they have: the first link of each case covers them. Fields that
    a model lists anew are laid down for the cases there are.
    """
    op.add_column("opinion", sa.Column("position", sa.Integer(), nullable=True))
    op.add_column("opinion", sa.Column("link", sa.String(length=64), nullable=True))
    op.create_table(
        "opinion_chain",
        sa.Column("case_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("length", sa.Integer(), nullable=False),
        sa.Column("head", sa.String(length=64), nullable=False),
        sa.Column("seal", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("case_id", name=op.f("pk_opinion_chain")),
    )
    op.create_table(
        "printed_form",
        sa.Column("code", sa.String(length=32), nullable=False),
        sa.Column("case_id", sa.BigInteger(), nullable=False),
        sa.Column("opinions", sa.Integer(), nullable=False),
        sa.Column("head", sa.String(length=64), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("printed_by", sa.BigInteger(), nullable=False),
        sa.Column("printed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["case_id"], ["case_file.id"], name=op.f("fk_printed_form_case_id")
        ),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_printed_form")),
    )
    op.create_index(op.f("ix_printed_form_case_id"), "printed_form", ["case_id"])
    op.create_index(op.f("ix_printed_form_sha256"), "printed_form", ["sha256"])
    for statement in append_only.statements("printed_form", op.get_bind().dialect.name):
        op.execute(statement)
    op.create_table(
        "listed_field",
        sa.Column("process_key", sa.String(length=128), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("filled_to", sa.BigInteger(), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("process_key", "name", name=op.f("pk_listed_field")),
    )
