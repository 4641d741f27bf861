"""The muster list, to print, and the wall screen: one site each, for whoever is signed in or by a display link."""

import hashlib
from dataclasses import dataclass
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import RedirectResponse, Response

from admin.access import needs, reading, scope_of, viewer_of, writing
from admin.now.choosing import parse_site_id
from admin.pages import language_of, render, with_query
from core.accounts.model import Permission
from core.attendance import board_links
from core.attendance.board import find_site, read_board
from core.attendance.board_latest import unclear_callers
from core.attendance.board_model import Board
from core.audit import service as audit
from core.clock import work_date
from core.db import Session
from core.errors import NotFound
from core.registry.model import Site
from core.scope import Scope

WALL_COMPANIES = 14  # as many as are legible from five metres; the others are summed up

router = APIRouter()
SitePart = Annotated[str, Query(alias="site", max_length=40)]
Theme = Literal["", "dark", "light"]


@router.get("/now/evacuation", dependencies=[needs(Permission.SEE)])
def show_evacuation(request: Request, site: SitePart = "") -> Response:
    """The list to count people by at the muster point: everybody at once, for it is printed and carried."""
    now = request.app.state.clock.now()
    with reading(request) as session:
        scope = scope_of(request)
        board = read_board(session, scope, now, _site(request, session, site))
        inside = {person.worker_id for crew in board.crews for person in crew.workers}
        unclear = [
            caller
            for caller in unclear_callers(session, scope, board.site, board.work_date)
            if caller.worker_id not in inside
        ]
    return render(request, "now/evacuation.html", board=board, unclear=unclear, now=now)


@dataclass(frozen=True, slots=True)
class _Wall:
    """How the wall screen is wanted."""

    names: bool
    theme: Theme
    path: str  # the screen's own address
    site: str | None  # as the address names it; None where a link does

    def refresh(self, seen: str) -> str:
        wanted = {"names": "1" if self.names else None, "theme": self.theme or None}
        return with_query(f"{self.path}/fragment", site=self.site, **wanted, seen=seen)


@router.get("/now/wall", dependencies=[needs(Permission.SEE)])
def show_wall(request: Request, site: SitePart = "", names: str = "", theme: Theme = "") -> Response:
    return _own_wall(request, site, names, theme, None)


@router.get("/now/wall/fragment", dependencies=[needs(Permission.SEE)])
def show_wall_fragment(
    request: Request, site: SitePart = "", names: str = "", theme: Theme = "", seen: str = ""
) -> Response:
    return _own_wall(request, site, names, theme, seen)


@router.get("/display/{token}")
def show_display(request: Request, token: str, theme: Theme = "") -> Response:
    """The wall screen by a link, without a session: counts, and no names."""
    return _linked_wall(request, token, theme, None)


@router.get("/display/{token}/fragment")
def show_display_fragment(request: Request, token: str, theme: Theme = "", seen: str = "") -> Response:
    return _linked_wall(request, token, theme, seen)


@router.get("/now/displays", dependencies=[needs(Permission.SETTLE)])
def show_displays(request: Request, site: SitePart = "") -> Response:
    state = request.app.state
    with reading(request, Permission.SETTLE) as session:
        shown = _whole_site(request, session, site)
    with state.database.read() as session:  # whose name a link carries may lie beyond the viewer's own scope
        links = board_links.links_of(session, shown.site_id, state.clock.now())
    key = state.settings.secret_key
    made = [
        (link, name, board_links.token_of(link, key), work_date(link.made_at), work_date(link.expires_at))
        for link, name in links
    ]
    return render(
        request, "now/displays.html", site=shown, links=made, base=state.settings.public_url, now=state.clock.now()
    )


@router.post("/now/displays", dependencies=[needs(Permission.SETTLE)])
def make_display(request: Request, site: Annotated[str, Form()]) -> Response:
    now, account = request.app.state.clock.now(), viewer_of(request).account
    with writing(request) as session:
        shown = _whole_site(request, session, site)
        link = board_links.make_link(session, shown.site_id, account.account_id, now)
        _audit(request, session, "display_link.made", shown, link.display_link_id)
    return RedirectResponse(with_query("/now/displays", site=shown.site_id), 303)


@router.post("/now/displays/end", dependencies=[needs(Permission.SETTLE)])
def end_display(request: Request, site: Annotated[str, Form()], link: Annotated[UUID, Form()]) -> Response:
    with writing(request) as session:
        shown = _whole_site(request, session, site)
        board_links.end_link(session, shown.site_id, link)
        _audit(request, session, "display_link.ended", shown, link)
    return RedirectResponse(with_query("/now/displays", site=shown.site_id), 303)


def _audit(request: Request, session: Session, action: str, site: Site, link: UUID) -> None:
    audit.record(
        session,
        at=request.app.state.clock.now(),
        by=viewer_of(request).account.account_id,
        action=action,
        subject=("site", site.site_id),
        contractor_id=site.prime_contractor_id,
        details={"display_link_id": str(link)},
    )


def _own_wall(request: Request, site: str, names: str, theme: Theme, seen: str | None) -> Response:
    with reading(request) as session:
        now = request.app.state.clock.now()
        board = read_board(session, scope_of(request), now, _site(request, session, site))
    return _wall(request, board, _Wall(names == "1", theme, "/now/wall", site), seen)


def _linked_wall(request: Request, token: str, theme: Theme, seen: str | None) -> Response:
    state = request.app.state
    now = state.clock.now()
    with state.database.read() as session:
        site = board_links.find_linked_site(session, token, state.settings.secret_key, now)
    if site is None:
        # A screen that shows numbers must not keep them: the page is loaded anew, and then says so.
        headers = {} if seen is None else {"HX-Refresh": "true"}
        over = render(request, "now/display_over.html", status_code=404 if seen is None else 200)
        over.headers.update(headers)
        return over
    scope = Scope(sites=frozenset({site.site_id}))
    with state.database.read(scope) as session:
        board = read_board(session, scope, now, site)
    return _wall(request, board, _Wall(False, theme, f"/display/{token}", None), seen)


def _wall(request: Request, board: Board, wall: _Wall, seen: str | None) -> Response:
    """Return the screen, or its numbers alone where they are asked for by what was seen of them."""
    now = request.app.state.clock.now()
    shown = (board.tallies, board.work_date, board.last_received_at, board.crews if wall.names else ())
    version = hashlib.sha256(f"{language_of(request)}{shown!r}".encode()).hexdigest()[:16]
    if seen == version:
        return Response(status_code=204)
    rest = board.tallies[WALL_COMPANIES:]
    return render(
        request,
        "now/wall.html" if seen is None else "now/wall_board.html",
        board=board,
        now=now,
        tallies=board.tallies[:WALL_COMPANIES],
        others=len(rest),
        others_inside=sum(tally.inside for tally in rest),
        names=wall.names,
        theme=wall.theme,
        refresh=wall.refresh(version),
    )


def _site(request: Request, session: Session, text: str, permission: Permission = Permission.SEE) -> Site:
    site_id = parse_site_id(text)
    site = None if site_id is None else find_site(session, scope_of(request, permission), site_id)
    if site is None:
        raise NotFound(f"no site {text}", site_id=text)
    return site


def _whole_site(request: Request, session: Session, text: str) -> Site:
    """Return a site that the viewer may settle at, and sees whole. Raises NotFound for any other."""
    site = _site(request, session, text, Permission.SETTLE)
    scope = scope_of(request, Permission.SETTLE)
    if not (scope.everything or site.prime_contractor_id in scope.primes or site.site_id in scope.sites):
        raise NotFound(f"no site {text}", site_id=site.site_id)
    return site
