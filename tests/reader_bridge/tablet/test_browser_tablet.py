"""The gate page on a tablet, in a real browser against the real server: let in, touched, offline, two pages, revoked.

Screenshots are kept in tests/screenshots/ for looking at.
"""

from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import pytest
import sqlalchemy as sa
from playwright.sync_api import Browser, BrowserContext, Page, expect

from core.attendance.tables import punches
from core.clock import FixedClock
from core.db import open_database
from core.devices import service as devices
from core.ids import DeviceId
from core.phone import PhoneSealer
from core.scope import EVERYTHING
from genba.runtime import Runtime
from genba.server import build_app
from tests import factories
from tests.admin.test_browser import serving
from tests.attendance.world import World, at
from tests.conftest import make_settings
from tests.reader_bridge.device.test_browser_gate import AXE, SHOTS
from tests.reader_bridge.intake.gate import STRANGE_UID, UID, Gate, open_gate
from tests.reader_bridge.tablet.conftest import QR_ID, settle_in
from tests.support.servers import free_port

pytestmark = pytest.mark.xdist_group("browser")

WIDTHS = {"1360": (1360, 860), "820": (820, 1180), "390": (390, 844)}
EVERY_TOUCH = "import('./static/spool.js').then(({ newest }) => newest(100)).then(JSON.stringify)"
TOUCHES = [STRANGE_UID.upper(), "08A1B2C3"]


@pytest.fixture
def office(sqlite_url: str, sealer: PhoneSealer, clock: FixedClock, tmp_path: Path) -> Iterator[Gate]:
    """A site whose worker holds a card, and is expected there."""
    clock.at = at("7:52")
    database = open_database(sqlite_url)
    opened = open_gate(World(database, sealer), make_settings(sqlite_url, sealer, tmp_path), clock)
    opened.issue()
    with database.write() as session:
        factories.assignment(session, worker=opened.world.worker, site=opened.world.site)
    yield opened
    database.close()


@pytest.fixture
def context(office: Gate, browser: Browser) -> Iterator[BrowserContext]:
    """A browser of its own in front of the server, camera allowed; nothing may complain or ask another host."""
    port = free_port()
    with serving(build_app(Runtime(office.settings, office.world.database, office.clock), has_clock=False), port, "on"):  # type: ignore[arg-type]
        opened = browser.new_context(
            viewport={"width": 1360, "height": 860},
            locale="ja-JP",
            base_url=f"http://127.0.0.1:{port}",
            permissions=["camera", "screen-wake-lock"],
        )
        complaints: list[str] = []
        opened.on("weberror", lambda error: complaints.append(str(error.error)))
        opened.on("console", lambda said: complaints.append(said.text) if "Content Security" in said.text else None)
        opened.on("request", lambda request: _is_ours(request.url, port) or complaints.append(request.url))
        yield opened
        opened.close()
        assert complaints == []


def _is_ours(url: str, port: int) -> bool:
    return url.startswith((f"http://127.0.0.1:{port}/gate/", f"http://127.0.0.1:{port}/intake/v1/"))


def let_in(context: BrowserContext, office: Gate) -> Page:
    page = context.new_page()
    page.goto(f"/gate/#code={office.code()}")
    page.get_by_role("button", name="登録する", exact=True).click()
    expect(page.locator("#site")).to_have_text(office.world.site.name)
    return page


def look(page: Page, name: str, *, asks_axe: bool = True) -> None:
    """Keep screenshots in three widths; axe finds nothing, and nothing leaves the screen sideways."""
    SHOTS.mkdir(exist_ok=True)
    for width, (wide, high) in WIDTHS.items():
        page.set_viewport_size({"width": wide, "height": high})
        page.screenshot(path=SHOTS / f"tablet-{name}-{width}.png")
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    if not asks_axe:
        return
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found = page.evaluate("axe.run(document)")["violations"]
    assert [(each["id"], each["nodes"][0]["html"]) for each in found] == []


def touch(page: Page, uid: str) -> None:
    page.keyboard.type(uid)
    page.keyboard.press("Enter")


