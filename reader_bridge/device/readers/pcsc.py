"""Cards through PC/SC, by its plain calls: the usual readers on Windows, macOS and Linux.

smartcard's own monitors keep a context for the whole process that never recovers once the service was restarted, so
none of them is used: after any error a new context is made, and the loop goes on.
"""

import importlib
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event
from typing import Any

from reader_bridge.device.readers import Attached, Seen
from reader_bridge.device.readers.atr import technology_of
from reader_bridge.device.touches import Who
from reader_bridge.wire import ReaderShown

GET_UID = [0xFF, 0xCA, 0x00, 0x00, 0x00]  # PC/SC part 3, 3.2.2.1.3
LOOK_EVERY_MS = 500  # also how soon a reader that was plugged in is noticed
TRIES, BETWEEN_TRIES_S = 4, 0.15  # a card that has only just come, or that another program is reading
AGAIN_AFTER_S = 1.0

log = logging.getLogger(__name__)


class ServiceLostError(Exception):
    """The PC/SC service went away, or was never there."""


class PcscReader:
    """All readers that PC/SC knows, each by its own name."""

    def __init__(self, scard: Any = None) -> None:
        """Use pyscard's module of plain calls. Raises ImportError when pyscard is not installed."""
        self._scard = scard or importlib.import_module("smartcard.scard")
        self._attached = Attached()

    def shown(self) -> tuple[ReaderShown, ...]:
        return self._attached.shown()

    def watch(self, tell: Callable[[Seen], None], stop: Event) -> None:
        was_there = True
        while not stop.is_set():
            try:
                with self._context() as context:
                    was_there = True
                    self._follow(context, tell, stop)
            except (ServiceLostError, SystemError) as error:  # SystemError: pyscard on a context that is dead
                self._attached.are([])
                if was_there:
                    log.warning("PC/SC is away: %s", error)
                was_there = False
                stop.wait(AGAIN_AFTER_S)

    def names(self) -> list[str]:
        """Return the readers that are there now. Raises ServiceLostError."""
        with self._context() as context:
            return self._names(context)

    @contextmanager
    def _context(self) -> Iterator[Any]:
        result, context = self._scard.SCardEstablishContext(self._scard.SCARD_SCOPE_USER)
        if result != self._scard.SCARD_S_SUCCESS:
            raise ServiceLostError(self._scard.SCardGetErrorMessage(result))
        try:
            yield context
        finally:
            self._scard.SCardReleaseContext(context)

    def _follow(self, context: Any, tell: Callable[[Seen], None], stop: Event) -> None:
        states: dict[str, int] = {}
        while not stop.is_set():
            names = self._names(context)
            self._attached.are(names)
            states = {name: states.get(name, self._scard.SCARD_STATE_UNAWARE) for name in names}
            if not states:
                stop.wait(AGAIN_AFTER_S)
                continue
            for name, state, atr in self._changes(context, states):
                if self._has_come(states[name], state):
                    tell(Seen(name, self._read(context, name, bytes(atr), stop)))
                states[name] = state & ~self._scard.SCARD_STATE_CHANGED

    def _names(self, context: Any) -> list[str]:
        result, names = self._scard.SCardListReaders(context, [])
        if result == self._scard.SCARD_E_NO_READERS_AVAILABLE:
            return []
        self._check(result)
        return list(names)

    def _changes(self, context: Any, states: dict[str, int]) -> list[tuple[str, int, list[int]]]:
        result, changes = self._scard.SCardGetStatusChange(context, LOOK_EVERY_MS, list(states.items()))
        if result in (self._scard.SCARD_E_TIMEOUT, self._scard.SCARD_E_UNKNOWN_READER):
            return []  # unknown: it was pulled out just now, and the next list says so
        self._check(result)
        return list(changes)

    def _has_come(self, before: int, now: int) -> bool:
        present = self._scard.SCARD_STATE_PRESENT
        if not now & present:
            return False
        if before == self._scard.SCARD_STATE_UNAWARE or not before & present:
            return True
        return before >> 16 != now >> 16  # the upper half counts: it went and came between two looks

    def _read(self, context: Any, name: str, atr: bytes, stop: Event) -> Who | None:
        for _ in range(TRIES):
            uid, fresh_atr = self._read_once(context, name)
            if uid:
                return Who(technology_of(fresh_atr or atr, uid), uid.hex())
            if stop.wait(BETWEEN_TRIES_S):
                break
        return None

    def _read_once(self, context: Any, name: str) -> tuple[bytes, bytes]:
        """Return the UID and the ATR; both empty when the card says nothing."""
        scard = self._scard
        protocols = scard.SCARD_PROTOCOL_T0 | scard.SCARD_PROTOCOL_T1
        result, card, protocol = scard.SCardConnect(context, name, scard.SCARD_SHARE_SHARED, protocols)
        if result != scard.SCARD_S_SUCCESS:
            return b"", b""
        try:
            header = scard.SCARD_PCI_T0 if protocol == scard.SCARD_PROTOCOL_T0 else scard.SCARD_PCI_T1
            result, answer = scard.SCardTransmit(card, header, GET_UID)
            if result != scard.SCARD_S_SUCCESS or answer[-2:] != [0x90, 0x00]:
                return b"", b""
            status = scard.SCardStatus(card)
            return bytes(answer[:-2]), bytes(status[4]) if status[0] == scard.SCARD_S_SUCCESS else b""
        finally:
            scard.SCardDisconnect(card, scard.SCARD_LEAVE_CARD)

    def _check(self, result: int) -> None:
        if result != self._scard.SCARD_S_SUCCESS:
            raise ServiceLostError(self._scard.SCardGetErrorMessage(result))
