"""The gate page in a real browser, in both widths: what is shown, what is heard, what the keys do, and axe.

Screenshots are kept in tests/screenshots/ for looking at.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from reader_bridge.device import gate
from reader_bridge.device.directory import Directory
from reader_bridge.device.readers import Seen
from reader_bridge.device.spool import Outcome, Spool
from reader_bridge.device.station import Parts, Station
from reader_bridge.device.touches import State
from tests.admin.conftest import CHROMIUM, CHROMIUM_ARGUMENTS
from tests.reader_bridge.device.fake_intake import FakeIntake
from tests.reader_bridge.device.makers import TurnedMachine, card
from tests.reader_bridge.device.test_station import NGUYEN, YAMADA, LocalLine, person

pytestmark = pytest.mark.xdist_group("browser")

AXE = Path(__file__).parents[3] / "admin" / "node_modules" / "axe-core" / "axe.min.js"
SHOTS = Path(__file__).parents[2] / "screenshots"
WIDTHS = {"wide": {"width": 1360, "height": 860}, "narrow": {"width": 390, "height": 844}}
READERS: list[dict[str, Any]] = []


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_ARGUMENTS)
        yield launched
        launched.close()


@pytest.fixture
def station(tmp_path: Path, spool: Spool, machine: TurnedMachine) -> Station:
    intake = FakeIntake()
    intake.people = [person(intake, YAMADA.card, "山田太郎"), person(intake, NGUYEN.card, "NGUYEN VAN AN", "vi")]
    directory = Directory(tmp_path, intake.directory_key)
    directory.fetch(LocalLine(intake))
    READERS[:] = [{"name": "SONY RC-S300/P 00", "attached": True}, {"name": "SONY RC-S300/P 01", "attached": True}]
    made = Station(Parts(tmp_path, spool, machine, intake.identity(), directory, lambda: READERS))  # type: ignore[arg-type]
    made.line_is(up=True)
    return made


@pytest.fixture
def page(station: Station, browser: Browser) -> Iterator[Page]:
    with gate.serving(station, 0) as port:
        context = browser.new_context(viewport=WIDTHS["wide"], locale="ja-JP", bypass_csp=True)  # axe is put in
        opened = context.new_page()
        complaints: list[str] = []
        opened.on("pageerror", lambda error: complaints.append(str(error)))
        opened.add_init_script(
            "window.heard = []; document.addEventListener('tone', (e) => heard.push(e.detail));"
            "document.addEventListener('said', (e) => heard.push('said ' + e.detail));"
        )
        opened.goto(f"http://127.0.0.1:{port}/")
        expect(opened.locator("#site")).to_have_text("中央ビル")
        yield opened
        context.close()
        assert complaints == []


def _look(page: Page, name: str) -> None:
    """Keep screenshots in both widths; axe finds nothing, and nothing leaves the screen sideways."""
    SHOTS.mkdir(exist_ok=True)
    page.evaluate(AXE.read_text(encoding="utf-8"))
    for width, size in WIDTHS.items():
        page.set_viewport_size(size)
        page.wait_for_timeout(250)
        page.screenshot(path=SHOTS / f"gate-{name}-{width}.png")
        found = page.evaluate("axe.run(document)")["violations"]
        assert [(each["id"], each["nodes"][0]["html"]) for each in found] == []
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    page.set_viewport_size(WIDTHS["wide"])


def test_a_touch_is_shown_heard_corrected_and_gives_way(page: Page, station: Station, spool: Spool) -> None:
    expect(page.get_by_role("heading", name="カードをタッチしてください")).to_be_visible()
    _look(page, "idle")
    assert page.locator("#touch").bounding_box()["height"] > 600, "it is read from afar"  # type: ignore[index]
    station.seen(Seen("SONY RC-S300/P 00", YAMADA))
    expect(page.locator("#touch-name")).to_have_text("山田太郎")
    expect(page.locator("#touch-head")).to_have_text("記録しました")
    expect(page.locator("#people")).to_have_text("1")
    expect(page.locator("#unsent")).to_have_text("未送信 1件、最も古いもの 7:50")

    touch = spool.newest(1)[0]
    spool.settle({touch.id: Outcome(State.SENT, {})})
    station.answered(touch, {"result": "accepted", "direction": "entry", "worker": "山田太郎"})
    expect(page.locator("#touch-head")).to_have_text("入場")
    expect(page.locator("#unsent")).to_have_text("すべて送信しました")
    _look(page, "recorded")
    assert page.evaluate("heard") == ["recorded"], "the correction makes no sound"
    expect(page.locator("#touch-head")).to_have_text("カードをタッチしてください", timeout=8_000)


def test_each_outcome_has_its_own_look_and_tone(
    page: Page, station: Station, spool: Spool, monkeypatch: pytest.MonkeyPatch
) -> None:
    station.seen(Seen("SONY RC-S300/P 00", NGUYEN))
    expect(page.locator("#touch-lines")).to_contain_text("đã ghi nhận")
    station.seen(Seen("SONY RC-S300/P 01", card(99)))
    expect(page.locator("#touch-lines")).to_contain_text(
        "このカードはまだ登録されていません。現場事務所にお知らせください。"
    )
    _look(page, "unknown")
    monkeypatch.setattr(spool, "append", lambda _new: (_ for _ in ()).throw(OSError("no")))
    station.seen(Seen("SONY RC-S300/P 01", card(98)))
    expect(page.locator("#touch-head")).to_have_text("記録できませんでした")
    _look(page, "not_kept")
    assert page.evaluate("heard") == ["recorded", "attention", "not_kept"]


def test_a_reader_that_types_is_heard_whatever_has_the_focus(page: Page, spool: Spool) -> None:
    page.get_by_role("button", name="朝礼モード").focus()
    page.keyboard.type("01010501B00AC30B")
    page.keyboard.press("Enter")
    expect(page.locator("#touch-head")).to_have_text("記録しました")
    assert spool.newest(1)[0].item()["card"] == {"tech": "felica", "uid": "01010501b00ac30b"}
    expect(page.locator("body")).not_to_have_class("assembly")


def test_the_fourteen_digits_are_put_in_by_keys_alone(page: Page, spool: Spool) -> None:
    page.get_by_role("button", name="番号で記録").focus()
    page.keyboard.press("Enter")
    _look(page, "keypad")
    page.keyboard.type("123")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert").filter(has_text="いま3桁")).to_be_visible()
    for digit in "45678901234":
        page.get_by_role("button", name=digit, exact=True).click()
    page.get_by_role("button", name="記録する").click()
    expect(page.locator("#touch-head")).to_have_text("記録しました")
    assert spool.newest(1)[0].item()["ccus_worker_id"] == "12345678901234"


def test_at_the_morning_meeting_the_number_is_large_and_the_last_names_are_seen(page: Page, station: Station) -> None:
    page.get_by_role("button", name="朝礼モード").click()
    for number in range(1, 16):
        station.seen(Seen("SONY RC-S300/P 00", card(number)))
    expect(page.locator("#people")).to_have_text("15")
    expect(page.locator("#last li")).to_have_count(12)
    _look(page, "assembly")
    number, unit = (page.locator(each).bounding_box()["height"] for each in ("#people", ".people strong"))  # type: ignore[index]
    assert number > 150, unit


def test_what_is_wrong_is_said_in_plain_words(page: Page, station: Station, machine: TurnedMachine) -> None:
    station.seen(Seen("SONY RC-S300/P 00", YAMADA))
    machine.wait(86_400)
    station.line_is(up=False)
    READERS[1]["attached"] = False
    expect(page.locator("#line")).to_have_text("通信できません（記録は続きます）")
    expect(page.locator("#unsent")).to_have_text("未送信 1件、最も古いもの 11月17日 7:50")
    expect(page.get_by_text("SONY RC-S300/P 01 がつながっていません")).to_be_visible()
    READERS[0]["attached"] = False
    expect(page.get_by_role("alert").filter(has_text="カードリーダーが見つかりません")).to_be_visible()
    _look(page, "trouble")
    station.revoked()
    expect(page.get_by_role("alert").filter(has_text="この端末は使えなくなりました")).to_be_visible()


def test_a_motion_sensor_has_the_invitation_spoken_and_the_button_sends(page: Page, station: Station) -> None:
    pressed: list[bool] = []
    station.send_now = lambda: pressed.append(True)
    page.keyboard.press("F9")
    page.get_by_role("button", name="今すぐ送信").click()
    expect(page.get_by_role("button", name="送信しています")).to_be_visible()
    assert page.evaluate("heard") == ["said カードをタッチしてください。"]
    assert pressed == [True]
