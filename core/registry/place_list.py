"""The lists of contractors, sites and lines as pages and files show them: found, filtered, sorted."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from core.clock import work_date
from core.db import Session, as_model
from core.documents.sheets import Column, Kind, Row
from core.ids import ContractorId, SiteId
from core.phone import national
from core.registry.model import Contractor, LegalForm, Line, LineMode, Site
from core.registry.paging import PAGE_ROWS, Listed, in_batches, page_of_ids
from core.registry.search import Condition, all_of, contractor_matches, site_matches
from core.registry.tables import affiliations, contractors, line_sites, lines, sites, workers
from core.registry.visibility import contractor_is_visible, site_is_visible, worker_is_visible
from core.registry.worker_list import holds_on
from core.scope import Scope

CONTRACTOR_HEADINGS = (
    Column("事業者ID", Kind.CODE),
    Column("会社名", Kind.LONG_TEXT),
    Column("フリガナ"),
    Column("区分"),
    Column("住所", Kind.LONG_TEXT),
    Column("建設業許可"),
    Column("技能者数", Kind.NUMBER),
)
SITE_HEADINGS = (
    Column("現場ID", Kind.CODE),
    Column("現場番号", Kind.CODE),
    Column("現場名", Kind.LONG_TEXT),
    Column("元請", Kind.LONG_TEXT),
    Column("住所", Kind.LONG_TEXT),
    Column("開始日", Kind.DATE),
    Column("終了日", Kind.DATE),
    Column("電話回線"),
)
LINE_HEADINGS = (
    Column("電話番号"),
    Column("名前"),
    Column("応答"),
    Column("使う現場", Kind.LONG_TEXT),
    Column("廃止日", Kind.DATE),
)
LEGAL_FORM_NAMES = {
    LegalForm.CORPORATION: "法人",
    LegalForm.SOLE_PROPRIETOR: "個人事業主",
    LegalForm.ONE_PERSON: "一人親方",
}
LINE_MODE_NAMES = {
    LineMode.RING_ONLY: "鳴らすだけ（通話料なし）",
    LineMode.SENTENCE: "ひとこと案内",
    LineMode.MENU: "番号で選ぶ",
}


class SiteState(StrEnum):
    """Where a day lies to a site's period."""

    OPEN = "open"
    AHEAD = "ahead"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class ContractorFilters:
    """What the list of contractors is narrowed to."""

    q: str = ""
    legal_form: LegalForm | None = None


@dataclass(frozen=True, slots=True)
class SiteFilters:
    """What the list of sites is narrowed to."""

    q: str = ""
    state: SiteState | None = None
    prime_contractor_id: ContractorId | None = None


@dataclass(frozen=True, slots=True)
class LineFilters:
    """What the list of lines is narrowed to; retired None means all."""

    mode: LineMode | None = None
    retired: bool | None = None
    site_id: SiteId | None = None


@dataclass(frozen=True, slots=True)
class ContractorRow:
    """A contractor, and how many of its workers the viewer reaches today."""

    contractor: Contractor
    worker_count: int


@dataclass(frozen=True, slots=True)
class SiteRow:
    """A site, its prime contractor, and the numbers of the lines that serve it."""

    site: Site
    prime_name: str
    line_numbers: tuple[str, ...]
    state: SiteState


@dataclass(frozen=True, slots=True)
class LineRow:
    """A line, and those of the sites it serves that the viewer reaches."""

    line: Line
    sites: tuple[Site, ...]


def state_on(site: Site, day: date) -> SiteState:
    """Return where a day lies to the site's period."""
    if day < site.starts_on:
        return SiteState.AHEAD
    return SiteState.ENDED if site.ends_on is not None and site.ends_on < day else SiteState.OPEN


def list_contractors(
    session: Session, scope: Scope, filters: ContractorFilters, today: date, offset: int = 0
) -> Listed[ContractorRow]:
    """Return a page of the contractors a scope reaches, by kana and name."""
    ids, total = page_of_ids(session, contractors, _of_contractors(scope, filters), offset)
    return Listed(tuple(_contractor_rows(session, scope, ids, today)), total, offset)


