"""「取り込み」: a list is handed in, its columns matched, its rows previewed and written, and taken back again."""

from collections.abc import Mapping
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import RedirectResponse, Response
from starlette.datastructures import UploadFile

from admin.access import needs, reading, scope_of, viewer_of, writing
from admin.imports import choices
from admin.pages import PageNumber, language_of, render, whole_number, with_query
from admin.words import word
from core.accounts.model import Permission
from core.attendance import standing
from core.audit import service as audit
from core.clock import work_date
from core.errors import InvalidInput, NotFound
from core.imports import batch_store as store
from core.imports import batches
from core.imports.batch_model import BatchState, Handed, ImportBatch
from core.imports.columns import headings_of
from core.imports.hints import hints_of
from core.imports.model import Fate, ImportKind
from core.imports.rejects import as_csv, as_excel
from core.imports.undo import plan_undo
from core.work.queue import Nudger

FORM_EXTRA_BYTES = 64 * 1024  # what a form adds to the file
LATEST, BATCHES_A_PAGE, KEPT_SHOWN = 5, 50, 100

router = APIRouter()
IMPORT = needs(Permission.IMPORT)


@router.get("/import", dependencies=[IMPORT])
def begin(request: Request, kind: str = "", discarded: bool = False) -> Response:
    return _begin(request, {}, kind=kind, discarded=discarded)


@router.post("/import", dependencies=[IMPORT])
async def hand_in(request: Request) -> Response:
    """Take a file. It is not read from the network before its size and the viewer are known."""
    size = whole_number(request.headers.get("content-length", ""))
    if size is None or size > batches.MAX_FILE_BYTES + FORM_EXTRA_BYTES:
        return await run_in_threadpool(_begin, request, {"file": "import.too_large"}, status_code=413)
    async with request.form(max_files=1, max_fields=10) as form:
        file = form.get("file")
        content = await file.read() if isinstance(file, UploadFile) else b""
        name = (file.filename or "") if isinstance(file, UploadFile) else ""
        kind, contractor = str(form.get("kind", "")), str(form.get("contractor", ""))
    return await run_in_threadpool(_hand_in, request, kind, contractor, name, content)


def _hand_in(request: Request, kind: str, contractor: str, file_name: str, content: bytes) -> Response:
    viewer, state = viewer_of(request), request.app.state
    if kind not in choices.kinds(viewer):
        return _begin(request, {"kind": "import.no_kind"}, status_code=422)
    if not content:
        return _begin(request, {"file": "import.no_file"}, kind=kind, status_code=422)
    contractor_id, takes_below = choices.whose(viewer, ImportKind(kind), contractor)
    handed = Handed(viewer.account.account_id, viewer.account.name, contractor_id, takes_below)
    sealer, now = state.settings.sealer, state.clock.now()
    try:
        file = batches.read_file(sealer, ImportKind(kind), content, file_name, handed, now)
    except InvalidInput as error:
        return _begin(request, {"file": str(error)}, kind=kind, status_code=422)
    with writing(request) as session:
        batch = batches.hand_in(session, file)
    _nudge(request)
    return _to(batch, "/columns" if batch.state is BatchState.MAPPING else "")


def _begin(
    request: Request, errors: Mapping[str, str], *, kind: str = "", discarded: bool = False, status_code: int = 200
) -> Response:
    viewer, scope, lang = viewer_of(request), scope_of(request, Permission.IMPORT), language_of(request)
    with reading(request, Permission.IMPORT) as session:
        latest = store.list_batches(session, scope, LATEST, 0)
        contractors = choices.contractors(session, viewer)
    return render(
        request,
        "imports/begin.html",
        status_code=status_code,
        kinds=[(each, word(f"import.kind.{each}", lang)) for each in choices.kinds(viewer)],
        kind=kind,
        contractors=[(value, name or word("import.for_anybody", lang)) for value, name in contractors],
        latest=latest,
        today=work_date(request.app.state.clock.now()),
        discarded=discarded,
        errors=_texts(request, errors),
    )


@router.get("/import/batches", dependencies=[IMPORT])
def list_batches(request: Request, page: PageNumber = 1) -> Response:
    scope, page = scope_of(request, Permission.IMPORT), max(1, page)
    offset = (page - 1) * BATCHES_A_PAGE
    with reading(request, Permission.IMPORT) as session:
        found = store.list_batches(session, scope, BATCHES_A_PAGE, offset)
        total = store.count_batches(session, scope)
    paging = _paging("/import/batches", page, BATCHES_A_PAGE, total)
    today = work_date(request.app.state.clock.now())
    return render(request, "imports/batches.html", batches=found, paging_values=paging, today=today)


