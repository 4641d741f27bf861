"""作業員名簿 and what follows from it: who works for whom as what, newcomers' checks, credit of days. Values only."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from core.ids import AccountId, ContractorId, SiteId, WorkerId
from core.registry.model import Position


class EntryState(StrEnum):
    """Where a roster entry stands. Values are stored and never renamed."""

    PROPOSED = "proposed"
    ACCEPTED = "accepted"
    REMOVED = "removed"


class Lack(StrEnum):
    """Why a worker who came to a site cannot be taken into the roster yet, or not with effect."""

    AFFILIATION = "affiliation"  # nobody's: the contractor has to say that he is its own
    OCCUPATION = "occupation"  # no CCUS code, only free text or nothing
    CCUS_ID = "ccus_id"  # may stand in the roster, and his days still do not count
    CHAIN = "chain"  # the contractor's links up to the prime are not all accepted


class ArrivalCheckKind(StrEnum):
    """What is ticked for a newcomer (新規入場). Values are stored and never renamed."""

    INDUCTION = "induction"  # 受入教育
    HEALTH_CHECK = "health_check"  # 健康診断を確認
    PLEDGE = "pledge"  # 誓約書


@dataclass(frozen=True, slots=True)
class RosterEntry:
    """施工体制技能者: one worker of one contractor at a site, as what, from-until (both days included).

    occupation_code is None while only a free-text trade is known. proposed_position is what he was on earlier sites:
    people decide whether he is here too. made_in, accepted_in and removed_in are the batches of those acts.
    """

    roster_entry_id: UUID
    site_id: SiteId
    prime_contractor_id: ContractorId
    contractor_id: ContractorId
    worker_id: WorkerId
    participation_id: UUID | None
    occupation_code: str | None
    trade: str
    position: Position
    proposed_position: Position | None
    task: str
    hazardous_substances: str
    valid_from: date
    valid_until: date | None
    state: EntryState
    is_by_person: bool = False
    made_in: UUID | None = None
    accepted_in: UUID | None = None
    removed_in: UUID | None = None
    decided_by: str = ""
    decided_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class EntryDraft:
    """What a person writes into a roster: all of it but who, where and for whom."""

    occupation_code: str | None
    position: Position
    valid_from: date
    valid_until: date | None = None
    trade: str = ""
    task: str = ""
    hazardous_substances: str = ""


@dataclass(frozen=True, slots=True)
class PlannedWorker:
    """Somebody of a contractor's people who may be written into a roster before he comes."""

    worker_id: WorkerId
    name: str
    ccus_worker_id: str | None

    @property
    def label(self) -> str:
        """How he is offered: two people of one name differ by it."""
        return f"{self.name}（{self.ccus_worker_id}）" if self.ccus_worker_id else self.name


@dataclass(frozen=True, slots=True)
class DayCredit:
    """That a day counts for a worker, with what; the highest number of a day holds. approval_id is the batch."""

    worker_id: WorkerId
    site_id: SiteId
    work_date: date
    seq: int
    prime_contractor_id: ContractorId
    roster_entry_id: UUID
    approval_id: UUID | None
    contractor_id: ContractorId
    occupation_code: str
    position: Position
    is_withdrawn: bool
    at: datetime


@dataclass(frozen=True, slots=True)
class ArrivalCheck:
    """That something was ticked for a newcomer, or that it was taken back; the highest number of a kind holds."""

    site_id: SiteId
    worker_id: WorkerId
    kind: ArrivalCheckKind
    seq: int
    prime_contractor_id: ContractorId
    contractor_id: ContractorId | None
    done_on: date | None
    is_withdrawn: bool
    by_account: AccountId | None
    by_name: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Submission:
    """That a contractor's roster was handed in as it then was."""

    submission_id: UUID
    site_id: SiteId
    prime_contractor_id: ContractorId
    contractor_id: ContractorId
    by_account: AccountId | None
    by_name: str
    at: datetime
    people: int
