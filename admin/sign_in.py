"""Signing in and out, and the choice of language. What follows the password is in admin.accounts.second_step."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

import anyio
from anyio import CapacityLimiter
from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response

from admin.pages import LANGUAGE_COOKIE, local_path, render, with_query
from admin.security import (
    clear_session_cookie,
    client_address,
    find_pending,
    session_token,
    set_session_cookie,
    visit_of,
)
from admin.words import LANGUAGES
from core.accounts import service as accounts
from core.accounts import sessions, signing_in
from core.accounts.model import SignedIn, Stage
from core.audit import service as audit
from core.db import Session

PASSWORDS_AT_ONCE = 2  # each takes a core for 50 ms and 19 MiB: a flood of guesses must not slow the pages
A_YEAR_S = 365 * 24 * 60 * 60
STEPS = {Stage.CODE: "/sign-in/code", Stage.ENROL: "/sign-in/enrol"}

router = APIRouter()


@dataclass(frozen=True, slots=True)
class Refused:
    """That nobody was signed in. locked_until says that the login waits, is_held_back that the address does."""

    locked_until: datetime | None = None
    is_held_back: bool = False


def new_limiter() -> CapacityLimiter:
    """Return what limits the passwords checked at once, with threads of their own."""
    return CapacityLimiter(PASSWORDS_AT_ONCE)


@router.get("/sign-in")
def show_sign_in(request: Request, next: str = "/", done: str = "") -> Response:  # noqa: A002 - the query's own name
    if request.state.account is not None:
        return RedirectResponse(local_path(next), 303)
    pending = find_pending(request)
    if pending is not None:
        return RedirectResponse(next_step(pending[1].stage, next), 303)
    done_word = "sign_in.reset_done" if done == "reset" else ""
    return _show(request, next, done=done_word)


@router.post("/sign-in")
async def sign_in(
    request: Request,
    login: Annotated[str, Form()] = "",
    password: Annotated[str, Form()] = "",
    next: Annotated[str, Form()] = "/",  # noqa: A002 - the form's own name
) -> Response:
    errors = _missing(login, password)
    if errors:
        return _show(request, next, 422, login, errors=errors)
    limiter = request.app.state.passwords_at_once
    outcome = await anyio.to_thread.run_sync(_check, request, login, password, limiter=limiter)
    if isinstance(outcome, Refused):
        return _show_refused(request, next, login, outcome)
    response = RedirectResponse(next_step(outcome.stage, next), 303)
    set_session_cookie(response, request.app.state.settings, outcome)
    return response


def next_step(stage: Stage, next: str) -> str:  # noqa: A002 - as the forms call it
    """Return where to go on after the password, or the second factor, was right."""
    path = local_path(next)
    return path if stage is Stage.OPEN else with_query(STEPS[stage], next=None if path == "/" else path)


def record_sign_in(session: Session, signed_in: SignedIn, now: datetime, with_: str) -> None:
    """Note in the audit log that somebody signed in, and with what besides the password."""
    account_id = signed_in.account.account_id
    audit.record(
        session,
        at=now,
        by=account_id,
        action="account.signed_in",
        subject=("account", account_id),
        contractor_id=accounts.find_viewer(session, signed_in.account).only_contractor_id,
        details={"with": with_},
    )


def _show(
    request: Request,
    next: str,  # noqa: A002 - as the form calls it
    status_code: int = 200,
    login: str = "",
    *,
    errors: dict[str, str] | None = None,
    done: str = "",
    locked_until: datetime | None = None,
) -> Response:
    return render(
        request,
        "sign_in.html",
        status_code=status_code,
        next=local_path(next),
        login=login,
        errors=errors or {},
        done=done,
        locked_until=locked_until,
        can_mail=request.app.state.settings.smtp_url is not None,
    )


def _show_refused(request: Request, next: str, login: str, refused: Refused) -> Response:  # noqa: A002
    if refused.is_held_back:
        return _show(request, next, 429, login, errors={"password": "sign_in.held_back"})
    return _show(request, next, 401, login, errors={"password": "sign_in.wrong"}, locked_until=refused.locked_until)


def _missing(login: str, password: str) -> dict[str, str]:
    fields = {"login": login.strip(), "password": password}
    return {name: f"sign_in.no_{name}" for name, value in fields.items() if not value}


def _check(request: Request, login: str, password: str) -> SignedIn | Refused:
    state = request.app.state
    now, address = state.clock.now(), client_address(request)
    with state.database.read() as session:
        if signing_in.is_held_back(session, address, now):
            return Refused(is_held_back=True)
        account = accounts.find_account(session, login)
    is_right = accounts.is_password_of(account, password)
    with state.database.write() as session:
        signed_in = accounts.sign_in(
            session,
            login,
            now,
            is_right=is_right,
            replaces=session_token(request),
            visit=visit_of(request),
            factor_required=state.settings.second_factor_required,
        )
        if signed_in is None:
            signing_in.count_failure(session, login, address, now)
            return Refused(signing_in.locked_until(session, login, now))
        if signed_in.stage is Stage.OPEN:
            record_sign_in(session, signed_in, now, "password")
    return signed_in


@router.post("/sign-out")
def sign_out(request: Request) -> Response:
    token = session_token(request)
    if token:
        with request.app.state.database.write() as session:
            sessions.end_session(session, token)
    response = RedirectResponse("/sign-in", 303)
    clear_session_cookie(response, request.app.state.settings)
    return response


@router.post("/language")
def choose_language(
    request: Request,
    language: Annotated[str, Form()] = "",
    next: Annotated[str, Form()] = "/",  # noqa: A002 - the form's own name
) -> Response:
    response = RedirectResponse(local_path(next), 303)
    if language in LANGUAGES:
        response.set_cookie(
            LANGUAGE_COOKIE,
            language,
            max_age=A_YEAR_S,
            path="/",
            secure=request.app.state.settings.secure_cookies,
            httponly=True,
            samesite="lax",
        )
    return response
