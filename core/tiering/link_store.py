"""The queries of formal links, their history, and the prime contractors' policies."""

from collections.abc import Collection, Iterable
from dataclasses import asdict
from uuid import UUID

import sqlalchemy as sa

from core.db import Session, as_model
from core.ids import ContractorId, SiteId
from core.registry.visibility import Condition, crew_is_visible
from core.scope import EVERYTHING, Scope
from core.statements import Upsert, insert_rows
from core.tiering.link_model import Chain, Link, LinkEvent, LinkState, Policy
from core.tiering.tables import tier_chains, tier_link_events, tier_links, tier_policies


def links_at(session: Session, site_id: SiteId, scope: Scope = EVERYTHING) -> list[Link]:
    """Return the links of a site that a scope reaches, whatever their state, in the order they were made."""
    link = tier_links.c
    statement = sa.select(tier_links).where(link.site_id == site_id, _is_visible(scope, tier_links))
    return [as_model(Link, row) for row in session.execute(statement.order_by(link.link_id))]


def find_link(session: Session, link_id: UUID) -> Link | None:
    row = session.execute(sa.select(tier_links).where(tier_links.c.link_id == link_id)).one_or_none()
    return None if row is None else as_model(Link, row)


def find_link_of(session: Session, participation_id: UUID) -> Link | None:
    """Return the link that a participation of the registry stands for, as long as it is part of the structure."""
    link = tier_links.c
    holding = [state for state in LinkState if state.holds]
    statement = sa.select(tier_links).where(link.participation_id == participation_id, link.state.in_(holding))
    row = session.execute(statement).one_or_none()
    return None if row is None else as_model(Link, row)


def add_link(session: Session, link: Link) -> None:
    insert_rows(session, {tier_links: [link]})


def update_link(session: Session, link: Link) -> None:
    values = asdict(link)
    session.execute(sa.update(tier_links).where(tier_links.c.link_id == values.pop("link_id")).values(values))


def add_event(session: Session, event: LinkEvent) -> None:
    insert_rows(session, {tier_link_events: [event]})


def last_seq(session: Session, site_id: SiteId) -> int:
    """Return the number of the newest event of a site; 0 where nothing ever happened."""
    newest = sa.select(sa.func.max(tier_link_events.c.seq)).where(tier_link_events.c.site_id == site_id)
    return session.scalar(newest) or 0


def events_at(session: Session, scope: Scope, site_id: SiteId, *, after: int = 0) -> list[LinkEvent]:
    """Return the events of a site that a scope reaches, the newest first; after: only those with a higher number."""
    event = tier_link_events.c
    statement = (
        sa.select(tier_link_events)
        .where(event.site_id == site_id, event.seq > after, _is_visible(scope, tier_link_events))
        .order_by(event.seq.desc())
    )
    return [as_model(LinkEvent, row) for row in session.execute(statement)]


def events_of(session: Session, batch_id: UUID) -> list[LinkEvent]:
    """Return the events of one batch, the newest first."""
    event = tier_link_events.c
    statement = sa.select(tier_link_events).where(event.batch_id == batch_id).order_by(event.seq.desc())
    return [as_model(LinkEvent, row) for row in session.execute(statement)]


def newest_event(session: Session, link: Link) -> LinkEvent:
    """Return the event that made a link as it is."""
    event = tier_link_events.c
    statement = sa.select(tier_link_events).where(event.site_id == link.site_id, event.seq == link.seq)
    return as_model(LinkEvent, session.execute(statement).one())


def event_before(session: Session, link_id: UUID, site_id: SiteId, seq: int) -> int:
    """Return the number of a link's event before one; 0 where that was its first."""
    event = tier_link_events.c
    newest = sa.select(sa.func.max(event.seq)).where(event.site_id == site_id, event.link_id == link_id)
    return session.scalar(newest.where(event.seq < seq)) or 0


def is_undone(session: Session, batch_id: UUID) -> bool:
    """Whether a batch was taken back."""
    undoing = sa.select(tier_link_events.c.seq).where(tier_link_events.c.undoes == batch_id).limit(1)
    return session.scalar(undoing) is not None


def find_policy(session: Session, prime_contractor_id: ContractorId) -> Policy | None:
    statement = sa.select(tier_policies).where(tier_policies.c.prime_contractor_id == prime_contractor_id)
    row = session.execute(statement).one_or_none()
    return None if row is None else as_model(Policy, row)


def write_policy(session: Session, policy: Policy) -> None:
    insert_rows(session, {tier_policies: [policy]}, {tier_policies: Upsert(key=("prime_contractor_id",))})


def sharing_primes(session: Session) -> set[ContractorId]:
    """Return the prime contractors who share what their approved sites say."""
    return set(session.scalars(sa.select(tier_policies.c.prime_contractor_id).where(tier_policies.c.shares_history)))


def invitations_of(session: Session, contractor_ids: Collection[ContractorId]) -> list[Link]:
    """Return the invitations that wait for the word of contractors, by site."""
    link = tier_links.c
    statement = sa.select(tier_links).where(link.contractor_id.in_(contractor_ids), link.state == "invited")
    return [as_model(Link, row) for row in session.execute(statement.order_by(link.site_id, link.link_id))]


def replace_chains(session: Session, site_id: SiteId, chains: Iterable[Chain]) -> None:
    """Store the chains of a site in place of those before."""
    session.execute(sa.delete(tier_chains).where(tier_chains.c.site_id == site_id))
    insert_rows(session, {tier_chains: list(chains)})


def chains_at(session: Session, site_ids: Collection[SiteId]) -> list[Chain]:
    """Return the chains of sites; PostgreSQL leaves out those that the session's viewer may not see."""
    statement = sa.select(tier_chains).where(tier_chains.c.site_id.in_(site_ids))
    return [as_model(Chain, row) for row in session.execute(statement)]


def _is_visible(scope: Scope, table: sa.Table) -> Condition:
    """Condition on links or their events: the site is seen whole, or it is below one's own contractor, or its own link.

    Who stands below it and below somebody else has a second link, which is none of its business.
    """
    if scope.everything:
        return sa.true()
    return sa.or_(
        table.c.prime_contractor_id.in_(scope.primes),
        table.c.site_id.in_(scope.sites),
        table.c.contractor_id.in_(scope.employers) if scope.employers else sa.false(),
        crew_is_visible(scope, table.c.site_id, table.c.upper_contractor_id),
    )
