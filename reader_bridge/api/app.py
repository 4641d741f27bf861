"""The application behind /api/v1/: partners read with a key and follow cursors. Every answer but 200 is a Problem."""

import logging
from collections.abc import Awaitable, Callable
from datetime import date
from typing import Annotated, Any
from uuid import UUID

from fastapi import FastAPI, Query, Request
from fastapi.exceptions import RequestValidationError
from sqlalchemy.exc import InterfaceError, OperationalError
from starlette.exceptions import HTTPException
from starlette.responses import Response

from core.clock import FIRST_YEAR, LAST_YEAR
from core.db import Database, Session, open_database
from core.errors import InvalidInput, NotFound
from core.ids import SiteId
from core.partners import reading
from core.partners import service as partners
from core.partners.model import KeyScope
from core.partners.reading import PAGE_MOST, Asked, ReadPage
from core.scope import Scope
from core.settings import Settings
from core.tiering.proposal_model import Node, Structure
from core.tiering.structure import read_structure
from reader_bridge.api import documentation
from reader_bridge.intake.access import Denied
from reader_bridge.intake.partners import find_holder
from reader_bridge.problems import answer as json_answer
from reader_bridge.problems import not_now, problem

log = logging.getLogger(__name__)

Site = Annotated[UUID | None, Query(description="Only this site's rows.")]
Day = Annotated[date | None, Query(ge=date(FIRST_YEAR, 1, 1), le=date(LAST_YEAR, 12, 31))]
Cursor = Annotated[str, Query(max_length=300, description="From the answer before; the first page has none.")]
Limit = Annotated[int, Query(ge=1, le=PAGE_MOST)]


def create_app(database: Database) -> FastAPI:
    """Return the application; it reads with the rights that the pages have."""
    app = FastAPI(
        title="Genba Call partner API",
        version="1",
        description=documentation.INTRODUCTION,
        docs_url=None,  # its pages load from other hosts
        redoc_url=None,
        openapi_url="/api/v1/openapi.json",
    )
    app.state.database = database
    _add_problems(app)
    _add_routes(app, database)
    app.openapi = documentation.without_validation_errors(app)  # type: ignore[method-assign]
    return app


def app() -> FastAPI:
    """Return the application of the environment's settings: `uvicorn --factory reader_bridge.api.app:app`."""
    settings = Settings.load()
    return create_app(open_database(settings.database_url))


def _add_routes(app: FastAPI, database: Database) -> None:
    @app.get("/api/v1/sites", **documentation.of("sites"))
    def sites(request: Request, cursor: Cursor = "", limit: Limit = 100) -> Response:
        asked = Asked(cursor=cursor, limit=limit)
        return _answer(database, request, KeyScope.ATTENDANCE_READ, reading.read_sites, asked)

    @app.get("/api/v1/attendance", **documentation.of("attendance"))
    def attendance(
        request: Request,
        site_id: Site = None,
        first: Day = None,
        last: Day = None,
        cursor: Cursor = "",
        limit: Limit = 100,
    ) -> Response:
        asked = Asked(_site(site_id), first, last, cursor, limit)
        return _answer(database, request, KeyScope.ATTENDANCE_READ, reading.read_attendance, asked)

    @app.get("/api/v1/rosters", **documentation.of("rosters"))
    def rosters(request: Request, site_id: Site = None, cursor: Cursor = "", limit: Limit = 100) -> Response:
        asked = Asked(_site(site_id), cursor=cursor, limit=limit)
        return _answer(database, request, KeyScope.ROSTERS_READ, reading.read_rosters, asked)

    @app.get("/api/v1/tiers/{site_id}", **documentation.of("tiers"))
    def tiers(request: Request, site_id: UUID) -> Response:
        holder = find_holder(database, request, KeyScope.TIERS_READ)
        scope = partners.scope_of(holder)
        with database.read(scope) as session:
            structure = read_structure(session, scope, SiteId(site_id))
        return json_answer(_structure(structure))


def _answer(
    database: Database,
    request: Request,
    needed: KeyScope,
    read: Callable[[Session, Scope, Asked], ReadPage],
    asked: Asked,
) -> Response:
    scope = partners.scope_of(find_holder(database, request, needed))
    with database.read(scope) as session:
        page = read(session, scope, asked)
    return json_answer({"items": page.rows, "cursor": page.cursor})


def _structure(structure: Structure) -> dict[str, Any]:
    return {
        "site_id": structure.site_id,
        "prime_contractor_id": structure.prime_contractor_id,
        "contractors": [_node(node) for node in structure.nodes],
    }


def _node(node: Node) -> dict[str, Any]:
    return {
        "contractor_id": node.contractor_id,
        "name": node.name,
        "upper_contractor_id": node.upper_contractor_id,
        "tier": node.tier,
        "state": node.state.value,
    }


def _site(site_id: UUID | None) -> SiteId | None:
    return None if site_id is None else SiteId(site_id)


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
