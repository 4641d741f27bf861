"""The list of workers as pages and files show it: found, filtered, sorted by kana. Phones appear as masks."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

import sqlalchemy as sa

from core.db import Session
from core.documents.sheets import Column, Kind, Row
from core.ids import ContractorId, WorkerId
from core.phone import PhoneSealer
from core.registry.paging import Listed, in_batches, page_of_ids
from core.registry.search import Condition, all_of, worker_matches
from core.registry.tables import (
    affiliations,
    contractors,
    occupations,
    phone_numbers,
    phones,
    worker_occupations,
    workers,
)
from core.registry.visibility import contractor_is_visible, worker_is_visible
from core.scope import Scope

CHOICES_AT_MOST = 300
WORKER_HEADINGS = (
    Column("技能者ID", Kind.CODE),
    Column("氏名"),
    Column("フリガナ"),
    Column("生年月日", Kind.DATE),
    Column("所属会社", Kind.LONG_TEXT),
    Column("職種"),
    Column("電話番号（下4桁のみ）"),
)


@dataclass(frozen=True, slots=True)
class WorkerFilters:
    """What the list is narrowed to. employed: True and False by whether somebody employs the worker today."""

    q: str = ""
    contractor_id: ContractorId | None = None
    occupation_code: str = ""
    employed: bool | None = None
    without_phone: bool = False
    provisional: bool = False


@dataclass(frozen=True, slots=True)
class WorkerRow:
    """One worker of the list, with what holds today."""

    worker_id: WorkerId
    ccus_worker_id: str | None
    name: str
    name_kana: str
    birth_date: date | None
    contractor_id: ContractorId | None
    contractor_name: str | None
    occupation_name: str | None
    phone_masks: tuple[str, ...]


def list_workers(
    session: Session, scope: Scope, filters: WorkerFilters, today: date, sealer: PhoneSealer, offset: int = 0
) -> Listed[WorkerRow]:
    """Return a page of the workers a scope reaches, by kana and name."""
    ids, total = page_of_ids(session, workers, _condition(scope, filters, today, sealer), offset)
    return Listed(tuple(_rows(session, ids, today)), total, offset)


def worker_rows(
    session: Session, scope: Scope, filters: WorkerFilters, today: date, sealer: PhoneSealer
) -> Iterator[Row]:
    """Give the rows of the whole list under WORKER_HEADINGS, for a file."""
    condition = _condition(scope, filters, today, sealer)
    for row in in_batches(session, workers, condition, lambda ids: _rows(session, ids, today)):
        masks = "・".join(mask.replace("+81", "0", 1) for mask in row.phone_masks)
        yield (
            *(row.ccus_worker_id, row.name, row.name_kana, row.birth_date),
            *(row.contractor_name, row.occupation_name, masks),
        )


def list_employers(session: Session, scope: Scope, today: date, limit: int = CHOICES_AT_MOST) -> list[tuple[UUID, str]]:
    """Return those of the contractors a scope reaches that employ anybody today, by kana: the filter's choices."""
    employs = sa.exists().where(
        affiliations.c.contractor_id == contractors.c.contractor_id, holds_on(affiliations, today)
    )
    rows = session.execute(
        sa.select(contractors.c.contractor_id, contractors.c.name)
        .where(contractor_is_visible(scope), employs)
        .order_by(contractors.c.name_kana, contractors.c.name)
        .limit(limit)
    )
    return [(row[0], row[1]) for row in rows]


def holds_on(table: sa.FromClause, day: date | sa.ColumnElement[date]) -> Condition:
    """Condition on a table of validities: it holds on a day."""
    return sa.and_(table.c.valid_from <= day, sa.or_(table.c.valid_until.is_(None), table.c.valid_until >= day))


def _condition(scope: Scope, filters: WorkerFilters, today: date, sealer: PhoneSealer) -> Condition:
    # Lists of ids, not a look for each row: SQLite is three times as fast with them.
    employed = sa.select(affiliations.c.worker_id).where(holds_on(affiliations, today))
    reached = sa.select(phone_numbers.c.worker_id).where(holds_on(phone_numbers, today))
    own = workers.c.worker_id
    conditions = [worker_is_visible(scope), worker_matches(filters.q, sealer)]
    if filters.contractor_id is not None:
        conditions.append(own.in_(employed.where(affiliations.c.contractor_id == filters.contractor_id)))
    if filters.occupation_code:
        trades = sa.select(worker_occupations.c.worker_id)
        conditions.append(own.in_(trades.where(worker_occupations.c.occupation_code == filters.occupation_code)))
    if filters.employed is not None:
        conditions.append(own.in_(employed) if filters.employed else own.not_in(employed))
    if filters.without_phone:
        conditions.append(own.not_in(reached))
    if filters.provisional:
        conditions.append(workers.c.ccus_worker_id.is_(None))
    return all_of(conditions)


def _rows(session: Session, ids: Sequence[UUID], today: date) -> list[WorkerRow]:
    if not ids:
        return []
    found = {row.worker_id: row for row in session.execute(sa.select(workers).where(workers.c.worker_id.in_(ids)))}
    employers = _employers(session, ids, today)
    trades, masks = _first_trades(session, ids), _masks(session, ids, today)
    rows = []
    for worker_id in ids:
        row, (contractor_id, contractor_name) = found[worker_id], employers.get(worker_id, (None, None))
        rows.append(
            WorkerRow(
                *(row.worker_id, row.ccus_worker_id, row.name, row.name_kana, row.birth_date),
                *(contractor_id, contractor_name, trades.get(worker_id), tuple(masks.get(worker_id, ()))),
            )
        )
    return rows


def _employers(
    session: Session, ids: Sequence[UUID], today: date
) -> dict[UUID, tuple[ContractorId | None, str | None]]:
    rows = session.execute(
        sa.select(affiliations.c.worker_id, contractors.c.contractor_id, contractors.c.name)
        .join(contractors, contractors.c.contractor_id == affiliations.c.contractor_id)
        .where(affiliations.c.worker_id.in_(ids), holds_on(affiliations, today))
    )
    return {row[0]: (row[1], row[2]) for row in rows}


def _first_trades(session: Session, ids: Sequence[UUID]) -> dict[UUID, str]:
    rows = session.execute(
        sa.select(worker_occupations.c.worker_id, occupations.c.name)
        .join(occupations, occupations.c.occupation_code == worker_occupations.c.occupation_code)
        .where(worker_occupations.c.worker_id.in_(ids), worker_occupations.c.rank == 1)
    )
    return {row[0]: row[1] for row in rows}


def _masks(session: Session, ids: Sequence[UUID], today: date) -> dict[UUID, list[str]]:
    masks: dict[UUID, list[str]] = {}
    rows = session.execute(
        sa.select(phone_numbers.c.worker_id, phones.c.mask)
        .join(phones, phones.c.phone_id == phone_numbers.c.phone_id)
        .where(phone_numbers.c.worker_id.in_(ids), holds_on(phone_numbers, today))
        .order_by(phone_numbers.c.valid_from, phones.c.mask)
    )
    for worker_id, mask in rows:
        masks.setdefault(worker_id, []).append(mask)
    return masks
