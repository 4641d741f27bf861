"""The page of one device, and what is changed there: by whoever may change its site."""

from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from admin.access import needs, reading, scope_of, viewer_of, writing
from admin.devices.codes import EDIT, check_name, site_choices
from admin.devices.shown import SHAPES, skew_s, tone_of
from admin.devices.updates import line_of
from admin.pages import language_of, render, with_query
from admin.registry.forms import Typed, TypedForm, changed_fields, choice_of, id_of, note, today_of, version_of
from admin.registry.stories import story_of
from admin.words import WORDS
from core.accounts.model import Permission
from core.attendance.model import Direction
from core.db import Session
from core.devices import releasing, service, store
from core.devices.model import Device
from core.errors import NotFound
from core.ids import DeviceId, SiteId

router = APIRouter()


@router.get("/devices/{device_id}", dependencies=[needs(Permission.SEE)])
def show_device(request: Request, device_id: UUID, done: str = "") -> Response:
    now, viewer = request.app.state.clock.now(), viewer_of(request)
    with reading(request) as session:
        line = service.find_line(session, scope_of(request), DeviceId(device_id), now)
        edits = scope_of(request, Permission.EDIT_SITES)
        may_edit = store.find_device(session, DeviceId(device_id), edits) is not None
        standing = releasing.standings(session, [line.device])[line.device.device_id]
        story = story_of(session, viewer, "device", device_id, language_of(request))
    return render(
        request,
        "devices/device.html",
        line=line,
        standing=standing,
        update=line_of(standing, line.report),
        now=now,
        today=today_of(request),
        may_edit=may_edit,
        sites=site_choices(request, None) if may_edit else [],
        story=story,
        done=done_key(done),
        shapes=SHAPES,
        tone_of=tone_of,
        skew_s=skew_s,
    )


@router.get("/devices/{device_id}/edit", dependencies=[EDIT])
def ask_for_changes(request: Request, device_id: UUID) -> Response:
    with reading(request, Permission.EDIT_SITES) as session:
        device = _own(request, session, device_id)
    return _form(request, device, Typed(_values_of(device), ""), seen=_version(device))


@router.post("/devices/{device_id}/edit", dependencies=[EDIT])
def change_device(request: Request, device_id: UUID, typed: TypedForm) -> Response:
    with reading(request, Permission.EDIT_SITES) as session:
        device = _own(request, session, device_id)
    name, place = check_name(typed)
    if typed.errors:
        return _form(request, device, typed, status_code=422, seen=typed.values.get("seen", ""))
    if typed.values.get("seen") != _version(device):
        return _form(request, device, typed, status_code=409, seen=_version(device), conflict=True)
    direction = choice_of(Direction, typed.values.get("direction", ""))
    with writing(request) as session:
        scope = scope_of(request, Permission.EDIT_SITES)
        before, after = service.rename(session, scope, device.device_id, name, place, direction)
        _note(request, session, "device.changed", after, fields=changed_fields(before, after))
    return _back(device_id, "changed")


@router.post("/devices/{device_id}/move", dependencies=[EDIT])
def move_device(request: Request, device_id: UUID, typed: TypedForm) -> Response:
    """Let a device serve another site from now on."""
    site_id = id_of(typed.values.get("site", ""))
    if site_id is None:
        raise NotFound("no such site")
    with writing(request) as session:
        scope, now = scope_of(request, Permission.EDIT_SITES), request.app.state.clock.now()
        before, after = service.move(session, scope, DeviceId(device_id), SiteId(site_id), now)
        if before.site_id != after.site_id:
            _note(request, session, "device.moved", after, site_id=after.site_id, from_site_id=before.site_id)
    return _back(device_id, "moved")


@router.post("/devices/{device_id}/revoke", dependencies=[EDIT])
def revoke_device(request: Request, device_id: UUID) -> Response:
    """Shut a device out for good; what it still sends is refused from the next request on."""
    with writing(request) as session:
        scope, now = scope_of(request, Permission.EDIT_SITES), request.app.state.clock.now()
        by = viewer_of(request).account.account_id
        was_in = _own(request, session, device_id).revoked_at is None
        device = service.revoke(session, scope, DeviceId(device_id), by, now)
        if was_in:
            _note(request, session, "device.revoked", device)
    return _back(device_id, "revoked")


def done_key(done: str) -> str | None:
    """Return the word of what was done just now."""
    key = f"devices.done.{done}"
    return key if key in WORDS else None


def _own(request: Request, session: Session, device_id: UUID) -> Device:
    return service.require_device(session, scope_of(request, Permission.EDIT_SITES), DeviceId(device_id))


def _note(request: Request, session: Session, action: str, device: Device, **details: object) -> None:
    note(request, session, action, ("device", device.device_id), device.prime_contractor_id, **details)


def _back(device_id: UUID, done: str) -> Response:
    return RedirectResponse(with_query(f"/devices/{device_id}", done=done), 303)


def _values_of(device: Device) -> dict[str, str]:
    return {"name": device.name, "place_note": device.place_note, "direction": device.direction or ""}


def _version(device: Device) -> str:
    return version_of(device.name, device.place_note, device.direction)


def _form(request: Request, device: Device, typed: Typed, *, status_code: int = 200, **context: Any) -> Response:
    shown = {"conflict": False} | context
    return render(
        request,
        "devices/edit.html",
        status_code=status_code,
        device=device,
        values=typed.values,
        errors=typed.errors,
        **shown,
    )
