"""「連携」: partner systems and their keys. A prime contractor's office sees its own, the operator all."""

from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import Response

from admin.access import needs, reading, scope_of, viewer_of, writing
from admin.pages import language_of, render
from admin.partners import webhooks
from admin.partners.shown import EDIT, SCOPE_ORDER, done_key, note_partner, partners_of
from admin.registry.forms import Typed, TypedForm, id_of, to, today_of
from admin.registry.stories import story_of
from core.accounts import invitation_store
from core.accounts.model import Permission
from core.errors import NotFound
from core.ids import ContractorId
from core.partners import service, store, webhook_store
from core.partners.model import KeyScope
from core.partners.service import NAME_MAX
from core.registry import titles

router = APIRouter(dependencies=[needs(Permission.EDIT_SITES)])
MOST_PRIMES = 500


@router.get("/partners")
def show_partners(request: Request, done: str = "") -> Response:
    scope, now = scope_of(request, EDIT), request.app.state.clock.now()
    with reading(request, EDIT) as session:
        shown = partners_of(store.list_holders(session, scope), webhook_store.list_subscriptions(session, scope))
        names = titles.contractor_names(session, scope, {each.partner.prime_contractor_id for each in shown})
    return render(
        request,
        "partners/list.html",
        partners=shown,
        prime_names=names,
        has_several_primes=scope.everything or len(scope.primes) > 1,
        now=now,
        done=done_key(done),
    )


@router.get("/partners/guide")
def show_guide(request: Request) -> Response:
    """Show partners' developers how to begin, and how a signature is checked."""
    return render(request, "partners/guide.html", url=request.app.state.settings.public_url)


@router.get("/partners/new")
def ask_for_partner(request: Request, partner: str = "") -> Response:
    """Ask for a new partner's name and its first key's scopes; or for another key of a partner that is there."""
    partner_id, values = id_of(partner), {"partner": partner}
    if partner_id is not None:
        with reading(request, EDIT) as session:
            own = store.require_partner(session, scope_of(request, EDIT), partner_id)
        values |= {"name": own.name, "prime": str(own.prime_contractor_id)}
    return _form(request, Typed(values, ""))


@router.post("/partners/new")
def make_key(request: Request, typed: TypedForm) -> Response:
    """Make a key and show it: the answer is the only place where it ever stands."""
    prime = id_of(typed.values.get("prime", ""))
    name = typed.text("name", is_required=True)
    if len(name) > NAME_MAX:
        typed.wrong("name", "partners.wrong.long", most=NAME_MAX)
    scopes = [scope for scope in KeyScope if scope in typed.lists.get("scopes", [])]
    if not scopes:
        typed.wrong("scopes", "partners.wrong.scopes")
    if all(str(known) != str(prime) for known, _ in _primes(request)):
        typed.wrong("prime", "registry.wrong.required")
    if typed.errors or prime is None:
        return _form(request, typed, status_code=422)
    viewer, now = viewer_of(request), request.app.state.clock.now()
    with writing(request) as session:
        key, secret = service.give_key(
            session,
            ContractorId(prime),
            name,
            scopes,
            viewer.account.account_id,
            now,
            is_sandbox=typed.is_ticked("sandbox"),
        )
        own = store.require_partner(session, scope_of(request, EDIT), key.partner_id)
        note_partner(request, session, own, "partner.key_made", api_key_id=key.api_key_id)
    response = render(request, "partners/key.html", partner=own, key=key, secret=secret, scopes=SCOPE_ORDER)
    response.headers["Cache-Control"] = "no-store"
    return response


@router.get("/partners/{partner_id}")
def show_partner(request: Request, partner_id: UUID, done: str = "") -> Response:
    scope, viewer = scope_of(request, EDIT), viewer_of(request)
    with reading(request, EDIT) as session:
        own = store.require_partner(session, scope, partner_id)
        keys = store.keys_of(session, partner_id)
        subscriptions = webhook_store.subscriptions_of(session, partner_id)
        waiting = webhook_store.waiting_of(session, [each.subscription_id for each in subscriptions])
        makers = invitation_store.names_of(session, scope, {key.made_by for key in keys if key.made_by})
        names = titles.contractor_names(session, scope, [own.prime_contractor_id])
        story = story_of(session, viewer, "partner", partner_id, language_of(request))
    return render(
        request,
        "partners/partner.html",
        partner=own,
        prime=names.get(own.prime_contractor_id, ""),
        keys=keys,
        makers=makers,
        webhooks=subscriptions,
        waiting=waiting,
        scopes=SCOPE_ORDER,
        story=story,
        now=request.app.state.clock.now(),
        today=today_of(request),
        done=done_key(done),
    )


@router.post("/partners/{partner_id}/keys/{api_key_id}/revoke")
def revoke_key(request: Request, partner_id: UUID, api_key_id: UUID) -> Response:
    """Revoke a key, at once and for good."""
    with writing(request) as session:
        own = store.require_partner(session, scope_of(request, EDIT), partner_id)
        if all(key.api_key_id != api_key_id for key in store.keys_of(session, partner_id)):
            raise NotFound("there is no such key", api_key_id=api_key_id)
        service.revoke_key(session, api_key_id, request.app.state.clock.now())
        note_partner(request, session, own, "partner.key_revoked", api_key_id=api_key_id)
    return to(f"/partners/{partner_id}", "key_revoked")


def _primes(request: Request) -> list[tuple[ContractorId, str]]:
    with reading(request, EDIT) as session:
        return store.list_primes(session, scope_of(request, EDIT), MOST_PRIMES)


def _form(request: Request, typed: Typed, *, status_code: int = 200) -> Response:
    primes = _primes(request)
    values: dict[str, Any] = dict(typed.values)
    if len(primes) == 1:
        values.setdefault("prime", str(primes[0][0]))
    return render(
        request,
        "partners/new.html",
        status_code=status_code,
        primes=primes,
        values=values,
        chosen=typed.lists.get("scopes", []),
        scopes=SCOPE_ORDER,
        errors=typed.errors,
    )


router.include_router(webhooks.router)
