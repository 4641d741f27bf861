"""The device's side of the line to the server: signed requests, and two kinds of failure.

AwayError: nothing was said that the server itself can have said (no network, a hotel's sign-in page, a proxy that is
down, "later"). ProblemError: the server said no, with a code.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any

import httpx2
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from reader_bridge import signing
from reader_bridge.device.machine import Machine, Moment, ms_of

TIMEOUT_S = 20.0
LATER = frozenset({408, 425, 429, 502, 503, 504})
PLAIN = frozenset({413, 500})  # said by proxies and broken servers without a code, and meant all the same


class AwayError(Exception):
    """The server was not reached, or asks for patience."""

    def __init__(self, why: str, retry_after_s: float | None = None) -> None:
        super().__init__(why)
        self.why, self.retry_after_s = why, retry_after_s


class ProblemError(Exception):
    """The server refused a request."""

    def __init__(self, status: int, code: str, message: str, last_sequence: int | None = None) -> None:
        super().__init__(f"{status} {code}: {message}")
        self.status, self.code, self.message, self.last_sequence = status, code, message, last_sequence


@dataclass(frozen=True, slots=True)
class Answer:
    """What the server said, and when the boot of this machine began by its clock."""

    content: dict[str, Any]
    boot_id: str
    boot_began_ms: int | None


class Server:
    """One server, spoken to under one key. Several threads may use it."""

    def __init__(
        self,
        url: str,
        key_id: str,
        key: Ed25519PrivateKey,
        machine: Machine,
        learn: Callable[[str, int], None] = lambda _boot_id, _began_ms: None,
    ) -> None:
        """learn is told whenever an answer tells when this boot began by the server's clock, in ms since 1970."""
        self._key_id, self._key, self._machine, self._learn = key_id, key, machine, learn
        self._client = httpx2.Client(base_url=url, timeout=TIMEOUT_S, follow_redirects=False)

    def close(self) -> None:
        self._client.close()

    def post(self, target: str, content: Mapping[str, Any]) -> dict[str, Any]:
        """Send and return what comes back. Raises AwayError and ProblemError."""
        body = json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()
        return self._ask("POST", target, body)

    def get(self, target: str) -> dict[str, Any]:
        """Fetch and return what comes back. Raises AwayError and ProblemError."""
        return self._ask("GET", target, b"")

    def fetch(self, target: str, most: int) -> bytes:
        """Fetch a file of at most so many bytes. Raises AwayError and ProblemError."""
        headers = signing.sign(self._key, self._key_id, "GET", target, b"", self._machine.moment().at)
        got = bytearray()
        try:
            with self._client.stream("GET", target, headers=headers) as response:
                if response.status_code != httpx2.codes.OK:
                    response.read()
                    _content(response)
                for chunk in response.iter_bytes():
                    got += chunk
                    if len(got) > most:
                        raise ProblemError(413, "too_large", f"more than {most} bytes")
        except httpx2.HTTPError as error:
            raise AwayError(str(error) or type(error).__name__) from error
        return bytes(got)

    def _ask(self, method: str, target: str, body: bytes) -> dict[str, Any]:
        before = self._machine.moment()
        headers = signing.sign(self._key, self._key_id, method, target, body, before.at)
        headers["Content-Type"] = "application/json"
        try:
            response = self._client.request(method, target, content=body, headers=headers)
            content = _content(response)
        except httpx2.HTTPError as error:
            raise AwayError(str(error) or type(error).__name__) from error
        self._learn_from(content, before)
        return content

    def _learn_from(self, content: dict[str, Any], before: Moment) -> None:
        """Take the server's clock from an answer: it was read somewhere between asking and now."""
        after = self._machine.moment()
        try:
            now = datetime.fromisoformat(content["now"])
            began_ms = ms_of(now) - (before.boottime_ms + after.boottime_ms) // 2
        except (KeyError, ValueError, TypeError):
            return
        self._learn(after.boot_id, began_ms)


def _content(response: httpx2.Response) -> dict[str, Any]:
    if response.status_code in LATER:
        raise AwayError(f"the server answers {response.status_code}", _retry_after_s(response.headers))
    try:
        content = response.json()
    except ValueError:
        content = None
    if response.status_code == httpx2.codes.OK and isinstance(content, dict):
        return content
    if isinstance(content, dict) and isinstance(content.get("code"), str):
        last = content.get("last_sequence")
        known = last if isinstance(last, int) and last >= 0 else None
        raise ProblemError(response.status_code, content["code"], str(content.get("message", "")), known)
    if response.status_code in PLAIN:
        raise ProblemError(response.status_code, f"http_{response.status_code}", "")
    raise AwayError(f"something else than the server answers ({response.status_code})")


def _retry_after_s(headers: Mapping[str, str]) -> float | None:
    """Return for how long the server asks to be left alone; a date is read by the answer's own clock, not by ours."""
    said = headers.get("retry-after", "").strip()
    if said.isascii() and said.isdigit():
        return float(said)
    try:
        wait = parsedate_to_datetime(said) - parsedate_to_datetime(headers.get("date", ""))
    except (ValueError, TypeError):
        return None
    return max(0.0, wait.total_seconds())
