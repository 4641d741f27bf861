"""The commands as they are typed, against a server that does as it is told."""

import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from reader_bridge.device import identity as identities
from reader_bridge.device.installing import systemd_unit, windows_task
from reader_bridge.device.machine_check import mount_of
from reader_bridge.device.spool import Spool
from tests.reader_bridge.device import fake_intake
from tests.reader_bridge.device.fake_intake import FakeIntake
from tests.reader_bridge.device.makers import TurnedMachine, touch

PROGRAM = str(Path(sys.executable).with_name("genba-reader"))


def typed(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [PROGRAM, "--folder", str(folder), *arguments]
    return subprocess.run(
        command, capture_output=True, text=True, check=False, timeout=60, env={**os.environ, "LANG": "C.UTF-8"}
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "device"


def test_a_device_is_enrolled_sends_and_says_how_it_is(folder: Path, intake: FakeIntake) -> None:
    assert "not enrolled" in typed(folder, "status").stdout
    refused = typed(folder, "enrol", intake.url, "WRONG")
    assert (refused.returncode, refused.stderr) == (2, "genba-reader: the server says no: This code is not valid.\n")

    enrolled = typed(folder, "enrol", intake.url, "ABCD-1234")
    assert (enrolled.returncode, enrolled.stdout) == (0, "Enrolled as 北ゲート at 中央ビル.\n")
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()}
    assert modes == {"device.json": 0o600, "device.key": 0o600}

    spool = Spool(folder / "spool.db")
    ids = [spool.append(touch(TurnedMachine(), number)).id for number in range(3)]
    spool.close()
    assert json.loads(typed(folder, "status", "--json").stdout)["unsent"] == 3
    assert typed(folder, "send").stdout == "3 sent, 0 wait, 0 refused for good.\n"
    assert sorted(intake.taken) == sorted(ids)


def test_what_was_refused_is_sent_again_on_demand(folder: Path, intake: FakeIntake) -> None:
    typed(folder, "enrol", intake.url, "ABCD-1234")
    spool = Spool(folder / "spool.db")
    spool.append(touch(TurnedMachine()))
    spool.close()
    intake.judge = lambda _item: {"result": "refused", "code": "x"}
    assert typed(folder, "send").stdout == "0 sent, 0 wait, 1 refused for good.\n"
    assert "send --again" in typed(folder, "status").stdout

    intake.judge = lambda _item: {"result": "accepted"}
    assert typed(folder, "send", "--again").stdout == "1 sent, 0 wait, 0 refused for good.\n"


def test_a_server_that_is_away_is_said_in_one_line(folder: Path, intake: FakeIntake) -> None:
    typed(folder, "enrol", intake.url, "ABCD-1234")
    spool = Spool(folder / "spool.db")
    spool.append(touch(TurnedMachine()))
    spool.close()
    intake.troubles.append(fake_intake.AWAY)

    answer = typed(folder, "send")
    assert (answer.returncode, answer.stderr) == (2, "genba-reader: 0 sent, 1 wait: the server is away\n")


@pytest.mark.parametrize("url", ["http://genba.example", "ftp://genba.example", "https://"])
def test_a_device_speaks_to_no_unsafe_address(folder: Path, url: str) -> None:
    assert typed(folder, "enrol", url, "ABCD-1234").returncode == 2


def test_a_loggers_file_is_brought_in_once_and_its_columns_are_remembered(folder: Path, tmp_path: Path) -> None:
    file = tmp_path / "log.csv"
    file.write_bytes("番号,日時\n0101 0501 B00A C30B,2026/11/17 7:50\nxx,2026/11/17 7:51\n".encode("cp932"))
    columns = ("--columns", "card_uid=番号,occurred_at=日時", "--tech", "felica")

    assert typed(folder, "import", str(file)).returncode == 2
    assert "1 would be brought in" in typed(folder, "import", str(file), *columns, "--dry-run").stdout
    first = typed(folder, "import", str(file), "--model", "M-1", *columns)
    assert first.stdout == "1 brought in, 0 known already, 1 with something wrong\n"
    assert first.stderr.startswith("line 3: 'xx' is not the number of a card")
    assert first.returncode == 1
    second = typed(folder, "import", str(file), "--model", "M-1")
    assert second.stdout == "0 brought in, 1 known already, 1 with something wrong\n"
    assert "are not known yet" in typed(folder, "import", str(file), "--model", "M-2").stderr


def test_doctor_says_what_is_wrong_in_plain_words(folder: Path, intake: FakeIntake) -> None:
    typed(folder, "enrol", intake.url, "ABCD-1234")
    answer = typed(folder, "doctor", "--reader", "nfc:usb:ffff:ffff", "--json")
    found = {each["name"]: each["verdict"] for each in json.loads(answer.stdout)}

    assert answer.returncode == 1
    assert found["readers (nfc:usb:ffff:ffff)"] == "bad"
    assert found["enrolment"] == "fine"
    assert found["flush to disk"] in ("fine", "warning")
    assert found["server"] == "bad", "this fake one answers no unsigned question"
    assert typed(folder, "doctor", "--reader", "serial").stdout.startswith("bad     readers (serial): cannot be used")


def test_mounts_are_read_by_the_longest_way() -> None:
    mounts = "/dev/a / ext4 rw,relatime 0 0\n/dev/b /data\\040x vfat rw,sync 0 0\ntmpfs /data tmpfs rw 0 0\nodd\n"
    assert mount_of(Path("/data x/device"), mounts) == ("vfat", ["rw", "sync"])
    assert mount_of(Path("/srv"), mounts) == ("ext4", ["rw", "relatime"])
    assert mount_of(Path("/srv"), "") is None


def test_what_starts_the_program_names_folder_and_readers() -> None:
    unit = systemd_unit("/opt/genba/bin/genba-reader", Path("/var/lib/genba-reader"), ("--reader", "nfc:usb"))
    assert "ExecStart=/opt/genba/bin/genba-reader --folder /var/lib/genba-reader launch --reader nfc:usb\n" in unit
    assert "ReadWritePaths=/var/lib/genba-reader\n" in unit
    assert "Type=notify\nNotifyAccess=all\nWatchdogSec=90\n" in unit, "a program that hangs is started again"
    script = windows_task(r"C:\Program Files\Genba\genba-reader.exe", Path("C:/ProgramData/Kato's"), ())
    assert r"-Execute 'C:\Program Files\Genba\genba-reader.exe'" in script
    assert "Kato''s" in script


def test_what_is_kept_of_the_device_is_read_back(tmp_path: Path, intake: FakeIntake) -> None:
    identities.keep(tmp_path, intake.identity())
    with pytest.raises(identities.NotEnrolledError):
        identities.load(tmp_path)
    identities.keep_key(tmp_path, intake.key)
    assert identities.load(tmp_path)[0] == intake.identity()


def test_the_release_key_is_the_servers_word_or_what_was_typed(folder: Path, intake: FakeIntake) -> None:
    intake.release_key, typed_key = "A" * 43 + "=", "B" * 42 + "A="
    assert "not enrolled" in typed(folder, "trust", typed_key).stderr
    typed(folder, "enrol", intake.url, "ABCD-1234")
    assert identities.load(folder)[0].release_key == intake.release_key
    assert typed(folder, "trust", typed_key).returncode == 0
    assert identities.load(folder)[0].release_key == typed_key
    assert "base64 of 32 bytes" in typed(folder, "trust", "none").stderr
    assert typed(folder, "enrol", intake.url, "ABCD-1234", "--release-key", typed_key).returncode == 0
    assert identities.load(folder)[0].release_key == typed_key
