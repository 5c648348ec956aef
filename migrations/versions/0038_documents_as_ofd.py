"""documents as OFD."""

import sqlalchemy as sa
from alembic import op

revision = "0038"
down_revision = "0037"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """The file of an issued document in the second format, where its template names it."""
    with op.batch_alter_table("document") as batch:
        batch.add_column(sa.Column("ofd_sha256", sa.String(length=64), nullable=True))
        batch.create_index(op.f("ix_document_ofd_sha256"), ["ofd_sha256"])
        batch.create_foreign_key(
            op.f("fk_document_ofd_sha256_stored_file"), "stored_file", ["ofd_sha256"], ["sha256"]
        )
