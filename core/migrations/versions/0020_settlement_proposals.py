"""A settlement keeps the proposal that was sent with it."""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"


def upgrade() -> None:
    op.add_column("settlements", sa.Column("proposal_id", sa.Uuid))
