"""What is signed of a release of the site program, and how versions compare. Both ends read it here; nothing does I/O.

The signature is Ed25519 by the operator's release key, over a text that says what it is for: no signature made for
anything else can pass for one of a release. A release is one archive of our own modules; what it needs besides must be
on the machine already.
"""

import base64
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

MAX_RELEASE_BYTES = 5_000_000
PURPOSE = "genba-call release of the site program, form 1"
_VERSION = re.compile(r"\d{1,5}(\.\d{1,5}){1,3}", re.ASCII)
_NEED = re.compile(r"(?P<name>[A-Za-z0-9][A-Za-z0-9._-]{0,60})(>=(?P<least>[0-9][0-9.]{0,30}))?", re.ASCII)
_SHA256 = re.compile(r"[0-9a-f]{64}", re.ASCII)


class NoReleaseError(ValueError):
    """What was given does not describe a release."""


@dataclass(frozen=True, slots=True)
class Release:
    """What the release key vouches for.

    needs are other packages, each as name or name>=version. instead_of is the one newer version whose place this older
    one may take: a roll-back that the operator asks for.
    """

    version: str
    sha256: str
    size: int
    needs: tuple[str, ...] = ()
    instead_of: str | None = None

    def __post_init__(self) -> None:
        """Raises NoReleaseError when a part is not of its form: each is one line of what is signed."""
        versions = (self.version, self.instead_of or "0.0")
        if not all(_VERSION.fullmatch(version) for version in versions):
            raise NoReleaseError("a version is numbers with points, such as 0.2.0")
        if not _SHA256.fullmatch(self.sha256):
            raise NoReleaseError("sha256 is 64 digits in lower-case hexadecimal")
        if not 0 < self.size <= MAX_RELEASE_BYTES:
            raise NoReleaseError(f"a release has at most {MAX_RELEASE_BYTES} bytes")
        if not all(_NEED.fullmatch(need) for need in self.needs):
            raise NoReleaseError("a need is a package, or package>=version")

    @property
    def signed_text(self) -> bytes:
        lines = (
            PURPOSE,
            f"version {self.version}",
            f"sha256 {self.sha256}",
            f"size {self.size}",
            f"needs {' '.join(self.needs)}",
            f"instead of {self.instead_of or '-'}",
        )
        return "\n".join(lines).encode()

    def is_of(self, archive: bytes) -> bool:
        """Whether an archive is, byte for byte, the one that is vouched for."""
        return len(archive) == self.size and hashlib.sha256(archive).hexdigest() == self.sha256

    def may_follow(self, running: str) -> bool:
        """Whether this may take the place of a running version: it is newer, or rolls back just that one."""
        return is_newer(self.version, running) or (self.instead_of == running and self.version != running)


def release_of(told: Mapping[str, Any]) -> Release:
    """Return a release as it was told in JSON. Raises NoReleaseError."""
    try:
        needs = told["needs"]
        if not isinstance(needs, list) or not all(isinstance(need, str) for need in needs):
            raise NoReleaseError("needs is a list of texts")
        return Release(str(told["version"]), str(told["sha256"]), int(told["size"]), tuple(needs), told["instead_of"])
    except (KeyError, TypeError, ValueError) as error:
        raise NoReleaseError(f"not a release: {error}") from error


def sign(key: Ed25519PrivateKey, release: Release) -> bytes:
    """Return the release key's signature of a release."""
    return key.sign(release.signed_text)


def is_signed(public_key: bytes, release: Release, signature: bytes) -> bool:
    """Whether the holder of the release key (32 bytes) vouches for a release."""
    try:
        Ed25519PublicKey.from_public_bytes(public_key).verify(signature, release.signed_text)
    except (InvalidSignature, ValueError):
        return False
    return True


def read_public_key(text: str) -> bytes:
    """Return a public release key from base64. Raises NoReleaseError when it is not one."""
    try:
        key = base64.b64decode(text.strip(), validate=True)
    except ValueError:
        key = b""
    if len(key) != 32:
        raise NoReleaseError("a release key is base64 of 32 bytes, as `genba releases key` prints it")
    return key


def is_newer(version: str, than: str) -> bool:
    """Whether a version comes after another; 0.2 and 0.2.0 are the same."""
    return _numbers(version) > _numbers(than)


def unmet(needs: tuple[str, ...], installed: Mapping[str, str | None]) -> str | None:
    """Return the first need that a machine does not meet. installed holds the version of each package needed."""
    for need in needs:
        found = _NEED.fullmatch(need)
        if found is None:
            return need
        has = installed.get(found["name"])
        if has is None or (found["least"] and _numbers(found["least"]) > _numbers(has)):
            return need
    return None


def package_of(need: str) -> str:
    """Return the package a need names."""
    return need.partition(">=")[0]


def _numbers(version: str) -> tuple[int, ...]:
    numbers = [int(part) for part in re.findall(r"\d+", version.partition("+")[0])]
    while numbers and numbers[-1] == 0:
        numbers.pop()
    return tuple(numbers)
