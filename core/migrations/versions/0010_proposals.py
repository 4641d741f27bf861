"""Proposals to a worker's record."""

import sqlalchemy as sa
from alembic import op

from core.db import Instant

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    op.create_table(
        "proposals",
        sa.Column("proposal_id", sa.Uuid),
        sa.Column("worker_id", sa.Uuid, nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("phone_id", sa.Uuid),
        sa.Column("contractor_id", sa.Uuid),
        sa.Column("valid_from", sa.Date),
        sa.Column("proposed_by", sa.Uuid, nullable=False),
        sa.Column("proposer_id", sa.Uuid),
        sa.Column("proposed_at", Instant, nullable=False),
        sa.Column("state", sa.String(32), nullable=False),
        sa.Column("decided_by", sa.Uuid),
        sa.Column("decided_at", Instant),
        sa.Column("reason", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("proposal_id", name="pk_proposals"),
        sa.ForeignKeyConstraint(["worker_id"], ["workers.worker_id"], name="fk_proposals_worker_id"),
        sa.ForeignKeyConstraint(["phone_id"], ["phones.phone_id"], name="fk_proposals_phone_id"),
        sa.ForeignKeyConstraint(["contractor_id"], ["contractors.contractor_id"], name="fk_proposals_contractor_id"),
        sa.ForeignKeyConstraint(["proposer_id"], ["contractors.contractor_id"], name="fk_proposals_proposer_id"),
    )
    op.create_index("ix_proposals_worker_id", "proposals", ["worker_id"])
    op.create_index("ix_proposals_proposer_id", "proposals", ["proposer_id"])
    op.create_index("ix_proposals_state", "proposals", ["state"])
