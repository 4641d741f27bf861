"""Phone numbers: reading them, and keeping them so that the database alone gives none away.

A number leaves the edge as ciphertext (AES-256-GCM), blind index (HMAC-SHA256, for exact look-up) and mask. A second,
truncated index serves the search by the last four digits. Data and index have key rings of their own; the first key of
a ring writes, all of them read. Nothing here talks to a database.
"""

import base64
import hashlib
import hmac
import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass

import phonenumbers
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from core.ids import normalise_digits

NONCE_BYTES = 12
KEY_BYTES = 32
LAST4_INDEX_CHARS = 6  # truncated on purpose: many numbers share one, so it tells little
_CALLER_ID_PREFIX = re.compile(r"^18[46](?=0)")  # 184 withholds and 186 shows the number, per call
_NEXT = r"[\s\-‐‑–—―−ー－ｰ_.．()（）/・]*[0-9０-９]"  # one more digit of a number, whatever separates it
PHONE_LIKE = re.compile(
    r"(?<![0-9０-９])(?:"
    rf"(?:[1１][8８][46４６][\s-]*)?[0０](?:{_NEXT}){{9,10}}"  # 090-1234-5678, 03-1234-5678, with 184 or 186
    rf"|[1-9１-９][0０](?:{_NEXT}){{8}}"  # the zero in front was lost
    rf"|[+＋](?:{_NEXT}){{8,15}}"
    rf"|[8８][1１][1-9１-９](?:{_NEXT}){{8,10}}"
    r")(?![0-9０-９])"
)


@dataclass(frozen=True, slots=True)
class Key:
    """One key of a ring; the id is stored beside what the key wrote."""

    key_id: str
    secret: bytes


@dataclass(frozen=True, slots=True)
class KeyRing:
    """Keys of one purpose, newest first: the first writes, all of them read."""

    keys: tuple[Key, ...]

    @property
    def current(self) -> Key:
        return self.keys[0]

    def find(self, key_id: str) -> Key:
        """Return the key of that id. Raises KeyError when the ring has lost it."""
        for key in self.keys:
            if key.key_id == key_id:
                return key
        raise KeyError(f"no key {key_id!r} in the ring: was it removed before everything was re-encrypted?")


def parse_key_ring(text: str) -> KeyRing:
    """Read a ring from "id:base64key,id:base64key", newest first.

    Raises ValueError when a key is not 32 bytes, an id repeats, or there is none.
    """
    keys: list[Key] = []
    for part in filter(None, (piece.strip() for piece in text.split(","))):
        key_id, _, encoded = part.partition(":")
        if not re.fullmatch(r"[a-z0-9]{1,16}", key_id) or any(key.key_id == key_id for key in keys):
            raise ValueError(f"key ids are short, lower-case and unique: {key_id!r}")
        secret = base64.b64decode(encoded, validate=True)
        if len(secret) != KEY_BYTES:
            raise ValueError(f"key {key_id!r} has {len(secret)} bytes, not {KEY_BYTES}")
        keys.append(Key(key_id, secret))
    if not keys:
        raise ValueError("a key ring needs at least one key, as id:base64")
    return KeyRing(tuple(keys))


def new_key(key_id: str) -> str:
    """Return a fresh random key in the form a key ring is written in."""
    return f"{key_id}:{base64.b64encode(secrets.token_bytes(KEY_BYTES)).decode()}"


@dataclass(frozen=True, slots=True)
class SealedPhone:
    """A phone number as everything behind the edge knows it."""

    blind_index: str
    last4_index: str
    cipher: str
    mask: str


