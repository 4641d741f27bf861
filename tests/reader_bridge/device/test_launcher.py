"""The launcher: a version that is well stays, one that is not is gone back from, and a power cut leaves one to run."""

import errno
import hashlib
import io
import json
import subprocess
import sys
import threading
import time
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from reader_bridge.device import versions as kept
from reader_bridge.device.folder import InUseError, prepare
from reader_bridge.device.launcher import Launcher, Limits
from reader_bridge.device.versions import Failed, Slot, Versions, Wanted

OFFERED = "2026-11-17T03:00:00+00:00"
LIMITS = Limits(healthy_within_s=1.5, crash_within_s=60, stop_within_s=5, pause_s=0.01, look_every_s=0.02)

# What stands for the program in these tests: it says which it is, and is well, or not.
WELL = """
import json, os, sys
def main():
    folder = sys.argv[1]
    open(f"{folder}/ran", "a").write(os.environ["PYTHONPATH"].partition(":")[0].rpartition("/")[2] + "\\n")
    told = {"token": os.environ["GENBA_READER_LAUNCH"], "missing": MISSING}
    open(f"{folder}/updates/health.json", "w").write(json.dumps(told))
    sys.stdin.buffer.read()
MISSING = []
"""
NEVER_WELL = WELL.replace("MISSING = []", "MISSING = ['the heartbeat was refused: malformed']")
CRASHES = 'def main():\n    raise RuntimeError("no such card 04a1b2c3d4e5")\n'
CRASHES_LATER = WELL.replace("    sys.stdin.buffer.read()", "    import time; time.sleep(0.3); os._exit(3)")


def archive(code: str) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as opened:
        for name in ("reader_bridge/__init__.py", "reader_bridge/device/__init__.py"):
            opened.writestr(name, "")
        opened.writestr("reader_bridge/device/cli.py", code)
    return packed.getvalue()


class Machine:
    """A device's folder and a launcher over it; the installed program is 0.1.0 and well."""

    def __init__(self, folder: Path) -> None:
        self.folder = prepare(folder)
        self.launcher = Launcher(self.folder, "0.1.0", (str(self.folder),), LIMITS)

    def lay(self, version: str, code: str) -> Slot:
        content = archive(code)
        slot = Slot(version, hashlib.sha256(content).hexdigest())
        (kept.folder_of(self.folder) / slot.name).write_bytes(content)
        return slot

    def want(self, version: str, code: str) -> Slot:
        slot = self.lay(version, code)
        kept.keep_wanted(self.folder, Wanted(slot, OFFERED))
        return slot

    def versions(self) -> Versions:
        return kept.read_versions(self.folder, "0.1.0")

    def archives(self) -> set[str]:
        return {path.name for path in kept.folder_of(self.folder).glob("*.zip")}

    def ran(self) -> list[str]:
        """Return which archives were started, "base" for the installed program."""
        try:
            return (self.folder / "ran").read_text().split()
        except FileNotFoundError:
            return []

    @contextmanager
    def running(self) -> Iterator[None]:
        stop = threading.Event()
        thread = threading.Thread(target=self.launcher.run, args=(stop,))
        thread.start()
        try:
            yield
        finally:
            stop.set()
            thread.join(10)
            assert not thread.is_alive()


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    base = tmp_path / "base"
    base.write_bytes(archive(WELL))
    monkeypatch.setenv("PYTHONPATH", str(base))
    return Machine(tmp_path / "device")


def until(is_so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.03)


def test_a_version_that_is_well_stays_and_the_one_before_is_kept(machine: Machine) -> None:
    first = machine.lay("0.2.0", WELL)
    kept.keep_versions(machine.folder, Versions("0.1.0", current=first))
    oldest = machine.lay("0.1.5", WELL)
    second = machine.want("0.3.0", WELL)
    with machine.running():
        until(lambda: machine.versions().current == second)
    assert machine.versions() == Versions("0.1.0", second, OFFERED, first)
    assert machine.archives() == {first.name, second.name}
    assert oldest.name not in machine.archives()
    assert machine.ran() == [second.name]


