"""A file that was handed in: which column is what, its preview, writing it, and asking for it to be undone.

The file and what was read from it are sealed under a key of the batch; the key is sealed under the data keys, and is
destroyed after KEPT_FOR. What takes long (preview, writing, undoing) is asked for here and done by import_work in the
background: a mark of kind IMPORT stands beside the state that says what is wanted.
"""

import base64
import hashlib
import json
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from uuid import UUID

from core.db import Session
from core.errors import InvalidInput, NotFound
from core.ids import AccountId, uuid7
from core.imports import batch_store as store
from core.imports.batch_model import (
    KEPT_FOR,
    BatchRow,
    BatchState,
    Handed,
    ImportBatch,
    SampleColumn,
    ShownChange,
    WrongState,
)
from core.imports.cards import mask_uid
from core.imports.columns import PHONE_FIELDS, headings_of, identifies, is_ours, propose_layout
from core.imports.model import Fate, ImportKind, Remark, WrongLayout
from core.imports.reading import MAX_COLUMNS, Table, TableRow, UnreadableFile, parse_table
from core.imports.rejects import rejected_lines
from core.phone import PhoneSealer, conceal, new_key, parse_key_ring
from core.registry.mending import mask_phones
from core.registry.rotation import Batch as RotatedBatch
from core.scope import EVERYTHING, Scope
from core.work import service as work

IMPORT = "import"  # the kind of the marks
MAX_FILE_BYTES = 20 * 1024 * 1024
MAX_FILE_NAME_CHARS = 120
SAMPLES = 3
COLUMNS_SHOWN = 60
ROWS_A_PAGE = 50


@dataclass(frozen=True, slots=True)
class ReadFile:
    """A file that was read and sealed, ready to be kept."""

    batch: ImportBatch
    sealed: str
    headings_key: str


def read_file(
    sealer: PhoneSealer, kind: ImportKind, content: bytes, file_name: str, handed: Handed, now: datetime
) -> ReadFile:
    """Read a file and seal it. This takes long and touches no database: no write transaction may wait for it.

    Raises UnreadableFile when it is no table or too large, WrongLayout when it is empty.
    """
    if len(content) > MAX_FILE_BYTES:
        raise UnreadableFile(f"ファイルが大きすぎます（{MAX_FILE_BYTES // 1024 // 1024} MBまで）。分けてください。")
    table = parse_table(content)
    layout = propose_layout(kind, table)
    key = new_key("b1")
    batch = ImportBatch(
        batch_id=uuid7(),
        kind=kind,
        state=BatchState.MAPPING,
        contractor_id=handed.contractor_id,
        takes_below=handed.takes_below,
        account_id=handed.account_id,
        account_name=handed.account_name,
        requested_by=handed.account_id,
        file_name=conceal(file_name)[-MAX_FILE_NAME_CHARS:],
        created_at=now,
        total=len(layout.rows),
        sealed_key=sealer.encrypt(key),
    )
    return ReadFile(batch, _sealed_table(batch_sealer(sealer, batch), table), _headings_key(layout.headings))


def hand_in(session: Session, file: ReadFile) -> ImportBatch:
    """Keep a file and return its batch: previewed at once when a list with these headings was read before."""
    batch = file.batch
    store.add_batch(session, batch, file.sealed)
    known = store.find_mapping(session, _owner(batch), batch.kind, file.headings_key)
    if known is not None:
        request_preview(session, batch, json.loads(known), batch.account_id, batch.created_at)
    return require(session, batch.batch_id, EVERYTHING)


def require(session: Session, batch_id: UUID, scope: Scope) -> ImportBatch:
    """Return a batch within reach. Raises NotFound."""
    batch = store.find_batch(session, batch_id, scope)
    if batch is None:
        raise NotFound("no such import", batch_id=batch_id)
    return batch


def columns_of(session: Session, sealer: PhoneSealer, batch: ImportBatch, regions: Sequence[str]) -> list[SampleColumn]:
    """Return the columns of the file with the first things in them, and what they are taken for."""
    layout = propose_layout(batch.kind, read_content(session, sealer, batch))
    chosen = json.loads(batch.columns) if batch.columns else dict(layout.columns)
    fields = {index: name for name, index in chosen.items()}
    shown = [index for index, heading in enumerate(layout.headings) if not is_ours(heading)][:COLUMNS_SHOWN]
    columns = []
    for index in shown:
        cells = (row.cells[index] for row in layout.rows[:200] if index < len(row.cells) and row.cells[index])
        samples = tuple(
            _sample(cell, fields.get(index), regions) for cell, _ in zip(cells, range(SAMPLES), strict=False)
        )
        if layout.headings[index] or samples:
            columns.append(SampleColumn(index, conceal(layout.headings[index]), samples, fields.get(index)))
    return columns