def ledger(office: Gate) -> list[tuple[str, str | None]]:
    """Return channel and typed id of all punches, as they came."""
    with office.world.database.read() as session:
        statement = sa.select(punches.c.channel, punches.c.typed_ccus_id).order_by(punches.c.received_at)
        return [tuple(row) for row in session.execute(statement)]


def kept(page: Page, name: str) -> object:
    """Return what the tablet keeps under a name."""
    return page.evaluate("name => import('./static/database.js').then((database) => database.note(name))", name)


def test_let_in_by_a_link_a_card_counts_once_and_offline_touches_wait_over_a_reload(
    context: BrowserContext, office: Gate
) -> None:
    page = context.new_page()
    page.goto(f"/gate/#code={office.code()}")
    expect(page.locator("#setup-code")).not_to_have_value("")
    assert page.url.endswith("/gate/"), "the code is out of the address"
    look(page, "setup")
    page.get_by_role("button", name="登録する", exact=True).click()
    expect(page.locator("#site")).to_have_text(office.world.site.name)
    settle_in(page)

    touch(page, UID)
    expect(page.locator("#touch-head")).to_have_text("入場")
    expect(page.locator("#touch-name")).to_have_text(office.world.worker.name)
    touch(page, UID)
    expect(page.locator("#touch-head")).to_have_text("記録済みです")
    expect(page.locator("#unsent")).to_have_text("すべて送信しました")
    look(page, "recorded", asks_axe=False)

    context.set_offline(True)
    page.reload()
    expect(page.locator("#site")).to_have_text(office.world.site.name)
    for uid in TOUCHES:
        touch(page, uid)
        expect(page.locator("#touch-lines")).to_contain_text("このカードはまだ登録されていません")
    expect(page.locator("#last li").nth(2)).to_contain_text(office.world.worker.name)
    page.reload()
    expect(page.locator("#unsent")).to_contain_text("未送信 2件")
    expect(page.locator("#line")).to_have_text("通信できません（記録は続きます）")
    look(page, "offline", asks_axe=False)
    assert len(ledger(office)) == 1
    context.set_offline(False)
    expect(page.locator("#unsent")).to_have_text("すべて送信しました")
    assert ledger(office) == [("card", None)] * 3


def test_a_qr_code_is_read_by_the_camera_two_pages_share_one_spool_and_a_revoked_tablet_forgets(
    context: BrowserContext, office: Gate
) -> None:
    page = let_in(context, office)
    page.get_by_role("button", name="カメラでQR").click()
    expect(page.locator("#touch-lines")).to_contain_text("このIDは登録されていません", timeout=15_000)
    look(page, "camera")
    assert ledger(office) == [("qr", QR_ID)]
    page.get_by_role("button", name="カメラでQR").click()

    second = context.new_page()
    second.goto("/gate/")
    expect(second.locator("#site")).to_have_text(office.world.site.name)
    touch(page, UID)
    expect(page.locator("#touch-name")).to_have_text(office.world.worker.name)
    touch(second, UID)
    expect(second.locator("#touch-head")).to_have_text("記録済みです")
    touch(second, STRANGE_UID)
    for each in (page, second):
        expect(each.locator("#people")).to_have_text("3")
        expect(each.locator("#unsent")).to_have_text("すべて送信しました")
    assert len(ledger(office)) == 3
    assert kept(page, "people")

    with office.world.database.write() as session:
        (device,) = devices.list_devices(session, EVERYTHING, office.clock.now())
        device_id = DeviceId(UUID(str(device.device.device_id)))
        devices.revoke(session, EVERYTHING, device_id, None, office.clock.now())
    touch(page, "08A1B2C3")
    for each in (page, second):
        expect(each.locator("#notice")).to_contain_text("この端末は使えなくなりました")
    expect(page.locator("#last")).not_to_contain_text(office.world.worker.name)
    identity = kept(page, "identity")
    assert isinstance(identity, dict)
    assert (kept(page, "people"), identity["key"], identity["card_key"]) == (None, None, None)
    assert office.world.worker.name not in page.evaluate(EVERY_TOUCH)
    expect(page.locator("#unsent")).to_contain_text("未送信 1件")
    page.get_by_role("button", name="使い方").click()
    expect(page.locator("#help-state")).to_contain_text("画面：表示中は消えません。")
    look(page, "help")
