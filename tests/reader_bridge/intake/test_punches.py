"""What a device sends is in the ledger once, as it happened, and answered item by item."""

from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa

from core.attendance.tables import punch_conflicts, punches
from core.registry import cards
from core.registry.card_model import CardEnd, CardTech
from reader_bridge.wire import PUNCHES
from tests.attendance.world import DAY, at
from tests.reader_bridge.intake.gate import BOOT, CARD, STRANGE, Gate


def test_a_touch_is_an_entry_and_the_screen_is_told_whose(gate: Gate) -> None:
    (answer,) = gate.send(gate.touch(at("7:50")))

    assert (answer["result"], answer["verdict"], answer["direction"]) == ("accepted", "accepted", "entry")
    assert answer["worker"] == gate.world.worker.name
    assert gate.world.held() == ["accepted entry"]


def test_the_same_touch_again_is_a_duplicate_and_adds_nothing(gate: Gate) -> None:
    touch = gate.touch(at("7:50"))

    assert gate.told(touch, touch) == ["accepted accepted entry", "duplicate accepted entry"]
    assert gate.told(touch) == ["duplicate accepted entry"]
    assert gate.world.count(punches) == 1
    assert gate.world.count(punch_conflicts) == 0


def test_the_same_id_with_another_card_waits_for_a_person_in_the_table_of_conflicts(gate: Gate) -> None:
    touch = gate.touch(at("7:50"))
    gate.send(touch)

    assert gate.told({**touch, "card": STRANGE}) == ["refused conflict"]
    assert gate.world.count(punch_conflicts) == 1
    assert gate.world.held() == ["accepted entry"]


def test_a_card_that_was_issued_to_nobody_is_kept_with_its_reason(gate: Gate) -> None:
    assert gate.told(gate.touch(at("7:50"), STRANGE)) == ["accepted needs_review unknown_card"]
    assert gate.world.held() == ["needs_review - unknown_card"]


def test_an_id_typed_at_the_gate_counts_for_whoever_has_it(gate: Gate) -> None:
    with gate.world.database.write() as session:
        session.execute(sa.text("update workers set ccus_worker_id = '01234567890123'"))
    known = {"id": "a", "ccus_worker_id": "0123-4567-8901-23", "occurred_at": at("7:50").isoformat()}
    unknown = {"id": "b", "ccus_worker_id": "99999999999999", "occurred_at": at("7:51").isoformat()}

    assert gate.told(known, unknown) == ["accepted accepted entry", "accepted needs_review unknown_id"]
    by_id, by_card = gate.send(known, gate.touch(at("12:00")))
    assert (by_id["person"], by_id["language"]) == (by_card["person"], "ja"), "so that the device counts one"


def test_touches_that_come_late_and_shuffled_are_judged_in_the_order_they_happened(gate: Gate) -> None:
    entry, out, back, home = (gate.touch(at(text)) for text in ("7:50", "12:00", "12:50", "17:10"))
    gate.clock.at = at("18:00")

    gate.send(home, entry)
    gate.send(back, out)

    assert gate.world.held() == ["accepted entry", "accepted exit", "accepted entry", "accepted exit"]


def test_an_item_that_cannot_be_read_is_refused_and_holds_back_no_other(gate: Gate) -> None:
    poison = [
        {"id": "x", "occurred_at": at("7:50").isoformat()},
        {"id": "y", "card": {"tech": "felica", "uid": "no"}, "occurred_at": at("7:50").isoformat()},
        {"id": "z", "card": {"tech": "felica", "uid": "0a"}, "occurred_at": "yesterday"},
        "nonsense",
    ]

    answers = gate.send(*poison, gate.touch(at("7:50")))  # type: ignore[arg-type]

    assert [answer["result"] for answer in answers] == ["refused"] * 4 + ["accepted"]
    assert [answer.get("code") for answer in answers[:4]] == ["who", "card", "occurred_at", "not_an_object"]


def test_lost_replaced_revoked_and_expired_cards_have_answers_of_their_own(gate: Gate) -> None:
    for number, ended in enumerate(CardEnd):
        issue = gate.issue(f"0{number}", issued_on=DAY - timedelta(days=300 - number))
        with gate.world.database.write() as session:
            cards.end_card(session, issue.card_issue_id, ended, DAY)
    gate.issue("0e", issued_on=DAY - timedelta(days=200), expires_on=DAY - timedelta(days=1))

    presented = [{"tech": "felica", "uid": uid} for uid in ("00", "01", "02", "03", "0e")]
    told = gate.told(*(gate.touch(at(f"7:5{n}"), card) for n, card in enumerate(presented)))

    reasons = ["card_lost", "card_replaced", "card_replaced", "card_revoked", "card_expired"]
    assert told == [f"accepted needs_review {reason}" for reason in reasons]


