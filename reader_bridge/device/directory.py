"""The people of the site as this device knows them: kept sealed as it came, opened with the device's key in memory.

A card is looked up by a key of this device's own over it, so that neither file nor memory holds the number of a card.
"""

import base64
import json
import logging
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from reader_bridge.device.folder import write_whole
from reader_bridge.device.touches import Who
from reader_bridge.wire import DIRECTORY, DirectoryAnswer, People, PersonShown, card_key

FILE = "people.sealed"
NONCE_BYTES = 12

log = logging.getLogger(__name__)


class Source(Protocol):
    """Where the directory is fetched."""

    def get(self, target: str) -> dict[str, Any]: ...


@dataclass(frozen=True, slots=True)
class Opened:
    """A directory that could be opened."""

    version: str
    people: dict[str, PersonShown]


NOBODY = Opened("", {})


class Directory:
    """Who is behind a card. Without a directory nobody is known, and every touch is kept all the same."""

    def __init__(self, folder: Path, key: bytes) -> None:
        self._path, self._key = folder / FILE, key
        self._opened = self._kept()

    @property
    def version(self) -> str:
        return self._opened.version

    def person(self, who: Who) -> PersonShown | None:
        """Return whose card it is, as far as this device knows."""
        card = who.card
        return None if card is None else self._opened.people.get(card_key(self._key, card))

    def fetch(self, source: Source) -> None:
        """Fetch, open and keep the directory; one that does not open changes nothing. Raises what the source does."""
        answer = source.get(DIRECTORY)
        try:
            sealed: DirectoryAnswer = {"version": answer["version"], "sealed": answer["sealed"]}
            opened = open_sealed(sealed, self._key)
        except (InvalidTag, ValueError, KeyError, TypeError, AttributeError):
            log.warning("the directory that came could not be opened")
            return
        self._opened = opened
        write_whole(self._path, json.dumps(sealed).encode())

    def wipe(self) -> None:
        """Forget everybody, here and on the disk."""
        self._opened = NOBODY
        self._path.unlink(missing_ok=True)

    def _kept(self) -> Opened:
        try:
            return open_sealed(json.loads(self._path.read_bytes()), self._key)
        except (OSError, InvalidTag, ValueError, KeyError, TypeError, AttributeError):
            return NOBODY


def open_sealed(answer: DirectoryAnswer, key: bytes) -> Opened:
    """Return the people in a sealed directory. Raises InvalidTag when it is not for this key, or not that version."""
    sealed = base64.b64decode(answer["sealed"], validate=True)
    plain = AESGCM(key).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], answer["version"].encode())
    people: People = json.loads(plain)
    return Opened(answer["version"], {person["card_key"]: person for person in people["people"]})