@pytest.mark.parametrize(
    ("code", "why", "starts"),
    [
        (CRASHES, "exit status 1: RuntimeError: no such card …", 0),
        (NEVER_WELL, "not well within 2 s: the heartbeat was refused: malformed", 1),
        (CRASHES_LATER, "exit status 3", 3),
    ],
)
def test_a_version_that_fails_is_gone_back_from(machine: Machine, code: str, why: str, starts: int) -> None:
    before = machine.lay("0.2.0", WELL)
    kept.keep_versions(machine.folder, Versions("0.1.0", current=before))
    bad = machine.want("0.3.0", code)
    with machine.running():
        until(lambda: machine.ran()[-1:] == [before.name])
    assert machine.versions().current == before
    assert machine.versions().failed == Failed("0.3.0", OFFERED, why)
    assert machine.archives() == {before.name}
    assert machine.ran() == [bad.name] * starts + [before.name]


def test_with_nothing_else_left_the_installed_program_runs(machine: Machine) -> None:
    machine.want("0.2.0", CRASHES)
    with machine.running():
        until(lambda: machine.ran() == ["base"])
    assert machine.versions().failed == Failed("0.2.0", OFFERED, "exit status 1: RuntimeError: no such card …")


def test_a_machine_that_loses_power_again_and_again_in_a_trial_goes_back(machine: Machine) -> None:
    slot = machine.want("0.2.0", WELL)
    assert [machine.launcher.choose() for _ in range(4)] == [slot, slot, slot, None]
    assert machine.versions().failed is not None


def test_an_archive_that_was_damaged_on_the_disk_is_not_run(machine: Machine) -> None:
    first, second = machine.lay("0.2.0", WELL), machine.lay("0.3.0", WELL)
    kept.keep_versions(machine.folder, Versions("0.1.0", second, OFFERED, first))
    (kept.folder_of(machine.folder) / second.name).write_bytes(b"PK")
    assert machine.launcher.choose() == first
    (kept.folder_of(machine.folder) / first.name).unlink()
    assert machine.launcher.choose() is None


def test_a_second_launcher_leaves_the_first_ones_trial_alone(machine: Machine) -> None:
    slot = machine.want("0.2.0", WELL)
    with machine.running():
        until(lambda: machine.ran() == [slot.name])
        with pytest.raises(InUseError):
            Launcher(machine.folder, "0.1.0", ()).run(threading.Event())
        until(lambda: machine.versions().current == slot)


def test_a_full_disk_ends_no_launcher_and_confirms_nothing_that_did_not_run(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    write, is_full = kept.keep_versions, threading.Event()

    def keep(folder: Path, versions: Versions) -> None:
        if is_full.is_set():
            raise OSError(errno.ENOSPC, "full")
        write(folder, versions)

    first, trial = machine.lay("0.2.0", WELL), machine.lay("0.3.0", WELL)
    write(machine.folder, Versions("0.1.0", first, trial=Wanted(trial, OFFERED)))
    monkeypatch.setattr(kept, "keep_versions", keep)
    is_full.set()
    with machine.running():
        until(lambda: machine.ran() == [first.name])
        is_full.clear()
        time.sleep(3 * LIMITS.look_every_s)
    assert (machine.versions().current, machine.versions().trial) == (first, Wanted(trial, OFFERED))
    write(machine.folder, replace(machine.versions(), starts=0))
    with machine.running():
        until(lambda: trial.name in machine.ran())
        is_full.set()
        time.sleep(3 * LIMITS.look_every_s)
        is_full.clear()
        until(lambda: machine.versions().current == trial)


def test_a_machine_that_was_set_up_anew_runs_what_was_installed(machine: Machine) -> None:
    kept.keep_versions(machine.folder, Versions("0.1.0", machine.lay("0.2.0", WELL)))
    assert Launcher(machine.folder, "0.3.0", ()).choose() is None


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"base": "0.1.0"}', b"\xff"])
def test_what_is_written_down_and_cannot_be_read_is_as_nothing(machine: Machine, content: bytes) -> None:
    for name in (kept.STATE, kept.WANTED):
        (kept.folder_of(machine.folder) / name).write_bytes(content)
    assert machine.launcher.choose() is None


