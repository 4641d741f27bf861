"""Telling people: makes what is due from the facts of the moment, and mails it as one digest for each person.

May be run as often as wanted: nobody is told of the same thing twice on a day. A digest and the note that it was mailed
are one transaction; the mail itself waits as a mark until a server has taken it.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from itertools import groupby
from uuid import UUID

from core import mail
from core.accounts import service as accounts
from core.clock import JST
from core.db import Session
from core.ids import AccountId, uuid7
from core.mail import Mail
from core.notices import digest, store
from core.notices.model import Fact, Notice, Preferences
from core.notices.rules import may_mail, notices_due
from core.phone import PhoneSealer

SHOWN = timedelta(days=14)
KEPT = timedelta(days=92)
MAILED = timedelta(days=3)  # from Friday evening to Monday morning, for those who want no mail on weekends
SHOWN_MOST = 200


def tell(session: Session, facts: Iterable[Fact], now: datetime) -> int:
    """Make the notices that follow from some facts, for everybody they concern; return how many are new."""
    found = list(facts)
    if not found:
        return 0
    due = notices_due(accounts.list_viewers(session), store.all_preferences(session), found, now, uuid7)
    return store.add_new(session, list(due))


def post_digests(
    session: Session, sealer: PhoneSealer, names: Mapping[UUID, str], public_url: str, now: datetime
) -> int:
    """Post what waits to be mailed, one mail for each person who may be mailed now; return how many mails.

    names are those of sites, lines and devices. What has waited for longer than MAILED stays on the page alone: when
    mail is set up, nobody gets the news of months.
    """
    waiting = store.waiting_for_mail(session, now - MAILED)
    if not waiting:
        return 0
    wanted = store.all_preferences(session)
    addresses = {viewer.account.account_id: viewer.account.email for viewer in accounts.list_viewers(session)}
    posted = 0
    for account_id, group in groupby(waiting, key=lambda notice: notice.account_id):
        told = list(group)
        if not may_mail(wanted.get(account_id, Preferences()), now):
            continue
        if addresses.get(account_id):
            text = digest.body_of(told, names, public_url)
            mail.post(session, sealer, Mail(addresses[account_id], digest.subject_of(told), text), now)
            posted += 1
        store.mark_mailed(session, [notice.notice_id for notice in told], now)
    return posted


def forget_old(session: Session, now: datetime) -> None:
    """Remove notices that nobody looks at any more."""
    store.delete_before(session, (now - KEPT).astimezone(JST).date())


def list_notices(session: Session, account_id: AccountId, now: datetime) -> list[Notice]:
    """Return what somebody was told in the last two weeks, the newest first."""
    return store.list_of(session, account_id, (now - SHOWN).astimezone(JST).date(), SHOWN_MOST)


def count_unseen(session: Session, account_id: AccountId, now: datetime) -> int:
    return store.count_unseen(session, account_id, (now - SHOWN).astimezone(JST).date())


def mark_seen(session: Session, account_id: AccountId, now: datetime) -> None:
    """Note that somebody has looked at what he was told."""
    store.mark_seen(session, account_id, now)


def preferences_of(session: Session, account_id: AccountId) -> Preferences:
    return store.find_preferences(session, account_id)


def choose(session: Session, account_id: AccountId, wanted: Preferences) -> None:
    """Store how somebody wants to be told."""
    store.set_preferences(session, account_id, wanted)
