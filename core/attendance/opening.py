"""A stored punch, opened to be decided on again: with what holds, who and where, and the ledger around it."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime

from core.attendance import records, senders, store
from core.attendance.ledger import Decider, Ledger
from core.attendance.model import IDENTIFYING, CorrectionCode, Judgement
from core.attendance.picture import StoredPunch
from core.attendance.service import DATES_AROUND, places_for
from core.clock import work_date
from core.db import Session
from core.errors import NotAllowed, NotFound
from core.ids import PunchId, SiteId, WorkerId
from core.registry.lookup import Directory, Person, Place, Query, look_up


@dataclass(frozen=True, slots=True)
class Opened:
    """A punch, the judgement that held when it was opened, and what is needed to judge it anew."""

    stored: StoredPunch
    before: Judgement | None
    ledger: Ledger
    directory: Directory

    def release(self) -> None:
        """Take the punch out of the day it counts for."""
        before = self.before
        place = self.directory.places.get(before.site_id) if before and before.site_id else None
        if before is not None and place is not None:
            person = self.directory.people.get(before.worker_id) if before.worker_id else None
            self.ledger.release(before.punch_id, place, before, person)

    def take_away(self, session: Session, by: Decider, to: tuple[WorkerId, SiteId, datetime] | None = None) -> None:
        """Take the punch out of the day it counts for, because a person says so: its redials do not take its place.

        to: whom, where and when it is to count for instead; its redials are left alone where that is the same. What
        came another way, from another phone or by a card, stands for itself; so does what an added record covered.
        """
        before, directory = self.before, self.directory
        place = directory.places.get(before.site_id) if before and before.site_id else None
        if before is not None and place is not None and (before.worker_id, before.site_id, before.effective_at) != to:
            redials = self.ledger.redials_of(before, place)
            alike = senders.came_alike(session, before.punch_id, redials) if redials else []
            reason = CorrectionCode.OTHER if by.correction in IDENTIFYING else by.correction  # it is said of the record
            self.ledger.fix(before, alike, replace(by, correction=reason))
        self.release()


def open_punch(
    session: Session,
    punch_id: PunchId,
    now: datetime,
    *,
    worker_id: WorkerId | None = None,
    site_id: SiteId | None = None,
    at: datetime | None = None,
) -> Opened:
    """Return a punch with the ledger around it, for the worker, site and instant it counts for and those it may.

    Raises NotFound when there is no such punch, NotAllowed when somebody else changed it at this moment.
    """
    happened_at = records.occurred_at(session, punch_id)
    if happened_at is None:
        raise NotFound("no such punch", punch_id=punch_id)
    before = records.holding_judgement(session, punch_id)
    directory = look_up_around(session, worker_id, site_id, before, lock_texts=(str(punch_id),))
    workers = [worker for worker in (worker_id, before.worker_id if before else None) if worker is not None]
    instants = [happened_at, *([before.effective_at] if before else []), *([at] if at else [])]
    ledger = ledger_around(session, directory, workers, instants, now, punch_id)
    stored = ledger.by_id[punch_id]
    if stored.holds != before:
        raise NotAllowed(
            "somebody else changed this record at this moment: look at it again", punch_id=punch_id, why="stale"
        )
    return Opened(stored, before, ledger, directory)


def look_up_around(
    session: Session,
    worker_id: WorkerId | None,
    site_id: SiteId | None,
    before: Judgement | None = None,
    *,
    lock_texts: tuple[str, ...] = (),
) -> Directory:
    """Return what the registry knows of those two, and of worker and site that a punch counted for before."""
    workers = (worker_id, before.worker_id if before else None)
    sites = (site_id, before.site_id if before else None)
    return look_up(
        session,
        Query(
            worker_ids=tuple({worker for worker in workers if worker is not None}),
            site_ids=tuple({site for site in sites if site is not None}),
            lock_texts=lock_texts,
        ),
    )


def ledger_around(
    session: Session,
    directory: Directory,
    workers: Collection[WorkerId],
    instants: Collection[datetime],
    now: datetime,
    punch_id: PunchId | None = None,
) -> Ledger:
    """Return the ledger of the workers around the instants."""
    dates = [work_date(instant) for instant in instants]
    picture = store.load_picture(
        session,
        punch_ids=[punch_id] if punch_id else [],
        worker_ids=workers,
        dates=(min(dates) - DATES_AROUND, max(dates) + DATES_AROUND),
    )
    return Ledger(picture, now, places_for(session, picture, directory, instants))


def who_and_where(directory: Directory, worker_id: WorkerId, site_id: SiteId) -> tuple[Person, Place]:
    """Return worker and site. Raises NotFound when one does not exist."""
    person, place = directory.people.get(worker_id), directory.places.get(site_id)
    if person is None or place is None:
        raise NotFound("no such worker or site", worker_id=worker_id, site_id=site_id)
    return person, place
