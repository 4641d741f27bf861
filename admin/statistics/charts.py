"""Bars as numbers: where each lies in a drawing, so that a template only has to write them down."""

from collections.abc import Sequence
from dataclasses import dataclass

HEIGHT, TOP, BOTTOM = 240, 28, 32  # of the drawing, above the highest bar, below the axis
STEP, BAR = 56, 36  # from one bar to the next, and how wide it is
ROW, LABEL, LENGTH = 34, 150, 420  # of lying bars: from one to the next, space for labels, the longest bar


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar: its label and value, and its rectangle in the drawing."""

    label: str
    value: int
    x: int
    y: int
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Chart:
    """A drawing of bars; its size is in units of its own, and it is scaled to the page."""

    width: int
    height: int
    bars: tuple[Bar, ...]

    @property
    def base(self) -> int:
        """Where the axis lies below standing bars."""
        return self.height - BOTTOM


def standing(values: Sequence[tuple[str, int]]) -> Chart:
    """Return bars side by side, the highest as high as there is room."""
    most = max((value for _, value in values), default=0) or 1
    room = HEIGHT - TOP - BOTTOM
    bars = []
    for n, (label, value) in enumerate(values):
        height = _share(value, most, room)
        bars.append(Bar(label, value, n * STEP + (STEP - BAR) // 2, HEIGHT - BOTTOM - height, BAR, height))
    return Chart(max(len(values), 1) * STEP, HEIGHT, tuple(bars))


def lying(values: Sequence[tuple[str, int]]) -> Chart:
    """Return bars below each other, the longest as long as there is room."""
    most = max((value for _, value in values), default=0) or 1
    bars = (
        Bar(label, value, LABEL, n * ROW + 5, _share(value, most, LENGTH), ROW - 12)
        for n, (label, value) in enumerate(values)
    )
    return Chart(LABEL + LENGTH + 110, max(len(values), 1) * ROW, tuple(bars))


def _share(value: int, most: int, room: int) -> int:
    """Return how much of the room a value takes: at least a line, for what is not nothing."""
    return max(2, round(value * room / most)) if value > 0 else 0
