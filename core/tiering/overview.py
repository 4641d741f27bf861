"""Where the structures of sites wait for a person: for the choice of a site, and the number in the navigation.

What counts as waiting is what read_structure() calls to_decide, said as one query over many sites.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from core.db import Session
from core.ids import SiteId
from core.registry.paging import PAGE_ROWS, Listed
from core.registry.search import all_of, site_matches
from core.registry.tables import contractors, participations, sites
from core.registry.visibility import Condition, crew_is_visible, site_is_visible, site_is_whole
from core.scope import Scope
from core.tiering.link_model import LinkState
from core.tiering.proposal_model import SURE
from core.tiering.tables import tier_links, tier_proposals, tier_proposed_links

COUNT_MOST = 100  # beyond this nobody reads the number


@dataclass(frozen=True, slots=True)
class SiteTiers:
    """A site as it is chosen: to_decide needs a person, open_ is not accepted yet, invited waits for the lower one."""

    site_id: SiteId
    name: str
    prime_name: str
    to_decide: int
    open_: int
    invited: int
    is_proposed: bool


def sites_with_tiers(session: Session, scope: Scope, q: str = "", offset: int = 0) -> Listed[SiteTiers]:
    """Return the sites a scope reaches, those that need a person first, then by kana."""
    waiting = _waiting(scope).group_by(tier_proposed_links.c.site_id).subquery()
    condition = all_of([site_is_visible(scope), site_matches(q)])
    count = sa.func.coalesce(waiting.c.waiting, 0)
    statement = (
        sa.select(sites.c.site_id, sites.c.name, contractors.c.name.label("prime_name"), count.label("waiting"))
        .join(contractors, contractors.c.contractor_id == sites.c.prime_contractor_id)
        .outerjoin(waiting, waiting.c.site_id == sites.c.site_id)
        .where(condition)
        .order_by(count.desc(), sites.c.name_kana, sites.c.name, sites.c.site_id)
    )
    total = session.scalar(sa.select(sa.func.count()).select_from(sites).where(condition)) or 0
    rows = session.execute(statement.limit(PAGE_ROWS).offset(offset)).all()
    ids = [row.site_id for row in rows]
    open_, invited, proposed = _open(session, scope, ids), _invited(session, scope, ids), _proposed(session, scope, ids)
    found = tuple(
        SiteTiers(
            site_id=row.site_id,
            name=row.name,
            prime_name=row.prime_name,
            to_decide=row.waiting,
            open_=open_.get(row.site_id, 0),
            invited=invited.get(row.site_id, 0),
            is_proposed=row.site_id in proposed,
        )
        for row in rows
    )
    return Listed(found, total, offset)


def count_to_decide(session: Session, scope: Scope) -> int:
    """Return how many places need a person on all sites the scope sees whole, COUNT_MOST for that many or more."""
    open_ = _waiting(scope).with_only_columns(sa.literal(1)).limit(COUNT_MOST).subquery()
    return session.scalar(sa.select(sa.func.count()).select_from(open_)) or 0


def _waiting(scope: Scope) -> sa.Select[Any]:
    """Return the query of the proposed links that need a person, counted; without its grouping."""
    kept = tier_proposed_links.c
    is_linked, is_declared = _has_link("invited", "accepted"), _is_declared()
    is_refused = _has_link("rejected", to_proposed=True)
    is_sure = sa.and_(~kept.needs_review, kept.confidence >= SURE)
    needs = sa.or_(
        sa.and_(~is_linked, ~is_declared, sa.or_(kept.needs_review, is_refused)),
        sa.and_(~is_linked, is_declared, kept.confidence >= SURE, ~_is_declared(to_proposed=True)),
        sa.and_(
            _has_link("accepted"),
            is_sure,
            ~_has_link("accepted", to_proposed=True),
            ~_has_link("accepted", is_kept=True),
        ),
    )
    counted = sa.select(kept.site_id, sa.func.count().label("waiting"))
    return counted.where(_is_whole(scope, tier_proposed_links), needs)


def _has_link(*states: str, to_proposed: bool = False, is_kept: bool = False) -> sa.ColumnElement[bool]:
    """Condition on proposed links: their contractor has a link in one of some states."""
    kept, link = tier_proposed_links.c, tier_links.alias().c
    found = sa.exists().where(link.site_id == kept.site_id, link.contractor_id == kept.contractor_id)
    found = found.where(link.state.in_([LinkState(state) for state in states]))
    if to_proposed:
        found = found.where(link.upper_contractor_id == kept.upper_contractor_id)
    if is_kept:
        found = found.where(link.kept_against == kept.upper_contractor_id)
    return found.correlate(tier_proposed_links)


def _is_declared(*, to_proposed: bool = False) -> sa.ColumnElement[bool]:
    kept, part = tier_proposed_links.c, participations.alias().c
    found = sa.exists().where(part.site_id == kept.site_id, part.contractor_id == kept.contractor_id)
    found = found.where(part.upper_contractor_id.is_not(None), part.valid_until.is_(None))
    if to_proposed:
        found = found.where(part.upper_contractor_id == kept.upper_contractor_id)
    return found.correlate(tier_proposed_links)


def _open(session: Session, scope: Scope, site_ids: Collection[UUID]) -> dict[UUID, int]:
    """Return how many contractors of sites are proposed or declared, and neither invited nor accepted."""
    kept, part, link = tier_proposed_links.c, participations.c, tier_links.c
    whole = part.site_id.in_(sa.select(sites.c.site_id).where(site_is_whole(scope)))
    named = sa.union(
        sa.select(kept.site_id, kept.contractor_id).where(
            kept.site_id.in_(site_ids), _is_whole(scope, tier_proposed_links)
        ),
        sa.select(part.site_id, part.contractor_id).where(
            part.site_id.in_(site_ids), part.upper_contractor_id.is_not(None), part.valid_until.is_(None), whole
        ),
    ).subquery()
    is_linked = (
        sa.exists()
        .where(link.site_id == named.c.site_id, link.contractor_id == named.c.contractor_id)
        .where(link.state.in_([LinkState.INVITED, LinkState.ACCEPTED]))
        .correlate(named)
    )
    return _counts(session, sa.select(named.c.site_id, sa.func.count()).where(~is_linked).group_by(named.c.site_id))


def _invited(session: Session, scope: Scope, site_ids: Collection[UUID]) -> dict[UUID, int]:
    link = tier_links.c
    visible = sa.or_(
        _is_whole(scope, tier_links),
        crew_is_visible(scope, link.site_id, link.contractor_id),
        link.upper_contractor_id.in_(scope.employers) if scope.employers else sa.false(),
    )
    counted = sa.select(link.site_id, sa.func.count()).where(link.site_id.in_(site_ids), visible)
    return _counts(session, counted.where(link.state == LinkState.INVITED).group_by(link.site_id))


def _proposed(session: Session, scope: Scope, site_ids: Collection[UUID]) -> set[UUID]:
    made = tier_proposals.c
    statement = sa.select(made.site_id).where(made.site_id.in_(site_ids), _is_whole(scope, tier_proposals))
    return set(session.scalars(statement))


def _counts(session: Session, statement: sa.Select[Any]) -> dict[UUID, int]:
    return {row[0]: row[1] for row in session.execute(statement)}


def _is_whole(scope: Scope, table: sa.Table) -> Condition:
    if scope.everything:
        return sa.true()
    return sa.or_(table.c.prime_contractor_id.in_(scope.primes), table.c.site_id.in_(scope.sites))