def contractor_rows(session: Session, scope: Scope, filters: ContractorFilters, today: date) -> Iterator[Row]:
    """Give the rows of the whole list under CONTRACTOR_HEADINGS, for a file."""
    condition = _of_contractors(scope, filters)
    for row in in_batches(session, contractors, condition, lambda ids: _contractor_rows(session, scope, ids, today)):
        of = row.contractor
        form = LEGAL_FORM_NAMES[of.legal_form]
        yield of.ccus_contractor_id, of.name, of.name_kana, form, of.address, of.licence, row.worker_count


def list_sites(session: Session, scope: Scope, filters: SiteFilters, today: date, offset: int = 0) -> Listed[SiteRow]:
    """Return a page of the sites a scope reaches, by kana and name."""
    ids, total = page_of_ids(session, sites, _of_sites(scope, filters, today), offset)
    return Listed(tuple(_site_rows(session, ids, today)), total, offset)


def site_rows(session: Session, scope: Scope, filters: SiteFilters, today: date) -> Iterator[Row]:
    """Give the rows of the whole list under SITE_HEADINGS, for a file."""
    condition = _of_sites(scope, filters, today)
    for row in in_batches(session, sites, condition, lambda ids: _site_rows(session, ids, today)):
        of, numbers = row.site, "・".join(map(national, row.line_numbers))
        yield of.ccus_site_id, of.site_code, of.name, row.prime_name, of.address, of.starts_on, of.ends_on, numbers


def list_primes(session: Session, scope: Scope) -> list[tuple[UUID, str]]:
    """Return the prime contractors of the sites a scope reaches, by kana: the choices of the filter."""
    primes = sa.select(sites.c.prime_contractor_id).where(site_is_visible(scope))
    rows = session.execute(
        sa.select(contractors.c.contractor_id, contractors.c.name)
        .where(contractors.c.contractor_id.in_(primes))
        .order_by(contractors.c.name_kana, contractors.c.name)
    )
    return [(row[0], row[1]) for row in rows]


def list_lines(session: Session, scope: Scope, filters: LineFilters, offset: int = 0) -> Listed[LineRow]:
    """Return a page of the lines that serve a site a scope reaches, by their number."""
    condition = _of_lines(scope, filters)
    total = session.scalar(sa.select(sa.func.count()).select_from(lines).where(condition)) or 0
    found = session.execute(sa.select(lines).where(condition).order_by(lines.c.e164).limit(PAGE_ROWS).offset(offset))
    return Listed(tuple(_line_rows(session, scope, [as_model(Line, row) for row in found])), total, offset)


def line_rows(session: Session, scope: Scope, filters: LineFilters) -> Iterator[Row]:
    """Give the rows of the whole list under LINE_HEADINGS, for a file."""
    found = session.execute(sa.select(lines).where(_of_lines(scope, filters)).order_by(lines.c.e164))
    for row in _line_rows(session, scope, [as_model(Line, line) for line in found]):
        of, names = row.line, "・".join(site.name for site in row.sites)
        retired_on = of.retired_at and work_date(of.retired_at)
        yield national(of.e164), of.name, LINE_MODE_NAMES[of.mode], names, retired_on


def _of_contractors(scope: Scope, filters: ContractorFilters) -> Condition:
    conditions = [contractor_is_visible(scope), contractor_matches(filters.q)]
    if filters.legal_form is not None:
        conditions.append(contractors.c.legal_form == filters.legal_form)
    return all_of(conditions)


def _of_sites(scope: Scope, filters: SiteFilters, today: date) -> Condition:
    conditions = [site_is_visible(scope), site_matches(filters.q)]
    has_ended = sa.and_(sites.c.ends_on.is_not(None), sites.c.ends_on < today)
    match filters.state:
        case SiteState.AHEAD:
            conditions.append(sites.c.starts_on > today)
        case SiteState.ENDED:
            conditions.append(has_ended)
        case SiteState.OPEN:
            conditions += [sites.c.starts_on <= today, sa.not_(has_ended)]
    if filters.prime_contractor_id is not None:
        conditions.append(sites.c.prime_contractor_id == filters.prime_contractor_id)
    return all_of(conditions)


