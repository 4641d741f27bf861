"""What the OpenAPI document says of each contract; the shapes are those of reader_bridge.wire."""

from typing import Any

from pydantic import TypeAdapter

from reader_bridge import wire
from reader_bridge.intake import updates

INTRODUCTION = (
    "Card readers at building sites send what was touched, and may send it again as often as they like. Requests are "
    'signed with HTTP message signatures (RFC 9421): label `genba`, components `("@method" "@path" "@query" '
    '"content-digest")`, parameters `created`, `nonce`, `keyid` (the device\'s id), `alg="ed25519"`, and a '
    "`Content-Digest` by sha-256 (RFC 9530). `created` may be wrong: a clock locks nobody out.\n\n"
    "Partner systems send touches to the same address with `Authorization: Bearer` and a key, an `Idempotency-Key`, "
    "and a `site_id` in each item. A sandbox key (`gk_test_…`) is answered like another, and nothing is kept."
)

_SHAPES: dict[str, tuple[str, Any, Any, tuple[int, ...]]] = {
    wire.PUNCHES: ("Send touches", wire.Batch, wire.BatchAnswer, (400, 401, 403, 413, 422, 503)),
    wire.ENROL: ("Let a device in by its one-time code", wire.Enrolment, wire.Enrolled, (400, 401, 403, 413, 503)),
    wire.HEARTBEAT: (
        "Tell how a device is",
        wire.Heartbeat,
        wire.HeartbeatAnswer,
        (400, 401, 403, 409, 413, 503),
    ),
    updates.PATH: (
        "Fetch a release of the site program",
        None,
        bytes,
        (400, 401, 403, 404, 413, 503),
    ),
    wire.DIRECTORY: ("Fetch the people of the device's site", None, wire.DirectoryAnswer, (400, 401, 403, 413, 503)),
}

_FILE = {
    "description": "Archive",
    "content": {updates.MEDIA_TYPE: {"schema": {"type": "string", "format": "binary"}}},
}
_EXAMPLES: dict[str, Any] = {
    wire.PUNCHES: {
        "items": [
            {
                "id": "0193a6c2-5c1e-7b0a-9d5e-2f8f3f1c7a10",
                "card": {"tech": "felica", "uid": "01010501b00ac30b"},
                "occurred_at": "2026-11-16T07:52:04.120+09:00",
                "boot_id": "7a2f6d1e-2f52-4b58-9e0e-0c6a4b6a9d11",
                "boottime_ms": 864_120,
            }
        ],
        "sent": {
            "at": "2026-11-16T07:52:06.500+09:00",
            "boot_id": "7a2f6d1e-2f52-4b58-9e0e-0c6a4b6a9d11",
            "boottime_ms": 866_500,
        },
    },
}


def of(path: str) -> dict[str, Any]:
    """Return what add_api_route() is told of a contract."""
    summary, asked, answered, problems = _SHAPES[path]
    responses: dict[int | str, dict[str, Any]] = {200: content_of(answered) if answered is not bytes else _FILE}
    responses |= {status: content_of(wire.Problem) for status in problems}
    extra: dict[str, Any] = {}
    if asked is not None:
        media: dict[str, Any] = {"schema": _schema(asked)}
        if path in _EXAMPLES:
            media["example"] = _EXAMPLES[path]
        extra["requestBody"] = {"required": True, "content": {"application/json": media}}
    return {"summary": summary, "responses": responses, "openapi_extra": extra}


def content_of(shape: Any) -> dict[str, Any]:
    """Return what a document says of an answer of a shape."""
    return {"description": shape.__name__, "content": {"application/json": {"schema": _schema(shape)}}}


def _schema(shape: Any) -> dict[str, Any]:
    """Return the JSON schema with what it refers to written in place, as the document has no place for it."""
    schema = TypeAdapter(shape).json_schema()
    parts = schema.pop("$defs", {})

    def written_out(node: Any) -> Any:
        if isinstance(node, dict):
            if "$ref" in node:
                return written_out(parts[node["$ref"].rsplit("/", 1)[1]])
            return {name: written_out(value) for name, value in node.items()}
        return [written_out(each) for each in node] if isinstance(node, list) else node

    whole: dict[str, Any] = written_out(schema)
    return whole
