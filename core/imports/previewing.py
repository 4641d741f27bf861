"""From a table to the registry: preview() says what becomes of every row and writes nothing, apply() writes it.

A preview holds no phone number in clear: it may wait in a process while a person looks at it. Rows that exist are
updated with what the row fills (an empty cell changes nothing) or are unchanged; they are never doubled.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, TypeAlias

from core.db import Session
from core.imports.columns import PHONE_FIELDS, Layout, find_layout, headings_of
from core.imports.contractors import ContractorBook, ContractorDesk
from core.imports.drafts import (
    Cells,
    ContractorDraft,
    SiteDraft,
    WorkerDraft,
    contractor_draft,
    site_draft,
    worker_draft,
)
from core.imports.model import (
    Changes,
    Decision,
    Fate,
    ImportKind,
    PreviewOutdated,
    Rejection,
    Remark,
    RowFate,
    Terms,
)
from core.imports.reading import Table, TableRow
from core.imports.sites import SiteDesk
from core.imports.snapshot import Asked, Snapshot, take_snapshot, write
from core.imports.workers import WorkerDesk
from core.phone import PhoneSealer, conceal
from core.registry.mending import mask_phones

Draft: TypeAlias = ContractorDraft | WorkerDraft | SiteDraft
Decide: TypeAlias = Callable[[int, Any], Decision]  # of a row's number and the kind's draft
STEPS_A_ROW = 2  # a row is read, and later decided on


@dataclass(frozen=True, slots=True)
class ImportPreview:
    """What an import would do: the fate of every row, and what apply() writes.

    headings are those of the file, unknown_columns those of them that are not read. by_row has what each row leads to,
    for those that lead to something.
    """

    kind: ImportKind
    headings: tuple[str, ...]
    unknown_columns: tuple[str, ...]
    remarks: tuple[str, ...]
    fates: tuple[RowFate, ...]
    by_row: tuple[tuple[int, Changes], ...]
    asked: Asked
    snapshot: Snapshot

    def count(self, fate: Fate) -> int:
        return sum(1 for row in self.fates if row.fate is fate)

    @property
    def changes(self) -> Changes:
        merged = Changes()
        merged.extend(changes for _number, changes in self.by_row)
        return merged

    @property
    def has_changes(self) -> bool:
        return any(row.fate in (Fate.ADDED, Fate.UPDATED) for row in self.fates)

    @property
    def rejected(self) -> tuple[RowFate, ...]:
        return tuple(row for row in self.fates if row.fate is Fate.REJECTED)


@dataclass(slots=True)
class _Read:
    """A row and what was read from it: a draft, or the reasons there is none."""

    row: TableRow
    cells: Cells
    draft: Draft | None
    problems: tuple[Remark, ...] = ()


def preview(
    session: Session,
    sealer: PhoneSealer,
    kind: ImportKind,
    table: Table,
    today: date,
    *,
    regions: Sequence[str] = ("JP",),
    on_step: Callable[[], None] = lambda: None,
    terms: Terms | None = None,
) -> ImportPreview:
    """Return what an import of the table would do; nothing is written.

    on_step is called twice for every row below the headings. Raises WrongLayout when there are no headings of the kind.
    """
    terms = terms or Terms()
    layout = find_layout(kind, table, terms.columns)
    read = []
    for row in layout.rows:
        read.append(_read(kind, layout, row, regions, today))
        on_step()
    asked = _asked(kind, read, sealer)
    snapshot = take_snapshot(session, asked)
    decide = _decider(snapshot, sealer, today, asked, terms)
    fates, by_row = [], []
    for each in read:
        fate, decision = _fate(decide, layout, each, regions)
        fates.append(fate)
        if fate.fate in (Fate.ADDED, Fate.UPDATED):
            by_row.append((each.row.number, decision.changes))
        on_step()
    remarks = (*table.remarks, *(f"「{conceal(name)}」の列は読みません。" for name in layout.unknown))
    return ImportPreview(
        kind, layout.headings, layout.unknown, remarks, tuple(fates), tuple(by_row), asked=asked, snapshot=snapshot
    )


def apply(session: Session, previewed: ImportPreview) -> None:
    """Write what the accepted rows of a preview lead to.

    Raises PreviewOutdated, having written nothing, when the registry is no longer what the preview was made from.
    """
    if take_snapshot(session, previewed.asked) != previewed.snapshot:
        raise PreviewOutdated("the registry changed since the rows were previewed: preview them again")
    write(session, previewed.changes)


def _read(kind: ImportKind, layout: Layout, row: TableRow, regions: Sequence[str], today: date) -> _Read:
    cells = Cells(layout.values_of(row), headings_of(kind), regions, today)
    try:
        match kind:
            case ImportKind.CONTRACTORS:
                return _Read(row, cells, contractor_draft(cells))
            case ImportKind.WORKERS:
                return _Read(row, cells, worker_draft(cells))
            case ImportKind.SITES:
                return _Read(row, cells, site_draft(cells))
            case ImportKind.CARDS:
                raise AssertionError("cards are core.imports.cards' matter")
    except Rejection as rejection:
        return _Read(row, cells, None, rejection.problems)


def _asked(kind: ImportKind, read: Sequence[_Read], sealer: PhoneSealer) -> Asked:
    drafts = [each.draft for each in read if isinstance(each.draft, WorkerDraft)]
    values = [draft.values for draft in drafts]
    numbers = {number for draft in drafts for number in (*draft.phones, draft.emergency_phone) if number}
    return Asked(
        kind,
        worker_ccus_ids=frozenset(
            draft.values["ccus_worker_id"] for draft in drafts if "ccus_worker_id" in draft.values
        ),
        worker_names=frozenset(each["name"].replace(" ", "") for each in values if "name" in each),
        blind_indexes=frozenset(index for number in numbers for index in sealer.blind_indexes(number)),
    )


def _decider(snapshot: Snapshot, sealer: PhoneSealer, today: date, asked: Asked, terms: Terms) -> Decide:
    headings = headings_of(asked.kind)
    match asked.kind:
        case ImportKind.CONTRACTORS:
            return ContractorDesk(ContractorBook.of(snapshot.contractors), headings).decide
        case ImportKind.WORKERS:
            return WorkerDesk.of(snapshot, sealer, today, headings, terms.reach).decide
        case ImportKind.SITES:
            return SiteDesk.of(snapshot, sealer, headings, terms.reach).decide
        case ImportKind.CARDS:
            raise AssertionError("cards are core.imports.cards' matter")


def _fate(decide: Decide, layout: Layout, read: _Read, regions: Sequence[str]) -> tuple[RowFate, Decision]:
    problems = read.problems
    if read.draft is not None:
        try:
            decision = decide(read.row.number, read.draft)
        except Rejection as rejection:
            problems = rejection.problems
        else:
            told = (*read.cells.mended, *decision.remarks)
            return RowFate(read.row.number, _name(read), decision.fate, decision.changed, told), decision
    cells = tuple(_concealed(layout, index, cell, regions) for index, cell in enumerate(read.row.cells))
    rejected = RowFate(read.row.number, _name(read), Fate.REJECTED, problems=problems, cells=cells)
    return rejected, Decision(Fate.REJECTED)


def _name(read: _Read) -> str:
    values = read.cells.values
    return conceal(" ".join(values[name] for name in ("name", "surname", "given_name") if name in values))


def _concealed(layout: Layout, index: int, cell: str, regions: Sequence[str]) -> str:
    """Return a cell of a rejected row as it may be written down: the lines' numbers are ours, no person's."""
    name = next((name for name, column in layout.columns.items() if column == index), None)
    if name in PHONE_FIELDS:
        return mask_phones(cell, regions)
    return cell if name == "lines" else conceal(cell)
