"""How many wrong codes of the day a phone gave at a site, so that redialling is no way to guess one."""

import sqlalchemy as sa
from alembic import op

from core.migrations import row_security as rows

revision = "0024"
down_revision = "0023"


def upgrade() -> None:
    op.create_table(
        "day_code_failures",
        sa.Column("phone_id", sa.Uuid),
        sa.Column("site_id", sa.Uuid),
        sa.Column("work_date", sa.Date),
        sa.Column("failures", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("phone_id", "site_id", "work_date", name="pk_day_code_failures"),
    )
    connection = op.get_bind()
    if connection.dialect.name == "postgresql":
        rows.close(connection, "day_code_failures", ingest="select, insert, update")
