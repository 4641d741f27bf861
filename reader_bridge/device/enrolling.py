"""A device becomes one of a site's: with a code that works once, and a key that it has just made."""

import base64
import platform
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

from reader_bridge import signing
from reader_bridge.device import identity as identities
from reader_bridge.device.heartbeat import program_version
from reader_bridge.device.identity import Identity
from reader_bridge.device.machine import Machine
from reader_bridge.device.server import AwayError, Server
from reader_bridge.wire import ENROL, Enrolled, Enrolment

LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


class AddressError(Exception):
    """An address that a device must not speak to."""


def enrol(folder: Path, url: str, code: str, machine: Machine, release_key: str | None = None) -> Identity:
    """Enrol this device and write down who it is; what waits in its spool stays.

    release_key, given by whoever sets the machine up, goes before the one that the server names.

    Raises AddressError, AwayError, and ProblemError when the code is not taken.
    """
    address, key = server_address(url), identities.new_key()
    server = Server(address, signing.ENROLLING, key, machine)
    asked: Enrolment = {
        "code": code.strip(),
        "public_key": base64.b64encode(signing.public_bytes(key)).decode(),
        "version": program_version(),
        "platform": platform.platform(),
    }
    try:
        answer: Enrolled = server.post(ENROL, asked)  # type: ignore[assignment]
        told = identities.identity_from(address, answer)
        identity = replace(told, release_key=release_key or told.release_key)
    except (KeyError, TypeError) as error:
        raise AwayError(f"the answer lacks {error}") from error
    finally:
        server.close()
    identities.keep_key(folder, key)
    identities.keep(folder, identity)
    return identity


def server_address(url: str) -> str:
    """Return scheme and host alone. Raises AddressError when names of people could be read on the way."""
    parts = urlsplit(url if "://" in url else f"https://{url}")
    if parts.scheme == "http" and parts.hostname not in LOOPBACK:
        raise AddressError(f"{url}: only https:// is safe on the way to a server")
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise AddressError(f"{url}: not the address of a server")
    return f"{parts.scheme}://{parts.netloc}"
