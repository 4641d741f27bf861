"""「施工体制の確認」: who works under whom on a site, as proposed and as decided; what waits for a person first."""

from collections import Counter
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Request
from fastapi.responses import PlainTextResponse, Response

from admin.access import needs, reading, scope_of
from admin.pages import render, with_query
from admin.tiers import acts, arrivals, papers, policy, roster_acts, rosters
from admin.tiers.acting import check_reach
from admin.tiers.shown import News, means_of, rows_of, without_echoes
from admin.tiers.site_page import render_decisions, render_structure, render_uppers, said_of, uppers_of
from core.accounts.model import Permission
from core.clock import work_date
from core.ids import ContractorId, SiteId
from core.registry.places import require_site
from core.registry.reach import employs, is_prime_of, reach_site
from core.tiering.link_model import LinkAct
from core.tiering.link_store import invitations_of
from core.tiering.overview import COUNT_MOST, count_to_decide, sites_with_tiers
from core.tiering.structure import history_of, read_structure
from core.tiering.structure_store import names_of

router = APIRouter()
Offset = Annotated[int, Query(ge=0, le=1_000_000)]
HISTORY_ROWS = 100


@router.get("/tiers", dependencies=[needs(Permission.SEE)])
def choose_site(request: Request, q: str = "", offset: Offset = 0, said: str = "") -> Response:
    """Show the sites with what waits there, and the invitations that wait for the viewer's own word."""
    search, scope = q.strip()[:60], scope_of(request)
    with reading(request) as session:
        listed = sites_with_tiers(session, scope, search, offset)
    query = {"q": search or None}
    return render(
        request,
        "tiers/sites.html",
        listed=listed,
        q=search,
        said=said_of(request, said, "", 0),
        invitations=_invitations(request),
        sees_proposals=bool(scope.everything or scope.primes or scope.sites),
        previous=with_query("/tiers", **query, offset=listed.previous_offset) if offset else None,
        next=with_query("/tiers", **query, offset=listed.next_offset) if listed.next_offset else None,
    )


@router.get("/tiers/count", dependencies=[needs(Permission.SEE)])
def count(request: Request) -> Response:
    """Answer with how many places and invitations wait for the viewer, for the navigation; nothing when none does."""
    with reading(request) as session:
        found = count_to_decide(session, scope_of(request, Permission.SETTLE))
        found += len(invitations_of(session, scope_of(request, Permission.REQUEST).employers))
    return PlainTextResponse("99+" if found >= COUNT_MOST else str(found or ""))


@router.get("/sites/{site_id}/tiers", dependencies=[needs(Permission.SEE)])
def show_structure(request: Request, site_id: UUID, said: str = "", done: str = "", days: int = 0) -> Response:
    return render_structure(request, site_id, said=said_of(request, said, done, days))


@router.get("/sites/{site_id}/tiers/decisions", dependencies=[needs(Permission.SEE)])
def show_decisions(request: Request, site_id: UUID, card: Annotated[list[str], Query(max_length=100)] = []) -> Response:  # noqa: B006
    """Show cards that the page left out at first, as a part of it."""
    return render_decisions(request, site_id, frozenset(card))


@router.get("/sites/{site_id}/tiers/uppers", dependencies=[needs(Permission.SEE)])
def list_uppers(request: Request, site_id: UUID) -> Response:
    return render_uppers(request, site_id)


@router.get("/sites/{site_id}/tiers/contractors/{contractor_id}", dependencies=[needs(Permission.SEE)])
def show_contractor(request: Request, site_id: UUID, contractor_id: UUID) -> Response:
    """Show the places of one contractor with every way to change them, as a part of the list or as a page."""
    scope, own = scope_of(request), ContractorId(contractor_id)
    with reading(request) as session:
        site = reach_site(session, scope, SiteId(site_id))
        structure = read_structure(session, scope, site.site_id)
        check_reach(session, scope, site_id, [own])
        means = means_of(request, session, site, structure)
        rows = [row for row in rows_of(request, structure, News(None, ())) if row.node.contractor_id == own]
        told = without_echoes(history_of(session, scope, site.site_id))
        events = [event for event in told if event.contractor_id == own]
        uppers = uppers_of(request, session, structure, means, own)
        name = structure.names.get(own) or names_of(session, [own])[own]
    is_part = request.headers.get("HX-Request") == "true"
    return render(
        request,
        "tiers/place.html" if is_part else "tiers/place_page.html",
        structure=structure,
        base=f"/sites/{site_id}/tiers",
        contractor_id=own,
        name=name,
        rows=rows,
        is_page=not is_part,
        events=events[:HISTORY_ROWS],
        names=dict(structure.names) | {own: name},
        means=means,
        uppers=uppers,
        today=work_date(request.app.state.clock.now()),
    )


@router.get("/sites/{site_id}/tiers/history", dependencies=[needs(Permission.SEE)])
def show_history(request: Request, site_id: UUID, said: str = "", days: int = 0) -> Response:
    """Show who did what to the structure, the newest first, with the way back where there still is one."""
    scope = scope_of(request)
    with reading(request) as session:
        site = reach_site(session, scope, SiteId(site_id))
        events = without_echoes(history_of(session, scope, site.site_id))[:HISTORY_ROWS]
        names = names_of(
            session, {each for event in events for each in (event.contractor_id, event.upper_contractor_id)}
        )
    acts = scope_of(request, Permission.REQUEST)
    batches = Counter(event.batch_id for event in events)
    others = {each.batch_id for each in events if not (is_prime_of(acts, site) or employs(acts, each.acted_for))}
    undoable = [event.batch_id for event in events if event.act is not LinkAct.UNDONE and event.batch_id not in others]
    return render(
        request,
        "tiers/history.html",
        site=site,
        base=f"/sites/{site_id}/tiers",
        events=events,
        names=names,
        undone={event.undoes for event in events if event.undoes},
        undoable=set(undoable),
        batches=batches,
        lasts={event.batch_id: event.seq for event in reversed(events)},
        said=said_of(request, said, "", days),
        today=work_date(request.app.state.clock.now()),
    )


def _invitations(request: Request) -> list[dict[str, Any]]:
    """Return the invitations that wait for the word of the viewer's own contractors, with all their names.

    Read without the viewer's own limits: whoever is only invited reaches neither the site nor the inviter yet, and the
    invitation names both.
    """
    own = scope_of(request, Permission.REQUEST).employers
    if not own:
        return []
    with request.app.state.database.read() as session:
        links = invitations_of(session, own)
        names = names_of(session, {each for link in links for each in (link.contractor_id, link.upper_contractor_id)})
        return [
            {
                "link": link,
                "site": require_site(session, link.site_id).name,
                "upper": names[link.upper_contractor_id],
                "lower": names[link.contractor_id],
            }
            for link in links
        ]


router.include_router(acts.router)
router.include_router(policy.router)
router.include_router(papers.router)  # before rosters, whose entries have any name
router.include_router(rosters.router)
router.include_router(roster_acts.router)
router.include_router(arrivals.router)
