"""The program at the gate while it runs: readers, page, uplink and heartbeat around one station.

Cards are read and kept whether or not the device is enrolled; when it is enrolled (again) meanwhile, everything begins
anew with what it is now. No part takes another down: one that fails unexpectedly is started again.
"""

import json
import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from reader_bridge.device import gate, health
from reader_bridge.device import identity as identities
from reader_bridge.device.directory import Directory
from reader_bridge.device.folder import SPOOL, alone_in, prepare, write_whole
from reader_bridge.device.heartbeat import Heart, program_version
from reader_bridge.device.identity import Identity, NotEnrolledError
from reader_bridge.device.machine import Machine, ThisMachine
from reader_bridge.device.readers import Reader
from reader_bridge.device.server import AwayError, ProblemError, Server
from reader_bridge.device.spool import Spool
from reader_bridge.device.station import Parts, Station
from reader_bridge.device.updating import Updater
from reader_bridge.device.uplink import Uplink
from reader_bridge.wire import ReaderShown

GATE_FILE = "gate.json"  # where other commands find the page
LOOK_EVERY_S = 1.0
AGAIN_AFTER_S = 1.0

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Options:
    """How the program was started."""

    folder: Path
    readers: tuple[Reader, ...]
    port: int = gate.PORT
    invite_every_s: int = 0


def run(options: Options, machine: Machine, stop: threading.Event) -> bool:
    """Read cards until it is stopped; True when it ended to be started again as another version.

    Raises InUseError, and OSError when the page's port is taken.
    """
    prepare(options.folder)
    again = threading.Event()

    def end() -> None:
        again.set()
        stop.set()

    with ExitStack() as stack:
        stack.enter_context(alone_in(options.folder))
        spool = stack.enter_context(closing(Spool(options.folder / SPOOL)))
        if isinstance(machine, ThisMachine):
            over = threading.Event()
            stack.enter_context(_thread("clock", partial(machine.watch_clock, over), over))
        while not stop.is_set():
            _run_as(_who_we_are(options.folder), options, machine, spool, stop, end)
    return again.is_set()


def _run_as(
    us: tuple[Identity, Ed25519PrivateKey] | None,
    options: Options,
    machine: Machine,
    spool: Spool,
    stop: threading.Event,
    end: Callable[[], None],
) -> None:
    """Run as one device, until it is stopped or has become another."""
    identity = us[0] if us else None
    directory = Directory(options.folder, identity.directory_key_bytes) if identity else None
    readers = options.readers
    parts = Parts(options.folder, spool, machine, identity, directory, lambda: _shown(readers), options.invite_every_s)
    station, ended = Station(parts), threading.Event()
    with ExitStack() as stack:
        port = stack.enter_context(gate.serving(station, options.port))
        stack.enter_context(_telling_port(options.folder / GATE_FILE, port))
        stack.callback(ended.set)
        heart: Heart | None = None
        if us is not None and directory is not None and not us[0].revoked:
            heart = stack.enter_context(_sending(us, parts, station, directory, ended, end))
        for nth, reader in enumerate(readers):
            watch = partial(reader.watch, station.seen, ended)
            stack.enter_context(_thread(f"reader {nth}", watch, ended))
        look = partial(health.watch, options.folder, port, lambda: heart.missing if heart else "", ended)
        stack.enter_context(_thread("health", look, ended))
        log.info("the gate page is at http://127.0.0.1:%d/", port)
        if us is None:
            log.warning("this machine is not enrolled, what it keeps is not sent: genba-reader enrol URL CODE")
        while not stop.wait(LOOK_EVERY_S):
            if _is_another(station.identity, _who_we_are(options.folder)):
                break


@contextmanager
def _telling_port(path: Path, port: int) -> Iterator[None]:
    """Tell other commands where the page is. A full disk, which takes no file, keeps nobody from touching."""
    try:
        write_whole(path, json.dumps({"port": port}).encode())
    except OSError as error:
        log.warning("other commands do not find the page: %s", error)
    try:
        yield
    finally:
        path.unlink(missing_ok=True)


@contextmanager
def _sending(
    us: tuple[Identity, Ed25519PrivateKey],
    parts: Parts,
    station: Station,
    directory: Directory,
    ended: threading.Event,
    end: Callable[[], None],
) -> Iterator[Heart]:
    identity, key = us
    with closing(Server(identity.url, identity.device_id, key, parts.machine, parts.spool.learn_boot)) as server:
        uplink = Uplink(parts.spool, server, parts.machine, station)
        updater = Updater(
            parts.folder,
            program_version(),
            identity.release_key,
            server,
            is_launched=health.launch_token() is not None,
            is_quiet=station.is_quiet,
            end=end,
        )
        heart = Heart(parts.spool, server, parts.machine, station, parts.readers, updater)
        halted = threading.Event()

        def halt() -> None:
            uplink.halt()
            halted.set()

        station.on_touch, station.send_now = uplink.touched, uplink.send_now
        station.on_server, station.on_revoked = uplink.server_is_back, halt
        station.on_directory = lambda: _fetch(directory, server)
        with (
            _thread("uplink", lambda: uplink.run(ended), ended, wake=uplink.wake),
            _thread("heartbeat", lambda: heart.run(identity.heartbeat_every_s, halted), halted, wake=halted.set),
            _thread("updates", lambda: updater.run(ended), ended, wake=updater.wake),
        ):
            yield heart


def _fetch(directory: Directory, server: Server) -> None:
    try:
        directory.fetch(server)
    except (AwayError, ProblemError) as error:
        log.warning("the directory could not be fetched: %s", error)


@contextmanager
def _thread(
    name: str, work: Callable[[], None], ended: threading.Event, wake: Callable[[], None] = lambda: None
) -> Iterator[None]:
    """Work in a thread while this lasts, beginning again after whatever nobody thought of."""

    def again_and_again() -> None:
        while not ended.is_set():
            try:
                work()
            except Exception:
                log.exception("%s failed and starts again", name)
            ended.wait(AGAIN_AFTER_S)

    thread = threading.Thread(target=again_and_again, name=name, daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        wake()
        thread.join(gate.STATE_EVERY_S + 5)


def _shown(readers: tuple[Reader, ...]) -> list[ReaderShown]:
    return [shown for reader in readers for shown in reader.shown()]


def _who_we_are(folder: Path) -> tuple[Identity, Ed25519PrivateKey] | None:
    try:
        return identities.load(folder)
    except NotEnrolledError:
        return None


def _is_another(before: Identity | None, now: tuple[Identity, Ed25519PrivateKey] | None) -> bool:
    if before is None or now is None:
        return (before is None) != (now is None)
    return (before.device_id, before.directory_key, before.revoked, before.release_key) != (
        now[0].device_id,
        now[0].directory_key,
        now[0].revoked,
        now[0].release_key,
    )
