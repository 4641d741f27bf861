"""作業員名簿 of a site: proposed from who came, accepted, changed and split by people.

A proposed entry that nobody touched is made anew as the ledger goes on; one that a person wrote or accepted is his.
An accepted entry is never changed: it is removed and another stands in its place, so that a batch can be taken back.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import replace
from datetime import date
from uuid import UUID

from core.db import Session
from core.errors import InvalidInput, NotAllowed, NotFound, Overlap
from core.ids import ContractorId, SiteId, WorkerId, uuid7
from core.registry.model import Position, Site
from core.registry.places import require_site
from core.registry.rules import check_period, overlaps
from core.registry.service import require_contractor, require_worker
from core.registry.store import affiliations_of, known_occupations, lock
from core.tiering import link_store, roster_store
from core.tiering.link_model import Batch
from core.tiering.link_rules import party_of
from core.tiering.roster_model import EntryDraft, EntryState, RosterEntry
from core.tiering.roster_rules import ONE_DAY, cut, is_same_proposal, proposals, start_of

MAX_TEXT_CHARS = 200


def propose_roster(session: Session, site: Site) -> None:
    """Bring the proposed entries of a site up to date with who came; what people decided stays as it is."""
    came = roster_store.came_to(session, site.site_id)
    known = roster_store.known_of(session, site, {each.worker_id for each in came if each.contractor_id is not None})
    entries = roster_store.entries_at(session, site.site_id)
    mine = [entry for entry in entries if _is_the_machines(entry)]
    before = {start_of(entry): entry for entry in mine}  # what came back by an undoing may stand beside its like
    wanted = {start_of(entry): entry for entry in proposals(site, came, known, [*filter(_is_a_persons, entries)])}
    kept = {before[key].roster_entry_id for key in before.keys() & wanted.keys()}
    roster_store.delete_entries(session, {entry.roster_entry_id for entry in mine} - kept)
    for key in before.keys() & wanted.keys():
        if not is_same_proposal(wanted[key], before[key]):
            anew = replace(wanted[key], roster_entry_id=before[key].roster_entry_id)
            roster_store.update_entries(session, [anew])
    roster_store.add_entries(session, [wanted[key] for key in wanted.keys() - before.keys()])


def accept_entries(session: Session, batch: Batch, roster_entry_ids: Collection[UUID]) -> list[RosterEntry]:
    """Take proposed entries into the roster, in the name of their contractors.

    Raises NotFound, NotAllowed when one is decided or somebody else decides it, InvalidInput when one has no CCUS
    occupation yet, Overlap when the worker stands in the roster on one of the days.
    """
    return [_accept_one(session, batch, _locked_entry(session, batch, each)) for each in roster_entry_ids]


def accept_ready(
    session: Session, batch: Batch, site_id: SiteId, contractor_ids: Collection[ContractorId]
) -> list[RosterEntry]:
    """Take every proposed entry of contractors into the roster that can be; the others go on waiting.

    Raises NotFound, NotAllowed when somebody else decides for one of them.
    """
    for contractor_id in contractor_ids:
        lock_roster(session, batch, site_id, contractor_id)
    parts = _participations(session, site_id)
    accepted: dict[WorkerId, list[RosterEntry]] = defaultdict(list)
    for entry in roster_store.entries_at(session, site_id, EntryState.ACCEPTED):
        accepted[entry.worker_id].append(entry)
    taken = []
    for entry in roster_store.entries_at(session, site_id, EntryState.PROPOSED):
        others = accepted[entry.worker_id]
        is_ready = entry.contractor_id in contractor_ids and entry.occupation_code is not None
        if is_ready and not any(_is_in_the_way(entry, other) for other in others):
            taken.append(_accept(session, batch, entry, others, parts.get(entry.contractor_id)))
            others.append(taken[-1])
    return taken


def write_entry(
    session: Session,
    batch: Batch,
    site_id: SiteId,
    contractor_id: ContractorId,
    worker_id: WorkerId,
    draft: EntryDraft,
    *,
    replaces: UUID | None = None,
) -> RosterEntry:
    """Write a worker into a site's roster by hand, or in place of an entry; without a code it waits as proposed.

    Raises NotFound, NotAllowed when somebody else decides it, InvalidInput when a value cannot be or the worker does
    not belong to the contractor, Overlap.
    """
    site = lock_roster(session, batch, site_id, contractor_id)
    require_contractor(session, contractor_id)
    require_worker(session, worker_id)
    _check(session, draft)
    _check_affiliation(session, worker_id, contractor_id, draft)
    if replaces is not None:
        old = require_entry(session, replaces)
        _check_stands(old)
        _remove(session, batch, old)
    entry = RosterEntry(
        roster_entry_id=uuid7(),
        site_id=site_id,
        prime_contractor_id=site.prime_contractor_id,
        contractor_id=contractor_id,
        worker_id=worker_id,
        participation_id=None,
        occupation_code=draft.occupation_code,
        trade=draft.trade,
        position=draft.position,
        proposed_position=None,
        task=draft.task,
        hazardous_substances=draft.hazardous_substances,
        valid_from=draft.valid_from,
        valid_until=draft.valid_until,
        state=EntryState.PROPOSED,
        is_by_person=True,
        made_in=batch.batch_id,
    )
    roster_store.add_entries(session, [entry])
    return entry if draft.occupation_code is None else _accept_one(session, batch, entry)


def map_trade(session: Session, batch: Batch, roster_entry_id: UUID, occupation_code: str) -> RosterEntry:
    """Say which CCUS occupation a proposed entry's trade is. Raises as write_entry() does."""
    entry = _locked_entry(session, batch, roster_entry_id)
    if entry.state is not EntryState.PROPOSED:
        raise NotAllowed("only a proposed entry is mapped", roster_entry_id=roster_entry_id)
    _check_code(session, occupation_code)
    _remove(session, batch, entry)
    return _add(session, batch, replace(entry, occupation_code=occupation_code, is_by_person=True))


