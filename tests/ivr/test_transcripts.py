"""Conversations, as a person would write them down; each runs on the real application and on both databases."""

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from core.clock import FixedClock
from core.db import INGEST_ROLE, Database
from core.phone import PhoneSealer
from core.settings import Settings
from tests.ivr.stage import NUMBERS, Heard, Stage, build_station, build_world

TRANSCRIPTS = sorted((Path(__file__).parent / "transcripts").glob("*.json"))


@pytest.fixture
def stage(settings: Settings, database: Database, sealer: PhoneSealer, clock: FixedClock) -> Iterator[Stage]:
    build_world(database, sealer)
    build_station(database, sealer)
    ingest = database.acting_as(INGEST_ROLE)  # with no more rights than the phone has
    stage = Stage(settings, ingest, clock)
    yield stage
    stage.close()
    ingest.close()


class Player:
    """Plays one transcript line after the other, as the carrier would post it."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.call: dict[str, str] = {}
        self.action: str | None = None
        self.last: tuple[str, dict[str, str]] = ("", {})

    def play(self, line: dict[str, Any]) -> Heard:
        if line.get("repeat"):
            return self.stage.post(*self.last)
        if line.get("hangs_up"):
            return self.stage.post("/ivr/status", {**self.call, "CallStatus": "completed", "CallDuration": "12"})
        if "from" in line:
            self.stage.at(line["at"], date.fromisoformat(line.get("day", "2026-11-16")))
            self.call = self.stage.form(self.stage.new_call(), NUMBERS[line["from"]], NUMBERS[line["to"]])
            self.last = ("/ivr/voice", self.call)
        else:
            assert self.action is not None, f"nothing was asked before {line['label']!r}"
            keyed = {} if line["keys"] is None else {"Digits": line["keys"]}
            self.last = (self.action, {**self.call, "CallStatus": "in-progress", **keyed})
        heard = self.stage.post(*self.last)
        self.action = heard.action
        return heard


@pytest.mark.parametrize("path", TRANSCRIPTS, ids=lambda path: path.stem)
def test_transcript(stage: Stage, path: Path) -> None:
    player = Player(stage)
    for line in json.loads(path.read_text(encoding="utf-8")):
        heard = player.play(line)
        assert heard.status in (200, 204), line["label"]
        if "hears" in line:
            assert heard.says == line["hears"], line["label"]
        if "verbs" in line:
            assert heard.verbs == line["verbs"], line["label"]
        if "then" in line:
            assert stage.held() == line["then"], line["label"]
