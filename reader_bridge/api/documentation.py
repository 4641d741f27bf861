"""What the OpenAPI document says of each answer, and of what webhooks are sent."""

from collections.abc import Callable
from typing import Any

from fastapi import FastAPI

from core.partners.model import KeyScope
from core.partners.webhook_model import DeliveryState, EventKind, PauseReason
from reader_bridge import wire
from reader_bridge.intake.documentation import content_of

INTRODUCTION = (
    "Partner systems read sites, attendance, rosters and structures of the prime contractor that their key is for: "
    "`Authorization: Bearer gk_live_…`. Answers come in pages: `cursor` of one asks for the next, null is the end.\n\n"
    f"With a key of the scope `{KeyScope.WEBHOOKS_MANAGE}` a partner is told by webhooks instead of asking: by https, "
    "to public addresses, at most 100 events in a request, in their order, at least once. Requests are signed as "
    "Standard Webhooks says (https://www.standardwebhooks.com): `webhook-id`, `webhook-timestamp` and "
    "`webhook-signature`, `v1,` and base64 of HMAC-SHA256 over `id.timestamp.body` by the secret; after a secret was "
    "made anew both sign for a day. Answer with any 2xx within 10 seconds; anything else is tried again, for three "
    "days in all, then the webhook is paused. 410 pauses it at once. What comes twice has the same `webhook-id`, and "
    "each event the same `id`."
)

_TEXT: dict[str, Any] = {"type": "string"}
_MAYBE: dict[str, Any] = {"type": ["string", "null"]}
_FLAG: dict[str, Any] = {"type": "boolean"}
_COUNT: dict[str, Any] = {"type": "integer", "minimum": 0}
_MAYBE_COUNT: dict[str, Any] = {"type": ["integer", "null"]}
_KINDS: dict[str, Any] = {"type": "array", "items": {"type": "string", "enum": list(EventKind)}}
_PAUSED: dict[str, Any] = {"type": ["string", "null"], "enum": [*PauseReason, None]}

