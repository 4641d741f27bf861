"""A small intake server: it verifies signatures, keeps what it takes, and behaves as badly as it is told to."""

import base64
import json
import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from reader_bridge import signing
from reader_bridge.device.identity import Identity
from reader_bridge.wire import DIRECTORY, ENROL, HEARTBEAT, PUNCHES, RELEASES, DeviceShown, People, PersonShown

Judge = Callable[[dict[str, Any]], dict[str, Any]]
# What one request gets instead of an answer: a status, a body, headers; None for "taken, and the answer is dropped".
Trouble = tuple[int, dict[str, Any] | bytes, dict[str, str]] | None

AWAY: Trouble = (503, b"", {"Retry-After": "7"})
REVOKED: Trouble = (403, {"code": "revoked", "message": "This device was revoked."}, {})
PORTAL: Trouble = (200, b"<html>Please sign in</html>", {"Content-Type": "text/html"})
TOO_LARGE: Trouble = (413, b"", {})
BROKEN: Trouble = (500, b"", {})
DROPPED: Trouble = None


class FakeIntake:
    """The state of the server, and the knobs of the tests."""

    def __init__(self) -> None:
        self.key, self.directory_key = Ed25519PrivateKey.generate(), bytes(range(32))
        self.public_key = signing.public_bytes(self.key)
        self.troubles: deque[Trouble] = deque()
        self.standing_trouble: Callable[[str, dict[str, Any]], Trouble | bool] = lambda _path, _content: False
        self.judge: Judge = lambda _item: {"result": "accepted"}
        self.taken: dict[str, dict[str, Any]] = {}
        self.batches: list[list[str]] = []
        self.heartbeats: list[dict[str, Any]] = []
        self.last_sequence = 0
        self.now: datetime | None = None
        self.people: list[PersonShown] = []
        self.direction: Any = None
        self.release_key: str | None = None
        self.update: Any = None
        self.archives: dict[str, bytes] = {}
        self.url = ""

    def device(self) -> DeviceShown:
        return {
            "device_id": "0192-device",
            "name": "北ゲート",
            "place_note": "詰所の横",
            "direction": self.direction,
            "site": {"site_id": "0192-site", "name": "中央ビル", "day_starts_min": 0},
        }

    def identity(self) -> Identity:
        key = base64.b64encode(self.directory_key).decode()
        return Identity(self.url, "0192-device", "北ゲート", "", None, "中央ビル", 0, key)

    def answer(self, path: str, content: dict[str, Any]) -> tuple[int, dict[str, Any] | bytes]:
        now = (self.now or datetime.now(UTC)).isoformat()
        match path:
            case _ if path == PUNCHES:
                return 200, {"now": now, "items": self._take(content["items"])}
            case _ if path == HEARTBEAT:
                return self._heartbeat(content, now)
            case _ if path == DIRECTORY:
                return 200, {"version": self.version(), "sealed": self._sealed()}
            case _ if path == ENROL:
                return self._enrol(content, now)
            case _ if path.removeprefix(RELEASES) in self.archives:
                return 200, self.archives[path.removeprefix(RELEASES)]
            case _:
                return 404, {"code": "not_found", "message": ""}

    def version(self) -> str:
        return f"v{len(self.people)}"

    def _take(self, items: list[dict[str, Any]]) -> list[dict[str, Any]]:
        self.batches.append([item["id"] for item in items])
        answers = []
        for item in items:
            known = item["id"] in self.taken
            answer = {"result": "duplicate"} if known else self.judge(item)
            if answer["result"] == "accepted":
                self.taken[item["id"]] = item
            answers.append({"id": item["id"], **answer})
        return answers

    def _heartbeat(self, content: dict[str, Any], now: str) -> tuple[int, dict[str, Any]]:
        if content["sequence"] <= self.last_sequence:
            return 409, {"code": "old_sequence", "message": "", "last_sequence": self.last_sequence}
        self.last_sequence = content["sequence"]
        self.heartbeats.append(content)
        return 200, {"now": now, "device": self.device(), "directory_version": self.version(), "update": self.update}

    def _enrol(self, content: dict[str, Any], now: str) -> tuple[int, dict[str, Any]]:
        if content["code"] != "ABCD-1234":
            return 403, {"code": "code_unknown", "message": "This code is not valid."}
        self.public_key = base64.b64decode(content["public_key"])
        key = base64.b64encode(self.directory_key).decode()
        return 200, {
            "now": now,
            "device": self.device(),
            "directory_key": key,
            "heartbeat_every_s": 60,
            "release_key": self.release_key,
        }

    def _sealed(self) -> str:
        people: People = {"site": self.device()["site"], "people": self.people}
        nonce = bytes(12)
        sealed = AESGCM(self.directory_key).encrypt(nonce, json.dumps(people).encode(), self.version().encode())
        return base64.b64encode(nonce + sealed).decode()


class _Handler(BaseHTTPRequestHandler):
    intake: FakeIntake
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        self._handle(b"")

    def do_POST(self) -> None:
        self._handle(self.rfile.read(int(self.headers["Content-Length"])))

    def _handle(self, body: bytes) -> None:
        content = json.loads(body or b"{}")
        headers = {name.lower(): value for name, value in self.headers.items()}
        signed = signing.read(self.command, self.path, headers, body)
        public = base64.b64decode(content["public_key"]) if self.path == ENROL else self.intake.public_key
        if signed is None or not signed.is_signed_by(public):
            self._send(401, {"code": "bad_signature", "message": ""}, {})
            return
        trouble: Trouble | bool = self.intake.standing_trouble(self.path, content)
        if trouble is False and self.intake.troubles:
            trouble = self.intake.troubles.popleft()
        if isinstance(trouble, tuple):
            self._send(*trouble)
            return
        answer = self.intake.answer(self.path, content)
        if trouble is None:
            self.close_connection = True  # taken, but nobody hears of it
            return
        self._send(*answer, {})

    def _send(self, status: int, content: dict[str, Any] | bytes, headers: dict[str, str]) -> None:
        body = content if isinstance(content, bytes) else json.dumps(content).encode()
        self.send_response(status)
        for name, value in {"Content-Type": "application/json", **headers}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def serving(intake: FakeIntake, port: int = 0) -> Iterator[FakeIntake]:
    """Serve it on this machine."""
    handler = type("Handler", (_Handler,), {"intake": intake})
    server = ThreadingHTTPServer(("127.0.0.1", port), handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    intake.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield intake
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
