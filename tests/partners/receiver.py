"""A receiver of webhooks: a real HTTP server in a thread, which answers as it is told and checks what comes."""

import base64
import hashlib
import hmac
import json
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Receiver:
    """What came, in its order; statuses are answered one after another, the last of them for ever."""

    port: int = 0
    statuses: list[int] = field(default_factory=lambda: [200])
    text: str = "ok"
    location: str = ""
    sleeps_s: float = 0
    waits_for: threading.Event | None = None  # before it answers, for five seconds at most
    has_waited: bool = False
    bodies: list[dict[str, Any]] = field(default_factory=list)
    raw: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    arrived: threading.Event = field(default_factory=threading.Event)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook"

    @property
    def ids(self) -> list[str]:
        return [headers["webhook-id"] for headers, _ in self.raw]

    @property
    def events(self) -> list[dict[str, Any]]:
        return [event for body in self.bodies for event in body["data"]["events"]]


def verify(secret: str, headers: dict[str, str], body: bytes) -> bool:
    """Whether a request carries a signature by a secret: written from the specification, not from our code."""
    key = base64.b64decode(secret.removeprefix("whsec_"))
    content = b".".join((headers["webhook-id"].encode(), headers["webhook-timestamp"].encode(), body))
    expected = base64.b64encode(hmac.new(key, content, hashlib.sha256).digest()).decode()
    return f"v1,{expected}" in headers["webhook-signature"].split(" ")


@contextmanager
def receiving(receiver: Receiver, certificate: ssl.SSLContext | None = None) -> Iterator[Receiver]:
    """Run a receiver, on its port when it had one; with a certificate by https."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            receiver.raw.append(({name.lower(): value for name, value in self.headers.items()}, body))
            receiver.bodies.append(json.loads(body))
            receiver.arrived.set()
            time.sleep(receiver.sleeps_s)
            if receiver.waits_for is not None:
                receiver.has_waited = receiver.waits_for.wait(5)
            status = receiver.statuses.pop(0) if len(receiver.statuses) > 1 else receiver.statuses[0]
            self.send_response(status)
            if receiver.location:
                self.send_header("location", receiver.location)
            self.end_headers()
            with suppress(OSError):  # it went away
                self.wfile.write(receiver.text.encode())

        def log_message(self, *_arguments: object) -> None:
            pass

    class Server(ThreadingHTTPServer):
        def handle_error(self, *_arguments: object) -> None:
            pass

    server = Server(("127.0.0.1", receiver.port), Handler)
    receiver.port = server.server_port
    if certificate is not None:
        server.socket = certificate.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield receiver
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
