"""The QR codes of what lets a device in."""

from markupsafe import Markup
from segno import make as make_qr


def qr_picture(text: str) -> Markup:
    """Return a QR code as a picture within the page: it stands nowhere else."""
    return Markup(make_qr(text, error="m").svg_inline(scale=5, border=4, light="#fff"))  # noqa: S704 - our own SVG
