"""What partners read: pages of rows in an order that does not move, each ending with where the next one goes on."""

import base64
import binascii
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from core.attendance.tables import attendance_days
from core.clock import has_records
from core.db import Session
from core.errors import InvalidInput
from core.ids import SiteId
from core.registry.tables import contractors, sites, workers
from core.registry.visibility import site_is_whole
from core.scope import Scope
from core.tiering.roster_tables import roster_entries

PAGE_MOST = 500


@dataclass(frozen=True, slots=True)
class Asked:
    """Which rows, and from where on; limit is at most PAGE_MOST."""

    site_id: SiteId | None = None
    first: date | None = None
    last: date | None = None
    cursor: str = ""
    limit: int = 100


@dataclass(frozen=True, slots=True)
class ReadPage:
    """Rows, and the cursor of the next page; None when there is none."""

    rows: Sequence[dict[str, Any]]
    cursor: str | None


def read_sites(session: Session, scope: Scope, asked: Asked) -> ReadPage:
    """Return the sites of the partner's prime contractor."""
    statement = sa.select(
        sites.c.site_id, sites.c.ccus_site_id, sites.c.name, sites.c.starts_on, sites.c.ends_on
    ).where(site_is_whole(scope))
    return _page(session, statement, (sites.c.site_id,), (UUID,), asked)


def read_attendance(session: Session, scope: Scope, asked: Asked) -> ReadPage:
    """Return 就業履歴: one row for each worker, site and work date, by date; void days are not told.

    Times are null where nobody called or touched: none is ever invented. The name is null for the seconds until a
    newcomer from long ago, whose touch comes late, may be seen.
    """
    days = attendance_days.c
    statement = (
        sa.select(
            *(days.work_date, days.site_id, days.worker_id, workers.c.ccus_worker_id, workers.c.name),
            *(days.contractor_id, contractors.c.name.label("contractor")),
            *(days.first_entry_at, days.last_exit_at, days.missing_exit, days.is_direct),
        )
        .join(sites, sites.c.site_id == days.site_id)
        .outerjoin(workers, workers.c.worker_id == days.worker_id)
        .outerjoin(contractors, contractors.c.contractor_id == days.contractor_id)
        .where(site_is_whole(scope), days.is_void.is_(False))
    )
    if asked.site_id is not None:
        statement = statement.where(days.site_id == asked.site_id)
    if asked.first is not None:
        statement = statement.where(days.work_date >= asked.first)
    if asked.last is not None:
        statement = statement.where(days.work_date <= asked.last)
    key = (days.work_date, days.site_id, days.worker_id)
    return _page(session, statement, key, (date.fromisoformat, UUID, UUID), asked)


def read_rosters(session: Session, scope: Scope, asked: Asked) -> ReadPage:
    """Return 作業員名簿: who is or was entered for whom, as what, from-until; removed ones are told as such."""
    entries = roster_entries.c
    statement = (
        sa.select(
            *(entries.roster_entry_id, entries.site_id, entries.contractor_id, contractors.c.name.label("contractor")),
            *(entries.worker_id, workers.c.ccus_worker_id, workers.c.name, entries.occupation_code, entries.position),
            *(entries.valid_from, entries.valid_until, entries.state),
        )
        .join(sites, sites.c.site_id == entries.site_id)
        .join(workers, workers.c.worker_id == entries.worker_id)
        .join(contractors, contractors.c.contractor_id == entries.contractor_id)
        .where(site_is_whole(scope))
    )
    if asked.site_id is not None:
        statement = statement.where(entries.site_id == asked.site_id)
    return _page(session, statement, (entries.roster_entry_id,), (UUID,), asked)


def _page(
    session: Session,
    statement: sa.Select[Any],
    key: Sequence[sa.ColumnElement[Any]],
    kinds: Sequence[Callable[[str], Any]],
    asked: Asked,
) -> ReadPage:
    if asked.cursor:
        after = _read_cursor(asked.cursor, kinds)
        bound = [sa.bindparam(None, value, type_=column.type) for column, value in zip(key, after, strict=True)]
        statement = statement.where(sa.tuple_(*key) > sa.tuple_(*bound))
    found = session.execute(statement.order_by(*key).limit(asked.limit + 1)).all()
    rows = [{str(name): value for name, value in row._mapping.items()} for row in found[: asked.limit]]  # noqa: SLF001
    if len(found) <= asked.limit:
        return ReadPage(rows, None)
    return ReadPage(rows, _cursor([rows[-1][column.key or ""] for column in key]))


def _cursor(values: Sequence[Any]) -> str:
    text = json.dumps([str(value) for value in values], separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _read_cursor(text: str, kinds: Sequence[Callable[[str], Any]]) -> list[Any]:
    try:
        values = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        read = [kind(str(value)) for kind, value in zip(kinds, values, strict=True)]
    except (binascii.Error, ValueError, TypeError):
        raise InvalidInput("a cursor is taken from the answer before, as it is", field="cursor") from None
    if any(isinstance(value, date) and not has_records(value) for value in read):
        raise InvalidInput("a cursor is taken from the answer before, as it is", field="cursor")
    return read
