"""要確認 of cards: an unknown card is one item, registering it settles its touches, and undoing takes all back."""

from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest

from core.attendance import review
from core.attendance.candidates import candidates_for
from core.attendance.correcting import cancel_record
from core.attendance.model import Channel, CorrectionCode, RawPunch
from core.attendance.rejudging import rejudge_caller
from core.attendance.review_model import Hint, ReviewItem, ReviewKind, Wanted
from core.attendance.settling import Batch, attach
from core.attendance.undoing import undo
from core.db import Database
from core.errors import NotAllowed, Overlap
from core.ids import CardId, PunchId, uuid7
from core.phone import PhoneSealer
from core.registry import card_store, cards, service
from core.registry.card_model import CardEnd, CardTech
from core.scope import EVERYTHING
from tests.attendance.world import DAY, OFFICE, World, at

UID, OTHER = "01010501b00ac30b", "04a1b2c3"
BEFORE = DAY - timedelta(days=3)


class CardWorld(World):
    """The ledger's world, with a gate that reads cards and takes CCUS ids."""

    def __init__(self, database: Database, sealer: PhoneSealer) -> None:
        super().__init__(database, sealer)
        self.card, self.other = self.keep(UID), self.keep(OTHER)

    def keep(self, uid: str) -> CardId:
        seen = (CardTech.FELICA, uid)
        with self.database.write() as session:
            return cards.keep_cards(session, self.sealer, [seen])[seen]

    def touch(self, when: datetime, card_id: CardId | None = None, typed: str | None = None) -> PunchId:
        """Touch with a card (the first one by default), or type an id."""
        punch = RawPunch(
            punch_id=PunchId(uuid7()),
            sender_key=f"device:{uuid7()}",
            channel=Channel.KEYPAD if typed else Channel.CARD,
            occurred_at=when,
            received_at=when,
            named_site_id=self.site.site_id,
            card_id=None if typed else card_id or self.card,
            typed_ccus_id=typed,
        )
        self.record(punch)
        return punch.punch_id

    def issue(self, issued_on: date, card_id: CardId | None = None, expires_on: date | None = None) -> None:
        with self.database.write() as session:
            cards.issue_card(session, self.worker.worker_id, card_id or self.card, issued_on, expires_on)

    def rejudge(self, **whose: object) -> int:
        with self.database.write() as session:
            return len(rejudge_caller(session, at("20:00"), **whose))  # type: ignore[arg-type]

    def open(self) -> list[ReviewItem]:
        with self.database.read() as session:
            return list(review.list_open(session, EVERYTHING, Wanted(), DAY).items)

    def register(self, punch_id: PunchId) -> Batch:
        batch = Batch(OFFICE, at("18:00"))
        with self.database.write() as session:
            attach(session, batch, [punch_id], self.worker.worker_id, register=True)
        return batch

    def standings(self) -> list[tuple[date, CardEnd | None]]:
        with self.database.read() as session:
            found = card_store.issues_of_worker(session, self.worker.worker_id)
            return [(issue.issued_on, issue.ended) for issue, _ in found]


@pytest.fixture
def gate(database: Database, sealer: PhoneSealer) -> CardWorld:
    return CardWorld(database, sealer)


def test_the_touches_of_an_unknown_card_are_one_item_with_its_mask(gate: CardWorld) -> None:
    gate.touch(at("07:40", BEFORE))
    gate.touch(at("07:52"))
    gate.touch(at("07:53"), gate.other)
    found = [(item.kind, item.caller, item.calls) for item in gate.open()]
    assert sorted(found, key=str) == [
        (ReviewKind.UNKNOWN_CARD, "…b2c3", 1),
        (ReviewKind.UNKNOWN_CARD, "…c30b", 2),
    ]


def test_registering_a_card_settles_its_other_touches_from_the_first_on(gate: CardWorld) -> None:
    gate.touch(at("07:40", BEFORE))
    gate.touch(at("17:40", BEFORE))
    newest = gate.touch(at("07:52"))
    (made,) = gate.register(newest).made
    assert (made.action.value, made.others) == ("card_registered", 2)
    assert gate.held() == ["accepted entry", "accepted exit", "accepted entry"]
    assert gate.standings() == [(BEFORE, None)]
    assert gate.open() == []


