"""What the tests of the site program are made of: a clock to turn, cards, touches."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from reader_bridge.device.machine import Moment
from reader_bridge.device.touches import NewTouch, Who

MORNING = datetime(2026, 11, 16, 22, 50, tzinfo=UTC)  # 7:50 on the 17th in Japan
BOOT = "11111111-2222-4333-8444-555555555555"


@dataclass(slots=True)
class TurnedMachine:
    """Clocks that move when they are told to, together or each alone."""

    at: datetime = MORNING
    boot_id: str = BOOT
    boottime_ms: int = 600_000

    def moment(self) -> Moment:
        return Moment(self.at, self.boot_id, self.boottime_ms)

    def wait(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)
        self.boottime_ms += int(seconds * 1000)

    def set_wall(self, at: datetime) -> None:
        self.at = at

    def start_again(self, boot_id: str, at: datetime) -> None:
        self.boot_id, self.boottime_ms, self.at = boot_id, 20_000, at


def card(number: int) -> Who:
    return Who("felica", f"{number:016x}")


def touch(machine: TurnedMachine, number: int = 1) -> NewTouch:
    now = machine.moment()
    return NewTouch(card(number), "gate", now.at, None, now.boot_id, now.boottime_ms)
