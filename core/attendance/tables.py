"""The ledger's tables. punches and judgements are append-only: triggers hold that on both databases.

What every call writes carries no foreign keys and few indexes: each key check would lock and rewrite a row of another
table (ADR 0003). `genba db check` finds what refers to nothing.
"""

import sqlalchemy as sa

from core.attendance.calendar_model import Party
from core.attendance.model import Channel, CorrectionCode, Direction, Reason, Verdict
from core.attendance.review_model import Dismissal, ReviewKind, SettleAction
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
    sa.Column("card_id", sa.Uuid),
    sa.Column("typed_ccus_id", sa.String(14)),
    sa.Column("device_id", sa.Uuid),
    sa.Column("claimed_at", Instant),
    sa.Column("is_clock_uncertain", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Index(None, "phone_id", "received_at"),
    sa.Index(
        "ix_punches_card_id",
        "card_id",
        postgresql_where=sa.text("card_id is not null"),
        sqlite_where=sa.text("card_id is not null"),
    ),
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
    sa.Index(
        "ix_attendance_days_missing_exit",
        "work_date",
        "prime_contractor_id",
        "site_id",
        postgresql_where=sa.text("missing_exit"),
        sqlite_where=sa.text("missing_exit"),
    ),
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

# Append-only: that a party took a month as checked, or took that back; the highest number of a party holds.
month_checks = sa.Table(
    "month_checks",
    metadata,
    sa.Column("site_id", sa.Uuid, primary_key=True),
    sa.Column("contractor_id", sa.Uuid, primary_key=True),
    sa.Column("month", sa.Date, primary_key=True),  # its first day
    sa.Column("party", Code(Party), primary_key=True),
    sa.Column("seq", sa.SmallInteger, primary_key=True, autoincrement=False),
    sa.Column("prime_contractor_id", sa.Uuid, nullable=False),
    sa.Column("is_checked", sa.Boolean, nullable=False),
    sa.Column("records", sa.Integer, nullable=False),
    sa.Column("rows_hash", sa.String(64), nullable=False),
    sa.Column("by_account", sa.Uuid, nullable=False),
    sa.Column("by_name", sa.Text, nullable=False),
    sa.Column("at", Instant, nullable=False),
    sa.Index(None, "prime_contractor_id", "month"),
    sa.Index(None, "contractor_id", "month"),
)

# Append-only: what a person wrote on the attendance sheet; the highest number of a day holds.
sheet_entries = sa.Table(
    "sheet_entries",
    metadata,
    sa.Column("worker_id", sa.Uuid, primary_key=True),
    sa.Column("site_id", sa.Uuid, primary_key=True),
    sa.Column("work_date", sa.Date, primary_key=True),
    sa.Column("seq", sa.SmallInteger, primary_key=True, autoincrement=False),
    sa.Column("prime_contractor_id", sa.Uuid, nullable=False),
    sa.Column("contractor_id", sa.Uuid),
    sa.Column("is_withdrawn", sa.Boolean, nullable=False),
    sa.Column("tenths", sa.SmallInteger),  # of a man-day
    sa.Column("is_night", sa.Boolean, nullable=False),
    sa.Column("extra_min", sa.SmallInteger, nullable=False),
    sa.Column("note", sa.Text, nullable=False),
    sa.Column("by_account", sa.Uuid, nullable=False),
    sa.Column("by_name", sa.Text, nullable=False),
    sa.Column("at", Instant, nullable=False),
    sa.Index(None, "site_id", "work_date"),
    sa.Index(None, "contractor_id", "work_date"),
)

sheet_terms = sa.Table(
    "sheet_terms",
    metadata,
    sa.Column("terms_id", sa.Uuid, primary_key=True),
    sa.Column("contractor_id", sa.ForeignKey("contractors.contractor_id"), nullable=False, index=True),
    sa.Column("site_id", sa.ForeignKey("sites.site_id")),  # none: all sites of the contractor
    sa.Column("valid_from", sa.Date, nullable=False),
    sa.Column("full_day_min", sa.SmallInteger, nullable=False),
    sa.Column("half_day_min", sa.SmallInteger, nullable=False),
    sa.Column("regular_min", sa.SmallInteger, nullable=False),
    sa.Column("extra_step_min", sa.SmallInteger, nullable=False),
    sa.Column("night_from_min", sa.SmallInteger, nullable=False),
    sa.Column("night_until_min", sa.SmallInteger, nullable=False),
    sa.Column("night_at_least_min", sa.SmallInteger, nullable=False),
)

# The punches that a person has, or had, to look at: written with the judgement that says so, and closed by the one that
# no longer does, or by a settlement. So that the queue reads what is open, and not all that ever was.
review_items = sa.Table(
    "review_items",
    metadata,
    sa.Column("punch_id", sa.Uuid, primary_key=True),
    sa.Column("seq", sa.SmallInteger, nullable=False),  # of the judgement
    sa.Column("kind", Code(ReviewKind), nullable=False),
    sa.Column("is_open", sa.Boolean, nullable=False),
    sa.Column("judged_at", Instant, nullable=False),
    sa.Column("happened_at", Instant, nullable=False),
    sa.Column("phone_id", sa.Uuid),
    sa.Column("card_id", sa.Uuid),
    sa.Column("worker_id", sa.Uuid),
    sa.Column("site_id", sa.Uuid),
    sa.Column("prime_contractor_id", sa.Uuid),
    sa.Column("contractor_id", sa.Uuid),  # whose people, where a day says so
    sa.Column("work_date", sa.Date),
    sa.Index(
        "ix_review_items_open",
        "judged_at",
        "prime_contractor_id",
        "site_id",
        postgresql_where=sa.text("is_open"),
        sqlite_where=sa.text("is_open"),
    ),
    sa.Index(
        "ix_review_items_open_phone_id",
        "phone_id",
        "happened_at",
        postgresql_where=sa.text("is_open"),
        sqlite_where=sa.text("is_open"),
    ),
    sa.Index(
        "ix_review_items_open_card_id",
        "card_id",
        "happened_at",
        postgresql_where=sa.text("is_open and card_id is not null"),
        sqlite_where=sa.text("is_open and card_id is not null"),
    ),
    sa.Index(
        "ix_review_items_two_sites",
        "work_date",
        "worker_id",
        postgresql_where=sa.text("kind = 'two_sites_at_once'"),
        sqlite_where=sa.text("kind = 'two_sites_at_once'"),
    ),
)

# What a person settled of what was to review: of a punch up to a judgement (seq), of a day, or of a request. Rows are
# added; undoing one marks it.
settlements = sa.Table(
    "settlements",
    metadata,
    sa.Column("settlement_id", sa.Uuid, primary_key=True),
    sa.Column("batch_id", sa.Uuid, nullable=False, index=True),
    sa.Column("kind", Code(ReviewKind), nullable=False),
    sa.Column("action", Code(SettleAction), nullable=False),
    sa.Column("punch_id", sa.Uuid, index=True),
    sa.Column("seq", sa.SmallInteger),
    sa.Column("missed_touch_id", sa.Uuid),
    sa.Column("worker_id", sa.Uuid),
    sa.Column("site_id", sa.Uuid),
    sa.Column("work_date", sa.Date),
    sa.Column("prime_contractor_id", sa.Uuid),
    sa.Column("dismissal", Code(Dismissal)),
    sa.Column("note", sa.Text, nullable=False),
    sa.Column("phone_number_id", sa.Uuid),
    sa.Column("card_issue_id", sa.Uuid),
    sa.Column("proposal_id", sa.Uuid),
    sa.Column("others", sa.Integer, nullable=False),  # further punches that followed
    sa.Column("decided_by", sa.Text, nullable=False),
    sa.Column("decided_at", Instant, nullable=False),
    sa.Column("undone_by", sa.Text),
    sa.Column("undone_at", Instant),
    sa.Index(None, "worker_id", "work_date"),
    sa.Index(None, "prime_contractor_id", "decided_at"),
    sa.Index(None, "decided_at"),
)

# What a settlement changed: which judgement of a punch held before (0: there was none), and which after.
settlement_steps = sa.Table(
    "settlement_steps",
    metadata,
    sa.Column("settlement_id", sa.ForeignKey("settlements.settlement_id"), primary_key=True),
    sa.Column("punch_id", sa.Uuid, primary_key=True, index=True),
    sa.Column("seq_before", sa.SmallInteger, nullable=False),
    sa.Column("seq_after", sa.SmallInteger, nullable=False),
)

# Whoever opens such a link sees how many are on the site, without signing in, as long as who made it may settle there.
display_links = sa.Table(
    "display_links",
    metadata,
    sa.Column("display_link_id", sa.Uuid, primary_key=True),
    sa.Column("site_id", sa.ForeignKey("sites.site_id"), nullable=False, index=True),
    sa.Column("account_id", sa.ForeignKey("accounts.account_id"), nullable=False, index=True),
    sa.Column("made_at", Instant, nullable=False),
    sa.Column("expires_at", Instant, nullable=False),
)

# Recounted by a job, not kept by every call: the channel of a record is that of its first punch that counts.
channel_months = sa.Table(
    "channel_months",
    metadata,
    sa.Column("site_id", sa.Uuid, primary_key=True),
    sa.Column("month", sa.Date, primary_key=True, index=True),  # its first day
    sa.Column("channel", Code(Channel), primary_key=True),
    sa.Column("prime_contractor_id", sa.Uuid, nullable=False),
    sa.Column("records", sa.Integer, nullable=False),
)
