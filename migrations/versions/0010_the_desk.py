"""the desk: search words, cases followed, shared filters, who has a task open; indexes of lists."""

import sqlalchemy as sa
from alembic import op

from processes.casefile import searching

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_WORD = sa.String(64).with_variant(sa.String(64, collation="C"), "postgresql")
_HELD = sa.text("assignee IS NOT NULL")
_POOL = sa.text("assignee IS NULL")
_CASES = sa.table(
    "case_file",
    *(
        sa.column(name, kind)
        for name, kind in (
            ("id", sa.BigInteger),
            ("reference", sa.String),
            ("applicant_name", sa.String),
            ("title", sa.String),
            ("id_no_tail", sa.String),
        )
    ),
)


def upgrade() -> None:
    """Each task stands in one of two partial indexes; every case gets its words."""
    op.drop_index("ix_user_task_assignee", table_name="user_task")
    for name, columns, where in (
        ("ix_user_task_assignee", ["assignee", "due_at", "id"], _HELD),
        ("ix_user_task_pool", ["due_at", "id"], _POOL),
    ):
        op.create_index(name, "user_task", columns, sqlite_where=where, postgresql_where=where)
    words = op.create_table(
        "case_word",
        sa.Column("word", _WORD, nullable=False),
        sa.Column("case_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["case_id"], ["case_file.id"], name=op.f("fk_case_word_case_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("word", "case_id", name=op.f("pk_case_word")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_case_word_case", "case_word", ["case_id"])
    op.create_table(
        "case_follow",
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("case_id", sa.BigInteger(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["case_id"], ["case_file.id"], name=op.f("fk_case_follow_case_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("user_id", "case_id", name=op.f("pk_case_follow")),
    )
    op.create_index(op.f("ix_case_follow_case_id"), "case_follow", ["case_id"])
    op.create_table(
        "task_presence",
        sa.Column("task_id", sa.BigInteger(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("task_id", "user_id", name=op.f("pk_task_presence")),
    )
    op.create_index(op.f("ix_task_presence_seen_at"), "task_presence", ["seen_at"])
    op.create_table(
        "shared_filter",
        sa.Column("id", _ID, nullable=False),
        sa.Column("org_code", sa.String(length=64), nullable=False),
        sa.Column("listed", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("query", sa.JSON(), nullable=False),
        sa.Column("by", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["org_code"], ["org.org_code"], name=op.f("fk_shared_filter_org_code")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shared_filter")),
    )
    op.create_index(
        "ux_shared_filter", "shared_filter", ["org_code", "listed", "name"], unique=True
    )
    _find_again(words)


def _find_again(words: sa.Table) -> None:
    connection = op.get_bind()
    cases = connection.execute(sa.select(*_CASES.columns)).all()
    for number, reference, applicant, title, tail in cases:
        found = searching.words_of((reference,), (applicant, title), tail)
        rows = [{"word": word, "case_id": number} for word in found]
        connection.execute(sa.insert(words), rows)
