"""The training world's server: pages and phone as they are, and a gate that closes while the world is made anew."""

import logging
import threading
import time
from typing import Any

from fastapi import APIRouter, FastAPI, Request
from fastapi.responses import RedirectResponse, Response
from starlette.requests import Request as PlainRequest
from starlette.types import ASGIApp, Receive, Scope, Send

from admin.access import needs
from admin.pages import render
from core.accounts.model import Permission
from genba import virtual_phone_page
from genba.sample import world
from genba.server import Extras, build_app
from genba.training_world import TrainingWorld

logger = logging.getLogger(__name__)

DRAIN_S = 20.0
RETRY_S = 2
_WAIT_PAGE = f"""<!doctype html>
<html lang="ja">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="refresh" content="{RETRY_S};url=/sign-in">
<title>【模擬環境】作り直しています | 現場コール</title>
</head>
<body>
<main>
<h1>模擬環境を作り直しています</h1>
<p>数秒でログイン画面に移ります。</p>
<p lang="en">The training world is being made anew. The sign-in page comes in a few seconds.</p>
</main>
</body>
</html>
"""


class Gate:
    """Lets requests through to the world, and none while it is made anew."""

    def __init__(self, app: ASGIApp, training: TrainingWorld) -> None:
        self.app = app
        self.training = training
        self.is_closed = False
        self._inside = 0
        self._lock = threading.Lock()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
        elif not self._enter():
            headers = {"Retry-After": str(RETRY_S), "Cache-Control": "no-store", "HX-Refresh": "true"}
            await Response(_WAIT_PAGE, 503, headers, "text/html")(scope, receive, send)
        else:
            try:
                await self.app(scope, receive, send)
            finally:
                self._leave()

    def close_and_rebuild(self) -> threading.Thread:
        """Close the gate, and have the world made anew when everybody is out; a second request changes nothing."""
        with self._lock:
            was_closed, self.is_closed = self.is_closed, True
        thread = threading.Thread(target=lambda: None if was_closed else self._rebuild(), name="genba-training")
        thread.start()
        return thread

    def _rebuild(self) -> None:
        until = time.monotonic() + DRAIN_S
        while self._inside and time.monotonic() < until:
            time.sleep(0.02)
        try:
            self.training.rebuild()
        except Exception:
            logger.exception("the training world could not be made anew: start it again")
            return
        self.is_closed = False

    def _enter(self) -> bool:
        with self._lock:
            self._inside += not self.is_closed
            return not self.is_closed

    def _leave(self) -> None:
        with self._lock:
            self._inside -= 1


def build_training_app(training: TrainingWorld, port: int) -> Gate:
    """Return the application that serves a training world."""
    runtime = training.runtime
    phone = virtual_phone_page.router(
        runtime.settings,
        f"http://127.0.0.1:{port}",
        inbox=training.inbox,
        callers=[(caller.e164, caller.name) for caller in world.callers()],
        lines=[(line.e164, line.name) for line in world.lines()],
    )
    extras = Extras(routers=(phone, _router()), nav=(virtual_phone_page.NAV,))
    front = build_app(runtime, extras=extras, has_clock=False)
    gate = Gate(front, training)
    mark_pages(front.pages, gate)
    return gate


def mark_pages(pages: Any, gate: Gate) -> None:
    """Let every page say that it is the training world's."""
    assert isinstance(pages, FastAPI)
    pages.state.training = gate.training.shown
    pages.state.training_gate = gate


def _router() -> APIRouter:
    routes = APIRouter()

    @routes.get("/training-world/reset", dependencies=[needs(Permission.OPERATE)])
    def confirm(request: Request) -> Response:
        return render(request, "training/reset.html")

    @routes.post("/training-world/reset", dependencies=[needs(Permission.OPERATE)])
    def reset(request: PlainRequest) -> Response:
        request.app.state.training_gate.close_and_rebuild()
        return RedirectResponse("/sign-in", 303)

    return routes
