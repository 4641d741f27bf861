"""Serves the web app under /gate/: files that hold no secret, to anybody who asks. What it sends goes to the intake."""

from collections.abc import Awaitable, Callable

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from reader_bridge.tablet.files import Content, load_bundle

PREFIX, TYPED = "/gate/", "/gate"  # the second as people type it
HEADERS = {
    "Content-Security-Policy": "default-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(self), microphone=(), geolocation=()",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-cache",
}
STRICT_TRANSPORT_SECURITY = {"Strict-Transport-Security": "max-age=31536000"}


def create_app(*, is_https: bool) -> Starlette:
    """Return the application; is_https says that browsers may be told to come by https alone."""
    bundle = load_bundle()
    headers = HEADERS | (STRICT_TRANSPORT_SECURITY if is_https else {})
    tag = f'"{bundle.version}"'

    def giving(content: Content) -> Callable[[Request], Awaitable[Response]]:
        async def give(request: Request) -> Response:
            if request.headers.get("if-none-match") == tag:
                return Response(status_code=304, headers={**headers, "ETag": tag})
            return Response(content.body, media_type=content.media_type, headers={**headers, "ETag": tag})

        return give

    return Starlette(routes=[Route(PREFIX + name, giving(content)) for name, content in bundle.content.items()])


def from_typed() -> Route:
    """Return the way from the address that people type to the page; it lies outside the application's prefix."""

    async def to_the_page(_request: Request) -> Response:
        return RedirectResponse(PREFIX, 308)

    return Route(TYPED, to_the_page)
