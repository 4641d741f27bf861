"""要確認: what is to review, and what settling and undoing it does, on both databases."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from threading import Barrier

import pytest

from core.attendance import correcting, missed, records, review, settlements
from core.attendance.candidates import candidates_for, find_workers
from core.attendance.model import Actor, CorrectionCode, Direction
from core.attendance.rejudging import rejudge_caller
from core.attendance.review_model import DaySubject, Dismissal, Hint, ReviewItem, ReviewKind, Wanted
from core.attendance.settling import (
    Batch,
    accept,
    add_time,
    approve,
    attach,
    cancel,
    dismiss,
    leave_day,
    reject,
    set_direction,
    set_site,
)
from core.attendance.undoing import undo
from core.db import Database
from core.errors import InvalidInput, NotAllowed
from core.ids import SiteId
from core.phone import PhoneSealer
from core.registry import service
from core.registry.tables import phone_numbers
from core.scope import EVERYTHING, Scope
from tests import factories
from tests.attendance.world import DAY, World, at, entered

EAST = "+815011110000"
STRANGER = "+818011112222"
OFFICE = Actor("木村")


class ReviewWorld(World):
    """The ledger's world with a second site of another prime contractor, and a worker without a number."""

    def __init__(self, database: Database, sealer: PhoneSealer) -> None:
        super().__init__(database, sealer)
        with database.write() as session:
            self.other_prime = factories.contractor(session, "東建設")
            self.east = factories.site(session, sealer, "東ビル", prime=self.other_prime)
            factories.line(session, EAST, sites=[self.east])
            self.new = factories.worker(
                session, sealer, "新人 次郎", name_kana="シンジン ジロウ", phone=None, contractor=self.employer
            )
            factories.assignment(session, self.site, self.new)

    @property
    def mine(self) -> Scope:
        own = frozenset({self.prime.contractor_id})
        return Scope(primes=own, employers=own)

    @property
    def theirs(self) -> Scope:
        return Scope(primes=frozenset({self.other_prime.contractor_id}))

    def items(self, scope: Scope = EVERYTHING, **wanted: object) -> list[ReviewItem]:
        with self.database.read(scope) as session:  # as the pages read: PostgreSQL holds the scope too
            return list(review.list_open(session, scope, Wanted(**wanted), DAY).items)  # type: ignore[arg-type]

    def kinds(self, scope: Scope = EVERYTHING) -> list[str]:
        return [item.kind.value for item in self.items(scope)]

    def batch(self, text: str = "12:00") -> Batch:
        return Batch(OFFICE, at(text))

    def undo(self, batch: Batch, text: str = "12:01") -> None:
        with self.database.write() as session:
            undo(session, [made.settlement_id for made in batch.made], OFFICE, at(text))


@pytest.fixture
def world(database: Database, sealer: PhoneSealer) -> ReviewWorld:
    return ReviewWorld(database, sealer)


def test_the_repeated_calls_of_an_unknown_number_are_one_item(world: ReviewWorld) -> None:
    for text in ("07:50", "07:52", "08:10"):
        world.call(text, phone=STRANGER)
    (item,) = world.items()
    assert (item.kind, item.calls, item.first_at, item.last_at) == (
        ReviewKind.UNKNOWN_NUMBER,
        3,
        at("07:50"),
        at("08:10"),
    )
    with world.database.read() as session:
        assert review.count_open(session, EVERYTHING, DAY) == 1
        assert len(review.open_punches_like(session, EVERYTHING, item)) == 3


def test_each_prime_sees_what_is_to_review_at_its_own_sites(world: ReviewWorld) -> None:
    world.call("07:50", phone=STRANGER)
    world.call("07:55", phone=STRANGER, line=EAST)
    world.call("07:56", phone=STRANGER, line="+815099990000")
    assert [item.site for item in world.items(world.mine)] == ["中央ビル"]
    assert [item.site for item in world.items(world.theirs)] == ["東ビル"]
    assert world.kinds() == ["unknown_line", "unknown_number", "unknown_number"]
    with world.database.read() as session:
        assert [review.count_open(session, scope, DAY) for scope in (world.mine, EVERYTHING)] == [1, 3]


