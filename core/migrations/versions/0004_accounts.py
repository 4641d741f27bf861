"""Accounts and their sessions."""

import sqlalchemy as sa
from alembic import op

from core.db import Instant

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.create_table(
        "accounts",
        sa.Column("account_id", sa.Uuid),
        sa.Column("login", sa.String(200), nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("role", sa.String(32), nullable=False),
        sa.Column("password_hash", sa.Text, nullable=False),
        sa.Column("failed_count", sa.SmallInteger, nullable=False),
        sa.Column("locked_until", Instant),
        sa.Column("disabled_at", Instant),
        sa.PrimaryKeyConstraint("account_id", name="pk_accounts"),
        sa.UniqueConstraint("login", name="uq_accounts_login"),
    )
    op.create_table(
        "account_sessions",
        sa.Column("token_hash", sa.String(64)),
        sa.Column("account_id", sa.Uuid, nullable=False),
        sa.Column("created_at", Instant, nullable=False),
        sa.Column("last_seen_at", Instant, nullable=False),
        sa.Column("expires_at", Instant, nullable=False),
        sa.PrimaryKeyConstraint("token_hash", name="pk_account_sessions"),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.account_id"], name="fk_account_sessions_account_id"),
    )
    op.create_index("ix_account_sessions_account_id", "account_sessions", ["account_id"])
