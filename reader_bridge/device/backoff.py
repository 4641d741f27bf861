"""How long to leave a server alone that does not answer: longer each time, never the same for two devices."""

import random

FIRST_S, MOST_S = 2.0, 300.0
MOST_ASKED_S = 3600.0  # of what a server may ask for: a mistyped header must not silence a gate for days


class Backoff:
    """One row of failures; any success ends it."""

    def __init__(self, first_s: float = FIRST_S, most_s: float = MOST_S) -> None:
        self._first_s, self._most_s = first_s, most_s
        self.failures = 0

    def next_s(self, asked_s: float | None = None) -> float:
        """Count a failure and return how long to wait: never less than was asked for, within reason."""
        most = min(self._most_s, self._first_s * 2.0 ** min(self.failures, 20))
        self.failures += 1
        own = most * random.uniform(0.5, 1.0)  # noqa: S311 - nobody gains by guessing it
        return max(own, min(asked_s or 0.0, MOST_ASKED_S))

    def end(self) -> None:
        self.failures = 0
