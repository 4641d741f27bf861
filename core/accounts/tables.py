"""Tables of the accounts."""

import sqlalchemy as sa

from core.accounts.model import LinkPurpose, Role, Stage
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
    sa.Column("last_signed_in_at", Instant),
)

account_sessions = sa.Table(
    "account_sessions",
    metadata,
    sa.Column("token_hash", sa.String(64), primary_key=True),
    sa.Column("account_id", sa.ForeignKey("accounts.account_id"), nullable=False, index=True),
    sa.Column("created_at", Instant, nullable=False),
    sa.Column("last_seen_at", Instant, nullable=False),
    sa.Column("expires_at", Instant, nullable=False),
    sa.Column("stage", Code(Stage), nullable=False),
    sa.Column("browser", sa.String(80), nullable=False),
    sa.Column("address", sa.String(64), nullable=False),
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

second_factors = sa.Table(
    "second_factors",
    metadata,
    sa.Column("account_id", sa.ForeignKey("accounts.account_id"), primary_key=True),
    sa.Column("secret", sa.Text),
    sa.Column("new_secret", sa.Text),
    sa.Column("begun_at", Instant),
    sa.Column("last_step", sa.BigInteger, nullable=False),
    sa.Column("app_since", Instant),
    sa.Column("mail_since", Instant),
)

recovery_codes = sa.Table(
    "recovery_codes",
    metadata,
    sa.Column("account_id", sa.ForeignKey("accounts.account_id"), primary_key=True),
    sa.Column("code_hash", sa.String(64), primary_key=True),
    sa.Column("used_at", Instant),
)

mailed_links = sa.Table(
    "mailed_links",
    metadata,
    sa.Column("token_hash", sa.String(64), primary_key=True),
    sa.Column("account_id", sa.ForeignKey("accounts.account_id"), nullable=False, index=True),
    sa.Column("purpose", Code(LinkPurpose), nullable=False),
    sa.Column("session_hash", sa.String(64)),
    sa.Column("made_at", Instant, nullable=False),
    sa.Column("expires_at", Instant, nullable=False),
    sa.Column("used_at", Instant),
)

sign_in_failures = sa.Table(
    "sign_in_failures",
    metadata,
    sa.Column("key", sa.String(80), primary_key=True),
    sa.Column("count", sa.Integer, nullable=False),
    sa.Column("since", Instant, nullable=False, index=True),
)

invitations = sa.Table(
    "invitations",
    metadata,
    sa.Column("invitation_id", sa.Uuid, primary_key=True),
    sa.Column("token_hash", sa.String(64), nullable=False, unique=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("email", sa.String(254), nullable=False),
    sa.Column("role", Code(Role), nullable=False),
    sa.Column("contractor_id", sa.ForeignKey("contractors.contractor_id"), index=True),
    sa.Column("invited_by", sa.ForeignKey("accounts.account_id"), nullable=False),
    sa.Column("invited_at", Instant, nullable=False),
    sa.Column("expires_at", Instant, nullable=False),
    sa.Column("accepted_at", Instant),
    sa.Column("accepted_by", sa.ForeignKey("accounts.account_id")),
    sa.Column("revoked_at", Instant),
)

invitation_sites = sa.Table(
    "invitation_sites",
    metadata,
    sa.Column("invitation_id", sa.ForeignKey("invitations.invitation_id"), primary_key=True),
    sa.Column("site_id", sa.ForeignKey("sites.site_id"), primary_key=True),
)
