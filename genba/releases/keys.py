"""The release key: made once, kept in a file of the operator's that never comes near the server."""

import base64
import os
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from reader_bridge.signing import public_bytes


class KeyFileError(Exception):
    """The file of a key cannot be used, and why."""


def make(path: Path, password: str | None) -> Ed25519PrivateKey:
    """Make a key and write it, for its owner alone. Raises KeyFileError; a file that is there is never overwritten."""
    key = Ed25519PrivateKey.generate()
    lock = BestAvailableEncryption(password.encode()) if password else NoEncryption()
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, lock))
    except OSError as error:
        raise KeyFileError(f"{path} cannot be made: {error.strerror}") from error
    return key


def is_locked(path: Path) -> bool:
    """Whether a key's file asks for a password. Raises KeyFileError."""
    return b"ENCRYPTED" in _read(path)


def load(path: Path, password: str | None) -> Ed25519PrivateKey:
    """Return the key of a file. Raises KeyFileError."""
    try:
        key = load_pem_private_key(_read(path), password.encode() if password else None)
    except (ValueError, TypeError) as error:
        raise KeyFileError(f"{path} cannot be read: {error}") from error
    if not isinstance(key, Ed25519PrivateKey):
        raise KeyFileError(f"{path} is no release key: `genba releases key` makes one")
    return key


def public_text(key: Ed25519PrivateKey) -> str:
    """Return the public half as GENBA_RELEASE_KEY takes it."""
    return base64.b64encode(public_bytes(key)).decode()


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise KeyFileError(f"{path} cannot be read: {error.strerror}") from error
