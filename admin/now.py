"""「現場の今」: who is on site now. The board refreshes itself; a refresh answers 204 while nothing has changed."""

import hashlib
from datetime import datetime
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import Response

from admin.access import needs
from admin.pages import language_of, render, with_query
from core.accounts.model import Permission
from core.attendance.board import read_board, site_of_latest_punch
from core.attendance.board_model import Board
from core.ids import SiteId

ALL_SITES = "all"

router = APIRouter()


@router.get("/", dependencies=[needs(Permission.SEE)])
def show_now(request: Request, site: str = "") -> Response:
    state = request.app.state
    now = state.clock.now()
    with state.database.read() as session:
        site_id = _site_id(site) if site else site_of_latest_punch(session)
        board = read_board(session, now, site_id)
    return _render(request, "now.html", board, now)


@router.get("/now/fragment", dependencies=[needs(Permission.SEE)])
def show_now_fragment(request: Request, site: str = ALL_SITES, seen: str = "") -> Response:
    """Answer with the board alone, or with 204 when it still is what the page has seen."""
    state = request.app.state
    now = state.clock.now()
    with state.database.read() as session:
        board = read_board(session, now, _site_id(site))
    if seen == _version(request, board):
        return Response(status_code=204)
    return _render(request, "now_board.html", board, now)


def _render(request: Request, template_name: str, board: Board, now: datetime) -> Response:
    site = str(board.site.site_id) if board.site else ALL_SITES
    refresh = with_query("/now/fragment", site=site, seen=_version(request, board))
    return render(request, template_name, board=board, now=now, site=site, refresh=refresh)


def _version(request: Request, board: Board) -> str:
    return hashlib.sha256(f"{language_of(request)}{board!r}".encode()).hexdigest()[:16]


def _site_id(text: str) -> SiteId | None:
    try:
        return SiteId(UUID(text))
    except ValueError:
        return None
