"""「操作の記録」: the audit log told as a story, day by day. Names are looked up when it is shown."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import Response
from markupsafe import Markup

from admin.access import needs, reading, scope_of
from admin.audit.telling import Names, Telling, areas
from admin.pages import language_of, render, with_query
from core.accounts import invitation_store
from core.accounts.model import Permission
from core.audit import store
from core.audit.model import Entry, Filter
from core.clock import work_date
from core.db import Session
from core.ids import AccountId
from core.registry import titles
from core.scope import Scope

router = APIRouter()

PAGE_ROWS = 50
ACTORS = 300  # in the list to choose from


@dataclass(frozen=True, slots=True)
class Line:
    """One row as it is read."""

    entry: Entry
    sentence: Markup
    remark: str


@router.get("/audit", dependencies=[needs(Permission.SEE_AUDIT)])
def show_audit(
    request: Request,
    who: str = "",
    area: str = "",
    kind: str = "",
    subject: str = "",
    since: str = "",
    until: str = "",
    before: int | None = None,
) -> Response:
    scope = scope_of(request, Permission.SEE_AUDIT)
    wanted = Filter(_account_id(who), area if area in areas() else "", kind, subject, _day(since), _day(until))
    with reading(request, Permission.SEE_AUDIT) as session:
        found = store.list_entries(session, scope, wanted, before=before, limit=PAGE_ROWS + 1)
        shown, has_more = found[:PAGE_ROWS], len(found) > PAGE_ROWS
        names = _names(session, scope, shown)
        actors = invitation_store.names_of(session, scope, store.list_actors(session, scope))
    telling = Telling(names, language_of(request))
    lines = [Line(entry, telling.sentence(entry), telling.remark(entry)) for entry in shown]
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
        about=telling.subject_of(shown[0]) if subject and shown else None,
        newest=with_query("/audit", **kept) if before is not None else None,
        older=with_query("/audit", **kept, before=shown[-1].seq) if has_more else None,
    )


def _by_day(lines: Iterable[Line]) -> Iterator[tuple[date, list[Line]]]:
    for day, of_day in groupby(lines, key=lambda line: line.entry.work_date):
        yield day, list(of_day)


def _names(session: Session, scope: Scope, entries: Iterable[Entry]) -> Names:
    """Return what the entries' people and things are called."""
    entries = list(entries)
    accounts = {entry.account_id for entry in entries if entry.account_id} | {
        AccountId(each) for each in _subjects(entries, "account")
    }
    return Names(
        accounts=invitation_store.names_of(session, scope, accounts),
        workers=titles.worker_names(session, scope, _subjects(entries, "worker")),
        sites=titles.site_names(session, scope, _subjects(entries, "site")),
        contractors=titles.contractor_names(session, scope, _subjects(entries, "contractor")),
    )


def _subjects(entries: Iterable[Entry], kind: str) -> set[UUID]:
    ids = (_uuid(entry.subject_id) for entry in entries if entry.subject_kind == kind)
    return {each for each in ids if each is not None}


def _account_id(text: str) -> AccountId | None:
    found = _uuid(text)
    return AccountId(found) if found else None


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
