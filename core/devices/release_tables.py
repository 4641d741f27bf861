"""Tables of the site program's releases, of those they are offered to, and of the devices that are held back."""

import sqlalchemy as sa

from core.db import Instant, metadata

releases = sa.Table(
    "releases",
    metadata,
    sa.Column("version", sa.String(40), primary_key=True),
    sa.Column("sha256", sa.String(64), nullable=False),
    sa.Column("size", sa.Integer, nullable=False),
    sa.Column("needs", sa.Text, nullable=False),
    sa.Column("instead_of", sa.String(40)),
    sa.Column("signature", sa.String(100), nullable=False),
    sa.Column("archive", sa.LargeBinary, nullable=False),
    sa.Column("added_at", Instant, nullable=False),
    sa.Column("withdrawn_at", Instant),
)

announcements = sa.Table(
    "announcements",
    metadata,
    sa.Column("announcement_id", sa.Uuid, primary_key=True),
    sa.Column("version", sa.ForeignKey("releases.version"), nullable=False, index=True),
    sa.Column("device_id", sa.ForeignKey("devices.device_id")),
    sa.Column("site_id", sa.ForeignKey("sites.site_id")),
    sa.Column("percent", sa.Integer, nullable=False),
    sa.Column("announced_at", Instant, nullable=False),
    sa.Column("announced_by", sa.Uuid),
)

device_holds = sa.Table(
    "device_holds",  # devices that are offered nothing for now
    metadata,
    sa.Column("device_id", sa.ForeignKey("devices.device_id"), primary_key=True),
    sa.Column("held_at", Instant, nullable=False),
    sa.Column("held_by", sa.Uuid),
)
