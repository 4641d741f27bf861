"""What the registry knows of the rows of a file, read in bulk; and the writing of what they change."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from core.db import Model, Session, as_model
from core.ids import LineId, PhoneId, SiteId, WorkerId
from core.imports.model import Changes, ImportKind, PreviewOutdated
from core.registry import store
from core.registry.model import Affiliation, Contractor, Occupation, Phone, PhoneNumber, Site, SkilledWorker
from core.registry.tables import (
    affiliations,
    contractors,
    line_sites,
    lines,
    occupations,
    phone_numbers,
    phones,
    sites,
    worker_occupations,
    workers,
)

Value = TypeVar("Value")

CHUNK = 5_000  # values in one IN list: SQLite takes 32,766, PostgreSQL 65,535


@dataclass(frozen=True, slots=True)
class Asked:
    """What a file names: workers by CCUS id or by name without spaces, phones by every index, lines by number."""

    kind: ImportKind
    worker_ccus_ids: frozenset[str] = frozenset()
    worker_names: frozenset[str] = frozenset()
    blind_indexes: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class KnownWorker:
    """A worker as the registry has him."""

    worker: SkilledWorker
    occupations: tuple[str, ...] = ()
    phone_numbers: tuple[PhoneNumber, ...] = ()
    affiliations: tuple[Affiliation, ...] = ()


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What the registry knew when it was read; two of the same content are equal."""

    contractors: tuple[Contractor, ...] = ()
    workers: tuple[KnownWorker, ...] = ()
    phone_ids: dict[str, PhoneId] = field(default_factory=dict)
    holders: dict[PhoneId, tuple[PhoneNumber, ...]] = field(default_factory=dict)
    occupation_names: dict[str, str] = field(default_factory=dict)
    sites: tuple[Site, ...] = ()
    line_ids: dict[str, LineId] = field(default_factory=dict)
    line_sites: frozenset[tuple[LineId, SiteId]] = frozenset()


def take_snapshot(session: Session, asked: Asked) -> Snapshot:
    """Return what the registry knows of what a file names."""
    found = tuple(_all(session, Contractor, contractors, contractors.c.contractor_id))
    match asked.kind:
        case ImportKind.CONTRACTORS:
            return Snapshot(contractors=found)
        case ImportKind.SITES:
            return Snapshot(
                contractors=found,
                sites=tuple(_all(session, Site, sites, sites.c.site_id)),
                line_ids=_line_ids(session),
                line_sites=_line_sites(session),
            )
        case ImportKind.WORKERS:
            phone_ids = _phone_ids(session, asked.blind_indexes)
            return Snapshot(
                contractors=found,
                workers=tuple(_known_workers(session, asked)),
                phone_ids=phone_ids,
                holders=_holders(session, list(phone_ids.values())),
                occupation_names={
                    each.occupation_code: each.name
                    for each in _all(session, Occupation, occupations, occupations.c.occupation_code)
                },
            )
        case ImportKind.CARDS:
            raise AssertionError("cards are core.imports.cards' matter")


def write(session: Session, changes: Changes) -> None:
    """Write the changes of an import in bulk.

    Raises PreviewOutdated when somebody wrote something that they cross at the same moment.
    """
    first = [model for model in changes.added if isinstance(model, Phone | Occupation)]
    rest = [model for model in changes.added if not isinstance(model, Phone | Occupation)]
    try:
        store.add(session, first)
        store.update(session, changes.updated)  # what ends must end before its successor begins
        store.add(session, rest)
        store.set_occupations(session, changes.occupations)
        store.add_line_sites(session, changes.line_sites)
    except IntegrityError:
        raise PreviewOutdated("the registry changed while the rows were written: preview them again") from None


def _known_workers(session: Session, asked: Asked) -> Iterator[KnownWorker]:
    unspaced = sa.func.replace(sa.func.replace(workers.c.name, " ", ""), "　", "")
    found = {
        row.worker_id: as_model(SkilledWorker, row)
        for column, values in ((workers.c.ccus_worker_id, asked.worker_ccus_ids), (unspaced, asked.worker_names))
        for part in _chunks(values)
        for row in session.execute(sa.select(workers).where(column.in_(part)))
    }
    ids = sorted(found)
    trades = _grouped(session, worker_occupations, ids, worker_occupations.c.rank)
    numbers = _grouped(session, phone_numbers, ids, phone_numbers.c.phone_number_id)
    employers = _grouped(session, affiliations, ids, affiliations.c.valid_from)
    for worker_id in ids:
        yield KnownWorker(
            found[worker_id],
            tuple(row.occupation_code for row in trades[worker_id]),
            tuple(as_model(PhoneNumber, row) for row in numbers[worker_id]),
            tuple(as_model(Affiliation, row) for row in employers[worker_id]),
        )


def _grouped(
    session: Session, table: sa.Table, ids: Sequence[WorkerId], order: sa.Column[Any]
) -> dict[UUID, list[sa.Row[*tuple[Any, ...]]]]:
    """Return the rows of a table that belong to workers, by worker."""
    rows: dict[UUID, list[sa.Row[*tuple[Any, ...]]]] = defaultdict(list)
    for part in _chunks(ids):
        for row in session.execute(sa.select(*table.columns).where(table.c.worker_id.in_(part)).order_by(order)):
            rows[row.worker_id].append(row)
    return rows


def _phone_ids(session: Session, blind_indexes: Collection[str]) -> dict[str, PhoneId]:
    return {
        row.blind_index: row.phone_id
        for part in _chunks(blind_indexes)
        for row in session.execute(
            sa.select(phones.c.blind_index, phones.c.phone_id).where(phones.c.blind_index.in_(part))
        )
    }


def _holders(session: Session, phone_ids: Collection[PhoneId]) -> dict[PhoneId, tuple[PhoneNumber, ...]]:
    held: dict[PhoneId, list[PhoneNumber]] = defaultdict(list)
    for part in _chunks(phone_ids):
        statement = sa.select(phone_numbers).where(phone_numbers.c.phone_id.in_(part))
        for row in session.execute(statement.order_by(phone_numbers.c.phone_number_id)):
            number = as_model(PhoneNumber, row)
            held[number.phone_id].append(number)
    return {phone_id: tuple(numbers) for phone_id, numbers in held.items()}


def _line_ids(session: Session) -> dict[str, LineId]:
    rows = session.execute(sa.select(lines.c.e164, lines.c.line_id).where(lines.c.retired_at.is_(None)))
    return {row.e164: row.line_id for row in rows}


def _line_sites(session: Session) -> frozenset[tuple[LineId, SiteId]]:
    return frozenset((row.line_id, row.site_id) for row in session.execute(sa.select(line_sites)))


def _all(session: Session, model: type[Model], table: sa.Table, order: sa.Column[Any]) -> Iterator[Model]:
    for row in session.execute(sa.select(*table.columns).order_by(order)):
        yield as_model(model, row)


def _chunks(values: Collection[Value]) -> Iterator[list[Value]]:
    ordered = list(values)
    for start in range(0, len(ordered), CHUNK):
        yield ordered[start : start + CHUNK]
