"""Whether something keeps the clock of this machine right: a touch says so, for the server to weigh its time.

Linux is asked by adjtimex(2), which changes nothing when its modes are zero; Windows by its time service. None where
nobody can say.
"""

import ctypes
import re
import subprocess
import sys

TIME_ERROR = 5  # what adjtimex returns while the clock is not synchronised
TIMEX_BYTES = 256  # the structure has 208 on 64-bit systems, less on others
W32TM_TIMEOUT_S = 10
_LEAP = re.compile(r":\s*([0-3])\s*\(")  # "Leap Indicator: 3(not synchronized)", in whatever language


def is_synchronised() -> bool | None:
    """Ask the system."""
    return _by_windows() if sys.platform == "win32" else _by_kernel()


def read_w32tm(told: str) -> bool | None:
    """Return what `w32tm /query /status` says: its first line is the leap indicator, 3 when nothing keeps the clock."""
    found = _LEAP.search(told.partition("\n")[0])
    return None if found is None else found[1] != "3"


def _by_kernel() -> bool | None:
    try:
        adjtimex = ctypes.CDLL(None).adjtimex
    except (OSError, AttributeError):
        return None
    state: int = adjtimex(ctypes.create_string_buffer(TIMEX_BYTES))
    return None if state < 0 else state != TIME_ERROR


def _by_windows() -> bool | None:
    try:
        answer = subprocess.run(
            ["w32tm", "/query", "/status"],  # noqa: S607 - the system's own, wherever it lies
            capture_output=True,
            text=True,
            timeout=W32TM_TIMEOUT_S,
            check=True,
        )
    except (OSError, subprocess.SubprocessError, UnicodeDecodeError):
        return None
    return read_w32tm(answer.stdout)
