"""What a prime contractor decides about its tiers, for all of its sites."""

from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from admin.access import needs, reading, scope_of, writing
from admin.pages import render, with_query
from admin.registry.forms import Typed, TypedForm
from admin.tiers.acting import note
from core.accounts.model import Permission
from core.errors import InvalidInput, NotFound
from core.ids import SiteId
from core.registry.model import Site
from core.registry.reach import reach_whole_site
from core.scope import Scope
from core.tiering.link_model import Policy
from core.tiering.link_rules import DEEPEST_TIER
from core.tiering.policies import policy_of, set_policy
from core.tiering.structure_store import names_of

router = APIRouter()
PATH = "/sites/{site_id}/tiers/policy"
TICKS = ("accepts_at_once", "asks_callers", "shares_history")


@router.get(PATH, dependencies=[needs(Permission.EDIT_SITES)])
def show_policy(request: Request, site_id: UUID) -> Response:
    return _page(request, site_id)


@router.post(PATH, dependencies=[needs(Permission.EDIT_SITES)])
def change_policy(request: Request, site_id: UUID, typed: TypedForm) -> Response:
    deepest = typed.number("deepest_tier", 1, DEEPEST_TIER)
    if typed.errors:
        return _page(request, site_id, typed)
    try:
        with writing(request) as session:
            scope = scope_of(request, Permission.EDIT_SITES)
            site = reach_whole_site(session, scope, SiteId(site_id))
            _check(scope, site)
            ticked = {name: typed.is_ticked(name) for name in TICKS}
            set_policy(session, Policy(site.prime_contractor_id, deepest, **ticked))
            note(request, session, "tiers.policy_changed", site)
    except InvalidInput as error:
        typed.refuse(error)
        return _page(request, site_id, typed)
    return RedirectResponse(with_query(f"/sites/{site_id}/tiers", said="policy_changed"), 303)


def _page(request: Request, site_id: UUID, typed: Typed | None = None) -> Response:
    scope = scope_of(request, Permission.EDIT_SITES)
    with reading(request, Permission.EDIT_SITES) as session:
        site = reach_whole_site(session, scope, SiteId(site_id))
        _check(scope, site)
        policy = policy_of(session, site.prime_contractor_id)
        prime_name = names_of(session, [site.prime_contractor_id])[site.prime_contractor_id]
    shown = {name: getattr(policy, name) for name in TICKS}
    shown["deepest_tier"] = policy.deepest_tier
    if typed is not None:
        shown = {name: typed.is_ticked(name) for name in TICKS} | {"deepest_tier": typed.values.get("deepest_tier")}
    return render(
        request,
        "tiers/policy.html",
        status_code=422 if typed else 200,
        site=site,
        prime_name=prime_name,
        values=shown,
        errors=typed.errors if typed else {},
        most=DEEPEST_TIER,
    )


def _check(scope: Scope, site: Site) -> None:
    """Raises NotFound unless one speaks for the whole of the prime contractor, not for single sites of it."""
    if not (scope.everything or site.prime_contractor_id in scope.primes):
        raise NotFound("no such policy", site_id=site.site_id)
