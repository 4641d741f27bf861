"""What the phone keeps between two webhooks, and the carrier's events."""

import sqlalchemy as sa
from alembic import op

from core.db import Instant

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.create_table(
        "calls",
        sa.Column("call_key", sa.String(200)),
        sa.Column("punch_id", sa.Uuid, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("turn", sa.SmallInteger, nullable=False),
        sa.Column("reply", sa.Text, nullable=False),
        sa.Column("is_open", sa.Boolean, nullable=False),
        sa.Column("updated_at", Instant, nullable=False),
        sa.PrimaryKeyConstraint("call_key", name="pk_calls"),
    )
    op.create_index(
        "ix_calls_open", "calls", ["updated_at"], postgresql_where=sa.text("is_open"), sqlite_where=sa.text("is_open")
    )
    op.create_table(
        "call_events",
        sa.Column("call_event_id", sa.Uuid),
        sa.Column("call_key", sa.String(200), nullable=False),
        sa.Column("event", sa.String(32), nullable=False),
        sa.Column("sequence", sa.Integer, nullable=False),
        sa.Column("duration_s", sa.Integer),
        sa.Column("error_code", sa.String(16), nullable=False),
        sa.Column("received_at", Instant, nullable=False),
        sa.PrimaryKeyConstraint("call_event_id", name="pk_call_events"),
        sa.UniqueConstraint("call_key", "event", "sequence", name="uq_call_events_call_key_event_sequence"),
    )
