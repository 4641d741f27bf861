"""The ledger's tables. punches and judgements are append-only: triggers hold that on both databases.

What every call writes carries no foreign keys and few indexes: each key check would lock and rewrite a row of another
table (ADR 0003). `genba db check` finds what refers to nothing.
"""

import sqlalchemy as sa

from core.attendance.model import Channel, CorrectionCode, Direction, Reason, Verdict
from core.db import Code, Instant, metadata

punches = sa.Table(
    "punches",
    metadata,
    sa.Column("punch_id", sa.Uuid, primary_key=True),
    sa.Column("sender_key", sa.String(255), nullable=False, unique=True),
    sa.Column("channel", Code(Channel), nullable=False),
    sa.Column("occurred_at", Instant, nullable=False),
    sa.Column("received_at", Instant, nullable=False),
    sa.Column("phone_id", sa.Uuid),
    sa.Column("line_e164", sa.String(64)),
    sa.Column("named_worker_id", sa.Uuid),
    sa.Column("named_site_id", sa.Uuid),
    sa.Column("requested_direction", Code(Direction)),
    sa.Column("entered_by", sa.Text),
    sa.Column("prime_contractor_id", sa.Uuid),
    sa.Index(None, "phone_id", "received_at"),
)

judgements = sa.Table(
    "judgements",
    metadata,
    sa.Column("punch_id", sa.Uuid, primary_key=True),
    sa.Column("seq", sa.SmallInteger, primary_key=True, autoincrement=False),
    sa.Column("verdict", Code(Verdict), nullable=False),
    sa.Column("reason", Code(Reason)),
    sa.Column("worker_id", sa.Uuid),
    sa.Column("site_id", sa.Uuid),
    sa.Column("prime_contractor_id", sa.Uuid),
    sa.Column("direction", Code(Direction)),
    sa.Column("work_date", sa.Date),
    sa.Column("effective_at", Instant, nullable=False),
    sa.Column("decided_by", sa.Text, nullable=False),
    sa.Column("judged_at", Instant, nullable=False),
    sa.Column("requested_direction", Code(Direction)),
    sa.Column("correction", Code(CorrectionCode)),
    sa.Column("note", sa.Text, nullable=False),
    sa.Index(None, "worker_id", "work_date"),
    sa.Index(None, "site_id", "work_date"),
    sa.Index(
        "ix_judgements_unsettled",
        "prime_contractor_id",
        "judged_at",
        postgresql_where=sa.text("verdict in ('needs_review', 'refused') or reason is not null"),
        sqlite_where=sa.text("verdict in ('needs_review', 'refused') or reason is not null"),
    ),
)

attendance_days = sa.Table(
    "attendance_days",
    metadata,
    sa.Column("worker_id", sa.Uuid, primary_key=True),
    sa.Column("site_id", sa.Uuid, primary_key=True),
    sa.Column("work_date", sa.Date, primary_key=True),
    sa.Column("prime_contractor_id", sa.Uuid, nullable=False),
    sa.Column("contractor_id", sa.Uuid),
    sa.Column("contractor_origin", sa.String(32), nullable=False),
    sa.Column("first_entry_at", Instant),
    sa.Column("last_exit_at", Instant),
    sa.Column("inside_since", Instant),
    sa.Column("missing_exit", sa.Boolean, nullable=False),
    sa.Column("is_direct", sa.Boolean, nullable=False),
    sa.Column("is_void", sa.Boolean, nullable=False),
    sa.Index(None, "site_id", "work_date"),
)

worker_months = sa.Table(
    "worker_months",
    metadata,
    sa.Column("worker_id", sa.Uuid, primary_key=True),
    sa.Column("month", sa.Date, primary_key=True),  # its first day
    sa.Column("days_worked", sa.Integer, nullable=False),  # 就業日数: calendar days, whatever the number of sites
    sa.Column("records", sa.Integer, nullable=False),  # 就業履歴数: one for each site and day
)

site_months = sa.Table(
    "site_months",
    metadata,
    sa.Column("site_id", sa.Uuid, primary_key=True),
    sa.Column("month", sa.Date, primary_key=True),
    sa.Column("prime_contractor_id", sa.Uuid, nullable=False),
    sa.Column("records", sa.Integer, nullable=False),
)

punch_conflicts = sa.Table(
    "punch_conflicts",
    metadata,
    sa.Column("conflict_id", sa.Uuid, primary_key=True),
    sa.Column("sender_key", sa.String(255), nullable=False, index=True),
    sa.Column("received_at", Instant, nullable=False),
    sa.Column("content", sa.Text, nullable=False),
)

missed_touches = sa.Table(
    "missed_touches",
    metadata,
    sa.Column("missed_touch_id", sa.Uuid, primary_key=True),
    sa.Column("worker_id", sa.ForeignKey("workers.worker_id"), nullable=False, index=True),
    sa.Column("site_id", sa.ForeignKey("sites.site_id"), nullable=False),
    sa.Column("prime_contractor_id", sa.Uuid, nullable=False),
    sa.Column("work_date", sa.Date, nullable=False),
    sa.Column("direction", Code(Direction), nullable=False),
    sa.Column("occurred_at", Instant, nullable=False),
    sa.Column("correction", Code(CorrectionCode), nullable=False),
    sa.Column("note", sa.Text, nullable=False),
    sa.Column("requested_by", sa.Text, nullable=False),
    sa.Column("requested_at", Instant, nullable=False),
    sa.Column("decided_by", sa.Text),
    sa.Column("decided_at", Instant),
    sa.Column("punch_id", sa.ForeignKey("punches.punch_id")),
    sa.Index(None, "prime_contractor_id", "decided_at"),
)
