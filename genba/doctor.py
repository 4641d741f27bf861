"""What can be wrong with an installation, looked at point by point: each finding says how it is and what to do.

Nothing is changed, and the carrier is asked only when wanted. Phone numbers of workers appear nowhere.
"""

import shutil
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path
from urllib.parse import urlsplit

import sqlalchemy as sa
from redis import RedisError
from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError

from core import migrations
from core.db import Session, is_postgresql
from core.registry.key_use import count_under_old_keys
from core.registry.listing import list_lines
from core.settings import CarrierAccount
from core.work import service as work
from core.work.queue import connect
from genba import runtime as environment
from genba.runtime import Runtime
from ivr.carrier_rest import CarrierRefused, TwilioRest
from ivr.provisioning import Step, explain, plan, webhooks_of
from ivr.spool import Spool

OLDEST_POSTGRESQL = 15
OLDEST_REDIS = 6
SKEW_MAX = timedelta(seconds=2)
LATE = timedelta(minutes=5)
FREE_MIN_BYTES = 200 * 2**20
FREE_GOOD_BYTES = 2 * 2**30
SQLITE_FULL = 2  # the number of PRAGMA synchronous=FULL
WEBHOOK_PATHS = ("/ivr/voice", "/ivr/keys?n=1", "/ivr/status", "/ivr/fallback")


class State(StrEnum):
    OK = "ok"
    WARN = "warn"
    BAD = "bad"


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the doctor's; hint says what to do, "" when there is nothing to."""

    name: str
    state: State
    text: str
    hint: str = ""


def examine(runtime: Runtime) -> Iterator[Finding]:
    """Yield what can be found out without asking the carrier."""
    yield from _database(runtime)
    yield from _redis(runtime)
    yield from _env_file()
    yield from _addresses(runtime)
    yield from _carriers(runtime)
    yield from _disk(runtime)
    yield from _spool(runtime)
    if _is_migrated(runtime):
        for look in (_skew, _lines, _receipts, _keys, _clock):
            with runtime.database.read() as session:
                yield from look(runtime, session)


def examine_carrier(
    runtime: Runtime, carrier_of: Callable[[CarrierAccount], TwilioRest] = TwilioRest
) -> Iterator[Finding]:
    """Yield whether the carrier sends each line's calls to us, by asking it."""
    account = runtime.settings.carrier_account("twilio")
    if account is None or not _is_migrated(runtime):
        return
    carrier, wanted = carrier_of(account), webhooks_of(runtime.settings)
    with runtime.database.read() as session:
        numbers = [line.e164 for line, _ in list_lines(session) if line.carrier == "twilio" and not line.retired_at]
    for e164 in numbers:
        try:
            planned = plan(carrier, e164, wanted)
        except CarrierRefused as refused:
            yield Finding(f"carrier {e164}", State.BAD, explain(refused), "")
            continue
        if planned.step is Step.NOTHING:
            yield Finding(f"carrier {e164}", State.OK, "calls are sent here")
            continue
        text = "; ".join(planned.differences) or "the account does not have this number"
        yield Finding(f"carrier {e164}", State.BAD, text, f"`genba lines provision {e164}`")


def _is_migrated(runtime: Runtime) -> bool:
    """Whether the database answers and has every table that we would look into."""
    if runtime.database.missing_file:
        return False
    try:
        return not migrations.pending(runtime.database)
    except (SQLAlchemyError, OSError):
        return False


def _database(runtime: Runtime) -> Iterator[Finding]:
    if file := runtime.database.missing_file:
        hint = "correct GENBA_DATABASE_URL, or make a new one with `genba db upgrade`"
        yield Finding("database", State.WARN, f"there is none yet at {file}", hint)
        return
    try:
        with runtime.database.read() as session:
            yield from _postgresql(session) if is_postgresql(session) else _sqlite(runtime, session)
        missing = migrations.pending(runtime.database)
    except (SQLAlchemyError, OSError) as error:
        reason = type(error).__name__
        yield Finding("database", State.BAD, f"does not answer ({reason})", "check GENBA_DATABASE_URL and the server")
        return
    if missing:
        state = State.WARN if runtime.settings.is_embedded else State.BAD  # a server applies them to a file at start
        yield Finding("migrations", state, f"{len(missing)} pending", "`genba db upgrade`")
    else:
        yield Finding("migrations", State.OK, "none pending")