def give_position(
    session: Session, batch: Batch, roster_entry_id: UUID, position: Position, first: date, last: date | None = None
) -> list[RosterEntry]:
    """Let a worker have a position on some of an entry's days, as a deputy has; the entry is cut around them.

    Returns what stands in its place. Raises NotFound, NotAllowed, InvalidInput when the days are not the entry's.
    """
    entry = _locked_entry(session, batch, roster_entry_id)
    _check_stands(entry)
    pieces = list(cut(entry, first, entry.valid_until if last is None else last))
    _remove(session, batch, entry)
    given = []
    for piece in pieces:
        is_within = piece.valid_from == first
        chosen = replace(piece, position=position, proposed_position=None) if is_within else piece
        given.append(_add(session, batch, replace(chosen, is_by_person=True)))
    return given


def remove_entry(session: Session, batch: Batch, roster_entry_id: UUID) -> RosterEntry:
    """Take an entry out; the machine does not propose that worker for that contractor again. Raises as above."""
    entry = _locked_entry(session, batch, roster_entry_id)
    _check_stands(entry)
    return _remove(session, batch, entry)


def require_entry(session: Session, roster_entry_id: UUID) -> RosterEntry:
    """Return a roster entry. Raises NotFound when there is none."""
    entry = roster_store.find_entry(session, roster_entry_id)
    if entry is None:
        raise NotFound("no such roster entry", roster_entry_id=roster_entry_id)
    return entry


def lock_roster(session: Session, batch: Batch, site_id: SiteId, contractor_id: ContractorId) -> Site:
    """Return a site once nobody else works on it. Raises NotFound, NotAllowed when somebody else decides."""
    site = require_site(session, site_id)
    lock(session, site_id)
    party_of(batch.by.acts, site, contractor_id, helpers=_uppers(session, site_id, contractor_id))
    return site


def _is_the_machines(entry: RosterEntry) -> bool:
    """Whether an entry is proposed, and nobody has touched it."""
    return entry.state is EntryState.PROPOSED and not entry.is_by_person


def _is_a_persons(entry: RosterEntry) -> bool:
    """Whether somebody has decided on an entry: wrote, accepted or removed it, and did not take that back."""
    is_withdrawn = entry.state is EntryState.REMOVED and entry.removed_in is None
    return not is_withdrawn and not _is_the_machines(entry)


def _locked_entry(session: Session, batch: Batch, roster_entry_id: UUID) -> RosterEntry:
    """Return a roster entry as it is once nobody else works on its site. Raises NotFound, NotAllowed."""
    found = require_entry(session, roster_entry_id)
    lock_roster(session, batch, found.site_id, found.contractor_id)
    return require_entry(session, roster_entry_id)


def _check_stands(entry: RosterEntry) -> None:
    """Raises NotAllowed when an entry was removed: somebody was faster."""
    if entry.state is EntryState.REMOVED:
        raise NotAllowed("the entry was removed", roster_entry_id=entry.roster_entry_id)


