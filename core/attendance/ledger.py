"""The part of the ledger that one transaction works on: what was read, what was decided, and what is to be written.

No database here. The store fills it and writes what it holds; between the two, every punch of a batch is judged against
the same picture, so that eight calls of one worker in one batch are as clear as eight calls a minute apart.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime

from core.attendance.model import (
    SYSTEM,
    AttendanceDay,
    Channel,
    CorrectionCode,
    Direction,
    Judgement,
    RawPunch,
    Reason,
    Verdict,
)
from core.attendance.picture import Changes, Picture, StoredPunch
from core.attendance.rules import Decision, Event, decide_day, decide_sites, derive_day, is_same, new_day, redials_of
from core.ids import ContractorId, PhoneId, PunchId, SiteId, WorkerId
from core.registry.lookup import Person, Place

Key = tuple[WorkerId, SiteId, date]
Decisions = dict[PunchId, Decision]


@dataclass(frozen=True, slots=True)
class Decider:
    """Who says that a punch is to count, and why; the order of events says what it counts as."""

    name: str = SYSTEM
    correction: CorrectionCode | None = None
    note: str = ""


OURS = Decider()


class Ledger:
    """The picture, and the decisions added to it.

    places are the sites whose days may have to be judged again because something changed at another site: whoever is at
    two sites at once is decided over both.
    """

    def __init__(self, picture: Picture, now: datetime, places: Mapping[SiteId, Place]) -> None:
        self.now = now
        self._places = places
        self._deciders: dict[PunchId, Decider] = {}
        self.changes = Changes()
        self.by_key = {punch.sender_key: punch for punch in picture.punches}
        self.taken: dict[str, tuple[RawPunch, PhoneId | None, Judgement | None]] = {}
        self.by_id = {punch.punch_id: punch for punch in picture.punches}
        # Both by worker and date first: what counts is decided among a worker's sites of one date.
        self._days: defaultdict[tuple[WorkerId, date], dict[SiteId, AttendanceDay]] = defaultdict(dict)
        self._sites: defaultdict[tuple[WorkerId, date], dict[SiteId, dict[PunchId, Event]]] = defaultdict(dict)
        self._uncertain = set(picture.uncertain)
        self._seqs = {punch.punch_id: punch.holds.seq for punch in picture.punches if punch.holds}
        for day in picture.days:
            self._days[day.worker_id, day.work_date][day.site_id] = day
        for judgement, channel in picture.judgements:
            self._hold(judgement, channel)

    def accept(
        self,
        punch: RawPunch | StoredPunch,
        person: Person,
        place: Place,
        requested: Direction | None,
        by: Decider = OURS,
    ) -> tuple[Judgement, Decision]:
        """Judge a punch from the order of its day's events; others of the day may be judged anew by it."""
        terms = place.terms
        on = terms.work_date(punch.occurred_at)
        key = (person.worker_id, place.site_id, on)
        events = self._events(key)
        if punch.is_clock_uncertain:
            self._uncertain.add(punch.punch_id)
        events[punch.punch_id] = Event(
            punch.punch_id,
            punch.occurred_at,
            requested,
            punch.channel,
            is_clock_uncertain=punch.punch_id in self._uncertain,
        )
        if by is not OURS:
            self._deciders[punch.punch_id] = by
        decision = self._settle(key, place, person.contractor_on(on))[punch.punch_id]
        holds = events[punch.punch_id].holds
        if holds is None:
            raise AssertionError("a settled event has a judgement")
        return holds, decision

    def is_late_entry(self, punch: RawPunch, person: Person, place: Place) -> bool:
        """Whether the punch would be a first entry after the site has closed; nothing is changed by asking."""
        terms = place.terms
        on = terms.work_date(punch.occurred_at)
        if punch.occurred_at < terms.closing(on):
            return False
        key = (person.worker_id, place.site_id, on)
        event = Event(punch.punch_id, punch.occurred_at, None, punch.channel)
        decisions = self._decide(key, place, event)[place.site_id]
        return decisions[punch.punch_id].reason is Reason.ENTRY_AFTER_CLOSING

    def decision_of(self, punch_id: PunchId, person: Person, place: Place, at: datetime) -> Decision | None:
        """Return what the order of events makes of a punch that is there already; None when it is not in that day."""
        key = (person.worker_id, place.site_id, place.terms.work_date(at))
        return self._decide(key, place)[place.site_id].get(punch_id)

    def judge(  # noqa: PLR0913 - a judgement has that many facts
        self,
        punch: RawPunch | StoredPunch,
        verdict: Verdict,
        reason: Reason | None,
        *,
        person: Person | None = None,
        place: Place | None = None,
        direction: Direction | None = None,
        effective_at: datetime | None = None,
        on: date | None = None,
        decided_by: str = SYSTEM,
        correction: CorrectionCode | None = None,
        note: str = "",
    ) -> Judgement:
        """Add a judgement as given: a refusal, a review, or what a person decided; rebuild the day it touches."""
        at = effective_at or punch.occurred_at
        judgement = Judgement(
            punch_id=punch.punch_id,
            seq=self._next_seq(punch.punch_id),
            verdict=verdict,
            reason=reason,
            worker_id=person.worker_id if person else None,
            site_id=place.site_id if place else None,
            prime_contractor_id=place.prime_contractor_id if place else None,
            direction=direction,
            work_date=on or (place.terms.work_date(at) if place else None),
            effective_at=at,
            decided_by=decided_by,
            judged_at=self.now,
            requested_direction=direction,
            correction=correction,
            note=note,
        )
        self.changes.judgements.append(judgement)
        self._hold(judgement, punch.channel)
        if person is not None and place is not None and judgement.work_date is not None:
            key = (person.worker_id, place.site_id, judgement.work_date)
            self._settle(key, place, person.contractor_on(judgement.work_date))
        return judgement

    def release(self, punch_id: PunchId, place: Place, judgement: Judgement, person: Person | None = None) -> None:
        """Take a punch out of the day it counted for, before it is judged for another."""
        if judgement.worker_id is None or judgement.site_id is None or judgement.work_date is None:
            return
        key = (judgement.worker_id, judgement.site_id, judgement.work_date)
        self._events(key).pop(punch_id, None)
        day = self.day(key)
        contractor_id = person.contractor_on(key[2]) if person else day.contractor_id if day else None
        self._settle(key, place, contractor_id)

    def redials_of(self, judgement: Judgement, place: Place) -> list[PunchId]:
        """Return the punches that only told again what a record told; none when the judgement is of no record."""
        if judgement.worker_id is None or judgement.work_date is None:
            return []
        key = (judgement.worker_id, place.site_id, judgement.work_date)
        events, decisions = self._events(key), self._decide(key, place)[place.site_id]
        record = events.get(judgement.punch_id)
        return [event.punch_id for event in redials_of(record, events.values(), decisions)] if record else []

    def fix(self, before: Judgement, punch_ids: Collection[PunchId], by: Decider) -> None:
        """Let what holds for punches of the same day as another stay, whatever the order of events says from now on."""
        if before.worker_id is None or before.site_id is None or before.work_date is None:
            return
        events = self._events((before.worker_id, before.site_id, before.work_date))
        for event in [events[punch_id] for punch_id in punch_ids]:
            if event.holds is None:
                raise AssertionError("what is in the ledger has a judgement")
            judgement = replace(
                event.holds,
                seq=self._next_seq(event.punch_id),
                decided_by=by.name,
                judged_at=self.now,
                correction=by.correction,
                note=by.note,
            )
            self.changes.judgements.append(judgement)
            self._hold(judgement, event.channel)

    def restore(
        self, punch: StoredPunch, before: Judgement, person: Person | None = None, place: Place | None = None
    ) -> Judgement:
        """Let what held before hold again, as one judgement more; the order of events is then asked again."""
        judgement = replace(before, seq=self._next_seq(punch.punch_id), judged_at=self.now)
        self.changes.judgements.append(judgement)
        self._hold(judgement, punch.channel)
        if person is not None and place is not None and judgement.work_date is not None:
            key = (person.worker_id, place.site_id, judgement.work_date)
            self._settle(key, place, person.contractor_on(judgement.work_date))
        return judgement

    def day(self, key: Key) -> AttendanceDay | None:
        return self._days[key[0], key[2]].get(key[1])

    def _events(self, key: Key) -> dict[PunchId, Event]:
        return self._sites[key[0], key[2]].setdefault(key[1], {})

    def _hold(self, judgement: Judgement, channel: Channel) -> None:
        if judgement.worker_id is None or judgement.site_id is None or judgement.work_date is None:
            return
        key = (judgement.worker_id, judgement.site_id, judgement.work_date)
        self._seqs[judgement.punch_id] = judgement.seq
        self._events(key)[judgement.punch_id] = Event(
            judgement.punch_id,
            judgement.effective_at,
            judgement.requested_direction,
            channel,
            judgement,
            is_clock_uncertain=judgement.punch_id in self._uncertain,
        )

    def _next_seq(self, punch_id: PunchId) -> int:
        seq = self._seqs.get(punch_id, 0) + 1
        self._seqs[punch_id] = seq
        return seq

    def _decide(self, key: Key, place: Place, more: Event | None = None) -> dict[SiteId, Decisions]:
        """Return what the worker's events of the date mean, at the site and wherever else he has some."""
        sites = self._sites[key[0], key[2]]
        events = [*self._events(key).values(), *([more] if more else [])]
        elsewhere = [site_id for site_id, there in sites.items() if there and site_id != key[1]]
        if not elsewhere:
            return {key[1]: decide_day(events, place.terms)}
        known = {site_id: self._places.get(site_id) for site_id in elsewhere}
        others = {site_id: (sites[site_id].values(), at.terms if at else None) for site_id, at in known.items()}
        return decide_sites({key[1]: (events, place.terms), **others})

    def _settle(self, key: Key, place: Place, contractor_id: ContractorId | None) -> Decisions:
        """Judge what the order of events changes on the date, at every site of the worker, and rebuild those days."""
        decided = self._decide(key, place)
        for site_id, decisions in decided.items():
            there = place if site_id == key[1] else self._places.get(site_id)
            if there is not None:
                self._apply((key[0], site_id, key[2]), there, contractor_id, decisions)
        return decided[key[1]]

    def _apply(self, key: Key, place: Place, contractor_id: ContractorId | None, decisions: Decisions) -> None:
        events = self._events(key)
        for event in list(events.values()):
            decision = decisions[event.punch_id]
            if event.holds is None or not (event.is_settled or is_same(decision, event.holds)):
                judgement = self._judgement(event, decision, key, place)
                self.changes.judgements.append(judgement)
                events[event.punch_id] = event.held_by(judgement)
        self._rebuild(key, place, contractor_id, place.terms.day_ends(key[2]), decisions)

    def _judgement(self, event: Event, decision: Decision, key: Key, place: Place) -> Judgement:
        by = self._deciders.pop(event.punch_id, OURS) if event.holds is None else OURS
        return Judgement(
            punch_id=event.punch_id,
            seq=self._next_seq(event.punch_id),
            verdict=decision.verdict,
            reason=decision.reason,
            worker_id=key[0],
            site_id=key[1],
            prime_contractor_id=place.prime_contractor_id,
            direction=decision.direction,
            work_date=key[2],
            effective_at=event.at,
            decided_by=by.name,
            judged_at=self.now,
            requested_direction=event.requested,
            correction=by.correction,
            note=by.note,
        )

    def _rebuild(
        self,
        key: Key,
        place: Place,
        contractor_id: ContractorId | None,
        day_ends: datetime,
        decisions: dict[PunchId, Decision],
    ) -> None:
        worker_id, site_id, on = key
        before = self.day(key)
        day = before or new_day(worker_id, site_id, on, place.prime_contractor_id, contractor_id)
        if day.contractor_id is None and contractor_id is not None:
            day = replace(day, contractor_id=contractor_id, contractor_origin="affiliation")
        day = derive_day(day, self._events(key), decisions, is_over=self.now >= day_ends)
        if day == before or (before is None and day.is_void):
            return
        was_worked = self._has_worked(worker_id, on)
        self._days[worker_id, on][site_id] = day
        self.changes.days[key] = day
        records = int(not day.is_void) - int(before is not None and not before.is_void)
        days_worked = int(self._has_worked(worker_id, on)) - int(was_worked)
        self._count(key, place.prime_contractor_id, records, days_worked)

    def _has_worked(self, worker_id: WorkerId, on: date) -> bool:
        return any(not day.is_void for day in self._days[worker_id, on].values())

    def _count(self, key: Key, prime: ContractorId, records: int, days_worked: int) -> None:
        if not records and not days_worked:
            return
        month = key[2].replace(day=1)
        mine = self.changes.worker_months.setdefault((key[0], month), [0, 0])
        mine[0] += days_worked
        mine[1] += records
        if records:
            _, before = self.changes.site_months.get((key[1], month), (prime, 0))
            self.changes.site_months[key[1], month] = (prime, before + records)
