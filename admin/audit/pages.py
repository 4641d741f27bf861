"""「操作の記録」: the audit log told as a story, day by day. Names are looked up when it is shown."""

from collections.abc import Iterable, Iterator
from datetime import date
from itertools import groupby
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from admin.access import needs, reading, scope_of
from admin.audit.telling import Line, areas, tell
from admin.pages import language_of, render, with_query
from core.accounts import invitation_store
from core.accounts.model import Permission
from core.audit import store
from core.audit.model import Filter
from core.clock import parse_day, work_date
from core.ids import AccountId

router = APIRouter()

PAGE_ROWS = 50
ACTORS = 300  # in the list to choose from


@router.get("/audit", dependencies=[needs(Permission.SEE_AUDIT)])
def show_audit(
    request: Request,
    who: str = "",
    area: str = "",
    kind: str = "",
    subject: str = "",
    since: str = "",
    until: str = "",
    before: Annotated[int | None, Query(le=10**15)] = None,
) -> Response:
    scope = scope_of(request, Permission.SEE_AUDIT)
    wanted = Filter(
        _account_id(who), area if area in areas() else "", kind, subject, parse_day(since), parse_day(until)
    )
    with reading(request, Permission.SEE_AUDIT) as session:
        found = store.list_entries(session, scope, wanted, before=before, limit=PAGE_ROWS + 1)
        shown, has_more = found[:PAGE_ROWS], len(found) > PAGE_ROWS
        lines = tell(session, scope, shown, language_of(request))
        actors = invitation_store.names_of(session, scope, store.list_actors(session, scope))
    query = {"who": who, "area": area, "kind": kind, "subject": subject, "since": since, "until": until}
    kept = {name: value or None for name, value in query.items()}
    return render(
        request,
        "audit/story.html",
        days=list(_by_day(lines)),
        today=work_date(request.app.state.clock.now()),
        actors=sorted(actors.items(), key=lambda actor: actor[1])[:ACTORS],
        areas=areas(),
        asked=query,
        about=lines[0].subject if subject and lines else None,
        newest=with_query("/audit", **kept) if before is not None else None,
        older=with_query("/audit", **kept, before=shown[-1].seq) if has_more else None,
    )


def _by_day(lines: Iterable[Line]) -> Iterator[tuple[date, list[Line]]]:
    for day, of_day in groupby(lines, key=lambda line: line.entry.work_date):
        yield day, list(of_day)


def _account_id(text: str) -> AccountId | None:
    found = _uuid(text)
    return AccountId(found) if found else None


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
