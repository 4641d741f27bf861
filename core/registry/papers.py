"""Sites as their printed papers show them: facts, lines and the keys a caller is asked for. Nothing here prints."""

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from core.db import Session, as_model
from core.documents.model import PaperLine, SitePaper, Way
from core.errors import NotFound
from core.ids import SiteId
from core.registry.model import LineMode, Site
from core.registry.tables import contractors, line_sites, lines, sites
from core.registry.visibility import site_is_visible, site_is_whole
from core.scope import Scope

PAGE_ROWS = 50


@dataclass(frozen=True, slots=True)
class PaperSite:
    """A site whose papers may be taken out. Only whoever sees it whole may print the code of a day."""

    site: Site
    paper: SitePaper
    is_whole: bool


@dataclass(frozen=True, slots=True)
class PaperSites:
    """One page of the sites to choose from, and how many there are in all."""

    rows: tuple[tuple[Site, str], ...]  # with the prime contractor's name
    total: int


def list_paper_sites(session: Session, scope: Scope, search: str = "", page: int = 1) -> PaperSites:
    """Return the sites in reach whose name or kana contains the text, the latest to begin first."""
    conditions = [site_is_visible(scope)]
    if wanted := search.strip():
        conditions.append(
            sa.or_(
                sites.c.name.icontains(wanted, autoescape=True), sites.c.name_kana.icontains(wanted, autoescape=True)
            )
        )
    total = session.scalar(sa.select(sa.func.count()).select_from(sites).where(*conditions)) or 0
    found = session.execute(
        _with_prime()
        .where(*conditions)
        .order_by(sites.c.starts_on.desc(), sites.c.name_kana, sites.c.site_id)
        .limit(PAGE_ROWS)
        .offset((page - 1) * PAGE_ROWS)
    )
    return PaperSites(tuple((as_model(Site, row), row.prime_name or "") for row in found), total)


def read_paper_site(session: Session, scope: Scope, site_id: SiteId) -> PaperSite:
    """Return a site with what its papers say. Raises NotFound when it is not in reach."""
    statement = _with_prime().add_columns(site_is_whole(scope).label("is_whole"))
    row = session.execute(statement.where(sites.c.site_id == site_id, site_is_visible(scope))).one_or_none()
    if row is None:
        raise NotFound("no such site", site_id=site_id)
    site = as_model(Site, row)
    paper = SitePaper(
        site_name=site.name,
        prime_name=row.prime_name or "",
        site_code=site.site_code,
        lines=_lines(session, site_id),
        day_code_required=site.day_code_required,
        ccus_site_id=site.ccus_site_id,
        address=site.address,
        starts_on=site.starts_on,
        ends_on=site.ends_on,
        day_starts_min=site.day_starts_min,
        closes_min=site.closes_min if site.has_closing_hour else None,
        minimum_stay_min=site.minimum_stay_min,
    )
    return PaperSite(site, paper, bool(row.is_whole))


def _with_prime() -> sa.Select[Any]:
    # The prime contractor's own record may be out of the viewer's reach.
    joined = sites.outerjoin(contractors, contractors.c.contractor_id == sites.c.prime_contractor_id)
    return sa.select(*sites.columns, contractors.c.name.label("prime_name")).select_from(joined)


def _lines(session: Session, site_id: SiteId) -> tuple[PaperLine, ...]:
    """Return the lines in use, by number; one that serves several sites asks its callers which."""
    served = line_sites.alias("served")
    count = sa.select(sa.func.count()).where(served.c.line_id == lines.c.line_id).scalar_subquery()
    found = session.execute(
        sa.select(lines.c.e164, lines.c.mode, lines.c.direction, count.label("site_count"))
        .join(line_sites, line_sites.c.line_id == lines.c.line_id)
        .where(line_sites.c.site_id == site_id, lines.c.retired_at.is_(None))
        .order_by(lines.c.e164)
    )
    return tuple(
        PaperLine(
            row.e164,
            Way(row.direction.value),
            is_ring_only=row.mode is LineMode.RING_ONLY,
            is_menu=row.mode is LineMode.MENU,
            asks_site_code=row.site_count > 1,
        )
        for row in found
    )
