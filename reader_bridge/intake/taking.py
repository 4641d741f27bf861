"""Taking a batch: each item is read, stored and answered by itself, whatever becomes of the others."""

import asyncio
import logging
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.exc import InterfaceError, OperationalError

from core.attendance.model import Direction, RawPunch
from core.attendance.service import Outcome
from core.attendance.writer import PunchWriter
from core.db import Session
from core.devices import store
from core.devices.model import Device
from core.devices.service import directory_key, site_served
from core.ids import CardId, DeviceId, PunchId, SiteId, WorkerId, uuid7
from core.phone import PhoneSealer
from core.registry import cards
from core.registry.card_model import CardTech
from reader_bridge.intake.items import Malformed, Touch, item_id_of, read_item
from reader_bridge.intake.times import Shown, moment_of
from reader_bridge.wire import ItemAnswer, person_key

log = logging.getLogger(__name__)

CardIds = dict[tuple[CardTech, str], CardId]
MayName = Callable[[Session, Collection[WorkerId]], Collection[WorkerId]]


@dataclass(frozen=True, slots=True)
class Batch:
    """What one request brought, with the clocks it was sent by."""

    items: Sequence[object]
    sent: Shown | None
    received_at: datetime


@dataclass(frozen=True, slots=True)
class Sender:
    """Who sends: how its keys in the ledger begin, the sites it may name, and the direction it records, if fixed.

    A device's directory_key makes what it tells people apart by; partners have none.
    """

    prefix: str
    served: Sequence[tuple[datetime, SiteId]]
    device_id: DeviceId | None = None
    direction: Direction | None = None
    directory_key: bytes | None = None


async def take_of_device(writer: PunchWriter, sealer: PhoneSealer, device: Device, batch: Batch) -> list[ItemAnswer]:
    """Store the items of a device and return an answer for each, in their order.

    Raises OperationalError or InterfaceError when the database is away: then nothing was answered, and all come again.
    """

    def sender_of(session: Session) -> Sender:
        store.note_punch(session, device.device_id, batch.received_at)
        served = store.sites_of(session, device.device_id)
        key = directory_key(sealer, device)
        return Sender(f"device:{device.device_id}", served, device.device_id, device.direction, key)

    return await take(writer, sealer, batch, sender_of)


async def take(
    writer: PunchWriter,
    sealer: PhoneSealer,
    batch: Batch,
    sender_of: Callable[[Session], Sender],
    may_name: MayName | None = None,
) -> list[ItemAnswer]:
    """Store items and return an answer for each, in their order; sender_of is asked where the cards are kept.

    may_name returns who of some workers may be named in the answers; without it all are.

    Raises as take_of_device().
    """
    read = [_read(item, position) for position, item in enumerate(batch.items)]
    touches = [touch for touch in read if isinstance(touch, Touch)]
    if not touches:
        return [touch for touch in read if not isinstance(touch, Touch)]
    seen = {touch.card for touch in touches if touch.card is not None}

    def prepare(session: Session) -> tuple[CardIds, Sender]:
        return cards.keep_cards(session, sealer, seen), sender_of(session)

    card_ids, sender = await writer.write(prepare)
    punches = [_punch(sender, touch, batch, card_ids) for touch in touches]
    outcomes = await asyncio.gather(
        *(writer.record(punch, _as_it_is) for punch in punches if punch is not None), return_exceptions=True
    )
    if outcomes and all(isinstance(outcome, OperationalError | InterfaceError) for outcome in outcomes):
        raise next(outcome for outcome in outcomes if isinstance(outcome, Exception))
    persons = {each.known.person.worker_id for each in outcomes if isinstance(each, Outcome) and each.known.person}
    named = await _named(writer, persons, may_name)
    coming = iter(outcomes)
    answers = iter(
        [
            _elsewhere(touch) if punch is None else _answer(touch, next(coming), named, sender.directory_key)
            for touch, punch in zip(touches, punches, strict=True)
        ]
    )
    return [next(answers) if isinstance(touch, Touch) else touch for touch in read]


