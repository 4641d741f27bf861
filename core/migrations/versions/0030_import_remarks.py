"""How an imported file was read: its encoding and sheet, and the columns and rows that were not."""

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0029"


def upgrade() -> None:
    op.add_column("import_batches", sa.Column("remarks", sa.Text, nullable=False, server_default=""))
