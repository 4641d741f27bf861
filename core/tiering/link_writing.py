"""How a formal link is written: under the site's lock, with the event that made it so, and into the registry."""

from collections.abc import Iterable
from dataclasses import replace
from uuid import UUID

from core.clock import work_date
from core.db import Session
from core.errors import NotFound
from core.ids import ContractorId, SiteId
from core.phone import conceal
from core.registry.arranging import declared_uppers, stand_below, stand_nowhere
from core.registry.model import Site
from core.registry.places import require_site
from core.registry.store import lock
from core.tiering import link_store as store
from core.tiering.link_model import Batch, Link, LinkAct, LinkEvent, Place, StructureChanged
from core.tiering.link_rules import Party, newest_change


def lock_site(session: Session, batch: Batch, site_id: SiteId, lowers: Iterable[ContractorId]) -> Site:
    """Return a site once nobody else works on its structure.

    Raises NotFound, StructureChanged when a place of one of the contractors changed since whoever acts looked.
    """
    site = require_site(session, site_id)
    lock(session, site_id)
    if batch.seen is not None and newest_change(store.links_at(session, site_id), set(lowers)) > batch.seen:
        raise StructureChanged("somebody else changed this meanwhile", site_id=site_id)
    return site


def lock_link(session: Session, batch: Batch, link_id: UUID) -> tuple[Link, Site]:
    """Return a link, as it is once nobody else works on its site. Raises NotFound, StructureChanged."""
    found = store.find_link(session, link_id)
    if found is None:
        raise NotFound("no such link", link_id=link_id)
    site = lock_site(session, batch, found.site_id, [found.contractor_id])
    return store.find_link(session, link_id) or found, site


def keep_link(
    session: Session,
    batch: Batch,
    before: Link | None,
    after: Link,
    act: LinkAct,
    party: Party,
    note: str = "",
    *,
    undoes: UUID | None = None,
) -> Link:
    """Store a link with the event that made it so, a number in its note masked; before is None for one that begins."""
    after = replace(after, seq=store.last_seq(session, after.site_id) + 1)
    if before is None:
        store.add_link(session, after)
    else:
        store.update_link(session, after)
    event = LinkEvent(
        site_id=after.site_id,
        seq=after.seq,
        link_id=after.link_id,
        prime_contractor_id=after.prime_contractor_id,
        contractor_id=after.contractor_id,
        upper_contractor_id=after.upper_contractor_id,
        act=act,
        before=before.state if before else None,
        after=after.state,
        acted_for=party.contractor_id,
        is_proxy=party.is_proxy,
        by_account=batch.by.account_id,
        by_name=batch.by.name,
        at=batch.now,
        batch_id=batch.batch_id,
        undoes=undoes,
        note=conceal(note.replace("\0", "")),  # PostgreSQL keeps no text with that sign
    )
    store.add_event(session, event)
    return after


def write_place(session: Session, batch: Batch, link: Link) -> Link:
    """Write an accepted link into the registry, and return it with the participation that stands for it."""
    taken = _bound(session, link.site_id, link.contractor_id)
    place = (link.site_id, link.contractor_id, link.upper_contractor_id)
    part = stand_below(session, *place, link.valid_from, work_date(batch.now), taken=taken)
    return replace(link, participation_id=part.participation_id)


def forget_declared(
    session: Session, batch: Batch, site: Site, places: Iterable[Place]
) -> dict[ContractorId, ContractorId]:
    """Let nobody stand any more below the uppers that the registry names without a link, and return who stood so.

    Those that are among the places anyway are returned, and stay.
    """
    wanted = {(place.contractor_id, place.upper_contractor_id) for place in places}
    found: dict[ContractorId, ContractorId] = {}
    for lower in sorted({lower for lower, _ in wanted}):
        bound = _bound(session, site.site_id, lower)
        for participation_id, upper in declared_uppers(
            session, site.site_id, lower, work_date(batch.now), but=bound
        ).items():
            found[lower] = upper
            if (lower, upper) not in wanted:
                stand_nowhere(session, participation_id, work_date(batch.now))
    return found


def _bound(session: Session, site_id: SiteId, contractor_id: ContractorId) -> set[UUID]:
    """Return the participations that stand for links of a contractor."""
    return {
        link.participation_id
        for link in store.links_at(session, site_id)
        if link.contractor_id == contractor_id and link.state.holds and link.participation_id is not None
    }