def _postgresql(session: Session) -> Iterator[Finding]:
    version = session.execute(sa.text("show server_version")).scalar_one()
    is_old = int(version.split(".")[0]) < OLDEST_POSTGRESQL
    hint = f"use PostgreSQL {OLDEST_POSTGRESQL} or later" if is_old else ""
    yield Finding("database", State.BAD if is_old else State.OK, f"PostgreSQL {version}", hint)
    for setting in ("fsync", "synchronous_commit"):
        value = session.execute(sa.text(f"show {setting}")).scalar_one()
        if value == "off":
            hint = f"set {setting} = on: otherwise a call that was answered may be lost"
            yield Finding(f"database {setting}", State.WARN, "is off", hint)


def _sqlite(runtime: Runtime, session: Session) -> Iterator[Finding]:
    file = make_url(runtime.settings.database_url).database
    yield Finding("database", State.OK, f"SQLite {sqlite3.sqlite_version}, {file}")
    mode = session.exec_driver_sql("pragma journal_mode").scalar_one()
    synchronous = session.exec_driver_sql("pragma synchronous").scalar_one()
    is_safe = mode == "wal" and synchronous >= SQLITE_FULL
    text = f"journal {mode}, synchronous {synchronous}"
    yield Finding(
        "database safety", State.OK if is_safe else State.BAD, text, "" if is_safe else "must be wal and full"
    )


def _skew(runtime: Runtime, session: Session) -> Iterator[Finding]:
    if not is_postgresql(session):
        return
    theirs: datetime = session.execute(sa.text("select clock_timestamp()")).scalar_one()
    skew = abs(theirs - runtime.clock.now())
    if skew <= SKEW_MAX:
        yield Finding("clock", State.OK, "agrees with the database's")
    else:
        text = f"{skew.total_seconds():.0f} s away from the database's"
        yield Finding("clock", State.BAD, text, "let NTP set both machines' clocks: attendance is their time")


def _redis(runtime: Runtime) -> Iterator[Finding]:
    url = runtime.settings.redis_url
    if url is None:
        yield Finding("redis", State.OK, "not used: the clock does the background work itself")
        return
    try:
        with connect(url) as connection:
            version = str(connection.info("server")["redis_version"])
    except RedisError as error:
        hint = "check GENBA_REDIS_URL; meanwhile the clock does the background work itself, more slowly"
        yield Finding("redis", State.WARN, f"does not answer ({type(error).__name__})", hint)
        return
    is_old = int(version.split(".", maxsplit=1)[0]) < OLDEST_REDIS
    hint = f"use Redis {OLDEST_REDIS} or later" if is_old else ""
    yield Finding("redis", State.WARN if is_old else State.OK, f"Redis {version}", hint)


def _env_file() -> Iterator[Finding]:
    path = environment.ENV_FILE
    if path.exists():
        text = f"{path} completes the environment: `genba demo` wrote it"
        yield Finding("settings", State.WARN, text, "delete it where real calls are taken")


def _addresses(runtime: Runtime) -> Iterator[Finding]:
    for base in runtime.settings.public_urls:
        parts = urlsplit(base)
        if parts.scheme == "https":
            yield Finding("public address", State.OK, base)
        elif parts.hostname in ("localhost", "127.0.0.1", "::1"):
            yield Finding("public address", State.WARN, f"{base} is this machine only", "no carrier can call it")
        else:
            hint = "put a certificate before it and write https:// in GENBA_PUBLIC_URL"
            yield Finding("public address", State.BAD, f"{base} is not https", hint)
        for path in WEBHOOK_PATHS:
            yield Finding("signed address", State.OK, base + path)


def _carriers(runtime: Runtime) -> Iterator[Finding]:
    for account in runtime.settings.carriers:
        yield Finding("carrier account", State.OK, f"{account.carrier} {account.account[:6]}…")
    if not runtime.settings.carriers:
        hint = "set GENBA_TWILIO_ACCOUNT_SID and GENBA_TWILIO_AUTH_TOKEN"
        yield Finding("carrier account", State.BAD, "none: every call is refused", hint)


