"""A worker signs in: his number, the code that comes to his phone, and for a shared number his birth date."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response

from admin.me.access import ATTEMPT, SESSION, cookie_name, drop_cookie, own_page, set_cookie, welcome
from admin.pages import render
from admin.security import client_address
from core.audit import service as audit
from core.db import Session
from core.errors import NotAllowed
from core.phone import parse_phone
from core.registry import own_sign_in
from core.registry.mending import Unmendable, mend_date
from core.registry.own_model import CODE_LIFETIME
from core.registry.own_sign_in import Proof, Proved
from core.settings import Settings

TEXTING = ("twilio",)  # the carriers that send our short messages
VIRTUAL_PHONE = "/phone"  # the page that stands in for a phone where no message leaves

router = APIRouter()
Text = Annotated[str, Form(max_length=200)]


@router.get("/me/sign-in")
def show_sign_in(request: Request, over: str = "") -> Response:
    return _number_page(request, notice="me.sign_in.over" if over else "")


@router.post("/me/sign-in")
def ask_for_code(request: Request, number: Text = "") -> Response:
    """Send a code. Whether somebody has the number is told by nothing."""
    state = request.app.state
    try:
        e164 = parse_phone(number, state.settings.phone_regions)
    except ValueError:
        return _number_page(request, 422, errors={"number": "me.sign_in.no_number"}, number=number)
    with state.database.write() as session:
        token = own_sign_in.ask_for_code(
            session, state.settings.sealer, e164, client_address(request), state.clock.now()
        )
    if token is None:
        return _number_page(request, 429, errors={"number": "me.sign_in.held_back"}, number=number)
    response = RedirectResponse("/me/code", 303)
    set_cookie(request, response, ATTEMPT, token, CODE_LIFETIME)
    return response


@router.get("/me/code")
def show_code(request: Request) -> Response:
    """Ask for the code, or for the birth date once the code was right."""
    token = request.cookies.get(cookie_name(request, ATTEMPT), "")
    with request.app.state.database.read() as session:
        attempt = own_sign_in.find_attempt(session, token, request.app.state.clock.now())
    if attempt is None:
        return RedirectResponse("/me/sign-in?over=1", 303)
    return _birth_date_page(request) if attempt.proved_at else _code_page(request)


@router.post("/me/code")
def pass_code(request: Request, code: Text = "") -> Response:
    state, token = request.app.state, request.cookies.get(cookie_name(request, ATTEMPT), "")
    now = state.clock.now()
    with state.database.write() as session:
        proved = own_sign_in.pass_code(session, state.settings.sealer, token, code, now)
        _record(request, session, proved, "code")
    if proved.proof is Proof.BIRTH_DATE:
        return RedirectResponse("/me/code", 303)
    if proved.proof is Proof.WRONG:
        return _code_page(request, 422, errors={"code": "me.code.wrong"})
    return welcome(request, proved) if proved.worker else RedirectResponse("/me/sign-in?over=1", 303)


@router.post("/me/birth-date")
def pass_birth_date(request: Request, born: Text = "") -> Response:
    state, token = request.app.state, request.cookies.get(cookie_name(request, ATTEMPT), "")
    birth_date = _date(born)
    if birth_date is None:
        return _birth_date_page(request, 422, errors={"born": "me.birth_date.none"})
    with state.database.write() as session:
        proved = own_sign_in.pass_birth_date(session, token, birth_date, state.clock.now())
        _record(request, session, proved, "code_and_birth_date")
    if proved.proof is Proof.WRONG:
        return _birth_date_page(request, 422, errors={"born": "me.birth_date.wrong"})
    return welcome(request, proved) if proved.worker else RedirectResponse("/me/sign-in?over=1", 303)


@router.get("/me/link/{token}")
def show_link(request: Request, token: str) -> Response:
    """Ask once more before a link is used up: programs that look ahead at links open them too."""
    with request.app.state.database.read() as session:
        is_open = own_sign_in.is_link_open(session, token, request.app.state.clock.now())
    return render(request, "me/link.html", status_code=200 if is_open else 410, is_open=is_open, token=token)


@router.post("/me/link/{token}")
def pass_link(request: Request, token: str) -> Response:
    state = request.app.state
    try:
        with state.database.write() as session:
            proved = own_sign_in.pass_link(session, token, state.clock.now())
            _record(request, session, proved, "link")
    except NotAllowed:
        return render(request, "me/link.html", status_code=410, is_open=False, token=token)
    return welcome(request, proved)


@router.post("/me/sign-out", dependencies=[own_page])
def sign_out(request: Request) -> Response:
    with request.app.state.database.write() as session:
        own_sign_in.end_session(session, request.cookies[cookie_name(request, SESSION)])
    response = RedirectResponse("/me/sign-in", 303)
    drop_cookie(request, response, SESSION)
    return response


def _number_page(
    request: Request,
    status_code: int = 200,
    *,
    errors: dict[str, str] | None = None,
    notice: str = "",
    number: str = "",
) -> Response:
    settings: Settings = request.app.state.settings
    carriers = tuple(carrier for carrier in TEXTING if settings.carrier_account(carrier))
    with request.app.state.database.read() as session:
        can_text = own_sign_in.can_text(session, carriers)
    context = {"errors": errors or {}, "notice": notice, "can_text": can_text}
    return render(request, "me/sign_in.html", status_code=status_code, number=number, **context)


def _code_page(request: Request, status_code: int = 200, *, errors: dict[str, str] | None = None) -> Response:
    phone = next((entry.path for entry in request.app.state.nav if entry.path == VIRTUAL_PHONE), None)
    return render(request, "me/code.html", status_code=status_code, errors=errors or {}, virtual_phone=phone)


def _birth_date_page(request: Request, status_code: int = 200, *, errors: dict[str, str] | None = None) -> Response:
    return render(request, "me/birth_date.html", status_code=status_code, errors=errors or {})


def _date(text: str) -> date | None:
    try:
        return mend_date(text.strip()).value if text.strip() else None
    except Unmendable:
        return None


def _record(request: Request, session: Session, proved: Proved, with_: str) -> None:
    """Note in the audit log that a worker signed in, and how."""
    if proved.worker is None:
        return
    subject = ("worker", proved.worker.worker_id)
    now = request.app.state.clock.now()
    audit.record(session, at=now, by=None, action="worker.signed_in", subject=subject, details={"with": with_})
