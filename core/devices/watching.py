"""Devices that somebody has to look after while their sites work, as facts to tell people of."""

from datetime import date, datetime, timedelta

from core.clock import instant_on, work_date
from core.db import Session
from core.devices import store
from core.devices.model import Device, DeviceState, Report, state_of
from core.ids import SiteId
from core.notices.model import MORNING_MIN, Fact, NoticeKind
from core.registry.model import Site

SUNDAY = 6
A_DAY = timedelta(days=1)
TOLD_FOR = timedelta(days=7)  # then people know of a silence, and the page goes on showing it
KINDS = {
    DeviceState.SILENT: NoticeKind.DEVICE_SILENT,
    DeviceState.NO_READER: NoticeKind.DEVICE_NO_READER,
    DeviceState.HELD_UP: NoticeKind.DEVICE_HELD_UP,
}


def find_facts(session: Session, now: datetime) -> list[Fact]:
    """Return the devices that are silent, have no reader or are held up while their sites work.

    Of a Sunday only sites are told of at which somebody was recorded.
    """
    in_use: dict[date, set[SiteId]] = {}
    facts = []
    for device, site, report in store.list_working(session):
        state = state_of(device, report, now)
        if state not in KINDS or not _is_working_time(site, now):
            continue
        day = work_date(now, site.day_starts)
        if day.weekday() == SUNDAY:
            in_use[day] = in_use[day] if day in in_use else store.sites_in_use(session, day)
            if site.site_id not in in_use[day]:
                continue
        if state is not DeviceState.SILENT or _is_worth_telling(device, site, report, now):
            facts.append(_fact(device, site, report, state, now))
    return facts


def _is_working_time(site: Site, now: datetime) -> bool:
    """Whether the site is open, and between its day's beginning and its closing hour; that may be after midnight."""
    day = work_date(now, site.day_starts)
    if day < site.starts_on or (site.ends_on is not None and day > site.ends_on):
        return False
    closes = timedelta(minutes=site.closes_min)
    return now < instant_on(day, closes if closes > site.day_starts else closes + A_DAY)


def _is_worth_telling(device: Device, site: Site, report: Report | None, now: datetime) -> bool:
    """Whether a silence is news: at once when the device had spoken today, else from the morning on, for some days.

    A device may be switched off for the night: told of at four, nobody would be told of the same device again at ten.
    """
    began = instant_on(work_date(now, site.day_starts), site.day_starts)
    heard_at = report.at if report else device.enrolled_at
    if now - heard_at > TOLD_FOR:
        return False
    return heard_at >= began or now >= began + max(timedelta(0), timedelta(minutes=MORNING_MIN) - site.day_starts)


def _fact(device: Device, site: Site, report: Report | None, state: DeviceState, now: datetime) -> Fact:
    heard_at = report.at if report else device.enrolled_at
    waiting = report.waiting if report else 0
    count = {DeviceState.SILENT: int((now - heard_at) / timedelta(minutes=1)), DeviceState.HELD_UP: waiting}.get(
        state, 1
    )
    return Fact(KINDS[state], count, site.site_id, site.prime_contractor_id, device_id=device.device_id)
