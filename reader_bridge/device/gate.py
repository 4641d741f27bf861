"""The gate page: served to this machine alone, by the standard library, from files that lie beside this one.

What happens is pushed as server-sent events. Anything that changes something must come from the page itself: other
sites that are open in the same browser are turned away by their origin, and by the name they call this machine.
"""

import json
import logging
import queue
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.resources import files
from typing import Any

from reader_bridge.device.station import Station

PORT = 8787
STATE_EVERY_S = 1.0
MOST_BYTES = 1_000
TYPES = {"html": "text/html", "css": "text/css", "js": "text/javascript", "svg": "image/svg+xml"}
FILES = ("gate.html", "gate.css", "gate.js", "page.js", "tones.js", "keys.js", "icon.svg")
HEADERS = {
    "Content-Security-Policy": "default-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}

log = logging.getLogger(__name__)


class Gate(ThreadingHTTPServer):
    """The server of the page."""

    daemon_threads = True
    block_on_close = False  # a page may keep its stream open for as long as it likes

    def __init__(self, station: Station, port: int) -> None:
        """Take the port; 0 takes a free one. Raises OSError when somebody has it."""
        self.station, self.closing = station, threading.Event()
        super().__init__(("127.0.0.1", port), _Handler)
        names = ("127.0.0.1", "localhost")
        self.hosts = frozenset(f"{name}:{self.server_port}" for name in names)
        folder = files(__package__) / "static"
        self.content = {name: (folder / name).read_bytes() for name in FILES}

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Log what went wrong; a page that was closed while it was told something is no news."""
        error = sys.exception()
        if not isinstance(error, ConnectionError):
            log.error("the gate page asked for something that failed: %r", error)


@contextmanager
def serving(station: Station, port: int = PORT) -> Iterator[int]:
    """Serve the page while this lasts, and give its port."""
    gate = Gate(station, port)
    thread = threading.Thread(target=gate.serve_forever, args=(0.1,), name="gate", daemon=True)
    thread.start()
    try:
        yield gate.server_port
    finally:
        gate.closing.set()
        gate.shutdown()
        gate.server_close()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    server: Gate
    protocol_version = "HTTP/1.1"
    timeout = 30

    def do_GET(self) -> None:
        if not self._is_for_us():
            return
        match self.path:
            case "/":
                self._give(self.server.content["gate.html"], TYPES["html"])
            case "/events":
                self._stream()
            case "/state":
                self._give(_json(self.server.station.state()), "application/json")
            case _:
                self._give_file(self.path.removeprefix("/static/"))

    def do_POST(self) -> None:
        body = self._body()  # before anything is refused: a connection closed on unread content loses the refusal
        content = self._read(body) if self._is_for_us() and self._is_from_the_page() else None
        if content is None:
            return
        match self.path:
            case "/typed":
                known = self.server.station.typed(str(content.get("text", "")))
                self._give(_json({"known": known}), "application/json")
            case "/send":
                self.server.station.send_now()
                self._give(_json({"sending": True}), "application/json")
            case _:
                self._refuse(HTTPStatus.NOT_FOUND)

    def _is_for_us(self) -> bool:
        """Refuse who calls this machine by another name: a page that had its own name point here."""
        if self.headers.get("Host") in self.server.hosts:
            return True
        self._refuse(HTTPStatus.MISDIRECTED_REQUEST)
        return False

    def _is_from_the_page(self) -> bool:
        if self.headers.get("Origin") == f"http://{self.headers.get('Host')}":
            return True
        self._refuse(HTTPStatus.FORBIDDEN)
        return False

    def _body(self) -> bytes:
        """Return what came with the request, one byte more than is taken at most."""
        length = self.headers.get("Content-Length", "")
        return self.rfile.read(min(int(length), MOST_BYTES + 1)) if length.isascii() and length.isdigit() else b""

    def _read(self, body: bytes) -> dict[str, Any] | None:
        if len(body) > MOST_BYTES:
            self._refuse(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
            return None
        try:
            content = json.loads(body)
        except ValueError:
            content = None
        if not isinstance(content, dict):
            self._refuse(HTTPStatus.BAD_REQUEST)
            return None
        return content

    def _stream(self) -> None:
        """Give every event as it comes, and the state when it has changed; the seconds of the clock alone do not."""
        self._head(HTTPStatus.OK, "text/event-stream; charset=utf-8")
        station, told, told_at = self.server.station, b"", 0.0
        with station.board.watching() as watcher:
            while not self.server.closing.is_set():
                state = station.state()
                now = _json({**state, "now_ms": state["now_ms"] // 60_000})
                if now != told or time.monotonic() - told_at > self.timeout:  # now and then, so that a break is noticed
                    told, told_at = now, time.monotonic()
                    if not self._push("state", _json(state)):
                        return
                try:
                    shown = watcher.get(timeout=STATE_EVERY_S)
                except queue.Empty:
                    continue
                if not self._push("touch", _json(shown)):
                    return

    def _push(self, name: str, content: bytes) -> bool:
        try:
            self.wfile.write(b"event: " + name.encode() + b"\ndata: " + content + b"\n\n")
        except OSError:
            return False  # the page was closed
        return True

    def _give_file(self, name: str) -> None:
        if name not in self.server.content or self.path != f"/static/{name}":
            self._refuse(HTTPStatus.NOT_FOUND)
            return
        self._give(self.server.content[name], TYPES[name.rpartition(".")[2]])

    def _give(self, content: bytes, kind: str) -> None:
        self._head(HTTPStatus.OK, f"{kind}; charset=utf-8", len(content))
        self.wfile.write(content)

    def _refuse(self, status: HTTPStatus) -> None:
        self._head(status, "text/plain", 0, closes=True)

    def _head(self, status: HTTPStatus, kind: str, length: int | None = None, *, closes: bool = False) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        for name, value in HEADERS.items():
            self.send_header(name, value)
        if length is not None:
            self.send_header("Content-Length", str(length))
        if closes or length is None:
            self.send_header("Connection", "close")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Keep what passes here out of the log: it is all said elsewhere."""


def _json(content: object) -> bytes:
    return json.dumps(content, ensure_ascii=False).encode()
