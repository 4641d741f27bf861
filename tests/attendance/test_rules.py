"""What a day's punches mean. Times are Japanese; a line reads: what came in, what it was decided to be."""

from datetime import date, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.attendance.model import SYSTEM, AttendanceDay, Channel, Direction, Judgement, Reason, Verdict
from core.attendance.rules import (
    Decision,
    Event,
    Presence,
    decide_day,
    derive_day,
    missed_touch_deadline,
    new_day,
    redials_of,
)
from core.clock import JST
from core.ids import ContractorId, PunchId, SiteId, WorkerId, uuid7
from core.registry.site_terms import SiteTerms

DAY = date(2026, 11, 16)
TERMS = SiteTerms(day_starts=timedelta(hours=4), closes=timedelta(hours=20), minimum_stay=timedelta(minutes=30))
NIGHT = SiteTerms(day_starts=timedelta(hours=12), closes=timedelta(hours=6), minimum_stay=timedelta(minutes=30))
WORKER, SITE, OTHER_SITE, PRIME = WorkerId(uuid7()), SiteId(uuid7()), SiteId(uuid7()), ContractorId(uuid7())


def at(text: str, day: date = DAY) -> datetime:
    """Read "07:52" or "07:52:30"; "25:10" is ten past one on the next morning."""
    hours, minutes, *seconds = (int(part) for part in text.split(":"))
    offset = timedelta(hours=hours, minutes=minutes, seconds=seconds[0] if seconds else 0)
    return datetime(day.year, day.month, day.day, tzinfo=JST) + offset


def event(text: str, requested: Direction | None = None) -> Event:
    return Event(PunchId(uuid7()), at(text), requested, Channel.PHONE)


def told(decision: Decision) -> str:
    """Return a decision as the tables below write it."""
    direction = {Direction.ENTRY: "in", Direction.EXIT: "out", None: "?"}[decision.direction]
    mark = {Verdict.ACCEPTED: "", Verdict.DUPLICATE: "=", Verdict.NEEDS_REVIEW: "!", Verdict.REFUSED: "x"}
    return f"{mark[decision.verdict]}{direction}" + (f" {decision.reason.value}" if decision.reason else "")


def decide(terms: SiteTerms, *events: Event) -> list[str]:
    decisions = decide_day(events, terms)
    return [told(decisions[each.punch_id]) for each in events]


@pytest.mark.parametrize(
    ("times", "decided"),
    [
        (["07:52", "17:10"], ["in", "out"]),
        (["07:52", "07:52:30"], ["in", "=in repeated"]),
        (["07:52", "07:57"], ["in", "=in too_soon"]),
        (["07:52", "08:21:59"], ["in", "=in too_soon"]),
        (["07:52", "08:22"], ["in", "out"]),
        (["07:52", "12:00", "13:00", "17:10"], ["in", "out", "in", "out"]),
        (["07:52", "17:10", "17:10:40"], ["in", "out", "=out repeated"]),
        (["07:52", "17:10", "17:15"], ["in", "out", "=out too_soon"]),
        (["07:52", "12:00", "20:30"], ["in", "out", "out"]),
        (["20:30"], ["!? entry_after_closing"]),
        (["07:52", "25:10"], ["in", "out"]),
        (["04:00"], ["in"]),
    ],
)
def test_direction_follows_from_the_order_of_events(times: list[str], decided: list[str]) -> None:
    assert decide(TERMS, *(event(time) for time in times)) == decided


@pytest.mark.parametrize(
    ("times", "decided"),
    [
        ([("07:52", "in"), ("09:00", "in")], ["in", "=in repeated"]),
        ([("17:10", "out")], ["out entry_missing"]),
        ([("07:52", "in"), ("08:00", "out")], ["in", "out"]),
        ([("07:52", "in"), ("07:52:20", "out")], ["in", "=in repeated"]),
        ([("07:52", "in"), ("17:10", "out"), ("17:15", "out")], ["in", "out", "=out repeated"]),
        ([("07:52", "in"), ("16:00", "out"), ("17:10", "out")], ["in", "out", "out"]),
        ([("21:00", "in")], ["in"]),
    ],
)
def test_a_requested_direction_is_taken_unless_it_repeats(times: list[tuple[str, str]], decided: list[str]) -> None:
    asked = {"in": Direction.ENTRY, "out": Direction.EXIT}
    assert decide(TERMS, *(event(time, asked[word]) for time, word in times)) == decided


