"""Second factors, recovery codes, invitations, mailed links; what is known of a session and of failed sign-ins."""

import sqlalchemy as sa
from alembic import op

from core.db import Instant

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    with op.batch_alter_table("accounts") as accounts:
        accounts.add_column(sa.Column("last_signed_in_at", Instant))
    with op.batch_alter_table("account_sessions") as sessions:
        sessions.add_column(sa.Column("stage", sa.String(32), nullable=False, server_default="open"))
        sessions.add_column(sa.Column("browser", sa.String(80), nullable=False, server_default=""))
        sessions.add_column(sa.Column("address", sa.String(64), nullable=False, server_default=""))
    op.create_table(
        "second_factors",
        sa.Column("account_id", sa.Uuid),
        sa.Column("secret", sa.Text),
        sa.Column("new_secret", sa.Text),
        sa.Column("begun_at", Instant),
        sa.Column("last_step", sa.BigInteger, nullable=False),
        sa.Column("app_since", Instant),
        sa.Column("mail_since", Instant),
        sa.PrimaryKeyConstraint("account_id", name="pk_second_factors"),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.account_id"], name="fk_second_factors_account_id"),
    )
    op.create_table(
        "recovery_codes",
        sa.Column("account_id", sa.Uuid),
        sa.Column("code_hash", sa.String(64)),
        sa.Column("used_at", Instant),
        sa.PrimaryKeyConstraint("account_id", "code_hash", name="pk_recovery_codes"),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.account_id"], name="fk_recovery_codes_account_id"),
    )
    op.create_table(
        "mailed_links",
        sa.Column("token_hash", sa.String(64)),
        sa.Column("account_id", sa.Uuid, nullable=False),
        sa.Column("purpose", sa.String(32), nullable=False),
        sa.Column("session_hash", sa.String(64)),
        sa.Column("made_at", Instant, nullable=False),
        sa.Column("expires_at", Instant, nullable=False),
        sa.Column("used_at", Instant),
        sa.PrimaryKeyConstraint("token_hash", name="pk_mailed_links"),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.account_id"], name="fk_mailed_links_account_id"),
    )
    op.create_index("ix_mailed_links_account_id", "mailed_links", ["account_id"])
    op.create_table(
        "sign_in_failures",
        sa.Column("key", sa.String(80)),
        sa.Column("count", sa.Integer, nullable=False),
        sa.Column("since", Instant, nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_sign_in_failures"),
    )
    op.create_index("ix_sign_in_failures_since", "sign_in_failures", ["since"])
    op.create_table(
        "invitations",
        sa.Column("invitation_id", sa.Uuid),
        sa.Column("token_hash", sa.String(64), nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("email", sa.String(254), nullable=False),
        sa.Column("role", sa.String(32), nullable=False),
        sa.Column("contractor_id", sa.Uuid),
        sa.Column("invited_by", sa.Uuid, nullable=False),
        sa.Column("invited_at", Instant, nullable=False),
        sa.Column("expires_at", Instant, nullable=False),
        sa.Column("accepted_at", Instant),
        sa.Column("accepted_by", sa.Uuid),
        sa.Column("revoked_at", Instant),
        sa.PrimaryKeyConstraint("invitation_id", name="pk_invitations"),
        sa.UniqueConstraint("token_hash", name="uq_invitations_token_hash"),
        sa.ForeignKeyConstraint(["contractor_id"], ["contractors.contractor_id"], name="fk_invitations_contractor_id"),
        sa.ForeignKeyConstraint(["invited_by"], ["accounts.account_id"], name="fk_invitations_invited_by"),
        sa.ForeignKeyConstraint(["accepted_by"], ["accounts.account_id"], name="fk_invitations_accepted_by"),
    )
    op.create_index("ix_invitations_contractor_id", "invitations", ["contractor_id"])
    op.create_table(
        "invitation_sites",
        sa.Column("invitation_id", sa.Uuid),
        sa.Column("site_id", sa.Uuid),
        sa.PrimaryKeyConstraint("invitation_id", "site_id", name="pk_invitation_sites"),
        sa.ForeignKeyConstraint(
            ["invitation_id"], ["invitations.invitation_id"], name="fk_invitation_sites_invitation_id"
        ),
        sa.ForeignKeyConstraint(["site_id"], ["sites.site_id"], name="fk_invitation_sites_site_id"),
    )
