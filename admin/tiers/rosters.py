"""作業員名簿: who works for whom at a site as what, and who waits with what missing. A site's, and one contractor's."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from admin.access import needs, reading, scope_of
from admin.pages import render
from admin.tiers.acting import Refuse
from admin.tiers.site_page import said_of
from core.accounts.model import Permission
from core.clock import work_date
from core.db import Session
from core.errors import NotFound
from core.ids import ContractorId, SiteId
from core.registry.listing import list_occupations
from core.registry.model import Contractor, Position, Site
from core.registry.reach import employs, is_prime_of, reach_contractor, reach_site
from core.registry.rules import overlaps
from core.scope import Scope
from core.tiering.link_store import chains_at, links_at
from core.tiering.planning import first_day, plannable_at
from core.tiering.roster import RosterRow, WaitingWorker, roster_at, waiting_at
from core.tiering.roster_model import EntryState, Lack, RosterEntry
from core.tiering.rostering import require_entry
from core.tiering.structure import read_structure
from core.tiering.submitting import submissions_of

router = APIRouter()
SITE_PATH = "/sites/{site_id}/roster"
PATH = "/sites/{site_id}/contractors/{contractor_id}/roster"
MOST_OFFERED = 300  # of a contractor's people as a list; anybody else's name may be typed


@dataclass(frozen=True, slots=True)
class Crew:
    """One contractor's roster at a site, counted."""

    contractor_id: ContractorId
    name: str
    accepted: int
    proposed: int
    waiting: int


@router.get(SITE_PATH, dependencies=[needs(Permission.SEE)])
def show_site_roster(request: Request, site_id: UUID, said: str = "", done: str = "") -> Response:
    """Show the contractors of a site with how far their rosters are, and who waits because nobody knows whose he is."""
    scope = scope_of(request)
    with reading(request) as session:
        site = reach_site(session, scope, SiteId(site_id))
        rows = roster_at(session, scope, site.site_id)
        waiting = waiting_at(session, scope, site.site_id)
        # Who has his place and nobody here yet is missing from the rosters too: for whoever sees the site whole.
        nodes = read_structure(session, scope, site.site_id).nodes if is_prime_of(scope, site) else ()
    return render(
        request,
        "tiers/site_roster.html",
        site=site,
        base=f"/sites/{site_id}/roster",
        crews=_crews(rows, waiting, {node.contractor_id: node.name for node in nodes}),
        nobodys=[each for each in waiting if each.contractor_id is None],
        may_ask=_may_ask(request, site),
        said=said_of(request, said, done, 0),
        today=work_date(request.app.state.clock.now()),
    )


@router.get(PATH, dependencies=[needs(Permission.SEE)])
def show_roster(
    request: Request, site_id: UUID, contractor_id: UUID, said: str = "", done: str = "", days: int = 0
) -> Response:
    return render_roster(request, site_id, contractor_id, said=said_of(request, said, done, days))


@router.get(f"{PATH}/{{roster_entry_id}}", dependencies=[needs(Permission.SEE)])
def show_entry(request: Request, site_id: UUID, contractor_id: UUID, roster_entry_id: UUID) -> Response:
    return render_entry(request, site_id, contractor_id, roster_entry_id)


def render_roster(
    request: Request,
    site_id: UUID,
    contractor_id: UUID,
    *,
    said: dict[str, Any] | None = None,
    problem: str = "",
    status_code: int = 200,
) -> Response:
    """Return the page of a contractor's roster at a site. Raises NotFound when either is out of reach."""
    scope, today = scope_of(request), work_date(request.app.state.clock.now())
    with reading(request) as session:
        site, contractor = reach_both(session, scope, site_id, contractor_id)
        rows = roster_at(session, scope, site.site_id, contractor_id=contractor.contractor_id)
        waiting = [each for each in waiting_at(session, scope, site.site_id) if _is_of(each, contractor)]
        submissions = submissions_of(session, scope, site.site_id, contractor.contractor_id)
        chains = {chain.contractor_id: chain for chain in chains_at(session, [site.site_id])}
        occupations = list_occupations(session)
        plannable = plannable_at(session, scope, site, contractor.contractor_id, today)
    chain = chains.get(contractor.contractor_id)
    is_prime = contractor.contractor_id == site.prime_contractor_id
    return render(
        request,
        "tiers/roster.html",
        status_code=status_code,
        site=site,
        contractor=contractor,
        base=f"/sites/{site_id}/contractors/{contractor_id}/roster",
        rows=rows,
        ready=[row for row in rows if row.entry.state is EntryState.PROPOSED and row.entry.occupation_code],
        unmapped=[row for row in rows if row.entry.state is EntryState.PROPOSED and not row.entry.occupation_code],
        accepted=[row for row in rows if row.entry.state is EntryState.ACCEPTED],
        waiting=[each for each in waiting if Lack.AFFILIATION in each.lacks or Lack.CCUS_ID in each.lacks],
        submissions=submissions,
        is_whole=is_prime or (chain is not None and chain.whole_from is not None),
        mover=chain.mover if chain else None,
        occupations=occupations,
        may_write=may_write(request, site, contractor.contractor_id),
        may_ask=_may_ask(request, site),
        plannable=plannable[:MOST_OFFERED],
        first_day=first_day(site, today),
        said=said,
        problem=problem,
        is_page=False,
        today=today,
    )


