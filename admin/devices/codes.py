"""Letting a device in: the form, the code that is shown once, and the codes that still let somebody in."""

from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from admin.access import needs, reading, scope_of, viewer_of, writing
from admin.devices.qr import qr_picture
from admin.pages import render
from admin.registry.forms import Typed, TypedForm, choice_of, id_of, note
from admin.registry.sites import own_site
from core.accounts.model import Permission
from core.attendance.candidates import list_sites
from core.attendance.model import Direction
from core.devices import service, store
from core.errors import NotFound
from core.registry.model import Site

router = APIRouter()
EDIT = needs(Permission.EDIT_SITES)
MOST_SITES = 500


@router.get("/devices/new", dependencies=[EDIT])
def ask_for_device(request: Request, site: str = "") -> Response:
    return _form(request, Typed({"site": site}, ""))


@router.post("/devices/new", dependencies=[EDIT])
def make_code(request: Request, typed: TypedForm) -> Response:
    """Make a code and show it: the answer is the only place where it ever stands."""
    site_id = id_of(typed.values.get("site", ""))
    if site_id is None:
        typed.wrong("site", "registry.wrong.required")
    name, place = check_name(typed)
    if typed.errors or site_id is None:
        return _form(request, typed, status_code=422)
    now, by = request.app.state.clock.now(), viewer_of(request).account.account_id
    direction = choice_of(Direction, typed.values.get("direction", ""))
    with writing(request) as session:
        site = own_site(request, session, site_id)
        code = service.make_code(session, site.site_id, name, place, direction, by, now)
        note(request, session, "device.code_made", ("site", site_id), site.prime_contractor_id)
    return _shown(request, site, name, code)


@router.post("/devices/codes/{code_hash}/withdraw", dependencies=[EDIT])
def withdraw_code(request: Request, code_hash: str) -> Response:
    """Let nobody in by a code any more."""
    with writing(request) as session:
        found = store.find_code(session, code_hash[:64])
        if found is None:
            raise NotFound("no such code")
        site = own_site(request, session, found.site_id)
        store.delete_code(session, found.code_hash)
        note(request, session, "device.code_withdrawn", ("site", site.site_id), site.prime_contractor_id)
    return RedirectResponse("/devices?done=code_withdrawn", 303)


def check_name(typed: Typed) -> tuple[str, str]:
    """Return a device's name and place as typed, with a message beside what is too long or missing."""
    name, place = typed.text("name", is_required=True), typed.text("place_note")
    for field, text in (("name", name), ("place_note", place)):
        if len(text) > service.NAME_MAX:
            typed.wrong(field, "devices.wrong.long", most=service.NAME_MAX)
    return name, place


def site_choices(request: Request, site_id: UUID | None) -> list[tuple[Any, str]]:
    """Return the sites that a device may be put at; the named one too, where there are too many to list."""
    edits = scope_of(request, Permission.EDIT_SITES)
    with reading(request, Permission.EDIT_SITES) as session:
        sites: list[tuple[Any, str]] = list(list_sites(session, edits, whole=True, limit=MOST_SITES))
        if site_id is not None and all(known != site_id for known, _ in sites):
            site = own_site(request, session, site_id)
            sites.append((site.site_id, site.name))
    return sites


def _shown(request: Request, site: Site, name: str, code: str) -> Response:
    settings = request.app.state.settings
    command = f"genba-reader enrol {settings.public_url} {code}"
    link = f"{settings.public_url}/gate/#code={code}"  # what stands behind # no server sees, and no log keeps
    response = render(
        request,
        "devices/code.html",
        site=site,
        name=name,
        code=code,
        command=command,
        qr=qr_picture(command),
        link=link,
        link_qr=qr_picture(link),
        until=request.app.state.clock.now() + service.CODE_VALID_FOR,
    )
    response.headers["Cache-Control"] = "no-store"
    return response


def _form(request: Request, typed: Typed, *, status_code: int = 200) -> Response:
    return render(
        request,
        "devices/new.html",
        status_code=status_code,
        sites=site_choices(request, id_of(typed.values.get("site", ""))),
        values=typed.values,
        errors=typed.errors,
    )
