"""calendars by agency and the clock ledger."""

import sqlalchemy as sa
from alembic import op

from engine import append_only

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_DAYS = sa.table(
    "calendar_day",
    sa.column("day", sa.Date),
    sa.column("is_working", sa.Boolean),
    sa.column("name", sa.String),
    sa.column("source", sa.String),
)


def upgrade() -> None:
    """Calendars become a list of changes; what was laid down so far is their first version."""
    versions = op.create_table(
        "calendar_version",
        sa.Column("id", _ID, nullable=False),
        sa.Column("org_code", sa.String(length=64), nullable=False),
        sa.Column("hours", sa.String(length=100), nullable=True),
        sa.Column("source", sa.String(length=200), nullable=False),
        sa.Column("by", sa.String(length=64), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_calendar_version")),
    )
    changes = op.create_table(
        "calendar_change",
        sa.Column("id", _ID, nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("org_code", sa.String(length=64), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("is_working", sa.Boolean(), nullable=True),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.ForeignKeyConstraint(
            ["version"],
            ["calendar_version.id"],
            name=op.f("fk_calendar_change_version"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_calendar_change")),
    )
    op.create_index("ix_calendar_change", "calendar_change", ["org_code", "day", "version"])
    _keep(versions, changes)
    op.drop_table("calendar_day")
    with op.batch_alter_table("clock_entry") as batch:
        batch.add_column(sa.Column("basis", sa.Text(), nullable=False, server_default=""))
        batch.add_column(sa.Column("title", sa.String(100), nullable=False, server_default=""))
        batch.add_column(sa.Column("extend_most", sa.Integer(), nullable=False, server_default="0"))
        batch.add_column(sa.Column("corrects", sa.BigInteger(), nullable=True))
    op.create_table(
        "case_limit",
        sa.Column("case_id", sa.BigInteger(), nullable=False),
        sa.Column("limit_name", sa.String(length=64), nullable=False),
        sa.Column("title", sa.String(length=100), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("calendar_version", sa.BigInteger(), nullable=False),
        sa.Column("provisional", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["case_file.id"], name=op.f("fk_case_limit_case_id")),
        sa.PrimaryKeyConstraint("case_id", "limit_name", name=op.f("pk_case_limit")),
    )
    op.create_index("ix_case_limit_due", "case_limit", ["state", "due_at"])
    for table in ("calendar_version", "calendar_change", "clock_entry"):
        for statement in append_only.statements(table, op.get_bind().dialect.name):
            op.execute(statement)


def _keep(versions: sa.Table, changes: sa.Table) -> None:
    opened = op.get_bind()
    days = opened.execute(sa.select(_DAYS).order_by(_DAYS.c.day)).all()
    if not days:
        return
    first = {"id": 1, "org_code": "", "hours": None, "source": "沿用", "by": "migration"}
    opened.execute(versions.insert().values(**first, at=sa.func.now()))
    opened.execute(
        changes.insert(),
        [
            {"version": 1, "org_code": "", "day": day, "is_working": working, "name": name}
            for day, working, name, _source in days
        ],
    )
