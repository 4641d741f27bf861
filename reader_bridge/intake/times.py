"""When a touch was, from what a device's clocks said and when it reached us. Pure."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from core.clock import has_records, work_date

AGREES = timedelta(seconds=5)  # an upload takes as long: then the device's own second stands
AHEAD = timedelta(seconds=60)
WRONG = timedelta(seconds=30)


@dataclass(frozen=True, slots=True)
class Shown:
    """What a device's clocks showed at a moment; the boot's, where it says which."""

    at: datetime
    boot_id: str | None = None
    boottime: timedelta = timedelta(0)


@dataclass(frozen=True, slots=True)
class Moment:
    """When a touch was, as far as can be known."""

    at: datetime
    is_uncertain: bool = False


def moment_of(
    touched: Shown,
    sent: Shown | None,
    received_at: datetime,
    *,
    boot_began_at: datetime | None = None,
    clock_ok: bool = True,
) -> Moment:
    """Return when a touch was.

    In the boot that sends it our own clock counts back; of an earlier one the device may have learnt when it began by
    our clock. Else its wall clock stands, uncertain when the machine says so and when it is wrong as it sends. What it
    says of the future, or of a time before there were records, says nothing: then the touch is put where it was over
    for sure, when it reached us, and a person is told.
    """
    reckoned = _reckoned(touched, sent, received_at, boot_began_at)
    if reckoned is not None and reckoned <= received_at + AHEAD:
        return Moment(touched.at if abs(touched.at - reckoned) <= AGREES else min(reckoned, received_at))
    if touched.at > received_at + AHEAD or not has_records(work_date(touched.at)):
        return Moment(received_at, is_uncertain=True)
    is_wrong_now = sent is not None and abs(sent.at - received_at) >= WRONG
    return Moment(touched.at, is_uncertain=is_wrong_now or not clock_ok)


def _reckoned(
    touched: Shown, sent: Shown | None, received_at: datetime, boot_began_at: datetime | None
) -> datetime | None:
    if touched.boot_id is None:
        return None
    if sent is not None and sent.boot_id == touched.boot_id and sent.boottime >= touched.boottime:
        return received_at - (sent.boottime - touched.boottime)
    return None if boot_began_at is None else boot_began_at + touched.boottime


def from_ms(milliseconds: int) -> datetime:
    """Return an instant from milliseconds since 1970. Raises ValueError or OverflowError beyond the calendar."""
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=milliseconds)
