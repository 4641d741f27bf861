"""The phone's web application: four webhooks of a carrier, each answered in its own language of documents.

What a caller hears never depends on luck: a signature that does not fit is 403, everything after that is an answer that
speaks, errors too. The punch is committed before the answer is sent; while that fails, whatever the cause, it waits in
the spool.
"""

import asyncio
import logging
import sqlite3
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl

from fastapi import FastAPI
from sqlalchemy.exc import InterfaceError, OperationalError
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response

from core.attendance.model import RawPunch
from core.attendance.service import Outcome
from core.attendance.writer import PunchWriter, open_writer
from core.clock import Clock
from core.db import Database, Session
from core.registry.model import Language
from core.settings import Settings
from core.work.queue import Nudger
from ivr import carriers, service
from ivr.effects import Call
from ivr.model import CallerId, CallEvent, HangUp, Say, Sentence
from ivr.spool import Spool
from ivr.twiml import KEYS_PATH, render

log = logging.getLogger(__name__)

BODY_MAX_BYTES = 64 * 1024  # a carrier's form has about 2 kB
ANSWER_WITHIN_S = 9.0  # carriers give up after 15 s, and some after 10
DRAIN_EVERY_S = 5.0
FINAL_STATUSES = frozenset({"completed", "busy", "failed", "no-answer", "canceled"})

_AWAY = (OperationalError, InterfaceError, OSError)  # a TimeoutError is an OSError


@dataclass(slots=True)
class Phone:
    """One process's phone: its writer, its spool, and what it has counted."""

    settings: Settings
    database: Database
    clock: Clock
    writer: PunchWriter
    spool: Spool
    fixed: Mapping[tuple[str, str], str]
    nudger: Nudger
    webhooks: dict[str, int]


def create_app(settings: Settings, database: Database, clock: Clock) -> FastAPI:
    """Return the application. Its writer runs until the application's lifespan ends."""
    spool, fixed = Spool(settings.spool_path), _fixed_answers(settings)
    phone = Phone(settings, database, clock, open_writer(database, clock), spool, fixed, Nudger(settings.redis_url), {})

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        stopping = threading.Event()
        drainer = threading.Thread(target=_drain, args=(phone, stopping), name="spool-drainer", daemon=True)
        drainer.start()
        yield
        stopping.set()
        await phone.writer.stop()
        await asyncio.to_thread(drainer.join)

    app = FastAPI(lifespan=lifespan, docs_url=None, redoc_url=None, openapi_url=None)
    app.state.phone = phone
    for path, answer in (("voice", _voice), ("fallback", _voice), ("keys", _keys), ("status", _status)):
        app.add_route(f"/ivr/{path}", _webhook(phone, path, answer), methods=["POST"])
    return app


def _fixed_answers(settings: Settings) -> dict[tuple[str, str], str]:
    """Return what is said when nothing else works, made beforehand: saying it must not be able to fail."""
    return {
        (account.carrier, key): render((Say((Sentence(key, Language.JAPANESE),)), HangUp()), account.carrier)
        for account in settings.carriers
        for key in ("failure", "spooled", "withheld")
    }


Answer = Callable[[Phone, Request, CallEvent], Awaitable[Response]]


def _webhook(phone: Phone, name: str, answer: Answer) -> Callable[[Request], Awaitable[Response]]:
    """Return the route of one webhook: read, verify, answer; an error is spoken, whatever it is."""

    async def route(request: Request) -> Response:
        phone.webhooks[name] = phone.webhooks.get(name, 0) + 1
        body = await _read(request)
        if body is None:
            return PlainTextResponse("too large", status_code=413)
        event = _verified(phone.settings, request, body)
        if event is None:
            return PlainTextResponse("the signature does not fit: see `genba doctor`", status_code=403)
        try:
            return await answer(phone, request, event)
        except _AWAY as error:
            log.warning("the database is away (%s): %s of call %s failed", type(error).__name__, name, event.call_key)
        except Exception:
            log.exception("webhook %s failed for call %s", name, event.call_key)
        return _spoken(phone, event, "failure")

    return route


async def _read(request: Request) -> bytes | None:
    """Return the body, or None when it is larger than any carrier's or breaks off."""
    chunks, size = [], 0
    try:
        async for chunk in request.stream():
            size += len(chunk)
            if size > BODY_MAX_BYTES:
                return None
            chunks.append(chunk)
    except ClientDisconnect:
        return None
    return b"".join(chunks)


