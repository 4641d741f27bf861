"""A forgotten password: a link by mail to one's own address, and choosing another password with it."""

from typing import Annotated

import anyio
from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response

from admin.access import viewer_of
from admin.accounts import mails
from admin.pages import language_of, render
from admin.security import client_address
from admin.words import word
from core.accounts import links, service, signing_in, store
from core.accounts.model import LinkPurpose
from core.audit import service as audit
from core.errors import InvalidInput, NotAllowed

router = APIRouter()


@router.get("/sign-in/forgotten")
def show_forgotten(request: Request, sent: bool = False) -> Response:
    return render(
        request, "accounts/forgotten.html", can_mail=mails.can_mail(request), is_sent=sent, login="", errors={}
    )


@router.post("/sign-in/forgotten")
def mail_reset(request: Request, login: Annotated[str, Form()] = "") -> Response:
    """Mail a link when the account has an address; the answer is the same when it has not, or is not there."""
    state = request.app.state
    now, address = state.clock.now(), client_address(request)
    if mails.can_mail(request) and login.strip():
        with state.database.write() as session:
            account = service.find_account(session, login)
            signing_in.count_failure(session, login, address, now)  # whoever tries many logins is held back
            is_wanted = account is not None and bool(account.email) and account.disabled_at is None
            is_quiet = signing_in.is_held_back(session, address, now)
            if (
                is_wanted
                and account
                and not is_quiet
                and not links.is_too_soon(session, account.account_id, LinkPurpose.RESET, now)
            ):
                token = links.make_link(session, account.account_id, LinkPurpose.RESET, now)
                until = now + links.LIFETIMES[LinkPurpose.RESET]
                mails.post_link(request, session, account, mails.RESET, f"/sign-in/reset/{token}", until)
    return RedirectResponse("/sign-in/forgotten?sent=true", 303)


@router.get("/sign-in/reset/{token}")
def show_reset(request: Request, token: str) -> Response:
    state = request.app.state
    with state.database.read() as session:
        link = links.find_link(session, token, LinkPurpose.RESET, state.clock.now())
        account = store.get_account(session, link.account_id) if link else None
    login = account.login if account else None
    return render(request, "accounts/reset.html", status_code=200 if login else 409, login=login, errors={})


@router.post("/sign-in/reset/{token}")
async def reset(request: Request, token: str, password: Annotated[str, Form()] = "") -> Response:
    limiter = request.app.state.passwords_at_once
    return await anyio.to_thread.run_sync(_reset, request, token, password, limiter=limiter)


def _reset(request: Request, token: str, password: str) -> Response:
    state = request.app.state
    now = state.clock.now()
    try:
        with state.database.write() as session:
            account = links.reset_by_link(session, token, password, now)
            audit.record(
                session,
                at=now,
                by=account.account_id,
                action="account.password_reset",
                subject=("account", account.account_id),
                contractor_id=service.find_viewer(session, account).only_contractor_id,
            )
    except InvalidInput:
        return _show_unfit(request, token)
    except NotAllowed:
        return render(request, "accounts/reset.html", status_code=409, login=None, errors={})
    return RedirectResponse("/sign-in?done=reset", 303)


def _show_unfit(request: Request, token: str) -> Response:
    state = request.app.state
    with state.database.read() as session:
        link = links.find_link(session, token, LinkPurpose.RESET, state.clock.now())
        account = store.get_account(session, link.account_id) if link else None
    errors = {"password": word("accounts.password_unfit", language_of(request))}
    login = account.login if account else None
    return render(request, "accounts/reset.html", status_code=422, login=login, errors=errors)


async def is_own_password(request: Request, password: str) -> bool:
    """Whether a password is that of who is signed in; wrong ones count towards the lock."""
    limiter = request.app.state.passwords_at_once
    return await anyio.to_thread.run_sync(_is_own_password, request, password, limiter=limiter)


def _is_own_password(request: Request, password: str) -> bool:
    state = request.app.state
    now, account_id = state.clock.now(), viewer_of(request).account.account_id
    is_right = service.is_password_of(viewer_of(request).account, password)
    with state.database.write() as session:
        account = store.get_account(session, account_id, for_update=True)
        if account is None or service.is_locked(account, now):
            return False
        if is_right:
            store.set_failures(session, account_id, 0, None)
        else:
            service.count_wrong(session, account, now)
    return is_right
