"""A card in the field of vpcd's virtual reader: while it is there, a connection to the reader's port is open.

Messages both ways are two bytes of length and as many of content; one byte alone is off, on, reset, or the question
for the ATR. What a real reader answers in the card's place (the UID) is answered here.
"""

import socket
import struct
import time
from dataclasses import dataclass

ASK_ATR = b"\x04"
_STORAGE = "804f0ca000000306{standard:02x}{card:04x}00000000"


def _contactless(historical: bytes) -> bytes:
    body = bytes([0x80 | len(historical), 0x80, 0x01]) + historical
    check = 0
    for byte in body:
        check ^= byte
    return b"\x3b" + body + bytes([check])


def storage_atr(standard: int, card: int = 0x003B) -> bytes:
    """Return the ATR of a storage card by PC/SC part 3: standard 0x11 is FeliCa, 0x03 type A, 0x07 type B."""
    return _contactless(bytes.fromhex(_STORAGE.format(standard=standard, card=card)))


FELICA, TYPE_A, ISO_4 = storage_atr(0x11), storage_atr(0x03, 1), bytes.fromhex("3b80800101")


def hold(port: int, uid: bytes, seconds: float, *, atr: bytes = FELICA, silent_reads: int = 0) -> None:
    """Hold a card at the reader on a port for a while; it says nothing to the first few questions for its UID."""
    ends = time.monotonic() + seconds
    card = _Card(uid, atr, silent_reads)
    while time.monotonic() < ends:
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=5) as reader:
                card.serve(reader, ends)
        except ConnectionError:  # a service that is only just starting hangs up at first
            time.sleep(0.1)


@dataclass(slots=True)
class _Card:
    uid: bytes
    atr: bytes
    silent_reads: int

    def serve(self, reader: socket.socket, ends: float) -> None:
        while (left := ends - time.monotonic()) > 0:
            reader.settimeout(left)
            try:
                asked = _message(reader)
            except TimeoutError:
                return
            if len(asked) == 1 and asked != ASK_ATR:
                continue
            answer = self.atr if asked == ASK_ATR else _answer(asked, self.uid, silent=self.silent_reads > 0)
            self.silent_reads -= asked != ASK_ATR
            reader.sendall(struct.pack(">H", len(answer)) + answer)


def _answer(command: bytes, uid: bytes, *, silent: bool) -> bytes:
    if silent or command[:2] != b"\xff\xca":
        return b"\x6f\x00"
    return uid + b"\x90\x00"


def _message(reader: socket.socket) -> bytes:
    return _exactly(reader, struct.unpack(">H", _exactly(reader, 2))[0])


def _exactly(reader: socket.socket, count: int) -> bytes:
    got = b""
    while len(got) < count:
        part = reader.recv(count - len(got))
        if not part:
            raise ConnectionResetError
        got += part
    return got
