"""Tables of the workers' own sign-in. Nothing in them says who somebody is."""

import sqlalchemy as sa

from core.db import Instant, metadata

own_attempts = sa.Table(
    "own_attempts",
    metadata,
    sa.Column("attempt_id", sa.Uuid, primary_key=True),
    sa.Column("token_hash", sa.String(64), nullable=False, unique=True),
    sa.Column("number_index", sa.String(80), nullable=False, index=True),
    sa.Column("phone_id", sa.ForeignKey("phones.phone_id")),
    sa.Column("code_cipher", sa.Text, nullable=False),
    sa.Column("address_hash", sa.String(64), nullable=False, index=True),
    sa.Column("made_at", Instant, nullable=False, index=True),
    sa.Column("expires_at", Instant, nullable=False),
    sa.Column("tries", sa.SmallInteger, nullable=False),
    sa.Column("proved_at", Instant),
    sa.Column("used_at", Instant),
)

own_links = sa.Table(
    "own_links",
    metadata,
    sa.Column("token_hash", sa.String(64), primary_key=True),
    sa.Column("worker_id", sa.ForeignKey("workers.worker_id"), nullable=False, index=True),
    sa.Column("made_by", sa.ForeignKey("accounts.account_id"), nullable=False),
    sa.Column("made_at", Instant, nullable=False),
    sa.Column("expires_at", Instant, nullable=False),
    sa.Column("used_at", Instant),
)

own_sessions = sa.Table(
    "own_sessions",
    metadata,
    sa.Column("token_hash", sa.String(64), primary_key=True),
    sa.Column("worker_id", sa.ForeignKey("workers.worker_id"), nullable=False, index=True),
    sa.Column("phone_id", sa.ForeignKey("phones.phone_id")),
    sa.Column("made_at", Instant, nullable=False),
    sa.Column("expires_at", Instant, nullable=False, index=True),
)
