"""Which rows of an import cannot be undone, and why: what stands on them by now, looked up in bulk."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Protocol, TypeVar
from uuid import UUID

import sqlalchemy as sa

from core.db import Session, as_model, metadata
from core.ids import CardId, PhoneId, SiteId, WorkerId
from core.imports.batch_model import Effect, EffectKind, KeptRow, UndoReason
from core.imports.effects import Opened, open_effect
from core.phone import PhoneSealer
from core.registry.card_model import CardEnd, CardIssue
from core.registry.card_tables import card_issues
from core.registry.model import Affiliation, Contractor, PhoneNumber, Site, SkilledWorker
from core.registry.tables import (
    affiliations,
    contractors,
    line_sites,
    phone_numbers,
    sites,
    worker_occupations,
    workers,
)

One = TypeVar("One")
CHUNK = 2_000
TABLES: Mapping[EffectKind, tuple[sa.Table, type]] = {
    EffectKind.CONTRACTOR: (contractors, Contractor),
    EffectKind.WORKER: (workers, SkilledWorker),
    EffectKind.SITE: (sites, Site),
    EffectKind.PHONE_NUMBER: (phone_numbers, PhoneNumber),
    EffectKind.AFFILIATION: (affiliations, Affiliation),
    EffectKind.CARD_ISSUE: (card_issues, CardIssue),
}
SUBJECTS = (EffectKind.WORKER, EffectKind.SITE, EffectKind.CONTRACTOR)
# What follows from the registry, or is undone along with its subject.
_FOLLOWS = frozenset({worker_occupations.name, "site_visits"})


class Recorded(Protocol):
    """What of the registry the ledger stands on: core.attendance.standing."""

    def recorded_workers(self, session: Session, worker_ids: Collection[WorkerId]) -> set[WorkerId]: ...
    def recorded_sites(self, session: Session, site_ids: Collection[SiteId]) -> set[SiteId]: ...
    def recorded_phones(self, session: Session, phone_ids: Collection[PhoneId]) -> set[PhoneId]: ...
    def recorded_holders(self, session: Session, phone_ids: Collection[PhoneId]) -> set[tuple[PhoneId, WorkerId]]: ...
    def recorded_card_holders(self, session: Session, card_ids: Collection[CardId]) -> set[tuple[CardId, WorkerId]]: ...
    def recorded_affiliations(self, session: Session, affiliations: Sequence[Affiliation]) -> set[Affiliation]: ...


def by_row(own: PhoneSealer, effects: Sequence[Effect]) -> dict[int, list[Opened]]:
    """Return effects in clear, by the number of their row. own is the batch's sealer."""
    rows: dict[int, list[Opened]] = defaultdict(list)
    for effect in effects:
        rows[effect.number].append(open_effect(effect, own))
    return rows


def kept_rows(session: Session, rows: Mapping[int, list[Opened]], recorded: Recorded) -> dict[int, KeptRow]:
    """Return the rows that something stands on, by their numbers."""
    everything = [each for row in rows.values() for each in row]
    names = _names(session, everything)
    reasons: dict[int, UndoReason] = {}
    for found, reason in (
        (_changed(session, everything), UndoReason.CHANGED),
        (_used(session, everything), UndoReason.USED),
        (_recorded(session, everything, recorded), UndoReason.RECORDED),
    ):
        reasons |= dict.fromkeys(found, reason)  # that there are punches says most, and is told last
    return {
        n: KeptRow(n, next((names[i] for i in _ids(rows[n]) if i in names), ""), reasons[n]) for n in sorted(reasons)
    }


def _changed(session: Session, opened: Sequence[Opened]) -> Iterator[int]:
    """Yield the rows of which something is no longer as the import left it."""
    for kind, (table, model) in TABLES.items():
        mine = [each for each in opened if each.effect.kind is kind]
        (key,) = table.primary_key.columns
        now: dict[UUID, Any] = {
            row._mapping[key.name]: as_model(model, row)  # noqa: SLF001 - SQLAlchemy's name
            for part in parts([each.effect.subject_id for each in mine])
            for row in session.execute(sa.select(*table.columns).where(key.in_(part)))
        }
        yield from (
            each.effect.number for each in mine if _plain(now.get(each.effect.subject_id)) != _plain(each.after)
        )
    trades = [each for each in opened if each.effect.kind is EffectKind.OCCUPATIONS]
    held = _occupations(session, [each.effect.subject_id for each in trades])
    yield from (each.effect.number for each in trades if held.get(each.effect.subject_id, ()) != each.after)


def _plain(model: Any) -> Any:
    """Return a model without what changes by itself."""
    if isinstance(model, CardIssue) and model.ended is CardEnd.REPLACED:
        return replace(model, ended=None, ended_on=None)  # by a newer card, which stays or goes by itself
    return replace(model, day_code_key="") if isinstance(model, Site) else model


