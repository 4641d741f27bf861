"""Settlements of what was to review, and what is open."""

import sqlalchemy as sa
from alembic import op

from core.db import Instant

revision = "0011"
down_revision = "0010"

# The judgements that hold and that somebody should look at, all of them open so far.
_FILL = """
    insert into review_items (punch_id, seq, kind, is_open, judged_at, happened_at, phone_id, worker_id, site_id,
        prime_contractor_id, contractor_id, work_date)
    select j.punch_id, j.seq, j.reason, true, j.judged_at, j.effective_at, p.phone_id, j.worker_id, j.site_id,
        j.prime_contractor_id, d.contractor_id, j.work_date
    from judgements j join punches p on p.punch_id = j.punch_id
    left join attendance_days d on d.worker_id = j.worker_id and d.site_id = j.site_id and d.work_date = j.work_date
    where (j.verdict = 'needs_review' or (j.verdict = 'refused' and j.reason in ('withheld_number', 'unknown_line'))
        or (j.verdict = 'accepted' and j.reason is not null))
    and not exists (select 1 from judgements n where n.punch_id = j.punch_id and n.seq > j.seq)
"""


def upgrade() -> None:
    op.create_table(
        "review_items",
        sa.Column("punch_id", sa.Uuid),
        sa.Column("seq", sa.SmallInteger, nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("is_open", sa.Boolean, nullable=False),
        sa.Column("judged_at", Instant, nullable=False),
        sa.Column("happened_at", Instant, nullable=False),
        sa.Column("phone_id", sa.Uuid),
        sa.Column("worker_id", sa.Uuid),
        sa.Column("site_id", sa.Uuid),
        sa.Column("prime_contractor_id", sa.Uuid),
        sa.Column("contractor_id", sa.Uuid),
        sa.Column("work_date", sa.Date),
        sa.PrimaryKeyConstraint("punch_id", name="pk_review_items"),
    )
    for name, columns, condition in (
        ("open", ["judged_at", "prime_contractor_id", "site_id"], "is_open"),
        ("open_phone_id", ["phone_id", "happened_at"], "is_open"),
        ("two_sites", ["work_date", "worker_id"], "kind = 'two_sites_at_once'"),
    ):
        op.create_index(
            f"ix_review_items_{name}",
            "review_items",
            columns,
            postgresql_where=sa.text(condition),
            sqlite_where=sa.text(condition),
        )
    op.execute(_FILL)
    op.create_index(
        "ix_attendance_days_missing_exit",
        "attendance_days",
        ["work_date", "prime_contractor_id", "site_id"],
        postgresql_where=sa.text("missing_exit"),
        sqlite_where=sa.text("missing_exit"),
    )
    op.create_table(
        "settlements",
        sa.Column("settlement_id", sa.Uuid),
        sa.Column("batch_id", sa.Uuid, nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("action", sa.String(32), nullable=False),
        sa.Column("punch_id", sa.Uuid),
        sa.Column("seq", sa.SmallInteger),
        sa.Column("missed_touch_id", sa.Uuid),
        sa.Column("worker_id", sa.Uuid),
        sa.Column("site_id", sa.Uuid),
        sa.Column("work_date", sa.Date),
        sa.Column("prime_contractor_id", sa.Uuid),
        sa.Column("dismissal", sa.String(32)),
        sa.Column("note", sa.Text, nullable=False),
        sa.Column("phone_number_id", sa.Uuid),
        sa.Column("others", sa.Integer, nullable=False),
        sa.Column("decided_by", sa.Text, nullable=False),
        sa.Column("decided_at", Instant, nullable=False),
        sa.Column("undone_by", sa.Text),
        sa.Column("undone_at", Instant),
        sa.PrimaryKeyConstraint("settlement_id", name="pk_settlements"),
    )
    for indexed in (
        ["batch_id"],
        ["punch_id"],
        ["worker_id", "work_date"],
        ["prime_contractor_id", "decided_at"],
        ["decided_at"],
    ):
        op.create_index(f"ix_settlements_{'_'.join(indexed)}", "settlements", indexed)
    op.create_table(
        "settlement_steps",
        sa.Column("settlement_id", sa.Uuid, nullable=False),
        sa.Column("punch_id", sa.Uuid, nullable=False),
        sa.Column("seq_before", sa.SmallInteger, nullable=False),
        sa.Column("seq_after", sa.SmallInteger, nullable=False),
        sa.PrimaryKeyConstraint("settlement_id", "punch_id", name="pk_settlement_steps"),
        sa.ForeignKeyConstraint(
            ["settlement_id"], ["settlements.settlement_id"], name="fk_settlement_steps_settlement_id"
        ),
    )
    op.create_index("ix_settlement_steps_punch_id", "settlement_steps", ["punch_id"])
