"""Tables of the notices. Whose rows they are says account_id."""

import sqlalchemy as sa

from core.db import Code, Instant, metadata
from core.notices.model import NoticeKind

notices = sa.Table(
    "notices",
    metadata,
    sa.Column("notice_id", sa.Uuid, primary_key=True),
    sa.Column("account_id", sa.ForeignKey("accounts.account_id"), nullable=False),
    sa.Column("kind", Code(NoticeKind), nullable=False),
    sa.Column("subject", sa.String(36), nullable=False),  # id of site, line or device, or "-": none would not be unique
    sa.Column("on", sa.Date, nullable=False),
    sa.Column("count", sa.Integer, nullable=False),
    sa.Column("made_at", Instant, nullable=False),
    sa.Column("wants_mail", sa.Boolean, nullable=False),
    sa.Column("seen_at", Instant),
    sa.Column("mailed_at", Instant),
    sa.UniqueConstraint("account_id", "on", "kind", "subject"),
    sa.Index(
        "ix_notices_to_mail",
        "account_id",
        postgresql_where=sa.text("wants_mail and mailed_at is null"),
        sqlite_where=sa.text("wants_mail and mailed_at is null"),
    ),
)

notice_preferences = sa.Table(
    "notice_preferences",
    metadata,
    sa.Column("account_id", sa.ForeignKey("accounts.account_id"), primary_key=True),
    sa.Column("preferences", sa.Text, nullable=False),  # JSON of Preferences
)
