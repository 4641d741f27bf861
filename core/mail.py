"""Mail: written beside the fact it follows from, and sent by the background work, so that a dead server loses nothing.

A mail waits as a mark whose subject is sealed whole: neither addresses nor the links in a text lie in the database in
clear. Without GENBA_SMTP_URL there is no mailer, and pages show what they would have mailed.
"""

import logging
import smtplib
import ssl
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid
from typing import Protocol
from urllib.parse import unquote, urlsplit

import orjson

from core.clock import Clock
from core.db import Database, Session, instant_text
from core.phone import PhoneSealer
from core.settings import Settings
from core.work import service as work
from core.work.model import Mark

logger = logging.getLogger(__name__)

KIND = "mail"
BATCH = 4  # at SMTP_TIMEOUT_S each they are done before the marks fall due again
SMTP_TIMEOUT_S = 10
MAX_ATTEMPTS = 80  # three days
_SUBMISSION_PORT, _TLS_PORT = 587, 465
_LOCAL_HOSTS = ("localhost", "127.0.0.1", "::1")


@dataclass(frozen=True, slots=True)
class Mail:
    """A plain text to one person. After expires_at it is of no use any more and is not sent."""

    to: str
    subject: str
    body: str
    expires_at: datetime | None = None


class Mailer(Protocol):
    """Whatever takes a mail."""

    def send(self, mail: Mail, at: datetime) -> None:
        """Hand a mail over. Raises smtplib.SMTPException or OSError when that is not possible."""
        ...


@dataclass(frozen=True, slots=True)
class SmtpMailer:
    """A mail server, given as smtp(s)://user:password@host:port; smtp turns TLS on where the server offers it."""

    url: str
    sender: str

    def send(self, mail: Mail, at: datetime) -> None:
        with self._connect() as server:
            server.send_message(self._message(mail, at))

    def _connect(self) -> smtplib.SMTP:
        parts = urlsplit(self.url)
        host, context = parts.hostname or "", ssl.create_default_context()
        if parts.scheme == "smtps":
            server: smtplib.SMTP = smtplib.SMTP_SSL(
                host, parts.port or _TLS_PORT, timeout=SMTP_TIMEOUT_S, context=context
            )
            is_private = True
        else:
            server = smtplib.SMTP(host, parts.port or _SUBMISSION_PORT, timeout=SMTP_TIMEOUT_S)
            server.ehlo()
            is_private = host in _LOCAL_HOSTS or server.has_extn("starttls")
            if server.has_extn("starttls"):
                server.starttls(context=context)
        if parts.username:
            if not is_private:
                server.close()
                raise smtplib.SMTPException("the mail server offers no TLS: the password is not sent in clear")
            server.login(unquote(parts.username), unquote(parts.password or ""))
        return server

    def _message(self, mail: Mail, at: datetime) -> EmailMessage:
        message = EmailMessage()
        message["From"], message["To"], message["Subject"] = self.sender, mail.to, mail.subject
        message["Date"] = format_datetime(at)
        message["Message-ID"] = make_msgid(domain=self.sender.rpartition("@")[2].rstrip(">"))
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(mail.body)
        return message


def mailer_of(settings: Settings) -> Mailer | None:
    """Return what sends mail, None when nothing is to be mailed."""
    return SmtpMailer(settings.smtp_url, settings.mail_from) if settings.smtp_url else None


def post(session: Session, sealer: PhoneSealer, mail: Mail, now: datetime) -> None:
    """Let a mail be sent after the commit. Whoever calls nudges the kind then, where there is a nudger."""
    facts = {"to": mail.to, "subject": mail.subject, "body": mail.body}
    facts["expires_at"] = instant_text(mail.expires_at) if mail.expires_at else ""
    work.mark(session, KIND, [sealer.encrypt(orjson.dumps(facts).decode())], now)


def send_marked(
    database: Database, sealer: PhoneSealer, mailer: Mailer | None, clock: Clock, marks: Iterable[Mark]
) -> None:
    """Send the mails of some marks. What the server refuses for good is dropped, what fails is tried again."""
    for mark in marks:
        now = clock.now()
        is_done = _is_settled(mark, _opened(sealer, mark), mailer, now)
        with database.write() as session:
            if is_done:
                work.finish(session, [mark])
            else:
                work.postpone(session, [mark], now)


def mask_email(address: str) -> str:
    """Return an address as logs and pages may show it: k***@example.jp."""
    name, at, host = address.rpartition("@")
    return f"{name[:1]}***{at}{host}" if at else "***"


def _is_settled(mark: Mark, mail: Mail, mailer: Mailer | None, now: datetime) -> bool:
    """Send a mail; return whether nothing is left to do for it."""
    if mail.expires_at is not None and now >= mail.expires_at:
        logger.warning("a mail to %s came too late to be of use, and was dropped", mask_email(mail.to))
        return True
    failure = _send(mailer, mail, now)
    if failure == "":
        return True
    is_over = failure.startswith("refused") or mark.attempts >= MAX_ATTEMPTS
    logger.log(
        logging.ERROR if is_over else logging.WARNING,
        "mail to %s, attempt %d: %s%s",
        mask_email(mail.to),
        mark.attempts,
        failure,
        "; it was dropped" if is_over else "",
    )
    return is_over


def _send(mailer: Mailer | None, mail: Mail, now: datetime) -> str:
    """Send a mail and return what went wrong, "" for nothing."""
    if mailer is None:
        return "GENBA_SMTP_URL is not set"
    try:
        mailer.send(mail, now)
    except smtplib.SMTPRecipientsRefused as error:
        codes = {code for code, _text in error.recipients.values()}
        return f"refused with {max(codes)}" if min(codes) >= 500 else f"put off with {min(codes)}"
    except ValueError:
        return "refused: not a mail address"
    except (smtplib.SMTPException, OSError) as error:
        return type(error).__name__
    return ""


def _opened(sealer: PhoneSealer, mark: Mark) -> Mail:
    facts = orjson.loads(sealer.decrypt(mark.subject))
    expires_at = datetime.fromisoformat(facts["expires_at"]) if facts["expires_at"] else None
    return Mail(facts["to"], facts["subject"], facts["body"], expires_at)
