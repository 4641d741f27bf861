"""Who must prove himself twice, and who may give which role to whom: nobody gives more than he has. Pure."""

import re
from collections.abc import Iterable

from core.accounts.model import PERMISSIONS, Membership, Permission, Role, Viewer
from core.errors import InvalidInput
from core.ids import ContractorId, SiteId
from core.scope import Scope

SECOND_FACTOR_ROLES = frozenset({Role.OPERATOR, Role.PRIME_OFFICE, Role.REGISTRATION_MANAGER})
MAX_EMAIL_CHARS = 254
_EMAIL = re.compile(r"[^\s@<>,;:\"()\[\]\\]+@[^\s@<>,;:\"()\[\]\\]+\.[^\s@<>,;:\"()\[\]\\.]+")


def needs_second_factor(memberships: Iterable[Membership]) -> bool:
    """Whether the roles reach so far that a password alone is too little."""
    return any(membership.role in SECOND_FACTOR_ROLES for membership in memberships)


def may_give(
    viewer: Viewer, role: Role, contractor_id: ContractorId | None, site_ids: frozenset[SiteId] = frozenset()
) -> bool:
    """Whether somebody may let another act for a contractor in a role.

    Only an operator makes operators. Everybody else gives no permission he has not got for that contractor, and no
    wider view than his own. That sites are the contractor's is for the caller to see to.
    """
    if viewer.is_operator:
        return (role is Role.OPERATOR) == (contractor_id is None)
    if contractor_id is None or role is Role.OPERATOR:
        return False
    own = [membership for membership in viewer.memberships if membership.contractor_id == contractor_id]
    permissions = frozenset[Permission]().union(*(PERMISSIONS[membership.role] for membership in own))
    if Permission.MANAGE_ACCOUNTS not in permissions or not PERMISSIONS[role] <= permissions:
        return False
    reach = Scope()
    for membership in own:
        reach = reach | membership.scope()
    return _covers(reach, role, contractor_id)


def givable_roles(viewer: Viewer, contractor_id: ContractorId | None) -> list[Role]:
    """Return the roles somebody may give for a contractor, in the order of the list."""
    return [role for role in Role if may_give(viewer, role, contractor_id)]


def may_end(viewer: Viewer, membership: Membership) -> bool:
    """Whether somebody may end another's membership: one he could have given. Nobody ends his own."""
    is_own = membership.account_id == viewer.account.account_id
    return not is_own and may_give(viewer, membership.role, membership.contractor_id)


def may_reset(viewer: Viewer, person: Viewer) -> bool:
    """Whether somebody may be handed the link to another's new password.

    That is as good as being the other: it needs power over every one of his memberships, or to be an operator.
    """
    if viewer.account.account_id == person.account.account_id:
        return False
    if viewer.is_operator:
        return True
    return bool(person.memberships) and all(may_end(viewer, membership) for membership in person.memberships)


def parse_email(text: str) -> str:
    """Return a mail address without outer spaces, "" for none. Raises InvalidInput when it is not one."""
    email = text.strip()
    if email and (len(email) > MAX_EMAIL_CHARS or not _EMAIL.fullmatch(email)):
        raise InvalidInput("not a mail address", field="email")
    return email


def _covers(reach: Scope, role: Role, contractor_id: ContractorId) -> bool:
    """Whether a view is at least as wide as the one a role gives of a contractor's matters."""
    is_prime, is_employer = contractor_id in reach.primes, contractor_id in reach.employers
    if role is Role.SITE_MANAGER:
        return is_prime
    return is_employer if role is Role.SUBCONTRACTOR_OFFICE else is_prime and is_employer
