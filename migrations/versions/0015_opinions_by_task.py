"""opinions by task."""

from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """What was said in a task is found by the task's id."""
    op.create_index("ix_opinion_task", "opinion", ["task_id"])
