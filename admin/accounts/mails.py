"""What the accounts mail: plain texts in the reader's language, each with a link that works once."""

from datetime import datetime

from fastapi import Request

from admin.pages import language_of
from admin.words import word
from core import mail
from core.accounts.model import Account, Invitation
from core.db import Session
from core.mail import Mail

SIGN_IN, CONFIRM, RESET, INVITE = "sign_in", "confirm", "reset", "invite"


def can_mail(request: Request) -> bool:
    return request.app.state.settings.smtp_url is not None


def link_to(request: Request, path: str) -> str:
    """Return the address of one of our pages as a mail carries it."""
    return f"{request.app.state.settings.public_url}{path}"


def post_link(request: Request, session: Session, account: Account, kind: str, path: str, until: datetime) -> None:
    """Mail a link to an account's own address; kind says what for."""
    values = {"name": account.name, "link": link_to(request, path)}
    _post(request, session, account.email, f"accounts.mail.{kind}", values, until)


def post_invitation(request: Request, session: Session, invitation: Invitation, contractor: str, path: str) -> None:
    """Mail an invitation; contractor is the name of whom the invited one will act for."""
    values = {
        "name": invitation.name,
        "contractor": contractor,
        "role": word(f"role.{invitation.role}", language_of(request)),
        "link": link_to(request, path),
    }
    _post(request, session, invitation.email, "accounts.mail.invite", values, invitation.expires_at)


def _post(request: Request, session: Session, to: str, key: str, values: dict[str, str], until: datetime) -> None:
    state, lang = request.app.state, language_of(request)
    subject, body = word(f"{key}.subject", lang), word(f"{key}.body", lang, **values)
    body = f"{body}\n\n{word('accounts.mail.end', lang)}\n"
    mail.post(session, state.settings.sealer, Mail(to, subject, body, until), state.clock.now())
