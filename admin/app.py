"""The administrators' web application: puts pages, security and error pages together."""

import logging
from collections.abc import Sequence

from fastapi import APIRouter, Depends, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from fastapi.staticfiles import StaticFiles
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import Scope

from admin import security, sign_in
from admin.access import NotPermitted, needs
from admin.me.access import OwnSignInNeeded, send_to_own_sign_in
from admin.pages import STATIC, NavEntry, render_error, render_problem
from admin.rooms import ROOMS
from admin.words import add_words
from core.accounts.model import Permission
from core.clock import Clock, SystemClock
from core.db import Database, open_database
from core.errors import DomainError, NotFound
from core.settings import Settings

logger = logging.getLogger(__name__)

RETRY_AFTER_S = 60
# The last: no connection came free in time.
_AWAY = (OperationalError, InterfaceError, PoolTimeout)
KEEP_FOR_EVER = "public, max-age=31536000, immutable"


class _StaticFiles(StaticFiles):
    """Static files; those asked for with their version may be kept for ever."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        response.headers["Cache-Control"] = KEEP_FOR_EVER if b"v=" in scope["query_string"] else "no-cache"
        return response


def create_app(
    settings: Settings,
    database: Database,
    clock: Clock,
    *,
    extra_routers: Sequence[APIRouter] = (),
    extra_nav: Sequence[tuple[str, str]] = (),
) -> FastAPI:
    """Return the application.

    extra_routers bring pages from elsewhere, behind the same session; extra_nav adds entries to the navigation, each a
    path and a key of admin.words (or a text).
    """
    # The session is asked for here, of every route there will ever be, and not by each page for itself.
    app = FastAPI(
        title="Genba Call",
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        dependencies=[Depends(security.require_session)],
    )
    app.state.settings = settings
    app.state.database = database
    app.state.clock = clock
    app.state.nav = _nav(extra_nav)
    app.state.passwords_at_once = sign_in.new_limiter()
    app.add_middleware(security.SecurityMiddleware, settings=settings)
    _add_error_pages(app)
    for room in ROOMS:
        add_words(room.words)
        app.include_router(room.router)
    for router in extra_routers:
        app.include_router(router, dependencies=[needs(Permission.SEE)])
    app.mount("/static", _StaticFiles(directory=STATIC), name="static")
    return app


def app() -> FastAPI:
    """Return the application of the environment's settings: `uvicorn --factory admin.app:app`."""
    settings = Settings.load()
    return create_app(settings, open_database(settings.database_url), SystemClock())


def _nav(extra: Sequence[tuple[str, str]]) -> tuple[NavEntry, ...]:
    """Return the navigation: the rooms' entries, then those from elsewhere."""
    own = [entry for room in ROOMS for entry in room.nav]
    return (*own, *(NavEntry(path, label, Permission.SEE, "admin") for path, label in extra))


def _add_error_pages(app: FastAPI) -> None:
    @app.exception_handler(security.SignInNeeded)
    def _sign_in_needed(request: Request, _error: security.SignInNeeded) -> Response:
        return security.send_to_sign_in(request)

    @app.exception_handler(OwnSignInNeeded)
    def _own_sign_in_needed(request: Request, _error: OwnSignInNeeded) -> Response:
        return send_to_own_sign_in(request)

    @app.exception_handler(HTTPException)
    def _http_error(request: Request, error: HTTPException) -> Response:
        if not hasattr(request.state, "account"):  # no route was found, so nobody has asked yet
            try:
                viewer = security.find_viewer(request)
            except _AWAY as away:
                return _database_away(request, away)
            request.state.viewer, request.state.account = viewer, viewer.account if viewer else None
        response = render_error(request, error.status_code)
        response.headers.update(error.headers or {})
        return response

    @app.exception_handler(NotPermitted)
    def _not_permitted(request: Request, _error: NotPermitted) -> Response:
        return render_error(request, 403)

    @app.exception_handler(DomainError)
    def _domain_error(request: Request, error: DomainError) -> Response:
        # What a form can show beside its field is caught there; this is the page for all else.
        return render_error(request, 404) if isinstance(error, NotFound) else render_problem(request, error)

    @app.exception_handler(RequestValidationError)
    def _invalid(request: Request, _error: RequestValidationError) -> Response:
        return render_error(request, 422)

    for away in _AWAY:
        app.add_exception_handler(away, _database_away)

    @app.exception_handler(Exception)
    def _bug(request: Request, _error: Exception) -> Response:
        # This answer is made outside of the middleware, which cannot put the headers on it. The server logs the error.
        response = render_error(request, 500)
        security.add_headers(MutableHeaders(raw=response.raw_headers), security.security_headers(app.state.settings))
        response.headers["Connection"] = "close"  # the server does so after a bug: nobody shall send more over it
        return response


def _database_away(request: Request, error: Exception) -> Response:
    """Return the page for a database that does not answer; the log says so in a line, however many ask."""
    cause = str(getattr(error, "orig", None) or error).partition("\n")[0]
    logger.warning("the database is away: %s %s failed: %s", request.method, _route_of(request), cause)
    response = render_error(request, 503)
    response.headers["Retry-After"] = str(RETRY_AFTER_S)
    return response


def _route_of(request: Request) -> str:
    """Return the path as the route has it: the one asked for may hold a token."""
    return str(getattr(request.scope.get("route"), "path", "a page that is not there"))
