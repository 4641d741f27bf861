"""Room held ready beside a spool: a file that is emptied when the disk is full, so that a call or touch is still kept.

Emptied, it tells everybody that the disk was full; it is filled again once there is room.
"""

import errno
import os
import shutil
import sqlite3
from pathlib import Path

BALLAST_BYTES = 4 * 2**20  # some thousand calls
FREE_MIN_BYTES = 32 * 2**20  # with less, the ballast is not taken from what is left, and somebody must make room


class Ballast:
    """The file beside a spool. Several processes may share it."""

    def __init__(self, spool_path: Path) -> None:
        self._path = spool_path.with_name(spool_path.name + ".ballast")

    def fill(self) -> None:
        """Take the room, if it is not taken and there is enough. Raises OSError when it cannot be written."""
        if self._size() == BALLAST_BYTES or self.free_bytes() < BALLAST_BYTES + FREE_MIN_BYTES:
            return
        with self._path.open("wb") as file:
            file.write(os.urandom(BALLAST_BYTES))  # what a file system that compresses cannot make smaller
            file.flush()
            os.fsync(file.fileno())

    def drop(self) -> None:
        """Give the room back. Raises OSError when there is no ballast, or not even that can be done."""
        os.truncate(self._path, 0)

    def is_held(self) -> bool:
        """Whether there is room to give back."""
        return self._size() > 0

    def is_spent(self) -> bool:
        """Whether the room was given back, or could not be taken whole."""
        return self._path.exists() and self._size() != BALLAST_BYTES

    def free_bytes(self) -> int:
        """Return how much is free where the spool lies, or will."""
        folder = self._path.parent
        while not folder.is_dir() and folder != folder.parent:
            folder = folder.parent
        return shutil.disk_usage(folder).free

    def _size(self) -> int:
        return self._path.stat().st_size if self._path.exists() else 0


def is_full(error: Exception) -> bool:
    """Whether something could not be written because the disk, or our share of it, is full."""
    if isinstance(error, OSError):
        return error.errno in (errno.ENOSPC, errno.EDQUOT)
    return isinstance(error, sqlite3.Error) and "disk is full" in str(error)
