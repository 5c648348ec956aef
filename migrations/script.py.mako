"""${message}."""

import sqlalchemy as sa
from alembic import op
% if imports:
${"\n".join(line for line in imports.split("\n") if line.strip() != "import sqlalchemy as sa")}
% endif

revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}
branch_labels = None
depends_on = None


def upgrade() -> None:
    ${upgrades if upgrades else "pass"}
