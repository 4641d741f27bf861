"""The tablet says, reads and sends as the site program does, and takes a new version when nobody stands at it."""

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect
from starlette.types import Receive, Scope, Send

from core.attendance.model import Direction
from reader_bridge.device import showing
from reader_bridge.device.identity import Identity
from reader_bridge.device.readers.typed import read_typed
from reader_bridge.tablet import app as tablet
from reader_bridge.tablet.files import Bundle, Content, load_bundle
from reader_bridge.wire import PersonShown
from tests.admin.test_browser import serving
from tests.attendance.world import at
from tests.reader_bridge.tablet.conftest import settle_in
from tests.support.servers import free_port

pytestmark = pytest.mark.xdist_group("browser")

TYPED = (
    "12345678901234",
    "１２３４ 5678-9012ー34",
    "01010501B00AC30B",
    "04:A1:B2:C3",
    "04a1b2c3d4e5f6",
    "123",
    "XYZ45678",
    "",
)
QR = {"12345678901234": True, "genba:1234-5678-9012-34": True, "GENBA:12345678901234": True}
QR |= {"https://example.jp/12345678901234": False, "1234567890123": False, "01010501b00ac30b": False}


class Served:
    """The web app, which can be given other content while it is served."""

    def __init__(self) -> None:
        self.app = tablet.create_app(is_https=False)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.app(scope, receive, send)


@pytest.fixture(scope="module")
def served() -> Served:
    return Served()


@pytest.fixture(scope="module")
def page(browser: Browser, served: Served) -> Iterator[Page]:
    port = free_port()
    with serving(served, port, "off"):  # type: ignore[arg-type]
        context = browser.new_context(base_url=f"http://127.0.0.1:{port}")
        opened = context.new_page()
        opened.goto("/gate/")
        expect(opened.locator("#setup-code")).to_be_visible()
        yield opened
        context.close()


def test_it_reads_what_is_typed_as_the_site_program_and_of_qr_codes_only_those_of_workers(page: Page) -> None:
    found = page.evaluate("texts => import('./static/reading.js').then((m) => texts.map(m.readTyped))", list(TYPED))
    assert found == [_who(text) for text in TYPED]
    read = page.evaluate("texts => import('./static/reading.js').then((m) => texts.map(m.readQr))", list(QR))
    assert [each is not None for each in read] == list(QR.values())


def _who(text: str) -> dict[str, Any] | None:
    who = read_typed(text)
    if who is None:
        return None
    return {"card": dict(who.card)} if who.card else {"ccus_worker_id": who.ccus_worker_id}


def test_it_shows_a_touch_in_the_words_of_the_site_program(page: Page) -> None:
    identity = Identity("", "d", "正門", "", None, "中央ビル", 0, "")
    entry = replace(identity, direction=Direction.ENTRY.value)
    people = [_person("山田太郎", "ja"), _person("NGUYEN VAN AN", "vi", "2026-12-01"), None]
    moments = [at("7:52"), at("8:00"), at("17:05")]
    answers: list[dict[str, Any]] = [
        {"result": "accepted", "direction": "entry", "worker": "山田太郎"},
        {"result": "accepted", "reason": "card_expired", "worker": "LI NA"},
        {"result": "duplicate", "reason": "unknown_card"},
        {"result": "refused", "code": "who"},
    ]
    cases: list[tuple[str, list[Any]]] = []
    wanted: list[Any] = []
    for moment in moments:
        ms = int(moment.timestamp() * 1000)
        for person in people:
            cases.append(("repeated", [ms, person]))
            wanted.append(showing.repeated(moment, person))
            for who in (identity, entry):
                told = {"direction": who.direction, "site_name": who.site_name}
                cases.append(("kept", [{"id": "1", "card": {}}, ms, person, told]))
                wanted.append(showing.kept("1", moment, person, who))
            for answer in answers:
                before = showing.kept("1", moment, person, identity)
                cases.append(("corrected", [before, answer, ms, person, "中央ビル"]))
                wanted.append(showing.corrected(before, answer, moment, person, "中央ビル"))
        cases += [("notKept", [ms]), ("when", [ms, ms + 86_400_000])]
        wanted += [showing.not_kept(moment), showing.when(moment, at("7:00", moment.date().replace(day=28)))]

    run = "cases => import('./static/showing.js').then((m) => cases.map(([name, given]) => m[name](...given)))"
    assert page.evaluate(run, cases) == json.loads(json.dumps(wanted))


