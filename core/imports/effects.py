"""What an import wrote, kept so that it can be undone: each thing as it was before and as it is since."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from uuid import UUID

from pydantic import TypeAdapter

from core.imports.batch_model import Effect, EffectKind
from core.imports.cards import Issued
from core.imports.model import Changes
from core.imports.previewing import ImportPreview
from core.phone import PhoneSealer
from core.registry.card_model import CardIssue
from core.registry.model import Affiliation, Contractor, Occupation, Phone, PhoneNumber, Site, SkilledWorker

_KINDS: Mapping[type, tuple[EffectKind, str]] = {
    Contractor: (EffectKind.CONTRACTOR, "contractor_id"),
    SkilledWorker: (EffectKind.WORKER, "worker_id"),
    Site: (EffectKind.SITE, "site_id"),
    Phone: (EffectKind.PHONE, "phone_id"),
    PhoneNumber: (EffectKind.PHONE_NUMBER, "phone_number_id"),
    Affiliation: (EffectKind.AFFILIATION, "affiliation_id"),
    CardIssue: (EffectKind.CARD_ISSUE, "card_issue_id"),
}
_MODELS: Mapping[EffectKind, Any] = {
    **{kind: model for model, (kind, _key) in _KINDS.items()},
    EffectKind.OCCUPATIONS: tuple[str, ...],
    EffectKind.LINE_SITE: tuple[UUID, UUID],
}


@dataclass(frozen=True, slots=True)
class Opened:
    """An effect with what it was before (None: it was not there) and what it became."""

    effect: Effect
    before: Any
    after: Any


def effects_of(batch_id: UUID, previewed: ImportPreview, sealer: PhoneSealer) -> Iterator[Effect]:
    """Yield what the accepted rows of a preview write; sealer is the batch's own."""
    before = _before(previewed)
    seq = 0
    for number, changes in previewed.by_row:
        for kind, subject_id, after in _written(changes):
            seq += 1
            was = before.get((kind, subject_id))
            sealed = sealer.encrypt(json.dumps([_text(kind, was), _text(kind, after)]))
            is_new = was is None and kind is not EffectKind.OCCUPATIONS
            yield Effect(batch_id, seq, number, kind, subject_id, is_new, is_undone=False, sealed=sealed)


def card_effects_of(batch_id: UUID, issued: Iterable[Issued], sealer: PhoneSealer) -> Iterator[Effect]:
    """Yield what rows of cards wrote; sealer is the batch's own."""
    seq = 0
    for each in issued:
        written: list[tuple[CardIssue | None, CardIssue]] = [(None, each.issue), *each.replaced]
        for was, now in written:
            seq += 1
            kind = EffectKind.CARD_ISSUE
            sealed = sealer.encrypt(json.dumps([_text(kind, was), _text(kind, now)]))
            yield Effect(
                batch_id, seq, each.number, kind, now.card_issue_id, is_new=was is None, is_undone=False, sealed=sealed
            )


def open_effect(effect: Effect, sealer: PhoneSealer) -> Opened:
    """Return an effect in clear; sealer is the batch's own."""
    before, after = json.loads(sealer.decrypt(effect.sealed))
    read = _adapter(effect.kind).validate_json
    return Opened(effect, None if before is None else read(before), read(after))


def _written(changes: Changes) -> Iterator[tuple[EffectKind, UUID, Any]]:
    for model in (*changes.added, *changes.updated):
        if not isinstance(model, Occupation):  # a code that was listed harms nobody
            kind, key = _KINDS[type(model)]
            yield kind, getattr(model, key), model
    for worker_id, codes in changes.occupations.items():
        yield EffectKind.OCCUPATIONS, worker_id, codes
    for line_id, site_id in changes.line_sites:
        yield EffectKind.LINE_SITE, site_id, (line_id, site_id)


def _before(previewed: ImportPreview) -> dict[tuple[EffectKind, UUID], Any]:
    snapshot = previewed.snapshot
    known: list[Any] = [*snapshot.contractors, *snapshot.sites]
    for worker in snapshot.workers:
        known += [worker.worker, *worker.affiliations]
    found = {(_KINDS[type(model)][0], getattr(model, _KINDS[type(model)][1])): model for model in known}
    trades = {(EffectKind.OCCUPATIONS, each.worker.worker_id): each.occupations for each in snapshot.workers}
    return {**found, **trades}


def _text(kind: EffectKind, value: Any) -> str | None:
    return None if value is None else _adapter(kind).dump_json(value).decode()


@lru_cache
def _adapter(kind: EffectKind) -> TypeAdapter[Any]:
    return TypeAdapter(_MODELS[kind])
