"""Cards through nfcpy: readers with a PN53x or RC-S380, and its simulated field over UDP. Only their identifier."""

import importlib
import logging
import time
from collections.abc import Callable
from threading import Event
from typing import Any

from reader_bridge.device.readers import Attached, Seen
from reader_bridge.device.touches import Who
from reader_bridge.wire import ReaderShown

TECHNOLOGIES = ("212F", "106A", "106B")
GONE_AFTER_S = 2.0  # a card that lies there is sometimes not seen for a moment
BETWEEN_LOOKS_S = 0.1
AGAIN_AFTER_S = 2.0
_TECH = {"A": "type_a", "B": "type_b", "F": "felica"}

log = logging.getLogger(__name__)


class NfcReader:
    """One device by its nfcpy path: usb, usb:054c:06c1, tty:USB0:pn532, udp:127.0.0.1:54321."""

    def __init__(self, path: str, technologies: tuple[str, ...] = TECHNOLOGIES) -> None:
        """Look for these technologies in this order. Raises ImportError when nfcpy is not installed."""
        self._nfc = importlib.import_module("nfc")
        importlib.import_module("nfc.clf")
        self._path, self._technologies = path, technologies
        self._name = f"NFC {path}"
        self._attached = Attached(self._name)
        self._last: tuple[Who, float] | None = None

    def shown(self) -> tuple[ReaderShown, ...]:
        return self._attached.shown()

    def watch(self, tell: Callable[[Seen], None], stop: Event) -> None:
        while not stop.is_set():
            try:
                with self._nfc.ContactlessFrontend(self._path) as frontend:
                    self._attached.are([self._name])
                    self._follow(frontend, tell, stop)
            except OSError as error:  # not plugged in, or pulled out
                log.debug("no reader at %s: %s", self._path, error)
            self._attached.are([])
            stop.wait(AGAIN_AFTER_S)

    def _follow(self, frontend: Any, tell: Callable[[Seen], None], stop: Event) -> None:
        while not stop.is_set():
            for technology in self._technologies:  # one by one: a simulated field takes a second for each
                who = self._sense(frontend, technology)
                if who is not None and self._has_come(who, time.monotonic()):
                    tell(Seen(self._name, who))
                if who is not None or stop.is_set():
                    break
            stop.wait(BETWEEN_LOOKS_S)

    def _sense(self, frontend: Any, technology: str) -> Who | None:
        clf = self._nfc.clf
        try:
            target = frontend.sense(clf.RemoteTarget(technology), iterations=1)
        except (clf.CommunicationError, clf.UnsupportedTargetError):
            return None
        finally:
            frontend.device.mute()  # the next look must find a card that has forgotten this one
        return None if target is None else _who(target)

    def _has_come(self, who: Who, now: float) -> bool:
        last, self._last = self._last, (who, now)
        return last is None or last[0] != who or now - last[1] > GONE_AFTER_S


def _who(target: Any) -> Who | None:
    kind: str = target.brty[-1:]
    match kind:
        case "F":
            uid = bytes(target.sensf_res[1:9])
        case "B":
            uid = bytes(target.sensb_res[1:5])
        case _ if getattr(target, "sdd_res", None):
            uid = bytes(target.sdd_res)
        case _ if getattr(target, "rid_res", None):
            uid = bytes(target.rid_res[2:6])
        case _:
            return None
    return Who(_TECH[kind], uid.hex())
