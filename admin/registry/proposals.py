"""提案: what others would like to have in the records of one's own workers, and what became of one's own proposals."""

from collections.abc import Callable
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response

from admin.access import needs, reading, scope_of, viewer_of, writing
from admin.pages import render
from admin.registry.forms import TypedForm, done_of, proposer_of, to, today_of
from admin.registry.worker_parts import tell
from core.accounts.model import Permission
from core.db import Session
from core.errors import InvalidInput, NotAllowed, NotFound, Overlap
from core.registry import proposing
from core.registry.proposal_model import Proposal
from core.registry.proposal_store import find, list_proposals, proposals_waiting

router = APIRouter()


@router.get("/proposals", dependencies=[needs(Permission.REQUEST)])
def show_proposals(request: Request) -> Response:
    return _page(request)


@router.get("/proposals/count", dependencies=[needs(Permission.REQUEST)])
def count_proposals(request: Request) -> Response:
    """Answer with how many wait for the viewer, for the navigation; nothing when none does."""
    edits = scope_of(request, Permission.EDIT_PEOPLE)
    with reading(request, Permission.REQUEST) as session:
        count = proposals_waiting(session, edits, today_of(request))
    return HTMLResponse(f"{count:,}" if count else "")


@router.post("/proposals/{proposal_id}/accept", dependencies=[needs(Permission.EDIT_PEOPLE)])
def accept(request: Request, proposal_id: UUID) -> Response:
    now, owner = request.app.state.clock.now(), proposer_of(request)
    return _decide(
        request, proposal_id, lambda session: proposing.accept(session, owner, proposal_id, now), "proposal_accepted"
    )


@router.post("/proposals/{proposal_id}/decline", dependencies=[needs(Permission.EDIT_PEOPLE)])
def decline(request: Request, proposal_id: UUID, typed: TypedForm) -> Response:
    now, owner = request.app.state.clock.now(), proposer_of(request)
    reason = typed.text("reason", is_required=True)
    if typed.errors:
        return _page(request, proposal_id, typed.errors["reason"])
    return _decide(
        request,
        proposal_id,
        lambda session: proposing.decline(session, owner, proposal_id, reason, now),
        "proposal_declined",
    )


@router.post("/proposals/{proposal_id}/withdraw", dependencies=[needs(Permission.REQUEST)])
def withdraw(request: Request, proposal_id: UUID) -> Response:
    """Take back what the viewer, or the viewer's contractor, has proposed."""
    now, by = request.app.state.clock.now(), viewer_of(request).account.account_id

    def act(session: Session) -> Proposal:
        proposal = find(session, proposal_id)
        if proposal is None or not proposing.may_withdraw(proposal, by, scope_of(request, Permission.REQUEST)):
            raise NotFound("no such proposal", proposal_id=proposal_id)
        return proposing.withdraw(session, proposal_id, by, now)

    return _decide(request, proposal_id, act, "proposal_withdrawn")


def _decide(request: Request, proposal_id: UUID, decide: Callable[[Session], Proposal], done: str) -> Response:
    try:
        with writing(request) as session:
            tell(request, session, decide(session))
    except NotAllowed:
        raise NotFound("no such proposal", proposal_id=proposal_id) from None
    except (Overlap, InvalidInput):  # the record has moved on since
        return _page(request, proposal_id, None, status_code=409)
    return to("/proposals", done)


def _page(
    request: Request, wrong_id: UUID | None = None, message: str | None = None, *, status_code: int | None = None
) -> Response:
    scope, today, viewer = scope_of(request, Permission.REQUEST), today_of(request), viewer_of(request)
    edits = viewer.scope(Permission.EDIT_PEOPLE)
    with reading(request, Permission.REQUEST) as session:
        waiting = list_proposals(session, scope, today, is_open=True)
        decided = list_proposals(session, scope, today, is_open=False)
    return render(
        request,
        "registry/proposals.html",
        status_code=status_code or (422 if wrong_id else 200),
        mine=[row for row in waiting if edits.everything or row.owner_id in edits.employers],
        theirs=[row for row in waiting if not (edits.everything or row.owner_id in edits.employers)],
        decided=decided,
        may_withdraw=lambda row: proposing.may_withdraw(row.proposal, viewer.account.account_id, scope),
        wrong_id=wrong_id,
        message=message,
        today=today,
        done=done_of(request),
    )