@pytest.mark.parametrize(
    ("times", "again"),
    [
        ([("08:00", ""), ("08:00:30", ""), ("08:20", ""), ("09:00", "")], ["08:00:30", "08:20"]),
        ([("08:00", "in"), ("08:05", "in"), ("13:00", "in")], ["08:05"]),
        ([("08:00", "out"), ("08:05", "out"), ("08:30", "out")], ["08:05"]),
        ([("20:30", ""), ("20:30:30", "")], []),
    ],
)
def test_the_redials_of_a_record_are_what_told_it_again_soon_after(
    times: list[tuple[str, str]], again: list[str]
) -> None:
    asked = {"in": Direction.ENTRY, "out": Direction.EXIT}
    events = [event(time, asked.get(word)) for time, word in times]
    assert [each.at for each in redials_of(events[0], events, decide_day(events, TERMS))] == [
        at(time) for time in again
    ]


def test_a_night_shift_is_one_day_that_closes_on_the_next_morning() -> None:
    assert decide(NIGHT, event("21:50"), event("29:10")) == ["in", "out"]
    assert NIGHT.work_date(at("29:10")) == DAY
    assert NIGHT.closing(DAY) == at("30:00")


def test_a_late_punch_between_two_others_sets_the_directions_right() -> None:
    morning, noon, evening = event("07:52"), event("12:00"), event("13:00")
    before = decide_day([morning, evening], TERMS)
    after = decide_day([morning, evening, noon], TERMS)
    assert told(before[evening.punch_id]) == "out"
    assert [told(after[each.punch_id]) for each in (morning, noon, evening)] == ["in", "out", "in"]


def test_what_a_person_decided_stays_and_the_others_follow_it() -> None:
    judgement = Judgement(
        punch_id=PunchId(uuid7()),
        seq=2,
        verdict=Verdict.ACCEPTED,
        reason=None,
        worker_id=WORKER,
        site_id=SITE,
        prime_contractor_id=PRIME,
        direction=Direction.EXIT,
        work_date=DAY,
        effective_at=at("12:00"),
        decided_by="office",
        judged_at=at("18:00"),
    )
    settled = Event(judgement.punch_id, at("12:00"), Direction.EXIT, Channel.PHONE, judgement)
    system = Event(PunchId(uuid7()), at("12:30"), None, Channel.PHONE)
    decisions = decide_day([settled, system], TERMS)
    assert [told(decisions[each.punch_id]) for each in (settled, system)] == ["out", "in"]
    assert judgement.decided_by != SYSTEM


@pytest.mark.parametrize(
    ("elsewhere", "decided"),
    [
        ([("07:45", Direction.ENTRY)], "!in two_sites_at_once"),
        ([("07:30", Direction.ENTRY)], "in two_sites_at_once"),
        ([("07:30", Direction.ENTRY), ("07:49", Direction.EXIT)], "in"),
        ([("07:30", Direction.ENTRY), ("07:45", Direction.ENTRY)], "!in two_sites_at_once"),
        ([("09:00", Direction.ENTRY)], "in"),
    ],
)
def test_being_inside_elsewhere_is_remarked_and_the_impossible_waits_for_a_person(
    elsewhere: list[tuple[str, Direction]], decided: str
) -> None:
    presences = [Presence(OTHER_SITE, at(time), direction) for time, direction in elsewhere]
    entry = event("07:52")
    assert told(decide_day([entry], TERMS, presences)[entry.punch_id]) == decided


