"""What a device signs is what the server reads, and nothing else passes for it."""

from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as some

from reader_bridge import signing
from reader_bridge.wire import PUNCHES, Card, card_key

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
AT = datetime(2026, 11, 16, 22, 50, tzinfo=UTC)
BODY = b'{"items":[]}'


def _headers(target: str = PUNCHES, body: bytes = BODY) -> dict[str, str]:
    signed = signing.sign(KEY, "0192-device", "POST", target, body, AT)
    return {name.lower(): value for name, value in signed.items()}


def test_what_was_signed_is_read_and_holds() -> None:
    signed = signing.read("POST", PUNCHES, _headers(), BODY)

    assert signed is not None
    assert (signed.key_id, signed.created_at) == ("0192-device", AT)
    assert signed.is_signed_by(signing.public_bytes(KEY))
    assert not signed.is_signed_by(bytes(32))


@pytest.mark.parametrize(
    ("method", "target"), [("GET", PUNCHES), ("POST", PUNCHES + "?more=1"), ("POST", "/intake/v1/heartbeat")]
)
def test_another_method_path_or_query_is_not_what_was_signed(method: str, target: str) -> None:
    signed = signing.read(method, target, _headers(), BODY)

    assert signed is not None
    assert not signed.is_signed_by(signing.public_bytes(KEY))


def test_another_body_is_not_even_read() -> None:
    assert signing.read("POST", PUNCHES, _headers(), BODY + b" ") is None


@given(name=some.sampled_from([signing.DIGEST, signing.INPUT, signing.SIGNATURE]), value=some.text(max_size=200))
def test_no_header_however_odd_is_taken_or_raises(name: str, value: str) -> None:
    signed = signing.read("POST", PUNCHES, {**_headers(), name: value}, BODY)

    assert signed is None or not signed.is_signed_by(signing.public_bytes(KEY)) or value == _headers()[name]


def test_a_card_goes_by_another_key_on_every_device() -> None:
    card: Card = {"tech": "felica", "uid": "01010501b00ac30b"}

    assert card_key(b"a" * 32, card) == card_key(b"a" * 32, card)
    assert card_key(b"a" * 32, card) != card_key(b"b" * 32, card)