def line_is_visible(scope: Scope) -> Condition:
    """Condition on lines: it serves a site that is seen."""
    if scope.everything:
        return sa.true()
    served = sa.select(line_sites.c.line_id).join(sites, sites.c.site_id == line_sites.c.site_id)
    return lines.c.line_id.in_(served.where(site_is_visible(scope)))


def _of_lines(scope: Scope, filters: LineFilters) -> Condition:
    conditions = [line_is_visible(scope)]
    if filters.mode is not None:
        conditions.append(lines.c.mode == filters.mode)
    if filters.retired is not None:
        conditions.append(lines.c.retired_at.is_not(None) if filters.retired else lines.c.retired_at.is_(None))
    if filters.site_id is not None:
        served = sa.select(line_sites.c.line_id).where(line_sites.c.site_id == filters.site_id)
        conditions.append(lines.c.line_id.in_(served))
    return all_of(conditions)


def _contractor_rows(session: Session, scope: Scope, ids: Sequence[UUID], today: date) -> list[ContractorRow]:
    found = _by_id(session, contractors, ids)
    counted = session.execute(
        sa.select(affiliations.c.contractor_id, sa.func.count().label("workers"))
        .join(workers, workers.c.worker_id == affiliations.c.worker_id)
        .where(affiliations.c.contractor_id.in_(ids), holds_on(affiliations, today), worker_is_visible(scope))
        .group_by(affiliations.c.contractor_id)
    )
    counts = {row.contractor_id: row.workers for row in counted}
    return [ContractorRow(as_model(Contractor, found[own]), counts.get(own, 0)) for own in ids]


def _site_rows(session: Session, ids: Sequence[UUID], today: date) -> list[SiteRow]:
    models = [as_model(Site, row) for row in _in_order(_by_id(session, sites, ids), ids)]
    primes = _by_id(session, contractors, [site.prime_contractor_id for site in models])
    numbers: dict[UUID, list[str]] = {}
    served = session.execute(
        sa.select(line_sites.c.site_id, lines.c.e164)
        .join(lines, lines.c.line_id == line_sites.c.line_id)
        .where(line_sites.c.site_id.in_(ids), lines.c.retired_at.is_(None))
        .order_by(lines.c.e164)
    )
    for site_id, e164 in served:
        numbers.setdefault(site_id, []).append(e164)
    names = {own: row.name for own, row in primes.items()}
    return [
        SiteRow(site, names.get(site.prime_contractor_id, ""), tuple(numbers.get(site.site_id, ())), state)
        for site in models
        for state in [state_on(site, today)]
    ]


def _line_rows(session: Session, scope: Scope, found: Sequence[Line]) -> list[LineRow]:
    served: dict[UUID, list[Site]] = {}
    rows = session.execute(
        sa.select(line_sites.c.line_id, *sites.columns)
        .join(sites, sites.c.site_id == line_sites.c.site_id)
        .where(line_sites.c.line_id.in_([line.line_id for line in found]), site_is_visible(scope))
        .order_by(sites.c.site_code, sites.c.name)
    )
    for row in rows:
        served.setdefault(row.line_id, []).append(as_model(Site, row))
    return [LineRow(line, tuple(served.get(line.line_id, ()))) for line in found]


def _by_id(session: Session, table: sa.Table, ids: Sequence[UUID]) -> dict[UUID, sa.Row[Any]]:
    key = next(iter(table.primary_key.columns))
    return {row._mapping[key.name]: row for row in session.execute(sa.select(table).where(key.in_(ids)))}  # noqa: SLF001


def _in_order(found: dict[UUID, sa.Row[Any]], ids: Sequence[UUID]) -> list[sa.Row[Any]]:
    return [found[own] for own in ids]