def _disk(runtime: Runtime) -> Iterator[Finding]:
    folder = runtime.settings.spool_path.parent
    while not folder.exists():
        folder = folder.parent
    free = shutil.disk_usage(folder).free
    state = State.OK if free >= FREE_GOOD_BYTES else State.WARN if free >= FREE_MIN_BYTES else State.BAD
    hint = "" if state is State.OK else "make room: calls are kept there while the database is away"
    yield Finding("disk", state, f"{free / 2**30:.1f} GB free at {folder if folder != Path() else 'this folder'}", hint)


def _spool(runtime: Runtime) -> Iterator[Finding]:
    spool = Spool(runtime.settings.spool_path)
    try:
        count, is_spent = spool.count(), spool.ballast.is_spent()
    except (sqlite3.Error, OSError) as error:
        hint = "check the folder of GENBA_SPOOL and who may write there"
        yield Finding("spool", State.BAD, f"cannot be read ({type(error).__name__})", hint)
        return
    if is_spent:
        hint = "make room: `genba serve` then takes it again by itself"
        yield Finding("ballast", State.BAD, "the disk was full: the room held ready for calls is given up", hint)
    if count:
        hint = "they are recorded by themselves while `genba serve` runs and the database answers"
        yield Finding("spool", State.WARN, f"{count} call(s) wait for the database", hint)
    else:
        yield Finding("spool", State.OK, "empty")


def _lines(runtime: Runtime, session: Session) -> Iterator[Finding]:
    lines = [(line, sites) for line, sites in list_lines(session) if line.retired_at is None]
    if not lines:
        yield Finding("lines", State.WARN, "none yet", "`genba lines add NUMBER` or `genba lines provision NUMBER`")
    for line, sites in lines:
        if runtime.settings.carrier_account(line.carrier) is None:
            hint = f"set the account of {line.carrier}, or its calls are refused"
            yield Finding(f"line {line.e164}", State.BAD, f"there is no account at {line.carrier}", hint)
        elif not sites:
            hint = f"`genba lines assign {line.e164} SITE`"
            yield Finding(f"line {line.e164}", State.WARN, "serves no site: its callers are refused", hint)
        else:
            yield Finding(f"line {line.e164}", State.OK, ", ".join(site.name for site in sites))


def _receipts(runtime: Runtime, session: Session) -> Iterator[Finding]:
    silent = runtime.settings.carrier_account("twilio") is None
    wanting = {site.name: line.carrier for line, sites in list_lines(session) for site in sites if site.sms_receipt}
    for name, carrier in wanting.items():
        if silent or carrier != "twilio":
            hint = "short messages are sent by a Twilio account over a Twilio line only"
            yield Finding("receipts", State.WARN, f"{name} wants receipts that nobody can send", hint)


def _keys(runtime: Runtime, session: Session) -> Iterator[Finding]:
    count = count_under_old_keys(session, runtime.settings.sealer)
    if count:
        yield Finding("keys", State.WARN, f"{count} phone number(s) are under old keys", "`genba keys rotate`")
    else:
        yield Finding("keys", State.OK, "every phone number is under the current keys")


def _clock(runtime: Runtime, session: Session) -> Iterator[Finding]:
    now = runtime.clock.now()
    start = "`genba serve` runs it" if runtime.settings.is_embedded else "start `genba jobs`"
    schedules = work.list_schedules(session)
    late = [state for state in schedules if now - state.due_at > LATE]
    if not schedules or late:
        text = "has never run" if not schedules else f"{late[0].kind} is late by {_minutes(now - late[0].due_at)}"
        yield Finding("background work", State.WARN if runtime.settings.is_embedded else State.BAD, text, start)
    else:
        yield Finding("background work", State.OK, "on time")
    for state in schedules:
        if state.last_error:
            hint = "the log of the background work says more"
            yield Finding(f"task {state.kind}", State.WARN, f"failed last: {state.last_error}", hint)
    for waiting in work.waiting(session):
        if now - waiting.oldest_due_at > LATE:
            text = f"{waiting.marks} wait, the first for {_minutes(now - waiting.oldest_due_at)}"
            yield Finding(f"marks {waiting.kind}", State.WARN, text, start)


def _minutes(span: timedelta) -> str:
    return f"{int(span.total_seconds() // 60)} min"
