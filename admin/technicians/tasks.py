"""作業内容 of a site: what is done there, and which qualifications it needs."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response

from admin.access import needs, reading, scope_of, viewer_of, writing
from admin.pages import language_of, render
from admin.words import word
from core.accounts.model import Permission
from core.audit import service as audit
from core.db import Session
from core.errors import InvalidInput
from core.ids import SiteId, uuid7
from core.registry.model import Site
from core.registry.qualification_model import SiteTask
from core.registry.qualification_rules import parse_needs
from core.registry.qualifying import delete_task, require_task, tasks_of, write_task
from core.registry.reach import is_prime_of, reach_site, reach_whole_site

router = APIRouter()
PATH = "/sites/{site_id}/tasks"


@router.get(PATH, dependencies=[needs(Permission.SEE)])
def show_tasks(request: Request, site_id: UUID, task: UUID | None = None) -> Response:
    return _show(request, site_id, task)


@router.post(PATH, dependencies=[needs(Permission.EDIT_SITES)])
def change_task(
    request: Request,
    site_id: UUID,
    task: Annotated[UUID | None, Form()] = None,
    name: str = Form(""),
    hazardous_substances: str = Form(""),
    needs_: str = Form("", alias="needs"),
) -> Response:
    try:
        with writing(request) as session:
            site = reach_whole_site(session, scope_of(request, Permission.EDIT_SITES), SiteId(site_id))
            if task is not None:
                require_task(session, site.site_id, task)
            needed = parse_needs(needs_)
            changed = SiteTask(task or uuid7(), site.site_id, name.strip(), hazardous_substances.strip(), needed)
            write_task(session, changed)
            _note(session, request, site, "site.task_changed", changed.site_task_id)
    except InvalidInput as error:
        typed = {"name": name, "hazardous_substances": hazardous_substances, "needs": needs_}
        errors = {error.field: word(f"technicians.error.{error.field}", language_of(request))}
        return _show(request, site_id, task, typed, errors)
    return RedirectResponse(f"/sites/{site_id}/tasks", 303)


@router.post(f"{PATH}/{{site_task_id}}/delete", dependencies=[needs(Permission.EDIT_SITES)])
def remove_task(request: Request, site_id: UUID, site_task_id: UUID) -> Response:
    with writing(request) as session:
        site = reach_whole_site(session, scope_of(request, Permission.EDIT_SITES), SiteId(site_id))
        delete_task(session, site.site_id, site_task_id)
        _note(session, request, site, "site.task_deleted", site_task_id)
    return RedirectResponse(f"/sites/{site_id}/tasks", 303)


def _show(
    request: Request,
    site_id: UUID,
    task_id: UUID | None,
    typed: dict[str, str] | None = None,
    errors: dict[str, str] | None = None,
) -> Response:
    with reading(request) as session:
        site = reach_site(session, scope_of(request), SiteId(site_id))
        edited = require_task(session, site.site_id, task_id) if task_id else None
        known = tasks_of(session, site.site_id)
    held = {
        "name": edited.name if edited else "",
        "hazardous_substances": edited.hazardous_substances if edited else "",
        "needs": "\n".join(edited.needs) if edited else "",
    }
    return render(
        request,
        "technicians/tasks.html",
        status_code=422 if errors else 200,
        site=site,
        tasks=known,
        edited=edited,
        typed=typed or held,
        errors=errors or {},
        may_write=is_prime_of(scope_of(request, Permission.EDIT_SITES), site),
    )


def _note(session: Session, request: Request, site: Site, action: str, site_task_id: UUID) -> None:
    audit.record(
        session,
        at=request.app.state.clock.now(),
        by=viewer_of(request).account.account_id,
        action=action,
        subject=("site", site.site_id),
        contractor_id=site.prime_contractor_id,
        details={"site_task_id": str(site_task_id), "fields": ["name", "hazardous_substances", "needs"]},
    )
