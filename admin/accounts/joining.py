"""Following an invitation: choosing a login and a password, or joining with the account one has."""

from typing import Annotated

import anyio
from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response

from admin.pages import language_of, render
from admin.security import session_token, set_session_cookie, visit_of
from admin.sign_in import next_step, record_sign_in
from admin.words import word
from core.accounts import invitations, service
from core.accounts.model import Account, Invitation, Membership, SignedIn, Stage
from core.audit import service as audit
from core.db import Session
from core.errors import InvalidInput, NotAllowed
from core.registry import titles

router = APIRouter()


@router.get("/invitation/{token}")
def show_invitation(request: Request, token: str) -> Response:
    return _show(request, token, {}, {})


@router.post("/invitation/{token}")
async def accept(
    request: Request,
    token: str,
    how: Annotated[str, Form()] = "new",
    login: Annotated[str, Form()] = "",
    name: Annotated[str, Form()] = "",
    password: Annotated[str, Form()] = "",
) -> Response:
    """Join with the account that is signed in ("own"), or with a new one."""
    if how == "own" and request.state.account is not None:
        return await anyio.to_thread.run_sync(_accept_as_own, request, token)
    typed = {"login": login, "name": name}
    limiter = request.app.state.passwords_at_once
    return await anyio.to_thread.run_sync(_accept_as_new, request, token, typed, password, limiter=limiter)


def _accept_as_own(request: Request, token: str) -> Response:
    state, account = request.app.state, request.state.account
    now, stage = state.clock.now(), Stage.OPEN
    try:
        with state.database.write() as session:
            membership = invitations.accept_as(session, token, account.account_id, now)
            _record(request, session, account, membership)
            if state.settings.second_factor_required:
                stage = service.hold_until_enrolled(session, account, session_token(request) or "", now)
    except NotAllowed:
        return _show(request, token, {}, {}, 409)
    return RedirectResponse(next_step(stage, "/"), 303)


def _accept_as_new(request: Request, token: str, typed: dict[str, str], password: str) -> Response:
    now = request.app.state.clock.now()
    try:
        with request.app.state.database.write() as session:
            account, membership = invitations.accept_as_new(
                session, token, typed["login"], typed["name"], password, now
            )
            _record(request, session, account, membership)
            signed_in = _sign_in(request, session, account)
    except NotAllowed:
        return _show(request, token, typed, {}, 409)
    except InvalidInput as error:
        is_taken = "login" in error.ids or "taken" in error.ids
        kind = f"{error.field}_taken" if is_taken else f"{error.field}_unfit"
        return _show(request, token, typed, {error.field: word(f"accounts.{kind}", language_of(request))}, 422)
    response = RedirectResponse(next_step(signed_in.stage, "/"), 303)
    set_session_cookie(response, request.app.state.settings, signed_in)
    return response


def _sign_in(request: Request, session: Session, account: Account) -> SignedIn:
    """Open the new account's first session; a second factor may be due before it opens anything."""
    state = request.app.state
    now = state.clock.now()
    signed_in = service.sign_in(
        session,
        account.login,
        now,
        is_right=True,
        replaces=session_token(request),
        visit=visit_of(request),
        factor_required=state.settings.second_factor_required,
    )
    if signed_in is None:
        raise NotAllowed("the account was disabled at once", account_id=account.account_id)
    if signed_in.stage is Stage.OPEN:
        record_sign_in(session, signed_in, now, "invitation")
    return signed_in


def _show(
    request: Request, token: str, typed: dict[str, str], errors: dict[str, str], status_code: int = 200
) -> Response:
    state = request.app.state
    with state.database.read() as session:
        invitation = invitations.find_open(session, token, state.clock.now())
        contractor = _contractor(request, session, invitation)
    return render(
        request,
        "accounts/invitation.html",
        status_code=status_code if invitation or status_code != 200 else 410,
        invitation=invitation,
        contractor=contractor,
        token=token,
        typed={"login": "", "name": invitation.name if invitation else ""} | typed,
        errors=errors,
        has_failed=status_code == 409,
    )


def _contractor(request: Request, session: Session, invitation: Invitation | None) -> str:
    if invitation is None or invitation.contractor_id is None:
        return word("product", language_of(request))
    return titles.contractor_name(session, invitation.contractor_id)


def _record(request: Request, session: Session, account: Account, membership: Membership) -> None:
    audit.record(
        session,
        at=request.app.state.clock.now(),
        by=account.account_id,
        action="invitation.accepted",
        subject=("account", account.account_id),
        contractor_id=membership.contractor_id,
        details={"role": membership.role, "sites": len(membership.site_ids)},
    )
