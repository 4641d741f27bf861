"""One's own account: password, mail address, second factor, recovery codes, and where one is signed in.

What is one's own is found by the account's id alone, whatever contractors one acts for: no scope limits it.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any

import anyio
from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response

from admin.access import needs, viewer_of, writing
from admin.accounts import mails
from admin.accounts.passwords import is_own_password
from admin.accounts.second_step import post_confirmation
from admin.accounts.secrets_shown import grouped, qr_code, show_codes
from admin.pages import language_of, render
from admin.security import session_token
from admin.words import word
from core.accounts import rules, second_factor, service, sessions
from core.accounts.model import Permission
from core.audit import service as audit
from core.db import Session
from core.errors import InvalidInput
from core.mail import mask_email

router = APIRouter(dependencies=[needs(Permission.SEE)])

DONE = ("password", "email", "codes", "removed", "ended", "sent", "recovery_used")
Password = Annotated[str, Form()]


@router.get("/account")
def show_account(request: Request, done: str = "") -> Response:
    state, viewer = request.app.state, viewer_of(request)
    account_id = viewer.account.account_id
    with state.database.read() as session:
        context: dict[str, Any] = {
            "factor": second_factor.find_factor(session, account_id),
            "codes_left": second_factor.count_recovery_codes(session, account_id),
            "sessions": sessions.list_sessions(session, account_id, state.clock.now()),
        }
    return render(
        request,
        "accounts/own.html",
        own_hash=sessions.token_hash(session_token(request) or ""),
        must_have=_must_have(request),
        can_mail=mails.can_mail(request),
        done=done if done in DONE else "",
        now=state.clock.now(),
        **context,
    )


@router.get("/account/password")
def show_password(request: Request) -> Response:
    return _form(request, "password", {})


@router.post("/account/password")
async def change_password(request: Request, password: Password = "", new_password: Password = "") -> Response:
    if not await is_own_password(request, password):
        return _wrong(request, "password")
    limiter = request.app.state.passwords_at_once
    is_fit = await anyio.to_thread.run_sync(_change_password, request, new_password, limiter=limiter)
    if not is_fit:
        return _form(request, "password", {"new_password": "accounts.password_unfit"}, 422)
    return _done("password")


def _change_password(request: Request, new_password: str) -> bool:
    try:
        with writing(request) as session:
            service.change_password(session, _own_id(request), new_password, session_token(request))
            _record(request, session, "account.password_changed")
    except InvalidInput:
        return False
    return True


@router.get("/account/email")
def show_email(request: Request) -> Response:
    return _form(request, "email", {}, email=viewer_of(request).account.email)


@router.post("/account/email")
async def change_email(request: Request, password: Password = "", email: Annotated[str, Form()] = "") -> Response:
    if not await is_own_password(request, password):
        return _wrong(request, "email", email=email)
    return await anyio.to_thread.run_sync(_change_email, request, email)


def _change_email(request: Request, email: str) -> Response:
    try:
        with writing(request) as session:
            service.set_email(session, _own_id(request), email)
            _record(request, session, "account.changed", {"fields": ["email"]})
    except InvalidInput:
        return _form(request, "email", {"email": "accounts.email_unfit"}, 422, email=email)
    return _done("email")


@router.get("/account/second-factor")
def show_second_factor(request: Request, sent: bool = False) -> Response:
    return _show_app(request, {}, is_sent=sent)


@router.get("/account/second-factor/qr.svg")
def show_qr(request: Request) -> Response:
    state, account = request.app.state, viewer_of(request).account
    with state.database.read() as session:
        secret = second_factor.begun_secret(session, state.settings.sealer, account.account_id)
    return qr_code(second_factor.app_address(secret, account.login)) if secret else Response(status_code=404)


@router.post("/account/second-factor")
async def add_app(request: Request, password: Password = "", code: Annotated[str, Form()] = "") -> Response:
    is_right = await is_own_password(request, password)
    return await anyio.to_thread.run_sync(_add_app, request, is_right, code)


def _add_app(request: Request, is_right: bool, code: str) -> Response:
    if not is_right:
        return _show_app(request, {"password": "accounts.password_wrong"}, 422)
    state = request.app.state
    try:
        with writing(request) as session:
            now = state.clock.now()
            codes = second_factor.confirm_app(session, state.settings.sealer, _own_id(request), code, now)
            _record(request, session, "account.second_factor_added", {"kind": "app"})
    except InvalidInput:
        return _show_app(request, {"code": "accounts.code_wrong"}, 422)
    return show_codes(request, codes, "/account", viewer_of(request).account.login)


@router.post("/account/second-factor/mail")
def add_mail(request: Request) -> Response:
    """Mail a link to one's own address; when it comes through, mail is the second factor."""
    account = viewer_of(request).account
    if mails.can_mail(request) and account.email:
        post_confirmation(request, account, sessions.token_hash(session_token(request) or ""))
    return RedirectResponse("/account/second-factor?sent=true", 303)


