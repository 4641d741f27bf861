"""Twilio's REST, faked where the HTTP goes out: what was asked is noted, what is answered was laid down before."""

import json
from dataclasses import dataclass, field
from typing import Any

from twilio.http import HttpClient
from twilio.http.response import Response


@dataclass(frozen=True)
class Asked:
    """One request to the carrier: its path below the account, and what it carried."""

    method: str
    path: str
    sent: dict[str, Any] = field(default_factory=dict)


class FakeTwilio(HttpClient):
    """Answers in the order laid down with answer() and refuse(); notes every request in asked."""

    def __init__(self) -> None:
        self.asked: list[Asked] = []
        self._answers: list[tuple[int, dict[str, Any]] | Exception] = []

    def answer(self, **content: Any) -> "FakeTwilio":
        self._answers.append((200, content))
        return self

    def refuse(self, code: int, status: int = 400) -> "FakeTwilio":
        self._answers.append((status, {"code": code, "message": "The number +819012345678 …", "status": status}))
        return self

    def break_off(self) -> "FakeTwilio":
        self._answers.append(ConnectionError("no route to +819012345678"))
        return self

    def request(self, method: str, uri: str, params: Any = None, data: Any = None, *_: Any, **__: Any) -> Response:
        path = uri.split("/Accounts/", 1)[1].split("/", 1)[1]
        self.asked.append(Asked(method, path, dict(data or params or {})))
        answer = self._answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        status, content = answer
        return Response(status, json.dumps(content))
