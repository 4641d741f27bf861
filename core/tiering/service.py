"""What people do about the tiers of a site, with all that follows: links, rosters, and the credit of days.

Every act takes a Batch (who, when, what he had seen), is one transaction's work, and returns what it did; undo() takes
it back by its batch_id. The pages act through this module and read through structure, roster, arrivals and counting.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from core.attendance.visits import TIERS
from core.db import Session
from core.errors import NotFound
from core.ids import ContractorId, SiteId, WorkerId
from core.registry.model import Position
from core.registry.places import require_site
from core.registry.store import lock
from core.tiering import link_store, linking, proposing, roster_store, rostering
from core.tiering.chaining import refresh_chains
from core.tiering.crediting import Credited, refresh_credit
from core.tiering.link_model import Batch, Link, Place
from core.tiering.proposal_model import KeptLink, KeptProposal
from core.tiering.roster_model import EntryDraft, RosterEntry
from core.tiering.undoing import undo_links, undo_roster
from core.work.service import mark


@dataclass(frozen=True, slots=True)
class Done:
    """What an act did. batch_id is what undo() takes; given and withdrawn count days."""

    batch_id: UUID
    links: tuple[Link, ...] = ()
    entries: tuple[RosterEntry, ...] = ()
    given: int = 0
    withdrawn: int = 0


def settle(
    session: Session, batch: Batch, site_id: SiteId, places: Sequence[Place], *, with_rosters: bool = True
) -> Done:
    """Accept places at once (一括承認), in the name of the prime contractor; other places of the same contractors go.

    with_rosters: what is ready of these contractors' rosters, and of the prime's own, is accepted too; the days before
    count from then on. Raises as linking.settle() does.
    """
    links = linking.settle(session, batch, site_id, places)
    entries: list[RosterEntry] = []
    if with_rosters:
        site = require_site(session, site_id)
        rostering.propose_roster(session, site)
        firms = {site.prime_contractor_id, *(place.contractor_id for place in places)}
        entries = rostering.accept_ready(session, batch, site_id, firms)
    return _done(session, batch, site_id, links, entries)


def invite(session: Session, batch: Batch, site_id: SiteId, place: Place) -> Done:
    """Invite a contractor below another. Raises as linking.invite() does."""
    link = linking.invite(session, batch, site_id, place)
    return _done(session, batch, link.site_id, [link])


def accept(session: Session, batch: Batch, link_id: UUID) -> Done:
    """Accept an invitation. Raises as linking.accept() does."""
    link = linking.accept(session, batch, link_id)
    return _done(session, batch, link.site_id, [link])


def decline(session: Session, batch: Batch, link_id: UUID, note: str = "") -> Done:
    """Refuse an invitation. Raises as linking.decline() does."""
    link = linking.decline(session, batch, link_id, note)
    return _done(session, batch, link.site_id, [link])


def withdraw(session: Session, batch: Batch, link_id: UUID) -> Done:
    """Take an invitation back. Raises as linking.withdraw() does."""
    link = linking.withdraw(session, batch, link_id)
    return _done(session, batch, link.site_id, [link])


def end(session: Session, batch: Batch, link_id: UUID, last_day: date, note: str = "") -> Done:
    """Say that a contractor left the site. Raises as linking.end() does."""
    link = linking.end(session, batch, link_id, last_day, note)
    return _done(session, batch, link.site_id, [link])


def remove(session: Session, batch: Batch, link_id: UUID, note: str = "") -> Done:
    """Say that a link was wrong from its first day on. Raises as linking.remove() does."""
    link = linking.remove(session, batch, link_id, note)
    return _done(session, batch, link.site_id, [link])


def reject(session: Session, batch: Batch, site_id: SiteId, place: Place, note: str = "") -> Done:
    """Say that a proposed upper is wrong. Raises as linking.reject() does."""
    link = linking.reject(session, batch, site_id, place, note)
    return _done(session, batch, link.site_id, [link])


def keep(session: Session, batch: Batch, link_id: UUID, against: ContractorId) -> Done:
    """Keep an accepted link that the machine questions. Raises as linking.keep() does."""
    link = linking.keep(session, batch, link_id, against)
    return _done(session, batch, link.site_id, [link])


def accept_rosters(session: Session, batch: Batch, site_id: SiteId, contractor_ids: Collection[ContractorId]) -> Done:
    """Accept what is ready of contractors' rosters at a site. Raises as rostering.accept_ready() does."""
    site = require_site(session, site_id)
    rostering.propose_roster(session, site)
    return _done(session, batch, site_id, (), rostering.accept_ready(session, batch, site_id, contractor_ids))


