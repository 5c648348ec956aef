"""rows written over."""

import sqlalchemy as sa
from alembic import op

from engine import job_incidents

revision = "0039"
down_revision = "0038"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """A row of a task or a job stays where it is when another task or job is written over it."""
    dialect = op.get_bind().dialect.name
    if dialect == "sqlite":
        # until now the id was the row's own address there
        for name in ("user_task", "job"):
            with op.batch_alter_table(name, recreate="always") as table:
                table.alter_column("id", type_=sa.BigInteger(), existing_nullable=False)
    else:
        op.execute("DROP TRIGGER job_goes ON job")
        op.execute("DROP TRIGGER job_goes_on ON job")
    for statement in job_incidents.statements(dialect):
        op.execute(statement)
