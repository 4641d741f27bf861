"""Who works under whom on a site: policies, formal links with their history, proposals, answers, looks."""

import sqlalchemy as sa
from alembic import op

from core.db import Instant
from core.migrations import row_security as rows

revision = "0022"
down_revision = "0021"

# A subcontractor sees the links in which it stands and those of the tiers below it; what the machine proposes for a
# site is for those who see the site whole.
LINKED = f"{rows.whole_site()} or {rows.crew()} or upper_contractor_id = {rows.EMPLOYERS}"
# A worker sees what the chain of those he works for lacks, so that he knows why his days do not count.
OWN_CREW = "(site_id in (select genba_own_sites()) and contractor_id in (select genba_own_contractors()))"
PROTECTED: dict[str, tuple[str, str]] = {
    "tier_policies": (rows.own("prime_contractor_id"), "select"),
    "tier_links": (LINKED, "select"),
    "tier_link_events": (LINKED, ""),
    "tier_chains": (f"{rows.whole_site()} or {rows.crew()} or {OWN_CREW}", ""),
    "tier_proposals": (rows.whole_site(), ""),
    "tier_proposed_links": (rows.whole_site(), "select"),
    "tier_answers": (rows.whole_site(), "select, insert, update"),
    "tier_looks": (f"{rows.EVERYTHING} or {rows.of('memberships', 'account_id', 'tier_looks')}", ""),
}


def upgrade() -> None:
    _links()
    _proposals()
    _append_only("tier_link_events")
    connection = op.get_bind()
    if connection.dialect.name == "postgresql":
        for table, (seen, ingest) in PROTECTED.items():
            rows.protect(connection, table, seen, ingest=ingest)


