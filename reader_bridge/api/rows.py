"""Pages of rows: sites, attendance, rosters; and the structure of a site."""

from collections.abc import Callable
from datetime import date
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from core.clock import FIRST_YEAR, LAST_YEAR
from core.db import Session
from core.ids import SiteId
from core.partners import reading
from core.partners import service as partners
from core.partners.model import Holder, KeyScope
from core.partners.reading import PAGE_MOST, Asked, ReadPage
from core.scope import Scope
from core.tiering.proposal_model import Node, Structure
from core.tiering.structure import read_structure
from reader_bridge.api import documentation
from reader_bridge.intake.partners import find_holder
from reader_bridge.problems import answer as json_answer

router = APIRouter()

Site = Annotated[UUID | None, Query(description="Only this site's rows.")]
Day = Annotated[date | None, Query(ge=date(FIRST_YEAR, 1, 1), le=date(LAST_YEAR, 12, 31))]
Cursor = Annotated[str, Query(max_length=300, description="From the answer before; the first page has none.")]
Limit = Annotated[int, Query(ge=1, le=PAGE_MOST)]


@router.get("/api/v1/sites", **documentation.of("sites"))
def sites(request: Request, cursor: Cursor = "", limit: Limit = 100) -> Response:
    asked = Asked(cursor=cursor, limit=limit)
    return _answer(request, KeyScope.ATTENDANCE_READ, reading.read_sites, asked)


@router.get("/api/v1/attendance", **documentation.of("attendance"))
def attendance(
    request: Request,
    site_id: Site = None,
    first: Day = None,
    last: Day = None,
    cursor: Cursor = "",
    limit: Limit = 100,
) -> Response:
    asked = Asked(_site(site_id), first, last, cursor, limit)
    return _answer(request, KeyScope.ATTENDANCE_READ, reading.read_attendance, asked)


@router.get("/api/v1/rosters", **documentation.of("rosters"))
def rosters(request: Request, site_id: Site = None, cursor: Cursor = "", limit: Limit = 100) -> Response:
    asked = Asked(_site(site_id), cursor=cursor, limit=limit)
    return _answer(request, KeyScope.ROSTERS_READ, reading.read_rosters, asked)


@router.get("/api/v1/tiers/{site_id}", **documentation.of("tiers"))
def tiers(request: Request, site_id: UUID) -> Response:
    scope = partners.scope_of(holder_of(request, KeyScope.TIERS_READ))
    with request.app.state.database.read(scope) as session:
        structure = read_structure(session, scope, SiteId(site_id))
    return json_answer(_structure(structure))


def holder_of(request: Request, needed: KeyScope) -> Holder:
    """Return who came with a key that lets him do something. Raises Denied."""
    return find_holder(request.app.state.database, request, needed, request.app.state.clock)


def _answer(
    request: Request, needed: KeyScope, read: Callable[[Session, Scope, Asked], ReadPage], asked: Asked
) -> Response:
    scope = partners.scope_of(holder_of(request, needed))
    with request.app.state.database.read(scope) as session:
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
