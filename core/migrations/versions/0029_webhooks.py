"""Webhooks of partners, and the triggers that note what they are told; when a key was last used."""

import sqlalchemy as sa
from alembic import op

from core.db import Instant
from core.migrations import row_security as rows
from core.migrations.webhook_triggers import create_triggers

revision = "0029"
down_revision = "0028"

SUBSCRIPTIONS, EVENTS, DELIVERIES = "webhook_subscriptions", "webhook_events", "webhook_deliveries"
PROTECTED = {
    SUBSCRIPTIONS: rows.own("prime_contractor_id"),
    EVENTS: rows.of(SUBSCRIPTIONS, "subscription_id", EVENTS),
    DELIVERIES: rows.of(SUBSCRIPTIONS, "subscription_id", DELIVERIES),
}


def upgrade() -> None:
    op.add_column("api_keys", sa.Column("last_used_at", Instant))
    _subscriptions()
    _events()
    _deliveries()
    connection = op.get_bind()
    if connection.dialect.name == "postgresql":
        for table, seen in PROTECTED.items():
            rows.protect(connection, table, seen)
        op.execute(f"grant update (last_used_at) on api_keys to {rows.INGEST}")
    create_triggers(connection)


def _subscriptions() -> None:
    op.create_table(
        SUBSCRIPTIONS,
        sa.Column("subscription_id", sa.Uuid),
        sa.Column("partner_id", sa.Uuid, nullable=False),
        sa.Column("prime_contractor_id", sa.Uuid, nullable=False),
        sa.Column("url", sa.Text, nullable=False),
        sa.Column("kinds", sa.Text, nullable=False),
        sa.Column("is_sandbox", sa.Boolean, nullable=False),
        sa.Column("secret_cipher", sa.Text, nullable=False),
        sa.Column("old_secret_cipher", sa.Text),
        sa.Column("old_secret_until", Instant),
        sa.Column("made_by", sa.Uuid),
        sa.Column("made_at", Instant, nullable=False),
        sa.Column("paused", sa.String(32)),
        sa.Column("paused_at", Instant),
        sa.Column("failures", sa.Integer, nullable=False),
        sa.Column("failing_since", Instant),
        sa.Column("retry_at", Instant),
        sa.Column("taken_until", Instant),
        sa.PrimaryKeyConstraint("subscription_id", name=f"pk_{SUBSCRIPTIONS}"),
        sa.ForeignKeyConstraint(["partner_id"], ["partners.partner_id"], name=f"fk_{SUBSCRIPTIONS}_partner_id"),
    )
    for column in ("partner_id", "prime_contractor_id"):
        op.create_index(f"ix_{SUBSCRIPTIONS}_{column}", SUBSCRIPTIONS, [column])


def _events() -> None:
    op.create_table(
        EVENTS,
        sa.Column("seq", sa.BigInteger().with_variant(sa.Integer, "sqlite"), autoincrement=True),
        sa.Column("event_id", sa.Uuid, nullable=False),
        sa.Column("subscription_id", sa.Uuid, nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("facts", sa.Text, nullable=False),
        sa.Column("at", Instant, nullable=False),
        sa.PrimaryKeyConstraint("seq", name=f"pk_{EVENTS}"),
    )
    op.create_index(f"ix_{EVENTS}_subscription_id_seq", EVENTS, ["subscription_id", "seq"])


def _deliveries() -> None:
    op.create_table(
        DELIVERIES,
        sa.Column("delivery_id", sa.Uuid),
        sa.Column("subscription_id", sa.Uuid, nullable=False),
        sa.Column("message_id", sa.String(64), nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("events", sa.Integer, nullable=False),
        sa.Column("made_at", Instant, nullable=False),
        sa.Column("state", sa.String(32), nullable=False),
        sa.Column("is_test", sa.Boolean, nullable=False),
        sa.Column("is_replay", sa.Boolean, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("last_at", Instant),
        sa.Column("status", sa.Integer),
        sa.Column("answer", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("delivery_id", name=f"pk_{DELIVERIES}"),
        sa.ForeignKeyConstraint(
            ["subscription_id"], [f"{SUBSCRIPTIONS}.subscription_id"], name=f"fk_{DELIVERIES}_subscription_id"
        ),
    )
    columns = ["subscription_id", "state", "delivery_id"]
    op.create_index(f"ix_{DELIVERIES}_{'_'.join(columns)}", DELIVERIES, columns)
    op.create_index(f"ix_{DELIVERIES}_made_at", DELIVERIES, ["made_at"])
