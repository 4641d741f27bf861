"""A card becomes a touch on the disk, then a picture and a tone; the server's answer corrects the picture."""

import queue
import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from core.clock import work_date
from reader_bridge.device import identity as identities
from reader_bridge.device import showing
from reader_bridge.device.debounce import Debounce
from reader_bridge.device.directory import Directory
from reader_bridge.device.readers import Seen
from reader_bridge.device.showing import Shown
from reader_bridge.device.spool import Spool
from reader_bridge.device.station import Parts, Station
from reader_bridge.wire import Card, PersonShown, card_key
from tests.reader_bridge.device.fake_intake import FakeIntake
from tests.reader_bridge.device.makers import MORNING, TurnedMachine, card

YAMADA, NGUYEN = card(1), card(2)


class LocalLine:
    """The fake intake without a network."""

    def __init__(self, intake: FakeIntake) -> None:
        self._intake = intake

    def get(self, target: str) -> dict[str, Any]:
        return self._intake.answer(target, {})[1]


def person(intake: FakeIntake, who: Card | None, name: str, language: str = "ja") -> PersonShown:
    assert who is not None
    key = card_key(intake.directory_key, who)
    return {"card_key": key, "name": name, "name_kana": "", "language": language, "valid_until": None}


@pytest.fixture
def local() -> FakeIntake:
    intake = FakeIntake()
    intake.people = [
        person(intake, YAMADA.card, "山田太郎"),
        person(intake, NGUYEN.card, "NGUYEN VAN AN", "vi"),
    ]
    return intake


@pytest.fixture
def station(tmp_path: Path, spool: Spool, machine: TurnedMachine, local: FakeIntake) -> Station:
    directory = Directory(tmp_path, local.directory_key)
    directory.fetch(LocalLine(local))
    readers = lambda: [{"name": "A reader", "attached": True}]  # noqa: E731
    return Station(Parts(tmp_path, spool, machine, local.identity(), directory, readers))  # type: ignore[arg-type]


@pytest.fixture
def page(station: Station) -> "Iterator[queue.Queue[Shown]]":
    with station.board.watching() as watcher:
        yield watcher


def test_a_known_card_is_greeted_by_name_once_it_is_on_the_disk(station: Station, spool: Spool, page: Any) -> None:
    station.seen(Seen("A reader", YAMADA))

    shown = page.get_nowait()
    assert shown == {
        "id": spool.newest(1)[0].id,
        "tone": "recorded",
        "name": "山田太郎",
        "headline": "記録しました",
        "time": "7:50",
        "lines": [],
        "late": False,
    }


def test_a_worker_is_told_in_his_own_language_too(station: Station, page: Any) -> None:
    station.seen(Seen("A reader", NGUYEN))

    assert page.get_nowait()["lines"] == [
        {"lang": "vi", "text": "NGUYEN VAN AN, đã ghi nhận lúc 7 giờ 50 phút. Chúc làm việc an toàn."}
    ]


def test_an_unknown_card_is_kept_and_its_holder_sent_to_the_office(station: Station, spool: Spool, page: Any) -> None:
    station.seen(Seen("A reader", card(99)))

    shown = page.get_nowait()
    assert (shown["tone"], shown["headline"]) == ("attention", "記録しました")
    assert (
        shown["lines"][0]["text"] == "記録しました。このカードはまだ登録されていません。現場事務所にお知らせください。"
    )
    assert spool.unsent().waiting == 1


def test_who_is_not_known_is_told_in_english_too_after_the_servers_answer(
    station: Station, spool: Spool, page: Any
) -> None:
    station.seen(Seen("A reader", card(99)))
    station.answered(spool.newest(1)[0], {"result": "accepted", "reason": "unknown_card"})

    first, corrected = page.get_nowait(), page.get_nowait()
    assert [line["lang"] for line in first["lines"]] == [line["lang"] for line in corrected["lines"]] == ["ja", "en"]


