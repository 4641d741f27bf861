"""「機器」: what needs somebody first, letting devices in, changing, moving and revoking them."""

import re
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from starlette.testclient import TestClient

from core.accounts import service as accounts
from core.accounts.model import Role
from core.audit.tables import audit_log
from core.clock import FixedClock
from core.db import Database
from core.devices import releasing
from core.devices import service as devices
from core.devices.model import Device, DeviceState, UpdateState
from core.devices.release_model import KeptRelease
from core.phone import PhoneSealer
from core.scope import EVERYTHING
from tests import factories
from tests.admin.conftest import PASSWORD, new_client
from tests.admin.world import World, at

NOW = at("07:52")


def add(world: World, name: str = "正門", reported_at: datetime = NOW, **report: Any) -> Device:
    """Let a device in at 中央ビル; it has reported when something is said of its report."""
    with world.database.write() as session:
        device = factories.device(session, world.sealer, world.central, name, at=NOW)
        if report:
            factories.report(session, device, reported_at, **report)
    return device


def actions(database: Database) -> list[str]:
    """Return what people did to devices on the pages."""
    with database.read() as session:
        found = session.scalars(sa.select(audit_log.c.action).order_by(audit_log.c.seq))
        return [action for action in found if action.startswith("device.") and action != "device.enrolled"]


def order(text: str) -> list[str]:
    return re.findall(r'id="device-[^"]+" href="[^"]+">([^<]+)<', text)


def as_other(world: World, client: Any, role: Role) -> TestClient:
    """Return a browser of somebody who acts for another prime contractor, at a site of its own."""
    with world.database.write() as session:
        other = factories.contractor(session, "西海組")
        site = factories.site(session, world.sealer, "西海作業所", prime=other)
        account = accounts.create_account(session, "saikai", "西海 花子", PASSWORD)
        limited = (site.site_id,) if role is Role.SITE_MANAGER else ()
        accounts.join(session, account.account_id, role, other.contractor_id, limited)
    browser = new_client(client.app)
    assert browser.post("/sign-in", data={"login": "saikai", "password": PASSWORD}).status_code == 303
    return browser


def test_what_needs_somebody_stands_first(office: TestClient, world: World) -> None:
    add(world, "よい", version="1.0")
    add(world, "止まった", NOW - timedelta(minutes=3), version="1.0")
    add(world, "抜けた", readers=(("RC-S300", False),))
    add(world, "詰まった", waiting=3, oldest_waiting_at=NOW - timedelta(minutes=12))
    add(world, "狂った", skew_ms=-40_000)
    add(world, "新しい")
    text = office.get("/devices").text
    assert order(text) == ["止まった", "抜けた", "詰まった", "狂った", "新しい", "よい"]
    assert "3分前" in text
    assert "3件（最も古いもの 12分前）" in text
    assert "40.0秒遅れ" in text


def test_the_list_refreshes_itself_without_the_page(office: TestClient, world: World) -> None:
    add(world)
    text = office.get("/devices/fragment").text
    assert 'hx-trigger="every 15s, refresh"' in text
    assert "<html" not in text
    assert order(text) == ["正門"]


def test_with_no_device_the_page_says_how_to_begin_and_which_readers_work(office: TestClient, world: World) -> None:
    text = office.get("/devices").text
    assert "nfcpy は RC-S300 を動かせない" in text
    assert "ACR125x" in text
    assert 'href="/devices/new"' in text


def test_a_code_is_shown_once_and_lets_a_device_in(office: TestClient, world: World, sealer: PhoneSealer) -> None:
    form = {"site": str(world.central.site_id), "name": "正門", "place_note": "守衛所", "direction": "entry"}
    answer = office.post("/devices/new", data=form)
    (code,) = re.findall(r'class="device-code"[^>]*>([A-Z0-9-]+)<', answer.text)
    assert re.search(rf">genba-reader enrol https?://\S+ {code}</code>", answer.text)
    assert re.search(rf'href="https?://[^"?]+/gate/#code={code}"', answer.text), "for a tablet, where no server sees it"
    assert answer.text.count("<svg") == 2
    assert code not in office.get("/devices").text
    with world.database.write() as session:
        device, _ = devices.enrol(session, sealer, code, b"k" * 32, NOW)
    assert (device.name, device.place_note, device.direction) == ("正門", "守衛所", "entry")
    assert actions(world.database) == ["device.code_made"]


