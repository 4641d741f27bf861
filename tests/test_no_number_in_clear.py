"""A small world lives through a day, and then everything it left behind is searched for the numbers of its people.

Our own lines may be found: they hang at the gate. A worker's number may be nowhere but sealed or masked.
"""

import io
import logging
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
import sqlalchemy as sa
from click.testing import CliRunner

from core.accounts import invitations
from core.accounts import service as accounts
from core.accounts.model import Role
from core.attendance import records, settling, sheet
from core.attendance.correcting import Entered, request_missed_touch
from core.attendance.model import Actor, Channel, CorrectionCode, Direction, RawPunch
from core.attendance.service import record_punches
from core.attendance.sheet_model import ManDay
from core.clock import FixedClock
from core.db import Database, Session, open_database
from core.ids import PunchId, SiteId, uuid7
from core.phone import PhoneSealer
from core.registry import cards
from core.registry.card_model import CardTech
from core.registry.model import LineMode
from core.settings import CarrierAccount, Settings
from core.work import service as work
from genba.cli import genba
from ivr.carrier_rest import TwilioRest
from ivr.receipts import RECEIPT, send_receipts
from tests import factories
from tests.ivr import stage as numbers
from tests.ivr.carrier_hand import SPOOLED, hang_up, key, ring
from tests.ivr.stage import Stage, build_world
from tests.support.environment import environment_of
from tests.support.fake_twilio import FakeTwilio

RECEIPTS_LINE, IMPORTED, REJECTED, MISDIALLED = "+815011110009", "+818076543210", "+817012349876", "+818099991111"
PEOPLE = (
    *(numbers.YAMADA, numbers.SATO, numbers.TANAKAS, numbers.NGUYEN, numbers.STRANGER),
    *(IMPORTED, REJECTED, MISDIALLED),
)
WORKERS = (
    "氏名,生年月日,電話番号,所属会社,備考\n"
    "高橋 三郎,1980/5/6,080-7654-3210,佐藤工業,携帯 ０８０－７６５４－３２１０\n"
    "鈴木 次郎,1980/13/1,(070) 1234 9876,佐藤工業,+81 70 1234 9876\n"
)
COMMANDS = (
    *("workers list", "workers list --json", "workers show 高橋三郎", "workers show 山田太郎 --json", "sites list"),
    *("sites show 中央ビル --json", "contractors show 佐藤工業", "lines list", "punches list", "punches list --json"),
    *("missed list", "missed list --json", "doctor", "db check"),
)
UID = "01010501B00AC30B"
CARDS = f"技能者ID,UID,種別,発行日\n00001234567890,{UID},FeliCa,2026/4/1\n,{UID},FeliCa,2026/4/1\n"
TYPED = "連絡は０９０－１２３４－５６７８まで"
OFFICE = Actor("木村")


def found_in(content: str | bytes) -> list[str]:
    """Return the people's numbers that a content holds, however they are spelt."""
    text = content.decode("utf-8", "replace") if isinstance(content, bytes) else content
    plain = unicodedata.normalize("NFKC", text)
    digits = re.sub(r"(?<=\d)[\s\-()・./‐−–—ー]+(?=\d)", "", plain)
    return [e164 for e164 in PEOPLE if e164.removeprefix("+81") in digits]


@pytest.mark.parametrize(
    "text",
    ["+819012345678", "819012345678", "09012345678", "090-1234-5678", "(090) 1234 5678", "０９０－１２３４－５６７８"],
)
def test_the_search_knows_every_spelling(text: str) -> None:
    assert found_in(f"x{text}.") == found_in(f"[{text}]".encode()) == [numbers.YAMADA]


@dataclass
class World:
    """The stage of a day, and what is left behind outside of the database."""

    stage: Stage
    folder: Path
    left: dict[str, str | bytes] = field(default_factory=dict)

    def run(self, *arguments: str) -> None:
        result = CliRunner().invoke(genba, arguments)
        assert not isinstance(result.exception, Exception), result.exception
        self.left["genba " + " ".join(arguments)] = result.output


