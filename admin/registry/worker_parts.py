"""A worker's numbers and employers: the owner adds and ends them, others propose. A shared number needs a tick."""

from datetime import date
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from admin.access import needs, reading, scope_of, viewer_of, writing
from admin.pages import render, with_query
from admin.registry.forms import Typed, TypedForm, choice_of, ending, note, proposer_of, to, today_of
from admin.registry.workers import require_own
from core.accounts.model import Permission
from core.attendance.rejudging import rejudge_caller
from core.db import Session
from core.errors import DomainError, NotFound
from core.ids import PhoneId, WorkerId
from core.registry import mending, proposing, service, store
from core.registry.choosing import chosen_contractor, contractor_choices
from core.registry.proposal_model import Content, Proposal, ProposalKind, ProposalState
from core.registry.proposal_store import owner_of
from core.registry.worker_detail import others_with_phone, reaches_worker, read_worker

router = APIRouter()
# What makes earlier punches clear.
TO_REJUDGE = (ProposalKind.PHONE, ProposalKind.AFFILIATION, ProposalKind.CARD, ProposalKind.CCUS_WORKER_ID)


@router.get("/workers/{worker_id}/propose/{kind}", dependencies=[needs(Permission.REQUEST)])
def ask_for_proposal(request: Request, worker_id: UUID, kind: str, valid_from: date | None = None) -> Response:
    """Show the form of one kind: for the owner it is the form of the change itself."""
    values = {"valid_from": (valid_from or today_of(request)).isoformat()}
    return _form(request, WorkerId(worker_id), _kind(kind), Typed(values, ""))


@router.post("/workers/{worker_id}/propose/{kind}", dependencies=[needs(Permission.REQUEST)])
def propose(request: Request, worker_id: UUID, kind: str, typed: TypedForm) -> Response:
    own, of = WorkerId(worker_id), _kind(kind)
    proposer, now = proposer_of(request), request.app.state.clock.now()
    try:
        with writing(request) as session:
            _reach(request, session, own)
            content = _content(request, session, own, of, typed)
            if content is not None and not typed.errors:
                made = proposing.propose(session, proposer, own, of, content, now)
                tell(request, session, made)
                return to(f"/workers/{own}", "proposed" if made.state is ProposalState.OPEN else f"{of.value}_changed")
    except NotFound:
        raise
    except DomainError as error:
        typed.refuse(error, of.value)
    return _form(request, own, of, typed, status_code=422)


@router.post("/workers/{worker_id}/phones/{phone_number_id}/end", dependencies=[needs(Permission.EDIT_PEOPLE)])
def end_phone(request: Request, worker_id: UUID, phone_number_id: UUID, typed: TypedForm) -> Response:
    own = WorkerId(worker_id)
    with writing(request) as session:
        require_own(request, session, own)
        held = store.find_phone_number(session, phone_number_id)
        if held is None or held.worker_id != own:
            raise NotFound("no such phone number", phone_number_id=phone_number_id)
        last_day, done = ending(request, typed, "phone", held.valid_from)
        service.end_phone(session, phone_number_id, last_day)
        whose = owner_of(session, own, today_of(request))
        note(request, session, f"worker.{done}", ("worker", own), whose, phone_number_id=phone_number_id)
    return to(f"/workers/{own}", done)


@router.post("/workers/{worker_id}/affiliations/{affiliation_id}/end", dependencies=[needs(Permission.EDIT_PEOPLE)])
def end_affiliation(request: Request, worker_id: UUID, affiliation_id: UUID, typed: TypedForm) -> Response:
    """The employer ends it, and takes that back, also when the worker's record is his no longer."""
    own = WorkerId(worker_id)
    with writing(request) as session:
        held = store.find_affiliation(session, affiliation_id)
        edits = scope_of(request, Permission.EDIT_PEOPLE)
        if held is None or held.worker_id != own or not (edits.everything or held.contractor_id in edits.employers):
            raise NotFound("no such affiliation", affiliation_id=affiliation_id)
        last_day, done = ending(request, typed, "affiliation", held.valid_from)
        service.end_affiliation(session, affiliation_id, last_day)
        note(request, session, f"worker.{done}", ("worker", own), held.contractor_id)
    if edits.everything or last_day is None or last_day >= today_of(request):
        return to(f"/workers/{own}", done)
    # His record is closed to the former employer in a moment: what takes that back stands in the list.
    return RedirectResponse(with_query("/workers", worker=own, ended=affiliation_id, done=done), 303)


