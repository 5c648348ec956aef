"""limits that are near."""

from datetime import datetime, time

import sqlalchemy as sa
from alembic import op

from engine import clock
from engine.columns import Instant
from processes.clock.calendar import add_working_days

revision = "0036"
down_revision = "0035"
branch_labels = None
depends_on = None

_LIMITS = sa.table(
    "case_limit", sa.column("due_at", Instant), sa.column("near_at", Instant), sa.column("state")
)


def upgrade() -> None:
    """A limit says from when its end is near; by the national calendar until it is settled anew."""
    op.add_column("case_limit", sa.Column("near_at", sa.DateTime(timezone=True), nullable=True))
    op.create_index("ix_case_limit_near", "case_limit", ["state", "near_at"])
    bind = op.get_bind()
    running = sa.select(_LIMITS.c.due_at).where(_LIMITS.c.due_at.is_not(None)).distinct()
    for due in bind.scalars(running.where(_LIMITS.c.state == "running")).all():
        day = add_working_days(due.astimezone(clock.SHANGHAI).date(), -1).date
        near = datetime.combine(day, time(), clock.SHANGHAI)
        bind.execute(sa.update(_LIMITS).where(_LIMITS.c.due_at == due).values(near_at=near))
