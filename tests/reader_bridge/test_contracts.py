"""The OpenAPI documents of intake and partner API, held to: no 500, and no answer that is not documented."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import checks
from starlette.testclient import TestClient

from core.clock import FixedClock
from core.db import Database, open_database
from core.ids import uuid7
from core.partners.model import KeyScope
from core.phone import PhoneSealer
from reader_bridge import signing
from reader_bridge.api import app as api
from reader_bridge.wire import ENROL
from tests.attendance.world import World
from tests.conftest import make_settings
from tests.reader_bridge.intake.gate import Gate, open_gate
from tests.reader_bridge.intake.test_partners import give_key

FEW = settings(
    max_examples=15,
    deadline=None,
    database=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.explicit, Phase.generate],  # what fails is told as it came: making it smaller takes minutes
)
HELD = [
    checks.not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_schema_conformance,
]
Answer = Callable[[Any, bytes], Any]


@pytest.fixture
def opened(sqlite_url: str) -> Iterator[Database]:
    database = open_database(sqlite_url)
    yield database
    database.close()


@pytest.fixture
def gate(opened: Database, sealer: PhoneSealer, sqlite_url: str, tmp_path: Path, clock: FixedClock) -> Iterator[Gate]:
    office = open_gate(World(opened, sealer), make_settings(sqlite_url, sealer, tmp_path), clock)
    with office.client:
        office.enrol()
        yield office


def hold(document: dict[str, Any], answer: Answer) -> None:
    """Ask everything the document describes, and much that it does not, and hold each answer to it."""
    for described in schemathesis.openapi.from_dict(document).get_all_operations():
        _hold_one(described.ok(), answer)


def _hold_one(operation: Any, answer: Answer) -> None:
    @FEW
    @given(case=operation.as_strategy())
    def ask(case: Any) -> None:
        body = json.dumps(case.body).encode() if isinstance(case.body, dict | list) else b""
        case.validate_response(_as_response(answer(case, body)), checks=HELD)

    ask()


def _as_response(answer: Any) -> schemathesis.Response:
    """Return an answer as the library that checks it wants one."""
    asked = requests.Request(answer.request.method, str(answer.request.url), headers=dict(answer.request.headers))
    headers = {name: [value] for name, value in answer.headers.items()}
    return schemathesis.Response(answer.status_code, headers, answer.content, asked.prepare(), 0.0, verify=True)


def test_the_intake_answers_devices_as_it_is_documented(gate: Gate) -> None:
    def answer(case: Any, body: bytes) -> Any:
        path = case.formatted_path
        key_id = signing.ENROLLING if path == ENROL else gate.device_id
        headers = signing.sign(gate.key, key_id, case.method, path, body, gate.clock.now())
        return gate.client.request(case.method, path, content=body, headers=headers)

    hold(gate.client.app.openapi(), answer)  # type: ignore[attr-defined]


def test_the_intake_answers_partners_as_it_is_documented(gate: Gate) -> None:
    secret = give_key(gate, *KeyScope)

    def answer(case: Any, body: bytes) -> Any:
        headers = {"Authorization": f"Bearer {secret}", "Idempotency-Key": str(uuid7())}
        return gate.client.request(case.method, case.formatted_path, content=body, headers=headers)

    hold(gate.client.app.openapi(), answer)  # type: ignore[attr-defined]


def test_the_partner_api_answers_as_it_is_documented(gate: Gate) -> None:
    secret, app = give_key(gate, *KeyScope), api.create_app(gate.settings, gate.world.database, gate.clock)
    client = TestClient(app, raise_server_exceptions=False)

    def answer(case: Any, body: bytes) -> Any:
        headers = {"Authorization": f"Bearer {secret}", "Content-Type": "application/json"}
        return client.request(
            case.method, case.formatted_path, params=case.query, headers=headers, content=body or None
        )

    hold(app.openapi(), answer)