def test_a_card_counts_for_whom_it_was_issued_to_on_the_day_of_the_touch(gate: Gate) -> None:
    with gate.world.database.write() as session:
        kept = cards.keep_cards(session, gate.world.sealer, [(CardTech.FELICA, "0f")])
        cards.issue_card(session, gate.world.worker.worker_id, kept[CardTech.FELICA, "0f"], DAY)
    gate.clock.at = at("18:00")

    old, new = (gate.touch(at("8:00", day), {"tech": "felica", "uid": "0f"}) for day in (DAY - timedelta(days=1), DAY))

    assert gate.told(old, new) == ["accepted needs_review unknown_card", "accepted accepted entry"]


def test_a_clock_that_is_wrong_is_put_right_within_the_boot_that_sends(gate: Gate) -> None:
    gate.clock.at = at("8:20")
    clocks = gate.clocks(timedelta(days=-3000))
    item = gate.touch(at("7:50") - timedelta(days=3001), boot_id=clocks["boot_id"])  # set once more in between
    item["boottime_ms"] = clocks["boottime_ms"] - 30 * 60_000

    assert gate.told(item, sent=clocks) == ["accepted accepted entry"]
    with gate.world.database.read() as session:
        row = session.execute(sa.select(punches)).one()
    assert (row.occurred_at, row.is_clock_uncertain) == (at("7:50"), False)


def test_a_time_that_nobody_can_vouch_for_is_kept_and_flagged(gate: Gate) -> None:
    gate.clock.at = at("8:20")
    item = gate.touch(at("7:50"), boot_id="an-earlier-boot", boottime_ms=1000)

    assert gate.told(item, sent=gate.clocks(timedelta(hours=3))) == ["accepted accepted entry clock_uncertain"]
    assert gate.told(gate.touch(at("17:10"), clock_ok=False)) == ["accepted accepted exit clock_uncertain"]


@pytest.mark.parametrize("shown", ["1970-01-01T00:00:05+00:00", "2035-01-01T00:00:00+09:00"])
def test_a_time_that_cannot_be_is_put_where_the_touch_was_over_for_sure(gate: Gate, shown: str) -> None:
    touch = {"id": "a", "card": CARD, "occurred_at": shown}

    assert gate.told(touch) == ["accepted accepted entry clock_uncertain"]
    assert gate.told(touch) == ["duplicate accepted entry clock_uncertain"]
    with gate.world.database.read() as session:
        row = session.execute(sa.select(punches)).one()
    assert (row.occurred_at, row.claimed_at) == (gate.clock.now(), datetime.fromisoformat(shown))


def test_an_earlier_boot_whose_beginning_was_learnt_is_put_right(gate: Gate) -> None:
    gate.clock.at = at("8:20")
    began_ms = int(at("6:00").timestamp() * 1000)
    item = gate.touch(at("3:00"), boot_id="an-earlier-boot", boottime_ms=110 * 60_000, boot_began_ms=began_ms)

    assert gate.told(item, sent=gate.clocks(timedelta(hours=3))) == ["accepted accepted entry"]
    with gate.world.database.read() as session:
        assert session.scalar(sa.select(punches.c.occurred_at)) == at("7:50")


def test_clocks_beyond_the_calendar_are_refused_item_by_item(gate: Gate) -> None:
    """They were answered 503 for the whole batch, so that one touch kept all others from being taken for ever."""
    beyond = {"boot_id": BOOT, "boottime_ms": 2**53, "boot_began_ms": 253_402_300_799_000}
    late = beyond | {"boottime_ms": 1}
    told = gate.told(gate.touch(at("7:50")), gate.touch(at("7:50"), **beyond), gate.touch(at("7:50"), **late))
    assert told == ["accepted accepted entry", "refused boottime_ms", "refused boot_began_ms"]
    sent = gate.post(PUNCHES, {"items": [], "sent": gate.clocks() | {"boottime_ms": 2**53}})
    assert (sent.status_code, sent.json()["code"]) == (400, "boottime_ms")


def test_too_many_touches_or_bytes_are_told_how_many_may_come(gate: Gate) -> None:
    touch = gate.touch(at("7:50"))

    assert gate.post(PUNCHES, {"items": [touch] * 501}).json()["code"] == "too_many"
    assert gate.post(PUNCHES, b" " * 1_000_001).json()["code"] == "too_large"
    assert gate.world.count(punches) == 0
