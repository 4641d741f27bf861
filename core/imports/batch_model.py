"""A file that was handed in to be imported, and how far it has come. Values only."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from core.errors import DomainError
from core.ids import AccountId, ContractorId
from core.imports.model import Fate, ImportKind, Remark

KEPT_FOR = timedelta(days=30)  # how long rows can be looked at and undone; then their key is destroyed
OUTDATED = "outdated"  # the note of a preview that was made again because the registry had changed


class BatchState(StrEnum):
    """Where a batch stands. Values are stored and never renamed."""

    MAPPING = "mapping"  # somebody says which column is what
    READING = "reading"  # its rows are previewed in the background
    PREVIEWED = "previewed"
    APPLYING = "applying"
    APPLIED = "applied"
    UNDOING = "undoing"
    UNDONE = "undone"  # as far as it could be
    FAILED = "failed"  # the file is none of the kind; note says why


WORKING = frozenset({BatchState.READING, BatchState.APPLYING, BatchState.UNDOING})


class EffectKind(StrEnum):
    """What an import wrote. Values are stored and never renamed."""

    CONTRACTOR = "contractor"
    WORKER = "worker"
    SITE = "site"
    PHONE = "phone"
    PHONE_NUMBER = "phone_number"
    AFFILIATION = "affiliation"
    OCCUPATIONS = "occupations"
    LINE_SITE = "line_site"
    CARD_ISSUE = "card_issue"


class UndoReason(StrEnum):
    """Why a row cannot be undone."""

    CHANGED = "changed"  # somebody changed since what the import wrote
    RECORDED = "recorded"  # punches or days stand on it
    USED = "used"  # something else refers to it


class WrongState(DomainError):
    """The batch is not where this can be done: somebody else was faster, or its time has passed."""

    code = "wrong_import_state"


@dataclass(frozen=True, slots=True)
class ImportBatch:
    """One file. contractor_id is for whom it was handed in, None for the operator.

    total and done count the steps of the work under way. columns is JSON, field to column, "" until it was chosen.
    kept is how many rows an undo left as they are. remarks say how the file was read, a sentence a line. sealed_key is
    "" when the rows' time has passed.
    """

    batch_id: UUID
    kind: ImportKind
    state: BatchState
    contractor_id: ContractorId | None
    takes_below: bool
    account_id: AccountId
    account_name: str
    requested_by: AccountId
    file_name: str
    created_at: datetime
    sealed_key: str
    applied_at: datetime | None = None
    undone_at: datetime | None = None
    columns: str = ""
    valid_only: bool | None = None
    total: int = 0
    done: int = 0
    added: int = 0
    updated: int = 0
    unchanged: int = 0
    rejected: int = 0
    kept: int = 0
    digest: str = ""
    note: str = ""
    remarks: str = ""

    @property
    def is_working(self) -> bool:
        return self.state in WORKING

    @property
    def percent(self) -> int:
        return min(100, 100 * self.done // self.total) if self.total else 0

    @property
    def written(self) -> int:
        """How many rows an apply writes."""
        return self.added + self.updated

    @property
    def can_be_applied(self) -> bool:
        return self.state is BatchState.PREVIEWED and self.written > 0

    @property
    def can_be_undone(self) -> bool:
        is_there = self.state is BatchState.APPLIED or (self.state is BatchState.UNDONE and self.kept > 0)
        return is_there and bool(self.sealed_key) and self.written > 0


@dataclass(frozen=True, slots=True)
class ShownChange:
    """What a row changes in one column, as a person reads it; phone numbers are masked."""

    column: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class BatchRow:
    """What becomes of one row, as the pages show it."""

    number: int
    fate: Fate
    name: str
    changes: tuple[ShownChange, ...] = ()
    mended: tuple[Remark, ...] = ()
    problems: tuple[Remark, ...] = ()


@dataclass(frozen=True, slots=True)
class Effect:
    """One thing an import wrote, in the order it was written; sealed holds what it was and what it became."""

    batch_id: UUID
    seq: int
    number: int
    kind: EffectKind
    subject_id: UUID
    is_new: bool
    is_undone: bool
    sealed: str


@dataclass(frozen=True, slots=True)
class KeptRow:
    """A row that cannot be undone, and why."""

    number: int
    name: str
    reason: UndoReason


@dataclass(frozen=True, slots=True)
class UndoPlan:
    """What an undo would do: how many rows are removed or put back, and which are kept."""

    removed: int
    restored: int
    kept: tuple[KeptRow, ...] = ()


@dataclass(frozen=True, slots=True)
class SampleColumn:
    """One column of a file with the first things in it, and the field it is taken for (None: it is not read)."""

    index: int
    heading: str
    samples: tuple[str, ...]
    field: str | None


@dataclass(frozen=True, slots=True)
class Handed:
    """Who hands a file in, and for whom."""

    account_id: AccountId
    account_name: str
    contractor_id: ContractorId | None
    takes_below: bool = False


@dataclass(frozen=True, slots=True)
class BatchFilter:
    """Which rows of a batch to show."""

    fate: Fate | None = None
    after: int = 0
    limit: int = 50
    counts: Mapping[Fate, int] = field(default_factory=dict)
