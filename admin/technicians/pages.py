"""技能者一覧: the workers of a contractor at a site, with tasks, insurance, qualifications, gaps; page, file, PDF."""

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response

from admin.access import needs, reading, scope_of, viewer_of, writing
from admin.exports import ExportFormat, ExportNote, attachment, export_response
from admin.pages import RowNumber, render
from admin.technicians import qualifications, tasks
from admin.technicians.shown import HEADINGS, insurance_text, technician_rows
from core.accounts.model import Permission
from core.attendance.technicians import technicians_of
from core.audit import service as audit
from core.clock import work_date
from core.db import Session
from core.documents.model import Paper
from core.documents.sheets import Row
from core.documents.table_sheet import table_pdf
from core.errors import NotFound
from core.ids import ContractorId, SiteId, WorkerId
from core.registry.model import Contractor, Site
from core.registry.paging import PAGE_ROWS, Listed
from core.registry.qualification_model import Technician
from core.registry.qualification_rules import ends_soon, is_valid
from core.registry.qualifying import give_task, tasks_of
from core.registry.reach import employs, is_prime_of, reach_contractor, reach_site, reach_worker
from core.scope import Scope

router = APIRouter()
router.include_router(tasks.router)
router.include_router(qualifications.router)
PATH = "/sites/{site_id}/contractors/{contractor_id}"


@router.get(PATH, dependencies=[needs(Permission.SEE)])
def show_technicians(request: Request, site_id: UUID, contractor_id: UUID, offset: RowNumber = 0) -> Response:
    scope, today = scope_of(request), _today(request)
    with reading(request) as session:
        site, contractor = _reach(session, scope, site_id, contractor_id)
        found = technicians_of(session, scope, site.site_id, contractor.contractor_id, today)
        known = tasks_of(session, site.site_id)
    start = max(0, offset)
    return render(
        request,
        "technicians/list.html",
        site=site,
        contractor=contractor,
        listed=Listed(tuple(found[start : start + PAGE_ROWS]), len(found), start),
        gaps=sum(bool(technician.gaps) for technician in found),
        tasks=known,
        today=today,
        may_give=_may_give(scope_of(request, Permission.EDIT_PEOPLE), site, contractor),
        ends_soon=ends_soon,
        is_valid=is_valid,
    )


@router.post(f"{PATH}/task", dependencies=[needs(Permission.EDIT_PEOPLE)])
def change_task(
    request: Request,
    site_id: UUID,
    contractor_id: UUID,
    worker_id: Annotated[UUID, Form()],
    site_task_id: str = Form(""),
) -> Response:
    scope, today = scope_of(request, Permission.EDIT_PEOPLE), _today(request)
    with writing(request) as session:
        site, contractor = _reach(session, scope, site_id, contractor_id)
        worker = reach_worker(session, scope, WorkerId(worker_id))
        listed = {
            known.worker_id for known in technicians_of(session, scope, site.site_id, contractor.contractor_id, today)
        }
        if worker.worker_id not in listed or not _may_give(scope, site, contractor):
            raise NotFound("not the viewer's technician", worker_id=worker_id)
        give_task(session, site.site_id, worker.worker_id, _task_id(site_task_id), today)
        audit.record(
            session,
            at=request.app.state.clock.now(),
            by=viewer_of(request).account.account_id,
            action="assignment.task_changed",
            subject=("worker", worker.worker_id),
            contractor_id=contractor.contractor_id,
            details={"site_id": str(site_id), "fields": ["task"]},
        )
    return RedirectResponse(f"/sites/{site_id}/contractors/{contractor_id}#w{worker_id}", 303)


@router.get(f"{PATH}/export", dependencies=[needs(Permission.EXPORT)])
def export_technicians(
    request: Request,
    site_id: UUID,
    contractor_id: UUID,
    format: ExportFormat,  # noqa: A002 - the name in the address
) -> Response:
    scope, today = scope_of(request, Permission.EXPORT), _today(request)

    def rows(session: Session) -> Iterator[Row]:
        site, contractor = _reach(session, scope, site_id, contractor_id)
        found = technicians_of(session, scope, site.site_id, contractor.contractor_id, today)
        return technician_rows(found, contractor, today)

    note = ExportNote("technicians.exported", ("site", site_id), ContractorId(contractor_id))
    return export_response(request, "技能者一覧", HEADINGS, rows, file_format=format, note=note)


@router.get(f"{PATH}/pdf", dependencies=[needs(Permission.EXPORT)])
def print_technicians(request: Request, site_id: UUID, contractor_id: UUID) -> Response:
    """Answer with the list as a PDF, A3 landscape."""
    scope, now, today = scope_of(request, Permission.EXPORT), request.app.state.clock.now(), _today(request)
    with reading(request, Permission.EXPORT) as session:
        site, contractor = _reach(session, scope, site_id, contractor_id)
        found = technicians_of(session, scope, site.site_id, contractor.contractor_id, today)
    content = _pdf(request, site, contractor, found, today)
    with writing(request) as session:
        audit.record(
            session,
            at=now,
            by=viewer_of(request).account.account_id,
            action="technicians.exported",
            subject=("site", site_id),
            contractor_id=contractor.contractor_id,
            details={"format": "pdf", "rows": len(found)},
        )
    headers = {"Content-Disposition": attachment(f"技能者一覧_{today:%Y%m%d}.pdf", f"technicians_{today:%Y%m%d}")}
    return Response(content, media_type="application/pdf", headers=headers)


def _pdf(request: Request, site: Site, contractor: Contractor, found: Sequence[Technician], today: date) -> bytes:
    insured = insurance_text(contractor)
    return table_pdf(
        f"技能者一覧　{site.name}",
        HEADINGS,
        technician_rows(found, contractor, today),
        Paper.A3,
        note=f"{contractor.name}　{insured}",
        printed_at=request.app.state.clock.now(),
    )


def _reach(session: Session, scope: Scope, site_id: UUID, contractor_id: UUID) -> tuple[Site, Contractor]:
    return reach_site(session, scope, SiteId(site_id)), reach_contractor(session, scope, ContractorId(contractor_id))


def _may_give(scope: Scope, site: Site, contractor: Contractor) -> bool:
    return employs(scope, contractor.contractor_id) or is_prime_of(scope, site)


def _task_id(text: str) -> UUID | None:
    try:
        return UUID(text) if text else None
    except ValueError:
        raise NotFound("no such task") from None


def _today(request: Request) -> date:
    return work_date(request.app.state.clock.now())
