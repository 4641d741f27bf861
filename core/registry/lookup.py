"""Everything the ledger wants to know of callers and lines, in one statement, for all punches that wait together.

The statement is written by hand because it runs once for every call of a national morning. On PostgreSQL it also takes
the locks that serialise the decisions on one worker: what the ledger reads afterwards stays true until the commit.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import lru_cache
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from core.db import Session, is_postgresql
from core.ids import ContractorId, LineId, PhoneId, SiteId, WorkerId
from core.registry.card_model import Presented
from core.registry.model import Language, LineDirection, LineMode, Position
from core.registry.site_terms import SiteTerms
from core.statements import Sql, Texts, is_true


@dataclass(frozen=True, slots=True)
class Query:
    """What is asked: phones by blind index, lines by number, workers and sites by id, and further texts to lock."""

    blind_indexes: tuple[str, ...] = ()
    lines: tuple[str, ...] = ()
    worker_ids: tuple[WorkerId, ...] = ()
    site_ids: tuple[SiteId, ...] = ()
    lock_texts: tuple[str, ...] = ()


@dataclass(slots=True)
class Person:
    """A worker as the ledger needs him; validities are (value, from, until), both days included."""

    worker_id: WorkerId
    name: str
    name_kana: str
    language: Language
    affiliations: list[tuple[ContractorId, date, date | None]] = field(default_factory=list)
    assignments: list[tuple[SiteId, Position, date, date | None]] = field(default_factory=list)

    def contractor_on(self, day: date) -> ContractorId | None:
        return next((who for who, start, end in self.affiliations if _covers(start, end, day)), None)

    def sites_on(self, day: date) -> dict[SiteId, Position]:
        return {site: position for site, position, start, end in self.assignments if _covers(start, end, day)}


@dataclass(frozen=True, slots=True)
class Place:
    """A site as the ledger needs it."""

    site_id: SiteId
    prime_contractor_id: ContractorId
    name: str
    name_kana: str
    starts_on: date
    ends_on: date | None
    site_code: str
    terms: SiteTerms
    day_code_required: bool
    sms_receipt: bool
    asks_callers: bool  # callers may be asked under whom they work

    def is_open_on(self, day: date) -> bool:
        return _covers(self.starts_on, self.ends_on, day)


@dataclass(slots=True)
class CalledLine:
    """A line with the sites it serves."""

    line_id: LineId
    mode: LineMode
    direction: LineDirection
    language: Language
    places: list[Place] = field(default_factory=list)


@dataclass(slots=True)
class Directory:
    """The answer: whoever and whatever was found."""

    phone_ids: dict[str, PhoneId] = field(default_factory=dict)
    holders: dict[PhoneId, list[tuple[WorkerId, date, date | None]]] = field(default_factory=dict)
    people: dict[WorkerId, Person] = field(default_factory=dict)
    lines: dict[str, CalledLine] = field(default_factory=dict)
    places: dict[SiteId, Place] = field(default_factory=dict)
    presented: Presented = field(default_factory=Presented)

    def phone_id(self, blind_indexes: Iterable[str]) -> PhoneId | None:
        for index in blind_indexes:  # for every call, and nearly always one: without the detour of next()
            if phone_id := self.phone_ids.get(index):
                return phone_id
        return None

    def people_at(self, phone_id: PhoneId | None, day: date) -> list[Person]:
        """Return the workers who hold a phone on a day, by name."""
        held = self.holders.get(phone_id, ()) if phone_id else ()
        found = [self.people[worker_id] for worker_id, start, end in held if _covers(start, end, day)]
        return sorted(found, key=lambda person: (person.name_kana, person.worker_id))


def look_up(session: Session, query: Query) -> Directory:
    """Return what the registry knows of the phones, lines, workers and sites asked for.

    On PostgreSQL the transaction holds the lock of every worker found, and of every lock text, when this returns.
    """
    sql = Sql(is_postgresql(session))
    parameters = {
        "indexes": sql.values(query.blind_indexes),
        "lines": sql.values(query.lines),
        "workers": sql.values(query.worker_ids),
        "sites": sql.values(query.site_ids),
    }
    if sql.on_postgresql:
        parameters["locks"] = sql.values((*query.lock_texts, *query.blind_indexes))
    directory = Directory()
    for kind, value in session.execute(_statement(sql), parameters).all():
        if kind in _READERS:
            _READERS[kind](directory, sql.texts(value))
    return directory


_PHONE = ("phone_id", "blind_index", "held_from", "held_until")
_PERSON = ("worker_id", "name", "name_kana", "language")
_AFFILIATION = ("contractor_id", "valid_from", "valid_until")
_ASSIGNMENT = ("worker_id", "site_id", "position", "valid_from", "valid_until")
_LINE = ("line_id", "e164", "mode", "direction", "language")
_SITE = (
    *("site_id", "prime_contractor_id", "name", "name_kana", "starts_on", "ends_on", "site_code"),
    *("day_starts_min", "closes_min", "minimum_stay_min", "day_code_required", "sms_receipt"),
)
# Tiering's table, and the one thing here that is not the registry's: asking for it by itself would cost every call a
# statement.
_POLICY = ("asks_callers",)


@lru_cache
def _statement(sql: Sql) -> sa.TextualSelect:
    return sql.statement(f"""
        with asked as (
            select n.worker_id, p.phone_id, p.blind_index, n.valid_from as held_from, n.valid_until as held_until
            from phones p left join phone_numbers n on n.phone_id = p.phone_id
            where p.blind_index {sql.within("indexes")}
            union all
            select worker_id, null, null, null, null from workers where worker_id {sql.within("workers", "uuid")}
        )
        select 'caller', {sql.row(("a", _PHONE), ("w", _PERSON), ("f", _AFFILIATION))}
        from asked a
        left join workers w on w.worker_id = a.worker_id
        left join affiliations f on f.worker_id = a.worker_id
        union all
        select 'assignment', {sql.row(("g", _ASSIGNMENT))}
        from site_assignments g where g.worker_id in (select worker_id from asked)
        union all
        select 'line', {sql.row(("l", _LINE), ("s", _SITE), ("t", _POLICY))}
        from lines l
        left join line_sites ls on ls.line_id = l.line_id
        left join sites s on s.site_id = ls.site_id
        left join tier_policies t on t.prime_contractor_id = s.prime_contractor_id
        where l.retired_at is null and l.e164 {sql.within("lines")}
        union all
        select 'site', {sql.row(("s", _SITE), ("t", _POLICY))}
        from sites s
        left join tier_policies t on t.prime_contractor_id = s.prime_contractor_id
        where s.site_id {sql.within("sites", "uuid")}
        {_LOCKS if sql.on_postgresql else ""}
    """)


# In the order of their keys, so that two processes never wait for each other in a circle.
_LOCKS = """
        union all
        select 'lock', array[cast(count(pg_advisory_xact_lock(k)::text) as text)] from (
            select distinct k from (
                select hashtextextended(worker_id::text, 0) as k from asked where worker_id is not null
                union all
                select hashtextextended(x, 0) from unnest(cast(:locks as text[])) x
            ) keys order by k offset 0
        ) ordered
