"""Cards and their issues, devices at the gates, and what a punch by card says."""

import sqlalchemy as sa
from alembic import op

from core.db import Instant
from core.migrations import row_security as rows

revision = "0025"
down_revision = "0024"

# table: who sees its rows, and what the phone and the devices may do with it
PROTECTED: dict[str, tuple[str, str]] = {
    "cards": (
        (
            f"{rows.EVERYTHING} or {rows.of('card_issues', 'card_id', 'cards')} "
            f"or {rows.of('punches', 'card_id', 'cards')}"
        ),
        "select, insert",
    ),
    "card_issues": (rows.seen_worker(), "select"),
    "devices": (rows.whole_site(), "select, insert, update"),
    "device_sites": (rows.of("devices", "device_id", "device_sites"), "select, insert, update"),
    "device_reports": (rows.of("devices", "device_id", "device_reports"), "select, insert, update"),
    "device_codes": (rows.whole_site(prime=None), "select, update"),
}


def upgrade() -> None:
    _cards()
    _devices()
    _punches()
    connection = op.get_bind()
    if connection.dialect.name == "postgresql":
        for table, (seen, ingest) in PROTECTED.items():
            rows.protect(connection, table, seen, ingest=ingest)
        # Whom a device is told of: whoever was at its site.
        op.execute(f"grant select on site_visits to {rows.INGEST}")
        op.execute(f"alter policy site_visits_worked on site_visits to {rows.JOBS}, {rows.INGEST}")


def _cards() -> None:
    op.create_table(
        "cards",
        sa.Column("card_id", sa.Uuid),
        sa.Column("tech", sa.String(32), nullable=False),
        sa.Column("blind_index", sa.String(80), nullable=False),
        sa.Column("cipher", sa.Text, nullable=False),
        sa.Column("mask", sa.String(24), nullable=False),
        sa.PrimaryKeyConstraint("card_id", name="pk_cards"),
        sa.UniqueConstraint("blind_index", name="uq_cards_blind_index"),
    )
    op.create_table(
        "card_issues",
        sa.Column("card_issue_id", sa.Uuid),
        sa.Column("card_id", sa.Uuid, nullable=False),
        sa.Column("worker_id", sa.Uuid, nullable=False),
        sa.Column("issued_on", sa.Date, nullable=False),
        sa.Column("expires_on", sa.Date),
        sa.Column("ended", sa.String(32)),
        sa.Column("ended_on", sa.Date),
        sa.PrimaryKeyConstraint("card_issue_id", name="pk_card_issues"),
        _refers("card_issues", "card_id", "cards"),
        _refers("card_issues", "worker_id", "workers"),
    )
    for column in ("card_id", "worker_id"):
        op.create_index(f"ix_card_issues_{column}", "card_issues", [column])


def _devices() -> None:
    op.create_table(
        "devices",
        sa.Column("device_id", sa.Uuid),
        sa.Column("site_id", sa.Uuid, nullable=False),
        sa.Column("prime_contractor_id", sa.Uuid, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("place_note", sa.Text, nullable=False),
        sa.Column("direction", sa.String(32)),
        sa.Column("public_key", sa.String(64), nullable=False),
        sa.Column("directory_key_cipher", sa.Text, nullable=False),
        sa.Column("enrolled_at", Instant, nullable=False),
        sa.Column("enrolled_by", sa.Uuid),
        sa.Column("sequence", sa.BigInteger, nullable=False),
        sa.Column("revoked_at", Instant),
        sa.Column("revoked_by", sa.Uuid),
        sa.PrimaryKeyConstraint("device_id", name="pk_devices"),
        sa.UniqueConstraint("public_key", name="uq_devices_public_key"),
        _refers("devices", "site_id", "sites"),
    )
    op.create_index("ix_devices_site_id", "devices", ["site_id"])
    op.create_table(
        "device_sites",
        sa.Column("device_id", sa.Uuid),
        sa.Column("from_at", Instant),
        sa.Column("site_id", sa.Uuid, nullable=False),
        sa.PrimaryKeyConstraint("device_id", "from_at", name="pk_device_sites"),
        _refers("device_sites", "device_id", "devices"),
        _refers("device_sites", "site_id", "sites"),
    )
    op.create_table(
        "device_codes",
        sa.Column("code_hash", sa.String(64)),
        sa.Column("site_id", sa.Uuid, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("place_note", sa.Text, nullable=False),
        sa.Column("direction", sa.String(32)),
        sa.Column("made_by", sa.Uuid),
        sa.Column("made_at", Instant, nullable=False),
        sa.Column("expires_at", Instant, nullable=False),
        sa.Column("used_at", Instant),
        sa.PrimaryKeyConstraint("code_hash", name="pk_device_codes"),
        _refers("device_codes", "site_id", "sites"),
    )
    op.create_index("ix_device_codes_site_id", "device_codes", ["site_id"])
    op.create_table(
        "device_reports",
        sa.Column("device_id", sa.Uuid),
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
        sa.PrimaryKeyConstraint("device_id", name="pk_device_reports"),
        _refers("device_reports", "device_id", "devices"),
    )


def _punches() -> None:
    for column in (
        sa.Column("card_id", sa.Uuid),
        sa.Column("typed_ccus_id", sa.String(14)),
        sa.Column("device_id", sa.Uuid),
        sa.Column("claimed_at", Instant),
        sa.Column("is_clock_uncertain", sa.Boolean, nullable=False, server_default=sa.false()),
    ):
        op.add_column("punches", column)
    where = sa.text("card_id is not null")
    op.create_index("ix_punches_card_id", "punches", ["card_id"], postgresql_where=where, sqlite_where=where)


def _refers(table: str, column: str, other: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{other}.{column}"], name=f"fk_{table}_{column}")
