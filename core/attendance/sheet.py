"""出面表: the month's man-days, as read for the pages and files, and as a person corrects them.

What is written here never changes a recorded day.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from itertools import groupby
from uuid import UUID

from core.attendance import sheet_store as store
from core.attendance.sheet_model import (
    ManDay,
    RecordedDay,
    Sheet,
    SheetDay,
    SheetEntry,
    SheetGroup,
    SheetRow,
    SheetTerms,
)
from core.attendance.sheet_rules import check_terms, propose, terms_on, totals_of
from core.db import Session
from core.errors import InvalidInput, NotAllowed, NotFound
from core.ids import ContractorId, SiteId, WorkerId
from core.phone import conceal
from core.registry.places import require_site
from core.registry.service import require_contractor
from core.registry.store import lock
from core.scope import EVERYTHING, Scope

PEOPLE_A_PAGE = 50
MAX_NOTE_CHARS = 500
NO_CONTRACTOR = ContractorId(UUID(int=0))  # whose terms are the defaults


def sheet_days(
    session: Session,
    scope: Scope,
    month: date,
    *,
    site_id: SiteId | None = None,
    contractor_id: ContractorId | None = None,
    worker_id: WorkerId | None = None,
) -> list[SheetDay]:
    """Return the days of a month with proposals and what people wrote, by contractor, person and date."""
    recorded = store.recorded_days(
        session, scope, month, site_id=site_id, contractor_id=contractor_id, worker_id=worker_id
    )
    entries = store.entries_of(session, recorded, month) if recorded else {}
    terms = store.terms_of(session, {day.contractor_id for day in recorded if day.contractor_id is not None})
    return [
        SheetDay(
            day,
            propose(day, _terms(terms, day)),
            entries.get((day.worker_id, day.site_id, day.work_date)),
        )
        for day in recorded
    ]


def make_sheet(days: Sequence[SheetDay], offset: int = 0, limit: int = PEOPLE_A_PAGE) -> Sheet:
    """Return a page of the sheet, by contractor and person; totals are those of all people and of whole contractors."""
    people = [
        (contractor, list(of_person))
        for contractor, of_person in groupby(days, key=lambda day: (day.recorded.contractor_id, day.recorded.worker_id))
    ]
    of_contractor: dict[ContractorId | None, list[SheetDay]] = defaultdict(list)
    for day in days:
        of_contractor[day.recorded.contractor_id].append(day)
    groups = []
    for contractor_id, shown in groupby(people[offset : offset + limit], key=lambda person: person[0][0]):
        rows = tuple(_row(of_person) for _, of_person in shown)
        known = of_contractor[contractor_id]
        groups.append(SheetGroup(contractor_id, known[0].recorded.contractor_name, rows, totals_of(known)))
    return Sheet(tuple(groups), len(people), totals_of(days))


def find_sheet_day(session: Session, scope: Scope, key: store.Key) -> tuple[SheetDay, list[SheetEntry]]:
    """Return one day and everything that was written for it. Raises NotFound when the scope reaches no such day."""
    recorded = store.find_day(session, scope, key)
    if recorded is None:
        raise NotFound("no such day", worker_id=key[0], site_id=key[1])
    history = store.history_of(session, key)
    terms = store.terms_of(session, [recorded.contractor_id] if recorded.contractor_id else [])
    entry = history[0] if history and not history[0].is_withdrawn else None
    return SheetDay(recorded, propose(recorded, _terms(terms, recorded)), entry), history


def write_entry(
    session: Session, key: store.Key, man_day: ManDay, note: str, by: tuple[UUID, str], now: datetime
) -> SheetEntry:
    """Keep what a person says a day is worth; by is the account and its holder's name. A number in the note is masked.

    Raises NotFound when there is no such recorded day, InvalidInput when the note is too long.
    """
    if len(note) > MAX_NOTE_CHARS:
        raise InvalidInput(f"a note has at most {MAX_NOTE_CHARS} characters", field="note")
    return _add(session, key, man_day, conceal(note.strip()), by, now, is_withdrawn=False)


def withdraw_entry(session: Session, key: store.Key, by: tuple[UUID, str], now: datetime) -> SheetEntry:
    """Go back to what the record proposes; what was written stays in the history.

    Raises NotFound when there is no such day, NotAllowed when nothing is written for it.
    """
    history = store.history_of(session, key)
    if not history or history[0].is_withdrawn:
        raise NotAllowed("nothing is written for the day", worker_id=key[0], site_id=key[1])
    return _add(session, key, ManDay(), "", by, now, is_withdrawn=True)


def set_terms(session: Session, terms: SheetTerms) -> SheetTerms:
    """Let a contractor count so from a day on; days before keep the terms they had.

    Raises InvalidInput when a figure cannot be, NotFound when contractor or site does not exist.
    """
    check_terms(terms)
    require_contractor(session, terms.contractor_id)
    if terms.site_id is not None:
        require_site(session, terms.site_id)
    store.add_terms(session, terms)
    return terms


def terms_of(session: Session, contractor_id: ContractorId) -> list[SheetTerms]:
    """Return a contractor's terms, the newest first."""
    return store.terms_of(session, [contractor_id]).get(contractor_id, [])


def default_terms(contractor_id: ContractorId, valid_from: date = date.min) -> SheetTerms:
    """Return the terms of a contractor that has entered none."""
    return SheetTerms(NO_CONTRACTOR, contractor_id, valid_from)


def _terms(known: dict[ContractorId, list[SheetTerms]], day: RecordedDay) -> SheetTerms:
    owner = day.contractor_id or NO_CONTRACTOR
    return terms_on(known.get(owner, ()), day.site_id, day.work_date) or default_terms(owner)


def _row(days: list[SheetDay]) -> SheetRow:
    by_date: dict[date, list[SheetDay]] = defaultdict(list)
    for day in days:
        by_date[day.recorded.work_date].append(day)
    first = days[0].recorded
    shown = {on: tuple(found) for on, found in by_date.items()}
    return SheetRow(first.worker_id, first.worker_name, shown, totals_of(days))


def _add(
    session: Session,
    key: store.Key,
    man_day: ManDay,
    note: str,
    by: tuple[UUID, str],
    now: datetime,
    *,
    is_withdrawn: bool,
) -> SheetEntry:
    recorded = store.find_day(session, EVERYTHING, key)
    if recorded is None:
        raise NotFound("no such day", worker_id=key[0], site_id=key[1])
    lock(session, key[0])
    history = store.history_of(session, key)
    entry = SheetEntry(
        worker_id=key[0],
        site_id=key[1],
        work_date=key[2],
        seq=history[0].seq + 1 if history else 1,
        prime_contractor_id=recorded.prime_contractor_id,
        contractor_id=recorded.contractor_id,
        is_withdrawn=is_withdrawn,
        tenths=man_day.tenths,
        is_night=man_day.is_night,
        extra_min=man_day.extra_min,
        note=note,
        by_account=by[0],
        by_name=by[1],
        at=now,
    )
    store.add_entry(session, entry)
    return entry


def contractors_on(days: Iterable[SheetDay]) -> list[tuple[ContractorId, str]]:
    """Return the contractors of the days, by name."""
    names = {day.recorded.contractor_id: day.recorded.contractor_name or "" for day in days}
    return sorted(((known, name) for known, name in names.items() if known is not None), key=lambda pair: pair[1])
