"""Notices, and how each person wants to be told."""

import sqlalchemy as sa
from alembic import op

from core.db import Instant

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    op.create_table(
        "notices",
        sa.Column("notice_id", sa.Uuid),
        sa.Column("account_id", sa.Uuid, nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("subject", sa.String(36), nullable=False),
        sa.Column("on", sa.Date, nullable=False),
        sa.Column("count", sa.Integer, nullable=False),
        sa.Column("made_at", Instant, nullable=False),
        sa.Column("wants_mail", sa.Boolean, nullable=False),
        sa.Column("seen_at", Instant),
        sa.Column("mailed_at", Instant),
        sa.PrimaryKeyConstraint("notice_id", name="pk_notices"),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.account_id"], name="fk_notices_account_id"),
        sa.UniqueConstraint("account_id", "on", "kind", "subject", name="uq_notices_account_id_on_kind_subject"),
    )
    op.create_index(
        "ix_notices_to_mail",
        "notices",
        ["account_id"],
        postgresql_where=sa.text("wants_mail and mailed_at is null"),
        sqlite_where=sa.text("wants_mail and mailed_at is null"),
    )
    op.create_table(
        "notice_preferences",
        sa.Column("account_id", sa.Uuid),
        sa.Column("preferences", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("account_id", name="pk_notice_preferences"),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.account_id"], name="fk_notice_preferences_account_id"),
    )
