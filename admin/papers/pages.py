"""「掲示物・資料」: posters, leaflets and the manual of a site, to look at and to print."""

from collections.abc import Sequence
from datetime import date
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import Response

from admin.access import needs, reading, scope_of, viewer_of, writing
from admin.exports import attachment
from admin.pages import render, with_query
from core.accounts.model import Permission
from core.audit import service as audit
from core.clock import work_date
from core.documents.leaflet import leaflet
from core.documents.manual import site_manual
from core.documents.model import DayCode, Paper
from core.documents.poster import Sheet, card_poster, site_poster
from core.documents.poster_texts import FOREIGN, TEXTS
from core.documents.printing import print_pdf, print_png
from core.ids import SiteId
from core.registry import places
from core.registry.papers import PAGE_ROWS, PaperSite, list_paper_sites, read_paper_site

PREVIEW_PPI = 50.0

router = APIRouter()
Languages = Annotated[list[str], Query(alias="lang", max_length=len(TEXTS))]


class PaperKind(StrEnum):
    """What is printed; the values stand in addresses."""

    POSTER = "poster"
    CARD = "card"
    LEAFLET = "leaflet"
    MANUAL = "manual"


_FILE_NAMES = {
    PaperKind.POSTER: "入退場ポスター",
    PaperKind.CARD: "カードタッチポスター",
    PaperKind.LEAFLET: "リーフレット",
    PaperKind.MANUAL: "現場運用マニュアル",
}


@router.get("/papers", dependencies=[needs(Permission.EXPORT)])
def choose_site(request: Request, q: str = "", page: Annotated[int, Query(ge=1, le=10_000)] = 1) -> Response:
    """Show the sites whose papers may be taken out."""
    search = q.strip()[:60]
    with reading(request, Permission.EXPORT) as session:
        found = list_paper_sites(session, scope_of(request, Permission.EXPORT), search, page)
    last = min(page * PAGE_ROWS, found.total)

    def to_page(number: int) -> str | None:
        is_there = number > 0 and (number - 1) * PAGE_ROWS < found.total
        return with_query("/papers", q=search or None, page=number) if is_there else None

    return render(
        request,
        "papers/sites.html",
        found=found,
        q=search,
        first=(page - 1) * PAGE_ROWS + 1,
        last=last,
        previous=to_page(page - 1),
        next=to_page(page + 1),
    )


@router.get("/papers/sites/{site_id}", dependencies=[needs(Permission.EXPORT)])
def show_papers(request: Request, site_id: UUID, lang: Languages = [], own: str = "") -> Response:  # noqa: B006
    """Show a site's papers; own is the language of the leaflet."""
    site = _site(request, SiteId(site_id))
    chosen = _known(lang)
    return render(
        request,
        "papers/site.html",
        found=site,
        base=f"/papers/sites/{site_id}",
        chosen=chosen,
        own=own if own in TEXTS else "ja",
        languages_known=[(code, texts["name"]) for code, texts in TEXTS.items()],
        foreign=[(code, TEXTS[code]["name"]) for code in FOREIGN],
        today=work_date(request.app.state.clock.now(), site.site.day_starts),
    )


@router.get("/papers/sites/{site_id}/{kind}.pdf", dependencies=[needs(Permission.EXPORT)])
def take_paper(
    request: Request,
    site_id: UUID,
    kind: PaperKind,
    paper: Paper = Paper.A4,
    lang: Languages = [],  # noqa: B006
) -> Response:
    """Answer with a paper as PDF, to be looked at and printed; the place for the code of the day is left to write."""
    return _pdf(_site(request, SiteId(site_id)), kind, paper, lang, None)


@router.post("/papers/sites/{site_id}/poster.pdf", dependencies=[needs(Permission.EXPORT)])
def take_poster_with_code(
    request: Request,
    site_id: UUID,
    code_on: Annotated[date, Form()],
    paper: Annotated[Paper, Form()] = Paper.A3,
    lang: Annotated[Sequence[str], Form(max_length=len(TEXTS))] = (),
) -> Response:
    """Answer with the poster as PDF with the code of a day on it, and note who took it."""
    site = _site(request, SiteId(site_id))
    return _pdf(site, PaperKind.POSTER, paper, lang, _day_code(request, site, code_on))


@router.get("/papers/sites/{site_id}/{kind}.png", dependencies=[needs(Permission.EXPORT)])
def preview_paper(
    request: Request,
    site_id: UUID,
    kind: PaperKind,
    lang: Languages = [],  # noqa: B006
    page: Annotated[int, Query(ge=1, le=2)] = 1,
) -> Response:
    """Answer with a small picture of a paper, never with a code of the day."""
    sheet = _sheet(_site(request, SiteId(site_id)), kind, Paper.A4, lang, None)
    png = print_png(sheet.template, sheet.data, sheet.pictures, page=page, ppi=PREVIEW_PPI)
    return Response(png, media_type="image/png")


def _pdf(site: PaperSite, kind: PaperKind, paper: Paper, lang: Sequence[str], day_code: DayCode | None) -> Response:
    sheet = _sheet(site, kind, paper, lang, day_code)
    pdf = print_pdf(sheet.template, sheet.data, sheet.pictures)
    name = f"{_FILE_NAMES[kind]}_{site.site.name}.pdf"
    headers = {"Content-Disposition": attachment(name, kind.value, disposition="inline")}
    return Response(pdf, media_type="application/pdf", headers=headers)


def _site(request: Request, site_id: SiteId) -> PaperSite:
    with reading(request, Permission.EXPORT) as session:
        return read_paper_site(session, scope_of(request, Permission.EXPORT), site_id)


def _sheet(site: PaperSite, kind: PaperKind, paper: Paper, lang: Sequence[str], day_code: DayCode | None) -> Sheet:
    languages = [code for code in _known(lang) if code in FOREIGN]
    match kind:
        case PaperKind.POSTER:
            return site_poster(site.paper, paper, day_code=day_code, languages=languages)
        case PaperKind.CARD:
            return card_poster(site.paper, paper, languages=languages)
        case PaperKind.LEAFLET:
            return leaflet(site.paper, _known(lang)[0])
        case PaperKind.MANUAL:
            return site_manual(site.paper)


def _known(lang: Sequence[str]) -> list[str]:
    """Return the languages asked for, in our order; all of them when none is named."""
    return [code for code in TEXTS if code in lang] or list(TEXTS)


def _day_code(request: Request, site: PaperSite, on: date) -> DayCode | None:
    """Return the code of a day for the poster, and note who took it; None where it is not used, or not the viewer's."""
    if not (site.is_whole and site.site.day_code_required):
        return None
    with writing(request) as session:
        code = places.day_code_of(session, request.app.state.settings.sealer, site.site.site_id, on)
        audit.record(
            session,
            at=request.app.state.clock.now(),
            by=viewer_of(request).account.account_id,
            action="site.day_code_printed",
            subject=("site", site.site.site_id),
            contractor_id=site.site.prime_contractor_id,
            details={"date": on.isoformat()},
        )
    return DayCode(code, on)
