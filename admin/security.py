"""What keeps the pages safe: headers, the check of where a request comes from, and the session every page needs.

Requests that change something are told apart by Fetch Metadata, so forms carry no token. Nothing here decides what an
account may see.
"""

from urllib.parse import urlsplit

from fastapi import Request
from fastapi.responses import RedirectResponse, Response
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from admin.pages import local_path, render_error, with_query
from core.accounts import service as accounts
from core.accounts.model import Viewer
from core.settings import Settings

PUBLIC_PATHS = frozenset({"/sign-in", "/language"})  # every other route needs a session
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
COOKIE_MAX_AGE_S = int(accounts.SESSION_LIMIT.total_seconds())

CONTENT_SECURITY_POLICY = "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}
STRICT_TRANSPORT_SECURITY = "max-age=31536000"


class SignInNeeded(Exception):
    """A page was asked for without a valid session."""


def security_headers(settings: Settings) -> dict[str, str]:
    """Return the headers every answer carries."""
    https = {"Strict-Transport-Security": STRICT_TRANSPORT_SECURITY} if settings.secure_cookies else {}
    return HEADERS | https


class SecurityMiddleware:
    """Puts our headers on every answer, and refuses changes that another site's page asked for."""

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self.app = app
        self.headers = security_headers(settings)
        self.hosts = frozenset(urlsplit(url).netloc for url in settings.public_urls)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                add_headers(MutableHeaders(scope=message), self.headers)
            await send(message)

        app = self.app if self._is_ours(scope["method"], Headers(scope=scope)) else _refuse
        await app(scope, receive, send_with_headers)

    def _is_ours(self, method: str, headers: Headers) -> bool:
        """Whether a request changes nothing, or comes from one of our own pages."""
        if method in SAFE_METHODS:
            return True
        site = headers.get("sec-fetch-site")
        if site is not None:
            return site in ("same-origin", "none")
        # Browsers leave Fetch Metadata out on plain http; they send the origin with every POST.
        origin = urlsplit(headers.get("origin", ""))
        return bool(origin.netloc) and origin.netloc in self.hosts | {headers.get("host", "")}


async def _refuse(scope: Scope, receive: Receive, send: Send) -> None:
    await render_error(Request(scope), 403)(scope, receive, send)


def add_headers(headers: MutableHeaders, ours: dict[str, str]) -> None:
    for name, value in ours.items():
        headers[name] = value
    headers.setdefault("Cache-Control", "no-store")


def require_session(request: Request) -> None:
    """Put who is signed in into request.state.viewer, and the account into request.state.account.

    Raises SignInNeeded when there is none, except on the public paths. A page that refreshes itself does not keep a
    session alive: a person does.
    """
    viewer = find_viewer(request)
    request.state.viewer = viewer
    request.state.account = viewer.account if viewer else None
    if viewer is None and request.scope["route"].path not in PUBLIC_PATHS:
        raise SignInNeeded


def find_viewer(request: Request) -> Viewer | None:
    """Return who is signed in with the browser that asks; None when nobody is."""
    token = session_token(request)
    if not token:
        return None
    state = request.app.state
    now = state.clock.now()
    with state.database.read() as session:
        found = accounts.find_session(session, token, now)
        if found is None:
            return None
        account, opened = found
        viewer = accounts.find_viewer(session, account)
    if not _is_refresh(request) and accounts.is_worth_marking(opened, now):
        with state.database.write() as session:
            accounts.mark_seen(session, opened, now)
    return viewer


def _is_refresh(request: Request) -> bool:
    return request.method == "GET" and request.headers.get("hx-request") == "true"


def cookie_name(settings: Settings) -> str:
    """Return the session cookie's name; the prefix makes browsers insist on https and on this very host."""
    return "__Host-sid" if settings.secure_cookies else "sid"


def session_token(request: Request) -> str | None:
    return request.cookies.get(cookie_name(request.app.state.settings))


def set_session_cookie(response: Response, settings: Settings, token: str) -> None:
    response.set_cookie(
        cookie_name(settings),
        token,
        max_age=COOKIE_MAX_AGE_S,
        path="/",
        secure=settings.secure_cookies,
        httponly=True,
        samesite="lax",
    )


def clear_session_cookie(response: Response, settings: Settings) -> None:
    response.delete_cookie(
        cookie_name(settings), path="/", secure=settings.secure_cookies, httponly=True, samesite="lax"
    )


def send_to_sign_in(request: Request) -> Response:
    """Return the way to the sign-in page and back; a fragment's answer moves the whole page there."""
    if request.headers.get("hx-request") == "true":
        current = urlsplit(request.headers.get("hx-current-url", ""))
        address = _sign_in_address(current.path or "/", current.query)
        return Response(status_code=401, headers={"HX-Redirect": address})
    if request.method in SAFE_METHODS:
        return RedirectResponse(_sign_in_address(request.url.path, request.url.query), 303)
    return RedirectResponse("/sign-in", 303)


def _sign_in_address(path: str, query: str) -> str:
    back = local_path(f"{path}?{query}" if query else path)
    return with_query("/sign-in", next=None if back == "/" else back)
