"""What a preview shows of each row: what it changes, before and after, in words; phone numbers as masks."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, fields
from datetime import date
from typing import Any

import sqlalchemy as sa

from core.db import Session
from core.ids import ContractorId, PhoneId, WorkerId
from core.imports.batch_model import BatchRow, ShownChange
from core.imports.columns import headings_of
from core.imports.model import Changes, Fate
from core.imports.previewing import ImportPreview
from core.imports.snapshot import KnownWorker
from core.registry.model import (
    Affiliation,
    Contractor,
    InsuranceStatus,
    Language,
    LegalForm,
    Occupation,
    Phone,
    PhoneNumber,
    Site,
    SiteKind,
    SkilledWorker,
)
from core.registry.tables import phones

_WORDS: Mapping[object, str] = {
    LegalForm.CORPORATION: "法人",
    LegalForm.SOLE_PROPRIETOR: "個人事業主",
    LegalForm.ONE_PERSON: "一人親方",
    InsuranceStatus.JOINED: "加入",
    InsuranceStatus.NOT_JOINED: "未加入",
    InsuranceStatus.EXEMPT: "適用除外",
    Language.JAPANESE: "日本語",
    Language.ENGLISH: "英語",
    Language.VIETNAMESE: "ベトナム語",
    Language.CHINESE: "中国語",
    Language.INDONESIAN: "インドネシア語",
    Language.TAGALOG: "タガログ語",
    Language.PORTUGUESE: "ポルトガル語",
    SiteKind.BUILDING: "建築",
    SiteKind.CIVIL: "土木",
    SiteKind.HOUSE: "住宅",
    SiteKind.WORKSHOP: "加工場",
}
_MINUTES = frozenset({"day_starts_min", "closes_min"})
CHUNK = 5_000


def shown_rows(session: Session, previewed: ImportPreview) -> Iterator[BatchRow]:
    """Yield what becomes of each row, with what it changes."""
    by_row = dict(previewed.by_row)
    writer = _Writer.of(session, previewed)
    for row in previewed.fates:
        is_changed = row.fate is Fate.UPDATED and row.number in by_row
        changes = tuple(writer.changes(by_row[row.number])) if is_changed else ()
        yield BatchRow(row.number, row.fate, row.name, changes, row.mended, row.problems)


@dataclass(slots=True)
class _Writer:
    """Writes changes in words; knows everything as it was before the import."""

    headings: Mapping[str, str]
    known: dict[object, Any] = field(default_factory=dict)
    workers: dict[WorkerId, KnownWorker] = field(default_factory=dict)
    contractors: dict[ContractorId, str] = field(default_factory=dict)
    masks: dict[PhoneId, str] = field(default_factory=dict)
    occupations: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, session: Session, previewed: ImportPreview) -> "_Writer":
        snapshot, changes = previewed.snapshot, previewed.changes
        added = changes.added
        writer = cls(headings_of(previewed.kind), occupations=dict(snapshot.occupation_names))
        writer.occupations |= {each.occupation_code: each.name for each in added if isinstance(each, Occupation)}
        writer.contractors = {each.contractor_id: each.name for each in snapshot.contractors}
        writer.workers = {each.worker.worker_id: each for each in snapshot.workers}
        writer.known = {each.contractor_id: each for each in snapshot.contractors}
        writer.known |= {each.site_id: each for each in snapshot.sites}
        writer.known |= {each.worker.worker_id: each.worker for each in snapshot.workers}
        writer.known |= {held.affiliation_id: held for each in snapshot.workers for held in each.affiliations}
        wanted = {each.phone_id for each in added if isinstance(each, PhoneNumber)}
        emergency = [
            each.emergency_phone_id
            for each in (*changes.updated, *(w.worker for w in snapshot.workers))
            if isinstance(each, SkilledWorker)
        ]
        wanted |= {phone_id for phone_id in emergency if phone_id is not None}
        writer.masks = {each.phone_id: each.mask for each in added if isinstance(each, Phone)}
        writer.masks |= _masks(session, wanted - writer.masks.keys())
        return writer

    def changes(self, changes: Changes) -> Iterator[ShownChange]:
        for model in changes.updated:
            if isinstance(model, Affiliation):
                yield from self._moved(model)
            else:
                yield from self._differing(model)
        for added in changes.added:
            if isinstance(added, PhoneNumber):
                yield ShownChange(self.headings["phone"], "", f"＋ {self.masks.get(added.phone_id, '')}")
            elif isinstance(added, Affiliation):
                after = f"{self._company(added)}（{added.valid_from}から）"
                yield ShownChange(self.headings["contractor_name"], self._company_before(added), after)
        for worker_id, codes in changes.occupations.items():
            before = self.workers[worker_id].occupations if worker_id in self.workers else ()
            yield ShownChange(self.headings["occupations"], self._trades(before), self._trades(codes))
        if changes.line_sites:
            yield ShownChange(self.headings["lines"], "", f"＋ {len(changes.line_sites)}回線")

    def _differing(self, model: Contractor | SkilledWorker | Site) -> Iterator[ShownChange]:
        (key, *_) = fields(model)
        old = self.known.get(getattr(model, key.name))
        for each in fields(model):
            before, after = getattr(old, each.name, None), getattr(model, each.name)
            if before != after:
                yield ShownChange(self._heading(each.name), self._text(each.name, before), self._text(each.name, after))

    def _moved(self, model: Affiliation) -> Iterator[ShownChange]:
        old: Affiliation | None = self.known.get(model.affiliation_id)
        if old is not None and old.valid_from != model.valid_from:
            yield ShownChange(self.headings["affiliated_from"], str(old.valid_from), str(model.valid_from))

    def _heading(self, name: str) -> str:
        names = {"emergency_phone_id": "emergency_phone", "prime_contractor_id": "contractor_name"}
        return self.headings.get(names.get(name, name), name)

    def _text(self, name: str, value: Any) -> str:
        if value is None:
            return ""
        if name == "emergency_phone_id":
            return self.masks.get(value, "")
        if name == "prime_contractor_id":
            return self.contractors.get(value, "")
        if name in _MINUTES:
            return f"{value // 60}:{value % 60:02}"
        return _plain(value)

    def _company(self, affiliation: Affiliation) -> str:
        return self.contractors.get(affiliation.contractor_id, "")

    def _company_before(self, added: Affiliation) -> str:
        known = self.workers.get(added.worker_id)
        held = known.affiliations if known else ()
        before = [each for each in held if each.valid_until is None or each.valid_until >= added.valid_from]
        return self._company(before[0]) if before else ""

    def _trades(self, codes: Collection[str]) -> str:
        return "・".join(self.occupations.get(code, code) for code in codes)


def _plain(value: Any) -> str:
    if isinstance(value, bool):
        return "有" if value else "無"
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, int):
        return f"{value:,}"
    return _WORDS.get(value, str(value))


def _masks(session: Session, phone_ids: Collection[PhoneId]) -> dict[PhoneId, str]:
    wanted = list(phone_ids)
    masks: dict[PhoneId, str] = {}
    for start in range(0, len(wanted), CHUNK):
        part = wanted[start : start + CHUNK]
        rows = session.execute(sa.select(phones.c.phone_id, phones.c.mask).where(phones.c.phone_id.in_(part)))
        masks |= {row.phone_id: row.mask for row in rows}
    return masks
