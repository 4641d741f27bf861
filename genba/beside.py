"""Threads beside the clock, one for each kind of work that waits for others' servers: the clock goes on meanwhile."""

import logging
import threading
import time
from collections.abc import Callable

logger = logging.getLogger(__name__)

ENDS_WITHIN_S = 5.0


class Beside:
    """The work that runs beside one clock."""

    def __init__(self) -> None:
        self._threads: dict[str, threading.Thread] = {}

    def start(self, kind: str, work: Callable[[], object]) -> None:
        """Run work in a thread of its own, unless some of its kind still runs. What goes wrong is logged."""

        def run() -> None:
            try:
                work()
            except Exception:
                logger.exception("work of kind %s failed, and is taken up again", kind)

        thread = self._threads.get(kind)
        if thread is None or not thread.is_alive():
            self._threads[kind] = threading.Thread(target=run, name=f"genba-{kind}", daemon=True)
            self._threads[kind].start()

    def wait(self, timeout_s: float = ENDS_WITHIN_S) -> None:
        """Wait until everything has ended, or the time is over."""
        until = time.monotonic() + timeout_s
        for thread in self._threads.values():
            thread.join(max(0.0, until - time.monotonic()))
