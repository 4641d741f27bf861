"""Links that keep a site's numbers on a screen, and the records of each month by channel."""

import sqlalchemy as sa
from alembic import op

from core.db import Instant

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    op.create_table(
        "display_links",
        sa.Column("display_link_id", sa.Uuid),
        sa.Column("site_id", sa.Uuid, nullable=False),
        sa.Column("account_id", sa.Uuid, nullable=False),
        sa.Column("made_at", Instant, nullable=False),
        sa.Column("expires_at", Instant, nullable=False),
        sa.PrimaryKeyConstraint("display_link_id", name="pk_display_links"),
        sa.ForeignKeyConstraint(["site_id"], ["sites.site_id"], name="fk_display_links_site_id"),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.account_id"], name="fk_display_links_account_id"),
    )
    op.create_index("ix_display_links_site_id", "display_links", ["site_id"])
    op.create_index("ix_display_links_account_id", "display_links", ["account_id"])
    op.create_table(
        "channel_months",
        sa.Column("site_id", sa.Uuid, nullable=False),
        sa.Column("month", sa.Date, nullable=False),
        sa.Column("channel", sa.String(32), nullable=False),
        sa.Column("prime_contractor_id", sa.Uuid, nullable=False),
        sa.Column("records", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("site_id", "month", "channel", name="pk_channel_months"),
    )
    op.create_index("ix_channel_months_month", "channel_months", ["month"])
