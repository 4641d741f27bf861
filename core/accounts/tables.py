"""Tables of the accounts."""

import sqlalchemy as sa

from core.accounts.model import Role
from core.db import Code, Instant, metadata

accounts = sa.Table(
    "accounts",
    metadata,
    sa.Column("account_id", sa.Uuid, primary_key=True),
    sa.Column("login", sa.String(200), nullable=False, unique=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("password_hash", sa.Text, nullable=False),
    sa.Column("failed_count", sa.SmallInteger, nullable=False),
    sa.Column("locked_until", Instant),
    sa.Column("disabled_at", Instant),
    sa.Column("email", sa.String(254), nullable=False),
)

account_sessions = sa.Table(
    "account_sessions",
    metadata,
    sa.Column("token_hash", sa.String(64), primary_key=True),
    sa.Column("account_id", sa.ForeignKey("accounts.account_id"), nullable=False, index=True),
    sa.Column("created_at", Instant, nullable=False),
    sa.Column("last_seen_at", Instant, nullable=False),
    sa.Column("expires_at", Instant, nullable=False),
)

memberships = sa.Table(
    "memberships",
    metadata,
    sa.Column("membership_id", sa.Uuid, primary_key=True),
    sa.Column("account_id", sa.ForeignKey("accounts.account_id"), nullable=False, index=True),
    sa.Column("role", Code(Role), nullable=False),
    sa.Column("contractor_id", sa.ForeignKey("contractors.contractor_id"), index=True),
    sa.CheckConstraint("(role = 'operator') = (contractor_id is null)", name="contractor_unless_operator"),
)

membership_sites = sa.Table(
    "membership_sites",
    metadata,
    sa.Column("membership_id", sa.ForeignKey("memberships.membership_id"), primary_key=True),
    sa.Column("site_id", sa.ForeignKey("sites.site_id"), primary_key=True, index=True),
)
