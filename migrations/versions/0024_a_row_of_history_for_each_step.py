"""a row of history for each step."""

import sqlalchemy as sa
from alembic import op

from engine import append_only, history_view

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

_ENDED = "type IN ('activity.completed', 'activity.cancelled', 'task.decided', 'task.withdrawn')"
_EVENTS = {
    "sqlite": "json_array(json_array(type, activity, activity_id, json(data)))",
    "postgresql": "json_build_array(json_build_array(type, activity, activity_id, data::json))::text",
}
_FROM_EVENTS = """
INSERT INTO history_step
    (instance_id, revision, sequence, ended_id, actor, at, events, delta)
SELECT e.instance_id, e.revision, e.sequence, CASE WHEN {ended} THEN e.activity_id END,
    e.actor, e.at, {events}, CASE WHEN e.sequence = e.first THEN d.content END
FROM (
    SELECT *, min(sequence) OVER (PARTITION BY instance_id, revision) AS first FROM history_event
) AS e
LEFT JOIN variable_delta AS d ON d.instance_id = e.instance_id AND d.revision = e.revision
ORDER BY e.sequence
"""
_FROM_DELTAS = """
INSERT INTO history_step (instance_id, revision, sequence, actor, at, events, delta)
SELECT d.instance_id, d.revision, max(s.sequence) + 1, '', max(s.at), '[]', d.content
FROM variable_delta AS d
JOIN history_step AS s ON s.instance_id = d.instance_id AND s.revision < d.revision
WHERE NOT EXISTS (
    SELECT 1 FROM history_event AS e
    WHERE e.instance_id = d.instance_id AND e.revision = d.revision
)
GROUP BY d.instance_id, d.revision, d.content
"""


def upgrade() -> None:
    """Events and deltas that are there stay as they are, each event in a row of its own."""
    dialect = op.get_bind().dialect.name
    op.create_table(
        "history_step",
        sa.Column("instance_id", sa.BigInteger(), nullable=False),
        sa.Column("revision", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("sequence", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("ended_id", sa.BigInteger(), nullable=True),
        sa.Column("actor", sa.String(length=64), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("events", sa.Text(), nullable=False),
        sa.Column("delta", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint(
            "instance_id", "revision", "sequence", name=op.f("pk_history_step")
        ),
    )
    op.execute(_FROM_EVENTS.format(ended=_ENDED, events=_EVENTS[dialect]))
    op.execute(_FROM_DELTAS)
    there = sa.text("ended_id IS NOT NULL")
    op.create_index(
        "ix_history_step_ended",
        "history_step",
        ["ended_id"],
        sqlite_where=there,
        postgresql_where=there,
    )
    for statement in append_only.statements("history_step", dialect):
        op.execute(statement)
    for replaced in ("history_event", "variable_delta"):
        op.drop_table(replaced)
    op.execute(history_view.statement(dialect))
