"""What a roster proposes from who came, and how ranges of days are cut. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta

from core.errors import InvalidInput
from core.ids import ContractorId, WorkerId, uuid7
from core.registry.model import Position, Site
from core.registry.rules import check_period
from core.tiering.roster_model import EntryState, RosterEntry
from core.tiering.roster_store import Came, Known

ONE_DAY = timedelta(days=1)
Start = tuple[WorkerId, ContractorId, date]


def proposals(
    site: Site, came: Iterable[Came], known: Mapping[WorkerId, Known], decided: Iterable[RosterEntry]
) -> Iterator[RosterEntry]:
    """Yield what the roster of a site proposes: everybody who came and belongs to somebody, in his days.

    Who came for one contractor after another stands for each until the day before the next. decided are the entries
    that people wrote, accepted or removed: beside them only days before and after are proposed, on which he came too;
    nothing where all was removed.
    """
    spans: dict[WorkerId, list[Came]] = defaultdict(list)
    for each in came:
        if each.contractor_id is not None:
            spans[each.worker_id].append(each)
    held: dict[tuple[WorkerId, ContractorId | None], list[RosterEntry]] = defaultdict(list)
    for entry in decided:
        held[entry.worker_id, entry.contractor_id].append(entry)
    for worker_id, given in spans.items():
        ordered = sorted(given, key=lambda each: each.first_day)
        for each, later in zip(ordered, [*ordered[1:], None], strict=True):
            made = _proposed(site, each, known.get(worker_id, Known()))
            until = later.first_day - ONE_DAY if later else None
            if until is None or until >= each.first_day:
                entry = replace(made, valid_from=each.first_day, valid_until=until)
                yield from _beside(entry, held[worker_id, each.contractor_id], each.last_day)


def start_of(entry: RosterEntry) -> Start:
    """Return what a proposed entry is known by: whose it is, for whom, and since when."""
    return entry.worker_id, entry.contractor_id, entry.valid_from


def _beside(entry: RosterEntry, decided: Sequence[RosterEntry], last_day: date) -> Iterator[RosterEntry]:
    """Yield the part of a proposal before, and the one after, what people decided."""
    if not decided:
        yield entry
        return
    standing = sorted((e for e in decided if e.state is not EntryState.REMOVED), key=lambda e: e.valid_from)
    if not standing:
        return
    first, last = standing[0], max(standing, key=lambda e: e.valid_until or date.max)
    if entry.valid_from < first.valid_from:
        yield replace(_like(entry, first), valid_until=first.valid_from - ONE_DAY)
    if last.valid_until is not None and last.valid_until < min(last_day, entry.valid_until or date.max):
        yield replace(_like(entry, last), valid_from=last.valid_until + ONE_DAY)


def _like(entry: RosterEntry, decided: RosterEntry) -> RosterEntry:
    """Return a proposal with what people decided of the days beside it; being foreman was for those days."""
    return replace(
        entry,
        roster_entry_id=uuid7(),
        occupation_code=decided.occupation_code or entry.occupation_code,
        trade=decided.trade,
        task=decided.task,
        hazardous_substances=decided.hazardous_substances,
    )


def cut(entry: RosterEntry, first: date, last: date | None) -> Iterator[RosterEntry]:
    """Yield an entry's ranges before, within and after some days, the one within as the second of its kind.

    Raises InvalidInput when the days lie outside of the entry's.
    """
    check_period(first, last)
    is_late = entry.valid_until is not None and (first > entry.valid_until or last is None or last > entry.valid_until)
    if first < entry.valid_from or is_late:
        raise InvalidInput("the days lie outside of the entry's", field="valid_from")
    if first > entry.valid_from:
        yield replace(entry, roster_entry_id=uuid7(), valid_until=first - ONE_DAY)
    yield replace(entry, roster_entry_id=uuid7(), valid_from=first, valid_until=last)
    if last is not None and last not in (entry.valid_until, date.max):
        yield replace(entry, roster_entry_id=uuid7(), valid_from=last + ONE_DAY)


def occupation_of(known: Known) -> str | None:
    """Return the occupation a worker is proposed with: the one he had before, as long as he still has it."""
    codes = known.occupation_codes
    return known.earlier_occupation if known.earlier_occupation in codes or not codes else codes[0]


def is_same_proposal(one: RosterEntry, other: RosterEntry) -> bool:
    """Whether two proposed entries say the same, whatever their ids."""
    return replace(one, roster_entry_id=other.roster_entry_id) == other


def _proposed(site: Site, came: Came, known: Known) -> RosterEntry:
    if came.contractor_id is None:
        raise AssertionError("only who belongs to somebody is proposed")
    is_decided = known.position is not Position.OTHER
    return RosterEntry(
        roster_entry_id=uuid7(),
        site_id=site.site_id,
        prime_contractor_id=site.prime_contractor_id,
        contractor_id=came.contractor_id,
        worker_id=came.worker_id,
        participation_id=None,
        occupation_code=occupation_of(known),
        trade="",
        position=known.position,
        proposed_position=None if is_decided else known.earlier_position,
        task=known.task,
        hazardous_substances=known.hazardous_substances,
        valid_from=came.first_day,
        valid_until=None,
        state=EntryState.PROPOSED,
    )
