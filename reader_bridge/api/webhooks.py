"""Webhooks by key: a partner adds, pauses, tests and deletes its own, reads their log, and has deliveries sent again.

A sandbox key sees and makes webhooks of the sandbox alone: those get test events and nothing else.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Request
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field
from starlette.responses import Response

from core.audit import service as audit
from core.clock import has_records
from core.db import Session
from core.errors import InvalidInput, NotFound
from core.partners import service as partners
from core.partners import webhook_store as store
from core.partners import webhooks
from core.partners.model import Holder, KeyScope
from core.partners.webhook_model import READS, Delivery, EventKind, PauseReason, Subscription
from core.partners.webhook_rules import URL_MAX
from core.partners.webhooks import Wanted
from reader_bridge.api import documentation
from reader_bridge.api.rows import holder_of
from reader_bridge.intake.access import Denied
from reader_bridge.problems import answer as json_answer

router = APIRouter()
LOG_ROWS = 100
ADDRESS = "/api/v1/webhooks/{webhook_id}"


class NewWebhook(BaseModel):
    """What is to be told, and where to."""

    model_config = ConfigDict(extra="forbid")
    url: Annotated[str, Field(max_length=URL_MAX)]
    events: Annotated[list[EventKind], Field(min_length=1, max_length=len(EventKind))]


class Replay(BaseModel):
    """What is to be sent again: one delivery, or all since an instant."""

    model_config = ConfigDict(extra="forbid")
    delivery_id: UUID | None = None
    since: AwareDatetime | None = None


@dataclass(frozen=True, slots=True)
class Acting:
    """A partner with one of its webhooks, in a session."""

    session: Session
    holder: Holder
    own: Subscription
    now: datetime


@router.get("/api/v1/webhooks", **documentation.of("webhooks"))
def list_webhooks(request: Request) -> Response:
    holder = holder_of(request, KeyScope.WEBHOOKS_MANAGE)
    with request.app.state.database.read(partners.scope_of(holder)) as session:
        found = [each for each in store.subscriptions_of(session, holder.partner.partner_id) if _is_of(each, holder)]
        waiting = store.waiting_of(session, [each.subscription_id for each in found])
    items = [_shown(each, waiting[each.subscription_id]) for each in found]
    return json_answer({"items": items, "cursor": None})


@router.post("/api/v1/webhooks", status_code=201, **documentation.of("new_webhook", 201))
def add_webhook(request: Request, wanted: NewWebhook) -> Response:
    holder, now = holder_of(request, KeyScope.WEBHOOKS_MANAGE), request.app.state.clock.now()
    for kind in wanted.events:
        if READS[kind] not in holder.key.scopes:
            raise Denied(403, "scope", f"{kind} needs a key with the scope {READS[kind]}")
    settings = request.app.state.settings
    asked = Wanted(wanted.url, frozenset(wanted.events), holder.key.is_sandbox)
    with request.app.state.database.write() as session:
        own, secret = webhooks.subscribe(session, settings.sealer, holder.partner, asked, settings.webhooks, None, now)
        _note(Acting(session, holder, own, now), "partner.webhook_added")
    return json_answer(_shown(own, store.Waiting(0, 0)) | {"secret": secret}, 201)


@router.get(ADDRESS, **documentation.of("webhook"))
def show_webhook(request: Request, webhook_id: UUID) -> Response:
    with _acting(request, webhook_id, changes=False) as acting:
        return json_answer(_now_shown(acting))


@router.delete(ADDRESS, status_code=204, **documentation.of("nothing", 204))
def delete_webhook(request: Request, webhook_id: UUID) -> Response:
    with _acting(request, webhook_id) as acting:
        webhooks.end(acting.session, acting.own)
        _note(acting, "partner.webhook_deleted")
    return Response(status_code=204)


@router.post(ADDRESS + "/pause", **documentation.of("webhook", 200, 409))
def pause_webhook(request: Request, webhook_id: UUID) -> Response:
    with _acting(request, webhook_id) as acting:
        if webhooks.pause(acting.session, acting.own, PauseReason.BY_HAND, acting.now):
            _note(acting, "partner.webhook_paused")
        return json_answer(_now_shown(acting))


@router.post(ADDRESS + "/resume", **documentation.of("webhook", 200, 409))
def resume_webhook(request: Request, webhook_id: UUID) -> Response:
    with _acting(request, webhook_id) as acting:
        if webhooks.resume(acting.session, acting.own):
            _note(acting, "partner.webhook_resumed")
        return json_answer(_now_shown(acting))


@router.post(ADDRESS + "/rotate-secret", **documentation.of("secret"))
def rotate_secret(request: Request, webhook_id: UUID) -> Response:
    with _acting(request, webhook_id) as acting:
        secret = webhooks.rotate_secret(acting.session, request.app.state.settings.sealer, acting.own, acting.now)
        _note(acting, "partner.webhook_secret_rotated")
    return json_answer({"secret": secret})


@router.post(ADDRESS + "/test", status_code=202, **documentation.of("delivery", 202, 409))
def send_test(request: Request, webhook_id: UUID) -> Response:
    with _acting(request, webhook_id) as acting:
        made = webhooks.send_test(acting.session, acting.own, acting.now)
        _note(acting, "partner.webhook_tested")
    return json_answer(_delivery(made), 202)


@router.get(ADDRESS + "/deliveries", **documentation.of("deliveries"))
def list_deliveries(
    request: Request,
    webhook_id: UUID,
    cursor: Annotated[UUID | None, Query(description="From the answer before.")] = None,
) -> Response:
    with _acting(request, webhook_id, changes=False) as acting:
        found = store.list_deliveries(acting.session, acting.own.subscription_id, LOG_ROWS + 1, cursor)
    shown = found[:LOG_ROWS]
    following = str(shown[-1].delivery_id) if len(found) > LOG_ROWS else None
    return json_answer({"items": [_delivery(each) for each in shown], "cursor": following})


@router.post(ADDRESS + "/replay", status_code=202, **documentation.of("replayed", 202, 409))
def replay(request: Request, webhook_id: UUID, wanted: Replay) -> Response:
    if (wanted.delivery_id is None) == (wanted.since is None):
        raise InvalidInput("say either delivery_id or since", field="delivery_id")
    if wanted.since is not None and not has_records(wanted.since.date()):
        raise InvalidInput("no record is so old, or from then", field="since")
    with _acting(request, webhook_id) as acting:
        if wanted.delivery_id is not None:
            count = webhooks.replay(acting.session, acting.own, wanted.delivery_id, acting.now)
        else:
            assert wanted.since is not None
            count = webhooks.replay_since(acting.session, acting.own, wanted.since, acting.now)
        _note(acting, "partner.webhook_replayed", count=count)
    return json_answer({"deliveries": count}, 202)


@contextmanager
def _acting(request: Request, webhook_id: UUID, *, changes: bool = True) -> Iterator[Acting]:
    """Open a session with one of the key's own webhooks. Raises NotFound for all others, Denied."""
    holder, now = holder_of(request, KeyScope.WEBHOOKS_MANAGE), request.app.state.clock.now()
    database = request.app.state.database
    with database.write() if changes else database.read(partners.scope_of(holder)) as session:
        own = webhooks.require(session, partners.scope_of(holder), holder.partner.partner_id, webhook_id)
        if not _is_of(own, holder):
            raise NotFound("there is no such webhook", subscription_id=webhook_id)
        yield Acting(session, holder, own, now)


