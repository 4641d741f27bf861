"""Releases of the site program at the intake: what a device is offered, the archive, and what it tells of an update."""

from collections.abc import Mapping
from typing import TypedDict

from starlette.responses import Response

from core.db import Database, Session
from core.devices import release_store, releasing
from core.devices.model import Device, UpdateState
from reader_bridge.intake.access import Denied
from reader_bridge.intake.items import Malformed, read_text
from reader_bridge.wire import RELEASES, Update

PATH = f"{RELEASES}{{version}}"
MEDIA_TYPE = "application/zip"
WHY_MAX = 300


class Shown(TypedDict):
    """The part of a report that tells of an update."""

    update_version: str | None
    update_state: UpdateState | None
    update_why: str | None


def offer_to(session: Session, device: Device) -> Update | None:
    """Return what a device is offered; that it runs it already is its own to see."""
    offer = releasing.offer_to(session, device)
    if offer is None:
        return None
    release = offer.release
    return {
        "version": release.version,
        "sha256": release.sha256,
        "size": release.size,
        "needs": release.needs.split(),
        "instead_of": release.instead_of,
        "signature": release.signature,
        "offered_at": offer.offered_at.isoformat(),
    }


def archive(database: Database, version: str) -> Response:
    """Return the archive of a release. Raises Denied when there is none, or it was withdrawn."""
    found = None
    if releasing.is_version(version):
        with database.read() as session:
            found = release_store.find_archive(session, version)
    if found is None:
        raise Denied(404, "no_release", "there is no such release, or it was withdrawn")
    return Response(found, media_type=MEDIA_TYPE)


def read_shown(told: object) -> Shown:
    """Return what a heartbeat tells of an update. Raises Malformed."""
    if told is None:
        return {"update_version": None, "update_state": None, "update_why": None}
    if not isinstance(told, Mapping) or told.get("state") not in list(UpdateState):
        raise Malformed("update", f"update is null, or an object whose state is one of {', '.join(UpdateState)}")
    return {
        "update_version": read_text(told.get("version"), "update.version", 60),
        "update_state": UpdateState(told["state"]),
        "update_why": read_text(told.get("why", ""), "update.why", WHY_MAX),
    }
