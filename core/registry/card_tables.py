"""Tables of cards: each kept once, and to whom it was issued."""

import sqlalchemy as sa

from core.db import Code, metadata
from core.registry.card_model import CardEnd, CardTech

cards = sa.Table(
    "cards",
    metadata,
    sa.Column("card_id", sa.Uuid, primary_key=True),
    sa.Column("tech", Code(CardTech), nullable=False),
    sa.Column("blind_index", sa.String(80), nullable=False, unique=True),
    sa.Column("cipher", sa.Text, nullable=False),
    sa.Column("mask", sa.String(24), nullable=False),
)

card_issues = sa.Table(
    "card_issues",
    metadata,
    sa.Column("card_issue_id", sa.Uuid, primary_key=True),
    sa.Column("card_id", sa.ForeignKey("cards.card_id"), nullable=False, index=True),
    sa.Column("worker_id", sa.ForeignKey("workers.worker_id"), nullable=False, index=True),
    sa.Column("issued_on", sa.Date, nullable=False),
    sa.Column("expires_on", sa.Date),
    sa.Column("ended", Code(CardEnd)),
    sa.Column("ended_on", sa.Date),
)
