"""打刻漏れの申請: asking for a missed touch, and deciding on what was asked for."""

from collections.abc import Sequence
from datetime import date
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import RedirectResponse, Response

from admin.access import needs, reading, scope_of, viewer_of, writing
from admin.pages import language_of, render, with_query
from admin.review.acting import done_lines, moment, new_batch, parse_id, problem_of, settle, settles, trace
from admin.words import word
from core.accounts.model import Permission
from core.attendance import candidates, missed, settling
from core.attendance.correcting import Entered, request_missed_touch
from core.attendance.missed import MissedTouchLine
from core.attendance.model import CorrectionCode, Direction
from core.attendance.rules import missed_touch_deadline
from core.attendance.settling import Batch
from core.audit import service as audit
from core.clock import parse_day, work_date
from core.db import Session
from core.errors import DomainError, InvalidInput, NotAllowed, NotFound
from core.ids import SiteId, WorkerId

PAGE_ROWS = 50
PEOPLE_AT_ONCE = 200  # more are searched for by name
REASONS = (CorrectionCode.FORGOTTEN, CorrectionCode.DEVICE_FAULT, CorrectionCode.OTHER)
PATH = "/review/requests"

router = APIRouter()


@router.get("/review/requests", dependencies=[needs(Permission.SEE)])
def show_requests(
    request: Request, page: Annotated[int, Query(ge=1, le=200)] = 1, done: str = "", say: str = ""
) -> Response:
    """Show the requests that wait, the oldest first."""
    scope, today = scope_of(request), work_date(request.app.state.clock.now())
    with reading(request) as session:
        found = missed.list_requests(session, scope, limit=PAGE_ROWS + 1, offset=(page - 1) * PAGE_ROWS)
        lines = done_lines(request, session, done)
    decides = scope_of(request, Permission.SETTLE)
    is_operator = viewer_of(request).is_operator

    def row(line: MissedTouchLine) -> tuple[MissedTouchLine, date, int, bool, bool]:
        deadline = missed_touch_deadline(line.work_date)
        left = (deadline - today).days
        may = settles(decides, line.prime_contractor_id, line.site_id)
        return line, deadline, left, may, may and (left >= 0 or is_operator)

    return render(
        request,
        "review/requests.html",
        rows=[row(line) for line in found[:PAGE_ROWS]],
        today=today,
        lines=lines,
        say=say,
        newer=with_query(PATH, page=page - 1) if page > 1 else None,
        older=with_query(PATH, page=page + 1) if len(found) > PAGE_ROWS else None,
    )


@router.post("/review/requests/approve", dependencies=[needs(Permission.SETTLE)])
def approve_together(request: Request, item: Annotated[Sequence[UUID], Form(max_length=PAGE_ROWS)] = ()) -> Response:
    """Approve those that were ticked; what cannot be approved stays."""
    batch, left = new_batch(request), 0
    with writing(request) as session:
        for missed_touch_id in item:
            try:
                with session.begin_nested():
                    _check_reach(request, session, missed_touch_id)
                    settling.approve(session, batch, missed_touch_id)
            except NotAllowed:
                left += 1
        trace(request, session, batch)
    say = f"rest-{left}" if left else None if item else "nothing"
    return RedirectResponse(with_query(PATH, done=batch.batch_id if batch.made else None, say=say), status_code=303)


@router.post("/review/requests/{missed_touch_id}/approve", dependencies=[needs(Permission.SETTLE)])
def approve(request: Request, missed_touch_id: UUID) -> Response:
    """Make a record of a request."""

    def act(session: Session, batch: Batch) -> object:
        _check_reach(request, session, missed_touch_id)
        return settling.approve(session, batch, missed_touch_id)

    return settle(request, act, back=PATH)


@router.post("/review/requests/{missed_touch_id}/reject", dependencies=[needs(Permission.SETTLE)])
def reject(request: Request, missed_touch_id: UUID) -> Response:
    """Refuse a request."""

    def act(session: Session, batch: Batch) -> object:
        _check_reach(request, session, missed_touch_id)
        return settling.reject(session, batch, missed_touch_id)

    return settle(request, act, back=PATH)


@router.get("/review/request-missed", dependencies=[needs(Permission.REQUEST)])
def show_form(
    request: Request, q: str = "", worker: str = "", site: str = "", on: str = "", direction: str = ""
) -> Response:
    """Show the form for a missed touch; worker, site, date and direction may be given by the address."""
    return _render_form(request, {"worker_id": worker, "site_id": site, "date": on, "direction": direction}, q=q)


