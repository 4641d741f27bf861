"""`genba punches`: what is listed and shown, and what a correction leaves behind."""

import json
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from core.attendance.model import Caller, Channel, CorrectionCode, RawPunch
from core.attendance.service import record_punches
from core.clock import FixedClock
from core.db import Database
from core.errors import InvalidInput, NotFound
from core.ids import PunchId, uuid7
from core.phone import PhoneSealer
from core.texts.office import OFFICE
from genba.cli import genba
from genba.commands.by_hand import print_table
from tests import factories
from tests.support.environment import environment_of

KNOWN, UNKNOWN, LINE = "+819012345678", "+818011112222", "+815012345678"
NOON = datetime(2026, 11, 16, 3, 0, tzinfo=UTC)
UNKNOWN_TEXT = "登録のない番号です。だれの電話か確かめて登録してください。 (unknown_number)"
WHY = ("--reason", "wrong_time", "--by", "佐藤", "--note", "本人に確認")


class World:
    """中央ビル with a line and 山田 太郎, 東ビル without; the ids of punches in the order they came."""

    def __init__(self, database: Database, sealer: PhoneSealer, environment: dict[str, str]) -> None:
        self.database, self.sealer, self.environment = database, sealer, environment
        self.punch_ids: list[str] = []
        with database.write() as session:
            employer = factories.contractor(session, "佐藤工業")
            prime = factories.contractor(session, "大和建設")
            self.worker = factories.worker(
                session, sealer, phone=KNOWN, contractor=employer, ccus_worker_id="00000000000123"
            )
            self.site = factories.site(session, sealer, prime=prime, site_code="1001", ccus_site_id="00000000000777")
            self.other = factories.site(session, sealer, "東ビル", prime=prime, site_code="1002")
            factories.line(session, LINE, sites=[self.site])

    def call(self, text: str, e164: str | None = KNOWN, *, day: int = 16, line: str = LINE) -> str:
        """Record a call, received a second after it happened, and return the id of its punch."""
        hours, minutes = (int(part) for part in text.split(":"))
        occurred_at = datetime(2026, 11, day, tzinfo=UTC) + timedelta(hours=hours - 9, minutes=minutes)
        punch = RawPunch(
            punch_id=PunchId(uuid7()),
            sender_key=f"call:{uuid7()}",
            channel=Channel.PHONE,
            occurred_at=occurred_at,
            received_at=occurred_at + timedelta(seconds=1),
            line_e164=line,
        )
        if e164 is not None:
            sealed = self.sealer.seal(e164)
            caller = Caller(self.sealer.blind_indexes(e164), sealed.last4_index, sealed.cipher, sealed.mask)
            punch = replace(punch, caller=caller)
        with self.database.write() as session:
            record_punches(session, [punch], punch.received_at)
        self.punch_ids.append(str(punch.punch_id))
        return self.punch_ids[-1]

    def run(self, *arguments: str) -> Result:
        return CliRunner().invoke(genba, ["punches", *arguments], env=self.environment, catch_exceptions=False)

    def listed(self, *arguments: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = json.loads(self.run("list", "--json", *arguments).stdout)
        return found

    def places(self, *arguments: str) -> list[int]:
        """Return which punches are listed, as places in the order they came."""
        return [self.punch_ids.index(punch["punch_id"]) for punch in self.listed(*arguments)]


@pytest.fixture
def world(
    database: Database, database_url: str, sealer: PhoneSealer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> World:
    monkeypatch.setattr("genba.runtime.SystemClock", lambda: FixedClock(NOON))
    return World(database, sealer, environment_of(database_url, sealer, tmp_path))


def test_the_list_says_who_where_and_what_became_of_it_in_columns(world: World) -> None:
    known, unknown = world.call("07:52"), world.call("07:53", UNKNOWN)
    result = world.run("list")
    assert [re.split(" {2,}", line) for line in result.stdout.splitlines()] == [
        ["ID", "受信", "時刻", "方法", "電話", "技能者", "現場", "入退場", "結果", "理由"],
        [
            *(unknown, "2026-11-16 07:53:01", "07:53", "電話", "+8180****2222", "-", "中央ビル", "-", "要確認"),
            UNKNOWN_TEXT,
        ],
        [
            *(known, "2026-11-16 07:52:01", "07:52", "電話", "+8190****5678", "山田 太郎", "中央ビル", "入場"),
            *("記録済み", "-"),
        ],
    ]
    assert result.stderr == "2 punch(es)\n"


def test_columns_stand_under_each_other_whatever_the_width_of_their_signs(capsys: pytest.CaptureFixture[str]) -> None:
    print_table(("技能者", "x"), [("山田 太郎", "1"), ("Nguyễn", "2"), ("ﾔﾏﾀﾞ", "3")])
    assert capsys.readouterr().out.splitlines() == [
        "技能者     x",
        "山田 太郎  1",
        "Nguyễn     2",
        "ﾔﾏﾀﾞ       3",
    ]


def test_json_has_ids_codes_and_instants_in_utc(world: World) -> None:
    punch_id = world.call("07:52")
    assert world.listed() == [
        {
            "punch_id": punch_id,
            "occurred_at": "2026-11-15T22:52:00.000000+00:00",
            "received_at": "2026-11-15T22:52:01.000000+00:00",
            "channel": "phone",
            "caller": "+8190****5678",
            "line": LINE,
            "site_id": str(world.site.site_id),
            "site": "中央ビル",
            "worker_id": str(world.worker.worker_id),
            "worker": "山田 太郎",
            "contractor": "佐藤工業",
            "direction": "entry",
            "effective_at": "2026-11-15T22:52:00.000000+00:00",
            "verdict": "accepted",
            "reason": None,
            "work_date": "2026-11-16",
            "decided_by": "system",
            "correction": None,
            "judgements": 1,
        }
    ]


def test_the_list_is_narrowed_by_site_worker_work_date_and_what_is_unclear(world: World) -> None:
    world.call("17:00", day=15)
    world.call("07:51", UNKNOWN)
    world.call("07:52")
    world.call("07:53", None, line="+815099990000")  # no site, so no work date: the day it happened counts
    assert world.places() == [3, 2, 1, 0]
    assert world.places("--limit", "2") == [3, 2]
    assert world.places("--on", "2026-11-16") == [3, 2, 1]
    assert world.places("--unclear") == [1]
    for site in ("中央ビル", "1001", "１００１", "777", str(world.site.site_id)):
        assert world.places("--site", site) == [2, 1, 0]
    for worker in ("山田太郎", "123", str(world.worker.worker_id)):
        assert world.places("--worker", worker, "--on", "2026-11-15") == [0]
    assert world.places("--site", "東ビル") == []


def test_an_unknown_site_or_worker_is_said(world: World) -> None:
    with pytest.raises(NotFound, match="no site is named 9999: `genba sites list` shows them"):
        world.run("list", "--site", "9999")
    with pytest.raises(NotFound, match="no worker is named 鈴木"):
        world.run("list", "--worker", "鈴木")
    with world.database.write() as session:
        factories.site(session, world.sealer, "西ビル", site_code="1002")
    with pytest.raises(InvalidInput, match="several sites have the code 1002: "):
        world.run("list", "--site", "1002")


def test_an_unknown_caller_is_attached_and_the_story_tells_it(world: World) -> None:
    punch_id = world.call("07:52", UNKNOWN)
    told = world.run("attach", punch_id, "山田太郎", "--direction", "entry", "--by", "佐藤", "--note", "新しい電話")
    where = ("山田 太郎", "中央ビル")
    attached = "未登録の番号・カードの本人を確認 (unknown_caller_identified)"
    assert [re.split(" {2,}", line) for line in told.stdout.splitlines()] == [
        ["07:52", "電話", "+8180****2222", *where, "入場", "記録済み", attached],
        [f"punch {punch_id}, judgement 2 by 佐藤"],
    ]
    assert [re.split(" {2,}", line) for line in world.run("show", punch_id).stdout.splitlines()] == [
        [punch_id, "電話"],
        ["発生 2026-11-16 07:52", "受信 2026-11-16 07:52:01"],
        ["発信元 +8180****2222 → +815012345678"],
        ["", "判定", "判定者", "結果", "入退場", "時刻", "技能者", "現場", "理由"],
        ["1", "2026-11-16 07:52:01", "自動", "要確認", "-", "2026-11-16 07:52", "-", "中央ビル", UNKNOWN_TEXT],
        [
            *("2", "2026-11-16 12:00", "佐藤", "記録済み", "入場", "2026-11-16 07:52"),
            *(*where, f"{attached} 「新しい電話」"),
        ],
    ]
    with pytest.raises(InvalidInput, match="this punch is of 山田 太郎: `genba punches move` changes that"):
        world.run("attach", punch_id, "山田太郎", "--direction", "entry", "--by", "佐藤")


def test_what_a_punch_does_not_say_must_be_given(world: World) -> None:
    punch_id = world.call("07:52", UNKNOWN)
    with pytest.raises(InvalidInput, match="the direction of this punch is not known: give it with --direction"):
        world.run("attach", punch_id, "山田太郎", "--by", "佐藤")
    nowhere = world.call("07:53", UNKNOWN, line="+815099990000")
    with pytest.raises(InvalidInput, match="the site of this punch is not known"):
        world.run("attach", nowhere, "山田太郎", "--direction", "entry", "--by", "佐藤")


def test_a_moved_punch_keeps_what_is_not_given(world: World) -> None:
    punch_id = world.call("07:52")
    world.run("move", punch_id, "--at", "2026-11-16 07:30", *WHY)
    world.run("move", punch_id, "--site", "1002", "--reason", "wrong_site", "--by", "佐藤")
    story = json.loads(world.run("show", punch_id, "--json").stdout)
    assert (story["occurred_at"], story["effective_at"]) == (
        "2026-11-15T22:52:00.000000+00:00",
        "2026-11-15T22:30:00.000000+00:00",
    )
    assert [
        (each["seq"], each["site"], each["effective_at"], each["decided_by"], each["correction"], each["note"])
        for each in story["history"]
    ] == [
        (1, "中央ビル", "2026-11-15T22:52:00.000000+00:00", "system", None, ""),
        (2, "中央ビル", "2026-11-15T22:30:00.000000+00:00", "佐藤", "wrong_time", "本人に確認"),
        (3, "東ビル", "2026-11-15T22:30:00.000000+00:00", "佐藤", "wrong_site", ""),
    ]


def test_a_punch_moved_to_another_date_is_listed_with_that_date(world: World) -> None:
    punch_id = world.call("07:52")
    world.run("move", punch_id, "--at", "2026-11-14 07:30", *WHY)
    assert "  2026-11-14 07:30  電話" in world.run("list").stdout
    assert (world.places("--on", "2026-11-14"), world.places("--on", "2026-11-16")) == ([0], [])


def test_a_cancelled_punch_stays_in_the_list_and_says_why(world: World) -> None:
    punch_id = world.call("07:52")
    world.run("cancel", punch_id, "--reason", "not_present", "--by", "佐藤")
    (punch,) = world.listed()
    assert (punch["verdict"], punch["reason"], punch["correction"], punch["decided_by"]) == (
        "refused",
        "cancelled",
        "not_present",
        "佐藤",
    )


def test_an_added_record_is_told_apart_by_its_channel(world: World) -> None:
    told = world.run(
        *("add", "--worker", "123", "--site", "1001", "--at", "2026-11-16 07:50", "--direction", "entry"),
        *("--reason", "forgotten", "--by", "佐藤"),
    )
    (punch,) = world.listed()
    assert told.stdout.splitlines() == [
        "07:50  直接入力  山田 太郎  中央ビル  入場  記録済み  打刻忘れ (forgotten)",
        f"punch {punch['punch_id']}, judgement 1 by 佐藤",
    ]
    assert (punch["channel"], punch["occurred_at"]) == ("direct", "2026-11-15T22:50:00.000000+00:00")


def test_what_lies_ahead_or_does_not_exist_is_refused(world: World) -> None:
    punch_id = world.call("07:52")
    with pytest.raises(InvalidInput, match="2026-11-16 12:01 lies ahead"):
        world.run("move", punch_id, "--at", "2026-11-16 12:01", *WHY)
    for arguments in (("show",), ("move", *WHY), ("cancel", "--reason", "other", "--by", "佐藤")):
        with pytest.raises(NotFound, match=f"no punch {world.site.site_id}: `genba punches list` shows them"):
            world.run(arguments[0], str(world.site.site_id), *arguments[1:])
    wrong = world.run("cancel", punch_id, "--reason", "forgotten_it", "--by", "佐藤")
    assert (wrong.exit_code, "'forgotten_it' is not one of 'forgotten'" in wrong.stderr) == (2, True)
    assert world.listed()[0]["judgements"] == 1


def test_no_number_is_printed_in_clear(world: World) -> None:
    ids = [world.call("07:52"), world.call("07:53", UNKNOWN)]
    printed = [world.run("list"), world.run("list", "--json"), *(world.run("show", punch_id) for punch_id in ids)]
    assert not [result for result in printed if KNOWN[3:] in result.output or UNKNOWN[3:] in result.output]


def test_every_correction_has_its_words() -> None:
    assert [code for code in CorrectionCode if f"correction.{code}" not in OFFICE] == []