_ROWS: dict[str, tuple[str, dict[str, Any]]] = {
    "sites": (
        "Sites of the prime contractor",
        {"site_id": _TEXT, "ccus_site_id": _MAYBE, "name": _TEXT, "starts_on": _TEXT, "ends_on": _MAYBE},
    ),
    "attendance": (
        "Attendance (就業履歴): one row for each worker, site and work date, by date",
        {
            **dict.fromkeys(("work_date", "site_id", "worker_id"), _TEXT),
            **dict.fromkeys(("ccus_worker_id", "contractor_id", "contractor"), _MAYBE),
            **dict.fromkeys(("first_entry_at", "last_exit_at"), _MAYBE),
            **dict.fromkeys(("missing_exit", "is_direct"), _FLAG),
        },
    ),
    "rosters": (
        "Rosters (作業員名簿): who works for whom at a site, as what, from-until",
        {
            **dict.fromkeys(("roster_entry_id", "site_id", "contractor_id", "contractor", "worker_id"), _TEXT),
            **dict.fromkeys(("name", "position", "valid_from", "state"), _TEXT),
            **dict.fromkeys(("ccus_worker_id", "occupation_code", "valid_until"), _MAYBE),
        },
    ),
    "tiers": (
        "The structure of a site (施工体制): who works below whom, and how sure that is",
        {
            **dict.fromkeys(("contractor_id", "name", "state"), _TEXT),
            "upper_contractor_id": _MAYBE,
            "tier": {"type": ["integer", "null"]},
        },
    ),
    "webhooks": (
        "The partner's webhooks",
        {
            **dict.fromkeys(("webhook_id", "url", "made_at"), _TEXT),
            "events": _KINDS,
            "sandbox": _FLAG,
            "paused": _PAUSED,
            "failing_since": _MAYBE,
            **dict.fromkeys(("events_waiting", "deliveries_waiting"), _COUNT),
        },
    ),
    "deliveries": (
        "What was sent to a webhook, the newest first; kept for 30 days",
        {
            **dict.fromkeys(("delivery_id", "message_id", "made_at", "answer"), _TEXT),
            "state": {"type": "string", "enum": list(DeliveryState)},
            **dict.fromkeys(("events", "attempts"), _COUNT),
            **dict.fromkeys(("test", "replay"), _FLAG),
            "last_at": _MAYBE,
            "status": _MAYBE_COUNT,
        },
    ),
}
_SINGLE: dict[str, tuple[str, dict[str, Any]]] = {
    "webhook": ("A webhook as it is now", _ROWS["webhooks"][1]),
    "new_webhook": ("The new webhook; the secret is shown this once", {**_ROWS["webhooks"][1], "secret": _TEXT}),
    "secret": ("The new secret, shown this once; the one before signs beside it for a day", {"secret": _TEXT}),
    "delivery": ("A test event, which is sent within seconds and tried once", _ROWS["deliveries"][1]),
    "replayed": ("How many deliveries are sent once more, with the same ids", {"deliveries": _COUNT}),
}
_OF_ONE = frozenset({"tiers", "webhook", "secret", "delivery", "deliveries", "replayed"})
_EVENT = {
    "type": "object",
    "properties": {
        "id": _TEXT,
        "type": _KINDS["items"],
        "at": _TEXT,
        "site_id": _TEXT,
        **dict.fromkeys(("work_date", "worker_id", "contractor_id", "first_entry_at", "last_exit_at"), _MAYBE),
        **dict.fromkeys(("missing_exit", "is_direct"), _FLAG),
        **dict.fromkeys(("link_id", "upper_contractor_id", "valid_from", "valid_until"), _MAYBE),
        "submission_id": _TEXT,
        "people": _COUNT,
        "roster_entry_id": _TEXT,
    },
    "required": ["id", "type", "at", "site_id"],
}
_SENT = {
    "type": "object",
    "properties": {
        "type": {"type": "string", "enum": ["events", "test"]},
        "timestamp": _TEXT,
        "data": {
            "type": "object",
            "properties": {"events": {"type": "array", "items": _EVENT, "maxItems": 100}},
            "required": ["events"],
        },
    },
    "required": ["type", "timestamp", "data"],
}
_TOLD = {
    "summary": "What a webhook is sent",
    "requestBody": {"content": {"application/json": {"schema": _SENT}}},
    "responses": {"200": {"description": "Taken; any 2xx says so"}},
}


def of(name: str, status: int = 200, *more_problems: int) -> dict[str, Any]:
    """Return what a route is told of its answer, and of the problems it may have beside the usual ones."""
    if name == "nothing":
        summary, shape = "Nothing: it is gone, and is sent no more", None
    elif name in _SINGLE:
        summary, properties = _SINGLE[name]
        shape = _object(properties)
    else:
        summary, properties = _ROWS[name]
        rows = {"type": "array", "items": _object(properties)}
        shape = _object(
            {"site_id": _TEXT, "prime_contractor_id": _TEXT, "contractors": rows}
            if name == "tiers"
            else {"items": rows, "cursor": _MAYBE}
        )
    answered: dict[str, Any] = {"description": summary}
    if shape is not None:
        answered["content"] = {"application/json": {"schema": shape}}
    missing = (404,) if name in _OF_ONE or shape is None else ()
    problems = {400, 401, 403, 503, *missing, *more_problems} | ({409} if status == 201 else set())
    responses: dict[int | str, dict[str, Any]] = {status: answered}
    responses |= {code: content_of(wire.Problem) for code in sorted(problems)}
    return {"summary": summary, "responses": responses, "response_model": None}


def document_of(app: FastAPI) -> Callable[[], dict[str, Any]]:
    """Return what makes the document: with what webhooks are sent, and without the 422 that FastAPI promises by itself.

    What is malformed is a 400 here.
    """
    original = app.openapi

    def document() -> dict[str, Any]:
        whole = original()
        for path in whole["paths"].values():
            for operation in path.values():
                operation["responses"].pop("422", None)
        return whole | {"webhooks": {"events": {"post": _TOLD}}}

    return document


def _object(properties: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": sorted(properties)}
