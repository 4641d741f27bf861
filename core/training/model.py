"""研修: dates on which people learn the service, and who has a seat. Values only.

A seat's login is one of the training world's accounts, which are there under these names whenever that world is made
anew: nothing has to pass between the two.
"""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from core.clock import work_date
from core.ids import AccountId, ContractorId

MAX_CAPACITY = 60  # as many accounts the training world has for people with a seat
LOGIN_PREFIX = "kenshu"


def seat_login(number: int) -> str:
    """Return the login in the training world of whoever has a seat of that number."""
    return f"{LOGIN_PREFIX}{number:02d}"


@dataclass(frozen=True, slots=True)
class TrainingDate:
    """A date. taken and waiting count people; they are known to everybody, who they are is not."""

    training_id: UUID
    starts_at: datetime
    ends_at: datetime
    place: str
    online_url: str
    capacity: int
    remarks: str
    taken: int = 0
    waiting: int = 0
    cancelled_at: datetime | None = None

    @property
    def day(self) -> date:
        """The day in Japan."""
        return work_date(self.starts_at)

    @property
    def free(self) -> int:
        return max(0, self.capacity - self.taken)

    def takes_people(self, now: datetime) -> bool:
        """Whether people can still be signed up."""
        return self.cancelled_at is None and now < self.ends_at


@dataclass(frozen=True, slots=True)
class Seat:
    """That a person is signed up, as which one in turn; number is None while he waits."""

    seat_id: UUID
    training_id: UUID
    contractor_id: ContractorId | None
    company: str
    person: str
    account_id: AccountId
    signed_up_at: datetime
    turn: int
    number: int | None = None
    cancelled_at: datetime | None = None

    @property
    def login(self) -> str | None:
        return None if self.number is None else seat_login(self.number)


@dataclass(frozen=True, slots=True)
class Sitting:
    """For whom people are signed up, and by whom."""

    account_id: AccountId
    contractor_id: ContractorId | None
    company: str
