"""Cards read through a real PC/SC service with a virtual reader, through nfcpy's simulated field, and from keys."""

import queue
import random
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import SimpleNamespace

import nfc
import pytest

from reader_bridge.device.readers import Reader, Seen
from reader_bridge.device.readers.atr import technology_of
from reader_bridge.device.readers.nfc import NfcReader
from reader_bridge.device.readers.pcsc import PcscReader
from reader_bridge.device.readers.typed import read_typed
from reader_bridge.device.touches import Who
from tests.reader_bridge.device.virtual_card import FELICA, ISO_4, TYPE_A, hold
from tests.support.servers import free_port

IDM = bytes.fromhex("01010501b00ac30b")
RUN = Path("/run/pcscd")
CONFIGURATION = """FRIENDLYNAME "Virtual PCD"
DEVICENAME /dev/null:{port:#x}
LIBPATH /usr/lib/pcsc/drivers/serial/libifdvpcd.so
CHANNELID {port:#x}
"""


class Pcscd:
    """The PC/SC service with a virtual reader of two slots; there is one in a machine.

    Its ports are new at each start and from below those that systems give to connections: the virtual reader cannot
    take a port that any connection has just used.
    """

    def __init__(self, folder: Path) -> None:
        self._log, self._config = folder / "pcscd.log", folder / "readers"
        self._process: subprocess.Popen[bytes] | None = None
        self.ports = (0, 0)

    def start(self) -> None:
        first = random.randrange(20_000, 32_000, 2)
        self.ports = (first, first + 1)
        self._config.write_text(CONFIGURATION.format(port=first))
        RUN.mkdir(exist_ok=True)
        for left in ("pcscd.comm", "pcscd.pid"):  # after a kill they keep the next one from starting
            (RUN / left).unlink(missing_ok=True)
        self._log.write_bytes(b"")
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                ["pcscd", "--foreground", "--info", "--config", self._config], stdout=log, stderr=log
            )
        _until(lambda: b"daemon ready" in self._log.read_bytes(), self._log.read_text)

    def log(self) -> str:
        return self._log.read_text()

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()


@pytest.fixture
def pcscd(tmp_path: Path) -> Iterator[Pcscd]:
    service = Pcscd(tmp_path)
    service.start()
    yield service
    service.kill()


def _until(is_so: object, why: object = str) -> None:
    deadline = time.monotonic() + 15
    while not is_so():  # type: ignore[operator]
        assert time.monotonic() < deadline, why()  # type: ignore[operator]
        time.sleep(0.05)


@contextmanager
def _watching(reader: Reader) -> Iterator["queue.Queue[Seen]"]:
    seen: queue.Queue[Seen] = queue.Queue()
    stop = threading.Event()
    thread = threading.Thread(target=reader.watch, args=(seen.put, stop))
    thread.start()
    try:
        yield seen
    finally:
        stop.set()
        thread.join(20)
    assert not thread.is_alive()


@pytest.mark.xdist_group("pcscd")
def test_cards_are_read_at_both_readers_and_after_the_service_was_killed(pcscd: Pcscd) -> None:
    reader = PcscReader()
    with _watching(reader) as seen:
        _until(lambda: len(reader.shown()) == 2, pcscd.log)
        hold(pcscd.ports[0], IDM, 1.2, atr=FELICA)
        assert seen.get(timeout=20) == Seen("Virtual PCD 00 00", Who("felica", IDM.hex()))
        hold(pcscd.ports[1], bytes.fromhex("04a1b2c3d4e5f6"), 1.2, atr=TYPE_A)
        assert seen.get(timeout=20) == Seen("Virtual PCD 00 01", Who("type_a", "04a1b2c3d4e5f6"))

        pcscd.kill()
        _until(lambda: not any(each["attached"] for each in reader.shown()))
        pcscd.start()
        _until(lambda: all(each["attached"] for each in reader.shown()))
        hold(pcscd.ports[0], bytes.fromhex("04a1b2c3d4e5f6"), 1.2, atr=ISO_4)
        assert seen.get(timeout=20).who == Who("type_a", "04a1b2c3d4e5f6")
        assert seen.empty()


@pytest.mark.xdist_group("pcscd")
def test_a_card_that_is_mute_at_first_is_asked_again(pcscd: Pcscd) -> None:
    reader = PcscReader()
    with _watching(reader) as seen:
        _until(lambda: len(reader.shown()) == 2, pcscd.log)
        hold(pcscd.ports[0], IDM, 1.6, silent_reads=2)
        assert seen.get(timeout=20).who == Who("felica", IDM.hex())