def _is_of(own: Subscription, holder: Holder) -> bool:
    return own.is_sandbox == holder.key.is_sandbox


def _note(acting: Acting, action: str, **details: object) -> None:
    audit.record(
        acting.session,
        at=acting.now,
        by=None,
        action=action,
        subject=("partner", acting.own.partner_id),
        contractor_id=acting.own.prime_contractor_id,
        details={"webhook_id": acting.own.subscription_id, "api_key_id": acting.holder.key.api_key_id, **details},
    )


def _now_shown(acting: Acting) -> dict[str, Any]:
    """Return a webhook as it is by now."""
    own_id = acting.own.subscription_id
    own = webhooks.require(acting.session, partners.scope_of(acting.holder), acting.own.partner_id, own_id)
    return _shown(own, store.waiting_of(acting.session, [own_id])[own_id])


def _shown(own: Subscription, waiting: store.Waiting) -> dict[str, Any]:
    return {
        "webhook_id": own.subscription_id,
        "url": own.url,
        "events": sorted(own.kinds),
        "sandbox": own.is_sandbox,
        "made_at": own.made_at,
        "paused": own.paused,
        "failing_since": own.failing_since,
        "events_waiting": waiting.events,
        "deliveries_waiting": waiting.deliveries,
    }


def _delivery(sent: Delivery) -> dict[str, Any]:
    return {
        "delivery_id": sent.delivery_id,
        "message_id": sent.message_id,
        "state": sent.state,
        "events": sent.events,
        "test": sent.is_test,
        "replay": sent.is_replay,
        "made_at": sent.made_at,
        "attempts": sent.attempts,
        "last_at": sent.last_at,
        "status": sent.status,
        "answer": sent.answer,
    }
