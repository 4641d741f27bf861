"""Who came where (what grants follow from); grants of a registry that is there already are made at once."""

from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

from core.db import Instant

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    op.create_table(
        "site_visits",
        sa.Column("site_id", sa.Uuid, nullable=False),
        sa.Column("worker_id", sa.Uuid, nullable=False),
        sa.Column("contractor_id", sa.Uuid, nullable=False),
        sa.PrimaryKeyConstraint("site_id", "worker_id", "contractor_id", name="pk_site_visits"),
    )
    op.create_index("ix_site_visits_worker_id", "site_visits", ["worker_id"])
    op.create_index("ix_site_visits_contractor_id", "site_visits", ["contractor_id"])
    schedules = sa.table(
        "schedules", sa.column("kind", sa.Text), sa.column("due_at", Instant), sa.column("last_error", sa.Text)
    )
    if op.get_bind().scalar(sa.text("select count(*) from (select 1 from workers limit 1) w")):
        due = {"kind": "rebuild_grants", "due_at": datetime.now(UTC), "last_error": ""}
        op.get_bind().execute(schedules.insert(), due)
