"""Settling several items of 要確認 at once, and taking back what was settled."""

from collections.abc import Sequence
from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response

from admin.access import actor_of, needs, scope_of, viewer_of, writing
from admin.pages import local_path, render, whole_number, with_query
from admin.registry.worker_parts import tell
from admin.review.acting import (
    LIST,
    alike,
    cannot,
    check_unchanged,
    is_htmx,
    new_batch,
    parse_id,
    reached_day,
    reached_punch,
    settles,
    subject_of,
    trace,
    whose,
)
from core.accounts.model import Permission
from core.attendance import settlements, settling
from core.attendance.review_model import DaySubject, Dismissal, Settlement
from core.attendance.settling import Batch
from core.attendance.undoing import undo
from core.audit import service as audit
from core.db import Session
from core.errors import DomainError, InvalidInput, NotAllowed, NotFound
from core.registry import proposal_store
from core.registry.proposal_model import ProposalState

MAX_TOGETHER = 100
_SETTLE = [needs(Permission.SETTLE)]

router = APIRouter()


@router.post("/review/bulk", dependencies=_SETTLE)
def settle_together(
    request: Request,
    act: Annotated[str, Form()] = "accept",
    dismissal: Annotated[Dismissal, Form()] = Dismissal.OTHER,
    item: Annotated[Sequence[str], Form(max_length=MAX_TOGETHER)] = (),
) -> Response:
    """Settle those that were ticked; what has to be looked at by itself stays."""
    batch = new_batch(request)
    left = 0
    with writing(request) as session:
        for key in item:
            try:
                with session.begin_nested():
                    _settle_one(request, session, batch, key, None if act == "accept" else dismissal)
            except (NotAllowed, InvalidInput):
                left += 1
        trace(request, session, batch)
    say = f"rest-{left}" if left else None if item else "nothing"
    return RedirectResponse(with_query(LIST, done=batch.batch_id if batch.made else None, say=say), status_code=303)


@router.post("/review/undo", dependencies=_SETTLE)
def take_back(
    request: Request, batch: Annotated[UUID | None, Form()] = None, settlement: Annotated[UUID | None, Form()] = None
) -> Response:
    """Take back what was settled: one thing, or all that was settled together."""
    now, actor = request.app.state.clock.now(), actor_of(request)
    try:
        with writing(request) as session:
            found = _reached_settlements(request, session, batch, settlement)
            by = viewer_of(request).account.account_id
            for each in undo(session, [each.settlement_id for each in found], actor, now, by):
                audit.record(
                    session,
                    at=now,
                    by=by,
                    action="review.undone",
                    subject=("settlement", each.settlement_id),
                    contractor_id=each.prime_contractor_id,
                    details=whose(each),
                )
                asked = proposal_store.find(session, each.proposal_id) if each.proposal_id else None
                if asked is not None and asked.state is ProposalState.WITHDRAWN:
                    tell(request, session, asked)
    except NotFound:
        raise
    except DomainError as error:
        return cannot(request, error, "/review/history")
    if is_htmx(request):
        response = render(request, "review/undone_line.html", back=LIST)
        response.headers["HX-Trigger"] = "count-changed"
        return response
    path = local_path(request.query_params.get("next", LIST))
    return RedirectResponse(with_query(path, say="undone"), status_code=303)


def _settle_one(request: Request, session: Session, batch: Batch, key: str, dismissal: Dismissal | None) -> None:
    kind, *rest = key.split(".")
    if rest:
        subject = _subject_named(kind, rest)
        reached_day(request, session, subject)
        if dismissal is not None:
            raise NotAllowed("a day cannot be dismissed", worker_id=subject.worker_id)
        settling.leave_day(session, batch, subject)
        return
    punch, _, seq = key.partition(":")
    item = reached_punch(request, session, parse_id(punch))
    check_unchanged(item, whole_number(seq))
    if item.punch_id is None:
        return
    if dismissal is None:
        settling.accept(session, batch, item.punch_id)
    else:
        settling.dismiss(session, batch, alike(request, session, item), dismissal)


def _subject_named(kind: str, parts: Sequence[str]) -> DaySubject:
    try:
        worker_id, site_id, on = parts
        return subject_of(kind, UUID(worker_id), UUID(site_id), date.fromisoformat(on))
    except ValueError:
        raise NotFound("no such day") from None


def _reached_settlements(
    request: Request, session: Session, batch: UUID | None, settlement: UUID | None
) -> list[Settlement]:
    """Return what is to be taken back. Raises NotFound when one of it lies beyond the viewer's reach."""
    one = settlements.find(session, settlement) if settlement else None
    found = [one] if one else settlements.of_batch(session, batch) if batch else []
    scope = scope_of(request, Permission.SETTLE)
    if not found or not all(settles(scope, each.prime_contractor_id, each.site_id) for each in found):
        raise NotFound("nothing of that kind was settled")
    return found
