"""「現場の今」: who is on site now. The board refreshes itself; a refresh answers 204 while nothing has changed."""

import hashlib
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import RedirectResponse, Response

from admin.access import needs, reading, scope_of, viewer_of
from admin.now import papers
from admin.now.choosing import (
    ALL_SITES,
    FAVOURITES_COOKIE,
    MAX_CHOICES,
    MAX_FAVOURITES,
    MY_SITES,
    Choice,
    choose,
    favourites,
    parse_site_id,
)
from admin.now.layout import company_code, overview_page, site_page
from admin.pages import PageNumber, language_of, render, with_query
from core.accounts.model import Permission
from core.attendance.board import find_site, read_board
from core.attendance.board_model import Board, Overview
from core.attendance.board_overview import OpenSite, open_sites, read_overview
from core.errors import NotFound

A_YEAR_S = 365 * 24 * 3600

router = APIRouter()
router.include_router(papers.router)
SitePart = Annotated[str, Query(alias="site", max_length=40)]


@dataclass(frozen=True, slots=True)
class _Asked:
    """What the address asks for."""

    site: str
    company: str
    page: int
    search: str

    def path(self, base: str, choice: Choice, **more: object) -> str:
        company = self.company if choice.site else ""
        number = self.page if self.page > 1 and not choice.site else None
        return with_query(base, site=choice.code, company=company or None, page=number, q=self.search or None, **more)


@router.get("/", dependencies=[needs(Permission.SEE)])
def show_now(request: Request, site: SitePart = "", company: str = "", page: PageNumber = 1, q: str = "") -> Response:
    return _show(request, _Asked(site, company, page, q.strip()[:60]), None)


@router.get("/now/fragment", dependencies=[needs(Permission.SEE)])
def show_now_fragment(
    request: Request, site: SitePart = ALL_SITES, company: str = "", page: PageNumber = 1, q: str = "", seen: str = ""
) -> Response:
    """Answer with the board alone, or with 204 when it still is what the page has seen."""
    return _show(request, _Asked(site, company, page, q.strip()[:60]), seen)


@router.post("/now/my-sites", dependencies=[needs(Permission.SEE)])
def mark_my_site(request: Request, site: Annotated[str, Form()], is_mine: Annotated[str, Form()] = "") -> Response:
    """Mark a site as one's own with this browser, or take the mark away (is_mine empty)."""
    site_id = parse_site_id(site)
    with reading(request) as session:
        if site_id is None or find_site(session, scope_of(request), site_id) is None:
            raise NotFound(f"no site {site}", site_id=site)
    others = [known for known in favourites(request) if known != site_id]
    marked = [site_id, *others][:MAX_FAVOURITES] if is_mine else others
    response = RedirectResponse(with_query("/", site=site_id), 303)
    response.set_cookie(
        FAVOURITES_COOKIE,
        ".".join(known.hex for known in marked),
        max_age=A_YEAR_S,
        secure=request.app.state.settings.secure_cookies,
        httponly=True,
        samesite="lax",
    )
    return response


def _show(request: Request, asked: _Asked, seen: str | None) -> Response:
    """Return the page, or its board alone where it is asked for by what was seen of it."""
    now = request.app.state.clock.now()
    scope = scope_of(request)
    with reading(request) as session:
        there = open_sites(session, scope, now)
        choice = choose(request, session, asked.site, there)
        board = read_board(session, scope, now, choice.site) if choice.site else None
        overview = None if board else read_overview(session, scope, now, choice.mine)
    version = _version(request, board or overview)
    if seen == version:
        return Response(status_code=204)
    context = _board_context(board, asked) if board else _overview_context(overview, asked, choice)
    refresh = asked.path("/now/fragment", choice, seen=version)
    template = ("now/site.html" if board else "now/overview.html") if seen is not None else "now/now.html"
    around = _page_context(request, choice, there) if seen is None else {}
    return render(request, template, now=now, site=choice.code, refresh=refresh, **context, **around)


def _page_context(request: Request, choice: Choice, there: list[OpenSite]) -> dict[str, Any]:
    choices = [(site.site_id, site.name) for site in there]
    shown = choice.site
    if shown and all(site_id != shown.site_id for site_id, _ in choices):
        choices.append((shown.site_id, shown.name))  # one that is not open today
    viewer = viewer_of(request)
    return {
        "choices": choices if len(choices) <= MAX_CHOICES else None,
        "has_mine": choice.has_mine,
        "all_sites": ALL_SITES,
        "my_sites": MY_SITES,
        "is_favourite": shown is not None and shown.site_id in favourites(request),
        "may_settle": viewer.may(Permission.SETTLE),
    }


def _board_context(board: Board, asked: _Asked) -> dict[str, Any]:
    cut = site_page(board, asked.company)
    return {"board": board, "shown": cut.board, "cut": cut, "code_of": company_code, "overview": None}


def _overview_context(overview: Overview | None, asked: _Asked, choice: Choice) -> dict[str, Any]:
    assert overview is not None
    part = overview_page(overview, asked.page, asked.search)

    def address(number: int) -> str:
        return _Asked(asked.site, "", number, asked.search).path("/", choice)

    return {
        "board": None,
        "overview": overview,
        "part": part,
        "q": asked.search,
        "is_mine": choice.mine is not None,
        "previous": address(part.number - 1) if part.number > 1 else None,
        "next": address(part.number + 1) if part.last < part.total else None,
    }


def _version(request: Request, shown: Board | Overview | None) -> str:
    return hashlib.sha256(f"{language_of(request)}{shown!r}".encode()).hexdigest()[:16]
