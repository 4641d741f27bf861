"""Table of the audit log. It refers to accounts and contractors by id alone: it outlives what it tells of."""

import sqlalchemy as sa

from core.db import Instant, metadata

audit_log = sa.Table(
    "audit_log",
    metadata,
    sa.Column("seq", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("at", Instant, nullable=False, index=True),
    sa.Column("account_id", sa.Uuid),
    sa.Column("action", sa.String(64), nullable=False),
    sa.Column("subject_kind", sa.String(32), nullable=False),
    sa.Column("subject_id", sa.String(80), nullable=False),
    sa.Column("contractor_id", sa.Uuid),
    sa.Column("details", sa.Text, nullable=False),
    sa.Column("prev_hash", sa.String(64), nullable=False),
    sa.Column("hash", sa.String(64), nullable=False),
    sa.Index(None, "contractor_id", "seq"),
    sa.Index(None, "account_id", "seq"),
    sa.Index(None, "subject_kind", "subject_id"),
)