def test_the_list_is_narrowed_by_site_kind_and_date(world: ReviewWorld) -> None:
    world.call("07:50", phone=STRANGER)
    world.record(replace(world.punch("07:51", line=EAST), caller=None))
    assert [item.kind for item in world.items(site_id=world.east.site_id)] == [ReviewKind.WITHHELD_NUMBER]
    assert [item.site for item in world.items(kind=ReviewKind.UNKNOWN_NUMBER)] == ["中央ビル"]
    assert len(world.items(on=DAY)) == 2
    assert world.items(on=DAY - timedelta(days=1)) == []


def test_attaching_and_registering_settles_the_callers_other_punches(world: ReviewWorld) -> None:
    for text in ("07:50", "17:05"):
        world.call(text, phone=STRANGER)
    world.call("18:00", phone=STRANGER, line=EAST)
    item = next(item for item in world.items() if item.site == "中央ビル")
    batch = world.batch("18:30")
    assert item.punch_id is not None
    with world.database.write() as session:
        made = attach(session, batch, [item.punch_id], world.new.worker_id, register=True)
    assert made.others == 2
    assert world.held() == ["accepted entry", "accepted exit", "accepted entry"]
    assert world.items() == []
    assert world.call("19:30", phone=STRANGER, line=EAST).startswith("accepted")


def test_undoing_a_registration_restores_what_held_before(world: ReviewWorld) -> None:
    for text in ("07:50", "12:00", "17:05"):
        world.call(text, phone=STRANGER)
    (item,) = world.items()
    assert item.punch_id is not None
    batch = world.batch("18:00")
    with world.database.write() as session:
        attach(session, batch, [item.punch_id], world.new.worker_id, register=True)
    assert world.items() == []
    world.undo(batch, "18:01")
    assert world.held() == ["needs_review - unknown_number"] * 3
    assert [void for *_, void in world.days()] == [True]
    assert world.items()[0].calls == 3
    with world.database.read() as session:
        assert [row.valid_from for row in session.execute(phone_numbers.select())] == [factories.START]
        assert settlements.list_settled(session, EVERYTHING)[0].settlement.undone_by == "木村"
    with pytest.raises(NotAllowed):
        world.undo(batch)


def test_a_registration_whose_number_has_been_used_since_is_not_undone(world: ReviewWorld) -> None:
    world.call("07:50", phone=STRANGER)
    (item,) = world.items()
    assert item.punch_id is not None
    batch = world.batch("08:00")
    with world.database.write() as session:
        attach(session, batch, [item.punch_id], world.new.worker_id, register=True)
    world.call("17:00", phone=STRANGER)
    with pytest.raises(NotAllowed, match="used since"):
        world.undo(batch, "18:00")
    assert world.held() == ["accepted entry", "accepted exit"]


def test_attached_one_by_one_in_any_order_the_order_of_time_decides(world: ReviewWorld) -> None:
    for text in ("07:50", "17:05"):
        world.call(text, phone=STRANGER)
    with world.database.write() as session:
        ids = [line.punch_id for line in records.list_punches(session)]
        for punch_id in ids:  # the newest first
            attach(session, world.batch("18:00"), [punch_id], world.worker.worker_id)
    assert world.held() == ["accepted entry", "accepted exit"]


def test_a_number_registered_elsewhere_settles_what_came_before(world: ReviewWorld) -> None:
    for text in ("07:50", "17:05"):
        world.call(text, phone=STRANGER)
    with world.database.write() as session:
        held = service.register_phone(session, world.sealer, world.new.worker_id, STRANGER, DAY)
        judged = rejudge_caller(session, at("18:00"), phone_id=held.phone_id)
        assert [judgement.direction for judgement in judged] == [Direction.ENTRY, Direction.EXIT]
        assert rejudge_caller(session, at("18:00"), phone_id=held.phone_id) == []
    assert world.items() == []


def test_an_affiliation_registered_later_settles_what_waited_for_it(world: ReviewWorld) -> None:
    with world.database.write() as session:
        lone = factories.worker(session, world.sealer, "無所属", phone=STRANGER)
    assert world.call("07:50", phone=STRANGER) == "needs_review - affiliation_expired"
    with world.database.write() as session:
        assert rejudge_caller(session, at("18:00"), worker_id=lone.worker_id) == []
        factories.affiliation(session, lone, world.employer)
        (judged,) = rejudge_caller(session, at("18:00"), worker_id=lone.worker_id)
    assert (judged.worker_id, judged.direction) == (lone.worker_id, Direction.ENTRY)
    assert world.days() == [(DAY, at("07:50"), None, False)]


