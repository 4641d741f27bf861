"""The office hands a worker the way to his own page: a QR with a link that works once."""

from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import Response

from admin.access import needs, viewer_of, writing
from admin.me.gate import qr_picture
from admin.pages import render
from admin.registry.forms import today_of
from admin.registry.workers import require_own
from core.accounts.model import Permission
from core.audit import service as audit
from core.ids import WorkerId
from core.registry import own_sign_in
from core.registry.own_model import LINK_LIFETIME
from core.registry.proposal_store import owner_of
from core.registry.service import require_worker

router = APIRouter()


@router.post("/workers/{worker_id}/own-page-link", dependencies=[needs(Permission.EDIT_PEOPLE)])
def make_link(request: Request, worker_id: UUID) -> Response:
    """Show the link once, to be scanned or printed; it is kept nowhere, so this answers the form itself."""
    own, now, state = WorkerId(worker_id), request.app.state.clock.now(), request.app.state
    by = viewer_of(request).account.account_id
    with writing(request) as session:
        require_own(request, session, own)
        worker = require_worker(session, own)
        token = own_sign_in.make_link(session, own, by, now)
        whose = owner_of(session, own, today_of(request))
        audit.record(session, at=now, by=by, action="worker.link_made", subject=("worker", own), contractor_id=whose)
    address = f"{state.settings.public_url}/me/link/{token}"
    return render(request, "me/handed_over.html", person=worker, qr=qr_picture(address), until=now + LINK_LIFETIME)