def render_entry(
    request: Request,
    site_id: UUID,
    contractor_id: UUID,
    roster_entry_id: UUID,
    *,
    typed: dict[str, str] | None = None,
    problem: str = "",
) -> Response:
    """Return the page of one entry, with what was typed when something was wrong. Raises NotFound out of reach.

    An entry that was written anew leads to what stands in its place: the back button comes here by the old one. What
    was typed for the old one is shown there too, for whoever was second.
    """
    scope = scope_of(request)
    with reading(request) as session:
        site, contractor = reach_both(session, scope, site_id, contractor_id)
        rows = roster_at(session, scope, site.site_id, contractor_id=contractor.contractor_id)
        occupations = list_occupations(session)
        found = [row for row in rows if row.entry.roster_entry_id == roster_entry_id]
        gone = None if found else entry_of(session, site_id, contractor_id, roster_entry_id)
    base = f"/sites/{site_id}/contractors/{contractor_id}/roster"
    if gone is not None:
        found = [row for row in rows if row.entry.worker_id == gone.worker_id and overlaps(row.entry, gone)]
        if not found or typed is None:
            return RedirectResponse(f"{base}/{found[0].entry.roster_entry_id}" if found else base, 303)
    entry = found[0].entry
    code = entry.occupation_code or ""
    names = {each.occupation_code: each.name for each in occupations}
    shown = {
        "occupation": f"{code} {names.get(code, '')}".strip(),
        "trade": entry.trade,
        "position": entry.proposed_position or entry.position,
        "task": entry.task,
        "hazardous_substances": entry.hazardous_substances,
        "valid_from": entry.valid_from.isoformat(),
        "valid_until": entry.valid_until.isoformat() if entry.valid_until else "",
    }
    return render(
        request,
        "tiers/entry.html",
        status_code=422 if problem else 200,
        site=site,
        contractor=contractor,
        base=base,
        row=found[0],
        others=[row for row in rows if row.entry.worker_id == entry.worker_id and row is not found[0]],
        values=shown | (typed or {}),
        positions=list(Position),
        occupations=occupations,
        may_write=may_write(request, site, contractor.contractor_id),
        problem=problem,
        today=work_date(request.app.state.clock.now()),
    )


def refusal(request: Request, site_id: UUID, contractor_id: UUID) -> Refuse:
    """Return what answers an act on a roster that cannot be done: the roster as it now is, and why."""
    return lambda problem: render_roster(request, site_id, contractor_id, problem=problem, status_code=409)


def reach_both(session: Session, scope: Scope, site_id: UUID, contractor_id: UUID) -> tuple[Site, Contractor]:
    return reach_site(session, scope, SiteId(site_id)), reach_contractor(session, scope, ContractorId(contractor_id))


def may_write(request: Request, site: Site, contractor_id: ContractorId) -> bool:
    """Whether the viewer keeps a contractor's roster: its own people, the prime's, or those directly above it."""
    acts = scope_of(request, Permission.REQUEST)
    if is_prime_of(acts, site) or employs(acts, contractor_id):
        return True
    with reading(request, Permission.REQUEST) as session:
        links = links_at(session, site.site_id, acts)
    return any(
        link.contractor_id == contractor_id and link.state.holds and employs(acts, link.upper_contractor_id)
        for link in links
    )


def _may_ask(request: Request, site: Site) -> bool:
    return bool(scope_of(request, Permission.REQUEST).viewers) or is_prime_of(
        scope_of(request, Permission.REQUEST), site
    )


def _is_of(each: WaitingWorker, contractor: Contractor) -> bool:
    return contractor.contractor_id == (each.contractor_id or each.last_contractor_id)


def entry_of(session: Session, site_id: UUID, contractor_id: UUID, roster_entry_id: UUID) -> RosterEntry:
    """Return an entry of a contractor's roster at a site. Raises NotFound when it is another's."""
    entry = require_entry(session, roster_entry_id)
    if (entry.site_id, entry.contractor_id) != (site_id, contractor_id):
        raise NotFound("no such entry in the roster", roster_entry_id=roster_entry_id)
    return entry


def _crews(
    rows: Sequence[RosterRow], waiting: Sequence[WaitingWorker], placed: Mapping[ContractorId, str]
) -> list[Crew]:
    """Return the contractors who have anybody in the roster, or waiting, or a place in the structure, by name."""
    names = {**placed, **{row.entry.contractor_id: row.contractor_name for row in rows}}
    names |= {each.contractor_id: each.contractor_name for each in waiting if each.contractor_id is not None}
    found = [
        Crew(
            contractor_id=contractor_id,
            name=name,
            accepted=_people(rows, contractor_id, EntryState.ACCEPTED),
            proposed=_people(rows, contractor_id, EntryState.PROPOSED),
            waiting=sum(each.contractor_id == contractor_id for each in waiting if Lack.CCUS_ID in each.lacks),
        )
        for contractor_id, name in names.items()
    ]
    return sorted(found, key=lambda crew: crew.name)


def _people(rows: Sequence[RosterRow], contractor_id: ContractorId, state: EntryState) -> int:
    entries = (row.entry for row in rows if row.entry.contractor_id == contractor_id)
    return len({entry.worker_id for entry in entries if entry.state is state})
