"""電話回線: the list, its files, the page of one line. Adding and changing lines is the operator's."""

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
from core.errors import DomainError, NotFound
from core.ids import LineId, SiteId, uuid7
from core.registry import places
from core.registry.model import Language, Line, LineDirection, LineMode
from core.registry.place_detail import read_line
from core.registry.place_list import LINE_HEADINGS, LineFilters, SiteFilters, line_rows, list_lines, list_sites

router = APIRouter()
OPERATE = needs(Permission.OPERATE)
CARRIERS = ("twilio", "signalwire")
FIELDS = ("name", "mode", "direction", "language")


@dataclass(frozen=True, slots=True)
class _Asked:
    """The filters as they stand in the address."""

    mode: str = ""
    retired: str = "no"
    site: str = ""

    @property
    def filters(self) -> LineFilters:
        site = id_of(self.site)
        retired = {"no": False, "yes": True}.get(self.retired)
        return LineFilters(choice_of(LineMode, self.mode), retired, None if site is None else SiteId(site))

    @property
    def query(self) -> dict[str, str]:
        return {name: value for name, value in asdict(self).items() if value}


@router.get("/lines", dependencies=[needs(Permission.SEE)])
def show_lines(request: Request, asked: Annotated[_Asked, Depends()], offset: Offset = 0) -> Response:
    with reading(request) as session:
        listed = list_lines(session, scope_of(request), asked.filters, offset)
    return render(
        request,
        "registry/lines.html",
        listed=listed,
        asked=asked,
        done=done_of(request),
        **pages_of("/lines", asked.query, listed),
    )


@router.get("/lines/export", dependencies=[needs(Permission.EXPORT)])
def export_lines(
    request: Request, asked: Annotated[_Asked, Depends()], file_format: Annotated[ExportFormat, Query(alias="format")]
) -> Response:
    scope = scope_of(request, Permission.EXPORT)
    return export_response(
        request,
        "電話回線一覧",
        LINE_HEADINGS,
        lambda session: line_rows(session, scope, asked.filters),
        file_format=file_format,
        note=ExportNote("line.exported", ("list", "lines"), filters=filters_used(asked.query)),
    )


@router.get("/lines/new", dependencies=[OPERATE])
def ask_for_line(request: Request) -> Response:
    values = {"mode": LineMode.SENTENCE, "direction": LineDirection.EITHER, "language": Language.JAPANESE}
    return _form(request, None, Typed(values, ""))


@router.post("/lines/new", dependencies=[OPERATE])
def add_line(request: Request, typed: TypedForm) -> Response:
    if not typed.values.get("e164", "").strip():
        typed.wrong("e164", "registry.wrong.required")
    e164 = typed.phone("e164", request.app.state.settings.phone_regions)
    carrier = typed.values.get("carrier", "")
    if carrier not in CARRIERS:
        typed.wrong("carrier", "registry.wrong.required")
    if e164 is not None and not typed.errors:
        line = _line_from(typed, Line(LineId(uuid7()), e164, carrier))
        try:
            with writing(request) as session:
                places.add_line(session, line)
                note(request, session, "line.added", ("line", line.line_id), None)
        except DomainError as error:
            typed.refuse(error)
        else:
            return to(f"/lines/{line.line_id}", "line_added")
    return _form(request, None, typed, status_code=422)


@router.get("/lines/{line_id}", dependencies=[needs(Permission.SEE)])
def show_line(request: Request, line_id: UUID, q: str = "") -> Response:
    return _page(request, LineId(line_id), q)


@router.get("/lines/{line_id}/edit", dependencies=[OPERATE])
def ask_for_changes(request: Request, line_id: UUID) -> Response:
    with reading(request) as session:
        line = places.require_line(session, LineId(line_id))
    values = {name: str(getattr(line, name)) for name in FIELDS}
    return _form(request, line, Typed(values, ""), seen=version_of(line))


