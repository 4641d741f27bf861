"""What of the structures is worth telling people now, for all sites at once: how things stand, not who just did what.

An answer that asks for nothing, an acceptance, is told once: on the next morning, with all others of its day.
"""

from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from core.clock import instant_on, work_date
from core.db import Session
from core.notices.model import Fact, NoticeKind
from core.tiering.link_model import LinkAct, LinkState
from core.tiering.proposal_model import SURE
from core.tiering.tables import tier_link_events, tier_links, tier_proposed_links

REFUSALS_TOLD = timedelta(days=14)  # who has not acted on one by then knows of it
_OPEN = [state for state in LinkState if state.is_open]


def find_facts(session: Session, now: datetime) -> list[Fact]:
    """Return what is worth telling at this moment: to the invited, and to the prime contractors of sites."""
    link = tier_links.c
    invited = (
        sa.select(link.site_id, link.contractor_id, sa.func.count())
        .where(link.state == LinkState.INVITED)
        .group_by(link.site_id, link.contractor_id)
    )
    facts = [
        Fact(NoticeKind.TIER_INVITATIONS, count, site_id, owner_id=contractor_id)
        for site_id, contractor_id, count in session.execute(invited)
    ]
    today = work_date(now)
    since, until = (instant_on(today - timedelta(days=ago), timedelta()) for ago in (1, 0))
    for kind, contractors in (
        (NoticeKind.TIER_ACCEPTANCES, _accepted(since, until)),
        (NoticeKind.TIER_REFUSALS, _refused(now - REFUSALS_TOLD)),
        (NoticeKind.TIER_QUESTIONS, _questioned()),
    ):
        counted = contractors.with_only_columns(
            link.site_id, link.prime_contractor_id, sa.func.count(link.contractor_id.distinct())
        ).group_by(link.site_id, link.prime_contractor_id)
        facts += [Fact(kind, count, site_id, prime_id) for site_id, prime_id, count in session.execute(counted)]
    return facts


def _accepted(since: datetime, until: datetime) -> sa.Select[Any]:
    """Return the query of what contractors themselves accepted between two instants, and still stands."""
    event = tier_link_events.c
    return _answered(LinkAct.ACCEPTED).where(
        tier_links.c.state == LinkState.ACCEPTED, event.at >= since, event.at < until
    )


def _refused(since: datetime) -> sa.Select[Any]:
    """Return the query of what contractors themselves refused, as long as nobody has found them another place."""
    link, other = tier_links.c, tier_links.alias().c
    has_place = sa.exists().where(
        other.site_id == link.site_id, other.contractor_id == link.contractor_id, other.state.in_(_OPEN)
    )
    declined = _answered(LinkAct.DECLINED).where(link.state == LinkState.DECLINED, ~has_place)
    return declined.where(tier_link_events.c.at >= since)


def _answered(act: LinkAct) -> sa.Select[Any]:
    link, event = tier_links.c, tier_link_events.c
    is_of = sa.and_(event.site_id == link.site_id, event.link_id == link.link_id)
    return sa.select(tier_links).join(tier_link_events, is_of).where(event.act == act, ~event.is_proxy)


def _questioned() -> sa.Select[Any]:
    """Return the query of accepted links that the machine holds to be wrong, as core.tiering.structure shows them."""
    link, proposed, other = tier_links.c, tier_proposed_links.c, tier_links.alias().c
    is_same = sa.and_(proposed.site_id == link.site_id, proposed.contractor_id == link.contractor_id)
    stands_there = sa.exists().where(
        other.site_id == link.site_id,
        other.contractor_id == link.contractor_id,
        other.state == LinkState.ACCEPTED,
        other.upper_contractor_id == proposed.upper_contractor_id,
    )
    return (
        sa.select(tier_links)
        .join(tier_proposed_links, is_same)
        .where(link.state == LinkState.ACCEPTED, ~proposed.needs_review, proposed.confidence >= SURE, ~stands_there)
        .where(sa.or_(link.kept_against.is_(None), link.kept_against != proposed.upper_contractor_id))
    )
