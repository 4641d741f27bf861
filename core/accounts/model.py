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

    @property
    def only_contractor_id(self) -> ContractorId | None:
        """The contractor whose matter the account is; None when it acts for several, or as operator."""
        contractor_ids = {membership.contractor_id for membership in self.memberships}
        return contractor_ids.pop() if len(contractor_ids) == 1 else None


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
    last_signed_in_at: datetime | None = None


class Stage(StrEnum):
    """How far a sign-in has come. Values are stored and never renamed."""

    OPEN = "open"  # signed in: opens the pages
    CODE = "code"  # the password was right; the second factor is still asked for
    ENROL = "enrol"  # the password was right; a second factor has to be set up first


@dataclass(frozen=True, slots=True)
class Visit:
    """From what browser somebody signs in, and from where; the address is masked."""

    browser: str = ""
    address: str = ""


@dataclass(frozen=True, slots=True)
class AccountSession:
    """One browser. The cookie's value is not kept, only its SHA-256."""

    token_hash: str
    account_id: AccountId
    created_at: datetime
    last_seen_at: datetime
    expires_at: datetime
    stage: Stage = Stage.OPEN
    browser: str = ""
    address: str = ""


@dataclass(frozen=True, slots=True)
class SignedIn:
    """That an account has just given the right password; token is the cookie's value, known to nobody afterwards."""

    account: Account
    token: str
    stage: Stage = Stage.OPEN


@dataclass(frozen=True, slots=True)
class SecondFactor:
    """What an account proves itself with besides the password. Secrets are sealed.

    new_secret is one that was shown and not yet confirmed by a code. last_step is the time step of the last code that
    was taken: none is taken twice.
    """

    account_id: AccountId
    secret: str | None = None
    new_secret: str | None = None
    begun_at: datetime | None = None
    last_step: int = 0
    app_since: datetime | None = None
    mail_since: datetime | None = None

    @property
    def is_set_up(self) -> bool:
        return self.app_since is not None or self.mail_since is not None


class LinkPurpose(StrEnum):
    """What a mailed link is for. Values are stored and never renamed."""

    SECOND_FACTOR = "second_factor"  # in place of a code
    CONFIRM_MAIL = "confirm_mail"  # that mail shall be the second factor
    RESET = "reset"  # another password


@dataclass(frozen=True, slots=True)
class MailedLink:
    """A link that works once, for a while; session_hash binds it to the browser that asked for it."""

    token_hash: str
    account_id: AccountId
    purpose: LinkPurpose
    session_hash: str | None
    made_at: datetime
    expires_at: datetime
    used_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Invitation:
    """That somebody may act for a contractor in a role, as soon as he follows the link; its token is kept as a hash."""

    invitation_id: UUID
    token_hash: str
    name: str
    email: str
    role: Role
    contractor_id: ContractorId | None
    invited_by: AccountId
    invited_at: datetime
    expires_at: datetime
    accepted_at: datetime | None = None
    accepted_by: AccountId | None = None
    revoked_at: datetime | None = None
    site_ids: frozenset[SiteId] = frozenset()

    def is_open(self, now: datetime) -> bool:
        return self.accepted_at is None and self.revoked_at is None and now < self.expires_at

    def membership(self, account_id: AccountId) -> Membership:
        """Return what accepting makes of it; it keeps the invitation's id."""
        return Membership(self.invitation_id, account_id, self.role, self.contractor_id, self.site_ids)
