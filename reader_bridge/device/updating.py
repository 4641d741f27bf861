"""Taking a release: it is asked who vouches for it, fetched, checked, laid beside the running version, and wanted.

Nothing is kept of an archive whose signature or digest is wrong. The switch itself is the launcher's; the program only
ends for it, at a quiet moment.
"""

import base64
import logging
import shutil
import sqlite3
import threading
from collections.abc import Callable
from datetime import datetime, time, timedelta
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Protocol

from core.clock import JST
from reader_bridge import releases
from reader_bridge.device import versions as kept
from reader_bridge.device.folder import write_whole
from reader_bridge.device.server import AwayError, ProblemError
from reader_bridge.device.versions import Slot, Wanted
from reader_bridge.releases import MAX_RELEASE_BYTES, NoReleaseError, Release
from reader_bridge.wire import RELEASES, Update, UpdateShown

BUSY_FROM, BUSY_UNTIL = time(6, 0), time(9, 30)  # Japan time: people come
QUIET_FOR = timedelta(minutes=10)
ROOM_BYTES = 20 * MAX_RELEASE_BYTES
AGAIN_AFTER_S = 60.0
LOOK_EVERY_S = 5.0
WHY_MAX = 200

log = logging.getLogger(__name__)


class Line(Protocol):
    """What an update asks of the server."""

    def fetch(self, target: str, most: int) -> bytes: ...


class RefusedError(Exception):
    """A release is not taken; the reason begins with a word that stays."""


class Updater:
    """The updates of one device. offered() is called with every heartbeat, run() works in a thread of its own."""

    def __init__(
        self,
        folder: Path,
        running: str,
        release_key: str | None,
        line: Line,
        *,
        is_launched: bool,
        is_quiet: Callable[[], bool],
        end: Callable[[], None],
    ) -> None:
        """running is the version of this program, release_key base64; end() ends it, to be started again."""
        self._folder, self._running, self._key, self._line = folder, running, release_key, line
        self._is_launched, self._is_quiet, self._end = is_launched, is_quiet, end
        self._lock, self._news = threading.Lock(), threading.Event()
        self._offer: Update | None = None
        self._refused: tuple[Update, str] | None = None

    def offered(self, update: Update | None) -> None:
        """Hear what the server offers now; None takes an offer back."""
        with self._lock:
            if update != self._offer:
                self._offer = update
                self._news.set()

    def wake(self) -> None:
        """Let run() see that it was stopped."""
        self._news.set()

    def shown(self) -> UpdateShown | None:
        """Return what a heartbeat tells of updates; None when there is nothing to tell."""
        versions = kept.read_versions(self._folder)
        with self._lock:
            offer, refused = self._offer, self._refused
        if versions.trial is not None:
            return {"version": versions.trial.slot.version, "state": "trying", "why": ""}
        if refused is not None and refused[0] == offer:
            return {"version": str(refused[0].get("version", ""))[:60], "state": "refused", "why": refused[1][:WHY_MAX]}
        if versions.failed is not None and not self._is_open(offer):
            return {"version": versions.failed.version, "state": "rolled_back", "why": versions.failed.why[:WHY_MAX]}
        if offer is not None and self._is_open(offer):
            return {"version": offer["version"], "state": "waiting", "why": ""}
        return None

    def run(self, stop: threading.Event) -> None:
        """Take what is offered, until it is stopped."""
        while not stop.is_set():
            wait_s = self.step()
            self._news.wait(wait_s)
            self._news.clear()

    def step(self) -> float:
        """Do what is due for the offer of now; return after how many seconds to come again."""
        with self._lock:
            offer, refused = self._offer, self._refused
        if offer is None or (refused is not None and refused[0] == offer) or not self._is_open(offer):
            return AGAIN_AFTER_S
        try:
            release = self._vouched_for(offer)
            slot = self._laid_down(release)
            if not self._is_quiet():
                return LOOK_EVERY_S
            self._want(Wanted(slot, _at(offer)))
        except (RefusedError, NoReleaseError) as error:
            log.warning("a release was refused: %s", error)
            with self._lock:
                self._refused = (offer, str(error))
            return AGAIN_AFTER_S
        except (AwayError, ProblemError, OSError, sqlite3.Error) as error:
            log.info("a release could not be taken yet: %s", error)
            return AGAIN_AFTER_S
        log.info("ending for version %s", slot.version)
        self._end()
        return AGAIN_AFTER_S

    def _is_open(self, offer: Update | None) -> bool:
        """Whether an offer is neither running nor one that failed as it is offered now."""
        if offer is None or offer.get("version") == self._running:
            return False
        versions = kept.read_versions(self._folder)
        if versions.trial is not None:
            return False
        failed = versions.failed
        return failed is None or failed.version != offer.get("version") or _at(offer) > failed.offered_at

    def _vouched_for(self, offer: Update) -> Release:
        """Return the release that an offer describes, once its signature is right. Raises RefusedError."""
        if self._key is None:
            raise RefusedError("no_key: this device knows no release key")
        if not self._is_launched:
            raise RefusedError("no_launcher: the program was not started by genba-reader launch")
        try:
            release = releases.release_of(offer)
            signature = base64.b64decode(offer["signature"], validate=True)
        except (KeyError, ValueError, TypeError) as error:
            raise RefusedError(f"malformed: {error}") from error
        if not releases.is_signed(releases.read_public_key(self._key), release, signature):
            raise RefusedError("signature: not signed by the release key of this device")
        if not release.may_follow(self._running):
            raise RefusedError(f"older: {self._running} runs, and this is no roll-back from it")
        installed = {name: _installed(name) for name in map(releases.package_of, release.needs)}
        lacking = releases.unmet(release.needs, installed)
        if lacking is not None:
            raise RefusedError(f"needs: {lacking}")
        return release

    def _laid_down(self, release: Release) -> Slot:
        """Have the archive of a release beside the others, whole.

        Raises RefusedError when it is not what was signed, AwayError, ProblemError or OSError when it cannot be had.
        """
        slot = Slot(release.version, release.sha256)
        if kept.is_whole(self._folder, slot):
            return slot
        folder = kept.folder_of(self._folder)
        folder.mkdir(mode=0o700, exist_ok=True)
        if shutil.disk_usage(folder).free < ROOM_BYTES:
            raise RefusedError("no_room: the disk is nearly full")
        try:
            archive = self._line.fetch(f"{RELEASES}{release.version}", release.size)
        except ProblemError as problem:
            if problem.status == 413:
                raise RefusedError(f"too_large: more than the {release.size} bytes that were signed") from problem
            raise
        if not release.is_of(archive):
            raise RefusedError("sha256: the archive is not the one that was signed")
        write_whole(folder / slot.name, archive)
        return slot

    def _want(self, wanted: Wanted) -> None:
        """Leave what is wanted to the launcher. Raises RefusedError when that was done before: else we end for ever."""
        if kept.read_wanted(self._folder) == wanted:
            raise RefusedError("not_taken: the launcher could not write it down")
        kept.keep_wanted(self._folder, wanted)


def is_quiet(now: datetime, last_touch_at: datetime | None) -> bool:
    """Whether the program may be away for some seconds: nobody stands at the gate, and it is not when people come."""
    if BUSY_FROM <= now.astimezone(JST).time() < BUSY_UNTIL:
        return False
    return last_touch_at is None or abs(now - last_touch_at) > QUIET_FOR


def _at(offer: Update) -> str:
    return str(offer.get("offered_at", ""))


def _installed(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None