def test_a_wanted_version_that_failed_as_it_was_offered_is_not_tried_again(machine: Machine) -> None:
    slot = machine.want("0.2.0", WELL)
    failed = Failed("0.2.0", OFFERED, "exit status 1")
    kept.keep_versions(machine.folder, Versions("0.1.0", failed=failed))
    assert machine.launcher.choose() is None
    kept.keep_wanted(machine.folder, replace(Wanted(slot, OFFERED), offered_at="2026-11-18T03:00:00+00:00"))
    machine.lay("0.2.0", WELL)
    assert machine.launcher.choose() == slot


CUTS = """
import base64, json, os, shutil, signal, sys
from pathlib import Path
from reader_bridge.device import versions as kept
from reader_bridge.device.folder import prepare
from reader_bridge.device.launcher import Launcher
from reader_bridge.device.updating import Updater
from reader_bridge.device.versions import Slot, Versions

offer, public, folder = json.loads(sys.argv[1]), sys.argv[2], Path(sys.argv[3])
CONTENT, OLD = b"a new archive", b"an old archive"
NEW, BEFORE = Slot("0.3.0", offer["sha256"]), Slot("0.2.0", sys.argv[4])

class Line:
    def fetch(self, target, most):
        return CONTENT

def take():
    updater = Updater(folder, "0.2.0", public, Line(), is_launched=True, is_quiet=lambda: True, end=lambda: None)
    updater.offered(offer)
    updater.step()

def all_steps():
    take()
    launcher = Launcher(folder, "0.1.0", ())
    launcher.choose()
    launcher._confirm()
    launcher.choose()

def cut_at(nth):
    seen = 0
    for name in ("replace", "unlink", "fsync", "open"):
        def counted(*given, done=getattr(os, name), **more):
            nonlocal seen
            seen += 1
            if seen == nth:
                os.kill(os.getpid(), signal.SIGKILL)
            return done(*given, **more)
        setattr(os, name, counted)

cuts = 0
while True:
    shutil.rmtree(folder, ignore_errors=True)
    kept.folder_of(prepare(folder)).mkdir()
    (kept.folder_of(folder) / BEFORE.name).write_bytes(OLD)
    kept.keep_versions(folder, Versions("0.1.0", BEFORE))
    child = os.fork()
    if not child:
        cut_at(cuts + 1)
        all_steps()
        os._exit(0)
    status = os.waitpid(child, 0)[1]
    if os.WIFEXITED(status):
        assert os.WEXITSTATUS(status) == 0
        break
    cuts += 1
    chosen = Launcher(folder, "0.1.0", ()).choose()
    assert chosen in (NEW, BEFORE) and kept.is_whole(folder, chosen), (cuts, chosen)
    assert kept.is_whole(folder, BEFORE), cuts
    all_steps()
    assert kept.read_versions(folder).current == NEW, cuts
print(cuts)
"""


def test_a_kill_between_any_two_steps_leaves_a_version_that_runs(tmp_path: Path) -> None:
    from tests.reader_bridge.device.releases import PUBLIC, update  # noqa: PLC0415

    offer = update(b"a new archive", "0.3.0")
    old = hashlib.sha256(b"an old archive").hexdigest()
    command = [sys.executable, "-c", CUTS, json.dumps(offer), PUBLIC, str(tmp_path / "device"), old]
    answer = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert answer.returncode == 0, answer.stderr
    assert int(answer.stdout) >= 12