def tell(request: Request, session: Session, proposal: Proposal) -> None:
    """Write a proposal, or what was done at once, into the audit log; what was accepted is judged again."""
    worker_id, now = proposal.worker_id, request.app.state.clock.now()
    whose = owner_of(session, worker_id, today_of(request)) or proposal.proposer_id
    rejudged = 0
    if proposal.state is ProposalState.ACCEPTED and proposal.kind in TO_REJUDGE:
        phone_id, card_id = proposal.phone_id, proposal.card_id
        rejudged = len(rejudge_caller(session, now, phone_id=phone_id, card_id=card_id, worker_id=worker_id))
    action = {
        ProposalState.OPEN: "worker.proposed",
        ProposalState.ACCEPTED: "worker.changed",
        ProposalState.DECLINED: "worker.proposal_declined",
        ProposalState.WITHDRAWN: "worker.proposal_withdrawn",
    }[proposal.state]
    facts: dict[str, Any] = {"proposal_id": proposal.proposal_id, "fields": [proposal.kind.value]}
    note(request, session, action, ("worker", worker_id), whose, **facts, rejudged=rejudged)


def _reach(request: Request, session: Session, worker_id: WorkerId) -> None:
    if not reaches_worker(session, scope_of(request, Permission.REQUEST), worker_id):
        raise NotFound("no such worker", worker_id=worker_id)


def _kind(text: str) -> ProposalKind:
    kind = choice_of(ProposalKind, text)
    if (
        kind is None or kind is ProposalKind.CARD
    ):  # a card is proposed from a touch of it, and issued on a page of its own
        raise NotFound("no such kind of proposal")
    return kind


def _content(
    request: Request, session: Session, worker_id: WorkerId, kind: ProposalKind, typed: Typed
) -> Content | None:
    """Return what was typed; None with a message beside its field."""
    match kind:
        case ProposalKind.PHONE:
            return _phone(request, session, worker_id, typed)
        case ProposalKind.AFFILIATION:
            return _employer(request, session, typed)
        case ProposalKind.BIRTH_DATE:
            day = typed.day(kind.value, is_required=True)
            return None if day is None else Content(day.isoformat())
        case ProposalKind.CCUS_WORKER_ID:
            typed.text(kind.value, is_required=True)
            return Content(typed.ccus_id(kind.value) or "")
        case ProposalKind.NAME_KANA:
            return Content(typed.text(kind.value, is_required=True, mend=mending.mend_kana))
    return Content(typed.text(kind.value, is_required=True, mend=mending.mend_name))


def _phone(request: Request, session: Session, worker_id: WorkerId, typed: Typed) -> Content | None:
    settings = request.app.state.settings
    start = typed.day("valid_from", is_required=True)
    if not typed.values.get("phone", "").strip():
        typed.wrong("phone", "registry.wrong.required")
    e164 = typed.phone("phone", settings.phone_regions)
    if e164 is None or start is None:
        return None
    known = store.find_phone(session, settings.sealer.blind_indexes(e164))
    is_shared = known is not None and _is_shared(session, known.phone_id, worker_id, start)
    if is_shared and not typed.is_ticked("is_shared"):
        typed.wrong("is_shared", "registry.wrong.shared")
        return None
    return Content(phone_id=service.keep_phone(session, settings.sealer, e164).phone_id, valid_from=start)


def _is_shared(session: Session, phone_id: PhoneId, worker_id: WorkerId, day: date) -> bool:
    return others_with_phone(session, phone_id, worker_id, day) > 0


def _employer(request: Request, session: Session, typed: Typed) -> Content | None:
    start = typed.day("valid_from", is_required=True)
    named = typed.text("affiliation", is_required=True)
    if not named or start is None:
        return None
    found = chosen_contractor(session, scope_of(request), named, "affiliation")
    if found is None:
        typed.wrong("affiliation", "registry.wrong.no_contractor")
        return None
    return Content(contractor_id=found, valid_from=start)


def _form(
    request: Request, worker_id: WorkerId, kind: ProposalKind, typed: Typed, *, status_code: int = 200
) -> Response:
    scope, today = scope_of(request, Permission.REQUEST), today_of(request)
    with reading(request, Permission.REQUEST) as session:
        detail = read_worker(session, scope, worker_id, today)
        is_employment = kind is ProposalKind.AFFILIATION
        contractors = contractor_choices(session, scope_of(request)) if is_employment else []
    edits = viewer_of(request).scope(Permission.EDIT_PEOPLE)
    return render(
        request,
        "registry/propose.html",
        status_code=status_code,
        detail=detail,
        kind=kind.value,
        is_own=edits.everything or detail.owner_id in edits.employers,
        values=typed.values,
        errors=typed.errors,
        contractors=contractors,
    )
