"""How devices and partners are answered: JSON, and a Problem with a stable code for everything that is not 200."""

from typing import Any

import orjson
from starlette.responses import Response

RETRY_AFTER_S = 30


def answer(content: Any, status: int = 200) -> Response:
    return Response(orjson.dumps(content), status, media_type="application/json")


def problem(status: int, code: str, message: str, **more: Any) -> Response:
    """Return a refusal: what it is, in a word that stays, and what to do."""
    return answer({"code": code, "message": message, **more}, status)


def not_now(message: str) -> Response:
    """Return that it is to be asked again later."""
    response = problem(503, "away", message)
    response.headers["Retry-After"] = str(RETRY_AFTER_S)
    return response
