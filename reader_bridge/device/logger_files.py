"""Files of logging readers: which column holds what, and each row as a touch with an id that its content decides.

Our own columns are card_tech, card_uid, ccus_worker_id, occurred_at and direction; another model's are mapped to them.
A row brought in twice has the same id twice, so it is one touch here and at the server.
"""

import csv
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from uuid import UUID, uuid5

from core.clock import FIRST_YEAR, JST
from core.ids import parse_ccus_id
from reader_bridge.device.touches import NewTouch, Who
from reader_bridge.wire import DirectionName

COLUMNS = ("card_tech", "card_uid", "ccus_worker_id", "occurred_at", "direction")
TECHNOLOGIES = ("type_a", "type_b", "felica", "unknown")
ENCODINGS = ("utf-8-sig", "cp932")
FORMATS = ("%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M", "%Y%m%d %H%M%S", "%Y%m%d%H%M%S", "%Y%m%d %H:%M:%S", "%Y%m%d %H:%M")
ENTRY, EXIT = ("entry", "in", "入場", "入", "入室", "出勤"), ("exit", "out", "退場", "退", "出", "退室", "退勤")
AHEAD = timedelta(days=1)
_NAMESPACE = UUID("0f9b5d2e-6a43-5c1d-9a57-8d1d3c2b7a10")
_SEPARATORS = str.maketrans(
    {"/": "-", ".": "-", "年": "-", "月": "-", "日": " ", "T": " ", "時": ":", "分": ":", "秒": ""}
)


class ColumnsError(Exception):
    """The file has not the columns that were named."""


@dataclass(frozen=True, slots=True)
class Model:
    """Where our columns are in a model's files; several headings joined by + are read as one. tech is for all rows."""

    columns: Mapping[str, str] = field(default_factory=dict)
    tech: str | None = None

    def heading(self, column: str) -> str:
        return self.columns.get(column, column)


@dataclass(frozen=True, slots=True)
class Rows:
    """What a file holds: touches, and what is wrong in which line."""

    touches: tuple[NewTouch, ...]
    problems: tuple[tuple[int, str], ...]


def parse_columns(text: str) -> dict[str, str]:
    """Return a mapping given as card_uid=カードID,occurred_at=日付+時刻. Raises ColumnsError."""
    mapping: dict[str, str] = {}
    for part in text.split(","):
        ours, separator, theirs = part.partition("=")
        if not separator or ours.strip() not in COLUMNS or not theirs.strip():
            raise ColumnsError(f"{part!r}: write OURS=THEIRS, where OURS is one of {', '.join(COLUMNS)}")
        mapping[ours.strip()] = theirs.strip()
    return mapping


def decode(content: bytes) -> str:
    """Return the text of a file in UTF-8 or CP932. Raises ColumnsError for anything else."""
    for encoding in ENCODINGS:
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise ColumnsError("the file is neither UTF-8 nor CP932")


def read_rows(content: bytes, model: Model, reader: str, now: datetime) -> Rows:
    """Read a whole file; lines with something wrong are left out and told. Raises ColumnsError."""
    lines = csv.DictReader(io.StringIO(decode(content), newline=""))
    try:
        headings = lines.fieldnames or ()
    except csv.Error as error:
        raise ColumnsError(f"the first line is no CSV: {error}") from error
    _check_headings(headings, model)
    touches: list[NewTouch] = []
    problems: list[tuple[int, str]] = []
    for line in _lines(lines, problems):
        try:
            touches.append(_touch(line, model, reader, now))
        except ValueError as error:
            problems.append((lines.line_num, str(error)))
    return Rows(tuple(touches), tuple(problems))


def _lines(lines: "csv.DictReader[str]", problems: list[tuple[int, str]]) -> Iterator[Mapping[str, str]]:
    try:
        for line in lines:
            plain = {name: value for name, value in line.items() if isinstance(name, str) and isinstance(value, str)}
            if any(value.strip() for value in plain.values()):
                yield plain
    except csv.Error as error:
        problems.append((lines.line_num, f"this is no CSV from here on: {error}"))


def _check_headings(headings: object, model: Model) -> None:
    known = set(headings) if isinstance(headings, (list, tuple)) else set()
    needed = [model.heading("occurred_at"), *model.columns.values()]
    missing = {part for heading in needed for part in heading.split("+")} - known
    if missing:
        raise ColumnsError(f"the file has no column {', '.join(sorted(missing))}; it has {', '.join(sorted(known))}")
    if not known & {model.heading("card_uid"), model.heading("ccus_worker_id")}:
        raise ColumnsError("the file names nobody: card_uid or ccus_worker_id is needed")


def _touch(line: Mapping[str, str], model: Model, reader: str, now: datetime) -> NewTouch:
    values = {column: _value(line, model.heading(column)) for column in COLUMNS}
    who = _who(values, model.tech)
    at = _instant(values["occurred_at"])
    if at.year < FIRST_YEAR or at > now + AHEAD:
        raise ValueError(f"{values['occurred_at']}: no touch can have been then")
    direction = _direction(values["direction"])
    content = "|".join((who.key, who.card_tech or "", at.isoformat(), direction or ""))
    return NewTouch(who, reader, at, direction, channel="logger", id=uuid5(_NAMESPACE, content))


def _value(line: Mapping[str, str], heading: str) -> str:
    return " ".join(line.get(part, "").strip() for part in heading.split("+")).strip()


def _who(values: Mapping[str, str], tech: str | None) -> Who:
    uid = values["card_uid"].lower().replace(":", "").replace(" ", "").replace("-", "")
    if not uid:
        if not values["ccus_worker_id"]:
            raise ValueError("neither a card nor a CCUS id")
        return Who(ccus_worker_id=parse_ccus_id(values["ccus_worker_id"]))
    if set(uid) - set("0123456789abcdef") or len(uid) % 2 or not 8 <= len(uid) <= 20:
        raise ValueError(f"{values['card_uid']!r} is not the number of a card: 8 to 20 hexadecimal digits")
    said = values["card_tech"].lower() or tech or "unknown"
    if said not in TECHNOLOGIES:
        raise ValueError(f"{said!r} is no technology: {', '.join(TECHNOLOGIES)}")
    return Who(said, uid)


def _instant(text: str) -> datetime:
    """Return an instant; without a zone it is Japan's."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        at = _by_format(text)
    if _is_date(text):
        raise ValueError(f"{text!r} has no time")
    return at if at.tzinfo else at.replace(tzinfo=JST)


def _is_date(text: str) -> bool:
    """Whether a text is a date alone: that would be taken for midnight."""
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def _by_format(text: str) -> datetime:
    plain = " ".join(text.translate(_SEPARATORS).split()).rstrip(":")
    for each in FORMATS:
        try:
            return datetime.strptime(plain, each).replace(tzinfo=JST)
        except ValueError:
            continue
    raise ValueError(f"{text!r} is no date with a time")


def _direction(text: str) -> DirectionName | None:
    plain = text.strip().lower()
    if plain in ENTRY:
        return "entry"
    if plain in EXIT:
        return "exit"
    if plain:
        raise ValueError(f"{text!r} is neither entry nor exit")
    return None
