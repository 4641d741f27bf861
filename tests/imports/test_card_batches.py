"""A list of cards that is handed in on the page: previewed, written, and taken back until a card is used."""

from collections.abc import Iterator
from datetime import date

import pytest
import sqlalchemy as sa

from core.attendance.model import Channel, RawPunch
from core.attendance.service import record_punches
from core.attendance.tables import judgements
from core.clock import FixedClock
from core.db import Database, open_database
from core.ids import PunchId, uuid7
from core.imports import batches as import_batches
from core.imports.batch_model import BatchState, UndoReason
from core.imports.model import Fate, ImportKind
from core.imports.work import REJUDGE
from core.phone import PhoneSealer
from core.registry import cards
from core.registry.card_model import CardTech
from core.registry.card_tables import card_issues
from core.work import service as work
from tests import factories
from tests.imports.batches import Desk

UID = "01010501b00ac30b"
HEADINGS = "技能者ID,UID,種別,発行日,有効期限\n"
LIST = f"{HEADINGS}00000000000001,{UID},FeliCa,2026/4/1,2030/4/1\n00000000000009,04A1B2C3,Type A,2026/4/1,\n"


class Office(Desk):
    """The office of 佐藤工業, which employs 山田; 鈴木 works for somebody else."""

    def arrange(self) -> "Office":
        with self.database.write() as session:
            self.employer = factories.contractor(session, "佐藤工業")
            other = factories.contractor(session, "他社建設")
            people = (("山田太郎", "00000000000001", self.employer), ("鈴木一郎", "00000000000002", other))
            self.yamada, self.suzuki = (
                factories.worker(session, self.sealer, name, contractor=firm, ccus_worker_id=ccus_id)
                for name, ccus_id, firm in people
            )
        return self

    def issues(self) -> list[tuple[object, ...]]:
        columns = (card_issues.c.worker_id, card_issues.c.issued_on, card_issues.c.ended)
        with self.database.read() as session:
            return [tuple(row) for row in session.execute(sa.select(*columns).order_by(card_issues.c.issued_on))]


@pytest.fixture
def office(database: Database, sealer: PhoneSealer, clock: FixedClock) -> Office:
    return Office(database, sealer, clock).arrange()


@pytest.fixture
def small_office(sqlite_url: str, sealer: PhoneSealer, clock: FixedClock) -> Iterator[Office]:
    """The same on SQLite alone, for what does not depend on the database."""
    opened = open_database(sqlite_url)
    yield Office(opened, sealer, clock).arrange()
    opened.close()


def test_cards_are_previewed_written_and_their_earlier_touches_judged_again(small_office: Office) -> None:
    batch = small_office.look(LIST, ImportKind.CARDS)
    (added,) = small_office.rows(batch, Fate.ADDED)
    (rejected,) = small_office.rows(batch, Fate.REJECTED)
    assert added.name == "山田太郎 …c30b"
    assert "登録のない技能者です" in rejected.problems[0].text
    assert small_office.issues() == []
    done = small_office.apply(batch)
    assert (done.state, done.added, done.rejected) == (BatchState.APPLIED, 1, 1)
    assert small_office.issues() == [(small_office.yamada.worker_id, date(2026, 4, 1), None)]
    with small_office.database.read() as session:
        assert len(work.marked(session, REJUDGE)) == 1
    again = small_office.look(LIST, ImportKind.CARDS)
    assert (again.added, again.unchanged) == (0, 1)


def test_an_undo_takes_cards_away_and_gives_back_those_they_replaced(office: Office) -> None:
    with office.database.write() as session:
        seen = (CardTech.FELICA, "0f0f")
        kept = cards.keep_cards(session, office.sealer, [seen])
        cards.issue_card(session, office.yamada.worker_id, kept[seen], date(2025, 4, 1), date(2035, 4, 1))
    two = f"{HEADINGS}00000000000001,{UID},FeliCa,2026/4/1,\n00000000000001,04A1B2C3,Type A,2026/5/1,\n"
    batch = office.bring_in(two, ImportKind.CARDS)
    assert [ended for _, _, ended in office.issues()] == ["replaced", "replaced", None]
    plan = office.plan(batch)
    assert (plan.removed, plan.restored, plan.kept) == (2, 0, ())
    assert office.undo(batch).kept == 0
    assert office.issues() == [(office.yamada.worker_id, date(2025, 4, 1), None)]


def test_a_card_that_was_used_or_changed_since_is_kept(office: Office) -> None:
    two = f"{HEADINGS}00000000000001,{UID},FeliCa,2026/4/1,\n00000000000002,04A1B2C3,Type A,2026/4/1,\n"
    batch = office.bring_in(two, ImportKind.CARDS)
    touch(office)
    with office.database.write() as session:
        session.execute(
            sa.update(card_issues)
            .where(card_issues.c.worker_id == office.suzuki.worker_id)
            .values(ended="lost", ended_on=date(2026, 5, 1))
        )
    kept = [(row.name, row.reason) for row in office.plan(batch).kept]
    assert kept == [("山田太郎", UndoReason.RECORDED), ("鈴木一郎", UndoReason.CHANGED)]
    assert office.undo(batch).kept == 2
    assert len(office.issues()) == 2


def touch(office: Office) -> None:
    """Let 山田's card be touched."""
    with office.database.write() as session:
        site = factories.site(session, office.sealer)
        (card_id,) = cards.keep_cards(session, office.sealer, [(CardTech.FELICA, UID)]).values()
        now = office.clock.now()
        punch = RawPunch(
            PunchId(uuid7()), "device:1:1", Channel.CARD, now, now, card_id=card_id, named_site_id=site.site_id
        )
        record_punches(session, [punch], now)
        assert session.scalar(sa.select(judgements.c.worker_id)) == office.yamada.worker_id


def test_an_office_brings_in_cards_of_its_own_people_alone(small_office: Office) -> None:
    small_office.contractor_id = small_office.employer.contractor_id
    two = f"{HEADINGS}00000000000001,{UID},FeliCa,2026/4/1,\n00000000000002,04A1B2C3,Type A,2026/4/1,\n"
    batch = small_office.look(two, ImportKind.CARDS)
    (rejected,) = small_office.rows(batch, Fate.REJECTED)
    assert (batch.added, rejected.name) == (1, "")
    assert rejected.problems[0].text == "登録のない技能者です。先に技能者を取り込んでください"


def test_what_is_shown_of_the_columns_hides_the_uid(small_office: Office) -> None:
    batch = small_office.hand_in(LIST, ImportKind.CARDS)
    with small_office.database.read() as session:
        columns = import_batches.columns_of(session, small_office.sealer, batch, ["JP"])
    (uid,) = [column for column in columns if column.field == "uid"]
    assert uid.samples == ("…c30b", "…b2c3")
