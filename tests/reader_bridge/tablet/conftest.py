"""A browser with a camera, to which a QR code is held."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import segno
from playwright.sync_api import Browser, Page, sync_playwright

from tests.admin.conftest import CHROMIUM, CHROMIUM_ARGUMENTS

QR_ID = "12345678901234"
FILM = (480, 360)
SETTLED = """new Promise((resolve) => {
  const look = () => (navigator.serviceWorker.controller ? resolve() : setTimeout(look, 20));
  look();
})"""


def film_of(text: str, path: Path) -> None:
    """Write a video (YUV4MPEG) in which a QR code is held to the camera."""
    width, height = FILM
    rows = [bytes(row) for row in segno.make_qr(text, error="m").matrix_iter(scale=8, border=4)]
    left, top = (width - len(rows[0])) // 2, (height - len(rows)) // 2
    luma = bytearray(b"\xb0" * width * height)
    for number, row in enumerate(rows):
        start = (top + number) * width + left
        luma[start : start + len(row)] = bytes(20 if dark else 235 for dark in row)
    frame = b"FRAME\n" + bytes(luma) + b"\x80" * (width * height // 2)
    path.write_bytes(f"YUV4MPEG2 W{width} H{height} F10:1 Ip A1:1 C420jpeg\n".encode() + frame * 2)


@pytest.fixture(scope="package")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    film = tmp_path_factory.mktemp("film") / "qr.y4m"
    film_of(QR_ID, film)
    camera = ["--use-fake-device-for-media-stream", f"--use-file-for-fake-video-capture={film}"]
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=CHROMIUM, args=[*CHROMIUM_ARGUMENTS, *camera])
        yield launched
        launched.close()


def settle_in(page: Page) -> None:
    """Wait until the page would come up without a network."""
    page.evaluate(SETTLED)
