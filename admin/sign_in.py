"""Signing in and out, and the choice of language."""

from typing import Annotated

import anyio
from anyio import CapacityLimiter
from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response

from admin.pages import LANGUAGE_COOKIE, local_path, render
from admin.security import clear_session_cookie, session_token, set_session_cookie
from admin.words import LANGUAGES
from core.accounts import service as accounts
from core.accounts.model import SignedIn

PASSWORDS_AT_ONCE = 2  # each takes a core for 50 ms and 19 MiB: a flood of guesses must not slow the pages
A_YEAR_S = 365 * 24 * 60 * 60

router = APIRouter()


def new_limiter() -> CapacityLimiter:
    """Return what limits the passwords checked at once, with threads of their own."""
    return CapacityLimiter(PASSWORDS_AT_ONCE)


@router.get("/sign-in")
def show_sign_in(request: Request, next: str = "/") -> Response:  # noqa: A002 - the query's own name
    if request.state.account is not None:
        return RedirectResponse(local_path(next), 303)
    return render(request, "sign_in.html", next=local_path(next), login="", errors={})


@router.post("/sign-in")
async def sign_in(
    request: Request,
    login: Annotated[str, Form()] = "",
    password: Annotated[str, Form()] = "",
    next: Annotated[str, Form()] = "/",  # noqa: A002 - the form's own name
) -> Response:
    errors = _missing(login, password)
    if errors:
        return render(request, "sign_in.html", status_code=422, next=local_path(next), login=login, errors=errors)
    limiter = request.app.state.passwords_at_once
    signed_in = await anyio.to_thread.run_sync(_check, request, login, password, limiter=limiter)
    if signed_in is None:
        errors = {"password": "sign_in.wrong"}
        return render(request, "sign_in.html", status_code=401, next=local_path(next), login=login, errors=errors)
    response = RedirectResponse(local_path(next), 303)
    set_session_cookie(response, request.app.state.settings, signed_in.token)
    return response


def _missing(login: str, password: str) -> dict[str, str]:
    fields = {"login": login.strip(), "password": password}
    return {name: f"sign_in.no_{name}" for name, value in fields.items() if not value}


def _check(request: Request, login: str, password: str) -> SignedIn | None:
    state = request.app.state
    with state.database.read() as session:
        account = accounts.find_account(session, login)
    is_right = accounts.is_password_of(account, password)
    with state.database.write() as session:
        return accounts.sign_in(session, login, state.clock.now(), is_right=is_right, replaces=session_token(request))


@router.post("/sign-out")
def sign_out(request: Request) -> Response:
    token = session_token(request)
    if token:
        with request.app.state.database.write() as session:
            accounts.end_session(session, token)
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