@router.get("/account/second-factor/remove")
def show_removal(request: Request) -> Response:
    return RedirectResponse("/account", 303) if _must_have(request) else _form(request, "remove", {})


@router.post("/account/second-factor/remove")
async def remove_second_factor(request: Request, password: Password = "") -> Response:
    if _must_have(request):
        return RedirectResponse("/account", 303)
    if not await is_own_password(request, password):
        return _wrong(request, "remove")
    await anyio.to_thread.run_sync(_remove, request)
    return _done("removed")


def _remove(request: Request) -> None:
    with writing(request) as session:
        second_factor.remove(session, _own_id(request))
        _record(request, session, "account.second_factor_removed")


@router.get("/account/recovery-codes")
def show_renewal(request: Request) -> Response:
    return _form(request, "codes", {})


@router.post("/account/recovery-codes")
async def renew_codes(request: Request, password: Password = "") -> Response:
    if not await is_own_password(request, password):
        return _wrong(request, "codes")
    codes = await anyio.to_thread.run_sync(_renew, request)
    return show_codes(request, codes, "/account", viewer_of(request).account.login)


def _renew(request: Request) -> list[str]:
    with writing(request) as session:
        codes = second_factor.new_recovery_codes(session, _own_id(request))
        _record(request, session, "account.recovery_codes_renewed")
    return codes


@router.post("/account/sessions/end")
def end_session(request: Request, which: Annotated[str, Form()] = "") -> Response:
    """End one session, named by its hash, or every other one: "others"."""
    token = session_token(request) or ""
    with writing(request) as session:
        if which == "others":
            count = sessions.end_other_sessions(session, _own_id(request), token)
        else:
            sessions.end_other_session(session, _own_id(request), which)
            count = 1
        _record(request, session, "account.sessions_ended", {"count": count})
    return _done("ended")


def _show_app(
    request: Request, errors: Mapping[str, str], status_code: int = 200, *, is_sent: bool = False
) -> Response:
    state, account = request.app.state, viewer_of(request).account
    with writing(request) as session:
        secret = second_factor.begin_app(session, state.settings.sealer, account.account_id, state.clock.now())
    return render(
        request,
        "accounts/enrol.html",
        status_code=status_code,
        next="/account",
        secret=grouped(secret),
        mail_mask=mask_email(account.email) if mails.can_mail(request) and account.email else None,
        is_sent=is_sent,
        is_wrong=False,
        is_first=False,
        needs_password=True,
        action="/account/second-factor",
        errors=_worded(request, errors),
    )


def _form(request: Request, kind: str, errors: Mapping[str, str], status_code: int = 200, **values: Any) -> Response:
    """Return one of the short forms that ask for the password again."""
    return render(
        request,
        "accounts/own_form.html",
        status_code=status_code,
        kind=kind,
        errors=_worded(request, errors),
        email=values.get("email", ""),
    )


def _wrong(request: Request, kind: str, **values: Any) -> Response:
    return _form(request, kind, {"password": "accounts.password_wrong"}, 422, **values)


def _worded(request: Request, errors: Mapping[str, str]) -> dict[str, str]:
    return {name: word(key, language_of(request)) for name, key in errors.items()}


def _done(what: str) -> Response:
    return RedirectResponse(f"/account?done={what}", 303)


def _own_id(request: Request) -> Any:
    return viewer_of(request).account.account_id


def _must_have(request: Request) -> bool:
    """Whether one's roles ask for a second factor here."""
    is_required: bool = request.app.state.settings.second_factor_required
    return is_required and rules.needs_second_factor(viewer_of(request).memberships)


def _record(request: Request, session: Session, action: str, details: Mapping[str, Any] | None = None) -> None:
    viewer = viewer_of(request)
    now: datetime = request.app.state.clock.now()
    audit.record(
        session,
        at=now,
        by=viewer.account.account_id,
        action=action,
        subject=("account", viewer.account.account_id),
        contractor_id=viewer.only_contractor_id,
        details=details,
    )