def _used(session: Session, opened: Sequence[Opened]) -> Iterator[int]:
    """Yield the rows whose new subject is named by a record that the same rows did not add."""
    ours = {each.effect.subject_id for each in opened if each.effect.is_new}
    pairs = {each.after for each in opened if each.effect.kind is EffectKind.LINE_SITE}
    for kind in SUBJECTS:
        new = {each.effect.subject_id: each.effect.number for each in opened if is_new(each, kind)}
        for column in columns_naming(TABLES[kind][0]):
            for part in parts(new):
                if column.table is line_sites:
                    found = session.execute(sa.select(line_sites).where(column.in_(part)))
                    yield from (new[row.site_id] for row in found if tuple(row) not in pairs)
                elif column.table in (phone_numbers, affiliations):
                    (key,) = column.table.primary_key.columns
                    rows = session.execute(sa.select(column, key).where(column.in_(part)))
                    yield from (new[named] for named, own_id in rows if own_id not in ours)
                else:
                    named_ones = session.scalars(sa.select(column).where(column.in_(part)).distinct())
                    yield from (new[named] for named in named_ones)


def columns_naming(table: sa.Table) -> list[sa.Column[Any]]:
    """Return every column of any table that refers to one."""
    return [
        key.parent
        for other in metadata.tables.values()
        if other.name not in _FOLLOWS
        for key in other.foreign_keys
        if key.target_fullname.partition(".")[0] == table.name
    ]


def _recorded(session: Session, opened: Sequence[Opened], recorded: Recorded) -> Iterator[int]:
    """Yield the rows that punches or days stand on."""
    workers_found = recorded.recorded_workers(session, _new_ids(opened, EffectKind.WORKER))
    sites_found = recorded.recorded_sites(session, _new_ids(opened, EffectKind.SITE))
    subjects: set[UUID] = {*workers_found, *sites_found}
    yield from (each.effect.number for each in opened if each.effect.is_new and each.effect.subject_id in subjects)
    numbers = [each for each in opened if is_new(each, EffectKind.PHONE_NUMBER)]
    holders = recorded.recorded_holders(session, {each.after.phone_id for each in numbers})
    yield from (n.effect.number for n in numbers if (n.after.phone_id, n.after.worker_id) in holders)
    issues = [each for each in opened if is_new(each, EffectKind.CARD_ISSUE)]
    touched = recorded.recorded_card_holders(session, {each.after.card_id for each in issues})
    yield from (n.effect.number for n in issues if (n.after.card_id, n.after.worker_id) in touched)
    employed = [each for each in opened if each.effect.kind is EffectKind.AFFILIATION]
    counted = recorded.recorded_affiliations(session, [each.after for each in employed if each.effect.is_new])
    yield from (each.effect.number for each in employed if each.after in counted)


def _names(session: Session, opened: Sequence[Opened]) -> dict[UUID, str]:
    """Return what subjects are called, by their ids: from the rows themselves, and of workers that only got more."""
    models = [each for each in opened if each.effect.kind in SUBJECTS]
    names = {each.effect.subject_id: each.after.name for each in models}
    missing = set(workers_of(opened)) - names.keys()
    for part in parts(missing):
        found = session.execute(sa.select(workers.c.worker_id, workers.c.name).where(workers.c.worker_id.in_(part)))
        names |= {row.worker_id: row.name for row in found}
    return names


def _ids(row: Sequence[Opened]) -> Iterator[UUID]:
    yield from (each.effect.subject_id for each in row)
    yield from workers_of(row)


def workers_of(opened: Iterable[Opened]) -> Iterator[WorkerId]:
    """Yield the workers whom effects are about."""
    for each in opened:
        if each.effect.kind in (EffectKind.WORKER, EffectKind.OCCUPATIONS):
            yield WorkerId(each.effect.subject_id)
        elif each.effect.kind in (EffectKind.PHONE_NUMBER, EffectKind.AFFILIATION, EffectKind.CARD_ISSUE):
            yield each.after.worker_id


def _occupations(session: Session, worker_ids: Collection[UUID]) -> dict[UUID, tuple[str, ...]]:
    found: dict[UUID, tuple[str, ...]] = {}
    table = worker_occupations
    for part in parts(worker_ids):
        rows = session.execute(sa.select(table).where(table.c.worker_id.in_(part)).order_by(table.c.rank))
        for row in rows:
            found[row.worker_id] = (*found.get(row.worker_id, ()), row.occupation_code)
    return found


def is_new(each: Opened, kind: EffectKind) -> bool:
    """Whether an effect is of a kind, and what it is about was not there before."""
    return each.effect.is_new and each.effect.kind is kind


def _new_ids(opened: Sequence[Opened], kind: EffectKind) -> set[Any]:
    return {each.effect.subject_id for each in opened if is_new(each, kind)}


def parts(values: Iterable[One]) -> Iterator[list[One]]:
    """Yield values in lists that one statement takes."""
    ordered = list(values)
    for start in range(0, len(ordered), CHUNK):
        yield ordered[start : start + CHUNK]