@pytest.mark.xdist_group("pcscd")
def test_a_card_that_never_answers_has_to_be_shown_again(pcscd: Pcscd) -> None:
    reader = PcscReader()
    with _watching(reader) as seen:
        _until(lambda: len(reader.shown()) == 2, pcscd.log)
        hold(pcscd.ports[0], IDM, 1.6, silent_reads=99)
        assert seen.get(timeout=20).who is None


def test_pyscards_system_error_and_a_service_that_is_not_there_end_nothing() -> None:
    answers: Iterator[object] = iter([(1, None), SystemError("returned NULL"), (0, ["A reader"])])

    def list_readers(_context: object, _groups: list[object]) -> object:
        answer = next(answers, (0, ["A reader"]))
        if isinstance(answer, Exception):
            raise answer
        return answer

    scard = SimpleNamespace(
        SCARD_SCOPE_USER=0,
        SCARD_S_SUCCESS=0,
        SCARD_E_TIMEOUT=7,
        SCARD_E_NO_READERS_AVAILABLE=8,
        SCARD_E_UNKNOWN_READER=9,
        SCARD_STATE_UNAWARE=0,
        SCardEstablishContext=lambda _scope: (0, object()),
        SCardReleaseContext=lambda _context: 0,
        SCardGetErrorMessage=str,
        SCardListReaders=list_readers,
        SCardGetStatusChange=lambda *_: (time.sleep(0.01), (7, []))[1],
    )
    reader = PcscReader(scard)
    with _watching(reader):
        _until(lambda: reader.shown() == ({"name": "A reader", "attached": True},))


@pytest.mark.parametrize(
    ("atr", "uid", "tech"),
    [
        (FELICA, "01010501b00ac30b", "felica"),
        (TYPE_A, "04a1b2c3d4e5f6", "type_a"),
        (ISO_4, "08a1b2c3", "type_a"),
        (ISO_4, "01010501b00ac30b", "felica"),
        (bytes.fromhex("3b8880014142434411770080") + b"\x00", "08a1b2c3", "type_b"),
        (bytes.fromhex("3b8880014142434411770081") + b"\x00", "08a1b2c3", "type_a"),
        (bytes.fromhex("3b6800000073c84013009000"), "08a1b2c3", "unknown"),
        (b"", "08a1b2c3", "unknown"),
    ],
)
def test_the_technology_is_read_from_the_answer_to_reset(atr: bytes, uid: str, tech: str) -> None:
    assert technology_of(atr, bytes.fromhex(uid)) == tech


@pytest.mark.parametrize(
    ("text", "who"),
    [
        ("12345678901234", Who(ccus_worker_id="12345678901234")),
        ("１２３４ ５６７８ ９０１２ ３４", Who(ccus_worker_id="12345678901234")),
        ("01010501B00AC30B", Who("felica", "01010501b00ac30b")),
        ("04:A1:B2:C3:D4:E5:F6", Who("type_a", "04a1b2c3d4e5f6")),
        ("08a1b2c3", Who("unknown", "08a1b2c3")),
        ("1234567890123", None),
        ("こんにちは", None),
        ("", None),
    ],
)
def test_what_is_typed_is_an_id_or_a_card_or_nothing(text: str, who: Who | None) -> None:
    assert read_typed(text) == who


@contextmanager
def _felica_in_the_field(port: int) -> Iterator[None]:
    ends = threading.Event()

    def emulate() -> None:
        def begin(target: nfc.clf.LocalTarget) -> nfc.clf.LocalTarget:
            target.brty = "212F"
            target.sensf_res = bytearray(b"\x01" + IDM + b"\xff" * 8 + b"\xfe\x00")
            return target

        with nfc.ContactlessFrontend(f"udp:127.0.0.1:{port}") as card:
            while not ends.is_set():
                card.connect(card={"on-startup": begin, "timeout": 0.5}, terminate=ends.is_set)

    thread = threading.Thread(target=emulate)
    thread.start()
    try:
        yield
    finally:
        ends.set()
        thread.join(20)


@pytest.mark.xdist_group("nfc")
def test_a_felica_card_in_the_simulated_field_is_told_once_however_long_it_lies_there() -> None:
    port = free_port()
    reader = NfcReader(f"udp:127.0.0.1:{port}", ("212F",))
    with _felica_in_the_field(port), _watching(reader) as seen:
        assert seen.get(timeout=15) == Seen(f"NFC udp:127.0.0.1:{port}", Who("felica", IDM.hex()))
        assert reader.shown()[0]["attached"]
        with suppress(queue.Empty):
            pytest.fail(str(seen.get(timeout=2.5)))


def test_a_device_that_is_not_plugged_in_is_shown_as_missing() -> None:
    reader = NfcReader("usb:ffff:ffff")
    stop = threading.Event()
    threading.Timer(0.3, stop.set).start()
    reader.watch(lambda _seen: None, stop)

    assert reader.shown() == ({"name": "NFC usb:ffff:ffff", "attached": False},)
