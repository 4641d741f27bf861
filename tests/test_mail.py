"""Mail is sent by the background work, to a real server, and lost by no fault of that server."""

import socket
from collections.abc import Iterator
from datetime import timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

import pytest
import sqlalchemy as sa
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP

from core import mail
from core.clock import FixedClock
from core.db import Database
from core.mail import Mail, Mailer, SmtpMailer
from core.phone import PhoneSealer
from core.work import service as work
from core.work.tables import marks

LINK = "https://genba.test/sign-in/reset/dGhlLXRva2Vu"
LETTER = Mail("mori@example.jp", "【現場コール】パスワードの再設定", f"森一郎 様\n\n{LINK}\n")


class Postbox:
    """Takes mail, or refuses it with an answer."""

    def __init__(self) -> None:
        self.got: list[EmailMessage] = []
        self.answer = "250 OK"

    async def handle_RCPT(  # noqa: N802 - the server's name for it
        self, _server: SMTP, _session: Any, envelope: Any, address: str, _options: list[str]
    ) -> str:
        if self.answer.startswith("2"):
            envelope.rcpt_tos.append(address)
        return self.answer

    async def handle_DATA(self, _server: SMTP, _session: Any, envelope: Any) -> str:  # noqa: N802
        self.got.append(message_from_bytes(envelope.content, policy=policy.default))
        return "250 OK"


@pytest.fixture
def postbox() -> Postbox:
    return Postbox()


@pytest.fixture
def mailer(postbox: Postbox) -> Iterator[SmtpMailer]:
    controller = Controller(postbox, hostname="127.0.0.1", port=_free_port())
    controller.start()
    yield SmtpMailer(f"smtp://127.0.0.1:{controller.port}", "現場コール <no-reply@genba.test>")
    controller.stop()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def post(database: Database, sealer: PhoneSealer, clock: FixedClock, letter: Mail = LETTER) -> None:
    with database.write() as session:
        mail.post(session, sealer, letter, clock.now())


def run(database: Database, sealer: PhoneSealer, clock: FixedClock, mailer: Mailer | None) -> int:
    """Work off what is due; return how many mails wait then."""
    with database.write() as session:
        taken = work.take_marks(session, mail.KIND, clock.now(), mail.BATCH)
    mail.send_marked(database, sealer, mailer, clock, taken)
    with database.read() as session:
        return sum(entry.marks for entry in work.waiting(session))


def test_a_mail_arrives_in_japanese_and_once(
    database: Database, sealer: PhoneSealer, clock: FixedClock, mailer: SmtpMailer, postbox: Postbox
) -> None:
    post(database, sealer, clock)
    assert [run(database, sealer, clock, mailer) for _ in range(2)] == [0, 0]
    (got,) = postbox.got
    assert (got["To"], got["Subject"], got["Auto-Submitted"]) == (LETTER.to, LETTER.subject, "auto-generated")
    assert got.get_content().replace("\r\n", "\n") == LETTER.body


def test_neither_address_nor_link_lies_in_the_database_in_clear(
    database: Database, sealer: PhoneSealer, clock: FixedClock
) -> None:
    post(database, sealer, clock)
    with database.read() as session:
        kept = repr(session.execute(sa.select(marks)).all())
    assert not [text for text in (LETTER.to, LINK, "森一郎", "dGhl") if text in kept]


def test_a_server_that_is_away_loses_nothing(
    database: Database, sealer: PhoneSealer, clock: FixedClock, mailer: SmtpMailer, postbox: Postbox
) -> None:
    post(database, sealer, clock)
    away = SmtpMailer(f"smtp://127.0.0.1:{_free_port()}", mailer.sender)
    assert run(database, sealer, clock, away) == 1
    assert run(database, sealer, clock, mailer) == 1  # not due again yet
    clock.at += timedelta(seconds=10)
    assert (run(database, sealer, clock, mailer), len(postbox.got)) == (0, 1)


@pytest.mark.parametrize(("answer", "left"), [("550 no such mailbox", 0), ("451 come back later", 1)])
def test_what_is_refused_for_good_is_dropped_and_what_is_put_off_waits(
    database: Database,
    sealer: PhoneSealer,
    clock: FixedClock,
    mailer: SmtpMailer,
    postbox: Postbox,
    answer: str,
    left: int,
) -> None:
    postbox.answer = answer
    post(database, sealer, clock)
    assert (run(database, sealer, clock, mailer), postbox.got) == (left, [])


def test_a_link_that_would_come_too_late_is_not_sent(
    database: Database, sealer: PhoneSealer, clock: FixedClock, mailer: SmtpMailer, postbox: Postbox
) -> None:
    post(database, sealer, clock, Mail("mori@example.jp", "x", "y", expires_at=clock.now() + timedelta(minutes=10)))
    clock.at += timedelta(minutes=10)
    assert (run(database, sealer, clock, mailer), postbox.got) == (0, [])


def test_an_address_that_would_forge_headers_is_dropped(
    database: Database, sealer: PhoneSealer, clock: FixedClock, mailer: SmtpMailer, postbox: Postbox
) -> None:
    post(database, sealer, clock, Mail("mori@example.jp\nBcc: all@example.jp", "x", "y"))
    assert (run(database, sealer, clock, mailer), postbox.got) == (0, [])


def test_without_a_server_mail_waits_for_one(database: Database, sealer: PhoneSealer, clock: FixedClock) -> None:
    post(database, sealer, clock)
    assert run(database, sealer, clock, None) == 1


@pytest.mark.parametrize(("address", "shown"), [("mori@example.jp", "m***@example.jp"), ("nothing", "***")])
def test_an_address_is_shown_masked(address: str, shown: str) -> None:
    assert mail.mask_email(address) == shown
