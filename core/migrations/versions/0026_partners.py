"""Partner systems, their keys, and the answers kept for requests that come again."""

import sqlalchemy as sa
from alembic import op

from core.db import Instant
from core.migrations import row_security as rows

revision = "0026"
down_revision = "0025"

PROTECTED = {
    "partners": (rows.own("prime_contractor_id"), "select"),
    "api_keys": (rows.of("partners", "partner_id", "api_keys"), "select"),
}


def upgrade() -> None:
    op.create_table(
        "partners",
        sa.Column("partner_id", sa.Uuid),
        sa.Column("prime_contractor_id", sa.Uuid, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("made_at", Instant, nullable=False),
        sa.PrimaryKeyConstraint("partner_id", name="pk_partners"),
        sa.ForeignKeyConstraint(
            ["prime_contractor_id"], ["contractors.contractor_id"], name="fk_partners_prime_contractor_id"
        ),
    )
    op.create_index("ix_partners_prime_contractor_id", "partners", ["prime_contractor_id"])
    op.create_table(
        "api_keys",
        sa.Column("api_key_id", sa.Uuid),
        sa.Column("partner_id", sa.Uuid, nullable=False),
        sa.Column("secret_hash", sa.String(64), nullable=False),
        sa.Column("ending", sa.String(8), nullable=False),
        sa.Column("scopes", sa.Text, nullable=False),
        sa.Column("is_sandbox", sa.Boolean, nullable=False),
        sa.Column("made_by", sa.Uuid),
        sa.Column("made_at", Instant, nullable=False),
        sa.Column("revoked_at", Instant),
        sa.PrimaryKeyConstraint("api_key_id", name="pk_api_keys"),
        sa.UniqueConstraint("secret_hash", name="uq_api_keys_secret_hash"),
        sa.ForeignKeyConstraint(["partner_id"], ["partners.partner_id"], name="fk_api_keys_partner_id"),
    )
    op.create_index("ix_api_keys_partner_id", "api_keys", ["partner_id"])
    op.create_table(
        "kept_answers",
        sa.Column("partner_id", sa.Uuid),
        sa.Column("idempotency_key", sa.String(200)),
        sa.Column("body_hash", sa.String(64), nullable=False),
        sa.Column("answer", sa.Text, nullable=False),
        sa.Column("at", Instant, nullable=False),
        sa.PrimaryKeyConstraint("partner_id", "idempotency_key", name="pk_kept_answers"),
        sa.ForeignKeyConstraint(["partner_id"], ["partners.partner_id"], name="fk_kept_answers_partner_id"),
    )
    op.create_index("ix_kept_answers_at", "kept_answers", ["at"])
    connection = op.get_bind()
    if connection.dialect.name == "postgresql":
        for table, (seen, ingest) in PROTECTED.items():
            rows.protect(connection, table, seen, ingest=ingest)
        rows.close(connection, "kept_answers", ingest="select, insert")
