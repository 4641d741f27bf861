"""Tables of the webhooks: who is told of what, what waits to be told, and what was sent."""

import sqlalchemy as sa

from core.db import Code, Instant, metadata
from core.partners.webhook_model import DeliveryState, EventKind, PauseReason

webhook_subscriptions = sa.Table(
    "webhook_subscriptions",
    metadata,
    sa.Column("subscription_id", sa.Uuid, primary_key=True),
    sa.Column("partner_id", sa.ForeignKey("partners.partner_id"), nullable=False, index=True),
    sa.Column("prime_contractor_id", sa.Uuid, nullable=False, index=True),
    sa.Column("url", sa.Text, nullable=False),
    sa.Column("kinds", sa.Text, nullable=False),  # in their order, a blank between
    sa.Column("is_sandbox", sa.Boolean, nullable=False),
    sa.Column("secret_cipher", sa.Text, nullable=False),
    sa.Column("old_secret_cipher", sa.Text),
    sa.Column("old_secret_until", Instant),
    sa.Column("made_by", sa.Uuid),
    sa.Column("made_at", Instant, nullable=False),
    sa.Column("paused", Code(PauseReason)),
    sa.Column("paused_at", Instant),
    sa.Column("failures", sa.Integer, nullable=False),
    sa.Column("failing_since", Instant),
    sa.Column("retry_at", Instant),
    sa.Column("taken_until", Instant),
)

# Written by triggers, in the transaction that changes what is told: see migration 0029.
webhook_events = sa.Table(
    "webhook_events",
    metadata,
    sa.Column("seq", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True, autoincrement=True),
    sa.Column("event_id", sa.Uuid, nullable=False),
    sa.Column("subscription_id", sa.Uuid, nullable=False),  # no foreign key: a call never waits for it, or fails by it
    sa.Column("kind", Code(EventKind), nullable=False),
    sa.Column("facts", sa.Text, nullable=False),
    sa.Column("at", Instant, nullable=False),
    sa.Index(None, "subscription_id", "seq"),
)

webhook_deliveries = sa.Table(
    "webhook_deliveries",
    metadata,
    sa.Column("delivery_id", sa.Uuid, primary_key=True),
    sa.Column("subscription_id", sa.ForeignKey("webhook_subscriptions.subscription_id"), nullable=False),
    sa.Column("message_id", sa.String(64), nullable=False),
    sa.Column("body", sa.Text, nullable=False),
    sa.Column("events", sa.Integer, nullable=False),
    sa.Column("made_at", Instant, nullable=False, index=True),
    sa.Column("state", Code(DeliveryState), nullable=False),
    sa.Column("is_test", sa.Boolean, nullable=False),
    sa.Column("is_replay", sa.Boolean, nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("last_at", Instant),
    sa.Column("status", sa.Integer),
    sa.Column("answer", sa.Text, nullable=False),
    sa.Index(None, "subscription_id", "state", "delivery_id"),
)
