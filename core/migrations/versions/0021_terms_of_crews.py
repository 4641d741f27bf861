"""Whoever sees a contractor's days also reads how it counts them: else the man-days proposed to both would differ."""

from alembic import op

from core.migrations import row_security as rows

revision = "0021"
down_revision = "0020"

LED = f"select contractor_id from crew_grants where viewer_id = {rows.EMPLOYERS}"
SEEN = f"{rows.own()} or contractor_id in (select contractor_id from site_visits) or contractor_id in ({LED})"


def upgrade() -> None:
    connection = op.get_bind()
    if connection.dialect.name == "postgresql":
        op.execute(f"alter policy sheet_terms_seen on sheet_terms using ({SEEN})")
