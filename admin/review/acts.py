"""What is done about items of 要確認: every route changes something and can be undone."""

from dataclasses import replace
from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response

from admin.access import needs, reading, scope_of, viewer_of, writing
from admin.pages import render
from admin.registry.worker_parts import tell
from admin.review.acting import (
    LIST,
    alike,
    cannot,
    check_unchanged,
    done,
    moment,
    new_batch,
    own_site,
    parse_id,
    problem_of,
    reached_day,
    reached_punch,
    settle,
    subject_of,
    trace,
)
from core.accounts.model import Permission
from core.attendance import candidates, senders, settling
from core.attendance.model import CorrectionCode, Direction
from core.attendance.review_model import DaySubject, Dismissal, ReviewItem, ReviewKind
from core.attendance.rules import missed_touch_deadline
from core.attendance.settling import Batch
from core.clock import work_date
from core.db import Session
from core.errors import DomainError, InvalidInput, NotFound
from core.ids import PunchId, SiteId, WorkerId
from core.registry import proposing
from core.registry.proposal_model import Content, ProposalKind

MAX_TOGETHER = 100
MAX_NOTE = 500
_SETTLE = [needs(Permission.SETTLE)]

router = APIRouter()
Seq = Annotated[int | None, Form()]
Note = Annotated[str, Form(max_length=MAX_NOTE)]


@router.post("/review/punches/{punch_id}/attach", dependencies=_SETTLE)
def attach(
    request: Request,
    punch_id: UUID,
    worker_id: Annotated[str, Form()] = "",
    site_id: Annotated[str, Form()] = "",
    direction: Annotated[str, Form()] = "",
    keep_number: Annotated[str, Form()] = "",
    seq: Seq = None,
) -> Response:
    """Say whose a punch was, and let number or card be his when the viewer may; otherwise propose it to the owner."""
    batch = new_batch(request)
    say = None
    try:
        with writing(request) as session:
            item = reached_punch(request, session, punch_id)
            check_unchanged(item, seq)
            who, where = _worker(request, session, worker_id), _site(request, session, site_id)
            registers = bool(keep_number) and (
                (item.kind is ReviewKind.UNKNOWN_NUMBER and item.phone_id is not None)
                or (item.kind is ReviewKind.UNKNOWN_CARD and item.card_id is not None)
            )
            is_owner = registers and _may_register(request, session, who)
            ids = alike(request, session, item)
            told = Direction(direction) if direction in set(Direction) else None
            asked = _propose(request, session, item, who) if registers and not is_owner else None
            settling.attach(
                session, batch, ids, who, site_id=where, direction=told, register=is_owner, proposal_id=asked
            )
            is_card = item.card_id is not None
            say = ("proposed_card" if is_card else "proposed") if registers and not is_owner else None
            trace(request, session, batch)
    except NotFound:
        raise
    except DomainError as error:
        return cannot(request, error, f"/review/punches/{punch_id}")
    return done(request, batch, say=say)


@router.post("/review/punches/{punch_id}/direction", dependencies=_SETTLE)
def set_direction(
    request: Request, punch_id: UUID, direction: Annotated[Direction, Form()], seq: Seq = None
) -> Response:
    """Say whether it was an entry or an exit."""

    def act(session: Session, batch: Batch) -> object:
        _reach(request, session, punch_id, seq)
        return settling.set_direction(session, batch, PunchId(punch_id), direction)

    return settle(request, act, back=f"/review/punches/{punch_id}")


@router.post("/review/punches/{punch_id}/site", dependencies=_SETTLE)
def set_site(request: Request, punch_id: UUID, site_id: Annotated[str, Form()] = "", seq: Seq = None) -> Response:
    """Say at which site it was."""

    def act(session: Session, batch: Batch) -> object:
        _reach(request, session, punch_id, seq)
        where = _site(request, session, site_id)
        if where is None:
            raise InvalidInput("no site was chosen", field="site_id")
        return settling.set_site(session, batch, PunchId(punch_id), where)

    return settle(request, act, back=f"/review/punches/{punch_id}")


@router.post("/review/punches/{punch_id}/accept", dependencies=_SETTLE)
def accept(request: Request, punch_id: UUID, seq: Seq = None) -> Response:
    """Record it as it came, or leave a remark as it is."""

    def act(session: Session, batch: Batch) -> object:
        _reach(request, session, punch_id, seq)
        return settling.accept(session, batch, PunchId(punch_id))

    return settle(request, act, back=f"/review/punches/{punch_id}")


@router.post("/review/punches/{punch_id}/cancel", dependencies=_SETTLE)
def cancel(
    request: Request, punch_id: UUID, correction: Annotated[CorrectionCode, Form()], note: Note = "", seq: Seq = None
) -> Response:
    """Take a record back."""

    def act(session: Session, batch: Batch) -> object:
        _reach(request, session, punch_id, seq)
        return settling.cancel(session, batch, PunchId(punch_id), correction, note.strip())

    return settle(request, act, back=f"/review/punches/{punch_id}")


