"""Taking back what somebody did to links and rosters, unless something newer builds on it. What held holds again."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from uuid import UUID

from core.clock import work_date
from core.db import Session
from core.errors import NotAllowed, NotFound, Overlap
from core.registry.arranging import stand_below, stand_nowhere
from core.registry.model import Site
from core.registry.places import change_participation, end_participation
from core.registry.rules import overlaps
from core.registry.store import find_participation
from core.tiering import link_store as store
from core.tiering import roster_store
from core.tiering.link_model import Batch, Link, LinkAct, LinkEvent, LinkState, Place
from core.tiering.link_rules import check_place, party_of, stands_in
from core.tiering.link_writing import keep_link, lock_site, write_place
from core.tiering.roster_model import EntryState, RosterEntry
from core.tiering.rostering import lock_roster


def undo_links(session: Session, batch: Batch, undone_id: UUID) -> list[Link]:
    """Take back all that a batch did to links, in the name of those for whom it was done, or of the prime contractor.

    Returns the links as they are now. Raises NotFound when there is no such batch, NotAllowed when it was undone, was
    itself an undoing, something newer builds on it, or somebody else decides this.
    """
    events = store.events_of(session, undone_id)
    if not events:
        raise NotFound("no such batch", batch_id=undone_id)
    site = lock_site(session, batch, events[0].site_id, [])
    _check(session, undone_id, events)
    firsts = {event.link_id: event for event in events}  # they come newest first: the oldest of each link is left
    links = [link for link in store.links_at(session, site.site_id) if link.link_id in firsts]
    lasts = {event.link_id: event.seq for event in reversed(events)}
    if any(link.seq != lasts[link.link_id] for link in links):
        raise NotAllowed("something newer builds on this", batch_id=undone_id)
    # Whoever must leave a place leaves it before others return to theirs: in between there is no loop.
    ordered = sorted(links, key=lambda link: _was(firsts[link.link_id]).holds)
    for link in ordered:
        if link.state.holds and not _was(firsts[link.link_id]).holds:
            _leave(session, batch, link)
    return [_restore(session, batch, site, link, firsts[link.link_id], undone_id) for link in ordered]


def undo_roster(session: Session, batch: Batch, undone_id: UUID) -> list[RosterEntry]:
    """Take back what a batch did to rosters: what it accepted is proposed again, what it removed stands again.

    Raises NotAllowed when something newer builds on it, or stands on days that would be taken again, or somebody else
    decides it.
    """
    found = roster_store.entries_of_batch(session, undone_id)
    for site_id, contractor_id in sorted({(entry.site_id, entry.contractor_id) for entry in found}):
        lock_roster(session, batch, site_id, contractor_id)
    entries = roster_store.entries_of_batch(session, undone_id)  # as they are once nobody else works on the site
    for entry in entries:
        if _was_touched_since(entry, undone_id):
            raise NotAllowed("something newer builds on this", roster_entry_id=entry.roster_entry_id)
    back = [_undone(entry, undone_id) for entry in entries]
    roster_store.update_entries(session, back)
    for entry in back:
        if entry.state is EntryState.ACCEPTED:
            _check_days_free(session, entry)
    return back


def _check(session: Session, undone_id: UUID, events: Sequence[LinkEvent]) -> None:
    if any(event.act is LinkAct.UNDONE for event in events):
        raise NotAllowed("an undoing is not undone", batch_id=undone_id)
    if store.is_undone(session, undone_id):
        raise NotAllowed("this was taken back before", batch_id=undone_id)


def _was(first: LinkEvent) -> LinkState:
    """Return in which state a link is again; one that began with the batch counts as taken back."""
    return first.before or LinkState.WITHDRAWN


def _leave(session: Session, batch: Batch, link: Link) -> None:
    if link.participation_id is not None:
        stand_nowhere(session, link.participation_id, work_date(batch.now))
    if link.instead_of is not None:
        place = (link.site_id, link.contractor_id, link.instead_of)
        with suppress(NotAllowed, Overlap):  # what was declared then does not fit what was decided since
            stand_below(session, *place, link.valid_from, work_date(batch.now))


def _restore(session: Session, batch: Batch, site: Site, link: Link, first: LinkEvent, undone_id: UUID) -> Link:
    party = party_of(batch.by.acts, site, first.acted_for)
    state = _was(first)
    back = replace(link, state=state, kept_against=None if first.act is LinkAct.KEPT else link.kept_against)
    if state.is_open and not link.state.is_open:
        _check_free(session, site, link)
    if state.holds and not link.state.holds:
        back = write_place(session, batch, back)
        if back.participation_id is not None and back.valid_until is not None:
            end_participation(session, back.participation_id, back.valid_until)
    elif link.state is LinkState.ENDED and state is LinkState.ACCEPTED:
        back = replace(back, valid_until=None)
        _go_on(session, link)
    elif not state.holds:
        back = replace(back, participation_id=None, instead_of=None)
    return keep_link(session, batch, link, back, LinkAct.UNDONE, party, undoes=undone_id)


def _check_free(session: Session, site: Site, link: Link) -> None:
    """Raises NotAllowed when the place a link would return to is taken, or would close a loop by now."""
    place = Place(link.contractor_id, link.upper_contractor_id)
    others = [other for other in store.links_at(session, link.site_id) if other.link_id != link.link_id]
    if any(stands_in(other, place) for other in others):
        raise NotAllowed("the place is taken again", link_id=link.link_id)
    check_place(site, place, others)


def _go_on(session: Session, link: Link) -> None:
    """Let the participation of a link that had ended go on."""
    part = find_participation(session, link.participation_id) if link.participation_id else None
    if part is not None:
        change_participation(session, replace(part, valid_until=None))


def _check_days_free(session: Session, entry: RosterEntry) -> None:
    """Raises NotAllowed when the worker stands in the site's roster twice on a day of an accepted entry."""
    accepted = roster_store.entries_at(session, entry.site_id, EntryState.ACCEPTED, worker_id=entry.worker_id)
    if any(overlaps(entry, other) for other in accepted if other.roster_entry_id != entry.roster_entry_id):
        raise NotAllowed("something newer stands on these days", roster_entry_id=entry.roster_entry_id)


def _was_touched_since(entry: RosterEntry, batch_id: UUID) -> bool:
    """Whether a later batch accepted or removed what this one made, or removed what it accepted."""
    if entry.removed_in is not None:
        return entry.removed_in != batch_id
    return entry.made_in == batch_id and entry.accepted_in not in (None, batch_id)


def _undone(entry: RosterEntry, batch_id: UUID) -> RosterEntry:
    if entry.made_in == batch_id:
        return replace(entry, state=EntryState.REMOVED, removed_in=None, accepted_in=None)
    if entry.removed_in == batch_id:
        state = EntryState.PROPOSED if entry.accepted_in is None else EntryState.ACCEPTED
        return replace(entry, state=state, removed_in=None)
    proposed = replace(entry, state=EntryState.PROPOSED, accepted_in=None, participation_id=None)
    return replace(proposed, decided_by="", decided_at=None)
