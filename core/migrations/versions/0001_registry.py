"""Registry: contractors, workers, phones, sites, lines."""

import csv
from pathlib import Path

import sqlalchemy as sa
from alembic import op

from core.db import Instant

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "contractors",
        sa.Column("contractor_id", sa.Uuid),
        sa.Column("ccus_contractor_id", sa.String(14)),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("name_kana", sa.Text, nullable=False),
        sa.Column("legal_form", sa.String(32), nullable=False),
        sa.Column("capital_yen", sa.BigInteger),
        sa.Column("licence", sa.Text, nullable=False),
        sa.Column("health_insurance", sa.String(32)),
        sa.Column("pension_insurance", sa.String(32)),
        sa.Column("employment_insurance", sa.String(32)),
        sa.Column("mutual_aid", sa.Boolean),
        sa.Column("address", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("contractor_id", name="pk_contractors"),
        sa.CheckConstraint("capital_yen >= 0", name="ck_contractors_capital_not_negative"),
        sa.UniqueConstraint("ccus_contractor_id", name="uq_contractors_ccus_contractor_id"),
    )
    op.create_table(
        "phones",
        sa.Column("phone_id", sa.Uuid),
        sa.Column("blind_index", sa.String(80), nullable=False),
        sa.Column("last4_index", sa.String(16), nullable=False),
        sa.Column("cipher", sa.Text, nullable=False),
        sa.Column("mask", sa.String(24), nullable=False),
        sa.PrimaryKeyConstraint("phone_id", name="pk_phones"),
        sa.UniqueConstraint("blind_index", name="uq_phones_blind_index"),
    )
    op.create_index("ix_phones_last4_index", "phones", ["last4_index"])
    op.create_table(
        "workers",
        sa.Column("worker_id", sa.Uuid),
        sa.Column("ccus_worker_id", sa.String(14)),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("name_kana", sa.Text, nullable=False),
        sa.Column("birth_date", sa.Date),
        sa.Column("address", sa.Text, nullable=False),
        sa.Column("emergency_name", sa.Text, nullable=False),
        sa.Column("emergency_phone_id", sa.Uuid),
        sa.Column("hired_on", sa.Date),
        sa.Column("experience_years", sa.SmallInteger),
        sa.Column("last_health_check_on", sa.Date),
        sa.Column("language", sa.String(32), nullable=False),
        sa.PrimaryKeyConstraint("worker_id", name="pk_workers"),
        sa.ForeignKeyConstraint(["emergency_phone_id"], ["phones.phone_id"], name="fk_workers_emergency_phone_id"),
        sa.UniqueConstraint("ccus_worker_id", name="uq_workers_ccus_worker_id"),
    )
    op.create_table(
        "occupations",
        sa.Column("occupation_code", sa.String(4)),
        sa.Column("name", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("occupation_code", name="pk_occupations"),
    )
    op.create_table(
        "worker_occupations",
        sa.Column("worker_id", sa.Uuid),
        sa.Column("rank", sa.SmallInteger),
        sa.Column("occupation_code", sa.String(4), nullable=False),
        sa.PrimaryKeyConstraint("worker_id", "rank", name="pk_worker_occupations"),
        sa.ForeignKeyConstraint(["worker_id"], ["workers.worker_id"], name="fk_worker_occupations_worker_id"),
        sa.ForeignKeyConstraint(
            ["occupation_code"], ["occupations.occupation_code"], name="fk_worker_occupations_occupation_code"
        ),
        sa.CheckConstraint("rank between 1 and 4", name="ck_worker_occupations_at_most_four"),
        sa.UniqueConstraint("worker_id", "occupation_code", name="uq_worker_occupations_worker_id_occupation_code"),
    )
    op.create_table(
        "positions",
        sa.Column("position", sa.String(32)),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("external_code", sa.String(8)),
        sa.PrimaryKeyConstraint("position", name="pk_positions"),
    )
    op.create_table(
        "phone_numbers",
        sa.Column("phone_number_id", sa.Uuid),
        sa.Column("phone_id", sa.Uuid, nullable=False),
        sa.Column("worker_id", sa.Uuid, nullable=False),
        sa.Column("valid_from", sa.Date, nullable=False),
        sa.Column("valid_until", sa.Date),
        sa.PrimaryKeyConstraint("phone_number_id", name="pk_phone_numbers"),
        sa.ForeignKeyConstraint(["phone_id"], ["phones.phone_id"], name="fk_phone_numbers_phone_id"),
        sa.ForeignKeyConstraint(["worker_id"], ["workers.worker_id"], name="fk_phone_numbers_worker_id"),
    )
    op.create_index("ix_phone_numbers_phone_id", "phone_numbers", ["phone_id"])
    op.create_index("ix_phone_numbers_worker_id", "phone_numbers", ["worker_id"])
    op.create_table(
        "affiliations",
        sa.Column("affiliation_id", sa.Uuid),
        sa.Column("worker_id", sa.Uuid, nullable=False),
        sa.Column("contractor_id", sa.Uuid, nullable=False),
        sa.Column("valid_from", sa.Date, nullable=False),
        sa.Column("valid_until", sa.Date),
        sa.PrimaryKeyConstraint("affiliation_id", name="pk_affiliations"),
        sa.ForeignKeyConstraint(["worker_id"], ["workers.worker_id"], name="fk_affiliations_worker_id"),
        sa.ForeignKeyConstraint(["contractor_id"], ["contractors.contractor_id"], name="fk_affiliations_contractor_id"),
    )
    op.create_index("ix_affiliations_contractor_id", "affiliations", ["contractor_id"])
    op.create_index("ix_affiliations_worker_id", "affiliations", ["worker_id"])
    op.create_table(
        "sites",
        sa.Column("site_id", sa.Uuid),
        sa.Column("ccus_site_id", sa.String(14)),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("name_kana", sa.Text, nullable=False),
        sa.Column("prime_contractor_id", sa.Uuid, nullable=False),
        sa.Column("address", sa.Text, nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("starts_on", sa.Date, nullable=False),
        sa.Column("ends_on", sa.Date),
        sa.Column("site_code", sa.String(4), nullable=False),
        sa.Column("day_starts_min", sa.SmallInteger, nullable=False),
        sa.Column("closes_min", sa.SmallInteger, nullable=False),
        sa.Column("minimum_stay_min", sa.SmallInteger, nullable=False),
        sa.Column("day_code_required", sa.Boolean, nullable=False),
        sa.Column("day_code_key", sa.Text, nullable=False),
        sa.Column("sms_receipt", sa.Boolean, nullable=False),
        sa.PrimaryKeyConstraint("site_id", name="pk_sites"),
        sa.ForeignKeyConstraint(
            ["prime_contractor_id"], ["contractors.contractor_id"], name="fk_sites_prime_contractor_id"
        ),
        sa.CheckConstraint("closes_min between 0 and 1439", name="ck_sites_closes_in_a_day"),
        sa.CheckConstraint("day_starts_min between 0 and 1439", name="ck_sites_day_starts_in_a_day"),
        sa.UniqueConstraint("ccus_site_id", name="uq_sites_ccus_site_id"),
    )
    op.create_index("ix_sites_prime_contractor_id", "sites", ["prime_contractor_id"])
    op.create_table(
        "lines",
        sa.Column("line_id", sa.Uuid),
        sa.Column("e164", sa.String(16), nullable=False),
        sa.Column("carrier", sa.String(16), nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("mode", sa.String(32), nullable=False),
        sa.Column("direction", sa.String(32), nullable=False),
        sa.Column("language", sa.String(32), nullable=False),
        sa.Column("retired_at", Instant),
        sa.PrimaryKeyConstraint("line_id", name="pk_lines"),
        sa.UniqueConstraint("e164", name="uq_lines_e164"),
    )
    op.create_table(
        "line_sites",
        sa.Column("line_id", sa.Uuid),
        sa.Column("site_id", sa.Uuid),
        sa.PrimaryKeyConstraint("line_id", "site_id", name="pk_line_sites"),
        sa.ForeignKeyConstraint(["line_id"], ["lines.line_id"], name="fk_line_sites_line_id"),
        sa.ForeignKeyConstraint(["site_id"], ["sites.site_id"], name="fk_line_sites_site_id"),
    )
    op.create_index("ix_line_sites_site_id", "line_sites", ["site_id"])
    op.create_table(
        "site_assignments",
        sa.Column("assignment_id", sa.Uuid),
        sa.Column("site_id", sa.Uuid, nullable=False),
        sa.Column("worker_id", sa.Uuid, nullable=False),
        sa.Column("position", sa.String(32), nullable=False),
        sa.Column("valid_from", sa.Date, nullable=False),
        sa.Column("valid_until", sa.Date),
        sa.PrimaryKeyConstraint("assignment_id", name="pk_site_assignments"),
        sa.ForeignKeyConstraint(["site_id"], ["sites.site_id"], name="fk_site_assignments_site_id"),
        sa.ForeignKeyConstraint(["worker_id"], ["workers.worker_id"], name="fk_site_assignments_worker_id"),
    )
    op.create_index("ix_site_assignments_site_id", "site_assignments", ["site_id"])
    op.create_index("ix_site_assignments_worker_id", "site_assignments", ["worker_id"])
    op.create_table(
        "participations",
        sa.Column("participation_id", sa.Uuid),
        sa.Column("site_id", sa.Uuid, nullable=False),
        sa.Column("contractor_id", sa.Uuid, nullable=False),
        sa.Column("upper_contractor_id", sa.Uuid),
        sa.Column("valid_from", sa.Date, nullable=False),
        sa.Column("valid_until", sa.Date),
        sa.PrimaryKeyConstraint("participation_id", name="pk_participations"),
        sa.ForeignKeyConstraint(["site_id"], ["sites.site_id"], name="fk_participations_site_id"),
        sa.ForeignKeyConstraint(
            ["contractor_id"], ["contractors.contractor_id"], name="fk_participations_contractor_id"
        ),
        sa.ForeignKeyConstraint(
            ["upper_contractor_id"], ["contractors.contractor_id"], name="fk_participations_upper_contractor_id"
        ),
    )
    op.create_index("ix_participations_contractor_id", "participations", ["contractor_id"])
    op.create_index("ix_participations_site_id", "participations", ["site_id"])

    _no_overlap("affiliations", "worker_id")
    _no_overlap("phone_numbers", "phone_id", "worker_id")
    _no_overlap("site_assignments", "site_id", "worker_id")
    _seed()


def _no_overlap(table: str, *columns: str) -> None:
    """Let PostgreSQL refuse validities that cross; on SQLite the rules alone hold it."""
    if op.get_bind().dialect.name != "postgresql":
        return
    op.execute("create extension if not exists btree_gist")
    same = ", ".join(f"{column} with =" for column in columns)
    op.execute(
        f"alter table {table} add constraint no_overlap_{table} "
        f"exclude using gist ({same}, daterange(valid_from, valid_until, '[]') with &&)"
    )


def _seed() -> None:
    occupations = sa.table("occupations", sa.column("occupation_code"), sa.column("name"))
    file = Path(__file__).parents[1] / "data" / "0001_occupations.csv"
    with file.open(encoding="utf-8", newline="") as rows:
        op.bulk_insert(occupations, list(csv.DictReader(rows)))
    positions = sa.table("positions", sa.column("position"), sa.column("name"))
    op.bulk_insert(
        positions,
        [
            {"position": "foreman", "name": "職長"},
            {"position": "crew_leader", "name": "班長"},
            {"position": "other", "name": "その他"},
        ],
    )
