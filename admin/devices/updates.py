"""What is done about a device's updates, by whoever may change its site: offering the newest, or holding it back."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from admin.access import needs, scope_of, viewer_of, writing
from admin.devices.words_updates import WORDS
from admin.pages import with_query
from admin.registry.forms import note
from core.accounts.model import Permission
from core.db import Session
from core.devices import release_store, releasing
from core.devices.model import Device, DeviceLine, Report, UpdateState
from core.devices.release_model import Announcement, KeptRelease
from core.devices.releasing import Standing
from core.ids import DeviceId

router = APIRouter()
EDIT = needs(Permission.EDIT_SITES)
FAILED = frozenset({UpdateState.REFUSED, UpdateState.ROLLED_BACK})
LISTED = 10


@dataclass(frozen=True, slots=True)
class UpdateLine:
    """How a device stands with updates: a word's key, the version it is about, and why, as a key or as it was told."""

    key: str
    version: str = ""
    why_key: str | None = None
    why: str = ""

    @property
    def is_trouble(self) -> bool:
        return self.key in FAILED


@dataclass(frozen=True, slots=True)
class ReleaseLine:
    """A release on offer as the operator sees it: since when, to which share of all devices, and to whom besides."""

    release: KeptRelease
    announced_at: datetime
    percent: int | None
    sites: int
    devices: int
    running: int
    failed: int


@router.post("/devices/{device_id}/offer", dependencies=[EDIT])
def offer_update(request: Request, device_id: UUID) -> Response:
    """Offer a device the newest release."""
    with writing(request) as session:
        scope, by = scope_of(request, Permission.EDIT_SITES), viewer_of(request).account.account_id
        device, made = releasing.offer(session, scope, DeviceId(device_id), by, request.app.state.clock.now())
        _note(request, session, "device.update_offered", device, version=made.version)
    return RedirectResponse(with_query(f"/devices/{device_id}", done="update_offered"), 303)


@router.post("/devices/{device_id}/hold", dependencies=[EDIT])
def hold_back(request: Request, device_id: UUID) -> Response:
    """Offer a device nothing for now."""
    with writing(request) as session:
        scope, by = scope_of(request, Permission.EDIT_SITES), viewer_of(request).account.account_id
        device = releasing.hold_back(session, scope, DeviceId(device_id), by, request.app.state.clock.now())
        _note(request, session, "device.held", device)
    return RedirectResponse(with_query(f"/devices/{device_id}", done="held"), 303)


def line_of(standing: Standing, report: Report | None) -> UpdateLine:
    """Return how a device stands with updates. What it told before it was offered anew is over."""
    if report is not None and not report.takes_releases:
        return UpdateLine("served")
    if standing.is_held:
        return UpdateLine("held")
    if standing.offer is None:
        return UpdateLine("none")
    offered, told = standing.offer.release.version, None
    if report is not None and report.update_version == offered and report.at >= standing.offer.offered_at:
        told = report.update_state
    if report is not None and told in FAILED:
        return _failed(told, offered, report.update_why or "")
    if told is not None:
        return UpdateLine(told, offered)
    is_current = report is not None and report.version == offered
    return UpdateLine("current") if is_current else UpdateLine("offered", offered)


def _failed(state: UpdateState, version: str, why: str) -> UpdateLine:
    code, _, more = why.partition(": ")
    key = f"devices.why.{code}"
    return UpdateLine(state, version, key, more) if key in WORDS else UpdateLine(state, version, None, why)


def releases_on_offer(session: Session, lines: Sequence[DeviceLine]) -> list[ReleaseLine]:
    """Return the releases on offer, the one announced last first, with how the devices fare."""
    reports = [line.report for line in lines if line.report and line.device.revoked_at is None]
    made: dict[str, list[tuple[Announcement, KeptRelease]]] = {}
    for each in release_store.announced(session):
        made.setdefault(each[1].version, []).append(each)
    return [_release_line(announced, reports) for announced in list(made.values())[:LISTED]]


def _release_line(announced: Sequence[tuple[Announcement, KeptRelease]], reports: Sequence[Report]) -> ReleaseLine:
    release = announced[0][1]
    to = [announcement for announcement, _ in announced]
    return ReleaseLine(
        release,
        to[0].announced_at,
        next((each.percent for each in to if each.device_id is None and each.site_id is None), None),
        len({each.site_id for each in to if each.site_id is not None}),
        len({each.device_id for each in to if each.device_id is not None}),
        sum(report.version == release.version for report in reports),
        sum(report.update_version == release.version and report.update_state in FAILED for report in reports),
    )


def _note(request: Request, session: Session, action: str, device: Device, **details: object) -> None:
    note(request, session, action, ("device", device.device_id), device.prime_contractor_id, **details)