def test_what_a_person_has_settled_is_not_judged_again(world: ReviewWorld) -> None:
    world.call("07:50", phone=STRANGER)
    (item,) = world.items()
    assert item.punch_id is not None
    with world.database.write() as session:
        dismiss(session, world.batch(), [item.punch_id], Dismissal.WRONG_CALL)
        held = service.register_phone(session, world.sealer, world.new.worker_id, STRANGER, DAY)
        assert rejudge_caller(session, at("18:00"), phone_id=held.phone_id) == []
    assert world.held() == ["refused - cancelled"]


def test_a_dismissed_call_leaves_the_list_and_comes_back_when_undone(world: ReviewWorld) -> None:
    world.record(replace(world.punch("07:50"), caller=None))
    world.call("07:51", phone=STRANGER)
    batch = world.batch()
    with world.database.write() as session:
        for item in world.items():
            assert item.punch_id is not None
            dismiss(session, batch, [item.punch_id], Dismissal.WRONG_CALL, "隣の店")
    assert world.items() == []
    assert world.held() == ["refused - withheld_number", "refused - cancelled"]
    world.undo(batch)
    assert world.kinds() == ["unknown_number", "withheld_number"]


def test_a_cancelled_record_with_its_redial_comes_back_when_undone(world: ReviewWorld) -> None:
    world.call("08:00")
    world.call("08:00:30")
    with world.database.read() as session:
        first = records.list_punches(session)[-1].punch_id
    batch = world.batch()
    with world.database.write() as session:
        cancel(session, batch, first, CorrectionCode.NOT_PRESENT)
    assert world.held() == ["refused - cancelled", "duplicate entry repeated"]
    world.undo(batch)
    assert world.held() == ["accepted entry", "duplicate entry repeated"]


def test_a_late_first_call_is_told_to_be_an_exit(world: ReviewWorld) -> None:
    world.call("20:30")
    (item,) = world.items()
    assert item.punch_id is not None
    with world.database.write() as session:
        with pytest.raises(InvalidInput):
            accept(session, world.batch("21:00"), item.punch_id)
        set_direction(session, world.batch("21:00"), item.punch_id, Direction.EXIT)
    assert world.held() == ["accepted exit"]
    assert world.items() == []


def test_a_call_outside_the_period_is_accepted_as_it_came(world: ReviewWorld) -> None:
    with world.database.write() as session:
        early = factories.site(session, world.sealer, "来月から", prime=world.prime, starts_on=DAY + timedelta(days=9))
        factories.line(session, "+815022220000", sites=[early])
    world.call("07:50", line="+815022220000")
    (item,) = world.items()
    assert (item.kind, item.punch_id is not None) == (ReviewKind.OUTSIDE_PERIOD, True)
    batch = world.batch()
    with world.database.write() as session:
        accept(session, batch, item.punch_id)  # type: ignore[arg-type]
    assert world.held() == ["accepted entry"]
    world.undo(batch)
    assert world.held() == ["needs_review - outside_period"]


def test_a_punch_without_a_site_gets_one(world: ReviewWorld) -> None:
    with world.database.write() as session:
        far = factories.site(session, world.sealer, "遠い現場", prime=world.prime, site_code="4321")
        factories.line(session, "+815022220000", sites=[far, world.east])
    world.call("07:50", line="+815022220000")
    (item,) = world.items()
    assert item.kind is ReviewKind.UNKNOWN_SITE_CODE
    with world.database.write() as session:
        set_site(session, world.batch(), item.punch_id, far.site_id)  # type: ignore[arg-type]
    assert world.held() == ["accepted entry"]
    assert world.items() == []


