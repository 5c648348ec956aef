"""runtime rows by themselves."""

import sqlalchemy as sa
from alembic import op

from engine import job_incidents

revision = "0035"
down_revision = "0034"
branch_labels = None
depends_on = None

_BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_TOGETHER = {
    "sqlite": "group_concat(candidate, char(10))",
    "postgresql": "string_agg(candidate, chr(10))",
}


def upgrade() -> None:
    """A task says by itself who may claim it; nothing is looked up behind each row of a step."""
    dialect = op.get_bind().dialect.name
    op.add_column(
        "user_task", sa.Column("candidates", sa.Text(), server_default="", nullable=False)
    )
    op.execute(
        f"UPDATE user_task SET candidates = coalesce((SELECT {_TOGETHER[dialect]}"  # noqa: S608
        " FROM user_task_candidate WHERE task_id = user_task.id), '')"
    )
    _turn_candidates_round()
    with op.batch_alter_table("incident") as table:
        table.drop_constraint("fk_incident_job_id", type_="foreignkey")
    # nothing refers to these any more, so that SQLite may make them anew
    for name in ("user_task", "event_subscription", "job"):
        with op.batch_alter_table(name) as table:
            table.drop_constraint(f"fk_{name}_instance_id", type_="foreignkey")
    for statement in job_incidents.statements(dialect):
        op.execute(statement)


def _turn_candidates_round() -> None:
    op.create_table(
        "task_of_candidate",
        sa.Column("candidate", sa.String(200), nullable=False),
        sa.Column("task_id", _BIG, nullable=False),
        sa.PrimaryKeyConstraint("candidate", "task_id", name="pk_task_of_candidate"),
        sqlite_with_rowid=False,
    )
    op.execute(
        "INSERT INTO task_of_candidate SELECT candidate, task_id FROM user_task_candidate"
        " ORDER BY candidate, task_id"
    )
    op.drop_table("user_task_candidate")
    op.rename_table("task_of_candidate", "user_task_candidate")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("ALTER INDEX pk_task_of_candidate RENAME TO pk_user_task_candidate")
