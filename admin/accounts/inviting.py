"""Inviting somebody: for which contractor, in which role; and the invitations that still wait."""

from typing import Any
from uuid import UUID

import anyio
from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response
from starlette.datastructures import FormData

from admin.access import needs, reading, scope_of, viewer_of, writing
from admin.accounts import mails
from admin.pages import language_of, render
from admin.words import word
from core.accounts import invitations, rules
from core.accounts.model import Invitation, Permission, Role
from core.audit import service as audit
from core.clock import work_date
from core.db import Session
from core.errors import InvalidInput, NotAllowed
from core.ids import ContractorId, SiteId
from core.registry import titles

router = APIRouter(dependencies=[needs(Permission.MANAGE_ACCOUNTS)])

OPERATOR = "operator"  # in place of a contractor


@router.get("/accounts/invite")
def show_invite(request: Request, contractor: str = "", q: str = "") -> Response:
    """Show the form for a contractor; without one, what contractors there are to choose from."""
    viewer, scope = viewer_of(request), scope_of(request, Permission.MANAGE_ACCOUNTS)
    choices = _choices(request, q)
    own = contractor or (str(choices[0][0]) if len(choices) == 1 and not viewer.is_operator else "")
    if own:
        return _show_form(request, own, {}, {})
    return render(
        request,
        "accounts/invite_choose.html",
        choices=choices,
        q=q,
        may_search=scope.everything,
        is_operator=viewer.is_operator,
    )


@router.post("/accounts/invite")
async def invite(request: Request) -> Response:
    form = await request.form()
    # The form was read here; the database is worked with in a thread, as everywhere.
    return await anyio.to_thread.run_sync(_invite, request, form)


@router.post("/accounts/invitations/{invitation_id}/renew")
def renew(request: Request, invitation_id: UUID) -> Response:
    now = request.app.state.clock.now()
    with writing(request) as session:
        invitation = invitations.get_managed(session, invitation_id, scope_of(request, Permission.MANAGE_ACCOUNTS))
        token = invitations.renew(session, viewer_of(request), invitation, now)
        contractor = _contractor_name(request, session, invitation)
        is_mailed = _post(request, session, invitation, contractor, token)
        _record(request, session, "invitation.renewed", invitation)
    return _show_sent(request, invitation, contractor, token, is_mailed=is_mailed)


@router.post("/accounts/invitations/{invitation_id}/revoke")
def revoke(request: Request, invitation_id: UUID) -> Response:
    with writing(request) as session:
        invitation = invitations.get_managed(session, invitation_id, scope_of(request, Permission.MANAGE_ACCOUNTS))
        if not rules.may_give(viewer_of(request), invitation.role, invitation.contractor_id, invitation.site_ids):
            raise NotAllowed("nobody takes back what he could not have given")
        invitations.revoke(session, invitation_id, request.app.state.clock.now())
        _record(request, session, "invitation.revoked", invitation)
    return RedirectResponse("/accounts?done=revoked", 303)


def _invite(request: Request, form: FormData) -> Response:
    typed = {name: str(form.get(name, "")) for name in ("contractor", "name", "email", "role")}
    site_ids = [str(value) for value in form.getlist("site_ids")]
    errors = _missing(request, typed)
    if errors:
        return _show_form(request, typed["contractor"], typed | {"site_ids": site_ids}, errors, 422)
    now = request.app.state.clock.now()
    try:
        with writing(request) as session:
            drafted = _drafted(request, session, typed, site_ids)
            invitation, token = invitations.invite(session, viewer_of(request), drafted, now)
            contractor = _contractor_name(request, session, invitation)
            is_mailed = _post(request, session, invitation, contractor, token)
            _record(request, session, "invitation.sent", invitation)
    except InvalidInput as error:
        message = {error.field: word(f"accounts.invite.{error.field}_unfit", language_of(request))}
        return _show_form(request, typed["contractor"], typed | {"site_ids": site_ids}, message, 422)
    return _show_sent(request, invitation, contractor, token, is_mailed=is_mailed)


