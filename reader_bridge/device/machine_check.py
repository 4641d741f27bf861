"""What can be wrong with a gate's machine, looked at and said in plain words, for who installs it or mends it."""

import os
import statistics
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from enum import StrEnum
from pathlib import Path

import httpx2

from core.ballast import FREE_MIN_BYTES, Ballast
from reader_bridge.device.folder import SPOOL
from reader_bridge.device.identity import NotEnrolledError, load
from reader_bridge.device.machine import BOOT_ID_FILE
from reader_bridge.device.readers import Reader
from reader_bridge.device.readers.choosing import NoSuchReaderError, open_reader
from reader_bridge.device.readers.nfc import NfcReader
from reader_bridge.device.readers.pcsc import PcscReader, ServiceLostError
from reader_bridge.device.salvage import salvages

MOUNTS = Path("/proc/mounts")
NOT_DURABLE = {"vfat": "FAT loses files at a power cut", "msdos": "FAT", "exfat": "exFAT", "tmpfs": "it is in memory"}
REMOTE = ("nfs", "nfs4", "cifs", "smb3", "9p", "fuse.sshfs")
RISKY = ("data=writeback", "barrier=0", "nobarrier")
FSYNC_TRIES, FSYNC_SLOW_MS = 20, 200.0
CLOCK_OFF_S = 120


