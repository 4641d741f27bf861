"""A gate with a device in front of the real intake: it signs as a device does, and says what it is told to."""

import base64
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import orjson
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from starlette.testclient import TestClient

from core.attendance.model import Direction
from core.clock import FixedClock
from core.devices import service as devices
from core.ids import uuid7
from core.registry import cards
from core.registry.card_model import CardIssue, CardTech
from core.settings import Settings
from reader_bridge import signing
from reader_bridge.intake.app import create_app
from reader_bridge.wire import DIRECTORY, ENROL, HEARTBEAT, PUNCHES
from tests.attendance.world import DAY, World, at

BOOT = "7a2f6d1e-2f52-4b58-9e0e-0c6a4b6a9d11"
STARTED_AT = at("5:50")
UID, STRANGE_UID = "01010501b00ac30b", "04a1b2c3"
CARD = {"tech": "felica", "uid": UID}
STRANGE = {"tech": "type_a", "uid": STRANGE_UID}


@dataclass
class Gate:
    """One device, its key, and the client it speaks through."""

    world: World
    settings: Settings
    clock: FixedClock
    client: TestClient
    key: Ed25519PrivateKey = field(default_factory=Ed25519PrivateKey.generate)
    device_id: str = signing.ENROLLING
    directory_key: bytes = b""
    started_at: datetime = STARTED_AT

    def code(self, *, direction: Direction | None = None) -> str:
        with self.world.database.write() as session:
            return devices.make_code(
                session, self.world.site.site_id, "正門", "西側", direction, None, self.clock.now()
            )

    def enrol(self, code: str | None = None) -> Any:
        body = {
            "code": code or self.code(),
            "public_key": base64.b64encode(signing.public_bytes(self.key)).decode(),
            "version": "1.0",
            "platform": "Linux",
        }
        self.device_id = signing.ENROLLING
        answer = self.post(ENROL, body)
        if answer.status_code == 200:
            told = answer.json()
            self.device_id = told["device"]["device_id"]
            self.directory_key = base64.b64decode(told["directory_key"])
        return answer

    def post(self, path: str, body: Any, **headers: str) -> Any:
        content = body if isinstance(body, bytes) else orjson.dumps(body)
        signed = signing.sign(self.key, self.device_id, "POST", path, content, self.clock.now())
        return self.client.post(path, content=content, headers={**signed, **headers})

    def get(self, path: str) -> Any:
        return self.client.get(path, headers=signing.sign(self.key, self.device_id, "GET", path, b"", self.clock.now()))

    def send(self, *items: dict[str, Any], sent: dict[str, Any] | None = None) -> list[dict[str, Any]]:
        """Send touches and return their answers."""
        answer = self.post(PUNCHES, {"items": items, **({"sent": sent} if sent else {})})
        assert answer.status_code == 200, answer.text
        answered: list[dict[str, Any]] = answer.json()["items"]
        return answered

    def told(self, *items: dict[str, Any], sent: dict[str, Any] | None = None) -> list[str]:
        """Send touches and return their answers in short."""
        return [
            " ".join(answer[name] for name in ("result", "verdict", "direction", "reason", "code") if name in answer)
            for answer in self.send(*items, sent=sent)
        ]

    def heartbeat(self, sequence: int, **more: Any) -> Any:
        body = {
            "sequence": sequence,
            "sent": self.clocks(),
            "version": "1.0",
            "waiting": 0,
            "oldest_waiting_at": None,
            "set_aside": 0,
            "spool_salvages": 0,
            "free_bytes": 10**9,
            "readers": [{"name": "RC-S300", "attached": True}],
            **more,
        }
        return self.post(HEARTBEAT, body)

    def directory(self) -> Any:
        return self.get(DIRECTORY)

    def clocks(self, ahead: timedelta = timedelta(0)) -> dict[str, Any]:
        now = self.clock.now()
        return {
            "at": (now + ahead).isoformat(),
            "boot_id": BOOT,
            "boottime_ms": int((now - self.started_at).total_seconds() * 1000),
        }

    def touch(self, at: datetime, card: dict[str, str] | None = None, **more: Any) -> dict[str, Any]:
        """Return a touch of the worker's card, or of another."""
        return {"id": str(uuid7()), "card": card or CARD, "occurred_at": at.isoformat(), **more}

    def issue(self, uid: str = UID, tech: CardTech = CardTech.FELICA, **more: Any) -> CardIssue:
        with self.world.database.write() as session:
            kept = cards.keep_cards(session, self.world.sealer, [(tech, uid)])
            issued_on = more.pop("issued_on", DAY - timedelta(days=400))
            return cards.issue_card(session, self.world.worker.worker_id, kept[tech, uid], issued_on, **more)


def open_gate(world: World, settings: Settings, clock: FixedClock) -> Gate:
    client = TestClient(create_app(settings, world.database, clock), raise_server_exceptions=False)
    return Gate(world, settings, clock, client)
