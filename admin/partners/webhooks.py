"""A partner's webhooks: adding one, its log, pausing, testing, replaying, a new secret, deleting."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import Response

from admin.access import needs, reading, scope_of, viewer_of, writing
from admin.pages import render, with_query
from admin.partners.shown import EDIT, SHAPES, TONES, done_key, note_partner
from admin.registry.forms import Typed, TypedForm, to, today_of
from core.clock import instant_on
from core.db import Session
from core.errors import InvalidInput, NotAllowed
from core.partners import store, webhook_store, webhooks
from core.partners.model import Partner
from core.partners.webhook_model import EventKind, PauseReason, Subscription
from core.partners.webhooks import Wanted
from core.settings import WebhookReach

router = APIRouter(prefix="/partners/{partner_id}/webhooks", dependencies=[needs(EDIT)])
LOG_ROWS = 50


@router.get("/new")
def ask_for_webhook(request: Request, partner_id: UUID) -> Response:
    return _form(request, _partner(request, partner_id), Typed({}, ""), chosen=list(EventKind)[:3])


@router.post("/new")
def add_webhook(request: Request, partner_id: UUID, typed: TypedForm) -> Response:
    """Add a webhook and show its secret: the answer is the only place where it ever stands."""
    own, kinds = _partner(request, partner_id), frozenset(typed.lists.get("kinds", [])) & set(EventKind)
    wanted = Wanted(typed.values.get("url", ""), frozenset(map(EventKind, kinds)), typed.is_ticked("sandbox"))
    if not kinds:
        typed.wrong("kinds", "partners.wrong.kinds")
    settings, now = request.app.state.settings, request.app.state.clock.now()
    by = viewer_of(request).account.account_id
    if not typed.errors:
        try:
            with writing(request) as session:
                made, secret = webhooks.subscribe(session, settings.sealer, own, wanted, settings.webhooks, by, now)
                note_partner(request, session, own, "partner.webhook_added", webhook_id=made.subscription_id)
            return _secret(request, own, made, secret)
        except InvalidInput:
            typed.wrong("url", "partners.wrong.url")
        except NotAllowed:
            typed.wrong("kinds", "partners.wrong.no_key")
    return _form(request, own, typed, chosen=list(kinds), status_code=422)


@router.get("/{webhook_id}")
def show_webhook(
    request: Request, partner_id: UUID, webhook_id: UUID, before: UUID | None = None, done: str = ""
) -> Response:
    scope, own = scope_of(request, EDIT), _partner(request, partner_id)
    with reading(request, EDIT) as session:
        shown = webhooks.require(session, scope, partner_id, webhook_id)
        log = webhook_store.list_deliveries(session, webhook_id, LOG_ROWS + 1, before)
        waiting = webhook_store.waiting_of(session, [webhook_id])[webhook_id]
    older = with_query(request.url.path, before=log[LOG_ROWS - 1].delivery_id) if len(log) > LOG_ROWS else None
    return render(
        request,
        "partners/webhook.html",
        partner=own,
        webhook=shown,
        log=log[:LOG_ROWS],
        older=older,
        is_first=before is None,
        waiting=waiting,
        is_inert=request.app.state.settings.webhooks is WebhookReach.NONE,
        kinds=list(EventKind),
        shapes=SHAPES,
        tones=TONES,
        now=request.app.state.clock.now(),
        today=today_of(request),
        done=done_key(done),
    )


@router.post("/{webhook_id}/pause")
def pause_webhook(request: Request, partner_id: UUID, webhook_id: UUID) -> Response:
    now = request.app.state.clock.now()

    def pause(session: Session, own: Subscription) -> bool:
        return webhooks.pause(session, own, PauseReason.BY_HAND, now)

    return _act(request, partner_id, webhook_id, "paused", pause)


@router.post("/{webhook_id}/resume")
def resume_webhook(request: Request, partner_id: UUID, webhook_id: UUID) -> Response:
    return _act(request, partner_id, webhook_id, "resumed", webhooks.resume)


@router.post("/{webhook_id}/test")
def send_test(request: Request, partner_id: UUID, webhook_id: UUID) -> Response:
    now = request.app.state.clock.now()
    return _act(request, partner_id, webhook_id, "tested", lambda session, own: webhooks.send_test(session, own, now))


@router.post("/{webhook_id}/replay")
def replay_since(request: Request, partner_id: UUID, webhook_id: UUID, typed: TypedForm) -> Response:
    """Send everything again that was delivered since a day and time in Japan."""
    day = typed.day("since_day", is_required=True)
    minutes = typed.minutes("since_time") if typed.values.get("since_time") else 0
    if day is None or typed.errors:
        with _own(request, partner_id, webhook_id):
            return to(f"/partners/{partner_id}/webhooks/{webhook_id}", "no_time")
    since, now = instant_on(day, timedelta(minutes=minutes)), request.app.state.clock.now()

    def send_again(session: Session, own: Subscription) -> int:
        return webhooks.replay_since(session, own, since, now)

    return _act(request, partner_id, webhook_id, "replayed", send_again)


@router.post("/{webhook_id}/deliveries/{delivery_id}/replay")
def replay(request: Request, partner_id: UUID, webhook_id: UUID, delivery_id: UUID) -> Response:
    now = request.app.state.clock.now()

    def send_again(session: Session, own: Subscription) -> int:
        return webhooks.replay(session, own, delivery_id, now)

    return _act(request, partner_id, webhook_id, "replayed", send_again)


@router.post("/{webhook_id}/secret")
def rotate_secret(request: Request, partner_id: UUID, webhook_id: UUID) -> Response:
    """Make a new secret and show it once."""
    sealer, now = request.app.state.settings.sealer, request.app.state.clock.now()
    with _own(request, partner_id, webhook_id) as (session, partner, own):
        secret = webhooks.rotate_secret(session, sealer, own, now)
        note_partner(request, session, partner, "partner.webhook_secret_rotated", webhook_id=webhook_id)
    return _secret(request, partner, own, secret, is_rotated=True)


@router.post("/{webhook_id}/delete")
def delete_webhook(request: Request, partner_id: UUID, webhook_id: UUID) -> Response:
    with _own(request, partner_id, webhook_id) as (session, partner, own):
        webhooks.end(session, own)
        note_partner(request, session, partner, "partner.webhook_deleted", webhook_id=webhook_id)
    return to(f"/partners/{partner_id}", "webhook_deleted")


def _act(
    request: Request, partner_id: UUID, webhook_id: UUID, done: str, act: Callable[[Session, Subscription], Any]
) -> Response:
    """Do something to a webhook and say so on its page; what cannot be done is said there too."""
    path = f"/partners/{partner_id}/webhooks/{webhook_id}"
    try:
        with _own(request, partner_id, webhook_id) as (session, partner, own):
            result = act(session, own)
            if not result:
                return to(path, "nothing")
            count = {"count": result} if done == "replayed" else {}
            note_partner(request, session, partner, f"partner.webhook_{done}", webhook_id=webhook_id, **count)
    except InvalidInput:
        return to(path, "too_many")
    except NotAllowed:
        return to(path, "not_now")
    return to(path, done)


@contextmanager
def _own(request: Request, partner_id: UUID, webhook_id: UUID) -> Iterator[tuple[Session, Partner, Subscription]]:
    """Open a session that commits, with a webhook in reach. Raises NotFound."""
    scope = scope_of(request, EDIT)
    with writing(request) as session:
        partner = store.require_partner(session, scope, partner_id)
        yield session, partner, webhooks.require(session, scope, partner_id, webhook_id)


def _partner(request: Request, partner_id: UUID) -> Partner:
    with reading(request, EDIT) as session:
        return store.require_partner(session, scope_of(request, EDIT), partner_id)


def _form(
    request: Request, partner: Partner, typed: Typed, *, chosen: list[EventKind] | list[str], status_code: int = 200
) -> Response:
    return render(
        request,
        "partners/webhook_new.html",
        status_code=status_code,
        partner=partner,
        kinds=list(EventKind),
        chosen=chosen,
        values=typed.values,
        errors=typed.errors,
    )


def _secret(
    request: Request, partner: Partner, webhook: Subscription, secret: str, *, is_rotated: bool = False
) -> Response:
    response = render(
        request, "partners/secret.html", partner=partner, webhook=webhook, secret=secret, is_rotated=is_rotated
    )
    response.headers["Cache-Control"] = "no-store"
    return response