def accept_entries(session: Session, batch: Batch, site_id: SiteId, roster_entry_ids: Collection[UUID]) -> Done:
    """Accept single entries of a site's roster. Raises as rostering.accept_entries() does."""
    for each in roster_entry_ids:
        if rostering.require_entry(session, each).site_id != site_id:
            raise NotFound("no such roster entry at the site", roster_entry_id=each)
    return _done(session, batch, site_id, (), rostering.accept_entries(session, batch, roster_entry_ids))


def write_entry(
    session: Session,
    batch: Batch,
    site_id: SiteId,
    contractor_id: ContractorId,
    worker_id: WorkerId,
    draft: EntryDraft,
    *,
    replaces: UUID | None = None,
) -> Done:
    """Write a worker into a roster by hand, or in place of an entry. Raises as rostering.write_entry() does."""
    entry = rostering.write_entry(session, batch, site_id, contractor_id, worker_id, draft, replaces=replaces)
    return _done(session, batch, site_id, (), [entry])


def map_trade(session: Session, batch: Batch, roster_entry_id: UUID, occupation_code: str) -> Done:
    """Say which CCUS occupation a proposed entry's trade is. Raises as rostering.map_trade() does."""
    return Done(batch.batch_id, (), (rostering.map_trade(session, batch, roster_entry_id, occupation_code),))


def give_position(
    session: Session, batch: Batch, roster_entry_id: UUID, position: Position, first: date, last: date | None = None
) -> Done:
    """Give a worker a position on some of an entry's days. Raises as rostering.give_position() does."""
    entries = rostering.give_position(session, batch, roster_entry_id, position, first, last)
    return _done(session, batch, entries[0].site_id, (), entries)


def remove_entry(session: Session, batch: Batch, roster_entry_id: UUID) -> Done:
    """Take an entry out of a roster. Raises as rostering.remove_entry() does."""
    entry = rostering.remove_entry(session, batch, roster_entry_id)
    return _done(session, batch, entry.site_id, (), [entry])


def undo(session: Session, batch: Batch, undone_id: UUID) -> Done:
    """Take back all that an act did: links, roster entries, and with them the credit of days.

    Raises NotFound when nothing is known of such a batch, and as undoing.undo_links() and undo_roster() do.
    """
    events = link_store.events_of(session, undone_id)
    entries = roster_store.entries_of_batch(session, undone_id)
    if not events and not entries:
        raise NotFound("no such batch", batch_id=undone_id)
    site_id = events[0].site_id if events else entries[0].site_id
    back = undo_roster(session, batch, undone_id)
    links = undo_links(session, batch, undone_id) if events else []
    return _done(session, batch, site_id, links, back)


def bring_up_to_date(session: Session, proposal: KeptProposal, links: Iterable[KeptLink], now: datetime) -> Credited:
    """Store a site's proposal that was thought out before, and let rosters and credit follow the ledger."""
    site = require_site(session, proposal.site_id)
    lock(session, site.site_id)
    proposing.keep(session, proposal, links)
    rostering.propose_roster(session, site)
    refresh_chains(session, site)
    return refresh_credit(session, site, now)


def _done(
    session: Session, batch: Batch, site_id: SiteId, links: Iterable[Link], entries: Iterable[RosterEntry] = ()
) -> Done:
    """Let rosters, chains and credit follow an act; what it says of others is thought about in the background."""
    site = require_site(session, site_id)
    rostering.propose_roster(session, site)
    refresh_chains(session, site)
    credited = refresh_credit(session, site, batch.now, batch.batch_id)
    mark(session, TIERS, [site_id], batch.now)
    return Done(batch.batch_id, tuple(links), tuple(entries), credited.given, credited.withdrawn)
