"""Formal links between contractors: inviting, accepting, declining, ending, removing, keeping, rejecting, settling.

Each act is one transaction's work, numbered among the events of its site, and can be undone (core.tiering.undoing).
What holds is at once written into the registry, so that who may see whom follows. What it means for rosters and for the
days is in core.tiering.service, through which the pages act.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from uuid import UUID

from core.clock import work_date
from core.db import Session
from core.errors import NotAllowed
from core.ids import ContractorId, SiteId, uuid7
from core.registry.arranging import stand_nowhere
from core.registry.model import Site
from core.registry.places import end_participation
from core.registry.rules import check_period
from core.registry.service import require_contractor
from core.registry.store import participations_at
from core.scope import EVERYTHING
from core.tiering import link_store as store
from core.tiering.link_model import Batch, Link, LinkAct, LinkState, Place
from core.tiering.link_rules import Party, check_place, check_state, is_of, party_of, stands_in
from core.tiering.link_writing import forget_declared, keep_link, lock_link, lock_site, write_place
from core.tiering.policies import policy_of
from core.tiering.structure_store import seen_at

LAST_DAY = date.max - timedelta(days=1)  # that has a day after it


def invite(session: Session, batch: Batch, site_id: SiteId, place: Place) -> Link:
    """Invite a contractor below another (招待), in the name of the upper one.

    Raises NotFound when site or contractor does not exist, NotAllowed when somebody else decides this, the upper one
    has nothing to do with the site, the place is taken, or a contractor would stand below itself, StructureChanged when
    somebody else was faster.
    """
    site = lock_site(session, batch, site_id, [place.contractor_id])
    party = party_of(batch.by.acts, site, place.upper_contractor_id)
    _check_new(session, site, place)
    if not party.is_proxy:
        _check_takes_part(session, site, place.upper_contractor_id)
    link = _new(session, batch, site, place, LinkState.INVITED)
    return keep_link(session, batch, None, link, LinkAct.INVITED, party)


def accept(session: Session, batch: Batch, link_id: UUID) -> Link:
    """Accept an invitation (承認), in the name of the lower contractor; the registry follows.

    The upper one cannot accept for it: it would see a contractor's people by its own word alone.
    Raises NotFound, NotAllowed when somebody else decides this or the link waits for nobody, StructureChanged.
    """
    link, site = lock_link(session, batch, link_id)
    check_state(link, LinkState.INVITED)
    party = party_of(batch.by.acts, site, link.contractor_id)
    accepted = write_place(session, batch, replace(link, state=LinkState.ACCEPTED))
    return keep_link(session, batch, link, accepted, LinkAct.ACCEPTED, party)


def decline(session: Session, batch: Batch, link_id: UUID, note: str = "") -> Link:
    """Refuse an invitation, in the name of the lower contractor. Raises as accept() does."""
    link, site = lock_link(session, batch, link_id)
    check_state(link, LinkState.INVITED)
    party = party_of(batch.by.acts, site, link.contractor_id)
    return keep_link(session, batch, link, replace(link, state=LinkState.DECLINED), LinkAct.DECLINED, party, note)


def withdraw(session: Session, batch: Batch, link_id: UUID) -> Link:
    """Take an invitation back, in the name of the upper contractor. Raises as accept() does."""
    link, site = lock_link(session, batch, link_id)
    check_state(link, LinkState.INVITED)
    party = party_of(batch.by.acts, site, link.upper_contractor_id)
    return keep_link(session, batch, link, replace(link, state=LinkState.WITHDRAWN), LinkAct.WITHDRAWN, party)


def end(session: Session, batch: Batch, link_id: UUID, last_day: date, note: str = "") -> Link:
    """Say that a contractor left the site: what was until its last day stays.

    Raises as accept() does, InvalidInput when the last day lies before the first.
    """
    link, site = lock_link(session, batch, link_id)
    check_state(link, LinkState.ACCEPTED)
    check_period(link.valid_from, last_day)
    party = party_of(batch.by.acts, site, link.upper_contractor_id)
    if link.participation_id is not None:
        end_participation(session, link.participation_id, last_day)
    ended = replace(link, state=LinkState.ENDED, valid_until=last_day)
    return keep_link(session, batch, link, ended, LinkAct.ENDED, party, note)


def remove(session: Session, batch: Batch, link_id: UUID, note: str = "") -> Link:
    """Say that a link was wrong from its first day on; its history stays. Raises as accept() does."""
    link, site = lock_link(session, batch, link_id)
    check_state(link, LinkState.ACCEPTED, LinkState.ENDED)
    party = party_of(batch.by.acts, site, link.upper_contractor_id)
    return _remove(session, batch, link, party, note)


def reject(session: Session, batch: Batch, site_id: SiteId, place: Place, note: str = "") -> Link:
    """Say that a proposed upper is wrong, without saying which is right: the machine does not propose it again.

    Only for the prime contractor. Raises NotFound, NotAllowed, StructureChanged.
    """
    site = lock_site(session, batch, site_id, [place.contractor_id])
    party = party_of(batch.by.acts, site, site.prime_contractor_id)
    require_contractor(session, place.contractor_id)
    if any(stands_in(link, place) for link in store.links_at(session, site_id)):
        raise NotAllowed("the link is invited or accepted: take that back instead", site_id=site_id)
    link = _new(session, batch, site, place, LinkState.REJECTED)
    return keep_link(session, batch, None, link, LinkAct.REJECTED, party, note)


def keep(session: Session, batch: Batch, link_id: UUID, against: ContractorId) -> Link:
    """Keep an accepted link although the machine holds another upper to be right: it does not ask again for that one.

    Raises as accept() does; only for the prime contractor.
    """
    link, site = lock_link(session, batch, link_id)
    check_state(link, LinkState.ACCEPTED)
    party = party_of(batch.by.acts, site, site.prime_contractor_id)
    return keep_link(session, batch, link, replace(link, kept_against=against), LinkAct.KEPT, party)


def settle(session: Session, batch: Batch, site_id: SiteId, places: Sequence[Place]) -> list[Link]:
    """Accept places at once (一括承認), in the name of the prime contractor; other places of the same contractors go.

    A contractor that is given twice, under two uppers, stands under both. What is accepted already stays as it is.
    Raises NotFound, StructureChanged, NotAllowed when somebody else decides this, the policy does not allow it, or a
    contractor would stand below itself.
    """
    lowers = {place.contractor_id for place in places}
    site = lock_site(session, batch, site_id, lowers)
    party = party_of(batch.by.acts, site, site.prime_contractor_id)
    if not policy_of(session, site.prime_contractor_id).accepts_at_once:
        raise NotAllowed("the prime contractor's policy asks each contractor itself", site_id=site_id)
    _clear(session, batch, site, places, party)
    declared = forget_declared(session, batch, site, places)
    return [_settle_one(session, batch, site, each, party, declared) for each in dict.fromkeys(places)]


def _settle_one(
    session: Session,
    batch: Batch,
    site: Site,
    place: Place,
    party: Party,
    declared: Mapping[ContractorId, ContractorId],
) -> Link:
    links = store.links_at(session, site.site_id)
    for link in links:
        if stands_in(link, place):
            if link.state is LinkState.ACCEPTED:
                return link
            instead_of = declared.get(place.contractor_id)
            accepted = write_place(session, batch, replace(link, state=LinkState.ACCEPTED, instead_of=instead_of))
            return keep_link(session, batch, link, accepted, LinkAct.SETTLED, party)
    for who in (place.contractor_id, place.upper_contractor_id):
        require_contractor(session, who)
    check_place(site, place, links)
    link = _new(session, batch, site, place, LinkState.ACCEPTED)
    placed = write_place(session, batch, replace(link, instead_of=declared.get(place.contractor_id)))
    return keep_link(session, batch, None, placed, LinkAct.SETTLED, party)


def _clear(session: Session, batch: Batch, site: Site, places: Iterable[Place], party: Party) -> None:
    """Take away the open links of the contractors that are not among the places."""
    wanted = {(place.contractor_id, place.upper_contractor_id) for place in places}
    lowers = {lower for lower, _ in wanted}
    for link in store.links_at(session, site.site_id):
        if link.contractor_id not in lowers or (link.contractor_id, link.upper_contractor_id) in wanted:
            continue
        if link.state is LinkState.ACCEPTED:
            _remove(session, batch, link, party)
        elif link.state is LinkState.INVITED:
            keep_link(session, batch, link, replace(link, state=LinkState.WITHDRAWN), LinkAct.WITHDRAWN, party)


def _check_new(session: Session, site: Site, place: Place) -> None:
    for who in (place.contractor_id, place.upper_contractor_id):
        require_contractor(session, who)
    links = store.links_at(session, site.site_id)
    if any(stands_in(link, place) for link in links):
        raise NotAllowed("the contractor is invited to this place, or stands in it", site_id=site.site_id)
    check_place(site, place, links)


def _check_takes_part(session: Session, site: Site, upper: ContractorId) -> None:
    """Raises NotAllowed when a contractor that invites is not the prime, takes no part, and never came."""
    if upper == site.prime_contractor_id or upper in seen_at(session, EVERYTHING, site.site_id):
        return
    if not any(part.contractor_id == upper for part in participations_at(session, site.site_id)):
        raise NotAllowed("who takes no part in the site invites nobody", site_id=site.site_id, contractor_id=upper)


def _new(session: Session, batch: Batch, site: Site, place: Place, state: LinkState) -> Link:
    return Link(
        link_id=uuid7(),
        site_id=site.site_id,
        prime_contractor_id=site.prime_contractor_id,
        contractor_id=place.contractor_id,
        upper_contractor_id=place.upper_contractor_id,
        state=state,
        valid_from=_first_day(session, site, place, work_date(batch.now)),
        valid_until=None,
        participation_id=None,
    )


def _first_day(session: Session, site: Site, place: Place, today: date) -> date:
    """Return since when a new link holds: the site's first day, or the day after the contractor last left this place.

    Whoever is accepted late was there all the same: it is the days before that shall count.
    """
    ended = [
        link.valid_until
        for link in store.links_at(session, site.site_id)
        if is_of(link, place) and link.state is LinkState.ENDED and link.valid_until is not None
    ]
    return min(max(ended), LAST_DAY) + timedelta(days=1) if ended else min(site.starts_on, today)


def _remove(session: Session, batch: Batch, link: Link, party: Party, note: str = "") -> Link:
    if link.participation_id is not None:
        stand_nowhere(session, link.participation_id, work_date(batch.now))
    removed = replace(link, state=LinkState.REMOVED, participation_id=None)
    return keep_link(session, batch, link, removed, LinkAct.REMOVED, party, note)
