"""What the routes of 要確認 share: whether the viewer may settle something, doing it, and the answer either way.

With htmx the card that was acted on is replaced by a line that says what was done; without it the browser goes back to
the list, where a notice says the same.
"""

import re
from collections.abc import Callable
from datetime import date, datetime, timedelta
from uuid import UUID

from fastapi import Request
from fastapi.responses import RedirectResponse, Response

from admin.access import actor_of, scope_of, viewer_of, writing
from admin.pages import local_path, render, with_query
from core.accounts.model import Permission
from core.attendance import candidates, review, settlements
from core.attendance.review_model import DaySubject, ReviewItem, ReviewKind, SettledLine, Settlement
from core.attendance.settling import Batch
from core.audit import service as audit
from core.clock import JST, has_records
from core.db import Session
from core.errors import DomainError, InvalidInput, NotAllowed, NotFound, Overlap
from core.ids import ContractorId, PunchId, SiteId, WorkerId
from core.registry.model import Site
from core.scope import Scope

LIST = "/review"
ONE_DAY = timedelta(days=1)
_TIME = re.compile(r"([0-9]{1,2}):([0-9]{2})(?::[0-9]{2})?")  # as a time field sends it: int() takes ７ and 1_7 too
_BY_FIELD = {
    "worker_id": "no_worker",
    "site_id": "no_site",
    "direction": "no_direction",
    "date": "no_date",
    "time": "no_time",
    "at": "wrong_time",
}
_PROBLEMS = frozenset(
    {
        *(
            "stale",
            "used_since",
            "card_used_since",
            "accepted_since",
            "card_accepted_since",
            "changed_since",
            "undone_already",
            "decided_already",
            "asked_already",
            "approved_already",
            "too_late",
            "future",
        ),
        *_BY_FIELD.values(),
    }
)

Act = Callable[[Session, Batch], object]


def settles(scope: Scope, prime_contractor_id: ContractorId | None, site_id: SiteId | None) -> bool:
    """Whether somebody with this scope decides what happened at a site: whoever sees it whole."""
    return scope.everything or prime_contractor_id in scope.primes or site_id in scope.sites


def reached_punch(request: Request, session: Session, punch_id: UUID) -> ReviewItem:
    """Return a punch the viewer may settle. Raises NotFound when there is none within reach."""
    scope = scope_of(request, Permission.SETTLE)
    item = review.find_item(session, scope, PunchId(punch_id))
    if item is None or not settles(scope, item.prime_contractor_id, item.site_id):
        raise NotFound("no such punch", punch_id=punch_id)
    return item


def reached_day(request: Request, session: Session, subject: DaySubject) -> ReviewItem:
    """Return a day the viewer may settle. Raises NotFound when there is none within reach."""
    scope = scope_of(request, Permission.SETTLE)
    item = review.find_day_item(session, scope, subject)
    if item is None or not settles(scope, item.prime_contractor_id, item.site_id):
        raise NotFound("no such day", worker_id=subject.worker_id)
    return item


def subject_of(kind: str, worker_id: UUID, site_id: UUID, on: date) -> DaySubject:
    """Return the day an address names. Raises NotFound when the kind is none of a day."""
    if kind not in (ReviewKind.MISSING_EXIT, ReviewKind.ALSO_ELSEWHERE, ReviewKind.ENTRY_MISSING):
        raise NotFound("no such kind")
    return DaySubject(ReviewKind(kind), WorkerId(worker_id), SiteId(site_id), on)


def settle(request: Request, act: Act, *, back: str, say: str | None = None) -> Response:
    """Do something in one transaction with its trace in the audit log, and answer with what was done.

    The act checks the reach of its subject first. back is the page to return to when it cannot be done.
    """
    batch = new_batch(request)
    try:
        with writing(request) as session:
            act(session, batch)
            trace(request, session, batch)
    except NotFound:
        raise
    except DomainError as error:
        return cannot(request, error, back)
    return done(request, batch, say=say)


def new_batch(request: Request) -> Batch:
    return Batch(actor_of(request), request.app.state.clock.now())


def trace(request: Request, session: Session, batch: Batch) -> None:
    """Write what was settled into the audit log."""
    by = viewer_of(request).account.account_id
    for made in batch.made:
        audit.record(
            session,
            at=batch.now,
            by=by,
            action=f"review.{made.action}",
            subject=("settlement", made.settlement_id),
            contractor_id=made.prime_contractor_id,
            details={"kind": made.kind.value, "others": made.others, **whose(made)},
        )