"""


def _read_caller(directory: Directory, texts: Texts) -> None:
    """Read a phone, its holder and one of his employers; what comes again with another employer is the same holder."""
    phone, blind_index, held_from, held_until, worker, name, name_kana, language, contractor, *validity = texts
    phone_id = PhoneId(UUID(phone)) if phone else None
    if phone_id is not None:
        directory.phone_ids[blind_index] = phone_id
    if not worker:
        return
    worker_id = WorkerId(UUID(worker))
    person = directory.people.get(worker_id)
    if person is None:
        person = Person(worker_id, name, name_kana, Language(language))
        directory.people[worker_id] = person
    if phone_id is not None:
        _add_once(directory.holders.setdefault(phone_id, []), (worker_id, *_validity(held_from, held_until)))
    if contractor:
        _add_once(person.affiliations, (ContractorId(UUID(contractor)), *_validity(*validity)))


def _add_once(values: list[Any], value: Any) -> None:
    if value not in values:
        values.append(value)


def _read_assignment(directory: Directory, texts: Texts) -> None:
    worker, site, position, *validity = texts
    person = directory.people[WorkerId(UUID(worker))]
    person.assignments.append((SiteId(UUID(site)), Position(position), *_validity(*validity)))


def _read_line(directory: Directory, texts: Texts) -> None:
    (line_id, e164, mode, direction, language), place = _line_and_place(tuple(texts))
    line = directory.lines.get(e164)
    if line is None:
        line = CalledLine(line_id, mode, direction, language)
        directory.lines[e164] = line
    if place is not None:
        line.places.append(place)
        directory.places[place.site_id] = place


def _read_site(directory: Directory, texts: Texts) -> None:
    place = _place(texts)
    directory.places[place.site_id] = place


@lru_cache(maxsize=4096)
def _line_and_place(texts: tuple[Any, ...]) -> tuple[tuple[Any, ...], Place | None]:
    """Return a line's facts and its site. The same few are read all morning; what has changed reads differently."""
    line_id, e164, mode, direction, language, *site = texts
    line = (LineId(UUID(line_id)), e164, LineMode(mode), LineDirection(direction), Language(language))
    return line, _place(site) if site[0] else None


def _place(texts: Texts) -> Place:
    row: dict[str, Any] = dict(zip((*_SITE, *_POLICY), texts, strict=True))
    return Place(
        site_id=SiteId(UUID(row["site_id"])),
        prime_contractor_id=ContractorId(UUID(row["prime_contractor_id"])),
        name=row["name"],
        name_kana=row["name_kana"],
        starts_on=date.fromisoformat(row["starts_on"]),
        ends_on=date.fromisoformat(row["ends_on"]) if row["ends_on"] else None,
        site_code=row["site_code"],
        terms=SiteTerms(
            day_starts=timedelta(minutes=int(row["day_starts_min"])),
            closes=timedelta(minutes=int(row["closes_min"])),
            minimum_stay=timedelta(minutes=int(row["minimum_stay_min"])),
        ),
        day_code_required=is_true(row["day_code_required"]),
        sms_receipt=is_true(row["sms_receipt"]),
        asks_callers=is_true(row["asks_callers"]),
    )


_READERS = {
    "caller": _read_caller,
    "assignment": _read_assignment,
    "line": _read_line,
    "site": _read_site,
}


def _validity(start: str, end: str | None) -> tuple[date, date | None]:
    return date.fromisoformat(start), date.fromisoformat(end) if end else None


def _covers(start: date, end: date | None, day: date) -> bool:
    return start <= day and (end is None or day <= end)