def headings_key_of(session: Session, sealer: PhoneSealer, batch: ImportBatch) -> str:
    """Return by what lists with the headings of this file are known again. It opens the whole file: only for reading.

    Raises WrongState when its time has passed.
    """
    return _headings_key(propose_layout(batch.kind, read_content(session, sealer, batch)).headings)


def check_columns(kind: ImportKind, fields: Mapping[int, str]) -> dict[str, int]:
    """Return the column of each field. Raises InvalidInput when a field is chosen twice or none that names the rows."""
    columns: dict[str, int] = {}
    for index, name in fields.items():
        if name not in headings_of(kind) or not 0 <= index < MAX_COLUMNS:
            raise InvalidInput("no such column", field=f"column-{index}")
        if name in columns:
            heading = headings_of(kind)[name]
            raise InvalidInput(f"「{heading}」が2つの列で選ばれています。", field=f"column-{index}")
        columns[name] = index
    if not identifies(kind, columns):
        raise WrongLayout(f"「{headings_of(kind)['name']}」の列を選んでください。", field="columns")
    return columns


def choose_columns(
    session: Session,
    batch: ImportBatch,
    columns: Mapping[str, int],
    headings_key: str,
    account_id: AccountId,
    now: datetime,
) -> None:
    """Ask for the preview with these columns, and remember them for the next list with these headings.

    Raises WrongState when it is too late.
    """
    request_preview(session, batch, columns, account_id, now)
    kept = json.dumps(dict(columns), sort_keys=True)
    store.keep_mapping(session, _owner(batch), batch.kind, headings_key, kept, now)


def request_preview(
    session: Session, batch: ImportBatch, columns: Mapping[str, int], account_id: AccountId, now: datetime
) -> None:
    """Ask for the preview. Raises WrongState when the batch was written already."""
    _move(
        session,
        batch,
        (BatchState.MAPPING, BatchState.PREVIEWED, BatchState.FAILED),
        BatchState.READING,
        columns=json.dumps(dict(columns), sort_keys=True),
        note="",
        requested_by=account_id,
    )
    work.mark(session, IMPORT, [batch.batch_id], now)


def request_apply(
    session: Session, batch: ImportBatch, account_id: AccountId, now: datetime, *, valid_only: bool
) -> None:
    """Ask for the rows to be written: the valid ones, or all of them when none is rejected.

    Raises WrongState when the batch is not previewed or nothing would be written, InvalidInput when rows are rejected
    and all are wanted.
    """
    if not valid_only and batch.rejected:
        raise InvalidInput("some rows are rejected", field="mode")
    if not batch.can_be_applied:
        raise WrongState("nothing to write", batch_id=batch.batch_id)
    values = {"valid_only": valid_only, "note": "", "requested_by": account_id}
    _move(session, batch, (BatchState.PREVIEWED,), BatchState.APPLYING, **values)
    work.mark(session, IMPORT, [batch.batch_id], now)


def request_undo(session: Session, batch: ImportBatch, account_id: AccountId, now: datetime) -> None:
    """Ask for what the batch wrote to be undone. Raises WrongState when it cannot be, or not any more."""
    if not batch.can_be_undone:
        raise WrongState("nothing to undo", batch_id=batch.batch_id)
    states = (BatchState.APPLIED, BatchState.UNDONE)
    _move(session, batch, states, BatchState.UNDOING, requested_by=account_id)
    work.mark(session, IMPORT, [batch.batch_id], now)


def discard(session: Session, batch: ImportBatch) -> None:
    """Throw a file away that was never written. Raises WrongState when it was, or is being."""
    if batch.state not in (BatchState.MAPPING, BatchState.PREVIEWED, BatchState.FAILED):
        raise WrongState("the import was written already", batch_id=batch.batch_id)
    store.delete_batch(session, batch.batch_id)


def list_rows(
    session: Session, sealer: PhoneSealer, batch: ImportBatch, fate: Fate | None, page: int = 0
) -> list[BatchRow]:
    """Return one page of a batch's rows, in the order of the file."""
    if not batch.sealed_key:
        return []
    own = batch_sealer(sealer, batch)
    rows = store.list_rows(session, batch.batch_id, fate, ROWS_A_PAGE, page * ROWS_A_PAGE)
    return [_opened_row(found, own.decrypt(sealed)) for found, sealed in rows]


