"""Tiering's tables of links: what people made of a site's structure, and what the machine proposes for it.

tier_link_events is append-only: triggers hold that on both databases. What is proposed refers to nothing by key,
because it is made anew from the ledger whenever it is stale.
"""

import sqlalchemy as sa

import core.tiering.roster_tables  # noqa: F401 - the rest of this area's tables
from core.attendance.counting import Mover
from core.db import Code, Instant, metadata
from core.tiering.link_model import LinkAct, LinkState

tier_policies = sa.Table(
    "tier_policies",
    metadata,
    sa.Column("prime_contractor_id", sa.ForeignKey("contractors.contractor_id"), primary_key=True),
    sa.Column("deepest_tier", sa.SmallInteger),
    sa.Column("accepts_at_once", sa.Boolean, nullable=False),
    sa.Column("asks_callers", sa.Boolean, nullable=False),
    sa.Column("shares_history", sa.Boolean, nullable=False),
)

tier_links = sa.Table(
    "tier_links",
    metadata,
    sa.Column("link_id", sa.Uuid, primary_key=True),
    sa.Column("site_id", sa.ForeignKey("sites.site_id"), nullable=False, index=True),
    sa.Column("prime_contractor_id", sa.Uuid, nullable=False),
    sa.Column("contractor_id", sa.ForeignKey("contractors.contractor_id"), nullable=False, index=True),
    sa.Column("upper_contractor_id", sa.ForeignKey("contractors.contractor_id"), nullable=False, index=True),
    sa.Column("state", Code(LinkState), nullable=False),
    sa.Column("valid_from", sa.Date, nullable=False),
    sa.Column("valid_until", sa.Date),
    sa.Column("participation_id", sa.Uuid),
    sa.Column("kept_against", sa.Uuid),
    sa.Column("instead_of", sa.Uuid),
    sa.Column("seq", sa.Integer, nullable=False),
)

tier_link_events = sa.Table(
    "tier_link_events",
    metadata,
    sa.Column("site_id", sa.Uuid, primary_key=True),
    sa.Column("seq", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("link_id", sa.Uuid, nullable=False),
    sa.Column("prime_contractor_id", sa.Uuid, nullable=False),
    sa.Column("contractor_id", sa.Uuid, nullable=False),
    sa.Column("upper_contractor_id", sa.Uuid, nullable=False),
    sa.Column("act", Code(LinkAct), nullable=False),
    sa.Column("before", Code(LinkState)),
    sa.Column("after", Code(LinkState), nullable=False),
    sa.Column("acted_for", sa.Uuid, nullable=False),
    sa.Column("is_proxy", sa.Boolean, nullable=False),
    sa.Column("by_account", sa.Uuid),
    sa.Column("by_name", sa.Text, nullable=False),
    sa.Column("at", Instant, nullable=False),
    sa.Column("batch_id", sa.Uuid, nullable=False, index=True),
    sa.Column("undoes", sa.Uuid),
    sa.Column("note", sa.Text, nullable=False),
    sa.Index(None, "contractor_id"),
    sa.Index(None, "upper_contractor_id"),
)

# What the links add up to for each contractor, for those who may see their own days but not the links above them.
tier_chains = sa.Table(
    "tier_chains",
    metadata,
    sa.Column("site_id", sa.Uuid, primary_key=True),
    sa.Column("contractor_id", sa.Uuid, primary_key=True),
    sa.Column("prime_contractor_id", sa.Uuid, nullable=False),
    sa.Column("whole_from", sa.Date),
    sa.Column("whole_until", sa.Date),
    sa.Column("mover", Code(Mover), nullable=False),
)

tier_proposals = sa.Table(
    "tier_proposals",
    metadata,
    sa.Column("site_id", sa.Uuid, primary_key=True),
    sa.Column("prime_contractor_id", sa.Uuid, nullable=False),
    sa.Column("made_at", Instant, nullable=False),
    sa.Column("passages", sa.Integer, nullable=False),
)

tier_proposed_links = sa.Table(
    "tier_proposed_links",
    metadata,
    sa.Column("site_id", sa.Uuid, primary_key=True),
    sa.Column("contractor_id", sa.Uuid, primary_key=True),
    sa.Column("prime_contractor_id", sa.Uuid, nullable=False),
    sa.Column("upper_contractor_id", sa.Uuid, nullable=False),
    sa.Column("tier", sa.SmallInteger, nullable=False),
    sa.Column("confidence", sa.Float, nullable=False),
    sa.Column("needs_review", sa.Boolean, nullable=False),
    sa.Column("has_entered", sa.Boolean, nullable=False),
    sa.Column("evidence", sa.Text, nullable=False),
    sa.Column("changed_at", Instant, nullable=False),
    sa.Column("was_under", sa.Uuid),
)

# What a caller keyed when he was asked, once for a contractor and site; without an upper he was asked and said nothing.
tier_answers = sa.Table(
    "tier_answers",
    metadata,
    sa.Column("site_id", sa.Uuid, primary_key=True),
    sa.Column("contractor_id", sa.Uuid, primary_key=True),
    sa.Column("prime_contractor_id", sa.Uuid, nullable=False),
    sa.Column("worker_id", sa.Uuid, nullable=False),
    sa.Column("upper_contractor_id", sa.Uuid),
    sa.Column("asked_at", Instant, nullable=False),
)

tier_looks = sa.Table(
    "tier_looks",
    metadata,
    sa.Column("account_id", sa.ForeignKey("accounts.account_id"), primary_key=True),
    sa.Column("site_id", sa.Uuid, primary_key=True),
    sa.Column("seq", sa.Integer, nullable=False),
    sa.Column("looked_at", Instant, nullable=False),
)
