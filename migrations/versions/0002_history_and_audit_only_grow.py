"""history and audit only grow."""

from alembic import op

from engine import append_only

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_TABLES = ("audit_event", "history_event", "opinion", "register_log", "variable_delta")


def upgrade() -> None:
    """Let the database itself refuse to change or delete what happened."""
    for table in _TABLES:
        for statement in append_only.statements(table, op.get_bind().dialect.name):
            op.execute(statement)
