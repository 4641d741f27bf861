"""The application behind /api/v1/: partners read with a key and follow cursors. Every answer but 200 is a Problem."""

import logging
from collections.abc import Awaitable, Callable

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from sqlalchemy.exc import InterfaceError, OperationalError
from starlette.exceptions import HTTPException
from starlette.responses import Response

from core.clock import Clock, SystemClock
from core.db import Database, open_database
from core.errors import InvalidInput, NotAllowed, NotFound
from core.settings import Settings
from reader_bridge.api import documentation, rows, webhooks
from reader_bridge.api.body_limit import BodyLimit
from reader_bridge.intake.access import Denied
from reader_bridge.problems import not_now, problem

log = logging.getLogger(__name__)


def create_app(settings: Settings, database: Database, clock: Clock) -> FastAPI:
    """Return the application; it reads with the rights that the pages have."""
    app = FastAPI(
        title="Genba Call partner API",
        version="1",
        description=documentation.INTRODUCTION,
        docs_url=None,  # its pages load from other hosts
        redoc_url=None,
        openapi_url="/api/v1/openapi.json",
    )
    app.state.settings, app.state.database, app.state.clock = settings, database, clock
    _add_problems(app)
    app.add_middleware(BodyLimit)
    app.include_router(rows.router)
    app.include_router(webhooks.router)
    app.openapi = documentation.document_of(app)  # type: ignore[method-assign]
    return app


def app() -> FastAPI:
    """Return the application of the environment's settings: `uvicorn --factory reader_bridge.api.app:app`."""
    settings = Settings.load()
    return create_app(settings, open_database(settings.database_url), SystemClock())


def _add_problems(app: FastAPI) -> None:
    @app.middleware("http")
    async def _guard(request: Request, call_next: Callable[[Request], Awaitable[Response]]) -> Response:
        try:
            return await call_next(request)
        except (OperationalError, InterfaceError, TimeoutError) as error:
            log.warning("the database is away (%s): %s", type(error).__name__, request.url.path)
        except Exception:
            log.exception("%s cannot be answered now", request.url.path)
        return not_now("not now: ask again later")

    @app.exception_handler(Denied)
    def _denied(_request: Request, error: Denied) -> Response:
        return problem(error.status, error.code, error.message)

    @app.exception_handler(InvalidInput)
    def _invalid(_request: Request, error: InvalidInput) -> Response:
        return problem(400, error.field, str(error))

    @app.exception_handler(NotAllowed)
    def _not_allowed(_request: Request, error: NotAllowed) -> Response:
        return problem(409, error.code, str(error))

    @app.exception_handler(NotFound)
    def _missing(_request: Request, error: NotFound) -> Response:
        return problem(404, error.code, str(error))

    @app.exception_handler(RequestValidationError)
    def _malformed(_request: Request, error: RequestValidationError) -> Response:
        first = error.errors()[0]
        name = str(first["loc"][-1])
        return problem(400, name, f"{name}: {first['msg']}")

    @app.exception_handler(HTTPException)
    def _http(_request: Request, error: HTTPException) -> Response:
        answer = problem(error.status_code, "http", str(error.detail))
        answer.headers.update(error.headers or {})
        return answer
