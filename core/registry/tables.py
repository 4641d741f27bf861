"""The registry's tables."""

from typing import Any

import sqlalchemy as sa

import core.registry.own_tables  # noqa: F401 - the rest of this area's tables
from core.db import Code, Instant, metadata
from core.registry.model import (
    GrantKind,
    InsuranceStatus,
    Language,
    LegalForm,
    LineDirection,
    LineMode,
    Position,
    SiteKind,
)
from core.registry.proposal_model import ProposalKind, ProposalState
from core.registry.qualification_model import QualificationKind


def _found_and_sorted(table: str, key: str) -> tuple[sa.Index, sa.Index]:
    """Return the indexes of a table with names: trigrams for the search (plain on SQLite), and the order of lists."""
    trigrams: dict[str, Any] = {"postgresql_using": "gin", "postgresql_ops": {"search_text": "gin_trgm_ops"}}
    return (
        sa.Index(f"ix_{table}_search_text", "search_text", **trigrams),
        sa.Index(f"ix_{table}_name_kana", "name_kana", "name", key),
    )


contractors = sa.Table(
    "contractors",
    metadata,
    sa.Column("contractor_id", sa.Uuid, primary_key=True),
    sa.Column("ccus_contractor_id", sa.String(14), unique=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("name_kana", sa.Text, nullable=False),
    sa.Column("legal_form", Code(LegalForm), nullable=False),
    sa.Column("capital_yen", sa.BigInteger),
    sa.Column("licence", sa.Text, nullable=False),
    sa.Column("health_insurance", Code(InsuranceStatus)),
    sa.Column("pension_insurance", Code(InsuranceStatus)),
    sa.Column("employment_insurance", Code(InsuranceStatus)),
    sa.Column("mutual_aid", sa.Boolean),
    sa.Column("address", sa.Text, nullable=False),
    sa.Column("search_text", sa.Text, nullable=False, server_default=""),
    sa.CheckConstraint("capital_yen >= 0", name="capital_not_negative"),
    *_found_and_sorted("contractors", "contractor_id"),
)

phones = sa.Table(
    "phones",
    metadata,
    sa.Column("phone_id", sa.Uuid, primary_key=True),
    sa.Column("blind_index", sa.String(80), nullable=False, unique=True),
    sa.Column("last4_index", sa.String(16), nullable=False, index=True),
    sa.Column("cipher", sa.Text, nullable=False),
    sa.Column("mask", sa.String(24), nullable=False),
)

workers = sa.Table(
    "workers",
    metadata,
    sa.Column("worker_id", sa.Uuid, primary_key=True),
    sa.Column("ccus_worker_id", sa.String(14), unique=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("name_kana", sa.Text, nullable=False),
    sa.Column("birth_date", sa.Date),
    sa.Column("address", sa.Text, nullable=False),
    sa.Column("emergency_name", sa.Text, nullable=False),
    sa.Column("emergency_phone_id", sa.ForeignKey("phones.phone_id")),
    sa.Column("hired_on", sa.Date),
    sa.Column("experience_years", sa.SmallInteger),
    sa.Column("last_health_check_on", sa.Date),
    sa.Column("language", Code(Language), nullable=False),
    sa.Column("search_text", sa.Text, nullable=False, server_default=""),
    *_found_and_sorted("workers", "worker_id"),
)

occupations = sa.Table(
    "occupations",
    metadata,
    sa.Column("occupation_code", sa.String(4), primary_key=True),
    sa.Column("name", sa.Text, nullable=False),
)

worker_occupations = sa.Table(
    "worker_occupations",
    metadata,
    sa.Column("worker_id", sa.ForeignKey("workers.worker_id"), primary_key=True),
    sa.Column("rank", sa.SmallInteger, primary_key=True),
    sa.Column("occupation_code", sa.ForeignKey("occupations.occupation_code"), nullable=False),
    sa.CheckConstraint("rank between 1 and 4", name="at_most_four"),
    sa.UniqueConstraint("worker_id", "occupation_code"),
)

positions = sa.Table(
    "positions",
    metadata,
    sa.Column("position", Code(Position), primary_key=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("external_code", sa.String(8)),  # the numbers of 立場コード are not public: filled in when known
)

phone_numbers = sa.Table(
    "phone_numbers",
    metadata,
    sa.Column("phone_number_id", sa.Uuid, primary_key=True),
    sa.Column("phone_id", sa.ForeignKey("phones.phone_id"), nullable=False, index=True),
    sa.Column("worker_id", sa.ForeignKey("workers.worker_id"), nullable=False, index=True),
    sa.Column("valid_from", sa.Date, nullable=False),
    sa.Column("valid_until", sa.Date),
)

affiliations = sa.Table(
    "affiliations",
    metadata,
    sa.Column("affiliation_id", sa.Uuid, primary_key=True),
    sa.Column("worker_id", sa.ForeignKey("workers.worker_id"), nullable=False, index=True),
    sa.Column("contractor_id", sa.ForeignKey("contractors.contractor_id"), nullable=False, index=True),
    sa.Column("valid_from", sa.Date, nullable=False),
    sa.Column("valid_until", sa.Date),
)

sites = sa.Table(
    "sites",
    metadata,
    sa.Column("site_id", sa.Uuid, primary_key=True),
    sa.Column("ccus_site_id", sa.String(14), unique=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("name_kana", sa.Text, nullable=False),
    sa.Column("prime_contractor_id", sa.ForeignKey("contractors.contractor_id"), nullable=False, index=True),
    sa.Column("address", sa.Text, nullable=False),
    sa.Column("kind", Code(SiteKind), nullable=False),
    sa.Column("starts_on", sa.Date, nullable=False),
    sa.Column("ends_on", sa.Date),
    sa.Column("site_code", sa.String(4), nullable=False),
    sa.Column("day_starts_min", sa.SmallInteger, nullable=False),
    sa.Column("closes_min", sa.SmallInteger, nullable=False),
    sa.Column("minimum_stay_min", sa.SmallInteger, nullable=False),
    sa.Column("day_code_required", sa.Boolean, nullable=False),
    sa.Column("day_code_key", sa.Text, nullable=False),
    sa.Column("sms_receipt", sa.Boolean, nullable=False),
    sa.Column("search_text", sa.Text, nullable=False, server_default=""),
    sa.CheckConstraint("day_starts_min between 0 and 1439", name="day_starts_in_a_day"),
    sa.CheckConstraint("closes_min between 0 and 1439", name="closes_in_a_day"),
    *_found_and_sorted("sites", "site_id"),
)

lines = sa.Table(
    "lines",
    metadata,
    sa.Column("line_id", sa.Uuid, primary_key=True),
    sa.Column("e164", sa.String(16), nullable=False, unique=True),
    sa.Column("carrier", sa.String(16), nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("mode", Code(LineMode), nullable=False),
    sa.Column("direction", Code(LineDirection), nullable=False),
    sa.Column("language", Code(Language), nullable=False),
    sa.Column("retired_at", Instant),
)

line_sites = sa.Table(
    "line_sites",
    metadata,
    sa.Column("line_id", sa.ForeignKey("lines.line_id"), primary_key=True),
    sa.Column("site_id", sa.ForeignKey("sites.site_id"), primary_key=True, index=True),
)

site_assignments = sa.Table(
    "site_assignments",
    metadata,
    sa.Column("assignment_id", sa.Uuid, primary_key=True),
    sa.Column("site_id", sa.ForeignKey("sites.site_id"), nullable=False, index=True),
    sa.Column("worker_id", sa.ForeignKey("workers.worker_id"), nullable=False, index=True),
    sa.Column("position", Code(Position), nullable=False),
    sa.Column("valid_from", sa.Date, nullable=False),
    sa.Column("valid_until", sa.Date),
)

participations = sa.Table(
    "participations",
    metadata,
    sa.Column("participation_id", sa.Uuid, primary_key=True),
    sa.Column("site_id", sa.ForeignKey("sites.site_id"), nullable=False, index=True),
    sa.Column("contractor_id", sa.ForeignKey("contractors.contractor_id"), nullable=False, index=True),
    sa.Column("upper_contractor_id", sa.ForeignKey("contractors.contractor_id")),
    sa.Column("valid_from", sa.Date, nullable=False),
    sa.Column("valid_until", sa.Date),
)

# Who ever came where, and with whose crew (the nil id where nobody knows): the ledger's days, told once.
site_visits = sa.Table(
    "site_visits",
    metadata,
    sa.Column("site_id", sa.Uuid, primary_key=True),
    sa.Column("worker_id", sa.Uuid, primary_key=True, index=True),
    sa.Column("contractor_id", sa.Uuid, primary_key=True, index=True),
)

proposals = sa.Table(
    "proposals",
    metadata,
    sa.Column("proposal_id", sa.Uuid, primary_key=True),
    sa.Column("worker_id", sa.ForeignKey("workers.worker_id"), nullable=False, index=True),
    sa.Column("kind", Code(ProposalKind), nullable=False),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("phone_id", sa.ForeignKey("phones.phone_id")),
    sa.Column("contractor_id", sa.ForeignKey("contractors.contractor_id")),
    sa.Column("card_id", sa.Uuid),
    sa.Column("valid_from", sa.Date),
    sa.Column("proposed_by", sa.Uuid, nullable=False),
    sa.Column("proposer_id", sa.ForeignKey("contractors.contractor_id"), index=True),
    sa.Column("proposed_at", Instant, nullable=False),
    sa.Column("state", Code(ProposalState), nullable=False, index=True),
    sa.Column("decided_by", sa.Uuid),
    sa.Column("decided_at", Instant),
    sa.Column("reason", sa.Text, nullable=False),
)

# Who may see what, kept current by core.registry.grants; the viewer is a contractor, or a site for who manages it.
grants = sa.Table(
    "grants",
    metadata,
    sa.Column("viewer_id", sa.Uuid, primary_key=True),
    sa.Column("kind", Code(GrantKind), primary_key=True),
    sa.Column("subject_id", sa.Uuid, primary_key=True),
    sa.Index("ix_grants_kind_subject_id", "kind", "subject_id"),
)

# Whose people's days on a site a contractor above them may see.
crew_grants = sa.Table(
    "crew_grants",
    metadata,
    sa.Column("viewer_id", sa.Uuid, primary_key=True),
    sa.Column("site_id", sa.Uuid, primary_key=True, index=True),
    sa.Column("contractor_id", sa.Uuid, primary_key=True),
)

worker_qualifications = sa.Table(
    "worker_qualifications",
    metadata,
    sa.Column("qualification_id", sa.Uuid, primary_key=True),
    sa.Column("worker_id", sa.ForeignKey("workers.worker_id"), nullable=False, index=True),
    sa.Column("kind", Code(QualificationKind), nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("number", sa.Text, nullable=False),
    sa.Column("obtained_on", sa.Date),
    sa.Column("expires_on", sa.Date),
)

# 作業内容 of a site, and the qualifications it needs by their names: which ones, the site's people enter.
site_tasks = sa.Table(
    "site_tasks",
    metadata,
    sa.Column("site_task_id", sa.Uuid, primary_key=True),
    sa.Column("site_id", sa.ForeignKey("sites.site_id"), nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("hazardous_substances", sa.Text, nullable=False),
    sa.UniqueConstraint("site_id", "name"),
)

site_task_qualifications = sa.Table(
    "site_task_qualifications",
    metadata,
    sa.Column("site_task_id", sa.ForeignKey("site_tasks.site_task_id"), primary_key=True),
    sa.Column("name", sa.Text, primary_key=True),
)

assignment_tasks = sa.Table(
    "assignment_tasks",
    metadata,
    sa.Column("assignment_id", sa.ForeignKey("site_assignments.assignment_id"), primary_key=True),
    sa.Column("site_task_id", sa.ForeignKey("site_tasks.site_task_id"), nullable=False, index=True),
)
