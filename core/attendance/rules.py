"""What a worker's punches of one day at one site mean: the order of events decides, whatever order they arrived in.

Pure: everything is handed in. The same functions judge a live call, an upload that is days late and a correction.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from core.attendance.model import AttendanceDay, Channel, Direction, Judgement, Reason, Verdict
from core.ids import ContractorId, PunchId, SiteId, WorkerId
from core.registry.site_terms import SiteTerms
from core.values import value

REPEAT_WINDOW = timedelta(seconds=60)  # the same worker and site within this is one event, whatever would come next
MINIMUM_ABSENCE = timedelta(minutes=10)  # a redial after an exit is no new entry
IMPOSSIBLE_TRAVEL = timedelta(minutes=10)  # nobody is at two sites within this

# Judgements of ours that the order of events may still change. All others wait for a person, or for a new fact.
_REVISABLE = frozenset(
    {
        None,
        Reason.REPEATED,
        Reason.TOO_SOON,
        Reason.ENTRY_AFTER_CLOSING,
        Reason.ENTRY_MISSING,
        Reason.TWO_SITES_AT_ONCE,
        Reason.CLOCK_UNCERTAIN,
    }
)


@value
class Event:
    """One punch as the rules see it: when it counts for, what was requested, and the judgement that holds."""

    punch_id: PunchId
    at: datetime
    requested: Direction | None
    channel: Channel
    holds: Judgement | None = None
    is_clock_uncertain: bool = False

    @property
    def is_settled(self) -> bool:
        """Whether its judgement stays as it is: a person's, or one that the order of events does not touch."""
        return self.holds is not None and not (self.holds.leaves_order_open and self.holds.reason in _REVISABLE)

    def held_by(self, judgement: Judgement) -> "Event":
        """Return the event with another judgement; for every call, so without the detour of replace()."""
        return Event(self.punch_id, self.at, self.requested, self.channel, judgement, self.is_clock_uncertain)


@value
class Presence:
    """An accepted event of the same worker at another site on the same date."""

    site_id: SiteId
    at: datetime
    direction: Direction


@value
class Decision:
    """What an event means. repeats_at is when the thing it repeats was recorded."""

    verdict: Verdict
    reason: Reason | None
    direction: Direction | None
    repeats_at: datetime | None = None

    @property
    def is_kept(self) -> bool:
        return self.verdict is Verdict.ACCEPTED and self.direction is not None


@dataclass(slots=True)
class _Walk:
    inside_since: datetime | None = None
    last: tuple[datetime, Direction] | None = None
    has_entered: bool = False

    def keep(self, at: datetime, direction: Direction) -> None:
        self.last = (at, direction)
        self.inside_since = at if direction is Direction.ENTRY else None
        self.has_entered = self.has_entered or direction is Direction.ENTRY


def decide_day(
    events: Iterable[Event], terms: SiteTerms, elsewhere: Sequence[Presence] = ()
) -> dict[PunchId, Decision]:
    """Return what each event of one worker, site and work date means, decided from the order in which they happened."""
    walk = _Walk()
    decisions: dict[PunchId, Decision] = {}
    for event in sorted(events, key=_order):
        decision = _decide(event, walk, terms, elsewhere)
        decisions[event.punch_id] = decision
        if decision.verdict is Verdict.ACCEPTED and decision.direction is not None:
            walk.keep(event.at, decision.direction)
    return decisions