def sealed_row(row: BatchRow, own: PhoneSealer) -> str:
    """Return a row as it is kept; own is the batch's sealer."""
    return own.encrypt(json.dumps(asdict(row), ensure_ascii=False))


def read_content(session: Session, sealer: PhoneSealer, batch: ImportBatch) -> Table:
    """Return the rows of the file, numbers in clear. Raises WrongState when their time has passed."""
    sealed = store.sealed_content(session, batch.batch_id)
    if sealed is None or not batch.sealed_key:
        raise WrongState("the file is not kept any more", batch_id=batch.batch_id)
    rows, remarks = json.loads(zlib.decompress(base64.b64decode(batch_sealer(sealer, batch).decrypt(sealed))))
    return Table(tuple(TableRow(number, tuple(cells)) for number, cells in rows), tuple(remarks))


def rejected_of(session: Session, sealer: PhoneSealer, batch: ImportBatch) -> list[list[str]]:
    """Return the rejected rows as they were sent, with the reason beside each: for whoever sent them alone.

    Raises WrongState when their time has passed.
    """
    layout = propose_layout(batch.kind, read_content(session, sealer, batch))
    own = batch_sealer(sealer, batch)
    rows = store.list_rows(session, batch.batch_id, Fate.REJECTED, batch.rejected, 0)
    return rejected_lines(layout, (_opened_row(fate, own.decrypt(sealed)) for fate, sealed in rows))


def keep_content(session: Session, sealer: PhoneSealer, batch: ImportBatch, table: Table) -> None:
    """Keep these rows of the file in place of all."""
    store.set_content(session, batch.batch_id, _sealed_table(batch_sealer(sealer, batch), table))


def batch_sealer(sealer: PhoneSealer, batch: ImportBatch) -> PhoneSealer:
    """Return what seals under the batch's own key."""
    return PhoneSealer(parse_key_ring(sealer.decrypt(batch.sealed_key)), sealer.index)


def forget_old(session: Session, now: datetime) -> int:
    """Destroy what is left of people in batches older than KEPT_FOR, and return how many those were.

    Files that were never written go whole.
    """
    before = now - KEPT_FOR
    written = store.batches_before(session, before, (BatchState.APPLIED, BatchState.UNDONE))
    never = store.batches_before(session, before, (BatchState.MAPPING, BatchState.PREVIEWED, BatchState.FAILED))
    store.forget_details(session, written)
    for batch_id in never:
        store.delete_batch(session, batch_id)
    return len(written) + len(never)


def rotate_batch_keys(
    session: Session, sealer: PhoneSealer, after: UUID | None = None, limit: int = 500
) -> RotatedBatch:
    """Seal the next batches' keys, by the batch's id, under the current data key.

    Raises KeyError when the ring lacks the key of one.
    """
    rows = store.keys_under_others(session, sealer.data.current.key_id, after or UUID(int=0), limit)
    for batch_id, sealed_key in rows:
        store.set_batch(session, batch_id, sealed_key=sealer.encrypt(sealer.decrypt(sealed_key)))
    return RotatedBatch(len(rows), 0, rows[-1][0] if rows else None)


def _move(
    session: Session, batch: ImportBatch, states: Sequence[BatchState], state: BatchState, **values: object
) -> None:
    if not store.move_batch(session, batch.batch_id, states, state=state, done=0, **values):
        raise WrongState("somebody else went on with this import", batch_id=batch.batch_id)


def _sealed_table(own: PhoneSealer, table: Table) -> str:
    text = json.dumps([[(row.number, row.cells) for row in table.rows], table.remarks], ensure_ascii=False)
    return own.encrypt(base64.b64encode(zlib.compress(text.encode())).decode())


def _opened_row(fate: Fate, text: str) -> BatchRow:
    row = json.loads(text)
    return BatchRow(
        row["number"],
        fate,
        row["name"],
        tuple(ShownChange(**each) for each in row["changes"]),
        tuple(Remark(**each) for each in row["mended"]),
        tuple(Remark(**each) for each in row["problems"]),
    )


def _sample(cell: str, field: str | None, regions: Sequence[str]) -> str:
    if field == "uid":
        return mask_uid(cell)
    shown = mask_phones(cell, regions) if field in PHONE_FIELDS else conceal(cell)
    return shown if len(shown) <= 20 else f"{shown[:19]}…"


def _owner(batch: ImportBatch) -> UUID:
    return batch.contractor_id or batch.account_id


def _headings_key(headings: Sequence[str]) -> str:
    return hashlib.sha256(json.dumps(list(headings), ensure_ascii=False).encode()).hexdigest()
