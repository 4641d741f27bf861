"""What the OpenAPI document says of each page of rows."""

from collections.abc import Callable
from typing import Any

from fastapi import FastAPI

from reader_bridge import wire
from reader_bridge.intake.documentation import content_of

INTRODUCTION = (
    "Partner systems read sites, attendance, rosters and structures of the prime contractor that their key is for: "
    "`Authorization: Bearer gk_live_…`. Answers come in pages: `cursor` of one asks for the next, null is the end."
)

_TEXT: dict[str, Any] = {"type": "string"}
_MAYBE: dict[str, Any] = {"type": ["string", "null"]}
_FLAG: dict[str, Any] = {"type": "boolean"}
_SHAPES: dict[str, tuple[str, dict[str, Any]]] = {
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
}


def of(name: str) -> dict[str, Any]:
    """Return what a route is told of its page."""
    summary, row = _SHAPES[name]
    rows = {"type": "array", "items": {"type": "object", "properties": row, "required": sorted(row)}}
    whole = (
        {"site_id": _TEXT, "prime_contractor_id": _TEXT, "contractors": rows}
        if name == "tiers"
        else {"items": rows, "cursor": _MAYBE}
    )
    schema = {"type": "object", "properties": whole, "required": sorted(whole)}
    problems = (400, 401, 403, 404, 503) if name == "tiers" else (400, 401, 403, 503)
    responses: dict[int | str, dict[str, Any]] = {
        200: {"description": summary, "content": {"application/json": {"schema": schema}}}
    }
    responses |= {status: content_of(wire.Problem) for status in problems}
    return {"summary": summary, "responses": responses, "response_model": None}


def without_validation_errors(app: FastAPI) -> Callable[[], dict[str, Any]]:
    """Return the document without the 422 that FastAPI promises by itself: what is malformed is a 400 here."""
    original = app.openapi

    def document() -> dict[str, Any]:
        whole = original()
        for path in whole["paths"].values():
            for operation in path.values():
                operation["responses"].pop("422", None)
        return whole

    return document
