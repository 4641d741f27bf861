"""What the tests of import batches arrange with: a file is handed in, and the background work is done at once."""

from collections.abc import Sequence
from dataclasses import dataclass

from core.attendance import standing
from core.clock import FixedClock
from core.db import Database
from core.ids import AccountId, ContractorId, uuid7
from core.imports import batch_store as store
from core.imports import batches as import_batches
from core.imports import work as import_work
from core.imports.batch_model import BatchRow, Handed, ImportBatch, UndoPlan
from core.imports.model import Fate, ImportKind
from core.imports.undo import plan_undo
from core.phone import PhoneSealer
from core.scope import EVERYTHING
from core.work import service as work


@dataclass
class Desk:
    """Somebody who imports, as himself or for a contractor."""

    database: Database
    sealer: PhoneSealer
    clock: FixedClock
    contractor_id: ContractorId | None = None
    takes_below: bool = False

    def __post_init__(self) -> None:
        self.account_id = AccountId(uuid7())

    def hand_in(self, text: str, kind: ImportKind = ImportKind.WORKERS, encoding: str = "utf-8") -> ImportBatch:
        handed = Handed(self.account_id, "木村花子", self.contractor_id, self.takes_below)
        content = text.encode(encoding)
        file = import_batches.read_file(self.sealer, kind, content, "名簿.csv", handed, self.clock.now())
        with self.database.write() as session:
            return import_batches.hand_in(session, file)

    def choose(self, batch: ImportBatch, *fields: str) -> ImportBatch:
        """Take the first columns for these fields, and preview."""
        chosen = {index: name for index, name in enumerate(fields) if name}
        columns = import_batches.check_columns(batch.kind, chosen)
        with self.database.read() as session:
            headings_key = import_batches.headings_key_of(session, self.sealer, batch)
        with self.database.write() as session:
            now = self.clock.now()
            import_batches.choose_columns(session, batch, columns, headings_key, self.account_id, now)
        return self.work(batch)

    def look(self, text: str, kind: ImportKind = ImportKind.WORKERS) -> ImportBatch:
        """Hand a file in and preview it with the columns that its headings name."""
        batch = self.hand_in(text, kind)
        if batch.is_working:  # a list with these headings was read before
            return self.work(batch)
        with self.database.read() as session:
            columns = import_batches.columns_of(session, self.sealer, batch, ["JP"])
        return self.choose(batch, *(column.field or "" for column in columns))

    def apply(self, batch: ImportBatch, *, valid_only: bool = True) -> ImportBatch:
        with self.database.write() as session:
            now = self.clock.now()
            import_batches.request_apply(session, batch, self.account_id, now, valid_only=valid_only)
        return self.work(batch)

    def bring_in(self, text: str, kind: ImportKind = ImportKind.WORKERS) -> ImportBatch:
        return self.apply(self.look(text, kind))

    def plan(self, batch: ImportBatch) -> UndoPlan:
        with self.database.read() as session:
            own = import_batches.batch_sealer(self.sealer, batch)
            return plan_undo(session, own, store.effects_of(session, batch.batch_id), standing)

    def undo(self, batch: ImportBatch) -> ImportBatch:
        with self.database.write() as session:
            import_batches.request_undo(session, batch, self.account_id, self.clock.now())
        return self.work(batch)

    def rows(self, batch: ImportBatch, fate: Fate | None = None) -> Sequence[BatchRow]:
        with self.database.read() as session:
            return import_batches.list_rows(session, self.sealer, batch, fate)

    def work(self, batch: ImportBatch) -> ImportBatch:
        """Do what the marks ask for, and return what became of a batch."""
        tools = import_work.Tools(self.database, self.sealer, self.clock, standing)
        with self.database.write() as session:
            marks = work.take_marks(session, import_batches.IMPORT, self.clock.now())
        for mark in marks:
            import_work.carry_out(tools, mark)
        with self.database.read() as session:
            return import_batches.require(session, batch.batch_id, EVERYTHING)