def _accept_one(session: Session, batch: Batch, entry: RosterEntry) -> RosterEntry:
    if entry.state is not EntryState.PROPOSED:
        raise NotAllowed(f"the entry is {entry.state}", roster_entry_id=entry.roster_entry_id)
    if entry.occupation_code is None:
        raise InvalidInput("the trade has to be mapped to a CCUS occupation first", field="occupation_code")
    others = roster_store.entries_at(session, entry.site_id, EntryState.ACCEPTED, worker_id=entry.worker_id)
    part = _participations(session, entry.site_id).get(entry.contractor_id)
    return _accept(session, batch, entry, others, part)


def _accept(
    session: Session, batch: Batch, entry: RosterEntry, others: Iterable[RosterEntry], participation_id: UUID | None
) -> RosterEntry:
    for other in others:
        _make_room(session, batch, entry, other)
    accepted = replace(
        entry,
        state=EntryState.ACCEPTED,
        participation_id=participation_id,
        accepted_in=batch.batch_id,
        decided_by=batch.by.name,
        decided_at=batch.now,
    )
    roster_store.update_entries(session, [accepted])
    return accepted


def _is_in_the_way(entry: RosterEntry, other: RosterEntry) -> bool:
    """Whether an accepted entry keeps another from being accepted.

    One that is open-ended, began before and is for another contractor gives way: the worker has changed his employer.
    """
    is_left = other.valid_until is None and other.valid_from < entry.valid_from
    return overlaps(entry, other) and not (is_left and other.contractor_id != entry.contractor_id)


def _make_room(session: Session, batch: Batch, entry: RosterEntry, other: RosterEntry) -> None:
    """Let who works for another contractor by now stand for the one before until the day before."""
    if not overlaps(entry, other):
        return
    if _is_in_the_way(entry, other):
        raise Overlap(f"the worker is in the roster from {other.valid_from} on", worker_id=entry.worker_id)
    _remove(session, batch, other)
    _add(session, batch, replace(other, valid_until=entry.valid_from - ONE_DAY))


def _add(session: Session, batch: Batch, entry: RosterEntry) -> RosterEntry:
    """Store an entry that stands in another's place, in the state it had."""
    is_accepted = entry.state is EntryState.ACCEPTED
    made = replace(
        entry,
        roster_entry_id=uuid7(),
        made_in=batch.batch_id,
        removed_in=None,
        accepted_in=batch.batch_id if is_accepted else None,
        decided_by=batch.by.name if is_accepted else "",
        decided_at=batch.now if is_accepted else None,
    )
    roster_store.add_entries(session, [made])
    return made


def _remove(session: Session, batch: Batch, entry: RosterEntry) -> RosterEntry:
    removed = replace(entry, state=EntryState.REMOVED, removed_in=batch.batch_id)
    roster_store.update_entries(session, [removed])
    return removed


def _participations(session: Session, site_id: SiteId) -> dict[ContractorId, UUID | None]:
    """Return the participation of each contractor whose link holds; the prime has none."""
    links = link_store.links_at(session, site_id)
    return {link.contractor_id: link.participation_id for link in links if link.state.holds}


def _uppers(session: Session, site_id: SiteId, contractor_id: ContractorId) -> list[ContractorId]:
    """Return who may keep a contractor's roster for it (代行): those directly above it."""
    links = link_store.links_at(session, site_id)
    return [link.upper_contractor_id for link in links if link.contractor_id == contractor_id and link.state.holds]


def _check(session: Session, draft: EntryDraft) -> None:
    check_period(draft.valid_from, draft.valid_until)
    if draft.occupation_code is not None:
        _check_code(session, draft.occupation_code)
    elif not draft.trade.strip():
        raise InvalidInput("a trade is needed", field="trade")
    for field in ("trade", "task", "hazardous_substances"):
        if len(getattr(draft, field)) > MAX_TEXT_CHARS:
            raise InvalidInput(f"at most {MAX_TEXT_CHARS} characters", field=field)


def _check_affiliation(session: Session, worker_id: WorkerId, contractor_id: ContractorId, draft: EntryDraft) -> None:
    """Raises InvalidInput when the worker belongs to the contractor on none of the days: he has to be affiliated."""
    for affiliation in affiliations_of(session, worker_id):
        if affiliation.contractor_id == contractor_id and overlaps(affiliation, draft):
            return
    raise InvalidInput("the worker does not belong to the contractor", field="worker_id", worker_id=worker_id)


def _check_code(session: Session, code: str) -> None:
    if not known_occupations(session, [code]):
        raise InvalidInput(f"no CCUS occupation is listed under {code}", field="occupation_code")
