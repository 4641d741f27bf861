"""Everybody who watches the gate page: what happens is given to each of them, and none of them can hold up a touch."""

import queue
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from reader_bridge.device.showing import Shown

MOST_UNSEEN = 100  # a page that has been asleep longer than that is told the state alone


class Board:
    """The watchers of one device."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._watchers: set[queue.Queue[Shown]] = set()

    def show(self, shown: Shown) -> None:
        """Give something to everybody who watches; never waits."""
        with self._lock:
            watchers = list(self._watchers)
        for watcher in watchers:
            try:
                watcher.put_nowait(shown)
            except queue.Full:
                continue

    @contextmanager
    def watching(self) -> "Iterator[queue.Queue[Shown]]":
        """Give a queue that fills while this lasts."""
        watcher: queue.Queue[Shown] = queue.Queue(MOST_UNSEEN)
        with self._lock:
            self._watchers.add(watcher)
        try:
            yield watcher
        finally:
            with self._lock:
                self._watchers.discard(watcher)