def test_of_several_other_sites_the_newest_that_is_still_open_counts() -> None:
    first, second = SiteId(uuid7()), SiteId(uuid7())
    seen = [
        Presence(first, at("08:00"), Direction.ENTRY),
        Presence(second, at("12:00"), Direction.ENTRY),
        Presence(first, at("12:30"), Direction.EXIT),
    ]
    entry, later = event("12:31"), event("12:09")
    assert told(decide_day([entry], TERMS, seen)[entry.punch_id]) == "in two_sites_at_once"
    assert told(decide_day([later], TERMS, seen)[later.punch_id]) == "!in two_sites_at_once"


def day_of(*events: Event, is_over: bool = False) -> AttendanceDay:
    by_id = {each.punch_id: each for each in events}
    return derive_day(new_day(WORKER, SITE, DAY, PRIME), by_id, decide_day(events, TERMS), is_over=is_over)


def derived(*events: Event, is_over: bool = False) -> tuple[object, ...]:
    day = day_of(*events, is_over=is_over)
    return (day.first_entry_at, day.last_exit_at, day.inside_since, day.missing_exit, day.is_void)


def test_a_day_keeps_first_entry_and_last_exit_and_needs_no_exit() -> None:
    full = [event(time) for time in ("07:52", "12:00", "13:00", "17:10")]
    assert derived(*full) == (at("07:52"), at("17:10"), None, False, False)
    assert derived(*full[:3]) == (at("07:52"), at("12:00"), at("13:00"), False, False)
    assert derived(full[0], is_over=True) == (at("07:52"), None, None, True, False)
    assert derived(event("21:00")) == (None, None, None, False, True)


def test_a_day_of_approved_missed_touches_alone_is_told_apart() -> None:
    direct = Event(PunchId(uuid7()), at("07:52"), Direction.ENTRY, Channel.DIRECT)
    phone = event("17:10")
    assert (day_of(direct).is_direct, day_of(direct, phone).is_direct) == (True, False)


@pytest.mark.parametrize(
    ("on", "deadline"),
    [
        (date(2026, 11, 16), date(2026, 12, 31)),
        (date(2026, 12, 1), date(2027, 1, 31)),
        (date(2027, 1, 31), date(2027, 2, 28)),
        (date(2028, 1, 5), date(2028, 2, 29)),
    ],
)
def test_a_missed_touch_may_be_approved_until_the_end_of_the_next_month(on: date, deadline: date) -> None:
    assert missed_touch_deadline(on) == deadline


seconds_of_day = st.integers(min_value=4 * 3600, max_value=28 * 3600 - 1)
events_of_day = st.lists(
    st.tuples(seconds_of_day, st.sampled_from([None, Direction.ENTRY, Direction.EXIT])), min_size=1, max_size=12
)


@given(events_of_day, st.randoms())
def test_the_order_of_arrival_changes_nothing(raw: list[tuple[int, Direction | None]], shuffled: object) -> None:
    events = [Event(PunchId(uuid7()), at("00:00") + timedelta(seconds=s), d, Channel.PHONE) for s, d in raw]
    mixed = list(events)
    shuffled.shuffle(mixed)  # type: ignore[attr-defined]
    assert decide_day(events, TERMS) == decide_day(mixed, TERMS)


@given(events_of_day)
def test_nobody_enters_twice_without_leaving_and_every_punch_has_a_verdict(
    raw: list[tuple[int, Direction | None]],
) -> None:
    events = [Event(PunchId(uuid7()), at("00:00") + timedelta(seconds=s), d, Channel.PHONE) for s, d in raw]
    decisions = decide_day(events, TERMS)
    assert set(decisions) == {each.punch_id for each in events}
    in_order = sorted(events, key=lambda each: (each.at, each.punch_id))
    kept = [decisions[e.punch_id] for e in in_order if decisions[e.punch_id].verdict is Verdict.ACCEPTED]
    pairs = list(pairwise(kept))
    assert not any(a.direction is b.direction is Direction.ENTRY for a, b in pairs)
    assert all(
        decision.reason is not None for decision in decisions.values() if decision.verdict is not Verdict.ACCEPTED
    )
    assert Reason.REPEATED not in {decision.reason for decision in kept}
