"""The background work of imports: previewing a file, writing it, undoing it, each with its progress in the database.

What is to be done stands in the batch's state. Doing it twice does no harm: whoever comes second finds the batch moved
on. Reading a file holds no lock; calls go on meanwhile. What is written is what the person was shown: when a fresh
preview differs from the one he saw, it is stored for him to look at again, and nothing is written.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import TypeAlias
from uuid import UUID

from core.audit import service as audit
from core.clock import Clock, work_date
from core.db import Database, Session
from core.imports import batch_store as store
from core.imports import cards as import_cards
from core.imports.batch_model import OUTDATED, BatchRow, BatchState, ImportBatch
from core.imports.batches import batch_sealer, keep_content, read_content, sealed_row
from core.imports.cards import CardsPreview
from core.imports.effects import card_effects_of, effects_of
from core.imports.kept import Recorded
from core.imports.model import Fate, ImportKind, ImportReach, PreviewOutdated, Terms, WrongLayout
from core.imports.previewing import STEPS_A_ROW, ImportPreview, apply, preview
from core.imports.reading import Table
from core.imports.shown import shown_rows
from core.imports.undo import undo
from core.phone import PhoneSealer
from core.registry import grants
from core.registry.model import Affiliation, GrantKind, PhoneNumber
from core.registry.visibility import granted
from core.scope import EVERYTHING
from core.work import service as work
from core.work import store as work_store
from core.work.model import Mark

REJUDGE = "rejudge"  # marks: a phone, a card or a worker whose earlier punches are to be judged again
UNDO_ROWS = 200  # rows undone in one transaction
PROGRESS_STEPS = 50
Previewed: TypeAlias = ImportPreview | CardsPreview


@dataclass(frozen=True, slots=True)
class Tools:
    """What the work needs; recorded says what the ledger stands on."""

    database: Database
    sealer: PhoneSealer
    clock: Clock
    recorded: Recorded
    regions: Sequence[str] = ("JP",)


def carry_out(tools: Tools, mark: Mark) -> None:
    """Do what the state of the mark's batch asks for, and delete the mark."""
    with tools.database.read() as session:
        batch = store.find_batch(session, UUID(mark.subject), EVERYTHING)
    if batch is None or not batch.is_working:
        with tools.database.write() as session:
            work.finish(session, [mark])
        return
    steps = {BatchState.READING: _read, BatchState.APPLYING: _apply, BatchState.UNDOING: _undo}
    steps[batch.state](tools, batch, mark)


def _read(tools: Tools, batch: ImportBatch, mark: Mark) -> None:
    _read_again(tools, batch, mark, "")


def _read_again(tools: Tools, batch: ImportBatch, mark: Mark, note: str) -> None:
    try:
        previewed, rows = _preview(tools, batch, mark)
    except WrongLayout as error:
        with tools.database.write() as session:
            store.move_batch(session, batch.batch_id, [batch.state], state=BatchState.FAILED, note=str(error))
            work.finish(session, [mark])
        return
    with tools.database.write() as session:
        _store_preview(session, tools.sealer, batch, previewed, rows, note)
        work.finish(session, [mark])


def _apply(tools: Tools, batch: ImportBatch, mark: Mark) -> None:
    previewed, rows = _preview(tools, batch, mark)
    if _digest(rows) != batch.digest:
        _read_again(tools, batch, mark, OUTDATED)
        return
    try:
        with tools.database.write() as session:
            current = store.find_batch(session, batch.batch_id, EVERYTHING, for_update=True)
            if current is not None and current.state is BatchState.APPLYING:
                _write(session, tools, batch, previewed)
            work.finish(session, [mark])
    except PreviewOutdated:
        _read_again(tools, batch, mark, OUTDATED)


def _write(session: Session, tools: Tools, batch: ImportBatch, previewed: Previewed) -> None:
    now, own = tools.clock.now(), batch_sealer(tools.sealer, batch)
    if isinstance(previewed, CardsPreview):
        issued = import_cards.apply(session, tools.sealer, previewed)
        store.add_effects(session, card_effects_of(batch.batch_id, issued, own))
        again = sorted({f"card:{each.issue.card_id}" for each in issued})
    else:
        apply(session, previewed)
        store.add_effects(session, effects_of(batch.batch_id, previewed, own))
        again = _to_rejudge(previewed)
    _keep_rejected(session, tools.sealer, batch, previewed)
    store.set_batch(session, batch.batch_id, state=BatchState.APPLIED, applied_at=now, done=batch.total)
    work.mark(session, REJUDGE, again, now)
    counts = {fate.value: previewed.count(fate) for fate in Fate}
    _record(session, batch, "import.applied", now, counts)


