"""Undoing an import: what it added is removed, what it changed is put back; a row at a time, each whole or not at all.

A row is kept when something stands on it by now: punches, another record that names it, or somebody's later change.
The plan that is shown before confirming looks with the same eyes as the undoing itself.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

import sqlalchemy as sa

from core.db import Session
from core.ids import PhoneId, SiteId, WorkerId
from core.imports.batch_model import Effect, EffectKind, KeptRow, UndoPlan
from core.imports.effects import Opened
from core.imports.kept import (
    SUBJECTS,
    TABLES,
    Recorded,
    by_row,
    columns_naming,
    is_new,
    kept_rows,
    parts,
    workers_of,
)
from core.phone import PhoneSealer
from core.registry import card_store, store
from core.registry.tables import phones, worker_occupations, workers


@dataclass(frozen=True, slots=True)
class Undone:
    """What undoing some rows did: which effects are gone, whom they were about, and which rows were kept."""

    seqs: tuple[int, ...]
    rows: int
    kept: tuple[KeptRow, ...]
    worker_ids: frozenset[WorkerId]
    site_ids: frozenset[SiteId]


def plan_undo(session: Session, own: PhoneSealer, effects: Sequence[Effect], recorded: Recorded) -> UndoPlan:
    """Return what undoing the effects would do; nothing is written. own is the batch's sealer."""
    rows = by_row(own, effects)
    kept = kept_rows(session, rows, recorded)
    removed = sum(1 for number, row in rows.items() if number not in kept and _is_added(row))
    return UndoPlan(removed, len(rows) - len(kept) - removed, tuple(kept.values()))


def undo(session: Session, own: PhoneSealer, effects: Sequence[Effect], recorded: Recorded) -> Undone:
    """Undo the effects of whole rows, but for rows that must be kept.

    Nobody else decides on the workers concerned until the transaction ends.
    """
    rows = by_row(own, effects)
    store.lock(session, *workers_of(each for row in rows.values() for each in row))
    kept = kept_rows(session, rows, recorded)
    gone = [each for number, row in rows.items() if number not in kept for each in row]
    _take_out(session, gone, (EffectKind.PHONE_NUMBER, EffectKind.AFFILIATION, EffectKind.LINE_SITE))
    _put_back(session, gone)
    _take_out(session, gone, (EffectKind.CARD_ISSUE, *SUBJECTS))
    _take_out_phones(session, gone, recorded)
    return Undone(
        tuple(each.effect.seq for each in gone),
        len(rows) - len(kept),
        tuple(kept.values()),
        frozenset(workers_of(gone)),
        frozenset(SiteId(each.effect.subject_id) for each in gone if each.effect.kind is EffectKind.SITE),
    )


def _take_out(session: Session, gone: Sequence[Opened], kinds: Sequence[EffectKind]) -> None:
    for kind in kinds:
        new = [each for each in gone if is_new(each, kind)]
        if kind is EffectKind.LINE_SITE:
            for each in new:
                store.delete_line_site(session, *each.after)
            continue
        table, _model = TABLES[kind]
        (key,) = table.primary_key.columns
        for part in parts([each.effect.subject_id for each in new]):
            if table is workers:
                session.execute(sa.delete(worker_occupations).where(worker_occupations.c.worker_id.in_(part)))
            session.execute(sa.delete(table).where(key.in_(part)))


def _put_back(session: Session, gone: Sequence[Opened]) -> None:
    added = {each.effect.subject_id for each in gone if each.effect.is_new}
    models = [each for each in gone if not each.effect.is_new and each.effect.kind in TABLES]
    store.update(session, [each.before for each in models if each.effect.kind is not EffectKind.CARD_ISSUE])
    for each in models:
        if each.effect.kind is EffectKind.CARD_ISSUE:
            card_store.update_issue(session, each.before)
    trades = [each for each in gone if each.effect.kind is EffectKind.OCCUPATIONS]
    codes = {
        WorkerId(each.effect.subject_id): each.before or () for each in trades if each.effect.subject_id not in added
    }
    store.set_occupations(session, codes)


def _take_out_phones(session: Session, gone: Sequence[Opened], recorded: Recorded) -> None:
    """Take numbers out of the vault that the rows put in, unless somebody has them or they have called."""
    new = {PhoneId(each.effect.subject_id) for each in gone if each.effect.kind is EffectKind.PHONE}
    new -= recorded.recorded_phones(session, new)
    for part in parts(new):
        used: set[UUID] = set()
        for column in columns_naming(phones):
            used |= set(session.scalars(sa.select(column).where(column.in_(part))))
        session.execute(sa.delete(phones).where(phones.c.phone_id.in_(set(part) - used)))


def _is_added(row: Sequence[Opened]) -> bool:
    kinds = (*SUBJECTS, EffectKind.CARD_ISSUE)
    return any(each.effect.is_new and each.effect.kind in kinds for each in row)
