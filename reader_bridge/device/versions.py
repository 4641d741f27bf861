"""Which versions of the program lie on this device, and which is to run: one small file, replaced as a whole.

The launcher alone writes it. Whatever the program of the moment wants is a file of its own (WANTED), taken over when it
ends. Each change is one rename, so that a power cut leaves what was before or what comes after. The version that was
installed by hand is none of the archives here; it is what runs when nothing else can.
"""

import hashlib
import json
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from reader_bridge.device.folder import write_whole

FOLDER, STATE, WANTED, HEALTH = "updates", "versions.json", "wanted.json", "health.json"
TRIES = 3


@dataclass(frozen=True, slots=True)
class Slot:
    """An archive that runs as it lies there."""

    version: str
    sha256: str

    @property
    def name(self) -> str:
        return f"{self.version}-{self.sha256[:16]}.zip"


@dataclass(frozen=True, slots=True)
class Wanted:
    """A version that is to be tried; offered_at is when the office offered it, as the server says it."""

    slot: Slot
    offered_at: str


@dataclass(frozen=True, slots=True)
class Failed:
    """A version that was tried and given up, and why."""

    version: str
    offered_at: str
    why: str


@dataclass(frozen=True, slots=True)
class Versions:
    """What runs: current, or trial until it has shown that it is well. None for a slot is the installed program.

    base is the version of the installed program when current was chosen, offered_at when current was offered; starts
    counts those of the trial, crashes the ends of current that nobody asked for, one after the other.
    """

    base: str
    current: Slot | None = None
    offered_at: str = ""
    previous: Slot | None = None
    trial: Wanted | None = None
    starts: int = 0
    crashes: int = 0
    failed: Failed | None = None

    def trying(self, wanted: Wanted) -> "Versions":
        """Return what is so once a wanted version is to be tried."""
        return replace(self, trial=wanted, starts=0)

    def confirmed(self) -> "Versions":
        """Return what is so once the trial is well: it is current, and what was current is kept to go back to."""
        if self.trial is None:
            return self
        return Versions(self.base, self.trial.slot, self.trial.offered_at, self.current)

    def given_up(self, why: str) -> "Versions":
        """Return what is so once the trial, or a current version that crashes again and again, is given up."""
        if self.trial is not None:
            failed = Failed(self.trial.slot.version, self.trial.offered_at, why)
            return replace(self, trial=None, starts=0, failed=failed)
        if self.current is None:
            return replace(self, crashes=0)
        return Versions(self.base, self.previous, failed=Failed(self.current.version, self.offered_at, why))


def folder_of(device: Path) -> Path:
    return device / FOLDER


def read_versions(device: Path, base: str | None = None) -> Versions:
    """Return what is written down; nothing but the installed program when that cannot be read.

    base is the version of the installed program. Where it is another by now, somebody has set the machine up anew, and
    what was written down is over; None does not ask.
    """
    try:
        kept = json.loads((folder_of(device) / STATE).read_bytes())
        versions = Versions(
            base=kept["base"],
            current=_slot(kept["current"]),
            offered_at=kept["offered_at"],
            previous=_slot(kept["previous"]),
            trial=_wanted(kept["trial"]),
            starts=int(kept["starts"]),
            crashes=int(kept["crashes"]),
            failed=Failed(**kept["failed"]) if kept["failed"] else None,
        )
    except (OSError, ValueError, KeyError, TypeError):
        return Versions(base or "")
    return versions if base in (None, versions.base) else Versions(base or "")


def keep_versions(device: Path, versions: Versions) -> None:
    write_whole(folder_of(device) / STATE, json.dumps(asdict(versions), ensure_ascii=False, indent=1).encode())


def read_wanted(device: Path) -> Wanted | None:
    try:
        return _wanted(json.loads((folder_of(device) / WANTED).read_bytes()))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def keep_wanted(device: Path, wanted: Wanted) -> None:
    write_whole(folder_of(device) / WANTED, json.dumps(asdict(wanted)).encode())


def forget_wanted(device: Path) -> None:
    (folder_of(device) / WANTED).unlink(missing_ok=True)


def is_whole(device: Path, slot: Slot) -> bool:
    """Whether the archive of a slot is there as it was signed."""
    try:
        return hashlib.sha256((folder_of(device) / slot.name).read_bytes()).hexdigest() == slot.sha256
    except OSError:
        return False


def tidy(device: Path, versions: Versions) -> None:
    """Remove the archives that are neither running, nor tried, nor wanted, nor what would be gone back to."""
    wanted = read_wanted(device)
    kept = [versions.current, versions.previous, *(each.slot for each in (versions.trial, wanted) if each)]
    names = {slot.name for slot in kept if slot}
    for path in folder_of(device).glob("*.zip"):
        if path.name not in names:
            try:
                path.unlink()
            except OSError:
                continue  # Windows keeps a file that something still reads: next time


def _slot(kept: dict[str, Any] | None) -> Slot | None:
    return None if kept is None else Slot(kept["version"], kept["sha256"])


def _wanted(kept: dict[str, Any] | None) -> Wanted | None:
    if kept is None:
        return None
    return Wanted(Slot(kept["slot"]["version"], kept["slot"]["sha256"]), kept["offered_at"])
