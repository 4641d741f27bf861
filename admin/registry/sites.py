"""現場: the list, its files, the page of one site, and the forms that add and change one."""

from dataclasses import asdict, dataclass
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import Response

from admin.access import needs, reading, scope_of, viewer_of, writing
from admin.exports import ExportFormat, ExportNote, export_response, filters_used
from admin.pages import language_of, render
from admin.registry.forms import (
    Typed,
    TypedForm,
    changed_fields,
    choice_of,
    done_of,
    id_of,
    note,
    to,
    today_of,
    version_of,
    with_values,
)
from admin.registry.stories import story_of
from admin.registry.workers import Offset, pages_of
from core.accounts.model import Permission
from core.db import Session
from core.errors import DomainError, NotFound
from core.ids import ContractorId, SiteId, uuid7
from core.registry import mending, places
from core.registry.choosing import chosen_contractor, contractor_choices, contractors_named
from core.registry.model import Site, SiteKind
from core.registry.place_detail import reaches_site, read_site
from core.registry.place_list import (
    SITE_HEADINGS,
    SiteFilters,
    SiteState,
    list_primes,
    list_sites,
    site_rows,
    state_on,
)
from core.registry.service import require_contractor

router = APIRouter()
NOBODY = ContractorId(UUID(int=0))
TIMES = ("day_starts_min", "closes_min")
TICKS = ("day_code_required", "sms_receipt")
FIELDS = (
    *("name", "name_kana", "ccus_site_id", "kind", "address", "starts_on", "ends_on", "site_code"),
    *("day_starts_min", "closes_min", "minimum_stay_min", "day_code_required", "sms_receipt"),
)


@dataclass(frozen=True, slots=True)
class _Asked:
    """The filters as they stand in the address."""

    q: str = ""
    state: str = ""
    prime: str = ""

    @property
    def filters(self) -> SiteFilters:
        prime = id_of(self.prime)
        return SiteFilters(self.q, choice_of(SiteState, self.state), None if prime is None else ContractorId(prime))

    @property
    def query(self) -> dict[str, str]:
        return {name: value for name, value in asdict(self).items() if value}


@router.get("/sites", dependencies=[needs(Permission.SEE)])
def show_sites(request: Request, asked: Annotated[_Asked, Depends()], offset: Offset = 0) -> Response:
    scope = scope_of(request)
    with reading(request) as session:
        listed = list_sites(session, scope, asked.filters, today_of(request), offset)
        primes = list_primes(session, scope)
    return render(
        request,
        "registry/sites.html",
        listed=listed,
        asked=asked,
        primes=primes,
        done=done_of(request),
        **pages_of("/sites", asked.query, listed),
    )


@router.get("/sites/export", dependencies=[needs(Permission.EXPORT)])
def export_sites(
    request: Request, asked: Annotated[_Asked, Depends()], file_format: Annotated[ExportFormat, Query(alias="format")]
) -> Response:
    scope, today = scope_of(request, Permission.EXPORT), today_of(request)
    return export_response(
        request,
        "現場一覧",
        SITE_HEADINGS,
        lambda session: site_rows(session, scope, asked.filters, today),
        file_format=file_format,
        note=ExportNote("site.exported", ("list", "sites"), filters=filters_used(asked.query)),
    )


@router.get("/sites/new", dependencies=[needs(Permission.EDIT_SITES)])
def ask_for_site(request: Request) -> Response:
    blank = Site(SiteId(uuid7()), "", NOBODY, today_of(request))
    return _form(request, None, Typed(_values_of(blank), ""))


@router.post("/sites/new", dependencies=[needs(Permission.EDIT_SITES)])
def add_site(request: Request, typed: TypedForm) -> Response:
    try:
        with writing(request) as session:
            prime = _prime(request, session, typed)
            site = _site_from(typed, Site(SiteId(uuid7()), "", prime or NOBODY, today_of(request)))
            if not typed.errors:
                added = places.add_site(session, request.app.state.settings.sealer, site)
                note(request, session, "site.added", ("site", added.site_id), prime)
                return to(f"/sites/{added.site_id}", "site_added")
    except NotFound:
        raise
    except DomainError as error:
        typed.refuse(error)
    return _form(request, None, typed, status_code=422)


@router.get("/sites/{site_id}", dependencies=[needs(Permission.SEE)])
def show_site(request: Request, site_id: UUID) -> Response:
    own, today, viewer = SiteId(site_id), today_of(request), viewer_of(request)
    edits = scope_of(request, Permission.EDIT_SITES)
    with reading(request) as session:
        detail = read_site(session, scope_of(request), own, today)
        may_edit = reaches_site(session, edits, own)
        code = _day_code(request, session, detail.site) if detail.is_whole else None
        return render(
            request,
            "registry/site.html",
            detail=detail,
            today=today,
            state=state_on(detail.site, today),
            day_code=code,
            may_edit=may_edit,
            may_assign=viewer.may(Permission.EDIT_PEOPLE),
            story=story_of(session, viewer, "site", site_id, language_of(request)),
            done=done_of(request),
            ended=_ended(request, site_id),
        )