@router.post("/review/punches/{punch_id}/dismiss", dependencies=_SETTLE)
def dismiss(
    request: Request, punch_id: UUID, dismissal: Annotated[Dismissal, Form()], note: Note = "", seq: Seq = None
) -> Response:
    """Say that it is not to be recorded, and why."""

    def act(session: Session, batch: Batch) -> object:
        item = _reach(request, session, punch_id, seq)
        return settling.dismiss(session, batch, alike(request, session, item), dismissal, note.strip())

    return settle(request, act, back=f"/review/punches/{punch_id}")


@router.post("/review/days/{kind}/{worker_id}/{site_id}/{on}/leave", dependencies=_SETTLE)
def leave_day(request: Request, kind: str, worker_id: UUID, site_id: UUID, on: date) -> Response:
    """Leave a day as it is."""
    subject = subject_of(kind, worker_id, site_id, on)

    def act(session: Session, batch: Batch) -> object:
        reached_day(request, session, subject)
        return settling.leave_day(session, batch, subject)

    return settle(request, act, back=LIST)


@router.post("/review/days/{kind}/{worker_id}/{site_id}/{on}/time", dependencies=_SETTLE)
def add_time(
    request: Request, kind: str, worker_id: UUID, site_id: UUID, on: date, time: Annotated[str, Form()] = ""
) -> Response:
    """Add the exit or entry that a day lacks."""
    subject = subject_of(kind, worker_id, site_id, on)
    direction = Direction.ENTRY if subject.kind is ReviewKind.ENTRY_MISSING else Direction.EXIT
    batch = new_batch(request)
    try:
        with writing(request) as session:
            reached_day(request, session, subject)
            site = own_site(request, session, subject.site_id)
            at = moment(on, time, site.day_starts_min)
            settling.add_time(session, batch, subject, at, direction)
            trace(request, session, batch)
    except NotFound:
        raise
    except DomainError as error:
        return render_day(request, subject, typed=time, error=error)
    return done(request, batch)


def render_day(request: Request, subject: DaySubject, *, typed: str = "", error: DomainError | None = None) -> Response:
    """Return the page of a day, with what was wrong beside the time."""
    with reading(request, Permission.SETTLE) as session:
        item = reached_day(request, session, subject)
        site = own_site(request, session, subject.site_id)
    errors = {"time": problem_of(error)} if error else {}
    deadline = missed_touch_deadline(subject.work_date)
    return render(
        request,
        "review/day.html",
        status_code=422 if error else 200,
        item=item,
        base=f"/review/days/{subject.kind}/{subject.worker_id}/{subject.site_id}/{subject.work_date}",
        closing=f"{site.closes_min // 60}:{site.closes_min % 60:02}" if site.has_closing_hour else None,
        deadline=deadline,
        is_late=work_date(request.app.state.clock.now()) > deadline and not viewer_of(request).is_operator,
        typed=typed,
        problems=errors,
    )


def _reach(request: Request, session: Session, punch_id: UUID, seq: int | None) -> ReviewItem:
    item = reached_punch(request, session, punch_id)
    check_unchanged(item, seq)
    return item


def _worker(request: Request, session: Session, text: str) -> WorkerId:
    if not text:
        raise InvalidInput("nobody was chosen", field="worker_id")
    on = work_date(request.app.state.clock.now())
    found = candidates.find_person(session, scope_of(request, Permission.SETTLE), WorkerId(parse_id(text)), on)
    if found is None:
        raise NotFound("no such worker")
    return found.worker_id


def _site(request: Request, session: Session, text: str) -> SiteId | None:
    if not text:
        return None
    return own_site(request, session, SiteId(parse_id(text))).site_id


def _may_register(request: Request, session: Session, worker_id: WorkerId) -> bool:
    today = work_date(request.app.state.clock.now())
    return proposing.may_edit(session, scope_of(request, Permission.EDIT_PEOPLE), worker_id, today)


def _propose(request: Request, session: Session, item: ReviewItem, worker_id: WorkerId) -> UUID | None:
    """Ask the worker's employer to register the number or card from the first that waits at the prime's sites on.

    Returns the proposal; None when the employer has been asked before.
    """
    held = Content(phone_id=item.phone_id, card_id=item.card_id)
    if proposing.is_asked(session, worker_id, held):
        return None
    viewer, now = viewer_of(request), request.app.state.clock.now()
    waiting = senders.first_waiting(session, senders.Came(item.phone_id, item.card_id), item.prime_contractor_id)
    since = work_date(waiting) if waiting else item.work_date or work_date(now)
    proposer = proposing.Proposer(
        viewer.account.account_id, item.prime_contractor_id, scope_of(request, Permission.EDIT_PEOPLE)
    )
    kind = ProposalKind.PHONE if item.card_id is None else ProposalKind.CARD
    made = proposing.propose(session, proposer, worker_id, kind, replace(held, valid_from=since), now)
    tell(request, session, made)
    return made.proposal_id
