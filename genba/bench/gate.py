"""The site program as the reader bench starts and kills it: touches nobody makes, and a line that fails on purpose.

Run as `python -m genba.bench.gate FOLDER PLAN`; it prints the id of every touch for which the tone was given,
"refused" for one that could not be kept, and "drained" when nothing waits any more.
"""

import json
import random
import resource
import signal
import socket
import sys
import threading
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from reader_bridge.device import identity as identities
from reader_bridge.device.folder import SPOOL
from reader_bridge.device.machine import Machine, Moment, ThisMachine
from reader_bridge.device.readers import Seen
from reader_bridge.device.server import AwayError, Server
from reader_bridge.device.showing import Tone
from reader_bridge.device.spool import Spool
from reader_bridge.device.station import Parts, Station
from reader_bridge.device.touches import Who
from reader_bridge.device.uplink import Uplink

PAST = timedelta(days=40)  # how long the machine has been up, so that touches of a month ago are of this boot


@dataclass(frozen=True, slots=True)
class GatePlan:
    """What one run of the program is to meet. first_s and step_s move its clocks: from when on, how far for a touch.

    spare_bytes is up to where files can be written, wall_s by how much the clock on the wall alone is wrong.
    """

    touches: int = 0
    every_s: float = 0.0
    seed: int = 0
    is_offline: bool = False
    is_faulty: bool = False
    first_s: float = 0.0
    step_s: float = 0.0
    wall_s: float = 0.0
    spare_bytes: int | None = None

    def arguments(self, folder: Path) -> list[str]:
        return [sys.executable, "-m", "genba.bench.gate", str(folder), json.dumps(asdict(self))]


class ShiftedMachine:
    """This machine at another time."""

    def __init__(self, plan: GatePlan) -> None:
        self._machine, self._wall = ThisMachine(), timedelta(seconds=plan.wall_s)
        self.shift = timedelta(seconds=plan.first_s)

    def moment(self) -> Moment:
        moment = self._machine.moment()
        boottime = moment.boottime_ms + (PAST + self.shift) // timedelta(milliseconds=1)
        return Moment(moment.at + self.shift + self._wall, moment.boot_id, boottime)


class FaultyLine:
    """A line that loses, repeats, shuffles and cuts off what is sent, and loses answers."""

    def __init__(self, server: Server, address: str, plan: GatePlan) -> None:
        self._server, self._address, self._plan = server, urlsplit(address), plan
        self._random = random.Random(plan.seed)  # noqa: S311 - the same faults again for the same seed

    def post(self, target: str, content: Mapping[str, Any]) -> dict[str, Any]:
        if self._plan.is_offline:
            raise AwayError("there is no network")
        chance = self._random.random() if self._plan.is_faulty else 1.0
        if chance < 0.1:
            raise AwayError("lost on the way there")
        if chance < 0.2:
            self._cut_off(target)
        items = list(content["items"])
        if chance < 0.5:
            self._random.shuffle(items)
        answer = self._server.post(target, {**content, "items": items})
        if chance < 0.3:
            return self._server.post(target, {**content, "items": items})
        if chance < 0.4:
            raise AwayError("lost on the way back")
        return answer

    def _cut_off(self, target: str) -> None:
        head = f"POST {target} HTTP/1.1\r\nHost: bench\r\nContent-Length: 5000\r\n\r\n" + '{"items": ['
        try:
            with socket.create_connection((self._address.hostname or "", self._address.port or 80), 1) as connection:
                connection.sendall(head.encode())
        except OSError:
            pass
        raise AwayError("cut off")


def run(folder: Path, plan: GatePlan) -> None:
    """Touch as planned while the uplink sends; stay until killed when anything waits, or until all is sent."""
    machine, spool = ShiftedMachine(plan), Spool(folder / SPOOL)
    identity, key = identities.load(folder)
    station = Station(Parts(folder, spool, machine, identity, None, list))
    server = Server(identity.url, identity.device_id, key, machine, spool.learn_boot)
    uplink, stop = Uplink(spool, FaultyLine(server, identity.url, plan), machine, station), threading.Event()
    station.on_touch = uplink.touched
    threading.Thread(target=uplink.run, args=(stop,), daemon=True).start()
    if plan.spare_bytes is not None:
        _limit(plan.spare_bytes)
    touch_all(station, machine, plan)
    while not plan.is_offline and spool.unsent().waiting:
        uplink.send_now()
        time.sleep(0.05)
    print("drained", flush=True)


def touch_all(station: Station, machine: ShiftedMachine | Machine, plan: GatePlan) -> list[float]:
    """Make the touches, and print the id of each that was kept; return what each took until its tone, in seconds."""
    took = []
    cards = random.Random(plan.seed)  # noqa: S311 - cards that differ
    with station.board.watching() as shown:
        for _ in range(plan.touches):
            started = time.perf_counter()
            station.seen(Seen("bench", Who("type_a", f"{cards.getrandbits(56):014x}")))
            told = shown.get()
            while told["late"]:
                told = shown.get()
            took.append(time.perf_counter() - started)
            print("refused" if told["tone"] == Tone.NOT_KEPT else told["id"], flush=True)
            if isinstance(machine, ShiftedMachine):
                machine.shift += timedelta(seconds=plan.step_s)
            time.sleep(plan.every_s)
    return took


def _limit(bytes_a_file: int) -> None:
    """Let nothing be written beyond so many bytes of a file, as on a disk that is full."""
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (bytes_a_file, resource.RLIM_INFINITY))


if __name__ == "__main__":
    run(Path(sys.argv[1]), GatePlan(**json.loads(sys.argv[2])))