def test_two_sites_at_once_are_told_to_both_primes_and_neither_learns_the_others_site(world: ReviewWorld) -> None:
    world.call("07:52")
    world.call("09:00", line=EAST)
    (there,) = world.items(world.theirs)
    with world.database.read() as session:
        (here,) = review.list_also_elsewhere(session, world.mine, DAY)
        assert review.list_also_elsewhere(session, world.theirs, DAY) == []
        assert review.list_also_elsewhere(session, world.mine | world.theirs, DAY) == []
    assert (there.kind, there.site, there.elsewhere) == (ReviewKind.TWO_SITES_AT_ONCE, "東ビル", ())
    assert (here.kind, here.site, here.elsewhere) == (ReviewKind.ALSO_ELSEWHERE, "中央ビル", ())
    assert world.items()[0].elsewhere == ("中央ビル",)
    batch = world.batch()
    with world.database.write() as session:
        leave_day(session, batch, DaySubject(here.kind, world.worker.worker_id, world.site.site_id, DAY))
        assert review.list_also_elsewhere(session, world.mine, DAY) == []
    assert len(world.items(world.theirs)) == 1


def test_a_remark_leaves_the_list_when_somebody_says_that_it_is_right(world: ReviewWorld) -> None:
    world.call("07:52")
    world.call("09:00", line=EAST)
    (item,) = world.items()
    batch = world.batch()
    with world.database.write() as session:
        accept(session, batch, item.punch_id)  # type: ignore[arg-type]
    assert world.items() == []
    assert world.held()[1] == "accepted entry two_sites_at_once"
    world.undo(batch)
    assert world.kinds() == ["two_sites_at_once"]


def missing(world: ReviewWorld, site_id: SiteId | None = None) -> DaySubject:
    return DaySubject(ReviewKind.MISSING_EXIT, world.worker.worker_id, site_id or world.site.site_id, DAY)


def test_a_missing_exit_is_added_at_the_time_a_person_states(world: ReviewWorld) -> None:
    world.call("07:52")
    with world.database.write() as session:
        records.close_days(session, at("28:00"))
    (item,) = world.items(world.mine)
    assert (item.kind, item.happened_at) == (ReviewKind.MISSING_EXIT, at("07:52"))
    batch = world.batch("33:00")
    with world.database.write() as session:
        for wrong in ("07:00", "29:00"):
            with pytest.raises(InvalidInput), session.begin_nested():
                add_time(session, world.batch("33:00"), missing(world), at(wrong), Direction.EXIT)
        add_time(session, batch, missing(world), at("17:00"), Direction.EXIT)
    assert world.days() == [(DAY, at("07:52"), at("17:00"), False)]
    assert world.items() == []
    world.undo(batch, "33:01")
    assert world.kinds() == ["missing_exit"]


def test_a_missing_exit_may_stay_as_it_is(world: ReviewWorld) -> None:
    world.call("07:52")
    batch = world.batch("33:00")
    with world.database.write() as session:
        records.close_days(session, at("28:00"))
        leave_day(session, batch, missing(world))
    assert world.items() == []
    assert world.days() == [(DAY, at("07:52"), None, False)]
    world.undo(batch, "33:01")
    assert world.kinds() == ["missing_exit"]


def test_of_two_who_settle_a_day_at_once_one_is_told_that_it_is_settled(world: ReviewWorld) -> None:
    world.call("07:52")
    with world.database.write() as session:
        records.close_days(session, at("28:00"))
    at_once = Barrier(2, timeout=10)

    def settle(text: str) -> object:
        at_once.wait()
        with world.database.write() as session:
            try:
                add_time(session, world.batch("33:00"), missing(world), at(text), Direction.EXIT)
            except NotAllowed as error:
                return error.ids["why"]
        return "added"

    with ThreadPoolExecutor(2) as pool:
        assert sorted(map(str, pool.map(settle, ("17:00", "17:05")))) == ["added", "stale"]
    with world.database.write() as session, pytest.raises(NotAllowed):
        leave_day(session, world.batch("33:00"), missing(world))