@router.get("/import/{batch_id}/columns", dependencies=[IMPORT])
def show_columns(request: Request, batch_id: UUID) -> Response:
    return _columns(request, batch_id, {}, None)


@router.post("/import/{batch_id}/columns", dependencies=[IMPORT])
async def choose_columns(request: Request, batch_id: UUID) -> Response:
    async with request.form(max_files=0, max_fields=batches.COLUMNS_SHOWN + 10) as form:
        chosen = {name.removeprefix("column-"): str(value) for name, value in form.items() if value}
    fields = {index: field for name, field in chosen.items() if (index := whole_number(name)) is not None}
    return await run_in_threadpool(_choose_columns, request, batch_id, fields)


def _choose_columns(request: Request, batch_id: UUID, fields: dict[int, str]) -> Response:
    state, account_id = request.app.state, viewer_of(request).account.account_id
    try:
        with reading(request, Permission.IMPORT) as session:
            batch = batches.require(session, batch_id, scope_of(request, Permission.IMPORT))
            columns = batches.check_columns(batch.kind, fields)
            headings_key = batches.headings_key_of(session, state.settings.sealer, batch)
    except InvalidInput as error:
        return _columns(request, batch_id, {error.field: str(error)}, fields)
    with writing(request) as session:
        batches.choose_columns(session, batch, columns, headings_key, account_id, state.clock.now())
    _nudge(request)
    return _to(batch)


def _columns(request: Request, batch_id: UUID, errors: Mapping[str, str], chosen: Mapping[int, str] | None) -> Response:
    settings = request.app.state.settings
    with reading(request, Permission.IMPORT) as session:
        batch = batches.require(session, batch_id, scope_of(request, Permission.IMPORT))
        if batch.state not in (BatchState.MAPPING, BatchState.PREVIEWED, BatchState.FAILED):
            return _to(batch)
        columns = batches.columns_of(session, settings.sealer, batch, settings.phone_regions)
    return render(
        request,
        "imports/columns.html",
        status_code=422 if errors else 200,
        batch=batch,
        columns=columns,
        chosen=chosen if chosen is not None else {each.index: each.field for each in columns if each.field},
        headings=headings_of(batch.kind),
        hints=hints_of(batch.kind),
        has_more=len(columns) >= batches.COLUMNS_SHOWN,
        errors=errors,
    )


@router.get("/import/{batch_id}", dependencies=[IMPORT])
def show_batch(request: Request, batch_id: UUID, fate: str = "", page: PageNumber = 1) -> Response:
    return _batch(request, batch_id, fate, max(1, page), {})


def _batch(request: Request, batch_id: UUID, fate: str, page: int, errors: Mapping[str, str]) -> Response:
    viewer = viewer_of(request)
    with reading(request, Permission.IMPORT) as session:
        batch = batches.require(session, batch_id, scope_of(request, Permission.IMPORT))
        if batch.state is BatchState.MAPPING:
            return _to(batch, "/columns")
        if batch.is_working:
            return render(request, "imports/working.html", batch=batch)
        shown = Fate(fate) if fate in set(Fate) else None
        if not fate and batch.rejected:
            shown = Fate.REJECTED  # what somebody has to do something about comes first
        rows = batches.list_rows(session, request.app.state.settings.sealer, batch, shown, page - 1)
    counts = {each: getattr(batch, each.value) for each in Fate}
    total = sum(counts.values()) if shown is None else counts[shown]
    here = f"/import/{batch_id}"
    return render(
        request,
        "imports/batch.html",
        status_code=422 if errors else 200,
        batch=batch,
        rows=rows,
        counts=counts,
        shown=shown,
        is_own=batch.account_id == viewer.account.account_id,
        paging_values=_paging(here, page, batches.ROWS_A_PAGE, total, fate=shown or "all"),
        errors=_texts(request, errors),
    )


@router.get("/import/{batch_id}/progress", dependencies=[IMPORT])
def show_progress(request: Request, batch_id: UUID) -> Response:
    """Answer with the progress alone; when the work is over, the whole page is loaded anew."""
    with reading(request, Permission.IMPORT) as session:
        batch = batches.require(session, batch_id, scope_of(request, Permission.IMPORT))
    if batch.is_working:
        return render(request, "imports/progress.html", batch=batch)
    return Response(status_code=204, headers={"HX-Redirect": f"/import/{batch_id}"})


