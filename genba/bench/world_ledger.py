"""The ledger of a large world, as lines of COPY: written out at once, because there are tens of millions of them."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time

from core.clock import JST
from genba.bench.world_rows import World, id_of, line_number

Lines = Iterator[str]

UNKNOWN_EVERY = 1_000  # of so many punches one is an unknown number's, and waits
MISSING_EXIT_EVERY = 200
GAP_MS = 18  # between one caller and the next: a country's hour of the morning
COLUMNS = {
    "punches": "punch_id, sender_key, channel, occurred_at, received_at, phone_id, line_e164, prime_contractor_id",
    "judgements": (
        "punch_id, seq, verdict, reason, worker_id, site_id, prime_contractor_id, direction, work_date, effective_at, "
        "decided_by, judged_at, note"
    ),
    "attendance_days": (
        "worker_id, site_id, work_date, prime_contractor_id, contractor_id, contractor_origin, first_entry_at, "
        "last_exit_at, missing_exit, is_direct, is_void"
    ),
}


@dataclass(frozen=True, slots=True)
class _Person:
    """The texts of a worker's rows."""

    worker_id: str
    phone_id: str
    line: str
    site_id: str
    prime_id: str
    employer_id: str
    channel: str
    gap: str  # the minutes and seconds after the hour, .000 with it


class WorldLedger:
    """Every worker comes on each of the world's days: in from seven on, out from five on, in the same order."""

    def __init__(self, world: World) -> None:
        self.days = world.days
        self.people = [_person(world, n) for n in range(world.size.workers)]

    def tables(self) -> Iterator[tuple[str, Lines]]:
        """Yield each table with its lines."""
        yield "punches", self._punches()
        yield "judgements", self._judgements()
        yield "attendance_days", self._days()

    def _punches(self) -> Lines:
        number = 0
        for day, hour, _ in self._halves():
            start_ms = _ms(day, hour)
            for n, one in enumerate(self.people):
                at = f"{day} {hour:02d}:{one.gap}+09"
                yield (
                    f"{_punch_id(start_ms + n * GAP_MS, number)}\tbench:{number}\t{one.channel}\t{at}\t{at}\t"
                    f"{one.phone_id}\t{one.line}\t{one.prime_id}\n"
                )
                number += 1

    def _judgements(self) -> Lines:
        number = 0
        for day, hour, direction in self._halves():
            start_ms = _ms(day, hour)
            for n, one in enumerate(self.people):
                at = f"{day} {hour:02d}:{one.gap}+09"
                punch_id = _punch_id(start_ms + n * GAP_MS, number)
                is_unknown = number % UNKNOWN_EVERY == 0
                made = "needs_review\tunknown_number\t\\N" if is_unknown else f"accepted\t\\N\t{one.worker_id}"
                yield (
                    f"{punch_id}\t1\t{made}\t{one.site_id}\t{one.prime_id}\t"
                    f"{chr(92) + 'N' if is_unknown else direction}\t{day}\t{at}\tsystem\t{at}\t\n"
                )
                number += 1

    def _days(self) -> Lines:
        for n, one in enumerate(self.people):
            for number, day in enumerate(self.days):
                is_missing = (n + number) % MISSING_EXIT_EVERY == 0
                last = "\\N" if is_missing else f"{day} 17:{one.gap}+09"
                yield (
                    f"{one.worker_id}\t{one.site_id}\t{day}\t{one.prime_id}\t{one.employer_id}\taffiliation\t"
                    f"{day} 07:{one.gap}+09\t{last}\t{is_missing}\tf\tf\n"
                )

    def _halves(self) -> Iterator[tuple[date, int, str]]:
        for day in self.days:
            yield day, 7, "entry"
            yield day, 17, "exit"


def _person(world: World, n: int) -> _Person:
    site = world.site_of(n)
    seconds, thousandths = divmod(n * GAP_MS % 3_600_000, 1000)
    return _Person(
        worker_id=id_of(1, n),
        phone_id=id_of(5, n),
        line=line_number(site),
        site_id=id_of(2, site),
        prime_id=id_of(3, world.prime_of_site(site)),
        employer_id=id_of(3, world.employer_of(n)),
        channel="phone" if n % 4 else "card",
        gap=f"{seconds // 60:02d}:{seconds % 60:02d}.{thousandths:03d}",
    )


def _ms(day: date, hour: int) -> int:
    return int(datetime.combine(day, time(hour), JST).timestamp() * 1000)


def _punch_id(ms: int, n: int) -> str:
    return f"{ms >> 16:08x}-{ms & 0xFFFF:04x}-7000-8000-{n:012x}"
