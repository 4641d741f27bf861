"""The worker's own page: his days, what is missing and whose move it is. Its other parts are in the modules beside."""

from datetime import date, timedelta
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from admin.me import asking, gate, links, signing_in, taking_out
from admin.me.access import own_page, own_scope, reading_own, worker_of
from admin.pages import render, with_query
from admin.words import WORDS
from core.attendance import calendar
from core.attendance.calendar_model import CalendarDay, month_of, next_month, previous_month
from core.attendance.correcting import FIRST_YEAR
from core.attendance.counting import Step
from core.attendance.model import Direction
from core.clock import work_date
from core.tiering import counting

DAY_STARTS = timedelta(hours=4)  # until then last night's shift is still "today"; a site may say otherwise
ASKED_FOR = {Step.ENTRY: Direction.ENTRY, Step.EXIT: Direction.EXIT}  # what the worker himself can ask for

router = APIRouter()
for part in (signing_in, asking, gate, links, taking_out):
    router.include_router(part.router)


@router.get("/me", dependencies=[own_page])
def show_month(request: Request, month: Annotated[str, Query(max_length=7)] = "", done: str = "") -> Response:
    now = request.app.state.clock.now()
    today = work_date(now, DAY_STARTS)
    first = _month(month, today)
    with reading_own(request) as session:
        days = counting.worker_month(session, own_scope(request), worker_of(request).worker_id, first, now)
    this_month = today.replace(day=1)
    return render(
        request,
        "me/month.html",
        worker=worker_of(request),
        month=first,
        is_this_month=first == this_month,
        today=today,
        todays=[day for day in days if day.work_date == today],
        days=sorted(days, key=_newest, reverse=True),
        totals=calendar.totals_of(days),
        ask_path=ask_path,
        has_word=WORDS.__contains__,
        previous=with_query("/me", month=f"{previous_month(first):%Y-%m}") if first.year >= FIRST_YEAR else None,
        next=with_query("/me", month=f"{next_month(first):%Y-%m}") if first < this_month else None,
        done=done,
    )


def ask_path(day: CalendarDay, step: Step) -> str | None:
    """Return the form on which a worker asks for what a day lacks, filled in; None where that is not his to ask."""
    if step not in ASKED_FOR:
        return None
    return with_query("/me/missed/new", site=day.site_id, on=day.work_date.isoformat(), direction=ASKED_FOR[step].value)


def _month(text: str, today: date) -> date:
    """Return the month asked for, at the latest the present one."""
    return min(month_of(text, today), today.replace(day=1))


def _newest(day: CalendarDay) -> tuple[date, str]:
    return day.work_date, day.site_name
