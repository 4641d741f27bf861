"""「機器」: the readers at the gates, what needs somebody first. The list refreshes itself."""

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response

from admin.access import needs, reading, scope_of, viewer_of
from admin.devices import acts, codes, updates
from admin.devices.shown import SHAPES, fleet_of, skew_s, tone_of
from admin.pages import PageNumber, render, with_query
from admin.registry.forms import today_of
from core.accounts.model import Permission
from core.devices import releasing, service, store
from core.registry import titles

router = APIRouter()
router.include_router(codes.router)


@router.get("/devices", dependencies=[needs(Permission.SEE)])
def show_devices(request: Request, page: PageNumber = 1, done: str = "") -> Response:
    return render(request, "devices/list.html", done=acts.done_key(done), **_context(request, max(page, 1)))


@router.get("/devices/fragment", dependencies=[needs(Permission.SEE)])
def show_fragment(request: Request, page: PageNumber = 1) -> Response:
    """Answer with the list alone, for the page to refresh itself."""
    return render(request, "devices/fleet.html", **_context(request, max(page, 1)))


def _context(request: Request, page: int) -> dict[str, Any]:
    now, scope, edits = request.app.state.clock.now(), scope_of(request), scope_of(request, Permission.EDIT_SITES)
    with reading(request) as session:
        lines = service.list_devices(session, scope, now)
        fleet = fleet_of(lines, page)
        listed = [line for site in fleet.sites for line in site.lines]
        standings = releasing.standings(session, [line.device for line in listed])
        releases = updates.releases_on_offer(session, lines) if scope.everything else []
        open_codes = store.open_codes(session, edits, now)
        names = titles.site_names(session, scope, {code.site_id for code in open_codes})
    return {
        "now": now,
        "today": today_of(request),
        "fleet": fleet,
        "updates": {
            line.device.device_id: updates.line_of(standings[line.device.device_id], line.report) for line in listed
        },
        "releases": releases,
        "codes": open_codes,
        "site_names": names,
        "may_edit": viewer_of(request).may(Permission.EDIT_SITES),
        "sees_sites": scope.everything or bool(scope.primes or scope.sites),
        "refresh": with_query("/devices/fragment", page=page if page > 1 else None),
        "previous": with_query("/devices", page=page - 1) if page > 1 else None,
        "next": with_query("/devices", page=page + 1) if fleet.last < fleet.total else None,
        "shapes": SHAPES,
        "tone_of": tone_of,
        "skew_s": skew_s,
    }


router.include_router(acts.router)
router.include_router(updates.router)
