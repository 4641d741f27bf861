"""事業者: the list, its files, the page of one contractor, and the forms that add and change one."""

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
from core.ids import ContractorId, uuid7
from core.registry import mending, service
from core.registry.model import Contractor, InsuranceStatus, LegalForm
from core.registry.place_detail import read_contractor
from core.registry.place_list import CONTRACTOR_HEADINGS, ContractorFilters, contractor_rows, list_contractors

router = APIRouter()
FIELDS = (
    *("name", "name_kana", "legal_form", "ccus_contractor_id", "address", "licence", "capital_yen"),
    *("health_insurance", "pension_insurance", "employment_insurance", "mutual_aid"),
)
INSURANCES = ("health_insurance", "pension_insurance", "employment_insurance")


@dataclass(frozen=True, slots=True)
class _Asked:
    """The filters as they stand in the address."""

    q: str = ""
    form: str = ""

    @property
    def filters(self) -> ContractorFilters:
        return ContractorFilters(self.q, choice_of(LegalForm, self.form))

    @property
    def query(self) -> dict[str, str]:
        return {name: value for name, value in asdict(self).items() if value}


@router.get("/contractors", dependencies=[needs(Permission.SEE)])
def show_contractors(request: Request, asked: Annotated[_Asked, Depends()], offset: Offset = 0) -> Response:
    with reading(request) as session:
        listed = list_contractors(session, scope_of(request), asked.filters, today_of(request), offset)
    return render(
        request,
        "registry/contractors.html",
        listed=listed,
        asked=asked,
        done=done_of(request),
        **pages_of("/contractors", asked.query, listed),
    )


@router.get("/contractors/export", dependencies=[needs(Permission.EXPORT)])
def export_contractors(
    request: Request, asked: Annotated[_Asked, Depends()], file_format: Annotated[ExportFormat, Query(alias="format")]
) -> Response:
    scope, today = scope_of(request, Permission.EXPORT), today_of(request)
    return export_response(
        request,
        "事業者一覧",
        CONTRACTOR_HEADINGS,
        lambda session: contractor_rows(session, scope, asked.filters, today),
        file_format=file_format,
        note=ExportNote("contractor.exported", ("list", "contractors"), filters=filters_used(asked.query)),
    )


@router.get("/contractors/new", dependencies=[needs(Permission.OPERATE)])
def ask_for_contractor(request: Request) -> Response:
    return _form(request, None, Typed({"legal_form": LegalForm.CORPORATION}, ""))


@router.post("/contractors/new", dependencies=[needs(Permission.OPERATE)])
def add_contractor(request: Request, typed: TypedForm) -> Response:
    contractor = contractor_from(typed, Contractor(ContractorId(uuid7()), "", LegalForm.CORPORATION))
    if not typed.errors:
        try:
            with writing(request) as session:
                service.add_contractor(session, contractor)
                own = contractor.contractor_id
                note(request, session, "contractor.added", ("contractor", own), own)
        except DomainError as error:
            typed.refuse(error)
        else:
            return to(f"/contractors/{contractor.contractor_id}", "contractor_added")
    return _form(request, None, typed, status_code=422)


@router.get("/contractors/{contractor_id}", dependencies=[needs(Permission.SEE)])
def show_contractor(request: Request, contractor_id: UUID) -> Response:
    own, viewer = ContractorId(contractor_id), viewer_of(request)
    with reading(request) as session:
        return render(
            request,
            "registry/contractor.html",
            detail=read_contractor(session, scope_of(request), own, today_of(request)),
            may_edit=_is_own(request, own),
            today=today_of(request),
            story=story_of(session, viewer, "contractor", contractor_id, language_of(request)),
            done=done_of(request),
        )


@router.get("/contractors/{contractor_id}/edit", dependencies=[needs(Permission.EDIT_PEOPLE)])
def ask_for_changes(request: Request, contractor_id: UUID) -> Response:
    with reading(request) as session:
        contractor = _own(request, session, contractor_id)
    return _form(request, contractor, Typed(_values_of(contractor), ""), seen=version_of(contractor))


@router.post("/contractors/{contractor_id}/edit", dependencies=[needs(Permission.EDIT_PEOPLE)])
def change_contractor(request: Request, contractor_id: UUID, typed: TypedForm) -> Response:
    with reading(request) as session:
        before = _own(request, session, contractor_id)
    seen, changed = version_of(before), contractor_from(typed, before)
    if typed.values.get("seen") != seen:
        now = _values_of(before)
        conflict = [name for name in now if now[name] != typed.values.get(name, "")]
        return _form(request, before, typed, status_code=409, seen=seen, now=now, conflict=conflict)
    if not typed.errors:
        try:
            with writing(request) as session:
                own = _own(request, session, contractor_id).contractor_id
                service.update_contractor(session, changed)
                fields = changed_fields(before, changed)
                note(request, session, "contractor.changed", ("contractor", own), own, fields=fields)
        except DomainError as error:
            typed.refuse(error)
        else:
            return to(f"/contractors/{contractor_id}", "contractor_changed")
    return _form(request, before, typed, status_code=422, seen=seen)


def contractor_from(typed: Typed, before: Contractor) -> Contractor:
    """Return the contractor with what was typed; what is wrong stands in typed.errors."""
    insurances = {name: typed.choice(name, InsuranceStatus) for name in INSURANCES}
    values = {
        "name": typed.text("name", is_required=True, mend=mending.mend_company),
        "name_kana": typed.text("name_kana", mend=mending.mend_kana),
        "legal_form": typed.choice("legal_form", LegalForm) or before.legal_form,
        "ccus_contractor_id": typed.ccus_id("ccus_contractor_id"),
        "address": typed.text("address"),
        "licence": typed.text("licence"),
        "capital_yen": typed.number("capital_yen"),
        "mutual_aid": {"yes": True, "no": False}.get(typed.values.get("mutual_aid", "")),
    }
    return with_values(before, values | insurances)


def _values_of(contractor: Contractor) -> dict[str, str]:
    values = {name: getattr(contractor, name) for name in FIELDS}
    values["mutual_aid"] = {True: "yes", False: "no", None: ""}[contractor.mutual_aid]
    return {name: "" if value is None else str(value) for name, value in values.items()}


def _is_own(request: Request, contractor_id: ContractorId) -> bool:
    edits = viewer_of(request).scope(Permission.EDIT_PEOPLE)
    return edits.everything or contractor_id in edits.employers


def _own(request: Request, session: Session, contractor_id: UUID) -> Contractor:
    own = ContractorId(contractor_id)
    if not _is_own(request, own):
        raise NotFound("no such contractor", contractor_id=own)
    return service.require_contractor(session, own)


def _form(
    request: Request, contractor: Contractor | None, typed: Typed, *, status_code: int = 200, **context: Any
) -> Response:
    shown = {"seen": "", "now": {}, "conflict": []} | context
    return render(
        request,
        "registry/contractor_form.html",
        status_code=status_code,
        contractor=contractor,
        values=typed.values,
        errors=typed.errors,
        **shown,
    )