def decide_sites(
    sites: Mapping[SiteId, tuple[Collection[Event], SiteTerms | None]],
) -> dict[SiteId, dict[PunchId, Decision]]:
    """Return what the events of one worker and work date mean at each of his sites, decided in one order.

    At a site whose terms are not given nothing is decided: what holds there stays, and the other sites reckon with it.
    """
    walks = {site_id: _Walk() for site_id in sites}
    decisions: dict[SiteId, dict[PunchId, Decision]] = {site_id: {} for site_id in sites}
    kept: list[Presence] = []
    everywhere = ((event, site_id) for site_id, (events, _) in sites.items() for event in events)
    for event, site_id in sorted(everywhere, key=lambda pair: _order(pair[0])):
        terms = sites[site_id][1]
        elsewhere = [presence for presence in kept if presence.site_id != site_id]
        decision = _as_held(event) if terms is None else _decide(event, walks[site_id], terms, elsewhere)
        decisions[site_id][event.punch_id] = decision
        if decision.verdict is Verdict.ACCEPTED and decision.direction is not None:
            walks[site_id].keep(event.at, decision.direction)
            kept.append(Presence(site_id, event.at, decision.direction))
    return decisions


def _order(event: Event) -> tuple[datetime, int, PunchId]:
    # Of events at one instant the one that was told first stays what it is, and the other is its repeat.
    told = 0 if event.is_settled else 1 if event.holds is not None else 2
    return (event.at, told, event.punch_id)


def _decide(event: Event, walk: _Walk, terms: SiteTerms, elsewhere: Sequence[Presence]) -> Decision:
    if event.is_settled:
        return _as_held(event)
    if walk.last is not None and event.at - walk.last[0] < REPEAT_WINDOW:
        return _repeat(Reason.REPEATED, walk.last)
    direction = event.requested or _next_direction(event.at, walk, terms)
    if isinstance(direction, Decision):
        return direction
    decision = _exit(event.at, walk) if direction is Direction.EXIT else _entry(event.at, walk, elsewhere)
    has_remark = decision.reason is not None or not event.is_clock_uncertain
    return decision if has_remark else replace(decision, reason=Reason.CLOCK_UNCERTAIN)


def _as_held(event: Event) -> Decision:
    if event.holds is None:
        raise AssertionError("only what was judged can stay as it is")
    return Decision(event.holds.verdict, event.holds.reason, event.holds.direction)


def _next_direction(at: datetime, walk: _Walk, terms: SiteTerms) -> Direction | Decision:
    if walk.inside_since is not None:
        is_redial = at - walk.inside_since < terms.minimum_stay
        return _repeat(Reason.TOO_SOON, (walk.inside_since, Direction.ENTRY)) if is_redial else Direction.EXIT
    is_late = at >= terms.closing(terms.work_date(at))
    if walk.last is None:
        late_entry = Decision(Verdict.NEEDS_REVIEW, Reason.ENTRY_AFTER_CLOSING, None)
        return late_entry if is_late else Direction.ENTRY
    if is_late:
        return Direction.EXIT  # after closing nobody comes back: the last exit moves
    is_redial = at - walk.last[0] < MINIMUM_ABSENCE
    return _repeat(Reason.TOO_SOON, walk.last) if is_redial else Direction.ENTRY


def _exit(at: datetime, walk: _Walk) -> Decision:
    if walk.last is not None and walk.inside_since is None and at - walk.last[0] < MINIMUM_ABSENCE:
        return _repeat(Reason.REPEATED, walk.last)
    return Decision(Verdict.ACCEPTED, None if walk.has_entered else Reason.ENTRY_MISSING, Direction.EXIT)


def _entry(at: datetime, walk: _Walk, elsewhere: Sequence[Presence]) -> Decision:
    if walk.inside_since is not None:
        return _repeat(Reason.REPEATED, (walk.inside_since, Direction.ENTRY))
    inside_elsewhere = _inside_elsewhere(at, elsewhere)
    if inside_elsewhere is None:
        return Decision(Verdict.ACCEPTED, None, Direction.ENTRY)
    verdict = Verdict.NEEDS_REVIEW if at - inside_elsewhere < IMPOSSIBLE_TRAVEL else Verdict.ACCEPTED
    return Decision(verdict, Reason.TWO_SITES_AT_ONCE, Direction.ENTRY)


