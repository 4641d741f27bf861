"""Tables of partner systems, their keys, and the answers kept for requests that come again."""

import sqlalchemy as sa

import core.partners.webhook_tables  # noqa: F401 - the rest of this area's tables
from core.db import Instant, metadata

partners = sa.Table(
    "partners",
    metadata,
    sa.Column("partner_id", sa.Uuid, primary_key=True),
    sa.Column("prime_contractor_id", sa.ForeignKey("contractors.contractor_id"), nullable=False, index=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("made_at", Instant, nullable=False),
)

api_keys = sa.Table(
    "api_keys",
    metadata,
    sa.Column("api_key_id", sa.Uuid, primary_key=True),
    sa.Column("partner_id", sa.ForeignKey("partners.partner_id"), nullable=False, index=True),
    sa.Column("secret_hash", sa.String(64), nullable=False, unique=True),
    sa.Column("ending", sa.String(8), nullable=False),
    sa.Column("scopes", sa.Text, nullable=False),  # in their order, a blank between
    sa.Column("is_sandbox", sa.Boolean, nullable=False),
    sa.Column("made_by", sa.Uuid),
    sa.Column("made_at", Instant, nullable=False),
    sa.Column("revoked_at", Instant),
    sa.Column("last_used_at", Instant),
)

kept_answers = sa.Table(
    "kept_answers",
    metadata,
    sa.Column("partner_id", sa.ForeignKey("partners.partner_id"), primary_key=True),
    sa.Column("idempotency_key", sa.String(200), primary_key=True),
    sa.Column("body_hash", sa.String(64), nullable=False),
    sa.Column("answer", sa.Text, nullable=False),
    sa.Column("at", Instant, nullable=False, index=True),
)
