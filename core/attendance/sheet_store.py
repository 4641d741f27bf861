"""The queries of the attendance sheet: recorded days, what people wrote, and terms."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from datetime import date

import sqlalchemy as sa

from core.attendance.calendar_model import next_month
from core.attendance.sheet_model import RecordedDay, SheetEntry, SheetTerms
from core.attendance.tables import attendance_days, sheet_entries, sheet_terms
from core.attendance.visibility import day_is_visible
from core.db import Session, as_model
from core.ids import ContractorId, SiteId, WorkerId
from core.registry.reach import once_employed
from core.registry.tables import contractors, sites, workers
from core.scope import Scope
from core.statements import insert_rows

Key = tuple[WorkerId, SiteId, date]


def recorded_days(
    session: Session,
    scope: Scope,
    month: date,
    *,
    site_id: SiteId | None = None,
    contractor_id: ContractorId | None = None,
    worker_id: WorkerId | None = None,
) -> list[RecordedDay]:
    """Return the days of a month that the scope reaches, by contractor, kana, name and date."""
    day = attendance_days.c
    statement = (
        sa.select(
            *(day[name] for name in ("worker_id", "site_id", "prime_contractor_id", "contractor_id", "work_date")),
            *(day[name] for name in ("first_entry_at", "last_exit_at", "missing_exit")),
            day.inside_since.is_not(None).label("is_inside"),
            workers.c.name.label("worker_name"),
            sites.c.name.label("site_name"),
            contractors.c.name.label("contractor_name"),
        )
        .join(workers, workers.c.worker_id == day.worker_id)
        .join(sites, sites.c.site_id == day.site_id)
        .outerjoin(contractors, contractors.c.contractor_id == day.contractor_id)
        .where(day.work_date >= month, day.work_date < next_month(month), ~day.is_void, day_is_visible(scope))
        .order_by(contractors.c.name_kana, contractors.c.name, day.contractor_id)
        .order_by(workers.c.name_kana, workers.c.name, day.worker_id, day.work_date, day.first_entry_at, day.site_id)
    )
    for column, wanted in ((day.site_id, site_id), (day.contractor_id, contractor_id), (day.worker_id, worker_id)):
        if wanted is not None:
            statement = statement.where(column == wanted)
    if contractor_id is not None:
        statement = statement.where(day.worker_id.in_(once_employed(contractor_id)))
    return [as_model(RecordedDay, row) for row in session.execute(statement)]


def find_day(session: Session, scope: Scope, key: Key) -> RecordedDay | None:
    """Return one recorded day; None when there is none, or none that the scope reaches."""
    worker_id, site_id, on = key
    days = recorded_days(session, scope, on.replace(day=1), site_id=site_id, worker_id=worker_id)
    return next((day for day in days if day.work_date == on), None)


def entries_of(session: Session, days: Collection[RecordedDay], month: date) -> dict[Key, SheetEntry]:
    """Return what people wrote for the days of a month and have not withdrawn."""
    entry, later = sheet_entries.c, sheet_entries.alias("later")
    same = [later.c[name] == entry[name] for name in ("worker_id", "site_id", "work_date")]
    newer = sa.select(later.c.seq).where(*same, later.c.seq > entry.seq).correlate(sheet_entries)
    statement = sa.select(sheet_entries).where(
        entry.work_date >= month,
        entry.work_date < next_month(month),
        entry.site_id.in_({day.site_id for day in days}),
        ~newer.exists(),
        ~entry.is_withdrawn,
    )
    wanted = {(day.worker_id, day.site_id, day.work_date) for day in days}
    found = (as_model(SheetEntry, row) for row in session.execute(statement))
    by_key = {(entry.worker_id, entry.site_id, entry.work_date): entry for entry in found}
    return {key: entry for key, entry in by_key.items() if key in wanted}


def history_of(session: Session, key: Key) -> list[SheetEntry]:
    """Return everything that was written for a day, the newest first."""
    entry = sheet_entries.c
    statement = (
        sa.select(sheet_entries)
        .where(entry.worker_id == key[0], entry.site_id == key[1], entry.work_date == key[2])
        .order_by(entry.seq.desc())
    )
    return [as_model(SheetEntry, row) for row in session.execute(statement)]


def add_entry(session: Session, entry: SheetEntry) -> None:
    insert_rows(session, {sheet_entries: [entry]})


def terms_of(session: Session, contractor_ids: Iterable[ContractorId]) -> dict[ContractorId, list[SheetTerms]]:
    """Return the terms of contractors, of every site and time."""
    found: dict[ContractorId, list[SheetTerms]] = defaultdict(list)
    statement = sa.select(sheet_terms).where(sheet_terms.c.contractor_id.in_(set(contractor_ids)))
    for row in session.execute(statement.order_by(sheet_terms.c.valid_from.desc(), sheet_terms.c.terms_id.desc())):
        found[row.contractor_id].append(as_model(SheetTerms, row))
    return found


def add_terms(session: Session, terms: SheetTerms) -> None:
    insert_rows(session, {sheet_terms: [terms]})