@router.post("/import/{batch_id}/apply", dependencies=[IMPORT])
def apply(request: Request, batch_id: UUID, mode: Annotated[str, Form()] = "valid") -> Response:
    account_id, now = viewer_of(request).account.account_id, request.app.state.clock.now()
    try:
        with writing(request) as session:
            batch = batches.require(session, batch_id, scope_of(request, Permission.IMPORT))
            batches.request_apply(session, batch, account_id, now, valid_only=mode != "all")
    except InvalidInput:
        return _batch(request, batch_id, "", 1, {"mode": "import.apply_none"})
    _nudge(request)
    return _to(batch)


@router.post("/import/{batch_id}/discard", dependencies=[IMPORT])
def discard(request: Request, batch_id: UUID) -> Response:
    with writing(request) as session:
        batches.discard(session, batches.require(session, batch_id, scope_of(request, Permission.IMPORT)))
    return RedirectResponse("/import?discarded=1", 303)


@router.get("/import/{batch_id}/rejected.{form}", dependencies=[IMPORT])
def take_rejected(request: Request, batch_id: UUID, form: str) -> Response:
    """Give the rejected rows back, numbers in clear, to whoever handed them in."""
    account_id = viewer_of(request).account.account_id
    if form not in ("csv", "xlsx"):
        raise NotFound("no such file", batch_id=batch_id)
    with reading(request, Permission.IMPORT) as session:
        batch = batches.require(session, batch_id, scope_of(request, Permission.IMPORT))
        if batch.account_id != account_id:
            raise NotFound("the rows go back to whoever handed them in", batch_id=batch_id)
        lines = batches.rejected_of(session, request.app.state.settings.sealer, batch)
    with writing(request) as session:
        audit.record(
            session,
            at=request.app.state.clock.now(),
            by=account_id,
            action="import.rejected_taken",
            subject=("import", batch_id),
            contractor_id=batch.contractor_id,
            details={"rows": len(lines) - 1},
        )
    headers = {"Content-Disposition": f'attachment; filename="rejected-{batch.kind.value}.{form}"'}
    if form == "xlsx":
        return Response(as_excel(lines), media_type=_EXCEL, headers=headers)
    return Response(as_csv(lines).encode("utf-8-sig"), media_type="text/csv; charset=utf-8", headers=headers)


_EXCEL = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@router.get("/import/{batch_id}/undo", dependencies=[IMPORT])
def show_undo(request: Request, batch_id: UUID) -> Response:
    """Show what an undo would do. What lies beyond the viewer's reach counts too, but is not told."""
    with request.app.state.database.read() as session:
        batch = batches.require(session, batch_id, scope_of(request, Permission.IMPORT))
        if not batch.can_be_undone:
            return _to(batch)
        own = batches.batch_sealer(request.app.state.settings.sealer, batch)
        plan = plan_undo(session, own, store.effects_of(session, batch_id), standing)
    return render(request, "imports/undo.html", batch=batch, plan=plan, kept=plan.kept[:KEPT_SHOWN])


@router.post("/import/{batch_id}/undo", dependencies=[IMPORT])
def undo(request: Request, batch_id: UUID) -> Response:
    account_id, now = viewer_of(request).account.account_id, request.app.state.clock.now()
    with writing(request) as session:
        batch = batches.require(session, batch_id, scope_of(request, Permission.IMPORT))
        batches.request_undo(session, batch, account_id, now)
    _nudge(request)
    return _to(batch)


def _nudge(request: Request) -> None:
    """Have the work begun at once where job runners wait for it; the clock finds it otherwise."""
    Nudger(request.app.state.settings.redis_url).nudge(batches.IMPORT)


def _to(batch: ImportBatch, more: str = "") -> Response:
    return RedirectResponse(f"/import/{batch.batch_id}{more}", 303)


def _texts(request: Request, errors: Mapping[str, str]) -> dict[str, str]:
    """Return messages: keys of our words, or sentences that core has written."""
    lang = language_of(request)
    return {name: word(text, lang) if text.startswith("import.") else text for name, text in errors.items()}


def _paging(path: str, page: int, size: int, total: int, **query: object) -> dict[str, object]:
    return {
        "first": (page - 1) * size + 1,
        "last": min(page * size, total),
        "total": total,
        "previous": with_query(path, **query, page=page - 1) if page > 1 else None,
        "next": with_query(path, **query, page=page + 1) if page * size < total else None,
    }
