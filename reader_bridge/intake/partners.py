"""Partner systems at the same door: an API key in place of a signature, and an Idempotency-Key for each request."""

from collections.abc import Callable, Collection
from contextlib import suppress
from typing import Any

import orjson
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

from core.attendance.model import RawPunch
from core.attendance.service import record_punches
from core.attendance.writer import PunchWriter, Then, Work
from core.clock import Clock
from core.db import Database, Session
from core.errors import InvalidInput
from core.ids import WorkerId
from core.partners import service as partners
from core.partners import store
from core.partners.model import Holder, KeyScope
from core.phone import PhoneSealer
from reader_bridge.intake.access import Denied
from reader_bridge.intake.items import Malformed
from reader_bridge.intake.taking import Batch, Sender, take

KEY_MAX = 200
BEARER = "bearer "


def is_partner(request: Request) -> bool:
    """Whether a request comes with an API key."""
    return request.headers.get("authorization", "").lower().startswith(BEARER)


def find_holder(database: Database, request: Request, scope: KeyScope, clock: Clock) -> Holder:
    """Return who came with a key that lets him do something, and note that it was used. Raises Denied."""
    secret = request.headers.get("authorization", "")[len(BEARER) :].strip()
    with database.read() as session:
        holder = partners.holder_of(session, secret)
    if holder is None:
        raise Denied(401, "unknown_key", "no key is known by this secret, or it was revoked")
    if scope not in holder.key.scopes:
        raise Denied(403, "scope", f"this key does not have the scope {scope}")
    now = clock.now()
    if not partners.is_noted(holder.key, now):
        with database.write() as session:
            partners.note_use(session, holder.key, now)
    return holder


def idempotency_key(request: Request) -> str:
    """Return the key by which a request is known when it comes again. Raises Malformed without one."""
    given = request.headers.get("idempotency-key", "")
    if not 0 < len(given) <= KEY_MAX or not given.isascii() or not given.isprintable():
        message = f"send an Idempotency-Key of at most {KEY_MAX} signs, the same whenever you repeat the request"
        raise Malformed("idempotency_key", message)
    return given


def answered_before(database: Database, holder: Holder, key: str, body: bytes) -> Any:
    """Return what the same request was answered; None when it is new. Raises Denied when another came with its key."""
    try:
        with database.read() as session:
            kept = partners.answer_again(session, holder, key, body)
    except InvalidInput as error:
        raise Denied(422, "idempotency_key_reused", str(error)) from None
    return None if kept is None else orjson.loads(kept.answer)


async def take_of_partner(
    writer: PunchWriter, sealer: PhoneSealer, holder: Holder, batch: Batch, key: str, body: bytes
) -> dict[str, Any]:
    """Store the items of a partner, and what they were answered.

    It is told the names of those alone whom its prime contractor knows: else any 14 digits would ask whose they are.
    """

    def sender_of(session: Session) -> Sender:
        sites = store.sites_of(session, holder.partner.prime_contractor_id)
        return Sender(f"partner:{holder.partner.partner_id}", [(batch.received_at, site_id) for site_id in sites])

    def may_name(session: Session, persons: Collection[WorkerId]) -> Collection[WorkerId]:
        return store.workers_known(session, holder.partner.prime_contractor_id, persons)

    answers = await take(writer, sealer, batch, sender_of, may_name)
    answer = {"now": batch.received_at.isoformat(), "items": answers}
    if not any(each["result"] == "retry" for each in answers):  # what is to come again must not be answered so for days
        text = orjson.dumps(answer).decode()
        await writer.write(lambda session: partners.keep_answer(session, holder, key, body, text, batch.received_at))
    return answer


class SandboxWriter:
    """Does everything a writer does, and takes it back: for a partner that tries out what it would be answered."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def record(self, punch: RawPunch, then: Then) -> Any:
        return await self.write(lambda session: then(session, record_punches(session, [punch], self._clock.now())[0]))

    async def write(self, work: Work) -> Any:
        return await run_in_threadpool(self._taken_back, work)

    async def stop(self) -> None:
        return None

    @property
    def waiting(self) -> int:
        return 0

    def _taken_back(self, work: Callable[[Session], Any]) -> Any:
        result = None
        with suppress(_TakenBack), self._database.write() as session:
            result = work(session)
            raise _TakenBack
        return result


class _TakenBack(Exception):
    """Ends a transaction that is not to stay."""