def whose(settlement: Settlement) -> dict[str, str]:
    """Return whose record was settled, as details of the audit log: ids and the date."""
    named = {"worker": settlement.worker_id, "site": settlement.site_id, "on": settlement.work_date}
    return {name: str(value) for name, value in named.items() if value is not None}


def problem_of(error: DomainError) -> str:
    """Return the word that says why something could not be done."""
    why = error.ids.get("why")
    if isinstance(error, InvalidInput):
        why = _BY_FIELD.get(error.field)
    if isinstance(error, Overlap):
        why = "overlap"
    return f"review.problem.{why}" if why in _PROBLEMS or why == "overlap" else "review.problem.other"


def cannot(request: Request, error: DomainError, back: str) -> Response:
    """Answer that something could not be done, in the reader's words."""
    problem = problem_of(error)
    if is_htmx(request):
        return render(request, "review/problem_line.html", problem=problem, back=back)
    status_code = 422 if isinstance(error, InvalidInput) else 409
    return render(request, "review/problem.html", status_code=status_code, problem=problem, back=back)


def done(request: Request, batch: Batch, *, say: str | None = None) -> Response:
    """Answer what was done: as a line in place of the card, or by going back to the list."""
    if not is_htmx(request):
        return RedirectResponse(with_query(_next(request), done=batch.batch_id, say=say), status_code=303)
    with request.app.state.database.read() as session:
        lines = settlements.list_settled(session, scope_of(request, Permission.SETTLE), batch_id=batch.batch_id)
    response = render(request, "review/done_line.html", lines=lines, say=say)
    response.headers["HX-Trigger"] = "count-changed"
    return response


def done_lines(request: Request, session: Session, batch_id: str) -> list[SettledLine]:
    """Return what a batch settled, for the notice on the page the browser went back to; nothing for other batches."""
    try:
        wanted = UUID(batch_id)
    except ValueError:
        return []
    return settlements.list_settled(session, scope_of(request, Permission.SETTLE), batch_id=wanted)


def is_htmx(request: Request) -> bool:
    return request.headers.get("HX-Request") == "true"


def check_unchanged(item: ReviewItem, seq: int | None) -> None:
    """See that the punch is judged as the page showed it.

    Raises NotAllowed when somebody was faster, or when nothing tells what the page showed.
    """
    if item.seq != seq:
        raise NotAllowed("somebody else has settled this", punch_id=item.punch_id, why="stale")


def moment(day: date | None, time_text: str, day_starts_min: int) -> datetime:
    """Return the instant of a time of day on a work date; before the day's beginning it is on the next morning.

    Raises InvalidInput when date or time is missing or none, or nothing can be recorded on the date.
    """
    if day is None or not has_records(day):
        raise InvalidInput("a date is needed", field="date")
    found = _TIME.fullmatch(time_text.strip())
    hours, minutes = (int(found[1]), int(found[2])) if found else (24, 0)
    if hours > 23 or minutes > 59:
        raise InvalidInput("a time is needed, such as 17:30", field="time")
    at = datetime(day.year, day.month, day.day, hours, minutes, tzinfo=JST)
    return at if hours * 60 + minutes >= day_starts_min else at + ONE_DAY


def _next(request: Request) -> str:
    return local_path(request.query_params.get("next", LIST))


def alike(request: Request, session: Session, item: ReviewItem) -> list[PunchId]:
    """Return the punches that are settled with an item, its own first."""
    found = review.open_punches_like(session, scope_of(request, Permission.SETTLE), item)
    own = [item.punch_id] if item.punch_id is not None else []
    return [*own, *(each for each in found if each not in own)]


def own_site(request: Request, session: Session, site_id: SiteId) -> Site:
    """Return a site the viewer settles for. Raises NotFound when it is none of his."""
    site = candidates.find_site(session, scope_of(request, Permission.SETTLE), site_id, whole=True)
    if site is None:
        raise NotFound("no such site", site_id=site_id)
    return site


def parse_id(text: str) -> UUID:
    """Return the id. Raises NotFound when the text is none."""
    try:
        return UUID(text)
    except ValueError:
        raise NotFound("no such id") from None