def _drafted(request: Request, session: Session, typed: dict[str, str], site_ids: list[str]) -> Invitation:
    """Return the invitation a form asks for. Sites count for a site manager alone, and only those of the contractor."""
    role, now = Role(typed["role"]), request.app.state.clock.now()
    contractor_id = _contractor_id(typed["contractor"])
    chosen: list[SiteId] = []
    if role is Role.SITE_MANAGER and contractor_id is not None:
        own = titles.sites_of_prime(session, contractor_id, work_date(now))
        chosen = [site_id for site_id, _name in own if str(site_id) in site_ids]
    return invitations.draft(viewer_of(request), typed["name"], typed["email"], role, contractor_id, chosen, now)


def _missing(request: Request, typed: dict[str, str]) -> dict[str, str]:
    lang = language_of(request)
    errors = {}
    if not typed["name"].strip():
        errors["name"] = word("accounts.invite.name_unfit", lang)
    if typed["role"] not in set(Role):
        errors["role"] = word("accounts.invite.role_unfit", lang)
    return errors


def _show_form(
    request: Request, contractor: str, typed: dict[str, Any], errors: dict[str, str], status_code: int = 200
) -> Response:
    viewer, scope = viewer_of(request), scope_of(request, Permission.MANAGE_ACCOUNTS)
    contractor_id = _contractor_id(contractor)
    roles = rules.givable_roles(viewer, contractor_id)
    if not roles:
        raise NotAllowed("nobody gives more than he has")
    with reading(request, Permission.MANAGE_ACCOUNTS) as session:
        name = titles.contractor_names(session, scope, [contractor_id]).get(contractor_id) if contractor_id else None
        today = work_date(request.app.state.clock.now())
        may_have_sites = contractor_id is not None and Role.SITE_MANAGER in roles
        sites = titles.sites_of_prime(session, contractor_id, today) if may_have_sites and contractor_id else []
    return render(
        request,
        "accounts/invite.html",
        status_code=status_code,
        contractor=contractor,
        contractor_name=name,
        roles=[role for role in roles if role is not Role.SITE_MANAGER or sites],
        sites=[(str(site_id), site_name) for site_id, site_name in sites],
        typed={"name": "", "email": "", "role": "", "site_ids": []} | typed,
        errors=errors,
        can_mail=mails.can_mail(request),
        can_choose=len(_choices(request, "")) > 1 or viewer.is_operator,
    )


def _choices(request: Request, q: str) -> list[tuple[ContractorId, str]]:
    """Return the contractors somebody may invite for; the operator searches among all."""
    scope = scope_of(request, Permission.MANAGE_ACCOUNTS)
    with reading(request, Permission.MANAGE_ACCOUNTS) as session:
        if scope.everything:
            return titles.find_contractors(session, scope, q) if q.strip() else []
        names = titles.contractor_names(session, scope, scope.viewers)
    return sorted(((ContractorId(key), name) for key, name in names.items()), key=lambda choice: choice[1])


def _contractor_id(text: str) -> ContractorId | None:
    """Return the contractor a form names; None for the operator. Raises NotAllowed for anything else."""
    if text == OPERATOR:
        return None
    try:
        return ContractorId(UUID(text))
    except ValueError:
        raise NotAllowed("no contractor was chosen") from None


def _contractor_name(request: Request, session: Session, invitation: Invitation) -> str:
    if invitation.contractor_id is None:
        return word("product", language_of(request))
    return titles.contractor_name(session, invitation.contractor_id)


def _post(request: Request, session: Session, invitation: Invitation, contractor: str, token: str) -> bool:
    """Mail the link when there is an address and a mail server; return whether it was."""
    if not invitation.email or not mails.can_mail(request):
        return False
    mails.post_invitation(request, session, invitation, contractor, f"/invitation/{token}")
    return True


def _show_sent(request: Request, invitation: Invitation, contractor: str, token: str, *, is_mailed: bool) -> Response:
    """Return the page after inviting. The link is on it, once, unless it was mailed: it is kept nowhere."""
    return render(
        request,
        "accounts/invited.html",
        invitation=invitation,
        contractor=contractor,
        is_mailed=is_mailed,
        link=None if is_mailed else mails.link_to(request, f"/invitation/{token}"),
        valid_days=invitations.VALID_FOR.days,
    )


def _record(request: Request, session: Session, action: str, invitation: Invitation) -> None:
    audit.record(
        session,
        at=request.app.state.clock.now(),
        by=viewer_of(request).account.account_id,
        action=action,
        subject=("invitation", invitation.invitation_id),
        contractor_id=invitation.contractor_id,
        details={"role": invitation.role, "sites": len(invitation.site_ids)},
    )
