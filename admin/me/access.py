"""Who a worker's own page belongs to: a session apart from the office's, with a cookie of its own.

Every route below /me but the way in carries `dependencies=[own_page]`; what it reads, it reads in the worker's scope.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from fastapi import Depends, Request
from fastapi.responses import RedirectResponse, Response

from admin.pages import LANGUAGE_COOKIE
from admin.security import SAFE_METHODS
from core.db import Session
from core.registry import own_sign_in
from core.registry.model import Language, SkilledWorker
from core.registry.own_sign_in import Proved
from core.scope import Scope
from core.settings import Settings

SESSION, ATTEMPT = "own-sid", "own-code"
A_YEAR = timedelta(days=365)


class OwnSignInNeeded(Exception):
    """A page of a worker was asked for without a valid session of his."""


def require_worker(request: Request) -> None:
    """Put the worker into request.state.worker. Raises OwnSignInNeeded when nobody has signed in."""
    token = request.cookies.get(cookie_name(request, SESSION))
    state = request.app.state
    if token:
        with state.database.read() as session:
            worker = own_sign_in.find_worker(session, token, state.clock.now())
        if worker is not None:
            request.state.worker = worker
            return
    raise OwnSignInNeeded


own_page = Depends(require_worker)


def worker_of(request: Request) -> SkilledWorker:
    """Return whose page it is; only for routes that need his session."""
    worker: SkilledWorker = request.state.worker
    return worker


def own_scope(request: Request) -> Scope:
    """Return what the worker reaches: his own record."""
    return Scope(worker_id=worker_of(request).worker_id)


@contextmanager
def reading_own(request: Request) -> Iterator[Session]:
    """Open a session for reading that PostgreSQL limits to the worker's own record."""
    with request.app.state.database.read(own_scope(request)) as session:
        yield session


def cookie_name(request: Request, kind: str) -> str:
    """Return a cookie's name; cookies know no ports, so a training world has names of its own."""
    settings: Settings = request.app.state.settings
    name = f"training-{kind}" if settings.is_training else kind
    return f"__Host-{name}" if settings.secure_cookies else name


def set_cookie(request: Request, response: Response, kind: str, value: str, lasts: timedelta) -> None:
    response.set_cookie(
        kind if kind == LANGUAGE_COOKIE else cookie_name(request, kind),
        value,
        max_age=int(lasts.total_seconds()),
        path="/",
        secure=request.app.state.settings.secure_cookies,
        httponly=True,
        samesite="lax",
    )


def drop_cookie(request: Request, response: Response, kind: str) -> None:
    response.delete_cookie(
        cookie_name(request, kind),
        path="/",
        secure=request.app.state.settings.secure_cookies,
        httponly=True,
        samesite="lax",
    )


def welcome(request: Request, proved: Proved) -> Response:
    """Return the way to his page for who has just signed in, in his language where he has not chosen another."""
    response = RedirectResponse("/me", 303)
    set_cookie(request, response, SESSION, proved.token, proved.lasts)
    drop_cookie(request, response, ATTEMPT)
    if proved.worker is not None and LANGUAGE_COOKIE not in request.cookies:
        # The pages are in Japanese and English; the Japanese of these is easy enough for who reads neither well.
        language = "en" if proved.worker.language is Language.ENGLISH else "ja"
        set_cookie(request, response, LANGUAGE_COOKIE, language, A_YEAR)
    return response


def send_to_own_sign_in(request: Request) -> Response:
    """Return the way to the workers' sign-in."""
    address = "/me/sign-in?over=1" if request.method not in SAFE_METHODS else "/me/sign-in"
    return RedirectResponse(address, 303)