def test_a_code_that_was_withdrawn_lets_nobody_in(office: TestClient, world: World) -> None:
    office.post("/devices/new", data={"site": str(world.central.site_id), "name": "正門"})
    (path,) = re.findall(r'action="(/devices/codes/[^"]+)"', office.get("/devices").text)
    assert office.post(path).headers["location"] == "/devices?done=code_withdrawn"
    assert "使われていない登録コード" not in office.get("/devices").text
    assert office.post(path).status_code == 404
    assert actions(world.database) == ["device.code_made", "device.code_withdrawn"]


def test_a_device_without_name_or_site_gets_no_code(office: TestClient, world: World) -> None:
    answer = office.post("/devices/new", data={"site": "", "name": "長" * 61})
    assert answer.status_code == 422
    assert "60字以内で入力してください。" in answer.text
    assert actions(world.database) == []


def test_a_device_gets_another_name_place_and_direction(office: TestClient, world: World) -> None:
    path = f"/devices/{add(world).device_id}"
    (seen,) = re.findall(r'name="seen" value="([^"]+)"', office.get(f"{path}/edit").text)
    form = {"name": "南門", "place_note": "守衛所", "direction": "exit", "seen": seen}
    assert office.post(f"{path}/edit", data=form).headers["location"] == f"{path}?done=changed"
    text = office.get(path).text
    assert ("南門" in text, "守衛所" in text, "退場だけ" in text) == (True, True, True)
    assert "木村花子さんが<a" in text
    assert office.post(f"{path}/edit", data=form).status_code == 409
    assert actions(world.database) == ["device.changed"]


def test_a_device_moves_to_another_site_and_back(office: TestClient, world: World) -> None:
    device = add(world)
    path = f"/devices/{device.device_id}"
    for site in (world.harbour, world.central):
        assert office.post(f"{path}/move", data={"site": str(site.site_id)}).status_code == 303
        with world.database.read() as session:
            assert devices.require_device(session, EVERYTHING, device.device_id).site_id == site.site_id
    assert actions(world.database) == ["device.moved", "device.moved"]


def test_a_revoked_device_stays_in_the_list_and_cannot_be_changed(office: TestClient, world: World) -> None:
    device = add(world, version="1.0")
    path = f"/devices/{device.device_id}"
    assert "停止は元に戻せません" in office.get(path).text
    for _ in range(2):
        assert office.post(f"{path}/revoke").headers["location"] == f"{path}?done=revoked"
    assert "停止済み" in office.get("/devices").text
    assert f"{path}/move" not in office.get(path).text
    assert office.post(f"{path}/move", data={"site": str(world.harbour.site_id)}).status_code == 409
    assert actions(world.database) == ["device.revoked"]
    with world.database.read() as session:
        assert [line.state for line in devices.list_devices(session, EVERYTHING, NOW)] == [DeviceState.REVOKED]


def test_another_primes_people_see_nothing_of_a_device(office: TestClient, world: World) -> None:
    device = add(world)
    other = as_other(world, office, Role.SITE_MANAGER)
    assert order(other.get("/devices").text) == []
    assert "正門" not in other.get("/devices/fragment").text
    assert other.get(f"/devices/{device.device_id}").status_code == 404


def test_another_primes_office_changes_nothing_of_a_device(office: TestClient, world: World) -> None:
    device = add(world)
    office.post("/devices/new", data={"site": str(world.central.site_id), "name": "北門"})
    (withdraw,) = re.findall(r'action="(/devices/codes/[^"]+)"', office.get("/devices").text)
    other = as_other(world, office, Role.PRIME_OFFICE)
    path = f"/devices/{device.device_id}"
    answers = [
        other.post(withdraw),
        other.post("/devices/new", data={"site": str(world.central.site_id), "name": "x"}),
        other.get(f"{path}/edit"),
        other.post(f"{path}/edit", data={"name": "x"}),
        other.post(f"{path}/move", data={"site": str(world.harbour.site_id)}),
        other.post(f"{path}/revoke"),
    ]
    assert [answer.status_code for answer in answers] == [404] * 6
    assert actions(world.database) == ["device.code_made"]


