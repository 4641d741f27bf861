"""Which days of a month count, joined from the ledger's calendar and the credit: what the pages show. Reads only.

The calendar says what of a day is recorded; here is added whether it is credited, and if not, which step is missing and
whose move it is. A day that is credited counts with the contractor, occupation and position of its credit.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime

from core.attendance import calendar
from core.attendance.calendar import totals_of
from core.attendance.calendar_model import CalendarDay, Matrix, MatrixRow, MonthQuery, dates_of
from core.attendance.counting import MissingStep, Mover, Step
from core.db import Session
from core.ids import ContractorId, SiteId, WorkerId
from core.scope import Scope
from core.tiering import credit_store, link_store, structure_store
from core.tiering.link_model import Chain
from core.tiering.roster_model import DayCredit

_CREDIT_SETTLES = frozenset({Step.CONTRACTOR, Step.OCCUPATION})
Key = tuple[WorkerId, SiteId, date]


@dataclass(frozen=True, slots=True)
class Credits:
    """All that a month's days are joined with."""

    held: dict[Key, DayCredit]
    chains: dict[tuple[SiteId, ContractorId], Chain]
    contractor_names: dict[ContractorId, str]
    occupation_names: dict[str, str]


def worker_month(
    session: Session, scope: Scope, worker_id: WorkerId, month: date, now: datetime
) -> tuple[CalendarDay, ...]:
    """Return a worker's days of a month that the scope reaches, in their order, with what each lacks to count."""
    days = calendar.worker_month(session, scope, worker_id, month, now)
    return tuple(_joined(days, _credits(session, scope, month, days)))


def read_matrix(session: Session, scope: Scope, query: MonthQuery, now: datetime, *, offset: int = 0) -> Matrix:
    """Return one page of the workers who have days in the month, with what each day lacks to count."""
    matrix = calendar.read_matrix(session, scope, query, now, offset=offset)
    days = [day for row in matrix.rows for found in row.days.values() for day in found]
    credits_ = _credits(session, scope, query.month, days)
    return replace(matrix, rows=tuple(_row(row, credits_) for row in matrix.rows))


def _row(row: MatrixRow, credits_: Credits) -> MatrixRow:
    days = {on: tuple(_joined(found, credits_)) for on, found in row.days.items()}
    return replace(row, days=days, totals=totals_of(day for found in days.values() for day in found))


def _joined(days: Iterable[CalendarDay], credits_: Credits) -> Iterable[CalendarDay]:
    for day in days:
        credit = credits_.held.get((day.worker_id, day.site_id, day.work_date))
        yield _credited(day, credit, credits_) if credit else _waiting(day, credits_)


def _credited(day: CalendarDay, credit: DayCredit, credits_: Credits) -> CalendarDay:
    return replace(
        day,
        contractor_id=credit.contractor_id,
        contractor_name=credits_.contractor_names.get(credit.contractor_id, day.contractor_name),
        occupation=credits_.occupation_names.get(credit.occupation_code, credit.occupation_code),
        position=credit.position,
        missing=tuple(step for step in day.missing if step.step not in _CREDIT_SETTLES),
    )


def _waiting(day: CalendarDay, credits_: Credits) -> CalendarDay:
    """Return a day that is not credited, with the step that hinders it; without a contractor that is step enough."""
    if not day.is_recorded or day.contractor_id is None:
        return day
    step = _missing_step(credits_.chains.get((day.site_id, day.contractor_id)), day.work_date)
    at = next((n for n, other in enumerate(day.missing) if not other.hinders), len(day.missing))
    return replace(day, missing=(*day.missing[:at], step, *day.missing[at:]))


def _missing_step(chain: Chain | None, day: date) -> MissingStep:
    if chain is not None and chain.is_whole(day):
        return MissingStep(Step.ROSTER, Mover.EMPLOYER, hinders=True)
    return MissingStep(Step.CHAIN, chain.mover if chain else Mover.PRIME, hinders=True)


def _credits(session: Session, scope: Scope, month: date, days: Collection[CalendarDay]) -> Credits:
    dates = dates_of(month)
    workers = {day.worker_id for day in days}
    held = credit_store.held_by(session, scope, workers, dates[0], dates[-1]) if workers else []
    firms = {credit.contractor_id for credit in held}
    chains = link_store.chains_at(session, {day.site_id for day in days})
    return Credits(
        held={(credit.worker_id, credit.site_id, credit.work_date): credit for credit in held},
        chains={(chain.site_id, chain.contractor_id): chain for chain in chains},
        contractor_names=structure_store.names_of(session, firms) if firms else {},
        occupation_names=credit_store.occupation_names(session, {credit.occupation_code for credit in held}),
    )