def _verified(settings: Settings, request: Request, body: bytes) -> CallEvent | None:
    """Return what the carrier says, in our words; None when it is not our carrier, or not our account."""
    try:
        form = parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=500)
    except ValueError:
        return None
    adapter = carriers.identify(request.headers, settings, form)
    if adapter is None:
        return None
    urls = carriers.public_urls_of(settings, request.scope["raw_path"], request.scope["query_string"])
    if not any(adapter.is_genuine(adapter.account.secret, url, form, adapter.signature) for url in urls):
        return None
    return adapter.read(form) if adapter.is_well_formed(form) else None


async def _voice(phone: Phone, _request: Request, event: CallEvent) -> Response:
    now = phone.clock.now()
    punch = service.punch_of(event, phone.settings.sealer, now)
    marked: list[str] = []

    def answer(session: Session, outcome: Outcome) -> str:
        return service.answer_first(_call(phone, session, event, now, marked), outcome)

    try:
        reply = await _result(phone.writer.record(punch, answer))
        if marked:
            asyncio.get_running_loop().run_in_executor(None, phone.nudger.nudge, marked[0])
        return _document(reply)
    except _AWAY as error:
        # The commit may still come, or have come: the spool keeps the same key, and nothing is stored twice.
        log.warning("the database is away (%s): call %s goes to the spool", type(error).__name__, event.call_key)
    except Exception:
        # A fault of ours in judging or answering takes the record back with it: the call itself is not lost for that.
        log.exception("call %s cannot be answered now and goes to the spool", event.call_key)
    return await _spooled(phone, punch, event)


async def _keys(phone: Phone, request: Request, event: CallEvent) -> Response:
    number = request.query_params.get("n", "")
    turn = int(number) if number.isascii() and number.isdigit() and len(number) < 5 else 0
    now = phone.clock.now()
    reply = await _result(
        phone.writer.write(lambda session: service.answer_keys(_call(phone, session, event, now), turn))
    )
    return _document(reply) if reply is not None else _spoken(phone, event, "failure")


async def _status(phone: Phone, _request: Request, event: CallEvent) -> Response:
    if event.status in FINAL_STATUSES:
        now = phone.clock.now()
        await _result(phone.writer.write(lambda session: service.take_event(session, event, now)))
    return Response(status_code=204)


def _call(phone: Phone, session: Session, event: CallEvent, now: datetime, marked: list[str] | None = None) -> Call:
    # SignalWire wants an absolute address; Twilio completes a relative one from the request's own.
    base = phone.settings.public_url if event.carrier == "signalwire" else ""
    return Call(session, event, phone.settings.sealer, base + KEYS_PATH, now, [] if marked is None else marked)


async def _result(answering: Awaitable[Any]) -> Any:
    async with asyncio.timeout(ANSWER_WITHIN_S):
        return await answering


async def _spooled(phone: Phone, punch: RawPunch, event: CallEvent) -> Response:
    try:
        await asyncio.to_thread(phone.spool.keep, punch)
    except (sqlite3.Error, OSError):
        log.exception("the spool failed too: call %s is told to try again", event.call_key)
        return _spoken(phone, event, "failure")
    return _spoken(phone, event, "withheld" if event.caller_id is CallerId.WITHHELD else "spooled")


def _document(reply: str) -> Response:
    return Response(reply, media_type="application/xml")


def _spoken(phone: Phone, event: CallEvent, key: str) -> Response:
    return _document(phone.fixed[event.carrier, key])


def _drain(phone: Phone, stopping: threading.Event) -> None:
    _make_ready(phone)
    while not stopping.wait(DRAIN_EVERY_S):
        _make_ready(phone)
        try:
            drained = phone.spool.drain(phone.database, phone.clock.now(), stopping)
        except Exception as error:  # the database is still away, or the file is: the next round tries again
            log.warning("the spool waits: %s", type(error).__name__)
        else:
            if drained:
                log.info("recorded %d call(s) from the spool", drained)


def _make_ready(phone: Phone) -> None:
    try:
        phone.spool.make_ready()
    except (sqlite3.Error, OSError) as error:
        log.warning("the spool is not ready for calls: %s", error)
