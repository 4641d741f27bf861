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
from core.accounts import sessions
from core.accounts.model import Account, AccountSession, SignedIn, Viewer, Visit
from core.settings import Settings

# The workers' own pages have a session of their own (admin.me.access).
OWN_PATHS = frozenset(
    {
        "/me",
        "/me/sign-in",
        "/me/code",
        "/me/birth-date",
        "/me/link/{token}",
        "/me/sign-out",
        "/me/missed",
        "/me/missed/new",
        "/me/qualifications",
        "/me/export",
        "/me/export/days.csv",
        "/me/export/days.xlsx",
        "/me/export/all.json",
    }
)
# Every other route needs a session. These open nothing but the way in.
PUBLIC_PATHS = (
    frozenset(
        {
            "/sign-in",
            "/sign-in/code",
            "/sign-in/link",
            "/sign-in/link/{token}",
            "/sign-in/enrol",
            "/sign-in/enrol/qr.svg",
            "/sign-in/enrol/mail",
            "/sign-in/confirm-mail/{token}",
            "/sign-in/forgotten",
            "/sign-in/reset/{token}",
            "/invitation/{token}",
            "/display/{token}",
            "/display/{token}/fragment",
            "/language",
        }
    )
    | OWN_PATHS
)
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
COOKIE_MAX_AGE_S = int(sessions.SESSION_LIMIT.total_seconds())

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
        found = sessions.find_session(session, token, now)
        if found is None:
            return None
        account, opened = found
        viewer = accounts.find_viewer(session, account)
    if not _is_refresh(request) and sessions.is_worth_marking(opened, now):
        with state.database.write() as session:
            sessions.mark_seen(session, opened, now)
    return viewer


def find_pending(request: Request) -> tuple[Account, AccountSession] | None:
    """Return who has given the password in this browser but not yet the second factor."""
    token = session_token(request)
    if not token:
        return None
    with request.app.state.database.read() as session:
        return sessions.find_pending(session, token, request.app.state.clock.now())


def visit_of(request: Request) -> Visit:
    """Return from what browser and from where a request comes, as the list of sessions shows it."""
    return Visit(_browser(request.headers.get("user-agent", "")), _masked(client_address(request)))


def client_address(request: Request) -> str:
    """Return the address a request comes from; a proxy's word is taken only where the server was told to."""
    return request.client.host if request.client else ""


_BROWSERS = (
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser", "Samsung Internet"),
    ("Firefox/", "Firefox"),
    ("FxiOS", "Firefox"),
    ("CriOS", "Chrome"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
_SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Mac OS X", "Mac"),
    ("Linux", "Linux"),
)


def _browser(user_agent: str) -> str:
    """Return e.g. "Chrome, Windows"; "" when it says nothing we know."""
    named = (next((name for sign, name in known if sign in user_agent), "") for known in (_BROWSERS, _SYSTEMS))
    return ", ".join(filter(None, named))


def _masked(address: str) -> str:
    """Return an address without its last part: 203.0.113.*"""
    if ":" in address:
        return ":".join(address.split(":")[:3]) + ":*"
    return address.rpartition(".")[0] + ".*" if "." in address else ""


def _is_refresh(request: Request) -> bool:
    return request.method == "GET" and request.headers.get("hx-request") == "true"


def cookie_name(settings: Settings) -> str:
    """Return the session cookie's name; the prefix makes browsers insist on https and on this very host.

    Cookies know no ports: a training world beside the real one has a name of its own.
    """
    name = "training-sid" if settings.is_training else "sid"
    return f"__Host-{name}" if settings.secure_cookies else name


def session_token(request: Request) -> str | None:
    return request.cookies.get(cookie_name(request.app.state.settings))


def set_session_cookie(response: Response, settings: Settings, signed_in: SignedIn) -> None:
    response.set_cookie(
        cookie_name(settings),
        signed_in.token,
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
