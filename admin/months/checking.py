"""月締め確認: the prime and the subcontractor tick a month as checked, and take that back."""

from datetime import date
from uuid import UUID

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response

from admin.access import needs, scope_of, viewer_of, writing
from admin.pages import render, with_query
from core.accounts.model import Permission
from core.attendance.calendar_model import Party, month_of
from core.attendance.month_checks import MonthChanged, check_month, uncheck_month
from core.audit import service as audit
from core.db import Session
from core.errors import NotFound
from core.ids import ContractorId, SiteId
from core.registry.reach import employs, is_prime_of, reach_contractor, reach_site

router = APIRouter()
PATH = "/calendar/sites/{site_id}/contractors/{contractor_id}"
# In whose name somebody ticks needs another permission: two routes each, that ask for it themselves.
_PERMISSIONS = {Party.PRIME: Permission.SETTLE, Party.SUBCONTRACTOR: Permission.REQUEST}


@router.post(f"{PATH}/check/prime", dependencies=[needs(Permission.SETTLE)])
def check_as_prime(
    request: Request, site_id: UUID, contractor_id: UUID, month: str = Form(), seen: str = Form()
) -> Response:
    return _check(request, Party.PRIME, (SiteId(site_id), ContractorId(contractor_id)), month, seen)


@router.post(f"{PATH}/check/subcontractor", dependencies=[needs(Permission.REQUEST)])
def check_as_subcontractor(
    request: Request, site_id: UUID, contractor_id: UUID, month: str = Form(), seen: str = Form()
) -> Response:
    return _check(request, Party.SUBCONTRACTOR, (SiteId(site_id), ContractorId(contractor_id)), month, seen)


@router.post(f"{PATH}/uncheck/prime", dependencies=[needs(Permission.SETTLE)])
def uncheck_as_prime(request: Request, site_id: UUID, contractor_id: UUID, month: str = Form()) -> Response:
    return _uncheck(request, Party.PRIME, (SiteId(site_id), ContractorId(contractor_id)), month)


@router.post(f"{PATH}/uncheck/subcontractor", dependencies=[needs(Permission.REQUEST)])
def uncheck_as_subcontractor(request: Request, site_id: UUID, contractor_id: UUID, month: str = Form()) -> Response:
    return _uncheck(request, Party.SUBCONTRACTOR, (SiteId(site_id), ContractorId(contractor_id)), month)


def _check(request: Request, party: Party, place: tuple[SiteId, ContractorId], month: str, seen: str) -> Response:
    now, shown = request.app.state.clock.now(), _month(month)
    account = viewer_of(request).account
    back = _back(place, shown)
    try:
        with writing(request) as session:
            _check_reach(session, request, party, place)
            check = check_month(session, place, shown, party, seen, (account.account_id, account.name), now)
            _note(session, request, "month.checked", place, {"party": party, "month": shown, "records": check.records})
    except MonthChanged:
        return render(request, "months/changed.html", status_code=409, back=back)
    return RedirectResponse(back, 303)


def _uncheck(request: Request, party: Party, place: tuple[SiteId, ContractorId], month: str) -> Response:
    now, shown = request.app.state.clock.now(), _month(month)
    account = viewer_of(request).account
    with writing(request) as session:
        _check_reach(session, request, party, place)
        uncheck_month(session, place, shown, party, (account.account_id, account.name), now)
        _note(session, request, "month.unchecked", place, {"party": party, "month": shown})
    return RedirectResponse(_back(place, shown), 303)


def _check_reach(session: Session, request: Request, party: Party, place: tuple[SiteId, ContractorId]) -> None:
    """Raises NotFound when the viewer does not act for the party."""
    scope = scope_of(request, _PERMISSIONS[party])
    site = reach_site(session, scope, place[0])
    reach_contractor(session, scope, place[1])
    acts = is_prime_of(scope, site) if party is Party.PRIME else employs(scope, place[1])
    if not acts:
        raise NotFound("not the viewer's month", site_id=place[0], contractor_id=place[1])


def _note(
    session: Session, request: Request, action: str, place: tuple[SiteId, ContractorId], details: dict[str, object]
) -> None:
    audit.record(
        session,
        at=request.app.state.clock.now(),
        by=viewer_of(request).account.account_id,
        action=action,
        subject=("site", place[0]),
        contractor_id=place[1],
        details={name: f"{value:%Y-%m-%d}" if isinstance(value, date) else value for name, value in details.items()},
    )


def _month(text: str) -> date:
    found = month_of(text, date.min)
    if found == date.min:
        raise NotFound("no such month")
    return found


def _back(place: tuple[SiteId, ContractorId], month: date) -> str:
    return with_query(f"/calendar/sites/{place[0]}", month=f"{month:%Y-%m}", contractor=place[1])
