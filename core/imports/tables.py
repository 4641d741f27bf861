"""The tables of import batches. What a file said of people is sealed under a key of the batch, which goes with it."""

import sqlalchemy as sa

from core.db import Code, Instant, metadata
from core.imports.batch_model import BatchState, EffectKind
from core.imports.model import Fate, ImportKind

import_batches = sa.Table(
    "import_batches",
    metadata,
    sa.Column("batch_id", sa.Uuid, primary_key=True),
    sa.Column("kind", Code(ImportKind), nullable=False),
    sa.Column("state", Code(BatchState), nullable=False),
    sa.Column("contractor_id", sa.Uuid, index=True),  # for whom; none: the operator, who may bring in anybody
    sa.Column("takes_below", sa.Boolean, nullable=False),
    sa.Column("account_id", sa.Uuid, nullable=False),
    sa.Column("account_name", sa.Text, nullable=False),
    sa.Column("requested_by", sa.Uuid, nullable=False),
    sa.Column("file_name", sa.Text, nullable=False),
    sa.Column("created_at", Instant, nullable=False, index=True),
    sa.Column("applied_at", Instant),
    sa.Column("undone_at", Instant),
    sa.Column("columns", sa.Text, nullable=False),
    sa.Column("valid_only", sa.Boolean),
    sa.Column("total", sa.Integer, nullable=False),
    sa.Column("done", sa.Integer, nullable=False),
    sa.Column("added", sa.Integer, nullable=False),
    sa.Column("updated", sa.Integer, nullable=False),
    sa.Column("unchanged", sa.Integer, nullable=False),
    sa.Column("rejected", sa.Integer, nullable=False),
    sa.Column("kept", sa.Integer, nullable=False),
    sa.Column("digest", sa.String(64), nullable=False),
    sa.Column("note", sa.Text, nullable=False),
    sa.Column("remarks", sa.Text, nullable=False, server_default=""),  # how the file was read, a sentence a line
    sa.Column("sealed_key", sa.Text, nullable=False),
)

import_contents = sa.Table(
    "import_contents",
    metadata,
    sa.Column("batch_id", sa.ForeignKey("import_batches.batch_id"), primary_key=True),
    sa.Column("sealed", sa.Text, nullable=False),
)

import_rows = sa.Table(
    "import_rows",
    metadata,
    sa.Column("batch_id", sa.ForeignKey("import_batches.batch_id"), primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("fate", Code(Fate), nullable=False),
    sa.Column("sealed", sa.Text, nullable=False),
    sa.Index(None, "batch_id", "fate", "number"),
)

import_effects = sa.Table(
    "import_effects",
    metadata,
    sa.Column("batch_id", sa.ForeignKey("import_batches.batch_id"), primary_key=True),
    sa.Column("seq", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("number", sa.Integer, nullable=False),
    sa.Column("kind", Code(EffectKind), nullable=False),
    sa.Column("subject_id", sa.Uuid, nullable=False),
    sa.Column("is_new", sa.Boolean, nullable=False),
    sa.Column("is_undone", sa.Boolean, nullable=False),
    sa.Column("sealed", sa.Text, nullable=False),
)

# Which column of a list is what, so that the next list with the same headings maps itself. The owner is a contractor,
# or the account of an operator.
import_mappings = sa.Table(
    "import_mappings",
    metadata,
    sa.Column("owner_id", sa.Uuid, primary_key=True),
    sa.Column("kind", Code(ImportKind), primary_key=True),
    sa.Column("headings_key", sa.String(64), primary_key=True),
    sa.Column("columns", sa.Text, nullable=False),
    sa.Column("used_at", Instant, nullable=False),
)
