"""What the registry's lists show. Phones appear as masks; nothing here decides or writes."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from core.db import Session, as_model
from core.ids import LineId
from core.registry.model import Contractor, Line, Occupation, Position, Site, SkilledWorker
from core.registry.tables import (
    affiliations,
    contractors,
    line_sites,
    lines,
    occupations,
    phone_numbers,
    phones,
    positions,
    sites,
    workers,
)

PAGE_ROWS = 100


@dataclass(frozen=True, slots=True)
class Page:
    """Which part of a list is wanted: rows whose name, kana or CCUS id contains the text, from an offset on."""

    search: str = ""
    limit: int = PAGE_ROWS
    offset: int = 0


@dataclass(frozen=True, slots=True)
class ContractorSummary:
    """A contractor and how many workers belong to it on the day."""

    contractor: Contractor
    worker_count: int


@dataclass(frozen=True, slots=True)
class WorkerSummary:
    """A worker, his employer and the masks of his numbers on the day."""

    worker: SkilledWorker
    contractor_name: str | None
    phone_masks: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SiteSummary:
    """A site, its prime contractor and the numbers of the lines that serve it."""

    site: Site
    prime_name: str
    line_numbers: tuple[str, ...]


def list_contractors(session: Session, today: date, page: Page | None = None) -> list[ContractorSummary]:
    """Return contractors by kana and name."""
    found = _page(session, contractors, contractors.c.ccus_contractor_id, page)
    models = [as_model(Contractor, row) for row in found]
    counted = session.execute(
        sa.select(affiliations.c.contractor_id, sa.func.count().label("workers"))
        .where(affiliations.c.contractor_id.in_([model.contractor_id for model in models]), _on(affiliations, today))
        .group_by(affiliations.c.contractor_id)
    )
    counts = {row.contractor_id: row.workers for row in counted}
    return [ContractorSummary(model, counts.get(model.contractor_id, 0)) for model in models]


def list_workers(
    session: Session, today: date, page: Page | None = None, *, last4_indexes: Collection[str] = ()
) -> list[WorkerSummary]:
    """Return workers by kana and name; last4_indexes keeps those with a number that ends so (or nearly so) today."""
    condition: sa.ColumnElement[bool] | None = None
    if last4_indexes:
        condition = workers.c.worker_id.in_(
            sa.select(phone_numbers.c.worker_id)
            .join(phones, phones.c.phone_id == phone_numbers.c.phone_id)
            .where(phones.c.last4_index.in_(last4_indexes), _on(phone_numbers, today))
        )
    found = _page(session, workers, workers.c.ccus_worker_id, page, condition)
    models = [as_model(SkilledWorker, row) for row in found]
    ids = [model.worker_id for model in models]
    employers = _by_owner(
        session,
        sa.select(affiliations.c.worker_id, contractors.c.name)
        .join(contractors, contractors.c.contractor_id == affiliations.c.contractor_id)
        .where(affiliations.c.worker_id.in_(ids), _on(affiliations, today)),
    )
    masks = _by_owner(
        session,
        sa.select(phone_numbers.c.worker_id, phones.c.mask)
        .join(phones, phones.c.phone_id == phone_numbers.c.phone_id)
        .where(phone_numbers.c.worker_id.in_(ids), _on(phone_numbers, today))
        .order_by(phone_numbers.c.valid_from, phones.c.mask),
    )
    return [
        WorkerSummary(model, next(iter(employers[model.worker_id]), None), tuple(masks[model.worker_id]))
        for model in models
    ]


def list_sites(session: Session, page: Page | None = None) -> list[SiteSummary]:
    """Return sites by kana and name, finished ones too."""
    found = _page(session, sites, sites.c.ccus_site_id, page)
    models = [as_model(Site, row) for row in found]
    numbers = _by_owner(
        session,
        sa.select(line_sites.c.site_id, lines.c.e164)
        .join(lines, lines.c.line_id == line_sites.c.line_id)
        .where(line_sites.c.site_id.in_([model.site_id for model in models]), lines.c.retired_at.is_(None))
        .order_by(lines.c.e164),
    )
    prime_ids = {model.prime_contractor_id for model in models}
    named = session.execute(
        sa.select(contractors.c.contractor_id, contractors.c.name).where(contractors.c.contractor_id.in_(prime_ids))
    )
    primes = {row.contractor_id: row.name for row in named}
    return [SiteSummary(model, primes[model.prime_contractor_id], tuple(numbers[model.site_id])) for model in models]


def list_lines(session: Session) -> list[tuple[Line, tuple[Site, ...]]]:
    """Return every line by its number, retired ones too, with the sites it serves."""
    found = [as_model(Line, row) for row in session.execute(sa.select(lines).order_by(lines.c.e164))]
    served: dict[LineId, list[Site]] = defaultdict(list)
    statement = (
        sa.select(line_sites.c.line_id, sites)
        .join(sites, sites.c.site_id == line_sites.c.site_id)
        .order_by(sites.c.site_code, sites.c.name)
    )
    for row in session.execute(statement):
        served[row.line_id].append(as_model(Site, row))
    return [(line, tuple(served[line.line_id])) for line in found]


def list_occupations(session: Session) -> list[Occupation]:
    """Return every listed occupation by its code."""
    rows = session.execute(sa.select(occupations).order_by(occupations.c.occupation_code))
    return [as_model(Occupation, row) for row in rows]


def list_positions(session: Session) -> dict[Position, str]:
    """Return the Japanese name of each position."""
    return {row.position: row.name for row in session.execute(sa.select(positions.c.position, positions.c.name))}


def _page(
    session: Session,
    table: sa.Table,
    ccus_id: sa.Column[Any],
    page: Page | None,
    condition: sa.ColumnElement[bool] | None = None,
) -> list[sa.Row[*tuple[Any, ...]]]:
    page = page or Page()
    statement = sa.select(*table.columns).order_by(table.c.name_kana, table.c.name, *table.primary_key.columns)
    if wanted := "".join(page.search.split()):
        texts = (_unspaced(table.c.name), _unspaced(table.c.name_kana), ccus_id)
        statement = statement.where(sa.or_(*(text.icontains(wanted, autoescape=True) for text in texts)))
    if condition is not None:
        statement = statement.where(condition)
    return list(session.execute(statement.limit(page.limit).offset(page.offset)))


def _unspaced(column: sa.Column[Any]) -> sa.ColumnElement[Any]:
    return sa.func.replace(sa.func.replace(column, " ", ""), "　", "")


def _on(table: sa.Table, day: date) -> sa.ColumnElement[bool]:
    return sa.and_(table.c.valid_from <= day, sa.or_(table.c.valid_until.is_(None), table.c.valid_until >= day))


def _by_owner(session: Session, statement: sa.Select[Any]) -> dict[UUID, list[str]]:
    """Return the texts of (owner, text) rows by their owner."""
    texts: dict[UUID, list[str]] = defaultdict(list)
    for row in session.execute(statement):
        owner, text = row
        texts[owner].append(text)
    return texts
