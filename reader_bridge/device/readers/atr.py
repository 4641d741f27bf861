"""What the answer to reset that a PC/SC reader makes up for a contactless card tells of the card's technology.

PC/SC part 3 (2.01.09, section 3.1.3.2.3): a storage card carries the registered id A0 00 00 03 06 and a standard byte;
a card that speaks ISO 14443-4 carries its own historical bytes, of type B always eight, the last with an empty half.
"""

from typing import Literal

Tech = Literal["type_a", "type_b", "felica", "unknown"]

_STORAGE = bytes.fromhex("80 4f 0c a0 00 00 03 06")
_STANDARDS: dict[int, Tech] = {
    **dict.fromkeys((0x01, 0x02, 0x03), "type_a"),
    **dict.fromkeys((0x05, 0x06, 0x07), "type_b"),
    0x11: "felica",
}
_FELICA_UID_BYTES, _TYPE_A_ONLY_UID_BYTES = 8, (7, 10)


def technology_of(atr: bytes, uid: bytes) -> Tech:
    """Return the technology; the length of the UID decides where the ATR leaves it open."""
    historical = _historical_bytes(atr)
    if historical is None:
        return "unknown"
    if historical.startswith(_STORAGE) and len(historical) > len(_STORAGE):
        return _STANDARDS.get(historical[len(_STORAGE)], "unknown")
    if len(uid) == _FELICA_UID_BYTES:
        return "felica"
    if len(uid) in _TYPE_A_ONLY_UID_BYTES:
        return "type_a"
    looks_like_type_b = len(historical) == 8 and not historical[7] & 0x0F
    return "type_b" if looks_like_type_b else "type_a"


def _historical_bytes(atr: bytes) -> bytes | None:
    """Return them; None when the card is not one that a contactless reader speaks for (3B 8n 80 01)."""
    if len(atr) < 4 or atr[0] != 0x3B or atr[1] & 0xF0 != 0x80 or atr[2:4] != b"\x80\x01":
        return None
    return atr[4 : 4 + (atr[1] & 0x0F)]
