"""The archive of a release: those of our own modules that the site program imports, and their files, as one zip.

It is run as it is, without unpacking, and names its version as an installed package does. Other packages are not in it;
what it needs of them stands in its METADATA. The same sources give the same bytes.
"""

import ast
import io
import re
import subprocess
import sys
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import packages_distributions, requires, version
from pathlib import Path, PurePosixPath

import reader_bridge
from reader_bridge.releases import MAX_RELEASE_BYTES, Release

OURS = frozenset({"admin", "core", "genba", "ivr", "reader_bridge"})
DISTRIBUTION = "genba-call"
START = "reader_bridge/device"
THE_BEGINNING = (1980, 1, 1, 0, 0, 0)  # of time, in a zip
TRIED_WITHIN_S = 60
_REQUIREMENT = re.compile(
    r"(?P<name>[A-Za-z0-9._-]+)(\[[^]]*\])?(>=(?P<least>[0-9.]+))?\s*(;(?P<marker>.*))?", re.ASCII
)


class CannotBuildError(Exception):
    """What was given makes no release, and why."""


@dataclass(frozen=True, slots=True)
class Source:
    """Where modules are taken from: files by their path within it, the version, and what its metadata requires."""

    files: dict[str, bytes]
    version: str
    requires: tuple[str, ...]


def installed() -> Source:
    """Return the program as it is installed here."""
    root = Path(reader_bridge.__file__).parent.parent
    packages = [root / name for name in sorted(OURS)]
    files = {
        path.relative_to(root).as_posix(): path.read_bytes()
        for package in packages
        for path in package.rglob("*")
        if path.is_file() and _is_wanted(path.relative_to(root).as_posix())
    }
    return Source(files, version(DISTRIBUTION), tuple(requires(DISTRIBUTION) or ()))


def wheel(path: Path) -> Source:
    """Return the program as a wheel holds it. Raises CannotBuildError."""
    try:
        with zipfile.ZipFile(path) as opened:
            files = {name: opened.read(name) for name in opened.namelist() if _is_wanted(name)}
            (described,) = [name for name in opened.namelist() if name.endswith(".dist-info/METADATA")]
            metadata = opened.read(described).decode()
    except (OSError, ValueError, zipfile.BadZipFile) as error:
        raise CannotBuildError(f"{path} is no wheel of ours: {error}") from error
    return Source(files, _field(metadata, "Version")[0], tuple(_field(metadata, "Requires-Dist")))


def build(source: Source, as_version: str | None = None) -> bytes:
    """Return the archive of a source, under its own version or another. Raises CannotBuildError."""
    modules, others = _reached(source)
    data = {name for name in source.files if name.startswith(f"{START}/") and not name.endswith(".py")}
    named = as_version or source.version
    lines = ["Metadata-Version: 2.1", f"Name: {DISTRIBUTION}", f"Version: {named}"]
    lines += [f"Requires-Dist: {need}" for need in _needs(source, others)]
    files = {name: source.files[name] for name in sorted(modules | data)}
    files[f"genba_call-{named}.dist-info/METADATA"] = ("\n".join(lines) + "\n").encode()
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name, THE_BEGINNING), content, zipfile.ZIP_DEFLATED)
    if packed.tell() > MAX_RELEASE_BYTES:
        raise CannotBuildError(f"the archive has {packed.tell()} bytes; devices take {MAX_RELEASE_BYTES} at most")
    return packed.getvalue()


def try_out(archive: bytes) -> None:
    """Let the archive start here, far enough to say its version. Raises CannotBuildError with what went wrong."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "release.zip"
        path.write_bytes(archive)
        code = (
            "import core.texts, reader_bridge.device.program as p, reader_bridge.device.cli as c;"
            "print(c.__file__, core.texts.__file__, p.program_version(), sep='\\n')"
        )
        tried = subprocess.run(
            [sys.executable, "-P", "-c", code],
            env={"PYTHONPATH": str(path)},
            capture_output=True,
            text=True,
            timeout=TRIED_WITHIN_S,
            check=False,
        )
        said = tried.stdout.splitlines()
        if tried.returncode or len(said) != 3 or not all(file.startswith(str(path)) for file in said[:2]):
            raise CannotBuildError(f"the archive does not start: {tried.stderr.strip()[-500:] or said}")


def read(archive: bytes, sha256: str, instead_of: str | None = None) -> Release:
    """Return what there is to sign of an archive. Raises CannotBuildError when it is none of ours."""
    try:
        with zipfile.ZipFile(io.BytesIO(archive)) as opened:
            (described,) = [name for name in opened.namelist() if name.endswith(".dist-info/METADATA")]
            metadata = opened.read(described).decode()
        needs = tuple(_field(metadata, "Requires-Dist"))
        return Release(_field(metadata, "Version")[0], sha256, len(archive), needs, instead_of)
    except (ValueError, IndexError, EOFError, RuntimeError, zipfile.BadZipFile, zlib.error) as error:
        raise CannotBuildError(f"this is no archive of a release: {error}") from error


def _reached(source: Source) -> tuple[set[str], set[str]]:
    """Return the files of the modules that the site program imports, and the other packages among its imports."""
    waiting = [name for name in source.files if name.startswith(f"{START}/") and name.endswith(".py")]
    if not waiting:
        raise CannotBuildError(f"there is no {START} in it")
    reached: set[str] = set()
    others: set[str] = set()
    while waiting:
        name = waiting.pop()
        if name in reached:
            continue
        reached.add(name)
        for module in _imports(name, source.files[name]):
            top = module.partition(".")[0]
            if top in OURS:
                waiting += _files_of(source, module)
            elif top not in sys.stdlib_module_names:
                others.add(top)
    return reached, others


def _imports(name: str, content: bytes) -> Iterator[str]:
    try:
        tree = ast.parse(content)
    except SyntaxError as error:
        raise CannotBuildError(f"{name}: {error}") from error
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _files_of(source: Source, module: str) -> list[str]:
    """Return the file of a module and those of the packages around it; none for a name within a module."""
    parts = module.split(".")
    around = [str(PurePosixPath(*parts[:n], "__init__.py")) for n in range(1, len(parts) + 1)]
    own = str(PurePosixPath(*parts)) + ".py"
    return [name for name in (*around, own) if name in source.files]


def _needs(source: Source, others: set[str]) -> list[str]:
    """Return the packages that must be there, as name>=version; what only some readers need is not among them."""
    least: dict[str, str | None] = {}
    optional: set[str] = set()
    for text in source.requires:
        found = _REQUIREMENT.match(text)
        if found is None:
            continue
        if "extra" in (found["marker"] or ""):
            optional.add(_plain(found["name"]))
        else:
            least[_plain(found["name"])] = found["least"]
    known = packages_distributions()
    names = {_plain(name) for top in others for name in known.get(top, [])[:1]}
    return [f"{name}>={least[name]}" if least.get(name) else name for name in sorted(names - (optional - set(least)))]


def _plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _field(metadata: str, name: str) -> list[str]:
    return [line.partition(": ")[2].strip() for line in metadata.splitlines() if line.startswith(f"{name}: ")]


def _is_wanted(name: str) -> bool:
    return name.partition("/")[0] in OURS and "__pycache__" not in name and not name.endswith(".pyc")