@router.get("/sites/{site_id}/edit", dependencies=[needs(Permission.EDIT_SITES)])
def ask_for_changes(request: Request, site_id: UUID) -> Response:
    with reading(request, Permission.EDIT_SITES) as session:
        site = own_site(request, session, site_id)
    return _form(request, site, Typed(_values_of(site), ""), seen=version_of(site))


@router.post("/sites/{site_id}/edit", dependencies=[needs(Permission.EDIT_SITES)])
def change_site(request: Request, site_id: UUID, typed: TypedForm) -> Response:
    with reading(request, Permission.EDIT_SITES) as session:
        before = own_site(request, session, site_id)
    seen, changed = version_of(before), _site_from(typed, before)
    if typed.values.get("seen") != seen:
        now = _values_of(before)
        conflict = [name for name in now if now[name] != typed.values.get(name, "")]
        return _form(request, before, typed, status_code=409, seen=seen, now=now, conflict=conflict)
    if not typed.errors:
        try:
            with writing(request) as session:
                own = own_site(request, session, site_id)
                places.update_site(session, changed)
                fields = changed_fields(before, changed)
                note(request, session, "site.changed", ("site", site_id), own.prime_contractor_id, fields=fields)
        except DomainError as error:
            typed.refuse(error)
        else:
            return to(f"/sites/{site_id}", "site_changed")
    return _form(request, before, typed, status_code=422, seen=seen)


def _ended(request: Request, site_id: UUID) -> str | None:
    """Return the address at which a participation was ended just now, which lets it go on as well."""
    participation_id = id_of(request.query_params.get("part", ""))
    return f"/sites/{site_id}/parts/{participation_id}/end" if participation_id else None


def own_site(request: Request, session: Session, site_id: UUID) -> Site:
    """Return a site the viewer may change. Raises NotFound for every other."""
    own = SiteId(site_id)
    if not reaches_site(session, scope_of(request, Permission.EDIT_SITES), own):
        raise NotFound("no such site", site_id=own)
    return places.require_site(session, own)


def _day_code(request: Request, session: Session, site: Site) -> str | None:
    """Return the code at the gate today, for the sites that ask for one."""
    if not site.day_code_required:
        return None
    return places.day_code_of(session, request.app.state.settings.sealer, site.site_id, today_of(request))


def _prime(request: Request, session: Session, typed: Typed) -> ContractorId | None:
    """Return the prime contractor that was chosen: one of the viewer's own, for the operator anyone by name or id."""
    edits = scope_of(request, Permission.EDIT_SITES)
    if edits.everything:
        named = typed.text("prime", is_required=True)
        found = chosen_contractor(session, edits, named, "prime") if named else None
        if named and found is None:
            typed.wrong("prime", "registry.wrong.no_contractor")
        return found
    chosen = id_of(typed.values.get("prime", ""))
    if chosen is None:
        typed.wrong("prime", "registry.wrong.required")
        return None
    if chosen not in edits.primes:
        raise NotFound("no such contractor", contractor_id=chosen)
    return require_contractor(session, ContractorId(chosen)).contractor_id


def _site_from(typed: Typed, before: Site) -> Site:
    code = typed.narrow("site_code") or "0000"
    if not (code.isascii() and code.isdigit() and len(code) <= 4):
        typed.wrong("site_code", "registry.wrong.site_code")
    values = {
        "name": typed.text("name", is_required=True, mend=mending.mend_name),
        "name_kana": typed.text("name_kana", mend=mending.mend_kana),
        "ccus_site_id": typed.ccus_id("ccus_site_id"),
        "kind": typed.choice("kind", SiteKind) or before.kind,
        "address": typed.text("address"),
        "starts_on": typed.day("starts_on", is_required=True) or before.starts_on,
        "ends_on": typed.day("ends_on"),
        "site_code": code.zfill(4),
        "minimum_stay_min": typed.number("minimum_stay_min", most=12 * 60) or 0,
    }
    times = {name: typed.minutes(name) for name in TIMES}
    return with_values(before, values | times | {name: typed.is_ticked(name) for name in TICKS})


def _values_of(site: Site) -> dict[str, str]:
    """Return the site as the fields of the form show it; only such texts are compared with what is typed."""
    values = {name: getattr(site, name) for name in FIELDS}
    for name in TIMES:
        values[name] = f"{values[name] // 60:02}:{values[name] % 60:02}"
    for name in TICKS:
        values[name] = "1" if values[name] else ""
    return {name: "" if value is None else str(value) for name, value in values.items()}


def _form(request: Request, site: Site | None, typed: Typed, *, status_code: int = 200, **context: Any) -> Response:
    edits = scope_of(request, Permission.EDIT_SITES)
    with reading(request, Permission.EDIT_SITES) as session:
        primes = contractor_choices(session, edits) if edits.everything else contractors_named(session, edits.primes)
        prime = None if site is None else require_contractor(session, site.prime_contractor_id)
    shown = {"seen": "", "now": {}, "conflict": []} | context
    return render(
        request,
        "registry/site_form.html",
        status_code=status_code,
        site=site,
        values=typed.values,
        errors=typed.errors,
        primes=primes,
        prime=prime,
        types_prime=edits.everything,
        **shown,
    )
