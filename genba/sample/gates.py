"""A card reader in the sample world, cards of some workers, and one that nobody knows. No program runs behind it."""

import secrets
from datetime import datetime, timedelta

from core.attendance.model import Channel, RawPunch
from core.attendance.service import record_punches
from core.clock import instant_on, work_date
from core.db import Session
from core.devices import service, store
from core.devices.model import Device, Report
from core.ids import PunchId, SiteId, WorkerId, uuid7
from core.phone import PhoneSealer
from core.registry import cards
from core.registry.card_model import CardTech

PLACE = "守衛所の窓口（見本：実際の機器はつながっていません）"
HELD_UIDS = tuple(f"01010501b00ac3{n:02x}" for n in range(6))
UNKNOWN_UID = "04a1b2c3d4e5f6"
TOUCHED_MIN = (7 * 60 + 44, 17 * 60 + 12)
LAST_HEARD_MIN = 18 * 60
LAST_HEARD_AGO = timedelta(days=8)  # so long ago that nobody is told of its silence any more
CARD_AGES = timedelta(days=365)


def place(session: Session, sealer: PhoneSealer, site_id: SiteId, holders: list[WorkerId], now: datetime) -> None:
    """Put a reader at a site that was heard last a while ago, and give cards to some who work there."""
    today = work_date(now)
    device = _let_in(session, sealer, site_id, instant_on(today - timedelta(days=14), timedelta(hours=9)))
    store.write_report(session, _report(device, instant_on(today - LAST_HEARD_AGO, timedelta(minutes=LAST_HEARD_MIN))))
    for n, (worker_id, uid) in enumerate(zip(holders, HELD_UIDS, strict=False)):
        seen = (CardTech.FELICA, uid)
        card_id = cards.keep_cards(session, sealer, [seen])[seen]
        # The first one's is about to expire.
        expires_on = today + timedelta(days=40) if n == 0 else None
        cards.issue_card(session, worker_id, card_id, today - CARD_AGES * (n + 1), expires_on)
    _touch(session, sealer, device, now)


def _let_in(session: Session, sealer: PhoneSealer, site_id: SiteId, at: datetime) -> Device:
    code = service.make_code(session, site_id, "正門", PLACE, None, None, at)
    return service.enrol(session, sealer, code, secrets.token_bytes(32), at)[0]


def _report(device: Device, at: datetime) -> Report:
    return Report(
        device_id=device.device_id,
        at=at,
        version="1.0",
        platform="Linux",
        skew_ms=120,
        waiting=0,
        oldest_waiting_at=None,
        set_aside=0,
        spool_salvages=0,
        free_bytes=21_500_000_000,
        readers=(("RC-S300", True),),
    )


def _touch(session: Session, sealer: PhoneSealer, device: Device, now: datetime) -> None:
    """Let somebody have touched with a card that nobody knows."""
    seen = (CardTech.TYPE_A, UNKNOWN_UID)
    card_id = cards.keep_cards(session, sealer, [seen])[seen]
    day = work_date(now) - LAST_HEARD_AGO
    touched = [instant_on(day, timedelta(minutes=minutes)) for minutes in TOUCHED_MIN]
    punches = [
        RawPunch(
            punch_id=PunchId(uuid7()),
            sender_key=f"device:{device.device_id}:{uuid7()}",
            channel=Channel.CARD,
            occurred_at=at,
            received_at=at,
            named_site_id=device.site_id,
            card_id=card_id,
            device_id=device.device_id,
            claimed_at=at,
        )
        for at in touched
    ]
    record_punches(session, punches, now)
    store.note_punch(session, device.device_id, touched[-1])
