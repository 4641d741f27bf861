"""What the commands do that do not run for long. Beside a running program they ask it, or write what SQLite shares."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx2

from reader_bridge.device import gate
from reader_bridge.device import identity as identities
from reader_bridge.device.folder import SPOOL, InUseError, alone_in
from reader_bridge.device.identity import NotEnrolledError
from reader_bridge.device.logger_files import Model, read_rows
from reader_bridge.device.machine import Machine
from reader_bridge.device.models import keep_model, known_models
from reader_bridge.device.program import GATE_FILE
from reader_bridge.device.readers.choosing import PCSC
from reader_bridge.device.server import AwayError, ProblemError, Server
from reader_bridge.device.spool import Spool
from reader_bridge.device.spool_file import SpoolDamagedError, SpoolFullError
from reader_bridge.device.touches import Touch
from reader_bridge.device.uplink import Uplink
from reader_bridge.releases import read_public_key

GATE_TIMEOUT_S = 5.0


class CannotError(Exception):
    """What was asked for cannot be done, and why."""


@dataclass(frozen=True, slots=True)
class Brought:
    """What became of a file."""

    new: int
    known: int
    problems: tuple[tuple[int, str], ...]


def status(folder: Path) -> dict[str, Any]:
    """Return what the running program shows, or what the folder alone tells."""
    page = _page(folder)
    if page is not None:
        try:
            shown: dict[str, Any] = httpx2.get(f"{page}/state", timeout=GATE_TIMEOUT_S, trust_env=False).json()
        except (httpx2.HTTPError, ValueError):
            pass
        else:
            return {"running": True, "page": page, **shown}
    return {"running": False, **_status_at_rest(folder)}


def status_lines(status: dict[str, Any]) -> list[str]:
    """Return a status in plain words."""
    if status["refusal"] == "not_enrolled":
        who = "not enrolled"
    else:
        who = f"{status['device']} at {status['site']}" + (" (REVOKED)" if status["refusal"] == "revoked" else "")
    waiting = f"{status['unsent']} touches wait" + (
        f", the oldest since {status['oldest']}" if status["oldest"] else ""
    )
    lines = [
        f"device: {who}",
        f"program: {'running, ' + status['page'] if status['running'] else 'not running'}",
        waiting,
    ]
    if status["set_aside"]:
        lines.append(f"{status['set_aside']} were refused for good: mend the cause, then genba-reader send --again")
    lines += [f"reader {each['name']}: {'there' if each['attached'] else 'MISSING'}" for each in status["readers"]]
    return lines


def send(folder: Path, machine: Machine, *, again: bool) -> str:
    """Have what waits sent now, and say what came of it. Raises CannotError."""
    page = _page(folder)
    with _spool(folder) as (spool, is_alone):
        if again:
            spool.retry_set_aside()
        if not is_alone:
            return _ask_to_send(page)
        return _send_all(folder, spool, machine)


def bring_in(
    folder: Path, file: Path, name: str | None, named: Model | None, machine: Machine, *, dry_run: bool
) -> Brought:
    """Bring in the file of a logging reader. Raises ColumnsError, CannotError and SpoolFullError."""
    models = known_models(folder)
    if named is None and name is not None and name not in models:
        raise CannotError(f"the columns of {name} are not known yet: name them with --columns")
    model = named or models.get(name or "", Model())
    rows = read_rows(file.read_bytes(), model, name or "logger", datetime.now(UTC))
    with _spool(folder) as (spool, _):
        unknown = {str(touch.id) for touch in rows.touches} - spool.known_ids(str(each.id) for each in rows.touches)
        if not dry_run:
            spool.bring_in(rows.touches)
    if name is not None and named is not None and not dry_run:
        keep_model(folder, name, named)
    return Brought(len(unknown), len(rows.touches) - len(unknown), rows.problems)


def trust(folder: Path, release_key: str) -> None:
    """Take releases by a key from now on. Raises NoReleaseError when it is none, CannotError before the enrolment."""
    read_public_key(release_key)
    try:
        identity, _ = identities.load(folder)
    except NotEnrolledError as error:
        raise CannotError("this device is not enrolled: genba-reader enrol URL CODE") from error
    identities.keep(folder, replace(identity, release_key=release_key.strip()))


def run_arguments(readers: tuple[str, ...], port: int, invite_every: int) -> tuple[str, ...]:
    """Return what `run` is started with, without what it does anyway."""
    arguments = [part for name in readers for part in ("--reader", name)] if readers != (PCSC,) else []
    arguments += ["--port", str(port)] if port != gate.PORT else []
    arguments += ["--invite-every", str(invite_every)] if invite_every else []
    return tuple(arguments)


def plain(error: Exception) -> str:
    """Return what a person is told of an error."""
    match error:
        case InUseError():
            return f"another genba-reader works in {error}"
        case ProblemError():
            return f"the server says no: {error.message or error.code}"
        case AwayError():
            return f"the server cannot be reached: check its address and the network ({error})"
        case SpoolFullError():
            return "the disk is full"
        case SpoolDamagedError():
            return "the spool is damaged; the running program will mend it with the next touch"
        case _:
            return str(error)


@contextmanager
def _spool(folder: Path) -> Iterator[tuple[Spool, bool]]:
    """Open the spool, and say whether nobody else works in the folder; a damaged one is only mended then."""
    try:
        with alone_in(folder):
            spool = Spool(folder / SPOOL)
            try:
                yield spool, True
            finally:
                spool.close()
    except InUseError:
        spool = Spool(folder / SPOOL, mends=False)
        try:
            yield spool, False
        finally:
            spool.close()


def _status_at_rest(folder: Path) -> dict[str, Any]:
    known = {"device": "", "site": "", "refusal": "not_enrolled", "unsent": 0, "oldest": None, "set_aside": 0}
    try:
        identity, _ = identities.load(folder)
        refusal = "revoked" if identity.revoked else None
        known |= {"device": identity.name, "site": identity.site_name, "refusal": refusal}
    except NotEnrolledError:
        pass
    if (folder / SPOOL).exists():
        with _spool(folder) as (spool, _):
            unsent = spool.unsent()
        oldest = unsent.oldest_at.isoformat() if unsent.oldest_at else None
        known |= {"unsent": unsent.waiting, "oldest": oldest, "set_aside": unsent.set_aside}
    return {**known, "readers": []}


def _page(folder: Path) -> str | None:
    try:
        return f"http://127.0.0.1:{json.loads((folder / GATE_FILE).read_bytes())['port']}"
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _ask_to_send(page: str | None) -> str:
    if page is None:
        raise CannotError("another genba-reader works in this folder, but its page is not up yet")
    try:
        httpx2.post(
            f"{page}/send", json={}, headers={"Origin": page}, timeout=GATE_TIMEOUT_S, trust_env=False
        ).raise_for_status()
    except httpx2.HTTPError as error:
        raise CannotError(f"the running program did not answer: {error}") from error
    return "The running program sends now."


class _Told:
    """What the uplink tells, when nobody watches but who typed the command."""

    def __init__(self) -> None:
        self.trouble: str | None = None

    def answered(self, touch: Touch, answer: dict[str, Any]) -> None:
        """The spool keeps it."""

    def line_is(self, *, up: bool, refusal: str | None = None) -> None:
        self.trouble = refusal if up else "the server is away"

    def revoked(self) -> None:
        self.trouble = "this device was revoked"


def _send_all(folder: Path, spool: Spool, machine: Machine) -> str:
    try:
        identity, key = identities.load(folder)
    except NotEnrolledError as error:
        raise CannotError("this device is not enrolled: genba-reader enrol URL CODE") from error
    if identity.revoked:
        raise CannotError("this device was revoked: enrol it again, its touches are kept")
    told, before = _Told(), spool.unsent()
    server = Server(identity.url, identity.device_id, key, machine, spool.learn_boot)
    try:
        uplink = Uplink(spool, server, machine, told)
        while spool.unsent().waiting and uplink.step() == 0.0:
            continue
    finally:
        server.close()
    after = spool.unsent()
    sent = before.waiting - after.waiting - (after.set_aside - before.set_aside)
    if told.trouble:
        raise CannotError(f"{sent} sent, {after.waiting} wait: {told.trouble}")
    return f"{sent} sent, {after.waiting} wait, {after.set_aside} refused for good."
