"""People who sign in to the pages: accounts, what they may do, and their sessions. Values only."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from core.ids import AccountId, ContractorId, SiteId
from core.scope import EVERYTHING, NOTHING, Scope


class Role(StrEnum):
    """In what capacity an account belongs to a contractor. Values are stored and never renamed."""

    OPERATOR = "operator"  # runs the service; belongs to no contractor and sees everything
    PRIME_OFFICE = "prime_office"  # 元請の事務
    REGISTRATION_MANAGER = "registration_manager"  # 登録責任者: receives bills, sees the use of each site
    SITE_MANAGER = "site_manager"  # 現場管理者: some sites of the prime contractor
    SUBCONTRACTOR_OFFICE = "subcontractor_office"  # 下請の事務: its own people, and the tiers below
    ACCOUNTANT = "accountant"  # 経理
    READ_ONLY = "read_only"  # 閲覧のみ


class Permission(StrEnum):
    """What a page lets people do; each route names the one it needs."""

    SEE = "see"  # the board, lists, calendars: as far as the scope reaches
    SETTLE = "settle"  # decide what is to review, approve missed touches
    REQUEST = "request"  # ask for a missed touch, propose to a record
    EDIT_PEOPLE = "edit_people"  # workers, their numbers and affiliations
    EDIT_SITES = "edit_sites"  # sites, who takes part, who is expected
    IMPORT = "import"
    EXPORT = "export"  # take lists and papers out
    SEE_USE = "see_use"  # statistics
    SEE_BILLS = "see_bills"
    MANAGE_ACCOUNTS = "manage_accounts"  # invite, change and disable accounts of the contractor
    SEE_AUDIT = "see_audit"
    OPERATE = "operate"  # lines, devices, contractors, the training world: the operator alone


_P = Permission
PERMISSIONS: Mapping[Role, frozenset[Permission]] = {
    Role.OPERATOR: frozenset(Permission),
    Role.PRIME_OFFICE: frozenset(Permission) - {_P.OPERATE, _P.SEE_BILLS},
    Role.REGISTRATION_MANAGER: frozenset(
        {_P.SEE, _P.EXPORT, _P.SEE_USE, _P.SEE_BILLS, _P.EDIT_SITES, _P.MANAGE_ACCOUNTS, _P.SEE_AUDIT}
    ),
    Role.SITE_MANAGER: frozenset({_P.SEE, _P.SETTLE, _P.REQUEST, _P.EXPORT}),
    Role.SUBCONTRACTOR_OFFICE: frozenset(
        {_P.SEE, _P.REQUEST, _P.EDIT_PEOPLE, _P.IMPORT, _P.EXPORT, _P.MANAGE_ACCOUNTS, _P.SEE_AUDIT}
    ),
    Role.ACCOUNTANT: frozenset({_P.SEE, _P.EXPORT, _P.SEE_USE, _P.SEE_BILLS}),
    Role.READ_ONLY: frozenset({_P.SEE}),
}


@dataclass(frozen=True, slots=True)
class Membership:
    """That an account acts for a contractor in a role; an account may have several. The operator's has no contractor.

    site_ids limits a site manager to those sites, and is empty for every other role.
    """

    membership_id: UUID
    account_id: AccountId
    role: Role
    contractor_id: ContractorId | None = None
    site_ids: frozenset[SiteId] = frozenset()

    def scope(self) -> Scope:
        """Return what this membership lets the account see."""
        if self.role is Role.OPERATOR:
            return EVERYTHING
        own = frozenset() if self.contractor_id is None else frozenset({self.contractor_id})
        if self.role is Role.SITE_MANAGER:
            return Scope(sites=self.site_ids)
        if self.role is Role.SUBCONTRACTOR_OFFICE:
            return Scope(employers=own)
        return Scope(primes=own, employers=own)


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who is signed in, and in which capacities."""

    account: "Account"
    memberships: tuple[Membership, ...]

    def may(self, permission: Permission) -> bool:
        return any(permission in PERMISSIONS[membership.role] for membership in self.memberships)

    def scope(self, permission: Permission = Permission.SEE) -> Scope:
        """Return what the viewer reaches with a permission: the sum over the memberships that carry it."""
        reached = NOTHING
        for membership in self.memberships:
            if permission in PERMISSIONS[membership.role]:
                reached = reached | membership.scope()
        return reached

    @property
    def is_operator(self) -> bool:
        return any(membership.role is Role.OPERATOR for membership in self.memberships)


@dataclass(frozen=True, slots=True)
class Account:
    """Somebody who signs in; never a worker, who needs no account."""

    account_id: AccountId
    login: str
    name: str
    password_hash: str
    failed_count: int = 0
    locked_until: datetime | None = None
    disabled_at: datetime | None = None
    email: str = ""


@dataclass(frozen=True, slots=True)
class AccountSession:
    """One signed-in browser. The cookie's value is not kept, only its SHA-256."""

    token_hash: str
    account_id: AccountId
    created_at: datetime
    last_seen_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class SignedIn:
    """That an account has just signed in; token is the cookie's value, known to nobody afterwards."""

    account: Account
    token: str
