"""Workers' own sign-in: codes, links and sessions. The pages never read these tables in a viewer's name."""

import sqlalchemy as sa
from alembic import op

from core.db import Instant
from core.migrations import row_security as rows

revision = "0019"
down_revision = "0018"


def upgrade() -> None:
    op.create_table(
        "own_attempts",
        sa.Column("attempt_id", sa.Uuid),
        sa.Column("token_hash", sa.String(64), nullable=False),
        sa.Column("number_index", sa.String(80), nullable=False),
        sa.Column("phone_id", sa.Uuid),
        sa.Column("code_cipher", sa.Text, nullable=False),
        sa.Column("address_hash", sa.String(64), nullable=False),
        sa.Column("made_at", Instant, nullable=False),
        sa.Column("expires_at", Instant, nullable=False),
        sa.Column("tries", sa.SmallInteger, nullable=False),
        sa.Column("proved_at", Instant),
        sa.Column("used_at", Instant),
        sa.PrimaryKeyConstraint("attempt_id", name="pk_own_attempts"),
        sa.UniqueConstraint("token_hash", name="uq_own_attempts_token_hash"),
        sa.ForeignKeyConstraint(["phone_id"], ["phones.phone_id"], name="fk_own_attempts_phone_id"),
    )
    op.create_table(
        "own_links",
        sa.Column("token_hash", sa.String(64)),
        sa.Column("worker_id", sa.Uuid, nullable=False),
        sa.Column("made_by", sa.Uuid, nullable=False),
        sa.Column("made_at", Instant, nullable=False),
        sa.Column("expires_at", Instant, nullable=False),
        sa.Column("used_at", Instant),
        sa.PrimaryKeyConstraint("token_hash", name="pk_own_links"),
        sa.ForeignKeyConstraint(["worker_id"], ["workers.worker_id"], name="fk_own_links_worker_id"),
        sa.ForeignKeyConstraint(["made_by"], ["accounts.account_id"], name="fk_own_links_made_by"),
    )
    op.create_table(
        "own_sessions",
        sa.Column("token_hash", sa.String(64)),
        sa.Column("worker_id", sa.Uuid, nullable=False),
        sa.Column("phone_id", sa.Uuid),
        sa.Column("made_at", Instant, nullable=False),
        sa.Column("expires_at", Instant, nullable=False),
        sa.PrimaryKeyConstraint("token_hash", name="pk_own_sessions"),
        sa.ForeignKeyConstraint(["worker_id"], ["workers.worker_id"], name="fk_own_sessions_worker_id"),
        sa.ForeignKeyConstraint(["phone_id"], ["phones.phone_id"], name="fk_own_sessions_phone_id"),
    )
    for table, columns in (
        ("own_attempts", ("number_index", "address_hash", "made_at")),
        ("own_links", ("worker_id",)),
        ("own_sessions", ("worker_id", "expires_at")),
    ):
        for column in columns:
            op.create_index(f"ix_{table}_{column}", table, [column])
        if op.get_bind().dialect.name == "postgresql":
            rows.close(op.get_bind(), table)
