"""Qualifications at the gate: the worker shows a QR, and whoever watches the gate reads it with his own sign-in.

The pass in the QR names the worker for ten minutes and opens nothing by itself: the reader sees the worker only where
his role reaches him anyway.
"""

from datetime import date

from fastapi import APIRouter, Request
from fastapi.responses import Response
from markupsafe import Markup
from segno import make as make_qr

from admin.access import needs, reading, scope_of
from admin.me.access import own_page, reading_own, worker_of
from admin.pages import render
from core.accounts.model import Permission
from core.clock import work_date
from core.registry import qualifying
from core.registry.gate_pass import PASS_LIFETIME, make_pass, read_pass
from core.registry.qualification_model import Qualification, QualificationKind
from core.registry.qualification_rules import ends_soon, is_valid
from core.registry.worker_detail import read_worker

# Of these the paper itself is carried at work: no screen takes its place (労働安全衛生法 61条3項).
PAPERS = frozenset({QualificationKind.LICENCE, QualificationKind.SKILLS_TRAINING})

router = APIRouter()


def qr_picture(address: str) -> Markup:
    """Return a QR code as SVG within the page."""
    return Markup(make_qr(address, error="m").svg_inline(scale=6, border=4, light="#fff"))  # noqa: S704 - our own SVG


@router.get("/me/qualifications", dependencies=[own_page])
def show_qualifications(request: Request) -> Response:
    state, worker = request.app.state, worker_of(request)
    now = state.clock.now()
    with reading_own(request) as session:
        held = qualifying.qualifications_of(session, worker.worker_id)
    address = f"{state.settings.public_url}/gate/{make_pass(state.settings.secret_key, worker.worker_id, now)}"
    today = work_date(now)
    return render(
        request,
        "me/qualifications.html",
        worker=worker,
        qr=qr_picture(address),
        until=now + PASS_LIFETIME,
        held=[(each, _state(each, today), each.kind in PAPERS) for each in held],
    )


@router.get("/gate/{token}", dependencies=[needs(Permission.SEE)])
def read_at_gate(request: Request, token: str) -> Response:
    """Show whoever watches the gate who stands there, and what he may do."""
    state, now = request.app.state, request.app.state.clock.now()
    worker_id, until = read_pass(state.settings.secret_key, token)
    if now >= until:
        return render(request, "me/gate_over.html", status_code=410)
    today = work_date(now)
    with reading(request) as session:
        detail = read_worker(session, scope_of(request), worker_id, today)
        held = qualifying.qualifications_of(session, worker_id)
    return render(
        request,
        "me/gate.html",
        detail=detail,
        held=[(each, _state(each, today), each.kind in PAPERS) for each in held],
        until=until,
    )


def _state(held: Qualification, today: date) -> str:
    """Return over, soon or ok."""
    return "over" if not is_valid(held, today) else "soon" if ends_soon(held, today) else "ok"
