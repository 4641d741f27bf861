"""What starts the program, watches over its first minute, and goes back to the version before when a new one fails.

It belongs to the installed program and is never replaced by a release, so it does little: it starts a process, waits,
and writes down what became of it. The two agree on five things, which later versions may only add to: the process
gets a token in LAUNCH; its standard input ends when the launcher does; it writes the token and what is not well yet to
HEALTH; it leaves a version that it wants in WANTED; and it ends with AGAIN to be started anew.
"""

import json
import logging
import os
import re
import secrets
import signal
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from reader_bridge.device import versions as kept
from reader_bridge.device.folder import alone_in
from reader_bridge.device.versions import TRIES, Slot, Versions
from reader_bridge.device.watchdog import notify

LAUNCH = "GENBA_READER_LAUNCH"
AGAIN = 75
LINE_MAX = 160
_NUMBERS = re.compile(r"[0-9A-Fa-f]{6,}")  # of cards and people: they belong into no report
_CALL = "from reader_bridge.device.cli import main; main()"

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Limits:
    """How long a version may take, in seconds, and how soon it is started again."""

    healthy_within_s: float = 60.0
    crash_within_s: float = 600.0
    stop_within_s: float = 20.0
    pause_s: float = 1.0
    look_every_s: float = 0.25


class Launcher:
    """The launcher of one device's folder."""

    def __init__(self, folder: Path, base: str, arguments: tuple[str, ...], limits: Limits | None = None) -> None:
        """base is the version of the installed program, arguments what each version is started with."""
        self._folder, self._base, self._arguments = folder, base, arguments
        self._limits = limits or Limits()
        kept.folder_of(folder).mkdir(mode=0o700, parents=True, exist_ok=True)

    def run(self, stop: threading.Event) -> None:
        """Keep the program running until it is stopped. Raises InUseError when another launcher does so already."""
        with alone_in(kept.folder_of(self._folder)):
            while not stop.is_set():
                slot = self.choose()
                code, why, lasted_s = self._run_once(slot, stop)
                if stop.is_set() or code == AGAIN:
                    continue
                log.error("version %s ended: %s", slot.version if slot else self._base, why)
                self._after_end(slot, code, why, lasted_s)
                stop.wait(self._limits.pause_s)

    def choose(self) -> Slot | None:
        """Return what is to be started now, and write down that it is; None for the installed program."""
        versions = self._take_over_wanted(kept.read_versions(self._folder, self._base))
        while True:
            slot = versions.trial.slot if versions.trial else versions.current
            if versions.trial and versions.starts >= TRIES:
                versions = versions.given_up("it did not come up: the machine or the program was stopped three times")
            elif slot is not None and not kept.is_whole(self._folder, slot):
                versions = versions.given_up("damaged: the archive is not what was signed")
            else:
                break
        if versions.trial:
            versions = replace(versions, starts=versions.starts + 1)
        try:
            kept.keep_versions(self._folder, versions)
        except OSError:
            log.exception("what runs cannot be written down: nothing new is tried")
            return versions.current
        kept.tidy(self._folder, versions)
        return slot

    def _take_over_wanted(self, versions: Versions) -> Versions:
        wanted = kept.read_wanted(self._folder)
        if wanted is None:
            return versions
        failed = versions.failed
        is_known = wanted == versions.trial or wanted.slot == versions.current
        has_failed = failed is not None and (failed.version, failed.offered_at) == (
            wanted.slot.version,
            wanted.offered_at,
        )
        if not is_known and not has_failed:
            versions = versions.trying(wanted)
        try:
            kept.keep_versions(self._folder, versions)  # before WANTED goes: a power cut between the two repeats this
            kept.forget_wanted(self._folder)
        except OSError:
            log.exception("a new version cannot be written down")
        return versions

    def _after_end(self, slot: Slot | None, code: int, why: str, lasted_s: float) -> None:
        versions = kept.read_versions(self._folder, self._base)
        if versions.trial is not None:
            if slot == versions.trial.slot and (versions.starts >= TRIES or code == _HUNG):
                self._give_up(versions, why)
        elif versions.current is not None and code not in _ORDERLY:
            crashes = versions.crashes + 1 if lasted_s < self._limits.crash_within_s else 1
            if crashes >= TRIES:
                self._give_up(versions, why)
            else:
                self._keep(replace(versions, crashes=crashes))

    def _give_up(self, versions: Versions, why: str) -> None:
        log.error("going back to the version before: %s", why)
        self._keep(versions.given_up(why))

    def _keep(self, versions: Versions) -> bool:
        """Write down what runs; False when the disk does not take it: then it is reckoned anew at the next start."""
        try:
            kept.keep_versions(self._folder, versions)
        except OSError:
            log.exception("what runs cannot be written down")
            return False
        kept.tidy(self._folder, versions)
        return True

    def _run_once(self, slot: Slot | None, stop: threading.Event) -> tuple[int, str, float]:
        """Start a version and wait for its end; return its exit status, its last words, and how long it lasted."""
        token, began = secrets.token_hex(8), time.monotonic()
        (kept.folder_of(self._folder) / kept.HEALTH).unlink(missing_ok=True)
        notify("READY=1", "WATCHDOG=1")
        process = subprocess.Popen(  # noqa: S603 - our own program
            [sys.executable, "-P", "-c", _CALL, *self._arguments],
            env=self._environment(slot, token),
            stdin=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        last: deque[str] = deque(maxlen=1)
        listening = threading.Thread(target=_listen, args=(process, last.append), daemon=True)
        listening.start()
        is_hung = False
        try:
            is_hung = self._watch(process, slot, token, stop)
        finally:
            code = self._end(process)
            listening.join(self._limits.stop_within_s)
        if is_hung:
            return _HUNG, f"not well within {self._limits.healthy_within_s:.0f} s: {self._missing(token)}", 0.0
        why = f"exit status {code}" + (f": {last[0]}" if last else "")
        return code, why, time.monotonic() - began

    def _watch(self, process: "subprocess.Popen[bytes]", slot: Slot | None, token: str, stop: threading.Event) -> bool:
        """Wait until a version ends, or is to; confirm a trial that is well. True when it takes too long to be well."""
        confirm_at = time.monotonic()
        deadline = confirm_at + self._limits.healthy_within_s
        trial = kept.read_versions(self._folder, self._base).trial
        is_trial = trial is not None and trial.slot == slot  # on a full disk the version before may run in its stead
        while process.poll() is None and not stop.wait(self._limits.look_every_s):
            if not is_trial:
                continue
            if self._missing(token) != "":
                if time.monotonic() >= deadline:
                    return True
            elif time.monotonic() >= confirm_at:
                is_trial = not self._confirm()
                confirm_at = time.monotonic() + self._limits.healthy_within_s
        return False

    def _confirm(self) -> bool:
        """Write down that the trial stays; False when the disk does not take it: that is tried again."""
        versions = kept.read_versions(self._folder, self._base).confirmed()
        if not self._keep(versions):
            return False
        log.info("version %s is well and stays", versions.current.version if versions.current else self._base)
        return True

    def _missing(self, token: str) -> str:
        """Return what a started version says is not well yet; empty when all is."""
        try:
            told = json.loads((kept.folder_of(self._folder) / kept.HEALTH).read_bytes())
            return _plain(", ".join(told["missing"])) if told["token"] == token else "nothing was heard"
        except (OSError, ValueError, KeyError, TypeError):
            return "nothing was heard"

    def _end(self, process: "subprocess.Popen[bytes]") -> int:
        """Let a version end by itself, by ending its standard input; then end it."""
        if process.stdin is not None:
            process.stdin.close()
        try:
            return process.wait(self._limits.stop_within_s)
        except subprocess.TimeoutExpired:
            process.kill()
            return process.wait()

    def _environment(self, slot: Slot | None, token: str) -> dict[str, str]:
        environment = {**os.environ, LAUNCH: token}
        if slot is not None:
            archive = str((kept.folder_of(self._folder) / slot.name).absolute())
            paths = (archive, os.environ.get("PYTHONPATH", ""))
            environment["PYTHONPATH"] = os.pathsep.join(path for path in paths if path)
        return environment


_HUNG = -1000  # no exit status of any system
_ORDERLY = frozenset({0, 2, -signal.SIGTERM, -signal.SIGINT})  # it was told to, or the machine lacks something


def _listen(process: "subprocess.Popen[bytes]", remember: Callable[[str], None]) -> None:
    """Pass on what a version writes, and remember its last line."""
    if process.stderr is None:
        return
    for line in process.stderr:
        sys.stderr.buffer.write(line)
        sys.stderr.buffer.flush()
        if text := line.decode("utf-8", "replace").strip():
            remember(_plain(text))
    process.stderr.close()


def _plain(text: str) -> str:
    return _NUMBERS.sub("…", "".join(sign if sign.isprintable() else " " for sign in text))[:LINE_MAX]