def _undo(tools: Tools, batch: ImportBatch, mark: Mark) -> None:
    own = batch_sealer(tools.sealer, batch)
    with tools.database.read() as session:
        effects = store.effects_of(session, batch.batch_id)
    numbers = sorted({effect.number for effect in effects})
    kept = 0
    progress = _Progress(tools, batch, mark, len(numbers))
    for start in range(0, len(numbers), UNDO_ROWS):
        part = set(numbers[start : start + UNDO_ROWS])
        with tools.database.write() as session:
            done = undo(session, own, [effect for effect in effects if effect.number in part], tools.recorded)
            store.mark_undone(session, batch.batch_id, done.seqs)
            today = work_date(tools.clock.now())
            grants.refresh(session, today, site_ids=done.site_ids, worker_ids=done.worker_ids)
        kept += len(done.kept)
        progress.add(len(part))
    with tools.database.write() as session:
        now = tools.clock.now()
        values = {"state": BatchState.UNDONE, "undone_at": now, "kept": kept}
        if store.move_batch(session, batch.batch_id, [BatchState.UNDOING], **values):
            _record(session, batch, "import.undone", now, {"undone": len(numbers) - kept, "kept": kept})
        work.finish(session, [mark])


def _preview(tools: Tools, batch: ImportBatch, mark: Mark) -> tuple[Previewed, list[BatchRow]]:
    today = work_date(tools.clock.now())
    with tools.database.read() as session:
        table = read_content(session, tools.sealer, batch)
        terms = Terms(json.loads(batch.columns), reach_of(session, batch))
        if batch.kind is ImportKind.CARDS:
            steps = _Progress(tools, batch, mark, len(table.rows))
            cards = import_cards.preview(session, tools.sealer, table, today, on_step=steps.add, terms=terms)
            told = [BatchRow(each.number, each.fate, each.name, (), each.mended, each.problems) for each in cards.fates]
            return cards, told
        progress = _Progress(tools, batch, mark, len(table.rows) * STEPS_A_ROW)
        previewed = preview(
            session,
            tools.sealer,
            batch.kind,
            table,
            today,
            regions=tools.regions,
            on_step=progress.add,
            terms=terms,
        )
        return previewed, list(shown_rows(session, previewed))


def reach_of(session: Session, batch: ImportBatch) -> ImportReach | None:
    """Return for whom a batch brings rows in; None when it is the operator's."""
    own = batch.contractor_id
    if own is None:
        return None
    below = {row.subject_id for row in session.execute(granted([own], GrantKind.CONTRACTOR))}
    return ImportReach(own, frozenset(below - {own}) if batch.takes_below else frozenset())


def _store_preview(
    session: Session, sealer: PhoneSealer, batch: ImportBatch, previewed: Previewed, rows: list[BatchRow], note: str
) -> None:
    counts = {fate.value: previewed.count(fate) for fate in Fate}
    values = {
        "state": BatchState.PREVIEWED,
        "digest": _digest(rows),
        "note": note,
        "remarks": "\n".join(" ".join(remark.split()) for remark in previewed.remarks),
        "total": len(rows),
    }
    if not store.move_batch(session, batch.batch_id, [batch.state], **values, **counts):
        return
    own = batch_sealer(sealer, batch)
    store.replace_rows(session, batch.batch_id, ((row.number, row.fate, sealed_row(row, own)) for row in rows))


def _keep_rejected(session: Session, sealer: PhoneSealer, batch: ImportBatch, previewed: Previewed) -> None:
    """Keep of the file what is still wanted: the headings, and the rows that have to be mended."""
    rejected = {row.number for row in previewed.rejected}
    table = read_content(session, sealer, batch)
    first = min((row.number for row in previewed.fates), default=0)
    rows = tuple(row for row in table.rows if row.number < first or row.number in rejected)
    keep_content(session, sealer, batch, Table(rows, table.remarks))


def _to_rejudge(previewed: ImportPreview) -> list[str]:
    """Return whose earlier punches may be clear now: phones that were known before, workers with a new employer."""
    known_phones = set(previewed.snapshot.phone_ids.values())
    known_workers = {each.worker.worker_id for each in previewed.snapshot.workers}
    added = previewed.changes.added
    phones = {each.phone_id for each in added if isinstance(each, PhoneNumber)} & known_phones
    workers = {each.worker_id for each in added if isinstance(each, Affiliation)} & known_workers
    return [*(f"phone:{phone_id}" for phone_id in sorted(phones)), *(f"worker:{one}" for one in sorted(workers))]


def _record(session: Session, batch: ImportBatch, action: str, now: datetime, counts: dict[str, int]) -> None:
    audit.record(
        session,
        at=now,
        by=batch.requested_by,
        action=action,
        subject=("import", batch.batch_id),
        contractor_id=batch.contractor_id,
        details={"kind": batch.kind.value, **counts},
    )


def _digest(rows: Sequence[BatchRow]) -> str:
    """Return what two previews that show the same have in common."""
    return hashlib.sha256(json.dumps([asdict(row) for row in rows], ensure_ascii=False).encode()).hexdigest()


@dataclass(slots=True)
class _Progress:
    """Writes now and then how far the work is, and keeps the mark from others meanwhile."""

    tools: Tools
    batch: ImportBatch
    mark: Mark
    total: int
    done: int = 0
    written: int = 0

    def add(self, steps: int = 1) -> None:
        self.done += steps
        if self.done - self.written >= max(200, self.total // PROGRESS_STEPS):
            self.written = self.done
            with self.tools.database.write() as session:
                store.set_batch(session, self.batch.batch_id, total=self.total, done=self.done)
                work_store.put_off(session, {self.mark.mark_id: self.tools.clock.now() + work.TAKEN_FOR})
