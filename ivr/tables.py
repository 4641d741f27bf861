"""What the phone keeps between two webhooks, and what the carrier says of a call afterwards."""

import sqlalchemy as sa

from core.db import Instant, metadata

calls = sa.Table(
    "calls",
    metadata,
    sa.Column("call_key", sa.String(200), primary_key=True),  # carrier, account, the carrier's call id
    sa.Column("punch_id", sa.Uuid, nullable=False),
    sa.Column("state", sa.Text, nullable=False),  # of ivr.conversation, as JSON; no phone number in it
    sa.Column("turn", sa.SmallInteger, nullable=False),  # how many answers were given
    sa.Column("reply", sa.Text, nullable=False),  # the last answer, for the carrier's repeats
    sa.Column("is_open", sa.Boolean, nullable=False),
    sa.Column("updated_at", Instant, nullable=False),
    sa.Index("ix_calls_open", "updated_at", postgresql_where=sa.text("is_open"), sqlite_where=sa.text("is_open")),
)

# How many wrong codes of the day a phone gave at a site: a caller who redials does not begin anew.
day_code_failures = sa.Table(
    "day_code_failures",
    metadata,
    sa.Column("phone_id", sa.Uuid, primary_key=True),
    sa.Column("site_id", sa.Uuid, primary_key=True),
    sa.Column("work_date", sa.Date, primary_key=True),
    sa.Column("failures", sa.Integer, nullable=False),
)

call_events = sa.Table(
    "call_events",
    metadata,
    sa.Column("call_event_id", sa.Uuid, primary_key=True),
    sa.Column("call_key", sa.String(200), nullable=False),
    sa.Column("event", sa.String(32), nullable=False),
    sa.Column("sequence", sa.Integer, nullable=False),
    sa.Column("duration_s", sa.Integer),
    sa.Column("error_code", sa.String(16), nullable=False),
    sa.Column("received_at", Instant, nullable=False),
    sa.UniqueConstraint("call_key", "event", "sequence"),
)
