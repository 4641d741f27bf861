"""How devices are shown: by site, what needs somebody first, each state in a word and a shape."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from core.devices.model import DeviceLine, DeviceState, Report

PAGE_ROWS = 40
# What needs somebody soonest stands first.
ORDER = (
    DeviceState.SILENT,
    DeviceState.NO_READER,
    DeviceState.HELD_UP,
    DeviceState.CLOCK_WRONG,
    DeviceState.NEW,
    DeviceState.WELL,
    DeviceState.REVOKED,
)
SHAPES = {
    DeviceState.SILENT: "■",
    DeviceState.NO_READER: "▲",
    DeviceState.HELD_UP: "▲",
    DeviceState.CLOCK_WRONG: "▲",
    DeviceState.NEW: "◇",
    DeviceState.WELL: "●",
    DeviceState.REVOKED: "×",
}
TROUBLES = frozenset(ORDER[:4])


@dataclass(frozen=True, slots=True)
class SiteDevices:
    """The devices of one site on a page."""

    name: str
    lines: tuple[DeviceLine, ...]


@dataclass(frozen=True, slots=True)
class Fleet:
    """A page of the fleet; troubled and well count all of it."""

    sites: tuple[SiteDevices, ...]
    first: int
    last: int
    total: int
    troubled: int
    well: int


def fleet_of(lines: Sequence[DeviceLine], page: int) -> Fleet:
    """Return a page of the devices, the sites with the worst first."""
    by_site = [list(group) for _, group in groupby(lines, key=lambda line: line.device.site_id)]
    by_site.sort(key=lambda group: min(map(_rank, group)))  # stable: else by the names of the sites
    ordered = [line for group in by_site for line in sorted(group, key=_rank)]
    start = (page - 1) * PAGE_ROWS
    part = ordered[start : start + PAGE_ROWS]
    sites = [list(group) for _, group in groupby(part, key=lambda line: line.device.site_id)]
    return Fleet(
        sites=tuple(SiteDevices(group[0].site, tuple(group)) for group in sites),
        first=start + 1,
        last=start + len(part),
        total=len(ordered),
        troubled=sum(line.state in TROUBLES for line in lines),
        well=sum(line.state is DeviceState.WELL for line in lines),
    )


def tone_of(state: DeviceState) -> str:
    """Return how a state is coloured, beside its word and its shape."""
    if state is DeviceState.SILENT:
        return "bad"
    return "warn" if state in TROUBLES else "good" if state is DeviceState.WELL else "plain"


def skew_s(report: Report) -> float:
    """Return by how many seconds a device's clock is ahead of ours; below zero when it is behind."""
    return round(report.skew_ms / 1000, 1)


def _rank(line: DeviceLine) -> int:
    return ORDER.index(line.state)
