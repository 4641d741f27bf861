"""Cards that are proposed to a worker's record, registered from 要確認, and listed there once for all their touches."""

import sqlalchemy as sa
from alembic import op

from core.migrations import row_security as rows

revision = "0027"
down_revision = "0026"

WHERE = "is_open and card_id is not null"


def upgrade() -> None:
    op.add_column("proposals", sa.Column("card_id", sa.Uuid))
    op.add_column("settlements", sa.Column("card_issue_id", sa.Uuid))
    op.add_column("review_items", sa.Column("card_id", sa.Uuid))
    op.execute(
        "update review_items set card_id = "
        "(select p.card_id from punches p where p.punch_id = review_items.punch_id) where kind = 'unknown_card'"
    )
    op.create_index(
        "ix_review_items_open_card_id",
        "review_items",
        ["card_id", "happened_at"],
        postgresql_where=sa.text(WHERE),
        sqlite_where=sa.text(WHERE),
    )
    if op.get_bind().dialect.name == "postgresql":
        # Whose record it is sees the card that is proposed, before any issue of it is to be seen.
        seen = (
            f"{rows.EVERYTHING} or {rows.of('card_issues', 'card_id', 'cards')} "
            f"or {rows.of('punches', 'card_id', 'cards')} or {rows.of('proposals', 'card_id', 'cards')}"
        )
        op.execute(f"alter policy cards_seen on cards using ({seen})")
