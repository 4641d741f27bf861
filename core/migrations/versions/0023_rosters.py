"""Rosters of a site, what was submitted of them, newcomers' checks, and the credit of days."""

import sqlalchemy as sa
from alembic import op

from core.db import Instant
from core.migrations import row_security as rows

revision = "0023"
down_revision = "0022"

_OWN = f"worker_id = {rows.WORKER}"
PEOPLE = f"{rows.whole_site()} or {rows.crew()} or {_OWN}"
PROTECTED: dict[str, str] = {
    "roster_entries": PEOPLE,
    "day_credits": PEOPLE,
    "arrival_checks": PEOPLE,
    "roster_submissions": f"{rows.whole_site()} or {rows.crew()}",
    "roster_submission_rows": rows.of("roster_submissions", "submission_id", "roster_submission_rows"),
    "person_keys": rows.of("roster_submission_rows", "worker_id", "person_keys"),
}


def upgrade() -> None:
    _entries()
    _credits()
    _submissions()
    _arrivals()
    for table in ("day_credits", "arrival_checks"):
        _append_only(table)
    connection = op.get_bind()
    if connection.dialect.name == "postgresql":
        for table, seen in PROTECTED.items():
            rows.protect(connection, table, seen)


def _entries() -> None:
    op.create_table(
        "roster_entries",
        sa.Column("roster_entry_id", sa.Uuid),
        sa.Column("site_id", sa.Uuid, nullable=False),
        sa.Column("prime_contractor_id", sa.Uuid, nullable=False),
        sa.Column("contractor_id", sa.Uuid, nullable=False),
        sa.Column("worker_id", sa.Uuid, nullable=False),
        sa.Column("participation_id", sa.Uuid),
        sa.Column("occupation_code", sa.String(4)),
        sa.Column("trade", sa.Text, nullable=False),
        sa.Column("position", sa.String(32), nullable=False),
        sa.Column("proposed_position", sa.String(32)),
        sa.Column("task", sa.Text, nullable=False),
        sa.Column("hazardous_substances", sa.Text, nullable=False),
        sa.Column("valid_from", sa.Date, nullable=False),
        sa.Column("valid_until", sa.Date),
        sa.Column("state", sa.String(32), nullable=False),
        sa.Column("is_by_person", sa.Boolean, nullable=False),
        sa.Column("made_in", sa.Uuid),
        sa.Column("accepted_in", sa.Uuid),
        sa.Column("removed_in", sa.Uuid),
        sa.Column("decided_by", sa.Text, nullable=False),
        sa.Column("decided_at", Instant),
        sa.PrimaryKeyConstraint("roster_entry_id", name="pk_roster_entries"),
        _refers("roster_entries", "site_id", "sites"),
        _refers("roster_entries", "contractor_id", "contractors"),
        _refers("roster_entries", "worker_id", "workers"),
        _refers("roster_entries", "occupation_code", "occupations"),
    )
    for columns in (["contractor_id"], ["worker_id"], ["accepted_in"], ["removed_in"], ["made_in"]):
        op.create_index(f"ix_roster_entries_{columns[0]}", "roster_entries", columns)
    op.create_index("ix_roster_entries_site_id_contractor_id", "roster_entries", ["site_id", "contractor_id"])


def _credits() -> None:
    op.create_table(
        "day_credits",
        sa.Column("worker_id", sa.Uuid),
        sa.Column("site_id", sa.Uuid),
        sa.Column("work_date", sa.Date),
        sa.Column("seq", sa.SmallInteger, autoincrement=False),
        sa.Column("prime_contractor_id", sa.Uuid, nullable=False),
        sa.Column("roster_entry_id", sa.Uuid, nullable=False),
        sa.Column("approval_id", sa.Uuid),
        sa.Column("contractor_id", sa.Uuid, nullable=False),
        sa.Column("occupation_code", sa.String(4), nullable=False),
        sa.Column("position", sa.String(32), nullable=False),
        sa.Column("is_withdrawn", sa.Boolean, nullable=False),
        sa.Column("at", Instant, nullable=False),
        sa.PrimaryKeyConstraint("worker_id", "site_id", "work_date", "seq", name="pk_day_credits"),
    )
    op.create_index("ix_day_credits_site_id_work_date", "day_credits", ["site_id", "work_date"])


def _submissions() -> None:
    op.create_table(
        "roster_submissions",
        sa.Column("submission_id", sa.Uuid),
        sa.Column("site_id", sa.Uuid, nullable=False),
        sa.Column("prime_contractor_id", sa.Uuid, nullable=False),
        sa.Column("contractor_id", sa.Uuid, nullable=False),
        sa.Column("by_account", sa.Uuid),
        sa.Column("by_name", sa.Text, nullable=False),
        sa.Column("at", Instant, nullable=False),
        sa.Column("people", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("submission_id", name="pk_roster_submissions"),
        _refers("roster_submissions", "site_id", "sites"),
        _refers("roster_submissions", "contractor_id", "contractors"),
    )
    op.create_index("ix_roster_submissions_contractor_id", "roster_submissions", ["contractor_id"])
    op.create_index("ix_roster_submissions_site_id_contractor_id", "roster_submissions", ["site_id", "contractor_id"])
    op.create_table(
        "roster_submission_rows",
        sa.Column("submission_id", sa.Uuid),
        sa.Column("number", sa.SmallInteger, autoincrement=False),
        sa.Column("roster_entry_id", sa.Uuid, nullable=False),
        sa.Column("worker_id", sa.Uuid, nullable=False),
        sa.Column("sealed", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("submission_id", "number", name="pk_roster_submission_rows"),
        _refers("roster_submission_rows", "submission_id", "roster_submissions"),
    )
    op.create_index("ix_roster_submission_rows_worker_id", "roster_submission_rows", ["worker_id"])
    op.create_table(
        "person_keys",
        sa.Column("worker_id", sa.Uuid),
        sa.Column("sealed_key", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("worker_id", name="pk_person_keys"),
        _refers("person_keys", "worker_id", "workers"),
    )


def _arrivals() -> None:
    op.create_table(
        "arrival_checks",
        sa.Column("site_id", sa.Uuid),
        sa.Column("worker_id", sa.Uuid),
        sa.Column("kind", sa.String(32)),
        sa.Column("seq", sa.SmallInteger, autoincrement=False),
        sa.Column("prime_contractor_id", sa.Uuid, nullable=False),
        sa.Column("contractor_id", sa.Uuid),
        sa.Column("done_on", sa.Date),
        sa.Column("is_withdrawn", sa.Boolean, nullable=False),
        sa.Column("by_account", sa.Uuid),
        sa.Column("by_name", sa.Text, nullable=False),
        sa.Column("at", Instant, nullable=False),
        sa.PrimaryKeyConstraint("site_id", "worker_id", "kind", "seq", name="pk_arrival_checks"),
    )
    op.create_index("ix_arrival_checks_worker_id", "arrival_checks", ["worker_id"])


def _refers(table: str, column: str, other: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{other}.{column}"], name=f"fk_{table}_{column}")


def _append_only(table: str) -> None:
    if op.get_bind().dialect.name == "postgresql":
        # refuse_change() is there since 0002.
        op.execute(
            f"create trigger {table}_append_only before update or delete or truncate on {table} "
            "for each statement execute function refuse_change()"
        )
        return
    for change in ("update", "delete"):
        op.execute(
            f"create trigger {table}_no_{change} before {change} on {table} "
            f"begin select raise(abort, '{table} is append-only'); end"
        )
