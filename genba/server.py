"""The one-process server: phone, devices, tablets, partners and pages behind one port, each an application by itself.

A request goes to its application as it came: path, raw path and root path stay untouched, because a carrier signs the
address it called.
"""

import gc
import logging
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager
from dataclasses import dataclass

from fastapi import APIRouter, FastAPI
from sqlalchemy.exc import OperationalError
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.types import ASGIApp, Receive, Scope, Send

from admin import app as admin_app
from core.db import INGEST_ROLE, JOBS_ROLE
from core.errors import SettingsError
from genba.health import Readiness, routes
from genba.jobs import HANDLERS, Handler, JobLoop, start_embedded
from genba.runtime import Runtime, acting_as, open_runtime
from ivr import app as ivr_app
from reader_bridge.api import app as api_app
from reader_bridge.intake import app as intake_app
from reader_bridge.tablet import app as tablet_app

logger = logging.getLogger(__name__)

IVR_PREFIX, INTAKE_PREFIX, API_PREFIX, TABLET_PREFIX = "/ivr/", "/intake/", "/api/", tablet_app.PREFIX


@dataclass(frozen=True, slots=True)
class Extras:
    """What the demo has of its own: routers behind the same session, entries of the navigation, background work."""

    routers: Sequence[APIRouter] = ()
    nav: Sequence[tuple[str, str]] = ()
    handlers: Sequence[Handler] = HANDLERS


def build_app(
    runtime: Runtime,
    *,
    extras: Extras | None = None,
    has_clock: bool | None = None,
    on_stop: Callable[[], None] | None = None,
) -> "FrontDoor":
    """Return the application that serves everything.

    has_clock says whether the background work runs in a thread here; by default it does on SQLite. Of several such
    processes the one that holds the lease does it. on_stop is called when everything has ended.
    """
    extras = extras or Extras()
    answering = ExitStack()
    ingest = answering.enter_context(acting_as(runtime, INGEST_ROLE))
    phone = ivr_app.create_app(ingest.settings, ingest.database, ingest.clock)
    intake = intake_app.create_app(ingest.settings, ingest.database, ingest.clock)
    api = api_app.create_app(runtime.settings, runtime.database, runtime.clock)
    tablet = tablet_app.create_app(is_https=runtime.settings.secure_cookies)
    pages = admin_app.create_app(
        runtime.settings, runtime.database, runtime.clock, extra_routers=extras.routers, extra_nav=extras.nav
    )
    readiness = Readiness(runtime)

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            stack.callback(on_stop or (lambda: None))
            stack.callback(readiness.close)
            stack.callback(answering.close)
            _settle_memory()
            for part in (phone, intake, pages):
                await stack.enter_async_context(part.router.lifespan_context(part))
            if runtime.settings.is_embedded if has_clock is None else has_clock:
                working = stack.enter_context(acting_as(runtime, JOBS_ROLE))
                stop = start_embedded(working, JobLoop(working, handlers=extras.handlers))
                stack.push_async_callback(run_in_threadpool, stop)
            yield

    watched = Starlette(
        routes=[*routes(runtime, readiness, _PhoneCounts(phone)), tablet_app.from_typed()], lifespan=lifespan
    )
    return FrontDoor(
        {IVR_PREFIX: phone, INTAKE_PREFIX: intake, API_PREFIX: api, TABLET_PREFIX: tablet},
        pages,
        watched,
        frozenset({"/healthz", "/readyz", "/metrics", tablet_app.TYPED}),
    )


def app_from_env() -> "FrontDoor":
    """Return the application of the environment: `uvicorn --factory genba.server:app_from_env`.

    Ends the process with a sentence when settings are incomplete or migrations are pending.
    """
    with ExitStack() as stack:
        try:
            runtime = enter_runtime(stack)
        except SettingsError as error:
            raise SystemExit(f"genba: {error}") from None
        return build_app(runtime, on_stop=stack.pop_all().close)


def enter_runtime(stack: ExitStack) -> Runtime:
    """Return the runtime of a server, open until the stack closes.

    While a PostgreSQL does not answer, the server starts all the same: calls go to the spool, and it is not ready.

    Raises SettingsError when settings are incomplete, migrations are pending, or the file cannot be opened.
    """
    try:
        return stack.enter_context(open_runtime(may_create=True))
    except OperationalError as error:
        runtime = stack.enter_context(open_runtime(migrate=False, may_create=True))
        if runtime.settings.is_embedded:
            raise SettingsError(f"GENBA_DATABASE_URL: the file cannot be used: {error.orig}") from None
        logger.warning("the database does not answer: calls are kept in the spool until it does")
        return runtime


def _settle_memory() -> None:
    """Leave what was loaded at start out of the garbage collector's rounds, and let it make fewer of them.

    Every call makes a few hundred short-lived objects: by default they start a round every other call.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)


@dataclass(frozen=True, slots=True)
class FrontDoor:
    """Hands each request to its application, as it came."""

    by_prefix: Mapping[str, ASGIApp]
    pages: ASGIApp
    watched: ASGIApp
    watched_paths: frozenset[str]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._app_for(scope)(scope, receive, send)

    def _app_for(self, scope: Scope) -> ASGIApp:
        if scope["type"] == "lifespan" or scope["path"] in self.watched_paths:
            return self.watched
        apps = (app for prefix, app in self.by_prefix.items() if scope["path"].startswith(prefix))
        return next(apps, self.pages)


@dataclass(frozen=True, slots=True)
class _PhoneCounts:
    app: FastAPI

    @property
    def webhooks(self) -> dict[str, int]:
        counted: dict[str, int] = dict(self.app.state.phone.webhooks)
        return counted

    def writer_waiting(self) -> int:
        return int(self.app.state.phone.writer.waiting)

    def spool_waiting(self) -> int:
        return int(self.app.state.phone.spool.count())

    def spool_failed(self) -> bool:
        return bool(self.app.state.phone.spool.has_failed)

    def spool_free_bytes(self) -> int:
        return int(self.app.state.phone.spool.ballast.free_bytes())

    def spool_problem(self) -> str:
        return str(self.app.state.phone.spool.problem())