@pytest.mark.parametrize(("days_left", "told"), [(31, []), (30, ["ja", "vi"]), (0, ["ja", "vi"]), (-1, [])], ids=str)
def test_a_card_that_ends_within_thirty_days_says_so_at_the_touch(days_left: int, told: list[str]) -> None:
    until = work_date(MORNING) + timedelta(days=days_left)
    holder: PersonShown = {
        "card_key": "",
        "name": "NGUYEN VAN AN",
        "name_kana": "",
        "language": "vi",
        "valid_until": until.isoformat(),
    }
    day = f"{until.year}/{until.month}/{until.day}"

    shown = showing.kept("1", MORNING, holder, None)
    corrected = showing.corrected(shown, {"result": "accepted", "direction": "entry"}, MORNING, holder, "中央ビル")

    for each in (shown, corrected):
        assert each["tone"] == "recorded"
        assert [line["lang"] for line in each["lines"] if day in line["text"]] == told


def test_the_reader_that_types_is_called_by_a_name_that_people_know() -> None:
    named = showing.readers_named([{"name": "keys", "attached": True}, {"name": "RC-S300", "attached": False}])
    assert [each["name"] for each in named] == ["キーボード型リーダー・番号入力", "RC-S300"]


def test_the_same_card_at_two_readers_within_ten_seconds_is_one_touch(
    station: Station, spool: Spool, page: Any
) -> None:
    station.seen(Seen("A reader", YAMADA))
    station.seen(Seen("Another reader", YAMADA))

    page.get_nowait()
    assert page.get_nowait()["headline"] == "記録済みです"
    assert spool.unsent().waiting == 1


def test_what_cannot_be_written_down_is_said_in_red_and_may_be_tried_again_at_once(
    station: Station, spool: Spool, page: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_new: object) -> None:
        raise sqlite3.OperationalError("disk I/O error")

    with monkeypatch.context() as broken:
        broken.setattr(spool, "append", fail)
        station.seen(Seen("A reader", YAMADA))
    station.seen(Seen("A reader", YAMADA))

    assert [page.get_nowait()["tone"] for _ in range(2)] == ["not_kept", "recorded"]


def test_a_card_that_could_not_be_read_is_asked_for_again(station: Station, page: Any) -> None:
    station.seen(Seen("A reader", None))
    assert page.get_nowait()["headline"] == "もう一度タッチしてください"


@pytest.mark.parametrize(
    ("answer", "headline", "tone", "name"),
    [
        ({"result": "accepted", "direction": "entry"}, "入場", "recorded", "山田太郎"),
        ({"result": "accepted", "direction": "exit", "worker": "山田二郎"}, "退場", "recorded", "山田二郎"),
        ({"result": "accepted", "reason": "outside_period"}, "記録しました", "attention", "山田太郎"),
        ({"result": "accepted", "reason": "not_in_this_version"}, "記録しました", "recorded", "山田太郎"),
        ({"result": "refused", "code": "x"}, "受け付けられませんでした", "not_kept", "山田太郎"),
    ],
)
def test_the_servers_answer_corrects_what_is_shown(
    station: Station, spool: Spool, page: Any, answer: dict[str, Any], headline: str, tone: str, name: str
) -> None:
    station.seen(Seen("A reader", YAMADA))
    first = page.get_nowait()
    station.answered(spool.newest(1)[0], answer)

    shown = page.get_nowait()
    assert (shown["id"], shown["late"]) == (first["id"], True)
    assert (shown["headline"], shown["tone"], shown["name"]) == (headline, tone, name)


def test_an_answer_to_what_nobody_sees_any_more_is_not_shown(station: Station, spool: Spool, page: Any) -> None:
    station.seen(Seen("A reader", YAMADA))
    touch = spool.newest(1)[0]
    page.get_nowait()
    station.answered(touch, {"result": "accepted"})
    station.answered(touch, {"result": "duplicate"})

    page.get_nowait()
    assert page.empty()


