"""Background work: the tiers of a site, thought about anew when somebody is new there, and every day."""

import logging
from datetime import timedelta
from uuid import UUID

from core.attendance import visits
from core.clock import work_date
from core.errors import NotFound
from core.ids import SiteId
from core.tiering import proposing, service
from core.work import service as work
from core.work.model import Mark
from genba.runtime import Runtime

logger = logging.getLogger(__name__)

BATCH = 10  # sites at once: the largest takes some seconds
SPREAD_OVER = timedelta(minutes=45)  # so that the clock's other work goes on while all sites are thought about


def mark_sites(runtime: Runtime) -> None:
    """Mark every site stale at which somebody was since yesterday; run when the day is over everywhere."""
    now = runtime.clock.now()
    with runtime.database.write() as session:
        visits.mark_sites_of(session, work_date(now) - timedelta(days=1), now, SPREAD_OVER)


def bring_up_to_date(runtime: Runtime, marks: list[Mark]) -> None:
    """Think about each marked site once, however often it was marked; what is decided on is not touched."""
    by_site: dict[SiteId, list[Mark]] = {}
    for mark in marks:
        by_site.setdefault(SiteId(UUID(mark.subject)), []).append(mark)
    for site_id, its_marks in by_site.items():
        now = runtime.clock.now()
        try:
            with runtime.database.read() as session:
                thought = proposing.think(session, site_id, now)
        except NotFound:  # an import that made the site was undone
            thought = None
        with runtime.database.write() as session:
            if thought is not None:
                credited = service.bring_up_to_date(session, *thought, now)
                if credited.given or credited.withdrawn:
                    logger.info("site %s: %d days credited, %d no more", site_id, credited.given, credited.withdrawn)
            work.finish(session, its_marks)
