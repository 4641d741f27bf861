"""What a roster proposes from who came, and how ranges of days are cut. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import date, timedelta

from core.errors import InvalidInput
from core.ids import ContractorId, WorkerId, uuid7
from core.registry.model import Position, Site
from core.registry.rules import check_period
from core.tiering.roster_model import EntryState, RosterEntry
from core.tiering.roster_store import Came, Known

ONE_DAY = timedelta(days=1)
Key = tuple[WorkerId, ContractorId]


def proposals(site: Site, came: Iterable[Came], known: Mapping[WorkerId, Known]) -> dict[Key, RosterEntry]:
    """Return what the roster of a site proposes: everybody who came and belongs to somebody.

    Who came for one contractor after another stands for each until the day before the next.
    """
    spans: dict[WorkerId, list[tuple[date, ContractorId]]] = defaultdict(list)
    for each in came:
        if each.contractor_id is not None:
            spans[each.worker_id].append((each.first_day, each.contractor_id))
    found: dict[Key, RosterEntry] = {}
    for worker_id, given in spans.items():
        ordered = sorted(given)
        for n, (first, contractor_id) in enumerate(ordered):
            until = ordered[n + 1][0] - ONE_DAY if n + 1 < len(ordered) else None
            if until is None or until >= first:
                made = _proposed(site, worker_id, contractor_id, known.get(worker_id, Known()))
                found[worker_id, contractor_id] = replace(made, valid_from=first, valid_until=until)
    return found


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
    if last is not None and last != entry.valid_until:
        yield replace(entry, roster_entry_id=uuid7(), valid_from=last + ONE_DAY)


def is_same_proposal(one: RosterEntry, other: RosterEntry) -> bool:
    """Whether two proposed entries say the same, whatever their ids."""
    return replace(one, roster_entry_id=other.roster_entry_id) == other


def _proposed(site: Site, worker_id: WorkerId, contractor_id: ContractorId, known: Known) -> RosterEntry:
    codes = known.occupation_codes
    code = known.earlier_occupation if known.earlier_occupation in codes or not codes else codes[0]
    is_decided = known.position is not Position.OTHER
    return RosterEntry(
        roster_entry_id=uuid7(),
        site_id=site.site_id,
        prime_contractor_id=site.prime_contractor_id,
        contractor_id=contractor_id,
        worker_id=worker_id,
        participation_id=None,
        occupation_code=code,
        trade="",
        position=known.position,
        proposed_position=None if is_decided else known.earlier_position,
        task=known.task,
        hazardous_substances=known.hazardous_substances,
        valid_from=site.starts_on,
        valid_until=None,
        state=EntryState.PROPOSED,
    )
