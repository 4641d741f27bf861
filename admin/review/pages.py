"""「要確認」: what is to review, one page for each punch and day, and the history of what was settled."""

from collections.abc import Callable, Sequence
from datetime import date
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Request
from fastapi.responses import PlainTextResponse, Response

from admin.access import needs, reading, scope_of, viewer_of
from admin.pages import render, with_query
from admin.review import acts, requests, together
from admin.review.acting import done_lines, settles, subject_of
from admin.review.showing import ASKED_FOR, Choice, affiliate, ask_of, choices_of, path_of, reason_key, why
from core.accounts.model import Permission
from core.attendance import candidates, missed, records, review, settlements
from core.attendance.model import CorrectionCode, Direction
from core.attendance.review_model import Dismissal, Items, ReviewItem, ReviewKind, Wanted
from core.attendance.review_months import count_months
from core.clock import parse_day, work_date
from core.db import Session
from core.devices import store as devices
from core.errors import NotFound
from core.ids import PunchId, SiteId
from core.registry import proposing
from core.registry.worker_detail import reaches_worker
from core.scope import Scope

MAX_PAGE = 100
CANCEL_CODES = (
    CorrectionCode.NOT_PRESENT,
    CorrectionCode.WRONG_PERSON,
    CorrectionCode.WRONG_SITE,
    CorrectionCode.WRONG_TIME,
    CorrectionCode.DEVICE_FAULT,
    CorrectionCode.OTHER,
)

router = APIRouter()
PageNumber = Annotated[int, Query(ge=1, le=MAX_PAGE)]


@router.get("/review", dependencies=[needs(Permission.SEE)])
def show_list(
    request: Request, site: str = "", kind: str = "", on: str = "", page: PageNumber = 1, done: str = "", say: str = ""
) -> Response:
    """Show what is open, newest first."""
    wanted = Wanted(_site_id(site), _kind(kind), parse_day(on))
    scope = scope_of(request)
    with reading(request) as session:
        found = review.list_open(session, scope, wanted, _today(request), (page - 1) * review.PAGE_ROWS)
        waiting = len(missed.list_requests(session, scope, limit=review.COUNT_MOST))
        sites = candidates.list_sites(session, scope, whole=False)
        affiliation_of = _affiliation_of(request, session, found.items)
        lines = done_lines(request, session, done)
        device_of = _device_of(session, scope, found.items)
    told = [] if page > 1 else _also_elsewhere(request, wanted)
    query = {"site": site or None, "kind": kind or None, "on": on or None}
    return render(
        request,
        "review/list.html",
        found=Items((*told, *found.items), found.has_more),
        today=_today(request),
        waiting=waiting,
        lines=lines,
        say=say,
        sites=sites,
        kinds=[each for each in ReviewKind if each not in (ReviewKind.MISSED_TOUCH, ReviewKind.RECORDED)],
        site=site,
        kind=kind,
        on=on,
        is_filtered=wanted != Wanted(),
        newer=with_query("/review", **query, page=page - 1) if page > 1 else None,
        older=with_query("/review", **query, page=page + 1) if found.has_more and page < MAX_PAGE else None,
        affiliation_of=affiliation_of,
        device_of=device_of,
        **_means(request),
    )


@router.get("/review/count", dependencies=[needs(Permission.SEE)])
def show_count(request: Request) -> Response:
    """Answer with how many items are the viewer's to settle or ask for; nothing when there are none."""
    settles, asks, today = scope_of(request, Permission.SETTLE), scope_of(request, Permission.REQUEST), _today(request)
    with reading(request) as session:
        count = count_months(session, settles, asks, today, review.COUNT_MOST)
    if viewer_of(request).may(Permission.SETTLE):
        with reading(request, Permission.SETTLE) as session:
            count += review.count_open(session, settles, today)
        count += len(_also_elsewhere(request, Wanted()))
    if asks.employers:
        with reading(request, Permission.REQUEST) as session:
            count += review.count_to_ask(session, asks, settles, today)
    return PlainTextResponse("99+" if count >= review.COUNT_MOST else str(count or ""))


@router.get("/review/punches/{punch_id}", dependencies=[needs(Permission.SEE)])
def show_punch(request: Request, punch_id: UUID, q: str = "", done: str = "", say: str = "") -> Response:
    """Show a punch with everything that was made of it, and every way to settle it."""
    return render_punch(request, punch_id, q, done=done, say=say)


def render_punch(request: Request, punch_id: UUID, q: str = "", *, done: str = "", say: str = "") -> Response:
    """Return the page of a punch."""
    scope = scope_of(request)
    with reading(request) as session:
        item = review.find_item(session, scope, PunchId(punch_id))
        if item is None:
            raise NotFound("no such punch", punch_id=punch_id)
        context = {
            "history": records.list_judgements(session, PunchId(punch_id)),
            "settled": settlements.list_settled(session, scope, punch_id=PunchId(punch_id)),
            "lines": done_lines(request, session, done),
            "affiliation_of": _affiliation_of(request, session, [item]),
            "device_of": _device_of(session, scope, [item]),
            **_who(request, session, item, q),
        }
    return render(request, "review/punch.html", item=item, say=say, today=_today(request), **context, **_means(request))


