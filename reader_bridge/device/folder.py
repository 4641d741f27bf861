"""The folder of one device: its owner's alone, used by one program at a time."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

SPOOL, LOCK = "spool.db", "lock"


def default_folder() -> Path:
    """Return where a device's files lie when nothing else is said."""
    if sys.platform == "win32":
        return Path(os.environ.get("PROGRAMDATA", "C:/ProgramData")) / "GenbaReader"
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        return Path("/var/lib/genba-reader")
    return Path.home() / ".local" / "share" / "genba-reader"


class InUseError(Exception):
    """Another program works in this folder."""


def prepare(folder: Path) -> Path:
    """Make the folder if need be, and its owner's alone; return it."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder.chmod(0o700)
    return folder


def write_whole(path: Path, content: bytes) -> None:
    """Replace a file by a new content, so that after a power cut there is the old one or the new one."""
    beside = path.with_name(path.name + ".new")
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)
    flush_names(path.parent)


def flush_names(folder: Path) -> None:
    """Make renames in a folder durable, where the system lets a folder be opened."""
    if sys.platform == "win32":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def alone_in(folder: Path) -> Iterator[None]:
    """Keep every other program out while this lasts. Raises InUseError when one is in there already."""
    with (folder / LOCK).open("a+b") as file:
        try:
            _lock(file)
        except OSError as error:
            raise InUseError(str(folder)) from error
        yield  # closing the file, or dying, gives the lock back


def _lock(file: IO[bytes]) -> None:
    if sys.platform == "win32":
        import msvcrt  # noqa: PLC0415 - there is no such module elsewhere

        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
    else:
        import fcntl  # noqa: PLC0415

        fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
