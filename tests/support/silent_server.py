"""The real application, but for one thing: what it answers to a call is written to a file and never sent.

So a test can end the process at the worst moment: after the commit, before the carrier has heard of it.
"""

import asyncio
import os
from pathlib import Path

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from genba.server import app_from_env


def app() -> ASGIApp:
    """Return the application of the environment, its answers going to the file that UNSENT names."""
    inner, unsent = app_from_env(), Path(os.environ["UNSENT"])

    async def silent(scope: Scope, receive: Receive, send: Send) -> None:
        async def keep(message: Message) -> None:
            if message["type"] == "http.response.body":
                unsent.with_suffix(".part").write_bytes(message["body"])
                unsent.with_suffix(".part").rename(unsent)
                await asyncio.Event().wait()

        is_call = scope["type"] == "http" and scope["path"].startswith("/ivr/")
        await inner(scope, receive, keep if is_call else send)

    return silent
