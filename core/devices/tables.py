"""Tables of devices, of the codes that let them in, and of what each said last."""

import sqlalchemy as sa

from core.attendance.model import Direction
from core.db import Code, Instant, metadata
from core.devices.model import UpdateState

devices = sa.Table(
    "devices",
    metadata,
    sa.Column("device_id", sa.Uuid, primary_key=True),
    sa.Column("site_id", sa.ForeignKey("sites.site_id"), nullable=False, index=True),
    sa.Column("prime_contractor_id", sa.Uuid, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("place_note", sa.Text, nullable=False),
    sa.Column("direction", Code(Direction)),
    sa.Column("public_key", sa.String(64), nullable=False, unique=True),
    sa.Column("directory_key_cipher", sa.Text, nullable=False),
    sa.Column("enrolled_at", Instant, nullable=False),
    sa.Column("enrolled_by", sa.Uuid),
    sa.Column("sequence", sa.BigInteger, nullable=False),
    sa.Column("revoked_at", Instant),
    sa.Column("revoked_by", sa.Uuid),
)

device_sites = sa.Table(
    "device_sites",  # which site a device served, from when on
    metadata,
    sa.Column("device_id", sa.ForeignKey("devices.device_id"), primary_key=True),
    sa.Column("from_at", Instant, primary_key=True),
    sa.Column("site_id", sa.ForeignKey("sites.site_id"), nullable=False),
)

device_codes = sa.Table(
    "device_codes",
    metadata,
    sa.Column("code_hash", sa.String(64), primary_key=True),
    sa.Column("site_id", sa.ForeignKey("sites.site_id"), nullable=False, index=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("place_note", sa.Text, nullable=False),
    sa.Column("direction", Code(Direction)),
    sa.Column("made_by", sa.Uuid),
    sa.Column("made_at", Instant, nullable=False),
    sa.Column("expires_at", Instant, nullable=False),
    sa.Column("used_at", Instant),
)

device_reports = sa.Table(
    "device_reports",
    metadata,
    sa.Column("device_id", sa.ForeignKey("devices.device_id"), primary_key=True),
    sa.Column("at", Instant, nullable=False),
    sa.Column("version", sa.Text, nullable=False),
    sa.Column("platform", sa.Text, nullable=False),
    sa.Column("skew_ms", sa.BigInteger, nullable=False),
    sa.Column("waiting", sa.Integer, nullable=False),
    sa.Column("oldest_waiting_at", Instant),
    sa.Column("set_aside", sa.Integer, nullable=False),
    sa.Column("spool_salvages", sa.Integer, nullable=False),
    sa.Column("free_bytes", sa.BigInteger, nullable=False),
    sa.Column("readers", sa.JSON, nullable=False),
    sa.Column("last_punch_at", Instant),
    sa.Column("update_version", sa.String(60)),
    sa.Column("update_state", Code(UpdateState)),
    sa.Column("update_why", sa.Text),
    sa.Column("takes_releases", sa.Boolean, nullable=False, server_default=sa.true()),
)
