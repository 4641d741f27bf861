"""Checks of a month, the attendance sheet's corrections and terms, qualifications of workers, and tasks of sites."""

import sqlalchemy as sa
from alembic import op

from core.db import Instant

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    _months()
    _qualifications()
    for table in ("month_checks", "sheet_entries"):
        _append_only(table)


def _months() -> None:
    op.create_table(
        "month_checks",
        sa.Column("site_id", sa.Uuid),
        sa.Column("contractor_id", sa.Uuid),
        sa.Column("month", sa.Date),
        sa.Column("party", sa.String(32)),
        sa.Column("seq", sa.SmallInteger, autoincrement=False),
        sa.Column("prime_contractor_id", sa.Uuid, nullable=False),
        sa.Column("is_checked", sa.Boolean, nullable=False),
        sa.Column("records", sa.Integer, nullable=False),
        sa.Column("rows_hash", sa.String(64), nullable=False),
        sa.Column("by_account", sa.Uuid, nullable=False),
        sa.Column("by_name", sa.Text, nullable=False),
        sa.Column("at", Instant, nullable=False),
        sa.PrimaryKeyConstraint("site_id", "contractor_id", "month", "party", "seq", name="pk_month_checks"),
    )
    op.create_index("ix_month_checks_prime_contractor_id_month", "month_checks", ["prime_contractor_id", "month"])
    op.create_index("ix_month_checks_contractor_id_month", "month_checks", ["contractor_id", "month"])
    op.create_table(
        "sheet_entries",
        sa.Column("worker_id", sa.Uuid),
        sa.Column("site_id", sa.Uuid),
        sa.Column("work_date", sa.Date),
        sa.Column("seq", sa.SmallInteger, autoincrement=False),
        sa.Column("prime_contractor_id", sa.Uuid, nullable=False),
        sa.Column("contractor_id", sa.Uuid),
        sa.Column("is_withdrawn", sa.Boolean, nullable=False),
        sa.Column("tenths", sa.SmallInteger),
        sa.Column("is_night", sa.Boolean, nullable=False),
        sa.Column("extra_min", sa.SmallInteger, nullable=False),
        sa.Column("note", sa.Text, nullable=False),
        sa.Column("by_account", sa.Uuid, nullable=False),
        sa.Column("by_name", sa.Text, nullable=False),
        sa.Column("at", Instant, nullable=False),
        sa.PrimaryKeyConstraint("worker_id", "site_id", "work_date", "seq", name="pk_sheet_entries"),
    )
    op.create_index("ix_sheet_entries_site_id_work_date", "sheet_entries", ["site_id", "work_date"])
    op.create_index("ix_sheet_entries_contractor_id_work_date", "sheet_entries", ["contractor_id", "work_date"])
    op.create_table(
        "sheet_terms",
        sa.Column("terms_id", sa.Uuid),
        sa.Column("contractor_id", sa.Uuid, nullable=False),
        sa.Column("site_id", sa.Uuid),
        sa.Column("valid_from", sa.Date, nullable=False),
        sa.Column("full_day_min", sa.SmallInteger, nullable=False),
        sa.Column("half_day_min", sa.SmallInteger, nullable=False),
        sa.Column("regular_min", sa.SmallInteger, nullable=False),
        sa.Column("extra_step_min", sa.SmallInteger, nullable=False),
        sa.Column("night_from_min", sa.SmallInteger, nullable=False),
        sa.Column("night_until_min", sa.SmallInteger, nullable=False),
        sa.Column("night_at_least_min", sa.SmallInteger, nullable=False),
        sa.PrimaryKeyConstraint("terms_id", name="pk_sheet_terms"),
        sa.ForeignKeyConstraint(["contractor_id"], ["contractors.contractor_id"], name="fk_sheet_terms_contractor_id"),
        sa.ForeignKeyConstraint(["site_id"], ["sites.site_id"], name="fk_sheet_terms_site_id"),
    )
    op.create_index("ix_sheet_terms_contractor_id", "sheet_terms", ["contractor_id"])


def _qualifications() -> None:
    op.create_table(
        "worker_qualifications",
        sa.Column("qualification_id", sa.Uuid),
        sa.Column("worker_id", sa.Uuid, nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("number", sa.Text, nullable=False),
        sa.Column("obtained_on", sa.Date),
        sa.Column("expires_on", sa.Date),
        sa.PrimaryKeyConstraint("qualification_id", name="pk_worker_qualifications"),
        sa.ForeignKeyConstraint(["worker_id"], ["workers.worker_id"], name="fk_worker_qualifications_worker_id"),
    )
    op.create_index("ix_worker_qualifications_worker_id", "worker_qualifications", ["worker_id"])
    op.create_table(
        "site_tasks",
        sa.Column("site_task_id", sa.Uuid),
        sa.Column("site_id", sa.Uuid, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("hazardous_substances", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("site_task_id", name="pk_site_tasks"),
        sa.ForeignKeyConstraint(["site_id"], ["sites.site_id"], name="fk_site_tasks_site_id"),
        sa.UniqueConstraint("site_id", "name", name="uq_site_tasks_site_id_name"),
    )
    op.create_table(
        "site_task_qualifications",
        sa.Column("site_task_id", sa.Uuid),
        sa.Column("name", sa.Text),
        sa.PrimaryKeyConstraint("site_task_id", "name", name="pk_site_task_qualifications"),
        sa.ForeignKeyConstraint(
            ["site_task_id"], ["site_tasks.site_task_id"], name="fk_site_task_qualifications_site_task_id"
        ),
    )
    op.create_table(
        "assignment_tasks",
        sa.Column("assignment_id", sa.Uuid),
        sa.Column("site_task_id", sa.Uuid, nullable=False),
        sa.PrimaryKeyConstraint("assignment_id", name="pk_assignment_tasks"),
        sa.ForeignKeyConstraint(
            ["assignment_id"], ["site_assignments.assignment_id"], name="fk_assignment_tasks_assignment_id"
        ),
        sa.ForeignKeyConstraint(["site_task_id"], ["site_tasks.site_task_id"], name="fk_assignment_tasks_site_task_id"),
    )
    op.create_index("ix_assignment_tasks_site_task_id", "assignment_tasks", ["site_task_id"])


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
