"""Partner systems and their keys. Values only.

A partner is a system of somebody's (Buildee, Greensite, a face terminal) that acts for one prime contractor. Its keys
come and go; what it sends stays its own, so that a touch sent with an old key and again with a new one is one touch.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from core.ids import AccountId, ContractorId


class KeyScope(StrEnum):
    """What a key lets its holder do. Stored, never renamed."""

    PUNCHES_WRITE = "punches:write"
    ATTENDANCE_READ = "attendance:read"
    ROSTERS_READ = "rosters:read"
    TIERS_READ = "tiers:read"
    WEBHOOKS_MANAGE = "webhooks:manage"


@dataclass(frozen=True, slots=True)
class Partner:
    """A system that acts for a prime contractor."""

    partner_id: UUID
    prime_contractor_id: ContractorId
    name: str
    made_at: datetime


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A key of a partner, kept as a hash; ending is what its holder knows it by. A sandbox key changes nothing."""

    api_key_id: UUID
    partner_id: UUID
    secret_hash: str
    ending: str
    scopes: frozenset[KeyScope]
    is_sandbox: bool
    made_by: AccountId | None
    made_at: datetime
    revoked_at: datetime | None = None
    last_used_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Holder:
    """Who came with a key."""

    partner: Partner
    key: ApiKey


@dataclass(frozen=True, slots=True)
class KeptAnswer:
    """What a request with an Idempotency-Key was answered, so that it is answered so again."""

    body_hash: str
    answer: str
