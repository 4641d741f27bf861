"""Releases of the site program, what devices tell of them, and the enrolment of devices in the audit log."""

import sqlalchemy as sa
from alembic import op

from core.db import Instant
from core.migrations import row_security as rows

revision = "0028"
down_revision = "0027"

ANNOUNCED = (
    f"{rows.EVERYTHING} or (device_id is null and site_id is null) or site_id in (select genba_whole_sites()) "
    f"or {rows.of('devices', 'device_id', 'announcements')}"
)
PROTECTED: dict[str, tuple[str, str]] = {
    "releases": (f"{rows.EVERYTHING} or {rows.of('announcements', 'version', 'releases')}", "select"),
    "announcements": (ANNOUNCED, "select"),
    "device_holds": (rows.of("devices", "device_id", "device_holds"), "select"),
}


def upgrade() -> None:
    op.create_table(
        "releases",
        sa.Column("version", sa.String(40)),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("size", sa.Integer, nullable=False),
        sa.Column("needs", sa.Text, nullable=False),
        sa.Column("instead_of", sa.String(40)),
        sa.Column("signature", sa.String(100), nullable=False),
        sa.Column("archive", sa.LargeBinary, nullable=False),
        sa.Column("added_at", Instant, nullable=False),
        sa.Column("withdrawn_at", Instant),
        sa.PrimaryKeyConstraint("version", name="pk_releases"),
    )
    op.create_table(
        "announcements",
        sa.Column("announcement_id", sa.Uuid),
        sa.Column("version", sa.String(40), nullable=False),
        sa.Column("device_id", sa.Uuid),
        sa.Column("site_id", sa.Uuid),
        sa.Column("percent", sa.Integer, nullable=False),
        sa.Column("announced_at", Instant, nullable=False),
        sa.Column("announced_by", sa.Uuid),
        sa.PrimaryKeyConstraint("announcement_id", name="pk_announcements"),
        _refers("announcements", "version", "releases"),
        _refers("announcements", "device_id", "devices"),
        _refers("announcements", "site_id", "sites"),
    )
    op.create_index("ix_announcements_version", "announcements", ["version"])
    op.create_table(
        "device_holds",
        sa.Column("device_id", sa.Uuid),
        sa.Column("held_at", Instant, nullable=False),
        sa.Column("held_by", sa.Uuid),
        sa.PrimaryKeyConstraint("device_id", name="pk_device_holds"),
        _refers("device_holds", "device_id", "devices"),
    )
    for column in (
        sa.Column("update_version", sa.String(60)),
        sa.Column("update_state", sa.String(32)),
        sa.Column("update_why", sa.Text),
        sa.Column("takes_releases", sa.Boolean, nullable=False, server_default=sa.true()),
    ):
        op.add_column("device_reports", column)
    connection = op.get_bind()
    if connection.dialect.name == "postgresql":
        for table, (seen, ingest) in PROTECTED.items():
            rows.protect(connection, table, seen, ingest=ingest)
        _let_enrolments_be_noted()


def _let_enrolments_be_noted() -> None:
    """Let the phone and the devices add rows of enrolments to the audit log, and nothing else.

    Each row is bound to the one before: a function tells them number and hash of that, and the log itself stays closed.
    """
    op.execute(
        "create function genba_audit_end() returns table (seq bigint, hash varchar) language sql stable "
        "security definer set search_path from current as "
        "$$ select l.seq, l.hash from audit_log l order by l.seq desc limit 1 $$"
    )
    op.execute("revoke execute on function genba_audit_end() from public")
    op.execute(f"grant execute on function genba_audit_end() to {rows.INGEST}, {rows.JOBS}")
    op.execute(f"grant insert on audit_log to {rows.INGEST}")
    op.execute(
        f"create policy audit_log_enrolments on audit_log for insert to {rows.INGEST} "
        "with check (action = 'device.enrolled' and subject_kind = 'device')"
    )


def _refers(table: str, column: str, other: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{other}.{column}"], name=f"fk_{table}_{column}")
