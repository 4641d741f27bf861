"""Who is sending: a device by its signature, read anew for every request, so that revoking works at once."""

from uuid import UUID

from starlette.requests import Request

from core.db import Database
from core.devices import store
from core.devices.model import Device
from core.ids import DeviceId
from reader_bridge import signing


class Denied(Exception):
    """The request is not let in: a status, a stable code, and what to do."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status, self.code, self.message = status, code, message


UNSIGNED = Denied(401, "not_signed", "sign the request as described in the documentation of /intake/v1/")
UNKNOWN = Denied(401, "unknown_device", "no device goes by this id: enrol it with a code from the page 機器")
WRONG = Denied(401, "signature_wrong", "the signature does not fit the request")
REVOKED = Denied(403, "revoked", "this device was revoked: what it keeps can be read there, and no longer sent")


def signed_by(request: Request, body: bytes) -> signing.Signed:
    """Return what a request says of its signature. Raises Denied when it has none that can be read."""
    signed = signing.read(request.method, _target(request), request.headers, body)
    if signed is None:
        raise UNSIGNED
    return signed


def find_device(database: Database, signed: signing.Signed) -> Device:
    """Return the device that signed. Raises Denied."""
    try:
        device_id = DeviceId(UUID(signed.key_id))
    except ValueError:
        raise UNKNOWN from None
    with database.read() as session:
        device = store.find_device(session, device_id)
    if device is None:
        raise UNKNOWN
    if not signed.is_signed_by(bytes.fromhex(device.public_key)):
        raise WRONG
    if device.revoked_at is not None:
        raise REVOKED
    return device


def _target(request: Request) -> str:
    path = bytes(request.scope.get("raw_path") or request.scope["path"].encode())
    query = bytes(request.scope["query_string"])
    return (path + (b"?" + query if query else b"")).decode("ascii", "replace")
