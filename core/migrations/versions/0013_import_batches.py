"""Import batches: the file, what becomes of each row, what was written, and how columns were read."""

import sqlalchemy as sa
from alembic import op

from core.db import Instant

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    op.create_table(
        "import_batches",
        sa.Column("batch_id", sa.Uuid),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("state", sa.String(32), nullable=False),
        sa.Column("contractor_id", sa.Uuid),
        sa.Column("takes_below", sa.Boolean, nullable=False),
        sa.Column("account_id", sa.Uuid, nullable=False),
        sa.Column("account_name", sa.Text, nullable=False),
        sa.Column("requested_by", sa.Uuid, nullable=False),
        sa.Column("file_name", sa.Text, nullable=False),
        sa.Column("created_at", Instant, nullable=False),
        sa.Column("applied_at", Instant),
        sa.Column("undone_at", Instant),
        sa.Column("columns", sa.Text, nullable=False),
        sa.Column("valid_only", sa.Boolean),
        *(
            sa.Column(name, sa.Integer, nullable=False)
            for name in ("total", "done", "added", "updated", "unchanged", "rejected", "kept")
        ),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("note", sa.Text, nullable=False),
        sa.Column("sealed_key", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("batch_id", name="pk_import_batches"),
    )
    op.create_index("ix_import_batches_contractor_id", "import_batches", ["contractor_id"])
    op.create_index("ix_import_batches_created_at", "import_batches", ["created_at"])
    op.create_table(
        "import_contents",
        sa.Column("batch_id", sa.Uuid),
        sa.Column("sealed", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("batch_id", name="pk_import_contents"),
        _of_batch("import_contents"),
    )
    op.create_table(
        "import_rows",
        sa.Column("batch_id", sa.Uuid),
        sa.Column("number", sa.Integer, autoincrement=False),
        sa.Column("fate", sa.String(32), nullable=False),
        sa.Column("sealed", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("batch_id", "number", name="pk_import_rows"),
        _of_batch("import_rows"),
    )
    op.create_index("ix_import_rows_batch_id_fate_number", "import_rows", ["batch_id", "fate", "number"])
    op.create_table(
        "import_effects",
        sa.Column("batch_id", sa.Uuid),
        sa.Column("seq", sa.Integer, autoincrement=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("subject_id", sa.Uuid, nullable=False),
        sa.Column("is_new", sa.Boolean, nullable=False),
        sa.Column("is_undone", sa.Boolean, nullable=False),
        sa.Column("sealed", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("batch_id", "seq", name="pk_import_effects"),
        _of_batch("import_effects"),
    )
    op.create_table(
        "import_mappings",
        sa.Column("owner_id", sa.Uuid),
        sa.Column("kind", sa.String(32)),
        sa.Column("headings_key", sa.String(64)),
        sa.Column("columns", sa.Text, nullable=False),
        sa.Column("used_at", Instant, nullable=False),
        sa.PrimaryKeyConstraint("owner_id", "kind", "headings_key", name="pk_import_mappings"),
    )


def _of_batch(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(["batch_id"], ["import_batches.batch_id"], name=f"fk_{table}_batch_id")
