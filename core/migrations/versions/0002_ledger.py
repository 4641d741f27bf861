"""The ledger: punches and judgements (append-only), days, counters, conflicts, missed touches."""

import sqlalchemy as sa
from alembic import op

from core.db import Instant

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.create_table(
        "punches",
        sa.Column("punch_id", sa.Uuid),
        sa.Column("sender_key", sa.String(255), nullable=False),
        sa.Column("channel", sa.String(32), nullable=False),
        sa.Column("occurred_at", Instant, nullable=False),
        sa.Column("received_at", Instant, nullable=False),
        sa.Column("phone_id", sa.Uuid),
        sa.Column("line_e164", sa.String(64)),
        sa.Column("named_worker_id", sa.Uuid),
        sa.Column("named_site_id", sa.Uuid),
        sa.Column("requested_direction", sa.String(32)),
        sa.Column("entered_by", sa.Text),
        sa.Column("prime_contractor_id", sa.Uuid),
        sa.PrimaryKeyConstraint("punch_id", name="pk_punches"),
        sa.UniqueConstraint("sender_key", name="uq_punches_sender_key"),
    )
    op.create_index("ix_punches_phone_id_received_at", "punches", ["phone_id", "received_at"])
    op.create_table(
        "judgements",
        sa.Column("punch_id", sa.Uuid),
        sa.Column("seq", sa.SmallInteger, autoincrement=False),
        sa.Column("verdict", sa.String(32), nullable=False),
        sa.Column("reason", sa.String(32)),
        sa.Column("worker_id", sa.Uuid),
        sa.Column("site_id", sa.Uuid),
        sa.Column("prime_contractor_id", sa.Uuid),
        sa.Column("direction", sa.String(32)),
        sa.Column("work_date", sa.Date),
        sa.Column("effective_at", Instant, nullable=False),
        sa.Column("decided_by", sa.Text, nullable=False),
        sa.Column("judged_at", Instant, nullable=False),
        sa.Column("requested_direction", sa.String(32)),
        sa.Column("correction", sa.String(32)),
        sa.Column("note", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("punch_id", "seq", name="pk_judgements"),
    )
    op.create_index("ix_judgements_site_id_work_date", "judgements", ["site_id", "work_date"])
    op.create_index(
        "ix_judgements_unsettled",
        "judgements",
        ["prime_contractor_id", "judged_at"],
        postgresql_where=sa.text("verdict in ('needs_review', 'refused') or reason is not null"),
        sqlite_where=sa.text("verdict in ('needs_review', 'refused') or reason is not null"),
    )
    op.create_index("ix_judgements_worker_id_work_date", "judgements", ["worker_id", "work_date"])
    op.create_table(
        "attendance_days",
        sa.Column("worker_id", sa.Uuid),
        sa.Column("site_id", sa.Uuid),
        sa.Column("work_date", sa.Date),
        sa.Column("prime_contractor_id", sa.Uuid, nullable=False),
        sa.Column("contractor_id", sa.Uuid),
        sa.Column("contractor_origin", sa.String(32), nullable=False),
        sa.Column("first_entry_at", Instant),
        sa.Column("last_exit_at", Instant),
        sa.Column("inside_since", Instant),
        sa.Column("missing_exit", sa.Boolean, nullable=False),
        sa.Column("is_direct", sa.Boolean, nullable=False),
        sa.Column("is_void", sa.Boolean, nullable=False),
        sa.PrimaryKeyConstraint("worker_id", "site_id", "work_date", name="pk_attendance_days"),
    )
    op.create_index("ix_attendance_days_site_id_work_date", "attendance_days", ["site_id", "work_date"])
    op.create_table(
        "worker_months",
        sa.Column("worker_id", sa.Uuid),
        sa.Column("month", sa.Date),
        sa.Column("days_worked", sa.Integer, nullable=False),
        sa.Column("records", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("worker_id", "month", name="pk_worker_months"),
    )
    op.create_table(
        "site_months",
        sa.Column("site_id", sa.Uuid),
        sa.Column("month", sa.Date),
        sa.Column("prime_contractor_id", sa.Uuid, nullable=False),
        sa.Column("records", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("site_id", "month", name="pk_site_months"),
    )
    op.create_table(
        "punch_conflicts",
        sa.Column("conflict_id", sa.Uuid),
        sa.Column("sender_key", sa.String(255), nullable=False),
        sa.Column("received_at", Instant, nullable=False),
        sa.Column("content", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("conflict_id", name="pk_punch_conflicts"),
    )
    op.create_index("ix_punch_conflicts_sender_key", "punch_conflicts", ["sender_key"])
    op.create_table(
        "missed_touches",
        sa.Column("missed_touch_id", sa.Uuid),
        sa.Column("worker_id", sa.Uuid, nullable=False),
        sa.Column("site_id", sa.Uuid, nullable=False),
        sa.Column("prime_contractor_id", sa.Uuid, nullable=False),
        sa.Column("work_date", sa.Date, nullable=False),
        sa.Column("direction", sa.String(32), nullable=False),
        sa.Column("occurred_at", Instant, nullable=False),
        sa.Column("correction", sa.String(32), nullable=False),
        sa.Column("note", sa.Text, nullable=False),
        sa.Column("requested_by", sa.Text, nullable=False),
        sa.Column("requested_at", Instant, nullable=False),
        sa.Column("decided_by", sa.Text),
        sa.Column("decided_at", Instant),
        sa.Column("punch_id", sa.Uuid),
        sa.PrimaryKeyConstraint("missed_touch_id", name="pk_missed_touches"),
        sa.ForeignKeyConstraint(["worker_id"], ["workers.worker_id"], name="fk_missed_touches_worker_id"),
        sa.ForeignKeyConstraint(["site_id"], ["sites.site_id"], name="fk_missed_touches_site_id"),
        sa.ForeignKeyConstraint(["punch_id"], ["punches.punch_id"], name="fk_missed_touches_punch_id"),
    )
    op.create_index(
        "ix_missed_touches_prime_contractor_id_decided_at", "missed_touches", ["prime_contractor_id", "decided_at"]
    )
    op.create_index("ix_missed_touches_worker_id", "missed_touches", ["worker_id"])

    for table in ("punches", "judgements"):
        _append_only(table)
    if op.get_bind().dialect.name == "postgresql":
        op.execute("create index ix_attendance_days_work_date on attendance_days using brin (work_date)")


def _append_only(table: str) -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            "create or replace function refuse_change() returns trigger language plpgsql as "
            "$$ begin raise exception '% is append-only', tg_table_name; end $$"
        )
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
