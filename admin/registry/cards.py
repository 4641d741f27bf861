"""A worker's cards: issuing one, typed or just touched at a gate, and saying why one speaks for him no more."""

from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import Response

from admin.access import needs, reading, scope_of, writing
from admin.pages import language_of, render
from admin.registry.forms import Typed, TypedForm, choice_of, id_of, note, to, today_of
from admin.registry.workers import require_own
from admin.words import word
from core.accounts.model import Permission
from core.attendance.rejudging import rejudge_caller
from core.db import Session
from core.devices.touching import TouchedCard, unknown_cards
from core.errors import DomainError, InvalidInput, NotFound, Overlap
from core.ids import CardId, WorkerId
from core.registry import card_store, cards
from core.registry.card_model import CardEnd, CardTech
from core.registry.card_rules import expiry_of
from core.registry.model import SkilledWorker
from core.registry.proposal_store import owner_of
from core.registry.service import require_worker

router = APIRouter()
EDIT = needs(Permission.EDIT_PEOPLE)
LATELY = timedelta(hours=24)
TECHS = (CardTech.FELICA, CardTech.TYPE_A, CardTech.TYPE_B)  # one that is unknown would never be found again


@dataclass(frozen=True, slots=True)
class _Chosen:
    """What was typed of a card: one that was touched, or its technology and UID."""

    issued_on: date
    expires_on: date | None
    card_id: CardId | None = None
    typed: tuple[CardTech, str] | None = None


@router.get("/workers/{worker_id}/cards/new", dependencies=[EDIT])
def ask_for_card(request: Request, worker_id: UUID) -> Response:
    return _form(request, WorkerId(worker_id), Typed({"issued_on": today_of(request).isoformat()}, ""))


@router.post("/workers/{worker_id}/cards/new", dependencies=[EDIT])
def issue_card(request: Request, worker_id: UUID, typed: TypedForm) -> Response:
    """Issue a card; what it was touched for from its first day on is judged again."""
    own = WorkerId(worker_id)
    try:
        with writing(request) as session:
            require_own(request, session, own)
            chosen = _chosen(request, session, require_worker(session, own), typed)
            if chosen is not None:
                _issue(request, session, own, chosen)
                return to(f"/workers/{own}", "card_issued")
    except Overlap:
        typed.wrong("uid", "registry.wrong.card_held")
    except NotFound:
        raise
    except DomainError as error:
        typed.refuse(error, "uid")
    return _form(request, own, typed, status_code=422)


@router.post("/workers/{worker_id}/cards/{card_issue_id}/end", dependencies=[EDIT])
def end_card(request: Request, worker_id: UUID, card_issue_id: UUID, typed: TypedForm) -> Response:
    """Say from which day on a card is not his any more, and why; or take that back."""
    own = WorkerId(worker_id)
    reopens = typed.is_ticked("reopen")
    why = choice_of(CardEnd, typed.values.get("ended", ""))
    day = typed.day("ended_on") or today_of(request)
    with writing(request) as session:
        require_own(request, session, own)
        issue = card_store.find_issue(session, card_issue_id)
        if issue is None or issue.worker_id != own or (why is None and not reopens):
            raise NotFound("no such card", card_issue_id=card_issue_id)
        if reopens:
            cards.end_card(session, card_issue_id, None, None)
            rejudged = len(rejudge_caller(session, request.app.state.clock.now(), card_id=issue.card_id))
        else:
            cards.end_card(session, card_issue_id, why, max(day, issue.issued_on))
            rejudged = 0
        done = "card_reopened" if reopens else "card_ended"
        whose = owner_of(session, own, today_of(request))
        note(
            *(request, session, f"worker.{done}", ("worker", own), whose),
            card_issue_id=card_issue_id,
            why=why or "",
            rejudged=rejudged,
        )
    return to(f"/workers/{own}", done)


def _chosen(request: Request, session: Session, worker: SkilledWorker, typed: Typed) -> _Chosen | None:
    """Return what was typed; None with a message beside its field."""
    issued_on, expires_on = typed.day("issued_on", is_required=True), typed.day("expires_on")
    card_id = _touched(request, session, typed.values.get("card", ""))
    uid = "" if card_id else _uid(typed)
    tech = choice_of(CardTech, typed.values.get("tech", ""))
    if card_id is None and tech not in TECHS:
        typed.wrong("tech", "registry.wrong.tech")
    if issued_on is not None and expires_on is None and typed.is_ticked("no_papers") and worker.birth_date:
        expires_on = expiry_of(issued_on, worker.birth_date, has_papers=False)
    if typed.errors or issued_on is None:
        return None
    return _Chosen(issued_on, expires_on, card_id, (tech, uid) if card_id is None and tech else None)


def _issue(request: Request, session: Session, worker_id: WorkerId, chosen: _Chosen) -> None:
    sealer, now = request.app.state.settings.sealer, request.app.state.clock.now()
    card_id = chosen.card_id
    if chosen.typed is not None:
        card_id = cards.keep_cards(session, sealer, [chosen.typed])[chosen.typed]
    if card_id is None:
        raise AssertionError("a card was chosen or typed")
    issue = cards.issue_card(session, worker_id, card_id, chosen.issued_on, chosen.expires_on)
    rejudged = len(rejudge_caller(session, now, card_id=card_id))
    note(
        *(
            request,
            session,
            "worker.card_issued",
            ("worker", worker_id),
            owner_of(session, worker_id, today_of(request)),
        ),
        card_issue_id=issue.card_issue_id,
        rejudged=rejudged,
    )


def _uid(typed: Typed) -> str:
    text = typed.values.get("uid", "").strip()
    if not text:
        typed.wrong("uid", "registry.wrong.card_or_uid")
        return ""
    try:
        return cards.read_uid(typed.narrow("uid"))
    except InvalidInput:
        typed.wrong("uid", "registry.wrong.uid")
        return ""


def _touched(request: Request, session: Session, text: str) -> CardId | None:
    """Return the touched card that was chosen. Raises NotFound when it is none of those in reach."""
    if not text:
        return None
    if all(str(card.card_id) != text for card in _lately(request, session)):
        raise NotFound("no such card")
    found = id_of(text)
    return CardId(found) if found else None


def _lately(request: Request, session: Session) -> list[TouchedCard]:
    return unknown_cards(session, scope_of(request), request.app.state.clock.now() - LATELY)


def _form(request: Request, worker_id: WorkerId, typed: Typed, *, status_code: int = 200) -> Response:
    today = today_of(request)
    with reading(request) as session:
        require_own(request, session, worker_id)
        worker = require_worker(session, worker_id)
        touched = _lately(request, session)
    return render(
        request,
        "registry/card_form.html",
        status_code=status_code,
        worker=worker,
        touched=touched,
        tech_choices=[(tech, word(f"registry.tech.{tech}", language_of(request))) for tech in TECHS],
        today=today,
        expires_on=expiry_of(today, worker.birth_date) if worker.birth_date else None,
        values=typed.values,
        errors=typed.errors,
    )
