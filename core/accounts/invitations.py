"""Inviting people by link: whoever follows it chooses a login, or joins with the account he has.

A link is good for a week, once, and for as long as the one who invited could still give the role himself.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

from core.accounts import invitation_store, rules, service, sessions, store
from core.accounts.model import Account, Invitation, Membership, Role, Viewer
from core.db import Session
from core.errors import InvalidInput, NotAllowed, NotFound
from core.ids import AccountId, ContractorId, SiteId, uuid7
from core.phone import conceal
from core.scope import Scope

VALID_FOR = timedelta(days=7)


def invite(
    session: Session,
    viewer: Viewer,
    invited: Invitation,
    now: datetime,
) -> tuple[Invitation, str]:
    """Add an invitation, as draft() makes one, and return it with the token of its link.

    Raises NotAllowed when the viewer may not give the role, InvalidInput when name, address or sites do not fit.
    """
    if not rules.may_give(viewer, invited.role, invited.contractor_id, invited.site_ids):
        raise NotAllowed("nobody gives more than he has", role=invited.role)
    if not invited.name:
        raise InvalidInput("the name is empty", field="name")
    if (invited.role is Role.SITE_MANAGER) != bool(invited.site_ids):
        raise InvalidInput("a site manager has sites, and nobody else", field="site_ids")
    token = sessions.new_token()
    made = replace(
        invited,
        token_hash=sessions.token_hash(token),
        invited_by=viewer.account.account_id,
        invited_at=now,
        expires_at=now + VALID_FOR,
    )
    invitation_store.add_invitation(session, made)
    return made, token


def draft(
    viewer: Viewer,
    name: str,
    email: str,
    role: Role,
    contractor_id: ContractorId | None,
    site_ids: Iterable[SiteId],
    now: datetime,
) -> Invitation:
    """Return an invitation that is not sent yet; a number in its name is masked.

    Raises InvalidInput when the mail address is none.
    """
    return Invitation(
        invitation_id=uuid7(),
        token_hash="",
        name=conceal(name.strip()),
        email=rules.parse_email(email),
        role=role,
        contractor_id=contractor_id,
        invited_by=viewer.account.account_id,
        invited_at=now,
        expires_at=now + VALID_FOR,
        site_ids=frozenset(site_ids),
    )


def find_open(session: Session, token: str, now: datetime) -> Invitation | None:
    """Return the invitation a link leads to; None when it was used, revoked, is too old or no longer backed."""
    invitation = invitation_store.find_invitation(session, sessions.token_hash(token))
    if invitation is None or not invitation.is_open(now) or not _is_backed(session, invitation):
        return None
    return invitation


def accept_as_new(
    session: Session, token: str, login: str, name: str, password: str, now: datetime
) -> tuple[Account, Membership]:
    """Make an account and let it join.

    Raises NotAllowed when the link does not work any more, InvalidInput as service.create_account() does.
    """
    invitation = _open(session, token, now)
    account = service.create_account(session, login, name, password, email=invitation.email)
    return account, _accept(session, invitation, account.account_id, now)


def accept_as(session: Session, token: str, account_id: AccountId, now: datetime) -> Membership:
    """Let an account that is there join. Raises NotAllowed when the link does not work any more, or brings nothing."""
    invitation = _open(session, token, now)
    if any(_is_same(joined, invitation) for joined in store.memberships_of(session, [account_id])):
        raise NotAllowed("the account has this role already")
    return _accept(session, invitation, account_id, now)


def revoke(session: Session, invitation_id: UUID, now: datetime) -> None:
    """Make a link useless. Raises NotFound when the invitation does not wait any more."""
    if not invitation_store.change_open(session, invitation_id, now, revoked_at=now):
        raise NotFound("the invitation was used or taken back already")


def renew(session: Session, viewer: Viewer, invitation: Invitation, now: datetime) -> str:
    """Return the token of a new link for the same invitation; the old link stops working.

    Raises NotAllowed when the viewer may not give the role, NotFound when the invitation does not wait any more.
    """
    if not rules.may_give(viewer, invitation.role, invitation.contractor_id, invitation.site_ids):
        raise NotAllowed("nobody gives more than he has", role=invitation.role)
    token = sessions.new_token()
    values = {
        "token_hash": sessions.token_hash(token),
        "expires_at": now + VALID_FOR,
        "invited_by": viewer.account.account_id,
    }
    if not invitation_store.change_open(session, invitation.invitation_id, now, **values):
        raise NotFound("the invitation was used or taken back already")
    return token


def get_managed(session: Session, invitation_id: UUID, scope: Scope) -> Invitation:
    """Return an invitation of a scope's contractors. Raises NotFound when it is not one."""
    invitation = invitation_store.get_invitation(session, invitation_id)
    if invitation is None or not (scope.everything or invitation.contractor_id in scope.viewers):
        raise NotFound("there is no such invitation")
    return invitation


def _open(session: Session, token: str, now: datetime) -> Invitation:
    invitation = find_open(session, token, now)
    if invitation is None:
        raise NotAllowed("the invitation was used, taken back or is too old")
    return invitation


def _accept(session: Session, invitation: Invitation, account_id: AccountId, now: datetime) -> Membership:
    changes = {"accepted_at": now, "accepted_by": account_id}
    if not invitation_store.change_open(session, invitation.invitation_id, now, **changes):
        raise NotAllowed("the invitation was used, taken back or is too old")
    membership = invitation.membership(account_id)
    store.add_membership(session, membership)
    return membership


def _is_backed(session: Session, invitation: Invitation) -> bool:
    """Whether the one who invited could still do so."""
    viewer = service.get_viewer(session, invitation.invited_by)
    return viewer.account.disabled_at is None and rules.may_give(
        viewer, invitation.role, invitation.contractor_id, invitation.site_ids
    )


def _is_same(joined: Membership, invitation: Invitation) -> bool:
    return (joined.role, joined.contractor_id) == (
        invitation.role,
        invitation.contractor_id,
    ) and invitation.site_ids <= joined.site_ids
