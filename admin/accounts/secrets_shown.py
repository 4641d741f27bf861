"""What is shown once and then never again: the QR code of an app's secret, and recovery codes."""

import io

import segno
from fastapi import Request
from fastapi.responses import HTMLResponse, Response

from admin.pages import render


def qr_code(address: str) -> Response:
    """Return a QR code as an SVG picture."""
    drawn = io.BytesIO()
    segno.make(address, error="m").save(drawn, kind="svg", scale=5, border=4, light="#fff")
    return Response(drawn.getvalue(), media_type="image/svg+xml")


def grouped(secret: str) -> str:
    """Return a secret in groups of four, as it is typed."""
    return " ".join(secret[n : n + 4] for n in range(0, len(secret), 4))


def show_codes(request: Request, codes: list[str], next_path: str, login: str) -> HTMLResponse:
    """Return the page with new recovery codes; it answers the form itself, because they are kept nowhere."""
    return render(
        request,
        "accounts/codes.html",
        codes=codes,
        next_path=next_path,
        login=login,
        now=request.app.state.clock.now(),
    )
