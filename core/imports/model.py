"""The words of an import: what a file is about, what became of each row, and what will be written. Values only."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from core.errors import DomainError, InvalidInput
from core.ids import ContractorId, LineId, SiteId, WorkerId
from core.registry.model import (
    Affiliation,
    Contractor,
    Occupation,
    Phone,
    PhoneNumber,
    Site,
    SkilledWorker,
)


class ImportKind(StrEnum):
    """What the rows of a file are."""

    CONTRACTORS = "contractors"
    WORKERS = "workers"
    SITES = "sites"
    CARDS = "cards"


class Fate(StrEnum):
    """What becomes of a row."""

    ADDED = "added"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True)
class Remark:
    """Something to tell about one cell: what was mended, or why the row is rejected and what to write."""

    column: str
    text: str


@dataclass(frozen=True, slots=True)
class RowFate:
    """What becomes of one row, by its number in the file.

    changed names the columns that differ from the registry. cells are kept of rejected rows only, with phone numbers
    masked.
    """

    number: int
    name: str
    fate: Fate
    changed: tuple[str, ...] = ()
    mended: tuple[Remark, ...] = ()
    problems: tuple[Remark, ...] = ()
    cells: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ImportReach:
    """For whom rows are brought in: a contractor's own people and sites; for those below it, new people only."""

    own: ContractorId
    below: frozenset[ContractorId] = frozenset()

    @property
    def employers(self) -> frozenset[ContractorId]:
        return self.below | {self.own}


@dataclass(frozen=True, slots=True)
class Terms:
    """How a file is to be read: the column of each field (None: by the headings), and for whom (None: for anybody)."""

    columns: Mapping[str, int] | None = None
    reach: ImportReach | None = None


class Rejection(Exception):
    """A row cannot be taken, for these reasons."""

    def __init__(self, *problems: Remark) -> None:
        super().__init__("; ".join(f"{problem.column}: {problem.text}" for problem in problems))
        self.problems = problems


class WrongLayout(InvalidInput):
    """The file's headings are not those of the kind."""

    code = "wrong_layout"


class PreviewOutdated(DomainError):
    """The registry changed between preview and apply: preview again."""

    code = "preview_outdated"


@dataclass(slots=True)
class Changes:
    """What rows will write. Of one worker, contractor or site there is at most one version in it."""

    added: list[Contractor | Phone | SkilledWorker | Occupation | PhoneNumber | Affiliation | Site] = field(
        default_factory=list
    )
    updated: list[Contractor | SkilledWorker | Affiliation | Site] = field(default_factory=list)
    occupations: dict[WorkerId, tuple[str, ...]] = field(default_factory=dict)
    line_sites: list[tuple[LineId, SiteId]] = field(default_factory=list)

    def extend(self, others: Iterable["Changes"]) -> None:
        for other in others:
            self.added += other.added
            self.updated += other.updated
            self.occupations |= other.occupations
            self.line_sites += other.line_sites


@dataclass(slots=True)
class Decision:
    """What one row leads to: a fate, the columns it changes, remarks beside those of its cells, and the changes."""

    fate: Fate
    changed: tuple[str, ...] = ()
    remarks: tuple[Remark, ...] = ()
    changes: Changes = field(default_factory=Changes)