def test_fourteen_digits_are_kept_and_nonsense_is_not(station: Station, spool: Spool) -> None:
    assert station.typed("12345678901234")
    assert not station.typed("hello")
    assert spool.unsent().waiting == 1
    item = spool.newest(1)[0].item()
    assert (item["channel"], item["ccus_worker_id"]) == ("keypad", "12345678901234")


def test_a_direction_that_the_office_fixed_is_shown_and_sent(
    station: Station, spool: Spool, page: Any, local: FakeIntake
) -> None:
    local.direction = "exit"
    station.device_is(local.device())
    station.seen(Seen("A reader", NGUYEN))

    shown = page.get_nowait()
    assert shown["headline"] == "退場"
    assert shown["lines"][0]["lang"] == "vi"
    assert spool.newest(1)[0].item()["direction"] == "exit"


def test_the_page_says_what_waits_and_who_touched_last(station: Station, machine: TurnedMachine) -> None:
    station.seen(Seen("A reader", YAMADA))
    machine.wait(60)
    station.seen(Seen("A reader", card(99)))
    station.typed("12345678901234")

    state = station.state()
    assert (state["people"], state["unsent"], state["oldest"], state["refusal"]) == (3, 3, "7:50", None)
    assert state["last"] == [
        {"time": "7:51", "name": "番号入力"},
        {"time": "7:51", "name": "未登録のカード"},
        {"time": "7:50", "name": "山田太郎"},
    ]


def test_who_is_revoked_forgets_the_people_for_good_and_keeps_the_touches(
    station: Station, spool: Spool, tmp_path: Path, local: FakeIntake, page: Any
) -> None:
    identities.keep(tmp_path, local.identity())
    identities.keep_key(tmp_path, local.key)
    station.seen(Seen("A reader", YAMADA))
    station.revoked()
    station.seen(Seen("A reader", NGUYEN))

    assert [page.get_nowait()["name"] for _ in range(2)] == ["山田太郎", ""]
    assert not list(tmp_path.glob("people*"))
    assert identities.load(tmp_path)[0].revoked
    assert station.state()["refusal"] == "revoked"
    assert spool.unsent().waiting == 2


def test_the_directory_stays_sealed_on_the_disk_and_opens_again(tmp_path: Path, local: FakeIntake) -> None:
    Directory(tmp_path, local.directory_key).fetch(LocalLine(local))
    raw = (tmp_path / "people.sealed").read_text()

    assert "山田" not in raw
    found = Directory(tmp_path, local.directory_key).person(YAMADA)
    assert found is not None
    assert found["name"] == "山田太郎"
    assert Directory(tmp_path, bytes(32)).person(YAMADA) is None


def test_a_directory_that_does_not_open_changes_nothing(station: Station, local: FakeIntake, page: Any) -> None:
    directory = station._directory
    assert directory is not None
    local.directory_key = bytes(32)
    directory.fetch(LocalLine(local))
    station.seen(Seen("A reader", YAMADA))

    assert page.get_nowait()["name"] == "山田太郎"


def test_an_answer_to_what_the_device_was_before_does_not_undo_a_new_enrolment(
    station: Station, tmp_path: Path, local: FakeIntake
) -> None:
    identities.keep(tmp_path, replace(local.identity(), device_id="0193-anew"))
    identities.keep_key(tmp_path, local.key)
    station.revoked()

    assert identities.load(tmp_path)[0].device_id == "0193-anew"
    assert not identities.load(tmp_path)[0].revoked


def test_ten_seconds_later_the_same_card_is_a_new_touch() -> None:
    clock = [0.0]
    debounce = Debounce(lambda: clock[0])
    debounce.keep("uid:1", MORNING)
    assert debounce.kept_at("uid:2") is None
    clock[0] = 9.9
    assert debounce.kept_at("uid:1") == MORNING
    clock[0] = 10.0
    assert debounce.kept_at("uid:1") is None