class Verdict(StrEnum):
    """How much something matters."""

    FINE = "fine"
    WARNING = "warning"
    BAD = "bad"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at."""

    name: str
    verdict: Verdict
    text: str


def findings(folder: Path, readers: tuple[str, ...]) -> Iterator[Finding]:
    """Look at everything, one thing after the other."""
    for name in readers:
        yield _reader(name)
    yield _folder(folder)
    yield _mount(folder)
    yield _flush(folder)
    yield _room(folder)
    yield _spool(folder)
    yield _boot()
    yield from _server(folder)


def _reader(name: str) -> Finding:
    try:
        reader = open_reader(name)
        names = _names(name, reader)
    except (NoSuchReaderError, ServiceLostError, SystemError, OSError) as error:
        return Finding(f"readers ({name})", Verdict.BAD, f"cannot be used: {error}")
    if not names:
        return Finding(f"readers ({name})", Verdict.BAD, "no reader is plugged in")
    return Finding(f"readers ({name})", Verdict.FINE, ", ".join(names))


def _names(name: str, reader: Reader) -> list[str]:
    if isinstance(reader, PcscReader):
        return reader.names()
    if not isinstance(reader, NfcReader):
        return [each["name"] for each in reader.shown()]
    import nfc  # noqa: PLC0415 - only where such a reader was asked for

    path = name.removeprefix("nfc:").partition("@")[0]
    with nfc.ContactlessFrontend(path) as frontend:
        return [str(frontend.device)]


def _folder(folder: Path) -> Finding:
    if not folder.is_dir():
        return Finding("folder", Verdict.WARNING, f"{folder} does not exist yet: it is made at the first start")
    others = os.name == "posix" and folder.stat().st_mode & 0o077
    if others:
        return Finding("folder", Verdict.WARNING, f"{folder} can be read by others: it holds numbers of cards")
    return Finding("folder", Verdict.FINE, str(folder))


def _mount(folder: Path) -> Finding:
    found = mount_of(folder, _read(MOUNTS))
    if found is None:
        return Finding("file system", Verdict.WARNING, "not known on this system: use an SSD with NTFS or APFS")
    kind, options = found
    if kind in REMOTE:
        return Finding("file system", Verdict.BAD, f"{kind}: the spool must lie on a disk of this machine")
    if kind in NOT_DURABLE:
        return Finding("file system", Verdict.BAD, f"{kind}: {NOT_DURABLE[kind]}")
    risks = [each for each in options if each in RISKY]
    if risks:
        text = f"{kind} with {', '.join(risks)}: a power cut can damage what was written"
        return Finding("file system", Verdict.BAD, text)
    if "ro" in options:
        return Finding("file system", Verdict.BAD, "it cannot be written to")
    return Finding("file system", Verdict.FINE, f"{kind} ({','.join(options)})")


def mount_of(folder: Path, mounts: str) -> tuple[str, list[str]] | None:
    """Return the file system a folder lies on, and its options, from the text of /proc/mounts."""
    resolved = folder.resolve()
    best: tuple[int, str, list[str]] | None = None
    for line in mounts.splitlines():
        fields = line.split()
        if len(fields) < 4:
            continue
        point = Path(fields[1].replace("\\040", " "))
        if resolved.is_relative_to(point) and (best is None or len(point.parts) >= best[0]):
            best = (len(point.parts), fields[2], fields[3].split(","))
    return best[1:] if best else None


def _flush(folder: Path) -> Finding:
    if not folder.is_dir():
        return Finding("flush to disk", Verdict.WARNING, "not measured: the folder does not exist yet")
    try:
        took_ms = statistics.median(_flush_times_ms(folder))
    except OSError as error:
        return Finding("flush to disk", Verdict.WARNING, f"not measured: {error}")
    text = f"{took_ms:.1f} ms for a touch"
    if took_ms > FSYNC_SLOW_MS:
        return Finding("flush to disk", Verdict.WARNING, f"{text}: workers will wait at the gate")
    return Finding("flush to disk", Verdict.FINE, text)


def _flush_times_ms(folder: Path) -> list[float]:
    probe = folder / "flush-probe"
    times: list[float] = []
    try:
        with probe.open("wb") as file:
            for _ in range(FSYNC_TRIES):
                began = time.perf_counter()
                file.write(bytes(4096))
                file.flush()
                os.fsync(file.fileno())
                times.append((time.perf_counter() - began) * 1000)
    finally:
        probe.unlink(missing_ok=True)
    return times


def _room(folder: Path) -> Finding:
    ballast = Ballast(folder / SPOOL)
    free = ballast.free_bytes()
    text = f"{free // 2**20} MB free"
    if ballast.is_spent():
        return Finding("room", Verdict.BAD, f"{text}: the disk was full, and the room held ready is in use")
    return Finding("room", Verdict.FINE if free > 4 * FREE_MIN_BYTES else Verdict.BAD, text)


def _spool(folder: Path) -> Finding:
    damaged = salvages(folder / SPOOL)
    if damaged:
        return Finding("spool", Verdict.WARNING, f"{damaged} damaged spools were set aside in {folder}: keep them")
    return Finding("spool", Verdict.FINE, "never damaged" if (folder / SPOOL).exists() else "not made yet")


def _boot() -> Finding:
    if BOOT_ID_FILE.exists():
        return Finding("clock since the start", Verdict.FINE, "known: a wrong clock on the wall does no harm")
    text = "this system does not name its starts: each start of the program counts as one"
    return Finding("clock since the start", Verdict.WARNING, text)


def _server(folder: Path) -> Iterator[Finding]:
    try:
        identity, _ = load(folder)
    except NotEnrolledError:
        yield Finding("enrolment", Verdict.WARNING, "not enrolled: genba-reader enrol URL CODE")
        return
    if identity.revoked:
        yield Finding("enrolment", Verdict.BAD, "this device was revoked: enrol it again")
    else:
        yield Finding("enrolment", Verdict.FINE, f"{identity.name} at {identity.site_name}")
    yield from server_findings(identity.url, lambda: datetime.now(UTC))


def server_findings(url: str, now: Callable[[], datetime]) -> Iterator[Finding]:
    """Say whether a server can be reached, and what its clock says of ours."""
    try:
        answer = httpx2.get(f"{url}/healthz", timeout=10)
    except httpx2.HTTPError as error:
        yield Finding("server", Verdict.BAD, f"{url} cannot be reached: {error or type(error).__name__}")
        return
    if answer.status_code == httpx2.codes.OK:
        yield Finding("server", Verdict.FINE, f"{url} answers")
    else:
        text = f"{url} answers {answer.status_code}: another server, or a network that asks to sign in"
        yield Finding("server", Verdict.BAD, text)
    try:
        off_s = (now() - parsedate_to_datetime(answer.headers["date"])).total_seconds()
    except (KeyError, ValueError, TypeError):
        return
    verdict = Verdict.WARNING if abs(off_s) > CLOCK_OFF_S else Verdict.FINE
    yield Finding("clock", verdict, f"{abs(off_s):.0f} s {'ahead of' if off_s > 0 else 'behind'} the server's")


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
