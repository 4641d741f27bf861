"""The tables of training dates."""

import sqlalchemy as sa

from core.db import Instant, metadata

training_dates = sa.Table(
    "training_dates",
    metadata,
    sa.Column("training_id", sa.Uuid, primary_key=True),
    sa.Column("starts_at", Instant, nullable=False, index=True),
    sa.Column("ends_at", Instant, nullable=False),
    sa.Column("place", sa.Text, nullable=False),
    sa.Column("online_url", sa.Text, nullable=False),
    sa.Column("capacity", sa.SmallInteger, nullable=False),
    sa.Column("remarks", sa.Text, nullable=False),
    sa.Column("taken", sa.SmallInteger, nullable=False),
    sa.Column("waiting", sa.SmallInteger, nullable=False),
    sa.Column("cancelled_at", Instant),
    sa.CheckConstraint("capacity between 1 and 60", name="capacity_in_range"),
)

training_seats = sa.Table(
    "training_seats",
    metadata,
    sa.Column("seat_id", sa.Uuid, primary_key=True),
    sa.Column("training_id", sa.ForeignKey("training_dates.training_id"), nullable=False, index=True),
    sa.Column("contractor_id", sa.Uuid, index=True),  # whose people they are; none: the operator signed them up
    sa.Column("company", sa.Text, nullable=False),
    sa.Column("person", sa.Text, nullable=False),
    sa.Column("account_id", sa.Uuid, nullable=False),
    sa.Column("signed_up_at", Instant, nullable=False),
    sa.Column("turn", sa.Integer, nullable=False),
    sa.Column("number", sa.SmallInteger),
    sa.Column("cancelled_at", Instant),
)