def _inside_elsewhere(at: datetime, elsewhere: Sequence[Presence]) -> datetime | None:
    """Return since when somebody is inside another site, the newest where there are several; None: he is in none."""
    if not elsewhere:  # as nearly always
        return None
    before = sorted((presence for presence in elsewhere if presence.at <= at), key=lambda presence: presence.at)
    last = {presence.site_id: presence for presence in before}
    return max((each.at for each in last.values() if each.direction is Direction.ENTRY), default=None)


def _repeat(reason: Reason, of: tuple[datetime, Direction]) -> Decision:
    return Decision(Verdict.DUPLICATE, reason, of[1], repeats_at=of[0])


def redials_of(record: Event, events: Iterable[Event], decisions: Mapping[PunchId, Decision]) -> list[Event]:
    """Return the events that only told a record again: within the minute, or too soon to be anything else.

    They are decided by it; where a person takes the record away, they are not to become records themselves.
    """
    if not decisions[record.punch_id].is_kept:
        return []
    return [
        event for event in events if not event.is_settled and _tells_again(event, decisions[event.punch_id], record)
    ]


def _tells_again(event: Event, decision: Decision, record: Event) -> bool:
    is_soon = decision.reason is Reason.TOO_SOON or event.at - record.at < MINIMUM_ABSENCE
    return decision.verdict is Verdict.DUPLICATE and decision.repeats_at == record.at and is_soon


def missed_touch_deadline(on: date) -> date:
    """Return the last day on which a prime may approve a missed touch: the end of the month after the work date.

    Source: ccus-support.com/column_80317 (直接入力と承認は就業日の翌月末まで).
    """
    months = on.year * 12 + on.month + 1  # zero-based number of the month after next
    return date(months // 12, months % 12 + 1, 1) - timedelta(days=1)


def derive_day(
    day: AttendanceDay, events: Mapping[PunchId, Event], decisions: Mapping[PunchId, Decision], *, is_over: bool
) -> AttendanceDay:
    """Return the day rebuilt from what was decided, in the order decide_day() gave it.

    is_over: the day has ended, so an open entry lacks its exit.
    """
    kept = [(events[punch_id], decision) for punch_id, decision in decisions.items() if decision.is_kept]
    entries = [event.at for event, decision in kept if decision.direction is Direction.ENTRY]
    exits = [event.at for event, decision in kept if decision.direction is Direction.EXIT]
    inside_since = kept[-1][0].at if kept and kept[-1][1].direction is Direction.ENTRY else None
    return AttendanceDay(
        worker_id=day.worker_id,
        site_id=day.site_id,
        work_date=day.work_date,
        prime_contractor_id=day.prime_contractor_id,
        contractor_id=day.contractor_id,
        contractor_origin=day.contractor_origin,
        first_entry_at=entries[0] if entries else None,
        last_exit_at=exits[-1] if exits else None,
        inside_since=None if is_over else inside_since,
        missing_exit=is_over and inside_since is not None,
        is_direct=bool(kept) and all(event.channel is Channel.DIRECT for event, _ in kept),
        is_void=not kept,
    )


def new_day(
    worker_id: WorkerId,
    site_id: SiteId,
    on: date,
    prime_contractor_id: ContractorId,
    contractor_id: ContractorId | None = None,
) -> AttendanceDay:
    """Return the empty day that a first punch fills."""
    return AttendanceDay(
        worker_id=worker_id,
        site_id=site_id,
        work_date=on,
        prime_contractor_id=prime_contractor_id,
        contractor_id=contractor_id,
        contractor_origin="affiliation" if contractor_id else "",
        first_entry_at=None,
        last_exit_at=None,
        inside_since=None,
        missing_exit=False,
        is_direct=False,
        is_void=True,
    )


def is_same(decision: Decision, judgement: Judgement) -> bool:
    """Whether a judgement already says what was decided."""
    return (decision.verdict, decision.reason, decision.direction) == (
        judgement.verdict,
        judgement.reason,
        judgement.direction,
    )
