"""The intake's web application: devices enrol, send touches, tell how they are, and fetch whom they should know.

Every answer that is not 200 is a Problem with a stable code. What cannot be taken now is answered so that the sender
keeps it: 503 with Retry-After for all, or "retry" for one item.
"""

import base64
import binascii
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import orjson
from fastapi import FastAPI
from sqlalchemy.exc import InterfaceError, OperationalError
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from core.attendance.writer import PunchWriter, open_writer
from core.clock import Clock, SystemClock
from core.db import INGEST_ROLE, Database, Session, open_database
from core.devices import service as devices
from core.devices.model import HEARTBEAT_EVERY, Device, Report
from core.errors import NotAllowed
from core.partners.model import KeyScope
from core.settings import Settings
from reader_bridge import signing
from reader_bridge.intake import documentation, partners, people, updates
from reader_bridge.intake.access import Denied, find_device, signed_by
from reader_bridge.intake.items import Malformed, read_instant, read_int, read_sent, read_text
from reader_bridge.intake.taking import Batch, take_of_device
from reader_bridge.problems import answer as json_answer
from reader_bridge.problems import not_now, problem
from reader_bridge.wire import DIRECTORY, ENROL, HEARTBEAT, MAX_BODY_BYTES, MAX_ITEMS, PUNCHES

log = logging.getLogger(__name__)

HEARTBEAT_EVERY_S = int(HEARTBEAT_EVERY.total_seconds())
READERS_MAX = 16
_AWAY = (OperationalError, InterfaceError, TimeoutError)


@dataclass(slots=True)
class Intake:
    """One process's intake."""

    settings: Settings
    database: Database
    clock: Clock
    writer: PunchWriter


Answer = Callable[[Intake, Request, bytes], Awaitable[Any]]


def create_app(settings: Settings, database: Database, clock: Clock) -> FastAPI:
    """Return the application. Its writer runs until the application's lifespan ends."""
    intake = Intake(settings, database, clock, open_writer(database, clock))

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        yield
        await intake.writer.stop()

    app = FastAPI(
        title="Genba Call intake",
        version="1",
        description=documentation.INTRODUCTION,
        lifespan=lifespan,
        docs_url=None,  # its pages load from other hosts
        redoc_url=None,
        openapi_url="/intake/v1/openapi.json",
    )
    app.state.intake = intake
    for path, method, answer in (
        (PUNCHES, "POST", _punches),
        (ENROL, "POST", _enrol),
        (HEARTBEAT, "POST", _heartbeat),
        (DIRECTORY, "GET", _directory),
        (updates.PATH, "GET", _release),
    ):
        app.add_api_route(path, _route(intake, answer), methods=[method], response_model=None, **documentation.of(path))
    return app


def app() -> FastAPI:
    """Return the application of the environment's settings: `uvicorn --factory reader_bridge.intake.app:app`."""
    settings = Settings.load()
    database = open_database(settings.database_url)
    return create_app(settings, database.acting_as(INGEST_ROLE), SystemClock())


def _route(intake: Intake, answer: Answer) -> Callable[[Request], Awaitable[Response]]:
    """Return the route of one contract: what it raises becomes a Problem."""

    async def route(request: Request) -> Response:
        try:
            answered = await answer(intake, request, await _read(request))
            return answered if isinstance(answered, Response) else json_answer(answered)
        except Denied as error:
            return problem(error.status, error.code, error.message)
        except Malformed as error:
            return problem(400, error.code, error.message)
        except _Answered as error:
            return error.response
        except ClientDisconnect:
            return problem(400, "cut_off", "the request ended before its body did")
        except _AWAY as error:
            log.warning("the database is away (%s): %s waits", type(error).__name__, request.url.path)
        except Exception:
            log.exception("%s cannot be answered now", request.url.path)  # a fault of ours: the sender keeps it too
        return not_now("not now: keep everything and send it again later")

    return route


class _Answered(Exception):
    """The answer is there already, and is not 200."""

    def __init__(self, response: Response) -> None:
        super().__init__()
        self.response = response


async def _punches(intake: Intake, request: Request, body: bytes) -> Any:
    if partners.is_partner(request):
        return await _punches_of_partner(intake, request, body)
    device = await _sender(intake, request, body)
    batch = _batch(intake, body)
    answers = await take_of_device(intake.writer, intake.settings.sealer, device, batch)
    return {"now": batch.received_at.isoformat(), "items": answers}


async def _punches_of_partner(intake: Intake, request: Request, body: bytes) -> Any:
    holder = await run_in_threadpool(
        partners.find_holder, intake.database, request, KeyScope.PUNCHES_WRITE, intake.clock
    )
    key, batch = partners.idempotency_key(request), _batch(intake, body)
    before = await run_in_threadpool(partners.answered_before, intake.database, holder, key, body)
    if before is not None:
        return before
    writer = partners.SandboxWriter(intake.database, intake.clock) if holder.key.is_sandbox else intake.writer
    return await partners.take_of_partner(writer, intake.settings.sealer, holder, batch, key, body)


