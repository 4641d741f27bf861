"""The same card within a few seconds is one touch, at whichever of the readers: by a clock that nobody can set."""

import time
from collections.abc import Callable
from datetime import datetime

SAME_TOUCH_S = 10.0


class Debounce:
    """Who was kept lately, and when. Not for several threads at once."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._kept: dict[str, tuple[float, datetime]] = {}

    def kept_at(self, key: str) -> datetime | None:
        """Return when the touch was kept that this one repeats; None when it is a new one."""
        now = self._monotonic()
        self._kept = {name: kept for name, kept in self._kept.items() if now - kept[0] < SAME_TOUCH_S}
        kept = self._kept.get(key)
        return None if kept is None else kept[1]

    def keep(self, key: str, at: datetime) -> None:
        """Remember a touch, once it is on the disk."""
        self._kept[key] = (self._monotonic(), at)
