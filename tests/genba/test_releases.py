"""`genba releases`: a release is built, signed with a key that is not on the server, added, offered, withdrawn."""

import base64
import json
import stat
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa
from click.testing import CliRunner, Result

from core.audit.tables import audit_log
from core.clock import FixedClock
from core.db import Database, open_database
from core.devices import release_store, releasing
from core.phone import KeyRing, PhoneSealer
from genba.cli import genba
from genba.releases import building
from reader_bridge.releases import is_signed, read_public_key, release_of
from tests import factories

Type = Callable[..., Result]


@pytest.fixture
def database(sqlite_url: str) -> Database:
    return open_database(sqlite_url)


@pytest.fixture
def key(tmp_path: Path) -> Path:
    return tmp_path / "release.pem"


@pytest.fixture
def type_(sqlite_url: str, monkeypatch: pytest.MonkeyPatch, sealer: PhoneSealer, key: Path) -> Type:
    """Type a command against a server whose release key is that of the file."""
    made = CliRunner().invoke(genba, ["releases", "key", str(key)])
    assert made.exit_code == 0, made.output
    public = next(line for line in made.stdout.splitlines() if line.startswith("GENBA_RELEASE_KEY="))
    for name, value in {
        "GENBA_DATABASE_URL": sqlite_url,
        "GENBA_PUBLIC_URL": "https://genba.test",
        "GENBA_SECRET_KEY": "s" * 40,
        "GENBA_DATA_KEYS": _ring(sealer.data),
        "GENBA_INDEX_KEYS": _ring(sealer.index),
        "GENBA_RELEASE_KEY": public.partition("=")[2],
    }.items():
        monkeypatch.setenv(name, value)
    return lambda *typed: CliRunner().invoke(genba, ["releases", *map(str, typed)])


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    path = tmp_path / "site-program.zip"
    path.write_bytes(building.build(building.installed(), "0.2.0"))
    return path


def test_a_release_goes_its_whole_way(
    type_: Type, tmp_path: Path, key: Path, database: Database, sealer: PhoneSealer, clock: FixedClock
) -> None:
    archive = tmp_path / "new.zip"
    built = type_("build", "--as-version", "0.2.0", "-o", archive)
    assert "version 0.2.0" in built.output
    assert "click>=8.3, cryptography>=46, httpx2>=2.16" in built.output
    assert type_("sign", archive, "--key", key).exit_code == 0
    assert type_("add", archive).exit_code == 0
    assert "a release never changes" in type_("add", archive).output
    with database.write() as session:
        site = factories.site(session, sealer)
        device = factories.device(session, sealer, site, at=clock.now())
    assert "say to whom" in type_("announce", "0.2.0").output
    assert "goes with --all" in type_("announce", "0.2.0", "--site", site.site_id, "--percent", 5).output
    assert "1 to 100" in type_("announce", "0.2.0", "--all", "--percent", 0).output
    assert "no such device" in type_("announce", "0.2.0", "--device", site.site_id).output
    for whom in (("--device", device.device_id), ("--site", site.name), ("--all", "--percent", 20)):
        assert type_("announce", "0.2.0", *whom).exit_code == 0
    (listed,) = json.loads(type_("list", "--json").output)
    assert listed["offered_to"] == ["20 % of all", f"site {site.site_id}", f"device {device.device_id}"]
    with database.read() as session:
        offer = releasing.offer_to(session, device)
        assert offer is not None
        assert release_store.find_archive(session, "0.2.0") == archive.read_bytes()
    assert type_("withdraw", "0.2.0").output == "withdrawn\n"
    assert "withdrawn" in type_("announce", "0.2.0", "--all").output
    assert "withdrawn" in type_("list").output
    with database.read() as session:
        assert releasing.offer_to(session, device) is None
        actions = session.scalars(sa.select(audit_log.c.action).where(audit_log.c.subject_kind == "release")).all()
    assert actions == ["release.added", *["release.announced"] * 3, "release.withdrawn"]


def test_what_was_signed_by_another_key_or_changed_since_is_not_added(
    type_: Type, archive: Path, key: Path, tmp_path: Path
) -> None:
    assert "writes it" in type_("add", archive).output
    other = tmp_path / "other.pem"
    type_("key", other)
    type_("sign", archive, "--key", other)
    assert "no device would take it" in type_("add", archive).output
    type_("sign", archive, "--key", key)
    archive.write_bytes(archive.read_bytes() + b"!")
    assert "not the one that was signed" in type_("add", archive).output
    assert "no archive of a release" in type_("sign", key, "--key", key).output


def test_the_key_is_made_once_for_its_owner_alone_and_locked_where_that_is_asked_for(
    tmp_path: Path, archive: Path
) -> None:
    path = tmp_path / "locked.pem"

    def type_in(*typed: object, keys: str) -> Result:
        return CliRunner().invoke(genba, ["releases", *map(str, typed)], input=keys)

    made = type_in("key", path, "--password", keys="a password\na password\n")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    again = type_in("key", path, keys="a password\n")
    assert made.stdout.splitlines()[-1] == again.stdout.splitlines()[-1]
    assert "cannot be read" in type_in("sign", archive, "--key", path, keys="another\n").output
    assert type_in("sign", archive, "--key", path, keys="a password\n").exit_code == 0


def test_a_roll_back_says_instead_of_which_version(type_: Type, archive: Path, key: Path) -> None:
    assert "instead of 0.3.0" in type_("sign", archive, "--key", key, "--instead-of", "0.3.0").output
    told = json.loads(archive.with_name(archive.name + ".json").read_text())
    release = release_of(told)
    assert (release.version, release.instead_of) == ("0.2.0", "0.3.0")
    assert not is_signed(read_public_key("A" * 43 + "="), release, b"")


def test_an_archive_holds_the_site_program_and_nothing_of_the_server(archive: Path) -> None:
    with zipfile.ZipFile(archive) as opened:
        names = set(opened.namelist())
    assert {"core/texts/ja.py", "reader_bridge/device/static/gate.html", "reader_bridge/device/launcher.py"} <= names
    assert not {name for name in names if name.startswith(("admin/", "genba/", "ivr/", "reader_bridge/intake/"))}
    assert not {"core/db.py", "core/settings.py"} & names
    assert archive.read_bytes() == building.build(building.installed(), "0.2.0"), "the same sources, the same bytes"


def test_a_wheel_gives_the_same_modules(archive: Path, tmp_path: Path) -> None:
    source, wheel = building.installed(), tmp_path / "genba_call-0.2.0-py3-none-any.whl"
    metadata = ["Name: genba-call", "Version: 0.2.0", *(f"Requires-Dist: {need}" for need in source.requires)]
    with zipfile.ZipFile(wheel, "w") as packed:
        for name, content in source.files.items():
            packed.writestr(name, content)
        packed.writestr("genba_call-0.2.0.dist-info/METADATA", "\n".join(metadata))
    assert building.build(building.wheel(wheel)) == archive.read_bytes()
    with pytest.raises(building.CannotBuildError, match="no wheel of ours"):
        building.wheel(archive.with_name("none.whl"))


def _ring(ring: KeyRing) -> str:
    return ",".join(f"{key.key_id}:{base64.b64encode(key.secret).decode()}" for key in ring.keys)
