"""Signatures, addresses and waits; and one request as it really goes out."""

import ssl
import time
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import InvalidInput
from core.partners import webhook_post
from core.partners.model import KeyScope
from core.partners.webhook_model import EventKind
from core.partners.webhook_rules import delay_after, is_given_up, may_be_told, may_call, new_secret, parse_target, sign
from core.settings import WebhookReach
from tests.partners.receiver import Receiver, receiving, verify

PUBLIC, ANY = WebhookReach.PUBLIC, WebhookReach.ANY
NOW = datetime(2026, 11, 16, tzinfo=UTC)


def test_a_signature_is_the_one_that_the_specification_publishes() -> None:
    """The example of standardwebhooks.com."""
    at = datetime.fromtimestamp(1614265330, UTC)
    secret, message = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "msg_p5jXN8AQM9LWM0D4loKWxJek"
    assert sign([secret], message, at, '{"test": 2432232314}') == {
        "webhook-id": message,
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }


@settings(max_examples=20, deadline=None)
@given(st.text(), st.text(alphabet="abc_.", min_size=1))
def test_a_signature_holds_for_its_body_alone(body: str, message: str) -> None:
    body = body.encode("utf-8", "replace").decode()
    secret = new_secret()
    headers = sign([new_secret(), secret], message, NOW, body)
    assert verify(secret, headers, body.encode())
    assert not verify(secret, headers, body.encode() + b" ")


@pytest.mark.parametrize(
    "address",
    [
        *("127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0"),
        *("224.0.0.1", "240.0.0.1", "255.255.255.255", "192.0.2.1", "198.18.0.1"),
        *("::1", "::", "fe80::1", "fe80::1%eth0", "fc00::1", "ff02::1", "2001:db8::1", "::ffff:10.0.0.1"),
        *("64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "2002:7f00:1::1", "fec0::1", "::ffff:127.0.0.1", "::127.0.0.1"),
    ],
)
def test_what_is_not_public_is_not_called(address: str) -> None:
    assert not may_call(ip_address(address), PUBLIC)


@pytest.mark.parametrize("address", ["203.0.114.1", "8.8.8.8", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"])
def test_what_is_public_is_called(address: str) -> None:
    assert may_call(ip_address(address), PUBLIC)


@pytest.mark.parametrize(
    "url",
    [
        *("http://example.jp/", "ftp://example.jp/", "https://", "https:///x", "https://example.jp:0/", "example.jp"),
        *("https://user:word@example.jp/", "https://example.jp/#part", "https://127.0.0.1/", "https://[::1]/"),
        *("https://example.jp:99999/", "https://[::1", "https://例え.jp/", "https://example.jp/\r\nx", ""),
        *("https://2130706433/", "https://0x7f000001/", "https://127.1/", "https://010.8.8.8/", "https://8.8.8.8./"),
        *("https://example.jp/\\@10.0.0.1", f"https://example.jp/{'a' * 500}"),
    ],
)
def test_only_a_plain_https_address_of_a_public_host_is_taken(url: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        parse_target(url, PUBLIC)
    assert caught.value.field == "url"


def test_a_name_of_our_own_machine_is_found_out_when_it_is_resolved() -> None:
    answer = webhook_post.post("https://localhost/", {}, "{}", PUBLIC)
    assert answer.status is None
    assert "not public" in answer.text or "cannot be resolved" in answer.text


def test_an_address_that_the_http_library_cannot_read_is_a_failure_like_any_other() -> None:
    """It was raised, so that the delivery was tried for ever and never given up."""
    answer = webhook_post.post("https://[v1.a]/", {}, "{}", PUBLIC, resolve_host=lambda *_: ["8.8.8.8"])
    assert (answer.status, "InvalidURL" in answer.text) == (None, True)


def test_a_name_with_one_address_that_is_not_public_is_not_called() -> None:
    answer = webhook_post.post("https://a.test/", {}, "{}", PUBLIC, resolve_host=lambda *_: ["8.8.8.8", "10.0.0.1"])
    assert (answer.status, answer.text) == (None, "the host lies in a network that is not public: it is not called")


def test_redirects_are_not_followed_and_the_answer_is_cut(receiver: Receiver) -> None:
    receiver.statuses, receiver.location, receiver.text = [302], "http://169.254.169.254/", "あ" * 5000
    answer = webhook_post.post(receiver.url, {"webhook-id": "a"}, "{}", ANY)
    assert (answer.status, answer.is_well, len(receiver.raw)) == (302, False, 1)
    assert answer.text == "あ" * 500


def test_after_its_time_it_is_over_however_the_answer_drips(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(webhook_post, "TIMEOUT_S", 0.2)
    receiver.sleeps_s = 0.6
    began = time.monotonic()
    answer = webhook_post.post(receiver.url, {"webhook-id": "a"}, "{}", ANY)
    assert (answer.status, time.monotonic() - began < 0.5) == (None, True)


def test_the_address_that_was_looked_up_is_called_under_the_hosts_name_and_certificate(tmp_path: Path) -> None:
    certificate, trust = make_certificate(tmp_path, "receiver.test")
    asked: list[str] = []

    def look_up(host: str, _port: int) -> list[str]:
        asked.append(host)
        return ["127.0.0.1"]

    with receiving(Receiver(), certificate) as receiver:
        url = f"https://receiver.test:{receiver.port}/hook"
        answer = webhook_post.post(url, {"webhook-id": "a"}, "{}", ANY, resolve_host=look_up, trust=trust)
        other = url.replace("receiver.test", "other.test")
        refused = webhook_post.post(other, {"webhook-id": "a"}, "{}", ANY, resolve_host=look_up, trust=trust)
    assert (answer.status, asked) == (200, ["receiver.test", "other.test"])
    assert receiver.raw[0][0]["host"] == f"receiver.test:{receiver.port}"
    assert (refused.status, "CERTIFICATE_VERIFY_FAILED" in refused.text, len(receiver.raw)) == (None, True, 1)


def test_waits_grow_to_eight_hours_and_spread() -> None:
    assert [delay_after(failures, 0.5).total_seconds() for failures in (1, 2, 3)] == [10, 40, 160]
    assert delay_after(99, 0.5) == timedelta(hours=8)
    assert delay_after(1, 0.0) < delay_after(1, 0.99)
    assert [is_given_up(NOW - timedelta(hours=hours), NOW) for hours in (71, 72)] == [False, True]


def test_who_may_not_read_something_is_not_told_of_it() -> None:
    scopes = {KeyScope.ATTENDANCE_READ, KeyScope.WEBHOOKS_MANAGE}
    assert may_be_told([EventKind.ATTENDANCE_RECORDED], scopes)
    assert not may_be_told([EventKind.ATTENDANCE_RECORDED, EventKind.TIERS_ENDED], scopes)


def make_certificate(folder: Path, host: str) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """Return what a server of a host shows, and what believes it alone."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, host)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), now, now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    file = folder / "certificate.pem"
    plain = serialization.NoEncryption()
    private = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
    file.write_bytes(made.public_bytes(serialization.Encoding.PEM) + private)
    shown = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    shown.load_cert_chain(file)
    return shown, ssl.create_default_context(cafile=str(file))