@router.get("/review/punches/{punch_id}/who", dependencies=[needs(Permission.SETTLE)])
def show_who(request: Request, punch_id: UUID, q: str = "") -> Response:
    """Show whom a caller may be, as a part of the list or as a page."""
    scope = scope_of(request, Permission.SETTLE)
    with reading(request, Permission.SETTLE) as session:
        item = review.find_item(session, scope, PunchId(punch_id))
        if item is None:
            raise NotFound("no such punch", punch_id=punch_id)
        context = _who(request, session, item, q)
    is_part = request.headers.get("HX-Request") == "true"
    template = "review/who.html" if is_part else "review/who_page.html"
    shown = {**context, **_means(request), "in_card": is_part}
    return render(request, template, item=item, today=_today(request), **shown)


@router.get("/review/days/{kind}/{worker_id}/{site_id}/{on}", dependencies=[needs(Permission.SETTLE)])
def show_day(request: Request, kind: str, worker_id: UUID, site_id: UUID, on: date) -> Response:
    """Show a day that lacks an exit, with the ways to settle it."""
    return acts.render_day(request, subject_of(kind, worker_id, site_id, on))


@router.get("/review/history", dependencies=[needs(Permission.SEE)])
def show_history(request: Request, page: PageNumber = 1, say: str = "") -> Response:
    """Show what was settled, newest first."""
    with reading(request) as session:
        found = settlements.list_settled(session, scope_of(request), offset=(page - 1) * settlements.PAGE_ROWS)
    return render(
        request,
        "review/history.html",
        lines=found[: settlements.PAGE_ROWS],
        today=_today(request),
        say=say,
        newer=with_query("/review/history", page=page - 1) if page > 1 else None,
        older=with_query("/review/history", page=page + 1) if len(found) > settlements.PAGE_ROWS else None,
        **_means(request),
    )


def _who(request: Request, session: Session, item: ReviewItem, q: str) -> dict[str, Any]:
    """Return what the choice of a worker needs; nothing for those who may not choose."""
    scope = scope_of(request, Permission.SETTLE)
    may_settle = settles(scope, item.prime_contractor_id, item.site_id)
    on = item.work_date or _today(request)
    search = q.strip()[:60]
    found: Sequence[object] = ()
    if may_settle and search:
        found = candidates.find_workers(session, scope, search, on, request.app.state.settings.sealer)
    return {
        "may_settle": may_settle,
        "q": search,
        "likely": candidates.candidates_for(session, scope, item) if may_settle else [],
        "found": found,
        "own_sites": candidates.list_sites(session, scope, whole=True) if may_settle else [],
    }


def _affiliation_of(
    request: Request, session: Session, items: Sequence[ReviewItem]
) -> Callable[[ReviewItem], Choice | None]:
    """Return what tells the way to the affiliation of a worker who had none, where the viewer may set or propose it."""
    asks, edits = scope_of(request, Permission.REQUEST), scope_of(request, Permission.EDIT_PEOPLE)
    found: dict[str, Choice] = {}
    for item in items:
        lacks_it = item.kind is ReviewKind.AFFILIATION_EXPIRED
        if lacks_it and item.worker_id is not None and reaches_worker(session, asks, item.worker_id):
            is_own = proposing.may_edit(session, edits, item.worker_id, _today(request))
            found[item.key] = affiliate(item, is_own=is_own)
    return lambda item: found.get(item.key)


def _device_of(session: Session, scope: Scope, items: Sequence[ReviewItem]) -> Callable[[ReviewItem], str | None]:
    """Return what tells at which device somebody touched, and where it stands."""
    ids = {item.device_id for item in items if item.device_id is not None}
    places = devices.places_of(session, scope, ids)
    return lambda item: places.get(item.device_id) if item.device_id else None


def _also_elsewhere(request: Request, wanted: Wanted) -> list[ReviewItem]:
    """Return what is told of own sites because of a record at another's, which the viewer's own session cannot see."""
    if not viewer_of(request).may(Permission.SETTLE):
        return []
    with request.app.state.database.read() as session:
        return review.list_also_elsewhere(session, scope_of(request, Permission.SETTLE), _today(request), wanted)


def _means(request: Request) -> dict[str, Any]:
    """Return what templates ask of items."""
    scope, asks = scope_of(request, Permission.SETTLE), scope_of(request, Permission.REQUEST)

    def may(item: Any) -> bool:
        return settles(scope, item.prime_contractor_id, item.site_id)

    def may_ask(item: ReviewItem) -> bool:
        is_own = item.contractor_id is not None and item.contractor_id in asks.employers
        return item.kind in ASKED_FOR and is_own and not item.is_asked and not may(item)

    return {
        "in_card": False,
        "may": may,
        "may_ask": may_ask,
        "ask_of": ask_of,
        "choices_of": choices_of,
        "path_of": path_of,
        "why": lambda item: why(item, settles=may(item), asks=may_ask(item)),
        "reason_key": reason_key,
        "dismissals": list(Dismissal),
        "directions": list(Direction),
        "cancel_codes": CANCEL_CODES,
    }


def _today(request: Request) -> date:
    return work_date(request.app.state.clock.now())


def _site_id(text: str) -> SiteId | None:
    try:
        return SiteId(UUID(text)) if text else None
    except ValueError:
        return None


def _kind(text: str) -> ReviewKind | None:
    return ReviewKind(text) if text in set(ReviewKind) else None


router.include_router(acts.router)
router.include_router(together.router)
router.include_router(requests.router)