def _links() -> None:
    op.create_table(
        "tier_policies",
        sa.Column("prime_contractor_id", sa.Uuid),
        sa.Column("deepest_tier", sa.SmallInteger),
        sa.Column("accepts_at_once", sa.Boolean, nullable=False),
        sa.Column("asks_callers", sa.Boolean, nullable=False),
        sa.Column("shares_history", sa.Boolean, nullable=False),
        sa.PrimaryKeyConstraint("prime_contractor_id", name="pk_tier_policies"),
        _names_contractor("tier_policies", "prime_contractor_id"),
    )
    op.create_table(
        "tier_links",
        sa.Column("link_id", sa.Uuid),
        sa.Column("site_id", sa.Uuid, nullable=False),
        sa.Column("prime_contractor_id", sa.Uuid, nullable=False),
        sa.Column("contractor_id", sa.Uuid, nullable=False),
        sa.Column("upper_contractor_id", sa.Uuid, nullable=False),
        sa.Column("state", sa.String(32), nullable=False),
        sa.Column("valid_from", sa.Date, nullable=False),
        sa.Column("valid_until", sa.Date),
        sa.Column("participation_id", sa.Uuid),
        sa.Column("kept_against", sa.Uuid),
        sa.Column("instead_of", sa.Uuid),
        sa.Column("seq", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("link_id", name="pk_tier_links"),
        sa.ForeignKeyConstraint(["site_id"], ["sites.site_id"], name="fk_tier_links_site_id"),
        _names_contractor("tier_links", "contractor_id"),
        _names_contractor("tier_links", "upper_contractor_id"),
    )
    for column in ("site_id", "contractor_id", "upper_contractor_id"):
        op.create_index(f"ix_tier_links_{column}", "tier_links", [column])
    op.create_table(
        "tier_link_events",
        sa.Column("site_id", sa.Uuid),
        sa.Column("seq", sa.Integer, autoincrement=False),
        sa.Column("link_id", sa.Uuid, nullable=False),
        sa.Column("prime_contractor_id", sa.Uuid, nullable=False),
        sa.Column("contractor_id", sa.Uuid, nullable=False),
        sa.Column("upper_contractor_id", sa.Uuid, nullable=False),
        sa.Column("act", sa.String(32), nullable=False),
        sa.Column("before", sa.String(32)),
        sa.Column("after", sa.String(32), nullable=False),
        sa.Column("acted_for", sa.Uuid, nullable=False),
        sa.Column("is_proxy", sa.Boolean, nullable=False),
        sa.Column("by_account", sa.Uuid),
        sa.Column("by_name", sa.Text, nullable=False),
        sa.Column("at", Instant, nullable=False),
        sa.Column("batch_id", sa.Uuid, nullable=False),
        sa.Column("undoes", sa.Uuid),
        sa.Column("note", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("site_id", "seq", name="pk_tier_link_events"),
    )
    for column in ("batch_id", "contractor_id", "upper_contractor_id"):
        op.create_index(f"ix_tier_link_events_{column}", "tier_link_events", [column])


def _proposals() -> None:
    op.create_table(
        "tier_chains",
        sa.Column("site_id", sa.Uuid),
        sa.Column("contractor_id", sa.Uuid),
        sa.Column("prime_contractor_id", sa.Uuid, nullable=False),
        sa.Column("whole_from", sa.Date),
        sa.Column("whole_until", sa.Date),
        sa.Column("mover", sa.String(32), nullable=False),
        sa.PrimaryKeyConstraint("site_id", "contractor_id", name="pk_tier_chains"),
    )
    op.create_table(
        "tier_proposals",
        sa.Column("site_id", sa.Uuid),
        sa.Column("prime_contractor_id", sa.Uuid, nullable=False),
        sa.Column("made_at", Instant, nullable=False),
        sa.Column("passages", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("site_id", name="pk_tier_proposals"),
    )
    op.create_table(
        "tier_proposed_links",
        sa.Column("site_id", sa.Uuid),
        sa.Column("contractor_id", sa.Uuid),
        sa.Column("prime_contractor_id", sa.Uuid, nullable=False),
        sa.Column("upper_contractor_id", sa.Uuid, nullable=False),
        sa.Column("tier", sa.SmallInteger, nullable=False),
        sa.Column("confidence", sa.Float, nullable=False),
        sa.Column("needs_review", sa.Boolean, nullable=False),
        sa.Column("has_entered", sa.Boolean, nullable=False),
        sa.Column("evidence", sa.Text, nullable=False),
        sa.Column("changed_at", Instant, nullable=False),
        sa.Column("was_under", sa.Uuid),
        sa.PrimaryKeyConstraint("site_id", "contractor_id", name="pk_tier_proposed_links"),
    )
    op.create_table(
        "tier_answers",
        sa.Column("site_id", sa.Uuid),
        sa.Column("contractor_id", sa.Uuid),
        sa.Column("prime_contractor_id", sa.Uuid, nullable=False),
        sa.Column("worker_id", sa.Uuid, nullable=False),
        sa.Column("upper_contractor_id", sa.Uuid),
        sa.Column("asked_at", Instant, nullable=False),
        sa.PrimaryKeyConstraint("site_id", "contractor_id", name="pk_tier_answers"),
    )
    op.create_table(
        "tier_looks",
        sa.Column("account_id", sa.Uuid),
        sa.Column("site_id", sa.Uuid),
        sa.Column("seq", sa.Integer, nullable=False),
        sa.Column("looked_at", Instant, nullable=False),
        sa.PrimaryKeyConstraint("account_id", "site_id", name="pk_tier_looks"),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.account_id"], name="fk_tier_looks_account_id"),
    )


def _names_contractor(table: str, column: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], ["contractors.contractor_id"], name=f"fk_{table}_{column}")


def _append_only(table: str) -> None:
    if op.get_bind().dialect.name == "postgresql":
        # refuse_change() is there since 0002.
        op.execute(
            f"create trigger {table}_append_only before update or delete or truncate on {table} "
            "for each statement execute function refuse_change()"
        )
        return
    for change in ("update", "delete"):
        op.execute(
            f"create trigger {table}_no_{change} before {change} on {table} "
            f"begin select raise(abort, '{table} is append-only'); end"
        )