@router.post("/lines/{line_id}/edit", dependencies=[OPERATE])
def change_line(request: Request, line_id: UUID, typed: TypedForm) -> Response:
    with reading(request) as session:
        before = places.require_line(session, LineId(line_id))
    seen, changed = version_of(before), _line_from(typed, before)
    if typed.values.get("seen") != seen:
        now = {name: str(getattr(before, name)) for name in FIELDS}
        conflict = [name for name in FIELDS if now[name] != typed.values.get(name, "")]
        return _form(request, before, typed, status_code=409, seen=seen, now=now, conflict=conflict)
    if typed.errors:
        return _form(request, before, typed, status_code=422, seen=seen)
    with writing(request) as session:
        places.update_line(session, changed)
        fields = [name for name in FIELDS if getattr(before, name) != getattr(changed, name)]
        note(request, session, "line.changed", ("line", line_id), None, fields=fields)
    return to(f"/lines/{line_id}", "line_changed")


@router.post("/lines/{line_id}/retire", dependencies=[OPERATE])
def retire_line(request: Request, line_id: UUID) -> Response:
    with writing(request) as session:
        places.retire_line(session, LineId(line_id), request.app.state.clock.now())
        note(request, session, "line.retired", ("line", line_id), None)
    return to(f"/lines/{line_id}", "line_retired")


@router.post("/lines/{line_id}/sites", dependencies=[OPERATE])
def put_site(request: Request, line_id: UUID, typed: TypedForm) -> Response:
    site = id_of(typed.values.get("site", ""))
    if site is None:
        raise NotFound("no such site")
    try:
        with writing(request) as session:
            places.put_site_on_line(session, LineId(line_id), SiteId(site))
            prime = places.require_site(session, SiteId(site)).prime_contractor_id
            note(request, session, "line.site_added", ("line", line_id), prime, site_id=site)
    except NotFound:
        raise
    except DomainError:  # another site of the line has the same code
        typed.wrong("q", "registry.wrong.site_code_taken")
        return _page(request, LineId(line_id), typed.values.get("q", ""), typed.errors)
    return to(f"/lines/{line_id}", "line_site_added")


@router.post("/lines/{line_id}/sites/{site_id}/remove", dependencies=[OPERATE])
def take_site(request: Request, line_id: UUID, site_id: UUID) -> Response:
    with writing(request) as session:
        prime = places.require_site(session, SiteId(site_id)).prime_contractor_id
        places.take_site_off_line(session, LineId(line_id), SiteId(site_id))
        note(request, session, "line.site_removed", ("line", line_id), prime, site_id=site_id)
    return to(f"/lines/{line_id}", "line_site_removed")


def _page(request: Request, line_id: LineId, q: str, errors: dict[str, str] | None = None) -> Response:
    scope, viewer = scope_of(request), viewer_of(request)
    today = today_of(request)
    with reading(request) as session:
        line, served = read_line(session, scope, line_id)
        found = list_sites(session, scope, SiteFilters(q), today).rows if q.strip() and viewer.is_operator else ()
        return render(
            request,
            "registry/line.html",
            status_code=422 if errors else 200,
            today=today,
            line=line,
            sites=served,
            q=q,
            found=[row.site for row in found if row.site not in served][:10],
            errors=errors or {},
            may_edit=viewer.may(Permission.OPERATE),
            story=story_of(session, viewer, "line", line_id, language_of(request)),
            done=done_of(request),
        )


def _line_from(typed: Typed, before: Line) -> Line:
    values = {
        "name": typed.text("name"),
        "mode": typed.choice("mode", LineMode) or before.mode,
        "direction": typed.choice("direction", LineDirection) or before.direction,
        "language": typed.choice("language", Language) or before.language,
    }
    return with_values(before, values)


def _form(request: Request, line: Line | None, typed: Typed, *, status_code: int = 200, **context: Any) -> Response:
    shown = {"seen": "", "now": {}, "conflict": []} | context
    return render(
        request,
        "registry/line_form.html",
        status_code=status_code,
        line=line,
        values=typed.values,
        errors=typed.errors,
        carriers=[(carrier, carrier.capitalize()) for carrier in CARRIERS],
        **shown,
    )