def test_a_day_that_was_left_is_opened_before_a_time_is_added(world: ReviewWorld) -> None:
    world.call("07:52")
    batch = world.batch("33:00")
    with world.database.write() as session:
        records.close_days(session, at("28:00"))
        leave_day(session, batch, missing(world))
        with pytest.raises(NotAllowed), session.begin_nested():
            add_time(session, world.batch("33:00"), missing(world), at("17:00"), Direction.EXIT)
        with pytest.raises(NotAllowed), session.begin_nested():
            leave_day(session, world.batch("33:00"), missing(world))
    world.undo(batch, "33:01")
    with world.database.write() as session:
        add_time(session, world.batch("33:02"), missing(world), at("17:00"), Direction.EXIT)
    assert world.days() == [(DAY, at("07:52"), at("17:00"), False)]


@pytest.mark.parametrize("later", [[], ["13:00", "17:00"]])
def test_a_missing_entry_is_added_once(world: ReviewWorld, later: list[str]) -> None:
    world.record(replace(world.punch("12:00"), requested_direction=Direction.EXIT))
    for text in later:
        world.call(text)
    day = DaySubject(ReviewKind.ENTRY_MISSING, world.worker.worker_id, world.site.site_id, DAY)
    with world.database.write() as session:
        add_time(session, world.batch("18:00"), day, at("08:00"), Direction.ENTRY)
        with pytest.raises(NotAllowed), session.begin_nested():
            add_time(session, world.batch("18:01"), day, at("08:05"), Direction.ENTRY)
    assert world.days() == [(DAY, at("08:00"), at(later[-1] if later else "12:00"), False)]


def test_a_decided_request_waits_again_when_undone(world: ReviewWorld) -> None:
    with world.database.write() as session:
        asked = correcting.request_missed_touch(session, entered(world, "07:50", Direction.ENTRY), "佐藤", at("18:00"))
        assert review.count_open(session, world.mine, DAY) == 1
    for decide in (approve, reject):
        batch = world.batch("19:00")
        with world.database.write() as session:
            decide(session, batch, asked.missed_touch_id)
            assert missed.list_requests(session, world.mine) == []
        world.undo(batch, "19:01")
        with world.database.read() as session:
            assert [line.punch_id for line in missed.list_requests(session, world.mine)] == [None]
            assert missed.list_requests(session, world.theirs) == []
    assert world.held() == ["refused - cancelled"]


def test_what_somebody_has_changed_since_is_not_undone(world: ReviewWorld) -> None:
    world.call("07:50", phone=STRANGER)
    (item,) = world.items()
    assert item.punch_id is not None
    batch = world.batch()
    with world.database.write() as session:
        attach(session, batch, [item.punch_id], world.worker.worker_id)
        correcting.cancel_record(session, item.punch_id, CorrectionCode.OTHER, OFFICE, at("12:30"))
    with pytest.raises(NotAllowed, match="since"):
        world.undo(batch, "12:31")


def test_the_likeliest_callers_are_suggested(world: ReviewWorld) -> None:
    with world.database.write() as session:
        alike = factories.worker(session, world.sealer, "似た 番号", phone="+819099992222", contractor=world.employer)
        factories.assignment(session, world.site, world.worker)
    world.call("07:50", phone=STRANGER)
    (item,) = world.items()
    with world.database.read() as session:
        found = candidates_for(session, EVERYTHING, item)
        assert [(each.worker_id, each.hint) for each in found] == [
            (alike.worker_id, Hint.SAME_LAST4),
            (world.new.worker_id, Hint.NO_NUMBER),
            (world.worker.worker_id, Hint.MISSING_TODAY),
        ]
        (named,) = find_workers(session, EVERYTHING, "しんじん", DAY, world.sealer)
        assert (named.name, named.contractor) == ("新人 次郎", "佐藤工業")
        assert find_workers(session, Scope(), "しんじん", DAY, world.sealer) == []


def test_a_thousand_waiting_punches_are_judged_again(world: ReviewWorld) -> None:
    punches = [replace(world.punch("07:00", phone=STRANGER), received_at=at("07:00")) for _ in range(1000)]
    spread = [replace(each, occurred_at=each.occurred_at - timedelta(hours=n)) for n, each in enumerate(punches)]
    world.record(*spread, now=at("08:00"))
    with world.database.write() as session:
        held = service.register_phone(session, world.sealer, world.new.worker_id, STRANGER, factories.START)
        assert len(rejudge_caller(session, at("18:00"), phone_id=held.phone_id)) == 1000
    assert world.items(kind=ReviewKind.UNKNOWN_NUMBER) == []