@pytest.fixture
def world(
    database_url: str, sealer: PhoneSealer, settings: Settings, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> Iterator[World]:
    folder = settings.spool_path.parent
    monkeypatch.chdir(folder)
    monkeypatch.setattr("ivr.app.DRAIN_EVERY_S", 3600.0)
    for name, value in environment_of(database_url, sealer, folder).items():
        monkeypatch.setenv(name, value)
    database = open_database(database_url)
    build_world(database, sealer)
    with database.write() as session:
        prime = factories.contractor(session, "南建設")
        site = factories.site(session, sealer, "南ビル", prime=prime, sms_receipt=True)
        factories.line(session, RECEIPTS_LINE, sites=[site], mode=LineMode.RING_ONLY)
    stage = Stage(settings, database, clock)
    yield World(stage, folder)
    stage.close()
    database.close()


def bring_in_workers(world: World) -> None:
    file = world.folder / "inputs" / "w.csv"
    file.parent.mkdir()
    file.write_text(WORKERS, encoding="utf-8")
    world.run("import", "workers", str(file), "--rejected", "bad.csv", "--rows")
    world.run("import", "workers", str(file), "--json")


def call_in_every_way(stage: Stage) -> None:
    """Let everybody call: known, unknown, withheld, sharing a phone, with keys right and wrong, hanging up."""
    form, _ = ring(stage, numbers.YAMADA, numbers.SENTENCE)
    stage.post("/ivr/voice", {**form, "From": MISDIALLED})  # the same call from somebody else: a conflict
    form, heard = ring(stage, numbers.STRANGER, numbers.SENTENCE)
    key(stage, form, heard, "00001234567890")
    form, heard = ring(stage, numbers.NGUYEN, numbers.MENU)
    key(stage, form, key(stage, form, heard, "3"), "1")
    form, heard = ring(stage, numbers.TANAKAS, numbers.SENTENCE)
    key(stage, form, heard, "1")
    form, heard = ring(stage, numbers.SATO, numbers.SENTENCE)
    key(stage, form, heard, "4")
    form, heard = ring(stage, IMPORTED, numbers.SHARED)
    key(stage, form, heard, "9999")
    hang_up(stage, form)
    for caller in ("+266696687", f"sip:{numbers.YAMADA}@example.org", "090-1234-5678"):
        ring(stage, caller, numbers.SENTENCE)


def break_down(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let calls fail with a traceback that has everything we know of them among a statement's parameters."""

    def refuse(session: Session, punches: object, *_: object) -> None:
        try:
            session.execute(sa.text("select 1 from nowhere where punches = :punches"), {"punches": repr(punches)})
        except sa.exc.SQLAlchemyError as error:
            raise RuntimeError("a fault of ours") from error

    with monkeypatch.context() as broken:
        broken.setattr("core.attendance.writer.record_punches", refuse)
        assert ring(stage, numbers.YAMADA, numbers.SENTENCE)[1].says == [SPOOLED]
        form, heard = ring(stage, MISDIALLED, numbers.SHARED)
        assert heard.says == [SPOOLED]
        stage.post("/ivr/keys?n=1", {**form, "Digits": "1"})


def send_a_receipt(stage: Stage) -> None:
    """Let the carrier refuse a short message, quoting the number, break off, and send it at last."""
    stage.clock.at += timedelta(hours=2)
    ring(stage, numbers.YAMADA, RECEIPTS_LINE)
    twilio = FakeTwilio().refuse(20500, status=500).break_off().answer(sid="SM1", status="queued")

    def sender(account: CarrierAccount) -> TwilioRest:
        return TwilioRest(account, twilio)

    for _ in range(3):
        with stage.database.write() as session:
            marks = work.take_marks(session, RECEIPT, stage.clock.now())
        send_receipts(stage.settings, stage.database, stage.clock, marks, sender)
        stage.clock.at += timedelta(minutes=2)
    assert [asked.sent["To"] for asked in twilio.asked] == [numbers.YAMADA] * 3


def ask_for_a_missed_touch(stage: Stage) -> None:
    with stage.database.write() as session:
        (line, *_) = [line for line in records.list_punches(session) if line.worker == "山田太郎"]
        judgement = records.holding_judgement(session, line.punch_id)
        assert judgement is not None
        assert judgement.worker_id is not None
        assert judgement.site_id is not None
        at = stage.clock.now() - timedelta(days=1)
        entered = Entered(
            judgement.worker_id, judgement.site_id, at, Direction.ENTRY, CorrectionCode.FORGOTTEN, "打刻忘れ"
        )
        request_missed_touch(session, entered, "worker", stage.clock.now())


def type_numbers_into_notes(stage: Stage) -> None:
    with stage.database.write() as session:
        (line, *_) = [line for line in records.list_punches(session) if line.worker == "山田太郎"]
        judgement = records.holding_judgement(session, line.punch_id)
        assert judgement is not None
        assert judgement.worker_id is not None
        assert judgement.site_id is not None
        at = stage.clock.now() - timedelta(days=1)
        entered = Entered(judgement.worker_id, judgement.site_id, at, Direction.ENTRY, CorrectionCode.FORGOTTEN, TYPED)
        asked = request_missed_touch(session, entered, "worker", stage.clock.now())
        settling.approve(session, settling.Batch(OFFICE, stage.clock.now()), asked.missed_touch_id)
        settling.cancel(
            session, settling.Batch(OFFICE, stage.clock.now()), line.punch_id, CorrectionCode.NOT_PRESENT, TYPED
        )
        asked = request_missed_touch(session, replace(entered, direction=Direction.EXIT), "worker", stage.clock.now())
        settling.reject(session, settling.Batch(OFFICE, stage.clock.now()), asked.missed_touch_id, TYPED)
        key = (judgement.worker_id, judgement.site_id, asked.work_date)
        sheet.write_entry(session, key, ManDay(10), TYPED, (uuid7(), "木村"), stage.clock.now())


def type_numbers_into_names(stage: Stage) -> None:
    with stage.database.write() as session:
        account = accounts.create_account(session, "mori", f"森 {TYPED}", "correct horse battery")
        accounts.join(session, account.account_id, Role.OPERATOR)
        viewer = accounts.get_viewer(session, account.account_id)
        drafted = invitations.draft(viewer, f"林 {TYPED}", "", Role.OPERATOR, None, (), stage.clock.now())
        invitations.invite(session, viewer, drafted, stage.clock.now())


def everything_stored(database: Database) -> str:
    """Return every row of every table as text."""
    with database.read() as session:
        tables = sa.inspect(session).get_table_names()
        rows = (tuple(row) for name in tables for row in session.exec_driver_sql(f'select * from "{name}"'))
        return "\n".join(map(str, rows))


@pytest.fixture
def said() -> Iterator[io.StringIO]:
    """Everything that anybody logs, down to each statement with its parameters and each traceback."""
    text = io.StringIO()
    handler = logging.StreamHandler(text)
    loggers = [logging.getLogger(name) for name in ("", "sqlalchemy.engine", "twilio.http_client", "httpx")]
    levels = [logger.level for logger in loggers]
    loggers[0].addHandler(handler)
    for logger in loggers:
        logger.setLevel(logging.DEBUG)
    yield text
    loggers[0].removeHandler(handler)
    for logger, level in zip(loggers, levels, strict=True):
        logger.setLevel(level)


def test_no_number_of_anybody_is_left_in_clear(
    said: io.StringIO, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage = world.stage
    bring_in_workers(world)
    call_in_every_way(stage)
    break_down(stage, monkeypatch)
    world.left["spool"] = stage.settings.spool_path.read_bytes()
    assert stage.app.state.phone.spool.drain(stage.database, stage.clock.now()) == 2
    send_a_receipt(stage)
    ask_for_a_missed_touch(stage)
    for command in COMMANDS:
        world.run(*command.split())
    world.left["rows"] = everything_stored(stage.database)
    world.left["logs"] = said.getvalue()
    world.left |= {path.name: path.read_bytes() for path in world.folder.iterdir() if path.is_file()}
    assert {name: found for name, content in world.left.items() if (found := found_in(content))} == {}
    assert_that_it_was_there_to_be_found(world.left)


def assert_that_it_was_there_to_be_found(left: dict[str, str | bytes]) -> None:
    """The search would be worth nothing had the calls not left their traces, masked, in all these places."""
    masks = {name for name, content in left.items() if "+8190****5678" in str(content)}
    assert {"rows", "logs", "spool", "genba punches list", "genba workers show 山田太郎 --json"} <= masks
    assert "punch_conflicts" in str(left["logs"])
    assert "Traceback" in str(left["logs"])
    assert "+8170****9876" in str(left["bad.csv"])
    assert numbers.SENTENCE in str(left["rows"])


def cards_found_in(content: str | bytes) -> bool:
    """Whether a content holds the card's UID, with whatever between its bytes."""
    text = content.decode("utf-8", "replace") if isinstance(content, bytes) else content
    return UID.lower() in re.sub(r"[\s:\-]+", "", unicodedata.normalize("NFKC", text)).lower()


def touch_with_cards(world: World) -> None:
    """Touch with a card before it is anybody's, bring it in, and touch once more; say what the device says of it."""
    stage = world.stage
    seen = (CardTech.FELICA, UID.lower())
    file = world.folder / "inputs" / "c.csv"
    file.parent.mkdir(exist_ok=True)
    for number in range(2):
        with stage.database.write() as session:
            card_id = cards.keep_cards(session, stage.settings.sealer, [seen])[seen]
            site_id = session.scalar(sa.text("select site_id from sites where name = '中央ビル'"))
            now = stage.clock.now() + timedelta(minutes=number)
            punch = RawPunch(
                *(PunchId(uuid7()), f"device:{number}", Channel.CARD, now, now),
                named_site_id=SiteId(UUID(str(site_id))),
                card_id=card_id,
            )
            record_punches(session, [punch], now)
        if number == 0:
            file.write_text(CARDS, encoding="utf-8")
            world.run("import", "cards", str(file), "--rows", "--dry-run", "--rejected", "badcards.csv")
            world.run("import", "cards", str(file), "--json")


def test_no_uid_of_a_card_is_left_in_clear(said: io.StringIO, world: World) -> None:
    touch_with_cards(world)
    for command in ("workers show 山田太郎 --json", "punches list --json", "db check"):
        world.run(*command.split())
    world.left["rows"] = everything_stored(world.stage.database)
    world.left["logs"] = said.getvalue()
    world.left |= {path.name: path.read_bytes() for path in world.folder.iterdir() if path.is_file()}
    assert cards_found_in(f"x{UID}") == cards_found_in(b" 01 01 05 01 b0 0a c3 0b") is True
    assert [name for name, content in world.left.items() if cards_found_in(content)] == []
    assert "…c30b" in str(world.left["rows"])


def test_a_number_typed_into_a_note_or_a_name_is_kept_masked(world: World) -> None:
    ring(world.stage, numbers.YAMADA, numbers.SENTENCE)
    type_numbers_into_notes(world.stage)
    type_numbers_into_names(world.stage)
    rows = everything_stored(world.stage.database)
    assert found_in(rows) == []
    assert rows.count("連絡は****5678まで") >= 8
