"""What the viewer can do about an entry or exit that a day of the calendar lacks."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import date

from fastapi import Request

from admin.access import scope_of
from admin.review.acting import settles
from admin.review.showing import ask_path
from core.accounts.model import Permission
from core.attendance.calendar_model import CalendarDay
from core.attendance.counting import MissingStep, Step
from core.attendance.model import Direction
from core.attendance.review_model import ReviewKind
from core.attendance.rules import missed_touch_deadline
from core.ids import SiteId

_KINDS = {Direction.EXIT: ReviewKind.MISSING_EXIT, Direction.ENTRY: ReviewKind.ENTRY_MISSING}
_DIRECTIONS = {Step.EXIT: Direction.EXIT, Step.ENTRY: Direction.ENTRY}


@dataclass(frozen=True, slots=True)
class Way:
    """A word, and the page it leads to; none where something has been done and another's answer is waited for."""

    label: str
    path: str | None = None


def ways_for(
    request: Request, today: date, waiting: Collection[tuple[SiteId, date, Direction]]
) -> Callable[[CalendarDay, MissingStep], Way | None]:
    """Return what tells the way to mend a step: the prime enters the time, the employer asks for the touch.

    waiting are the touches that have been asked for. After the deadline of requests there is no way to ask.
    """
    scope, asks = scope_of(request, Permission.SETTLE), scope_of(request, Permission.REQUEST)

    def way(day: CalendarDay, step: MissingStep) -> Way | None:
        direction = _DIRECTIONS.get(step.step)
        if direction is None:
            return None
        if settles(scope, day.prime_contractor_id, day.site_id):
            kind = _KINDS[direction]
            path = f"/review/days/{kind}/{day.worker_id}/{day.site_id}/{day.work_date}"
            return Way(f"review.set_{direction}", path)
        if (day.site_id, day.work_date, direction) in waiting:
            return Way("months.asked")
        is_own = day.contractor_id is not None and day.contractor_id in asks.employers
        if not is_own or today > missed_touch_deadline(day.work_date):
            return None
        return Way("review.ask", ask_path(day.worker_id, day.site_id, day.work_date, direction))

    return way
