"""How a contractor counts man-days: its figures for all sites or for one, from a day on."""

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from fastapi.responses import RedirectResponse, Response

from admin.access import needs, reading, scope_of, viewer_of, writing
from admin.pages import language_of, render
from admin.words import word
from core.accounts.model import Permission
from core.attendance.sheet import default_terms, set_terms, terms_of
from core.attendance.sheet_model import SheetTerms
from core.attendance.sheet_rules import hours_text, parse_hours, terms_on
from core.audit import service as audit
from core.clock import work_date
from core.db import Session
from core.errors import InvalidInput, NotFound
from core.ids import ContractorId, SiteId, uuid7
from core.registry.place_list import SiteFilters, SiteState, list_sites
from core.registry.reach import came_to_own_sites, employs, reach_contractor, reach_site
from core.scope import Scope

router = APIRouter()
PATH = "/sheet/terms/{contractor_id}"
FIGURES = ("full_day_min", "half_day_min", "regular_min", "night_from_min", "night_until_min", "night_at_least_min")
STEPS = tuple((minutes, str(minutes)) for minutes in (1, 5, 10, 15, 30, 60))


async def _form(request: Request) -> Mapping[str, str]:
    """Return the fields of a form that are text."""
    return {name: value for name, value in (await request.form()).items() if isinstance(value, str)}


Form = Annotated[Mapping[str, str], Depends(_form)]


@router.get(PATH, dependencies=[needs(Permission.SEE)])
def show_terms(request: Request, contractor_id: UUID) -> Response:
    return _show(request, ContractorId(contractor_id))


@router.post(PATH, dependencies=[needs(Permission.EDIT_PEOPLE)])
def change_terms(request: Request, contractor_id: UUID, form: Form) -> Response:
    of = ContractorId(contractor_id)
    scope = scope_of(request, Permission.EDIT_PEOPLE)
    try:
        terms = _typed_terms(of, form)
        with writing(request) as session:
            reach_contractor(session, scope, of)
            if not employs(scope, of):
                raise NotFound("not the viewer's contractor", contractor_id=of)
            if terms.site_id is not None:
                reach_site(session, scope, terms.site_id)
            set_terms(session, terms)
            audit.record(
                session,
                at=request.app.state.clock.now(),
                by=viewer_of(request).account.account_id,
                action="sheet.terms_changed",
                subject=("contractor", of),
                contractor_id=of,
                details={"valid_from": terms.valid_from.isoformat(), "fields": list(FIGURES)},
            )
    except InvalidInput as error:
        return _show(request, of, dict(form), {error.field: word(f"sheet.error.{error.field}", language_of(request))})
    return RedirectResponse(f"/sheet/terms/{of}", 303)


def sees_terms(session: Session, scope: Scope, contractor_id: ContractorId) -> bool:
    """Whether somebody may read how a contractor counts: its own office, and the primes to whose sites its people come.

    It is nobody else's matter, least of all of those below it.
    """
    return employs(scope, contractor_id) or came_to_own_sites(session, scope, contractor_id)


def _show(
    request: Request,
    contractor_id: ContractorId,
    typed: dict[str, Any] | None = None,
    errors: dict[str, str] | None = None,
) -> Response:
    scope, today = scope_of(request), work_date(request.app.state.clock.now())
    with reading(request) as session:
        contractor = reach_contractor(session, scope, contractor_id)
        if not sees_terms(session, scope, contractor_id):
            raise NotFound("not the viewer's contractor", contractor_id=contractor_id)
        is_own = employs(scope, contractor_id)
        reached = scope if is_own else Scope(primes=scope.primes, sites=scope.sites)
        places = list_sites(session, reached, SiteFilters("", SiteState.OPEN), today)
        names = {row.site.site_id: row.site.name for row in places.rows}
        terms_held = terms_of(session, contractor_id)
    known = [terms for terms in terms_held if is_own or terms.site_id is None or terms.site_id in names]
    of_all = [terms for terms in known if terms.site_id is None]
    held = terms_on(of_all, SiteId(contractor_id), today) or default_terms(contractor_id, today)
    return render(
        request,
        "sheet/terms.html",
        status_code=422 if errors else 200,
        contractor=contractor,
        known=known,
        site_names=names,
        figures=FIGURES,
        steps=STEPS,
        typed=_as_typed(held, today) | (typed or {}),
        errors=errors or {},
        may_write=employs(scope_of(request, Permission.EDIT_PEOPLE), contractor_id),
        hours=hours_text,
    )


def _as_typed(terms: SheetTerms, today: date) -> dict[str, Any]:
    figures = {name: hours_text(getattr(terms, name)) for name in FIGURES}
    return {"site_id": "", "valid_from": today.replace(day=1), "extra_step_min": terms.extra_step_min, **figures}


def _typed_terms(contractor_id: ContractorId, form: Mapping[str, str]) -> SheetTerms:
    """Return the terms a form says. Raises InvalidInput with the field that cannot be read."""
    figures = {name: parse_hours(form.get(name, ""), name) for name in FIGURES}
    return SheetTerms(
        terms_id=uuid7(),
        contractor_id=contractor_id,
        valid_from=_read(date.fromisoformat, form, "valid_from"),
        site_id=SiteId(_read(UUID, form, "site_id")) if form.get("site_id") else None,
        extra_step_min=_read(int, form, "extra_step_min"),
        **figures,
    )


def _read(parse: Any, form: Mapping[str, str], field: str) -> Any:
    try:
        return parse(form.get(field, ""))
    except ValueError:
        raise InvalidInput(f"{field} cannot be read", field=field) from None