def test_a_touch_of_another_card_stands_for_itself_when_a_record_is_taken_away(gate: CardWorld) -> None:
    gate.issue(date(2020, 1, 1))
    wrong = gate.touch(at("07:52:00"), gate.other)
    with gate.database.write() as session:
        attach(session, Batch(OFFICE, at("08:00")), [wrong], gate.worker.worker_id)
    gate.touch(at("07:52:30"))
    assert gate.held() == ["accepted entry", "duplicate entry repeated"]
    with gate.database.write() as session:
        cancel_record(session, wrong, CorrectionCode.NOT_PRESENT, OFFICE, at("12:00"))
    assert gate.held() == ["refused - cancelled", "accepted entry"]


def test_undoing_takes_the_card_off_the_worker_and_gives_him_the_old_one_back(gate: CardWorld) -> None:
    gate.issue(date(2020, 1, 1), gate.other)
    gate.touch(at("07:40", BEFORE))
    batch = gate.register(gate.touch(at("07:52")))
    assert gate.standings() == [(BEFORE, None), (date(2020, 1, 1), CardEnd.REPLACED)]
    with gate.database.write() as session:
        undo(session, [one.settlement_id for one in batch.made], OFFICE, at("19:00"))
    assert gate.held() == ["needs_review - unknown_card"] * 2
    assert gate.standings() == [(date(2020, 1, 1), None)]
    assert [item.calls for item in gate.open()] == [2]


def test_a_registered_card_that_was_used_since_is_not_undone(gate: CardWorld) -> None:
    batch = gate.register(gate.touch(at("07:52")))
    gate.touch(at("17:00"))
    with gate.database.write() as session, pytest.raises(NotAllowed) as refused:
        undo(session, [one.settlement_id for one in batch.made], OFFICE, at("19:00"))
    assert refused.value.ids["why"] == "card_used_since"


def test_a_card_that_somebody_holds_is_not_issued_again(gate: CardWorld) -> None:
    punch_id = gate.touch(at("07:52"))
    gate.issue(BEFORE)
    with pytest.raises(Overlap):
        gate.register(punch_id)


def test_a_card_issued_elsewhere_settles_what_came_before(gate: CardWorld) -> None:
    gate.touch(at("07:40", BEFORE - timedelta(days=1)))
    gate.touch(at("07:52"))
    gate.issue(BEFORE)
    assert gate.rejudge(card_id=gate.card) == 1
    assert gate.held() == ["needs_review - unknown_card", "accepted entry"]
    assert gate.rejudge(card_id=gate.card) == 0


def test_an_id_that_is_registered_later_settles_what_was_typed(gate: CardWorld) -> None:
    gate.touch(at("07:52"), typed="00001234567890")
    with gate.database.write() as session:
        worker = service.require_worker(session, gate.worker.worker_id)
        service.update_worker(session, replace(worker, ccus_worker_id="00001234567890"))
    assert gate.rejudge(worker_id=gate.worker.worker_id) == 1
    assert gate.held() == ["accepted entry"]


def test_an_expired_card_counts_again_once_it_is_renewed(gate: CardWorld) -> None:
    gate.issue(date(2017, 1, 1), expires_on=BEFORE)
    gate.touch(at("07:52"))
    assert gate.held() == ["needs_review - card_expired"]
    with gate.database.write() as session:
        cards.issue_card(session, gate.worker.worker_id, gate.card, BEFORE + timedelta(days=1), date(2030, 1, 1))
    assert gate.rejudge(worker_id=gate.worker.worker_id) == 1
    assert gate.held() == ["accepted entry"]


def test_a_card_that_was_not_lost_after_all_counts_again(gate: CardWorld) -> None:
    gate.issue(BEFORE)
    with gate.database.write() as session:
        ((issue, _),) = card_store.issues_of_worker(session, gate.worker.worker_id)
        cards.end_card(session, issue.card_issue_id, CardEnd.LOST, DAY)
    gate.touch(at("07:52"))
    assert gate.held() == ["needs_review - card_lost"]
    assert gate.rejudge(card_id=gate.card) == 0
    with gate.database.write() as session:
        cards.end_card(session, issue.card_issue_id, None, None)
    assert gate.rejudge(card_id=gate.card) == 1
    assert gate.held() == ["accepted entry"]


def test_the_holder_and_those_without_a_card_are_suggested(gate: CardWorld) -> None:
    gate.call("17:00")
    gate.touch(at("17:52"))
    gate.issue(date(2017, 1, 1), gate.other, BEFORE)
    gate.touch(at("17:53"), gate.other)
    with gate.database.read() as session:
        hints = {item.kind: [found.hint for found in candidates_for(session, EVERYTHING, item)] for item in gate.open()}
    assert hints == {ReviewKind.UNKNOWN_CARD: [Hint.NO_CARD], ReviewKind.CARD_EXPIRED: [Hint.HOLDS_CARD]}
