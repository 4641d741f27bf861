"""The device as a whole: a card that is seen becomes a touch on the disk, then a picture on the page, then is sent.

It also hears what uplink and heartbeat learn from the server, and knows what the page shows besides.
"""

import logging
import sqlite3
import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from core import texts
from reader_bridge.device import identity as identities
from reader_bridge.device import showing, updating
from reader_bridge.device.board import Board
from reader_bridge.device.debounce import Debounce
from reader_bridge.device.directory import Directory
from reader_bridge.device.identity import Identity
from reader_bridge.device.machine import Machine, ms_of
from reader_bridge.device.readers import Seen
from reader_bridge.device.readers.typed import NAME, read_typed
from reader_bridge.device.showing import Shown, State
from reader_bridge.device.spool import Spool
from reader_bridge.device.spool_file import SpoolFullError
from reader_bridge.device.touches import Channel, NewTouch, Touch, Who
from reader_bridge.wire import DeviceShown, PersonShown, ReaderShown

CORRECTED_FOR = 50  # of so many last touches the page still hears the answer
LAST_SHOWN = 12

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Parts:
    """What a station is put together from. directory is None while the device is not enrolled."""

    folder: Path
    spool: Spool
    machine: Machine
    identity: Identity | None
    directory: Directory | None
    readers: Callable[[], list[ReaderShown]]
    invite_every_s: int = 0


class Station:
    """One device at a gate. Several threads may use it."""

    def __init__(self, parts: Parts) -> None:
        self.board = Board()
        self.on_touch: Callable[[], None] = lambda: None
        self.on_server: Callable[[], None] = lambda: None
        self.on_directory: Callable[[], None] = lambda: None
        self.on_revoked: Callable[[], None] = lambda: None
        self.send_now: Callable[[], None] = lambda: None
        self._parts = parts
        self._spool, self._machine, self._directory = parts.spool, parts.machine, parts.directory
        self.identity = parts.identity
        self._debounce = Debounce()
        self._keeping = threading.Lock()
        self._shown: OrderedDict[str, Shown] = OrderedDict()
        self._online: bool | None = None
        self._refusal = "revoked" if parts.identity and parts.identity.revoked else None

    # A card comes

    def seen(self, seen: Seen) -> None:
        """Keep a touch and show it; what is shown and heard follows from what is on the disk."""
        if seen.who is None:
            self.board.show(showing.unread(self._now()))
            return
        with self._keeping:  # two readers may see the same card at the same moment, and an answer may come at once
            self.board.show(self._keep(seen.who, seen.reader))
        self.on_touch()

    def typed(self, text: str) -> bool:
        """Keep what came by the keys; return whether it named anybody."""
        who = read_typed(text)
        if who is not None:
            self.seen(Seen(NAME, who))
        return who is not None

    def _keep(self, who: Who, reader: str) -> Shown:
        kept_at = self._debounce.kept_at(who.key)
        if kept_at is not None:
            return showing.repeated(kept_at, self._person(who))
        try:
            touch = self._spool.append(self._new(who, reader))
        except (SpoolFullError, sqlite3.Error, OSError):
            log.exception("a touch could not be kept")
            return showing.not_kept(self._now())
        self._debounce.keep(who.key, touch.at)
        return self._remember(touch)

    def _new(self, who: Who, reader: str) -> NewTouch:
        moment = self._machine.moment()
        direction = self.identity.direction if self.identity else None
        channel: Channel = "card" if who.card else "keypad"
        return NewTouch(
            who,
            reader,
            moment.at,
            direction,
            moment.boot_id,
            moment.boottime_ms,
            channel,
            clock_ok=moment.clock_ok,
            site_id=self.identity.site_id if self.identity else None,
        )

    def _remember(self, touch: Touch) -> Shown:
        if touch.who.card is None:
            shown = showing.kept_by_id(touch.id, touch.at, self.identity)
        else:
            shown = showing.kept(touch.id, touch.at, self._person(touch.who), self.identity)
        self._shown[touch.id] = shown
        while len(self._shown) > CORRECTED_FOR:
            self._shown.popitem(last=False)
        return shown

    # The server is heard

    def answered(self, touch: Touch, answer: dict[str, Any]) -> None:
        """Correct what is shown of a touch that was made just now."""
        person = self._person(touch.who)
        site = self.identity.site_name if self.identity else ""
        with self._keeping:
            shown = self._shown.pop(touch.id, None)
            if shown is not None:
                self.board.show(showing.corrected(shown, answer, touch.at, person, site))

    def line_is(self, *, up: bool, refusal: str | None = None) -> None:
        self._online, self._refusal = up, refusal

    def revoked(self) -> None:
        """Forget the people and remember, beyond a restart, that nothing may be sent; what waits is kept."""
        log.error("this device was revoked; its touches stay in the spool")
        self._refusal = "revoked"
        if self._directory is not None:
            self._directory.wipe()
        if self.identity is not None:
            self.identity = replace(self.identity, revoked=True)
            identities.keep_change(self._parts.folder, self.identity)
        self.on_revoked()

    def turned_away(self, code: str) -> None:
        if code == "revoked":
            self.revoked()
        else:
            self.line_is(up=True, refusal=code)

    def server_answers(self) -> None:
        self.line_is(up=True)
        self.on_server()

    def device_is(self, device: DeviceShown) -> None:
        """Take over what the office changed of this device."""
        if self.identity is None:
            return
        changed = self.identity.shown_as(device)
        if changed != self.identity:
            self.identity = changed
            identities.keep_change(self._parts.folder, changed)

    def directory_is(self, version: str) -> None:
        if self._directory is not None and self._directory.version != version:
            self.on_directory()

    def is_quiet(self) -> bool:
        """Whether nobody would miss the program for some seconds."""
        newest = self._spool.newest(1)
        return updating.is_quiet(self._now(), newest[0].at if newest else None)

    # The page looks

    def state(self) -> State:
        """Return what the page shows besides the last touch."""
        now = self._now()
        unsent = self._spool.unsent()
        day_starts_min = self.identity.day_starts_min if self.identity else 0
        return {
            "now_ms": ms_of(now),
            "site": self.identity.site_name if self.identity else "",
            "device": self.identity.name if self.identity else "",
            "online": self._online,
            "refusal": self._refusal if self.identity else "not_enrolled",
            "people": self._spool.touched_since(showing.day_start(now, day_starts_min)),
            "unsent": unsent.waiting,
            "oldest": showing.oldest(unsent, now),
            "set_aside": unsent.set_aside,
            "room": not self._spool.ballast.is_spent(),
            "readers": showing.readers_named(self._parts.readers()),
            "last": [self._last(touch) for touch in self._spool.newest(LAST_SHOWN)],
            "invite_every_s": self._parts.invite_every_s,
            "invitation": texts.sentence(showing.JAPANESE, "gate_invite"),
        }

    def _last(self, touch: Touch) -> showing.Last:
        person = self._person(touch.who)
        answer = {} if person else self._spool.answer_of(touch.id) or {}
        unknown = showing.UNKNOWN_NAME if touch.who.card else showing.TYPED_NAME
        name = person["name"] if person else str(answer.get("worker") or unknown)
        return {"time": showing.clock_time(touch.at), "name": name}

    def _person(self, who: Who) -> PersonShown | None:
        return self._directory.person(who) if self._directory is not None else None

    def _now(self) -> datetime:
        return self._spool.now(self._machine.moment())