@dataclass(frozen=True, slots=True)
class PhoneSealer:
    """Turns E.164 text into what may be stored, and back where a call has to be placed."""

    data: KeyRing
    index: KeyRing

    def seal(self, e164: str) -> SealedPhone:
        """Return the number as it may be stored, under the current keys."""
        return SealedPhone(
            blind_index=_blind_index(self.index.current, e164),
            last4_index=self.last4_index(e164[-4:]),
            cipher=self.encrypt(e164),
            mask=mask(e164),
        )

    def blind_indexes(self, e164: str) -> tuple[str, ...]:
        """Return the index under every key of the ring, the current one first: rotation may be under way."""
        return tuple(_blind_index(key, e164) for key in self.index.keys)

    def older_indexes(self, e164: str) -> tuple[str, ...]:
        """Return the index under every key of the ring but the current one."""
        return tuple(_blind_index(key, e164) for key in self.index.keys[1:])

    def text_indexes(self, text: str) -> tuple[str, ...]:
        """Return the index of a text that is no number, under every key of the ring, the current one first.

        The text begins with what it is, e.g. "card|", so that it never meets a number.
        """
        return self.blind_indexes(text)

    def last4_index(self, last4: str) -> str:
        return _digest(self.index.current, b"last4|" + last4.encode())[:LAST4_INDEX_CHARS]

    def encrypt(self, text: str) -> str:
        key, nonce = self.data.current, secrets.token_bytes(NONCE_BYTES)
        sealed = nonce + AESGCM(key.secret).encrypt(nonce, text.encode(), key.key_id.encode())
        return f"{key.key_id}:{base64.b64encode(sealed).decode()}"

    def decrypt(self, cipher: str) -> str:
        """Return the text. Raises ValueError when the ciphertext was altered, KeyError when its key is gone."""
        key_id, _, encoded = cipher.partition(":")
        sealed = base64.b64decode(encoded)
        try:
            return (
                AESGCM(self.data.find(key_id).secret)
                .decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], key_id.encode())
                .decode()
            )
        except InvalidTag:
            raise ValueError("the ciphertext does not belong to this key or was altered") from None

    def is_current(self, sealed: SealedPhone) -> bool:
        """Whether both keys that wrote this are the current ones."""
        return sealed.cipher.startswith(self.data.current.key_id + ":") and sealed.blind_index.startswith(
            self.index.current.key_id + ":"
        )


def parse_phone(text: str, regions: Sequence[str] = ("JP",)) -> str:
    """Return a phone number as E.164 text.

    Full-width digits, hyphens and spaces, a leading 184 or 186 and a zero that a spreadsheet dropped are mended.
    regions are tried in their order for numbers without a country code.

    Raises ValueError when no region makes a valid number of it.
    """
    digits = _CALLER_ID_PREFIX.sub("", normalise_digits(text))
    candidates = [digits]
    if re.fullmatch(r"[6-9]0\d{8}", digits):  # 090… whose zero a spreadsheet dropped
        candidates.insert(0, "0" + digits)
    for candidate in candidates:
        for region in regions:
            try:
                number = phonenumbers.parse(candidate, region)
            except phonenumbers.NumberParseException:
                continue
            if phonenumbers.is_valid_number(number):
                return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    raise ValueError(f"not a phone number: {mask(digits)}")


def national(e164: str) -> str:
    """Return one of our lines as it is dialled in Japan: 050-1234-5678; text that is no number stays as it is."""
    try:
        number = phonenumbers.parse(e164)
    except phonenumbers.NumberParseException:
        return e164
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.NATIONAL)


def conceal(text: str) -> str:
    """Return the text with everything in it that may be a phone number masked."""
    return PHONE_LIKE.sub(lambda found: "****" + re.sub(r"\D", "", normalise_digits(found[0]))[-4:], text)


def mask(e164: str) -> str:
    """Return the number as logs and pages may show it: +8190****1234."""
    if len(e164) < 12:  # what is no whole E.164 number of ours: so few signs would give it away
        return "****" + e164[-4:] if len(e164) > 9 else "****"
    return e164[:5] + "****" + e164[-4:]


def _blind_index(key: Key, e164: str) -> str:
    return f"{key.key_id}:{_digest(key, e164.encode())}"


def _digest(key: Key, content: bytes) -> str:
    return base64.urlsafe_b64encode(hmac.digest(key.secret, content, hashlib.sha256)).decode().rstrip("=")
