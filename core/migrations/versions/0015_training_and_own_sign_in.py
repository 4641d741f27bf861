"""Training dates and workers' own sign-in."""

import sqlalchemy as sa
from alembic import op

from core.db import Instant

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    _training()


def _training() -> None:
    op.create_table(
        "training_dates",
        sa.Column("training_id", sa.Uuid),
        sa.Column("starts_at", Instant, nullable=False),
        sa.Column("ends_at", Instant, nullable=False),
        sa.Column("place", sa.Text, nullable=False),
        sa.Column("online_url", sa.Text, nullable=False),
        sa.Column("capacity", sa.SmallInteger, nullable=False),
        sa.Column("remarks", sa.Text, nullable=False),
        sa.Column("taken", sa.SmallInteger, nullable=False),
        sa.Column("waiting", sa.SmallInteger, nullable=False),
        sa.Column("cancelled_at", Instant),
        sa.PrimaryKeyConstraint("training_id", name="pk_training_dates"),
        sa.CheckConstraint("capacity between 1 and 60", name="ck_training_dates_capacity_in_range"),
    )
    op.create_index("ix_training_dates_starts_at", "training_dates", ["starts_at"])
    op.create_table(
        "training_seats",
        sa.Column("seat_id", sa.Uuid),
        sa.Column("training_id", sa.Uuid, nullable=False),
        sa.Column("contractor_id", sa.Uuid),
        sa.Column("company", sa.Text, nullable=False),
        sa.Column("person", sa.Text, nullable=False),
        sa.Column("account_id", sa.Uuid, nullable=False),
        sa.Column("signed_up_at", Instant, nullable=False),
        sa.Column("turn", sa.Integer, nullable=False),
        sa.Column("number", sa.SmallInteger),
        sa.Column("cancelled_at", Instant),
        sa.PrimaryKeyConstraint("seat_id", name="pk_training_seats"),
        sa.ForeignKeyConstraint(["training_id"], ["training_dates.training_id"], name="fk_training_seats_training_id"),
    )
    op.create_index("ix_training_seats_training_id", "training_seats", ["training_id"])
    op.create_index("ix_training_seats_contractor_id", "training_seats", ["contractor_id"])
