"""Background work: marks, schedules, leases."""

import sqlalchemy as sa
from alembic import op

from core.db import Instant

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.create_table(
        "marks",
        sa.Column("mark_id", sa.Uuid),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("due_at", Instant, nullable=False),
        sa.Column("attempts", sa.SmallInteger, nullable=False),
        sa.PrimaryKeyConstraint("mark_id", name="pk_marks"),
    )
    op.create_index("ix_marks_kind_due_at", "marks", ["kind", "due_at"])
    op.create_table(
        "schedules",
        sa.Column("kind", sa.String(32)),
        sa.Column("due_at", Instant, nullable=False),
        sa.Column("last_run_at", Instant),
        sa.Column("last_error", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("kind", name="pk_schedules"),
    )
    op.create_table(
        "leases",
        sa.Column("name", sa.String(32)),
        sa.Column("holder", sa.String(80), nullable=False),
        sa.Column("until", Instant, nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_leases"),
    )