def release(world: World, version: str = "0.2.0", percent: int = 100) -> None:
    """Add a release and offer it to a share of all devices."""
    with world.database.write() as session:
        kept = KeptRelease(version, "ab" * 32, 7, "click>=8.3", None, "c2ln", NOW)
        releasing.add(session, kept, b"archive")
        releasing.announce(session, version, NOW, percent=percent)


def test_the_fleet_says_how_each_device_stands_with_an_update(office: TestClient, world: World) -> None:
    add(world, "新しい", version="0.2.0")
    add(world, "これから", version="0.1.0")
    add(world, "待つ", version="0.1.0", **told("waiting"))
    add(world, "試す", version="0.2.0", **told("trying"))
    add(world, "戻した", version="0.1.0", **told("rolled_back", "exit status 1: RuntimeError"))
    add(world, "断った", version="0.1.0", **told("refused", "needs: httpx2>=3.0"))
    release(world)
    text = office.get("/devices").text
    assert "0.2.0を配布中です。次の通信で届きます。" in text
    assert "0.2.0を配布中です。人のいない時間に入れ替えます。" in text
    assert "0.2.0を試しています。" in text
    assert "前の版に戻しました" in text
    assert re.search(r"理由：\s*exit status 1: RuntimeError", text)
    assert "機器の設定をやり直してください（httpx2&gt;=3.0）" in text
    assert "動いている機器 2台・失敗 2台" in text, "the operator sees how the release fares"


def test_a_tablet_is_offered_no_release(office: TestClient, world: World) -> None:
    tablet = add(world, version="0.1.0+ab12", takes_releases=False)
    release(world)
    text = office.get(f"/devices/{tablet.device_id}").text
    assert "サーバーと同じ版に自動で入れ替わります。" in text
    assert "/offer" not in text
    assert "配布中です" not in office.get("/devices").text


def test_a_release_is_one_line_however_often_it_was_announced(office: TestClient, world: World) -> None:
    device = add(world, version="0.2.0")
    release(world, percent=5)
    with world.database.write() as session:
        releasing.announce(session, "0.2.0", NOW + timedelta(hours=1), percent=100)
        releasing.announce(session, "0.2.0", NOW + timedelta(hours=2), device_id=device.device_id)
        releasing.announce(session, "0.2.0", NOW + timedelta(hours=3), device_id=device.device_id)
    text = office.get("/devices").text
    assert text.count("<strong>0.2.0</strong>") == 1
    assert "全機器の100％・1台" in text


def test_who_may_edit_the_site_holds_a_device_back_and_offers_it_the_update(
    office: TestClient, world: World, clock: FixedClock
) -> None:
    device = add(world, version="0.1.0", **told("rolled_back", "exit status 1"))
    path = f"/devices/{device.device_id}"
    assert f"{path}/offer" not in office.get(path).text
    assert office.post(f"{path}/offer").status_code == 409
    release(world, percent=1)
    assert office.post(f"{path}/hold").headers["location"] == f"{path}?done=held"
    assert ("更新を止めています。" in office.get(path).text, f"{path}/hold" in office.get(path).text) == (True, False)
    clock.at += timedelta(seconds=1)
    assert office.post(f"{path}/offer").headers["location"] == f"{path}?done=update_offered"
    text = office.get(path).text
    assert "0.2.0を配布中です。" in text
    assert "更新を配りました" in text
    assert actions(world.database) == ["device.held", "device.update_offered"]
    with world.database.read() as session:
        offer = releasing.offer_to(session, device)
    assert offer is not None
    assert offer.release.version == "0.2.0"


def test_another_primes_office_offers_and_holds_nothing(office: TestClient, world: World) -> None:
    device = add(world)
    release(world)
    other = as_other(world, office, Role.PRIME_OFFICE)
    path = f"/devices/{device.device_id}"
    assert [other.post(f"{path}/{act}").status_code for act in ("offer", "hold")] == [404, 404]


def told(state: str, why: str = "") -> dict[str, Any]:
    return {"update_version": "0.2.0", "update_state": UpdateState(state), "update_why": why}
