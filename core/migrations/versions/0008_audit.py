"""The audit log: append-only, and each row bound to the one before it."""

import sqlalchemy as sa
from alembic import op

from core.db import Instant

revision = "0008"
down_revision = "0007"

TABLE = "audit_log"


def upgrade() -> None:
    op.create_table(
        TABLE,
        sa.Column("seq", sa.BigInteger, autoincrement=False),
        sa.Column("at", Instant, nullable=False),
        sa.Column("account_id", sa.Uuid),
        sa.Column("action", sa.String(64), nullable=False),
        sa.Column("subject_kind", sa.String(32), nullable=False),
        sa.Column("subject_id", sa.String(80), nullable=False),
        sa.Column("contractor_id", sa.Uuid),
        sa.Column("details", sa.Text, nullable=False),
        sa.Column("prev_hash", sa.String(64), nullable=False),
        sa.Column("hash", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("seq", name="pk_audit_log"),
    )
    op.create_index("ix_audit_log_contractor_id_seq", TABLE, ["contractor_id", "seq"])
    op.create_index("ix_audit_log_account_id_seq", TABLE, ["account_id", "seq"])
    op.create_index("ix_audit_log_subject_kind_subject_id", TABLE, ["subject_kind", "subject_id"])
    op.create_index("ix_audit_log_at", TABLE, ["at"])
    _append_only()


def _append_only() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            f"create trigger {TABLE}_append_only before update or delete or truncate on {TABLE} "
            "for each statement execute function refuse_change()"
        )
        return
    for change in ("update", "delete"):
        op.execute(
            f"create trigger {TABLE}_no_{change} before {change} on {TABLE} "
            f"begin select raise(abort, '{TABLE} is append-only'); end"
        )