async def _named(writer: PunchWriter, persons: Collection[WorkerId], may_name: MayName | None) -> Collection[WorkerId]:
    if may_name is None or not persons:
        return persons
    named: Collection[WorkerId] = await writer.write(lambda session: may_name(session, persons))
    return named


def _as_it_is(_session: Session, outcome: Outcome) -> Outcome:
    return outcome


def _read(item: object, position: int) -> Touch | ItemAnswer:
    try:
        return read_item(item)
    except Malformed as error:
        return {
            "id": item_id_of(item, position),
            "result": "refused",
            "code": error.code,
            "message": error.message,
        }


def _punch(sender: Sender, touch: Touch, batch: Batch, card_ids: CardIds) -> RawPunch | None:
    """Return a touch as a punch; None when it names no site of the sender's and there is no telling where it was."""
    moment = moment_of(
        touch.touched,
        batch.sent,
        batch.received_at,
        boot_began_at=touch.boot_began_at,
        clock_ok=touch.clock_ok,
    )
    site_id, is_doubtful = _site(sender, touch, moment.at)
    if site_id is None:
        return None
    return RawPunch(
        punch_id=PunchId(uuid7()),
        sender_key=f"{sender.prefix}:{touch.item_id}",
        channel=touch.channel,
        occurred_at=moment.at,
        received_at=batch.received_at,
        named_site_id=site_id,
        requested_direction=touch.direction or sender.direction,
        card_id=card_ids[touch.card] if touch.card else None,
        typed_ccus_id=touch.ccus_id,
        device_id=sender.device_id,
        claimed_at=touch.touched.at,
        is_clock_uncertain=moment.is_uncertain or is_doubtful,
    )


def _site(sender: Sender, touch: Touch, at: datetime) -> tuple[SiteId | None, bool]:
    """Return the site of a touch, and whether a person has to look at it.

    A device says at which site it knew itself. Where it served another one at that time, time or move is not as it
    seems: a clock was wrong, or it had not heard yet that it was moved. Its own word stands, and is shown to a person.
    """
    served_then = site_served(sender.served, at) if sender.device_id is not None else None
    if touch.site_id in {site_id for _, site_id in sender.served}:
        return touch.site_id, served_then not in (None, touch.site_id)
    return served_then, False


def _elsewhere(touch: Touch) -> ItemAnswer:
    message = "site_id names a site of the prime contractor that the key is for: /api/v1/sites lists them"
    return {"id": touch.item_id, "result": "refused", "code": "site_id", "message": message}


def _answer(touch: Touch, outcome: Any, named: Collection[WorkerId], key: bytes | None) -> ItemAnswer:
    if isinstance(outcome, BaseException):
        log.error("touch %s could not be stored: %s", touch.item_id, type(outcome).__name__, exc_info=outcome)
        return {"id": touch.item_id, "result": "retry", "code": "not_now", "message": "send it again later"}
    if not isinstance(outcome, Outcome):
        raise TypeError(f"not an outcome: {outcome!r}")
    if outcome.is_conflict:
        message = "a touch with this id came before with other facts: both are kept, and a person decides"
        return {"id": touch.item_id, "result": "refused", "code": "conflict", "message": message}
    answer: ItemAnswer = {"id": touch.item_id, "result": "duplicate" if outcome.is_retry else "accepted"}
    judgement = outcome.judgement
    if judgement is not None:
        answer["verdict"] = judgement.verdict.value
        if judgement.reason is not None:
            answer["reason"] = judgement.reason.value
        if judgement.direction is not None:
            answer["direction"] = judgement.direction.value
    person = outcome.known.person
    if person is not None and person.worker_id in named:
        answer["worker"] = person.name
        if key is not None:
            answer["language"] = person.language.value
            answer["person"] = person_key(key, str(person.worker_id))
    return answer
