"""Tables of the background work: marks, schedules, and the lease that says whose clock runs."""

import sqlalchemy as sa

from core.db import Instant, metadata

marks = sa.Table(
    "marks",
    metadata,
    sa.Column("mark_id", sa.Uuid, primary_key=True),
    sa.Column("kind", sa.String(32), nullable=False),
    sa.Column("subject", sa.Text, nullable=False),
    sa.Column("due_at", Instant, nullable=False),
    sa.Column("attempts", sa.SmallInteger, nullable=False),
    sa.Index(None, "kind", "due_at"),
)

schedules = sa.Table(
    "schedules",
    metadata,
    sa.Column("kind", sa.String(32), primary_key=True),
    sa.Column("due_at", Instant, nullable=False),
    sa.Column("last_run_at", Instant),
    sa.Column("last_error", sa.Text, nullable=False),
)

leases = sa.Table(
    "leases",
    metadata,
    sa.Column("name", sa.String(32), primary_key=True),
    sa.Column("holder", sa.String(80), nullable=False),
    sa.Column("until", Instant, nullable=False),
)
