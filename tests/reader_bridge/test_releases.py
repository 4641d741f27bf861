"""What the release key vouches for, and which version may follow which."""

from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from reader_bridge import signing
from reader_bridge.releases import NoReleaseError, Release, is_newer, is_signed, release_of, sign, unmet

RELEASE = Release("0.2.0", "ab" * 32, 1000, ("click>=8.3", "httpx2"))
KEY = Ed25519PrivateKey.generate()


@pytest.mark.parametrize(
    "changed",
    [
        {"version": "0.2.1"},
        {"sha256": "cd" * 32},
        {"size": 1001},
        {"needs": ("click>=8.3",)},
        {"instead_of": "0.3.0"},
    ],
)
def test_a_signature_holds_for_every_part_of_a_release(changed: dict[str, object]) -> None:
    signature, public = sign(KEY, RELEASE), signing.public_bytes(KEY)
    assert is_signed(public, RELEASE, signature)
    assert not is_signed(public, replace(RELEASE, **changed), signature)  # type: ignore[arg-type]


def test_a_signature_by_the_same_key_for_something_else_is_none() -> None:
    signature = KEY.sign(b"0.2.0 " + b"ab" * 32)
    assert not is_signed(signing.public_bytes(KEY), RELEASE, signature)
    assert not is_signed(b"no key", RELEASE, signature)


@pytest.mark.parametrize(
    ("version", "instead_of", "running", "may"),
    [
        ("0.2.0", None, "0.1.9", True),
        ("0.10.0", None, "0.9.0", True),
        ("0.2.0", None, "0.2.0", False),
        ("0.2", None, "0.2.0", False),
        ("0.1.9", None, "0.2.0", False),
        ("0.1.9", "0.2.0", "0.2.0", True),
        ("0.1.9", "0.2.0", "0.2.1", False),  # a roll-back of another version is none of this one
        ("0.1.9", "0.2.0", "0.1.9", False),
    ],
)
def test_an_older_version_follows_only_where_it_is_signed_as_a_roll_back(
    version: str, instead_of: str | None, running: str, may: bool
) -> None:
    assert replace(RELEASE, version=version, instead_of=instead_of).may_follow(running) is may


def test_versions_are_compared_as_numbers() -> None:
    assert is_newer("1.0", "0.99.99")
    assert not is_newer("0.2.0", "0.2")


def test_needs_are_met_by_what_is_installed() -> None:
    assert unmet(("click>=8.3", "httpx2"), {"click": "8.10.1", "httpx2": "2.16"}) is None
    assert unmet(("click>=8.3", "httpx2"), {"click": "8.2.1", "httpx2": "2.16"}) == "click>=8.3"
    assert unmet(("click>=8.3", "httpx2"), {"click": "8.3", "httpx2": None}) == "httpx2"


@pytest.mark.parametrize(
    "told",
    [
        {},
        {"version": "0.2\nsize 1", "sha256": "ab" * 32, "size": 1, "needs": [], "instead_of": None},
        {"version": "0.2", "sha256": "AB" * 32, "size": 1, "needs": [], "instead_of": None},
        {"version": "0.2", "sha256": "ab" * 32, "size": 10**9, "needs": [], "instead_of": None},
        {"version": "0.2", "sha256": "ab" * 32, "size": 1, "needs": ["click; rm"], "instead_of": None},
        {"version": "0.2", "sha256": "ab" * 32, "size": 1, "needs": "click", "instead_of": None},
        {"version": "0.2", "sha256": "ab" * 32, "size": 1, "needs": [], "instead_of": "../0.1"},
    ],
)
def test_what_is_not_of_the_form_of_a_release_is_none(told: dict[str, object]) -> None:
    with pytest.raises(NoReleaseError):
        release_of(told)