def _batch(intake: Intake, body: bytes) -> Batch:
    sent = _object(body)
    items = sent.get("items")
    if not isinstance(items, list):
        raise Malformed("items", "items is a list of touches")
    if len(items) > MAX_ITEMS:
        raise _Answered(problem(413, "too_many", f"at most {MAX_ITEMS} touches at once: send fewer"))
    return Batch(items, read_sent(sent.get("sent")), intake.clock.now())


async def _enrol(intake: Intake, request: Request, body: bytes) -> Any:
    signed, sent = signed_by(request, body), _object(body)
    public_key = _public_key(sent.get("public_key"))
    if signed.key_id != signing.ENROLLING or not signed.is_signed_by(public_key):
        raise Denied(401, "signature_wrong", "sign the enrolment with the key that it brings")
    code = read_text(sent.get("code"), "code", 40)
    now = intake.clock.now()

    def enrol() -> dict[str, Any]:
        with intake.database.write() as session:  # not the punches' writer: it may wait for the audit log
            device, directory_key = devices.enrol(session, intake.settings.sealer, code, public_key, now)
            return {
                "now": now.isoformat(),
                "device": people.show_device(session, device),
                "directory_key": base64.b64encode(directory_key).decode(),
                "heartbeat_every_s": HEARTBEAT_EVERY_S,
                "release_key": intake.settings.release_key,
            }

    try:
        return await run_in_threadpool(enrol)
    except NotAllowed as error:
        raise Denied(403, "code_refused", str(error)) from None


async def _heartbeat(intake: Intake, request: Request, body: bytes) -> Any:
    device = await _sender(intake, request, body)
    now, sent = intake.clock.now(), _object(body)
    sequence, report = read_int(sent.get("sequence"), "sequence"), _report(device, sent, intake)

    def hear(session: Session) -> dict[str, Any] | int:
        known = devices.hear(session, device, sequence, report)
        if known is not None:
            return known
        return {
            "now": now.isoformat(),
            "device": people.show_device(session, device),
            "directory_version": people.directory_version(session, device, now),
            "heartbeat_every_s": HEARTBEAT_EVERY_S,
            "update": updates.offer_to(session, device),
        }

    heard = await intake.writer.write(hear)
    if isinstance(heard, int):
        message = "this heartbeat was heard before: go on from last_sequence"
        raise _Answered(problem(409, "sequence", message, last_sequence=heard))
    return heard


async def _directory(intake: Intake, request: Request, body: bytes) -> Any:
    device = await _sender(intake, request, body)

    def read() -> Any:
        with intake.database.read() as session:
            return people.directory(session, intake.settings.sealer, device, intake.clock.now())

    return await run_in_threadpool(read)


async def _release(intake: Intake, request: Request, body: bytes) -> Any:
    await _sender(intake, request, body)
    return await run_in_threadpool(updates.archive, intake.database, request.path_params["version"])


async def _sender(intake: Intake, request: Request, body: bytes) -> Device:
    return await run_in_threadpool(find_device, intake.database, signed_by(request, body))


async def _read(request: Request) -> bytes:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BODY_BYTES:
            raise _Answered(problem(413, "too_large", f"at most {MAX_BODY_BYTES} bytes at once: send fewer touches"))
    return bytes(body)


def _object(body: bytes) -> dict[str, Any]:
    try:
        sent = orjson.loads(body)
    except orjson.JSONDecodeError:
        raise Malformed("json", "the body is JSON in UTF-8") from None
    if not isinstance(sent, dict):
        raise Malformed("json", "the body is a JSON object")
    return sent


def _public_key(value: object) -> bytes:
    try:
        key = base64.b64decode(read_text(value, "public_key", 64), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if len(key) != 32:
        raise Malformed("public_key", "public_key is base64 of 32 bytes")
    return key


def _report(device: Device, sent: dict[str, Any], intake: Intake) -> Report:
    now, clocks = intake.clock.now(), read_sent(sent.get("sent"))
    oldest = sent.get("oldest_waiting_at")
    return Report(
        device_id=device.device_id,
        at=now,
        version=read_text(sent.get("version"), "version", 60),
        platform=read_text(sent.get("platform", ""), "platform", 100),
        skew_ms=int((clocks.at - now).total_seconds() * 1000) if clocks else 0,
        waiting=read_int(sent.get("waiting"), "waiting", 2**31 - 1),
        oldest_waiting_at=None if oldest is None else read_instant(oldest, "oldest_waiting_at"),
        set_aside=read_int(sent.get("set_aside", 0), "set_aside", 2**31 - 1),
        spool_salvages=read_int(sent.get("spool_salvages", 0), "spool_salvages", 2**31 - 1),
        free_bytes=read_int(sent.get("free_bytes", 0), "free_bytes"),
        readers=_readers(sent.get("readers", [])),
        **updates.read_shown(sent.get("update")),
        takes_releases="update" in sent,
    )


def _readers(value: object) -> tuple[tuple[str, bool], ...]:
    if not isinstance(value, list) or len(value) > READERS_MAX or not all(isinstance(each, dict) for each in value):
        raise Malformed("readers", f"readers is a list of at most {READERS_MAX} objects")
    return tuple((read_text(each.get("name"), "readers.name", 100), each.get("attached") is True) for each in value)
