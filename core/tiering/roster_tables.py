"""Tiering's tables of people: rosters, what was submitted of them, newcomers' checks, and the credit of days.

day_credits and arrival_checks are append-only, as submissions are but for what erasure destroys.
"""

import sqlalchemy as sa

from core.db import Code, Instant, metadata
from core.registry.model import Position
from core.tiering.roster_model import ArrivalCheckKind, EntryState

roster_entries = sa.Table(
    "roster_entries",
    metadata,
    sa.Column("roster_entry_id", sa.Uuid, primary_key=True),
    sa.Column("site_id", sa.ForeignKey("sites.site_id"), nullable=False),
    sa.Column("prime_contractor_id", sa.Uuid, nullable=False),
    sa.Column("contractor_id", sa.ForeignKey("contractors.contractor_id"), nullable=False, index=True),
    sa.Column("worker_id", sa.ForeignKey("workers.worker_id"), nullable=False, index=True),
    sa.Column("participation_id", sa.Uuid),
    sa.Column("occupation_code", sa.ForeignKey("occupations.occupation_code")),
    sa.Column("trade", sa.Text, nullable=False),
    sa.Column("position", Code(Position), nullable=False),
    sa.Column("proposed_position", Code(Position)),
    sa.Column("task", sa.Text, nullable=False),
    sa.Column("hazardous_substances", sa.Text, nullable=False),
    sa.Column("valid_from", sa.Date, nullable=False),
    sa.Column("valid_until", sa.Date),
    sa.Column("state", Code(EntryState), nullable=False),
    sa.Column("is_by_person", sa.Boolean, nullable=False),
    sa.Column("made_in", sa.Uuid),
    sa.Column("accepted_in", sa.Uuid, index=True),
    sa.Column("removed_in", sa.Uuid, index=True),
    sa.Column("decided_by", sa.Text, nullable=False),
    sa.Column("decided_at", Instant),
    sa.Index(None, "site_id", "contractor_id"),
    sa.Index(None, "made_in"),
)

# Append-only: that a day counts with a contractor, an occupation and a position, or that this was taken back.
day_credits = sa.Table(
    "day_credits",
    metadata,
    sa.Column("worker_id", sa.Uuid, primary_key=True),
    sa.Column("site_id", sa.Uuid, primary_key=True),
    sa.Column("work_date", sa.Date, primary_key=True),
    sa.Column("seq", sa.SmallInteger, primary_key=True, autoincrement=False),
    sa.Column("prime_contractor_id", sa.Uuid, nullable=False),
    sa.Column("roster_entry_id", sa.Uuid, nullable=False),
    sa.Column("approval_id", sa.Uuid),
    sa.Column("contractor_id", sa.Uuid, nullable=False),
    sa.Column("occupation_code", sa.String(4), nullable=False),
    sa.Column("position", Code(Position), nullable=False),
    sa.Column("is_withdrawn", sa.Boolean, nullable=False),
    sa.Column("at", Instant, nullable=False),
    sa.Index(None, "site_id", "work_date"),
)

roster_submissions = sa.Table(
    "roster_submissions",
    metadata,
    sa.Column("submission_id", sa.Uuid, primary_key=True),
    sa.Column("site_id", sa.ForeignKey("sites.site_id"), nullable=False),
    sa.Column("prime_contractor_id", sa.Uuid, nullable=False),
    sa.Column("contractor_id", sa.ForeignKey("contractors.contractor_id"), nullable=False, index=True),
    sa.Column("by_account", sa.Uuid),
    sa.Column("by_name", sa.Text, nullable=False),
    sa.Column("at", Instant, nullable=False),
    sa.Column("people", sa.Integer, nullable=False),
    sa.Index(None, "site_id", "contractor_id"),
)

# One person of a submission, sealed under a key of his own, so that it can be destroyed with him.
roster_submission_rows = sa.Table(
    "roster_submission_rows",
    metadata,
    sa.Column("submission_id", sa.ForeignKey("roster_submissions.submission_id"), primary_key=True),
    sa.Column("number", sa.SmallInteger, primary_key=True, autoincrement=False),
    sa.Column("roster_entry_id", sa.Uuid, nullable=False),
    sa.Column("worker_id", sa.Uuid, nullable=False, index=True),
    sa.Column("sealed", sa.Text, nullable=False),
)

person_keys = sa.Table(
    "person_keys",
    metadata,
    sa.Column("worker_id", sa.ForeignKey("workers.worker_id"), primary_key=True),
    sa.Column("sealed_key", sa.Text, nullable=False),
)

# Append-only: what of 新規入場 was ticked for a worker at a site, or taken back; the highest number of a kind holds.
arrival_checks = sa.Table(
    "arrival_checks",
    metadata,
    sa.Column("site_id", sa.Uuid, primary_key=True),
    sa.Column("worker_id", sa.Uuid, primary_key=True),
    sa.Column("kind", Code(ArrivalCheckKind), primary_key=True),
    sa.Column("seq", sa.SmallInteger, primary_key=True, autoincrement=False),
    sa.Column("prime_contractor_id", sa.Uuid, nullable=False),
    sa.Column("contractor_id", sa.Uuid),
    sa.Column("done_on", sa.Date),
    sa.Column("is_withdrawn", sa.Boolean, nullable=False),
    sa.Column("by_account", sa.Uuid),
    sa.Column("by_name", sa.Text, nullable=False),
    sa.Column("at", Instant, nullable=False),
    sa.Index(None, "worker_id"),
)
