"""資格 of a worker: seen by whoever sees the worker, entered by the employer."""

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
from core.audit import service as audit
from core.clock import work_date
from core.db import Session
from core.errors import InvalidInput, NotFound
from core.ids import WorkerId, uuid7
from core.registry.qualification_model import Qualification, QualificationKind
from core.registry.qualification_rules import ends_soon, is_valid
from core.registry.qualification_store import is_employee
from core.registry.qualifying import (
    add_qualification,
    delete_qualification,
    qualifications_of,
    require_qualification,
    update_qualification,
)
from core.registry.reach import reach_worker

router = APIRouter()
PATH = "/workers/{worker_id}/qualifications"
FIELDS = ("kind", "name", "number", "obtained_on", "expires_on")


async def _form(request: Request) -> Mapping[str, str]:
    """Return the fields of a form that are text."""
    return {name: value for name, value in (await request.form()).items() if isinstance(value, str)}


Form = Annotated[Mapping[str, str], Depends(_form)]


@router.get(PATH, dependencies=[needs(Permission.SEE)])
def show_qualifications(request: Request, worker_id: UUID, edit: UUID | None = None) -> Response:
    return _show(request, WorkerId(worker_id), edit)


@router.post(PATH, dependencies=[needs(Permission.EDIT_PEOPLE)])
def change_qualification(request: Request, worker_id: UUID, form: Form) -> Response:
    of = WorkerId(worker_id)
    edited: UUID | None = None
    try:
        edited = _read(UUID, form, "qualification_id") if form.get("qualification_id") else None
        with writing(request) as session:
            _check_reach(session, request, of)
            typed = _typed(of, edited, form)
            change = update_qualification if edited else add_qualification
            change(session, typed)
            action = "qualification.changed" if edited else "qualification.added"
            _note(session, request, of, action, typed.qualification_id)
    except InvalidInput as error:
        errors = {error.field: word(f"technicians.error.{error.field}", language_of(request))}
        return _show(request, of, edited, dict(form), errors)
    return RedirectResponse(f"/workers/{of}/qualifications", 303)


@router.post(f"{PATH}/{{qualification_id}}/delete", dependencies=[needs(Permission.EDIT_PEOPLE)])
def remove_qualification(request: Request, worker_id: UUID, qualification_id: UUID) -> Response:
    of = WorkerId(worker_id)
    with writing(request) as session:
        _check_reach(session, request, of)
        delete_qualification(session, of, qualification_id)
        _note(session, request, of, "qualification.deleted", qualification_id)
    return RedirectResponse(f"/workers/{of}/qualifications", 303)


def _show(
    request: Request,
    worker_id: WorkerId,
    edited_id: UUID | None,
    typed: dict[str, str] | None = None,
    errors: dict[str, str] | None = None,
) -> Response:
    with reading(request) as session:
        worker = reach_worker(session, scope_of(request), worker_id)
        known = qualifications_of(session, worker_id)
        edited = require_qualification(session, worker_id, edited_id) if edited_id else None
        is_ours = is_employee(session, scope_of(request, Permission.EDIT_PEOPLE), worker_id)
    return render(
        request,
        "technicians/qualifications.html",
        status_code=422 if errors else 200,
        worker=worker,
        known=known,
        edited=edited,
        typed={name: (getattr(edited, name) if edited else "") or "" for name in FIELDS} | (typed or {}),
        errors=errors or {},
        may_write=is_ours and viewer_of(request).may(Permission.EDIT_PEOPLE),
        kinds=[(kind, word(f"technicians.kind.{kind}", language_of(request))) for kind in QualificationKind],
        today=work_date(request.app.state.clock.now()),
        ends_soon=ends_soon,
        is_valid=is_valid,
    )


def _typed(worker_id: WorkerId, edited: UUID | None, form: Mapping[str, str]) -> Qualification:
    """Return what a form says. Raises InvalidInput with the field that cannot be read."""
    return Qualification(
        qualification_id=edited or uuid7(),
        worker_id=worker_id,
        kind=_read(QualificationKind, form, "kind"),
        name=form.get("name", "").strip(),
        number=form.get("number", "").strip(),
        obtained_on=_read(date.fromisoformat, form, "obtained_on") if form.get("obtained_on") else None,
        expires_on=_read(date.fromisoformat, form, "expires_on") if form.get("expires_on") else None,
    )


def _read(parse: Any, form: Mapping[str, str], field: str) -> Any:
    try:
        return parse(form.get(field, ""))
    except ValueError:
        raise InvalidInput(f"{field} cannot be read", field=field) from None


def _check_reach(session: Session, request: Request, worker_id: WorkerId) -> None:
    """Raises NotFound unless the viewer looks in the name of the worker's employer."""
    if not is_employee(session, scope_of(request, Permission.EDIT_PEOPLE), worker_id):
        raise NotFound("not the viewer's worker", worker_id=worker_id)


def _note(session: Session, request: Request, worker_id: WorkerId, action: str, qualification_id: UUID) -> None:
    audit.record(
        session,
        at=request.app.state.clock.now(),
        by=viewer_of(request).account.account_id,
        action=action,
        subject=("worker", worker_id),
        details={"qualification_id": str(qualification_id), "fields": list(FIELDS)},
    )