@router.post("/review/request-missed", dependencies=[needs(Permission.REQUEST)])
def ask(  # noqa: PLR0913 - each field of the form is one
    request: Request,
    *,
    worker_id: Annotated[str, Form()] = "",
    site_id: Annotated[str, Form()] = "",
    date: Annotated[str, Form()] = "",
    time: Annotated[str, Form()] = "",
    direction: Annotated[str, Form()] = "",
    correction: Annotated[str, Form()] = "",
    note: Annotated[str, Form(max_length=500)] = "",
    q: Annotated[str, Form(max_length=60)] = "",
) -> Response:
    """Ask for a missed touch of a worker within reach."""
    typed = {
        "worker_id": worker_id,
        "site_id": site_id,
        "date": date,
        "time": time,
        "direction": direction,
        "correction": correction,
        "note": note,
    }
    viewer, now = viewer_of(request), request.app.state.clock.now()
    try:
        with writing(request) as session:
            entered = _entered(request, session, typed)
            asked = request_missed_touch(session, entered, viewer.account.name, now)
            audit.record(
                session,
                at=now,
                by=viewer.account.account_id,
                action="missed_touch.requested",
                subject=("missed_touch", asked.missed_touch_id),
                contractor_id=asked.prime_contractor_id,
                details={"worker_id": str(asked.worker_id), "site_id": str(asked.site_id)},
            )
    except (InvalidInput, NotAllowed) as error:
        return _render_form(request, typed, q=q, error=error)
    return RedirectResponse(with_query(PATH, say="requested"), status_code=303)


def _entered(request: Request, session: Session, typed: dict[str, str]) -> Entered:
    """Return what was asked for. Raises InvalidInput for a field, NotFound for what is beyond the viewer's reach."""
    scope, now = scope_of(request, Permission.REQUEST), request.app.state.clock.now()
    for name in ("worker_id", "site_id", "direction"):
        if not typed[name]:
            raise InvalidInput("nothing was chosen", field=name)
    worker = candidates.find_person(session, scope, WorkerId(parse_id(typed["worker_id"])), work_date(now))
    site = candidates.find_site(session, scope, SiteId(parse_id(typed["site_id"])), whole=False)
    if worker is None or site is None:
        raise NotFound("no such worker or site")
    at = moment(parse_day(typed["date"]), typed["time"], site.day_starts_min)
    code = typed["correction"]
    correction = CorrectionCode(code) if code in REASONS else CorrectionCode.FORGOTTEN
    direction = Direction(typed["direction"]) if typed["direction"] in set(Direction) else Direction.ENTRY
    return Entered(worker.worker_id, site.site_id, at, direction, correction, typed["note"].strip())


def _render_form(request: Request, typed: dict[str, str], *, q: str = "", error: DomainError | None = None) -> Response:
    scope, today = scope_of(request, Permission.REQUEST), work_date(request.app.state.clock.now())
    search = q.strip()[:60]
    with reading(request, Permission.REQUEST) as session:
        if search:
            people = candidates.find_workers(session, scope, search, today, request.app.state.settings.sealer)
        else:
            people = candidates.list_people(session, scope, today, PEOPLE_AT_ONCE + 1)
        chosen = _chosen(session, scope, typed["worker_id"], today)
        sites = candidates.list_sites(session, scope, whole=False)
    is_many = len(people) > PEOPLE_AT_ONCE
    listed: list[Any] = [] if is_many else list(people)
    if chosen is not None and chosen.worker_id not in {each.worker_id for each in listed}:
        listed.insert(0, chosen)
    field = error.field if isinstance(error, InvalidInput) else "time"
    return render(
        request,
        "review/ask.html",
        status_code=422 if error else 200,
        people=listed,
        is_many=is_many,
        q=search,
        sites=sites,
        today=today,
        typed={"date": today.isoformat()} | {name: value for name, value in typed.items() if value},
        errors={field: word(problem_of(error), language_of(request))} if error else {},
        reasons=REASONS,
        directions=list(Direction),
    )


def _chosen(session: Session, scope: Any, text: str, today: date) -> Any:
    try:
        return candidates.find_person(session, scope, WorkerId(UUID(text)), today)
    except ValueError:
        return None


def _check_reach(request: Request, session: Session, missed_touch_id: UUID) -> None:
    found = missed.find(session, missed_touch_id)
    scope = scope_of(request, Permission.SETTLE)
    if found is None or not settles(scope, found.prime_contractor_id, found.site_id):
        raise NotFound("no such request", missed_touch_id=missed_touch_id)
