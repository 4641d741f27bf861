"""The server that the real one is compared with: the same, hand-over to the writer and all, but for the database."""

from collections.abc import Sequence
from typing import Any, cast

from fastapi import FastAPI

from core.attendance.writer import LoopWriter, ThreadWriter
from core.registry.model import Language
from genba.server import IVR_PREFIX, FrontDoor, app_from_env
from ivr.model import HangUp, Say, Sentence
from ivr.twiml import render

REPLY = render((Say((Sentence("noted_for_review", Language.JAPANESE),)), HangUp()), "twilio")


class StaticLoopWriter(LoopWriter):
    """Hands back one fixed document, where its parent looks up, inserts and commits."""

    async def _commit(self, items: Sequence[Any]) -> None:
        for item in items:
            item.future.set_result(REPLY)


class StaticThreadWriter(ThreadWriter):
    """The same for SQLite's thread."""

    def _commit(self, items: Sequence[Any]) -> None:
        for item in items:
            item.future.set_result(REPLY)


def static_app() -> FrontDoor:
    """Return the real server with a writer that writes nothing; parser, verifier and thread model are the same."""
    app = app_from_env()
    phone = cast("FastAPI", app.by_prefix[IVR_PREFIX]).state.phone
    kind = StaticLoopWriter if phone.database.is_postgresql else StaticThreadWriter
    phone.writer = kind(phone.database, phone.clock)
    return app
