"""新規入場: who came to a site for the first time, with three ticks each, made for a tablet at the gate."""

from datetime import date, timedelta
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response

from admin.access import needs, reading, scope_of, writing
from admin.pages import render, with_query
from admin.tiers.acting import new_batch, note, problem_of
from core.accounts.model import Permission
from core.clock import work_date
from core.errors import DomainError, NotFound
from core.ids import SiteId, WorkerId
from core.registry.mending import Unmendable, mend_date
from core.registry.reach import is_prime_of, reach_site
from core.tiering.arrivals import newcomers_at, tick, untick
from core.tiering.roster_model import ArrivalCheckKind

router = APIRouter()
PATH = "/sites/{site_id}/arrivals"
RECENT = timedelta(days=14)
MOST_SHOWN = 60


@router.get(PATH, dependencies=[needs(Permission.SEE)])
def show_arrivals(request: Request, site_id: UUID, show: str = "") -> Response:
    """Show for whom something is still to be ticked; show=all: everybody who came in the last two weeks too."""
    return _page(request, site_id, show)


@router.post(f"{PATH}/{{worker_id}}", dependencies=[needs(Permission.SETTLE)])
def change_check(
    request: Request,
    site_id: UUID,
    worker_id: UUID,
    kind: Annotated[ArrivalCheckKind, Form()],
    is_done: Annotated[str, Form(max_length=3)] = "",
    done_on: Annotated[str, Form(max_length=20)] = "",
    show: Annotated[str, Form(max_length=3)] = "",
) -> Response:
    """Tick that something was done for a newcomer, today or on a day, or take the tick back."""
    batch = new_batch(request, Permission.SETTLE)
    try:
        with writing(request) as session:
            site = reach_site(session, batch.by.acts, SiteId(site_id))
            who = WorkerId(worker_id)
            if is_done:
                tick(session, batch, site.site_id, who, kind, _day(done_on))
            else:
                untick(session, batch, site.site_id, who, kind)
            note(request, session, "tiers.arrival_ticked" if is_done else "tiers.arrival_unticked", site)
    except NotFound:
        raise
    except DomainError as error:
        return _page(request, site_id, show, problem=problem_of(request, error), status_code=409)
    # Somebody whose last tick was made stays where he is until the page is opened anew: a wrong tap is put right there.
    path = with_query(f"/sites/{site_id}/arrivals", show=show or None, keep=worker_id)
    return RedirectResponse(f"{path}#w{worker_id}", 303)


def _page(request: Request, site_id: UUID, show: str, *, problem: str = "", status_code: int = 200) -> Response:
    scope, today = scope_of(request), work_date(request.app.state.clock.now())
    shows_all = show == "all"
    with reading(request) as session:
        site = reach_site(session, scope, SiteId(site_id))
        found = newcomers_at(session, scope, site.site_id, only_open=False)
    recent = today - RECENT if shows_all else date.max  # whoever is done and came earlier is left out
    kept = request.query_params.get("keep", "")
    shown = [each for each in found if each.missing or each.first_entry_on >= recent or str(each.worker_id) == kept]
    return render(
        request,
        "tiers/arrivals.html",
        status_code=status_code,
        site=site,
        base=f"/sites/{site_id}/arrivals",
        newcomers=shown[:MOST_SHOWN],
        rest=max(0, len(shown) - MOST_SHOWN),
        open_count=sum(bool(each.missing) for each in found),
        shows_all=shows_all,
        kinds=list(ArrivalCheckKind),
        may_tick=is_prime_of(scope_of(request, Permission.SETTLE), site),
        problem=problem,
        is_page=False,
        today=today,
    )


def _day(text: str) -> date | None:
    try:
        return mend_date(text).value if text.strip() else None
    except Unmendable:
        return None
