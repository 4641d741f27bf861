"""The worker asks for a touch or call that was forgotten, and sees what became of what he asked for earlier."""

from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response

from admin.me.access import own_page, own_scope, reading_own, worker_of
from admin.pages import language_of, render
from admin.review.acting import moment, parse_id
from admin.words import WORDS, word
from core.attendance import candidates, missed
from core.attendance.correcting import Entered, request_missed_touch
from core.attendance.model import CorrectionCode, Direction
from core.attendance.rules import missed_touch_deadline
from core.audit import service as audit
from core.clock import parse_day, work_date
from core.db import Session
from core.errors import DomainError, InvalidInput, NotAllowed, NotFound
from core.ids import SiteId

REASONS = (CorrectionCode.FORGOTTEN, CorrectionCode.DEVICE_FAULT, CorrectionCode.OTHER)
SHOWN = 50
MOST_WAITING = 50  # of one worker: more than a month's entries and exits

router = APIRouter()
Text = Annotated[str, Form(max_length=500)]


@router.get("/me/missed", dependencies=[own_page])
def show_asked(request: Request, done: str = "") -> Response:
    """Show what was asked for, the newest first."""
    with reading_own(request) as session:
        found = missed.list_requests(session, own_scope(request), only_open=False)
    lines = [(line, missed_touch_deadline(line.work_date)) for line in found[: -SHOWN - 1 : -1]]
    today = work_date(request.app.state.clock.now())
    return render(request, "me/asked.html", worker=worker_of(request), lines=lines, today=today, done=done)


@router.get("/me/missed/new", dependencies=[own_page])
def show_form(request: Request, site: str = "", on: str = "", direction: str = "") -> Response:
    """Show the form; site, date and direction may be given by the address."""
    today = work_date(request.app.state.clock.now())
    return _form(request, {"site_id": site, "date": on or today.isoformat(), "direction": direction})


@router.post("/me/missed/new", dependencies=[own_page])
def ask(
    request: Request,
    *,
    site_id: Text = "",
    date: Text = "",
    time: Text = "",
    direction: Text = "",
    correction: Text = "",
    note: Text = "",
) -> Response:
    """Ask for a missed touch of one's own."""
    typed = {
        "site_id": site_id,
        "date": date,
        "time": time,
        "direction": direction,
        "correction": correction,
        "note": note,
    }
    worker, now = worker_of(request), request.app.state.clock.now()
    try:
        with request.app.state.database.write() as session:
            entered = _entered(request, session, typed)
            asked = request_missed_touch(session, entered, worker.name, now, most_waiting=MOST_WAITING)
            audit.record(
                session,
                at=now,
                by=None,
                action="missed_touch.requested",
                subject=("missed_touch", asked.missed_touch_id),
                contractor_id=asked.prime_contractor_id,
                details={"worker_id": str(asked.worker_id), "site_id": str(asked.site_id)},
            )
    except (InvalidInput, NotAllowed) as error:
        return _form(request, typed, error)
    return RedirectResponse("/me/missed?done=asked", 303)


def _entered(request: Request, session: Session, typed: dict[str, str]) -> Entered:
    """Return what was asked for. Raises InvalidInput for a field, NotFound for a site that is none of his."""
    for name in ("site_id", "direction"):
        if not typed[name]:
            raise InvalidInput("nothing was chosen", field=name)
    site = candidates.find_site(session, own_scope(request), SiteId(parse_id(typed["site_id"])), whole=False)
    if site is None or typed["direction"] not in set(Direction):
        raise NotFound("no such site")
    at = moment(parse_day(typed["date"]), typed["time"], site.day_starts_min)
    code = typed["correction"]
    correction = CorrectionCode(code) if code in REASONS else CorrectionCode.FORGOTTEN
    worker_id = worker_of(request).worker_id
    return Entered(worker_id, site.site_id, at, Direction(typed["direction"]), correction, typed["note"].strip())


def _form(request: Request, typed: dict[str, str], error: DomainError | None = None) -> Response:
    with reading_own(request) as session:
        sites = candidates.list_sites(session, own_scope(request), whole=False)
    return render(
        request,
        "me/ask.html",
        status_code=422 if error else 200,
        worker=worker_of(request),
        sites=sites,
        typed={"time": "", "correction": CorrectionCode.FORGOTTEN.value, "note": ""} | typed,
        errors={_field(error): word(_problem(error), language_of(request))} if error else {},
        reason_choices=[(reason.value, word(f"me.reason.{reason}", language_of(request))) for reason in REASONS],
    )


def _field(error: DomainError) -> str:
    return error.field if isinstance(error, InvalidInput) else "time"


def _problem(error: DomainError) -> str:
    key = f"me.wrong.{error.ids.get('why', _field(error))}"
    return key if key in WORDS else "me.wrong.time"
