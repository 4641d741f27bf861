"""Between the password and the pages: the code, the mailed link, and setting a second factor up where one is due."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response

from admin.accounts import mails
from admin.accounts.secrets_shown import grouped, qr_code, show_codes
from admin.pages import local_path, render, with_query
from admin.security import find_pending, session_token, set_session_cookie
from admin.sign_in import next_step, record_sign_in
from core.accounts import links, second_factor, service, sessions, signing_in, store
from core.accounts.model import Account, AccountSession, LinkPurpose, SignedIn, Stage
from core.audit import service as audit
from core.db import Session
from core.errors import InvalidInput, NotAllowed
from core.mail import mask_email

router = APIRouter()

Code = Annotated[str, Form()]
Next = Annotated[str, Form()]


@router.get("/sign-in/code")
def show_code(request: Request, next: str = "/", sent: bool = False) -> Response:  # noqa: A002
    pending = find_pending(request)
    if pending is None or pending[1].stage is not Stage.CODE:
        return _elsewhere(request, pending, next)
    return _show_code(request, pending[0], next, is_sent=sent)


@router.post("/sign-in/code")
def give_code(request: Request, code: Code = "", next: Next = "/") -> Response:  # noqa: A002
    state = request.app.state
    pending = find_pending(request)
    if pending is None or pending[1].stage is not Stage.CODE:
        return _elsewhere(request, pending, next)
    now = state.clock.now()
    with state.database.write() as session:
        passed = signing_in.pass_code(session, state.settings.sealer, session_token(request) or "", code, now)
        if passed is not None:
            record_sign_in(session, passed[0], now, passed[1])
        account = store.get_account(session, pending[0].account_id) or pending[0]
    if passed is None:
        return _show_code(request, account, next, 401, is_wrong=True)
    signed_in, kind = passed
    return _into(request, signed_in, "/account?done=recovery_used" if kind == "recovery" else next)


@router.post("/sign-in/link")
def mail_link(request: Request, next: Next = "/") -> Response:  # noqa: A002
    """Mail a link that stands for a code, to the address of the account and for this browser alone."""
    pending = find_pending(request)
    if pending is None or pending[1].stage is not Stage.CODE:
        return _elsewhere(request, pending, next)
    account, waiting = pending
    if mails.can_mail(request) and account.email:
        _mail_link(request, account, waiting.token_hash, LinkPurpose.SECOND_FACTOR, "/sign-in/link/", mails.SIGN_IN)
    return RedirectResponse(with_query("/sign-in/code", next=_kept(next), sent="true"), 303)


@router.get("/sign-in/link/{token}")
def show_link(request: Request, token: str) -> Response:
    """Ask for one more click: mail programs open links by themselves."""
    state = request.app.state
    pending = find_pending(request)
    with state.database.read() as session:
        link = links.find_link(session, token, LinkPurpose.SECOND_FACTOR, state.clock.now())
    is_usable = pending is not None and link is not None and link.session_hash == pending[1].token_hash
    return render(
        request,
        "accounts/link.html",
        status_code=200 if is_usable else 409,
        is_usable=is_usable,
        is_link=link is not None,
    )


@router.post("/sign-in/link/{token}")
def follow_link(request: Request, token: str) -> Response:
    state = request.app.state
    now = state.clock.now()
    with state.database.write() as session:
        try:
            signed_in = signing_in.pass_link(session, session_token(request) or "", token, now)
        except NotAllowed:
            signed_in = None
        if signed_in is not None:
            record_sign_in(session, signed_in, now, "link")
    if signed_in is None:
        return render(request, "accounts/link.html", status_code=409, is_usable=False, is_link=False)
    return _into(request, signed_in, "/")


@router.get("/sign-in/enrol")
def show_enrolment(request: Request, next: str = "/", sent: bool = False) -> Response:  # noqa: A002
    pending = find_pending(request)
    if pending is None or pending[1].stage is not Stage.ENROL:
        return _elsewhere(request, pending, next)
    return _show_enrolment(request, pending[0], next, is_sent=sent)


@router.get("/sign-in/enrol/qr.svg")
def show_qr(request: Request) -> Response:
    pending = find_pending(request)
    if pending is None or pending[1].stage is not Stage.ENROL:
        return Response(status_code=404)
    state = request.app.state
    with state.database.read() as session:
        secret = second_factor.begun_secret(session, state.settings.sealer, pending[0].account_id)
    return qr_code(second_factor.app_address(secret, pending[0].login)) if secret else Response(status_code=404)


@router.post("/sign-in/enrol")
def enrol(request: Request, code: Code = "", next: Next = "/") -> Response:  # noqa: A002
    pending = find_pending(request)
    if pending is None or pending[1].stage is not Stage.ENROL:
        return _elsewhere(request, pending, next)
    state, account = request.app.state, pending[0]
    now = state.clock.now()
    try:
        with state.database.write() as session:
            codes = second_factor.confirm_app(session, state.settings.sealer, account.account_id, code, now)
            signed_in = _enrolled(request, session, account, "app", now)
    except InvalidInput:
        return _show_enrolment(request, account, next, 422, is_wrong=True)
    return _with_codes(request, signed_in, codes, next)


@router.post("/sign-in/enrol/mail")
def enrol_by_mail(request: Request, next: Next = "/") -> Response:  # noqa: A002
    """Mail a link; when it comes through, mail is the second factor."""
    pending = find_pending(request)
    if pending is None or pending[1].stage is not Stage.ENROL:
        return _elsewhere(request, pending, next)
    account, waiting = pending
    if mails.can_mail(request) and account.email:
        post_confirmation(request, account, waiting.token_hash)
    return RedirectResponse(with_query("/sign-in/enrol", next=_kept(next), sent="true"), 303)


@router.get("/sign-in/confirm-mail/{token}")
def show_confirmation(request: Request, token: str) -> Response:
    state = request.app.state
    with state.database.read() as session:
        link = links.find_link(session, token, LinkPurpose.CONFIRM_MAIL, state.clock.now())
    is_usable = link is not None and link.session_hash == sessions.token_hash(session_token(request) or "")
    return render(
        request,
        "accounts/link.html",
        status_code=200 if is_usable else 409,
        is_usable=is_usable,
        is_link=link is not None,
    )


@router.post("/sign-in/confirm-mail/{token}")
def confirm_mail(request: Request, token: str) -> Response:
    state = request.app.state
    now, own_token = state.clock.now(), session_token(request) or ""
    hashed = sessions.token_hash(own_token)
    try:
        with state.database.write() as session:
            link = links.use_link(session, token, LinkPurpose.CONFIRM_MAIL, now, session_hash=hashed)
            account = service.get_viewer(session, link.account_id).account
            codes = second_factor.confirm_mail(session, link.account_id, now)
            signed_in = _enrolled(request, session, account, "mail", now)
    except NotAllowed:
        return render(request, "accounts/link.html", status_code=409, is_usable=False, is_link=False)
    return _with_codes(request, signed_in, codes, "/")


def post_confirmation(request: Request, account: Account, session_hash: str) -> None:
    """Mail the link that makes mail the second factor, for one browser."""
    path = "/sign-in/confirm-mail/"
    _mail_link(request, account, session_hash, LinkPurpose.CONFIRM_MAIL, path, mails.CONFIRM)


def _mail_link(
    request: Request, account: Account, session_hash: str, purpose: LinkPurpose, path: str, kind: str
) -> None:
    state = request.app.state
    now = state.clock.now()
    with state.database.write() as session:
        if links.is_too_soon(session, account.account_id, purpose, now):
            return
        token = links.make_link(session, account.account_id, purpose, now, session_hash=session_hash)
        mails.post_link(request, session, account, kind, path + token, now + links.LIFETIMES[purpose])


def _enrolled(request: Request, session: Session, account: Account, kind: str, now: datetime) -> SignedIn | None:
    """Note that a second factor was set up; return the session that this opened, None when it was open before."""
    audit.record(
        session,
        at=now,
        by=account.account_id,
        action="account.second_factor_added",
        subject=("account", account.account_id),
        contractor_id=service.find_viewer(session, account).only_contractor_id,
        details={"kind": kind},
    )
    signed_in = signing_in.pass_enrolment(session, session_token(request) or "", now)
    if signed_in is not None:
        record_sign_in(session, signed_in, now, kind)
    return signed_in


def _with_codes(request: Request, signed_in: SignedIn | None, codes: list[str], next: str) -> Response:  # noqa: A002
    account = signed_in.account if signed_in else request.state.account
    response = show_codes(request, codes, local_path(next), account.login)
    if signed_in is not None:
        set_session_cookie(response, request.app.state.settings, signed_in)
    return response


def _into(request: Request, signed_in: SignedIn, next: str) -> Response:  # noqa: A002
    response = RedirectResponse(local_path(next), 303)
    set_session_cookie(response, request.app.state.settings, signed_in)
    return response


def _elsewhere(request: Request, pending: tuple[Account, AccountSession] | None, next: str) -> Response:  # noqa: A002
    """Return the way to the step that is due."""
    if pending is not None:
        return RedirectResponse(next_step(pending[1].stage, next), 303)
    return RedirectResponse(with_query("/sign-in", next=_kept(next)), 303)


def _kept(next: str) -> str | None:  # noqa: A002
    path = local_path(next)
    return None if path == "/" else path


def _show_code(
    request: Request,
    account: Account,
    next: str,  # noqa: A002
    status_code: int = 200,
    *,
    is_sent: bool = False,
    is_wrong: bool = False,
) -> Response:
    state = request.app.state
    with state.database.read() as session:
        factor = second_factor.find_factor(session, account.account_id)
    is_locked = service.is_locked(account, state.clock.now())
    return render(
        request,
        "accounts/code.html",
        status_code=status_code,
        next=local_path(next),
        has_app=factor.app_since is not None,
        mail_mask=mask_email(account.email) if mails.can_mail(request) and account.email else None,
        is_sent=is_sent,
        is_wrong=is_wrong,
        locked_until=account.locked_until if is_locked else None,
    )


def _show_enrolment(
    request: Request,
    account: Account,
    next: str,  # noqa: A002
    status_code: int = 200,
    *,
    is_sent: bool = False,
    is_wrong: bool = False,
) -> Response:
    state = request.app.state
    with state.database.write() as session:
        secret = second_factor.begin_app(session, state.settings.sealer, account.account_id, state.clock.now())
    return render(
        request,
        "accounts/enrol.html",
        status_code=status_code,
        next=local_path(next),
        secret=grouped(secret),
        mail_mask=mask_email(account.email) if mails.can_mail(request) and account.email else None,
        is_sent=is_sent,
        is_wrong=is_wrong,
        is_first=True,
        needs_password=False,
        action="/sign-in/enrol",
        errors={},
    )