def _person(name: str, language: str, until: str | None = None) -> PersonShown:
    return {"card_key": "", "name": name, "name_kana": "", "language": language, "valid_until": until}


# The server of the test answers each request in turn by an error of server.js, or by a result for each item.
UPLINK = """async () => {
  const names = ["uplink", "server", "spool", "clocks"];
  const [{ Uplink }, { AwayError, ProblemError }, spool, { moment }] = await Promise.all(
    names.map((name) => import(`./static/${name}.js`)));
  const asked = [], told = [], waits = [];
  const tooLarge = new ProblemError(413, { code: "too_large" });
  const script = [new AwayError("no network"), tooLarge, ["duplicate"], ["refused", "retry"], ["accepted"]];
  const line = { post: async (_, { items }) => {
    asked.push(items.map((item) => item.ccus_worker_id));
    const next = script.shift();
    if (next instanceof Error) throw next;
    return { items: items.map(({ id }, place) => ({ id, result: next[place] })) };
  } };
  const watcher = { answered: async (_, { result }) => told.push(result), lineIs: async (up) => told.push(up) };
  const append = (id) => spool.append({ ccus_worker_id: id, channel: "keypad", reader: "keys" }, moment());
  for (const id of ["1", "2", "3"]) await append(id);
  const uplink = new Uplink(line, watcher);
  for (let step = 0; step < 5; step += 1) waits.push(await uplink.step());
  uplink.sendNow();
  waits.push(await uplink.step());
  return { asked, told, unsent: await spool.unsent(), waits, again: await append("3") };
}"""


def test_every_touch_is_sent_until_it_is_answered_and_one_that_is_refused_holds_up_nothing(page: Page) -> None:
    found = page.evaluate(UPLINK)
    assert found["asked"] == [["1", "2", "3"], ["1", "2", "3"], ["3"], ["1", "2"], ["2"]]
    assert found["told"] == [False, True, True, "duplicate", True, "refused", True, "accepted"]
    assert (found["unsent"]["waiting"], found["unsent"]["set_aside"]) == (0, 1)
    assert 1 <= found["waits"][0] <= 2, "a server that is away is left alone"
    assert 2 <= found["waits"][4] <= 5, "so is a touch that it wants later"
    assert found["again"]["repeats"]["who"] == "ccus:3"


SLEEP = """async () => {
  const { moment } = await import("./static/clocks.js");
  const real = Date.now;
  const before = moment();
  Date.now = () => real() + 1_000;
  const slewed = moment();
  Date.now = () => real() + 3_600_000;
  const [woken, later] = [moment(), moment()];
  Date.now = real;
  return [slewed.boot_id === before.boot_id, woken.boot_id === before.boot_id, later.boot_id === woken.boot_id];
}"""


def test_when_the_clocks_part_because_the_tablet_slept_a_new_run_begins(page: Page) -> None:
    assert page.evaluate(SLEEP) == [True, False, True]


def test_a_new_version_waits_for_whoever_types_a_code_and_then_comes_by_itself(
    page: Page, served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    settle_in(page)
    page.fill("#setup-code", "ABCD")
    old = load_bundle()
    script = Content("text/javascript", b"export const build = { version: 'new' };")
    worker = old.content["worker.js"]
    newer = Content(worker.media_type, worker.body.replace(old.version.encode(), b"new"))
    content = {**old.content, "static/build.js": script, "worker.js": newer}
    monkeypatch.setattr(tablet, "load_bundle", lambda: Bundle("new", content))
    served.app = tablet.create_app(is_https=False)
    page.evaluate("navigator.serviceWorker.ready.then((found) => found.update()).then(() => null)")
    page.wait_for_timeout(1_500)
    assert page.input_value("#setup-code") == "ABCD"
    with page.expect_navigation():
        page.fill("#setup-code", "")
    assert page.evaluate("import('./static/build.js').then(({ build }) => build.version)") == "new"
