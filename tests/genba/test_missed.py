"""`genba missed`: a forgotten touch is asked for, and approved or rejected until a deadline."""

import json
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from core.clock import FixedClock
from core.db import Database
from core.errors import InvalidInput, NotAllowed, NotFound
from core.ids import uuid7
from core.phone import PhoneSealer
from genba.cli import genba
from tests import factories
from tests.support.environment import environment_of


class Desk:
    """The command line at a time that a test sets, beside 中央ビル and 山田 太郎."""

    def __init__(self, environment: dict[str, str], clock: FixedClock) -> None:
        self.environment, self.clock = environment, clock

    def run(self, *arguments: str) -> Result:
        return CliRunner().invoke(genba, arguments, env=self.environment, catch_exceptions=False)

    def request(self, at: str = "2026-11-16 07:50") -> str:
        """Ask for a forgotten entry and return the id of the request."""
        options = ("--worker", "山田太郎", "--site", "1001", "--at", at, "--direction", "entry")
        why = ("--reason", "forgotten", "--by", "佐藤工業", "--note", "電池切れ")
        request_id: str = json.loads(self.run("missed", "request", *options, *why, "--json").stdout)["missed_touch_id"]
        return request_id

    def listed(self, *arguments: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = json.loads(self.run("missed", "list", "--json", *arguments).stdout)
        return found

    def states(self) -> list[str]:
        """Return the last column of the whole list."""
        return [line.rsplit("  ", 1)[-1] for line in self.run("missed", "list", "--all").stdout.splitlines()[1:]]


@pytest.fixture
def desk(
    database: Database, database_url: str, sealer: PhoneSealer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Desk:
    clock = FixedClock(datetime(2026, 11, 23, 3, 0, tzinfo=UTC))
    monkeypatch.setattr("genba.runtime.SystemClock", lambda: clock)
    with database.write() as session:
        factories.worker(session, sealer, contractor=factories.contractor(session))
        factories.site(session, sealer, site_code="1001")
    return Desk(environment_of(database_url, sealer, tmp_path), clock)


def test_a_request_waits_with_its_deadline_and_the_days_left(desk: Desk) -> None:
    request_id = desk.request()
    result = desk.run("missed", "list")
    assert [re.split(" {2,}", line) for line in result.stdout.splitlines()] == [
        ["ID", "就業日", "入退場", "時刻", "技能者", "現場", "理由", "申請", "期限", "状態"],
        [
            *(request_id, "2026-11-16", "入場", "2026-11-16 07:50", "山田 太郎", "中央ビル"),
            *("打刻忘れ (forgotten) 「電池切れ」", "佐藤工業 2026-11-23 12:00", "2026-12-31", "あと38日"),
        ],
    ]
    assert result.stderr == "1 request(s)\n"
    (request,) = desk.listed()
    ids = ("worker_id", "site_id", "prime_contractor_id")
    assert {name: value for name, value in request.items() if name not in ids} == {
        "missed_touch_id": request_id,
        "worker": "山田 太郎",
        "site": "中央ビル",
        "work_date": "2026-11-16",
        "direction": "entry",
        "occurred_at": "2026-11-15T22:50:00.000000+00:00",
        "correction": "forgotten",
        "note": "電池切れ",
        "requested_by": "佐藤工業",
        "requested_at": "2026-11-23T03:00:00.000000+00:00",
        "decided_by": None,
        "decided_at": None,
        "punch_id": None,
        "deadline": "2026-12-31",
        "days_left": 38,
    }


def test_a_request_says_until_when_it_must_be_approved(desk: Desk) -> None:
    options = ("--worker", "山田太郎", "--site", "中央ビル", "--at", "2026-10-16 17:00", "--direction", "exit")
    told = desk.run("missed", "request", *options, "--reason", "device_fault", "--by", "山田")
    (request,) = desk.listed()
    assert told.stdout == f"requested {request['missed_touch_id']}: to be approved by 2026-11-30 (7 day(s) left)\n"


@pytest.mark.parametrize(
    ("now", "state"),
    [
        (datetime(2026, 12, 30, 15, 0, tzinfo=UTC), "本日まで"),
        (datetime(2026, 12, 31, 15, 0, tzinfo=UTC), "期限切れ（1日超過）"),
    ],
)
def test_the_last_day_and_what_is_overdue_are_said(desk: Desk, now: datetime, state: str) -> None:
    desk.request()
    desk.clock.at = now
    assert desk.states() == [state]


def test_an_approved_request_is_a_record_even_after_the_deadline(desk: Desk) -> None:
    request_id = desk.request()
    desk.clock.at = datetime(2027, 1, 10, tzinfo=UTC)
    told = desk.run("missed", "approve", request_id, "--by", "運営").stdout
    (punch,) = json.loads(desk.run("punches", "list", "--json").stdout)
    assert told == f"approved: recorded as punch {punch['punch_id']}\n"
    assert (punch["channel"], punch["worker"], punch["work_date"], punch["decided_by"], punch["correction"]) == (
        "direct",
        "山田 太郎",
        "2026-11-16",
        "運営",
        "forgotten",
    )
    assert (desk.listed(), desk.states()) == ([], ["承認 運営"])
    with pytest.raises(NotAllowed, match="decided already by 運営"):
        desk.run("missed", "reject", request_id, "--by", "運営")


def test_a_rejected_request_makes_no_record(desk: Desk) -> None:
    request_id = desk.request()
    assert desk.run("missed", "reject", request_id, "--by", "大和建設").stdout == "rejected: nothing was recorded\n"
    assert json.loads(desk.run("punches", "list", "--json").stdout) == []
    assert desk.states() == ["却下 大和建設"]
    assert [(request["decided_by"], request["days_left"]) for request in desk.listed("--all")] == [("大和建設", None)]


def test_what_lies_ahead_or_does_not_exist_is_refused(desk: Desk) -> None:
    with pytest.raises(InvalidInput, match="2026-11-23 12:01 lies ahead"):
        desk.request("2026-11-23 12:01")
    with pytest.raises(NotFound, match="no such request"):
        desk.run("missed", "approve", str(uuid7()), "--by", "運営")
