"""Queries of the notices and of how people want to be told."""

import json
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from core.db import Session, is_postgresql
from core.ids import AccountId, DeviceId, LineId, SiteId
from core.notices.model import OF_DEVICES, OF_LINES, Notice, NoticeKind, Preferences, Way
from core.notices.tables import notice_preferences, notices

CHUNK = 500


def add_new(session: Session, told: Sequence[Notice]) -> int:
    """Add notices; who was told of the same on the same day is not told again. Return how many are new."""
    insert = postgresql.insert if is_postgresql(session) else sqlite.insert
    added = 0
    for start in range(0, len(told), CHUNK):
        rows = [_as_row(notice) for notice in told[start : start + CHUNK]]
        added += session.execute(insert(notices).values(rows).on_conflict_do_nothing()).rowcount
    return added


def list_of(session: Session, account_id: AccountId, since: date, limit: int) -> list[Notice]:
    """Return an account's notices since a date, the newest first."""
    statement = (
        sa.select(notices)
        .where(notices.c.account_id == account_id)
        .where(notices.c.on >= since)
        .order_by(notices.c.on.desc(), notices.c.made_at.desc(), notices.c.notice_id.desc())
        .limit(limit)
    )
    return [_as_notice(row) for row in session.execute(statement)]


def count_unseen(session: Session, account_id: AccountId, since: date) -> int:
    counted = session.scalar(
        sa.select(sa.func.count())
        .select_from(notices)
        .where(notices.c.account_id == account_id)
        .where(notices.c.on >= since)
        .where(notices.c.seen_at.is_(None))
    )
    return int(counted or 0)


def mark_seen(session: Session, account_id: AccountId, now: datetime) -> None:
    session.execute(
        sa.update(notices)
        .where(notices.c.account_id == account_id)
        .where(notices.c.seen_at.is_(None))
        .values(seen_at=now)
    )


def waiting_for_mail(session: Session, since: datetime) -> list[Notice]:
    """Return what was made since an instant, is to be mailed and was not, by account.

    Locked, so that two runs do not mail the same.
    """
    statement = (
        sa.select(notices)
        .where(notices.c.wants_mail)
        .where(notices.c.mailed_at.is_(None))
        .where(notices.c.made_at >= since)
        .order_by(notices.c.account_id, notices.c.made_at)
        .with_for_update(skip_locked=True)
    )
    return [_as_notice(row) for row in session.execute(statement)]


def mark_mailed(session: Session, notice_ids: Iterable[UUID], now: datetime) -> None:
    session.execute(sa.update(notices).where(notices.c.notice_id.in_(list(notice_ids))).values(mailed_at=now))


def delete_before(session: Session, day: date) -> None:
    session.execute(sa.delete(notices).where(notices.c.on < day))


def find_preferences(session: Session, account_id: AccountId) -> Preferences:
    """Return how somebody wants to be told; as everybody is, when nothing was chosen."""
    text = session.scalar(
        sa.select(notice_preferences.c.preferences).where(notice_preferences.c.account_id == account_id)
    )
    return Preferences() if text is None else _preferences(text)


def all_preferences(session: Session) -> dict[AccountId, Preferences]:
    """Return the choices of everybody who has made some."""
    return {row.account_id: _preferences(row.preferences) for row in session.execute(sa.select(notice_preferences))}


def set_preferences(session: Session, account_id: AccountId, wanted: Preferences) -> None:
    insert = postgresql.insert if is_postgresql(session) else sqlite.insert
    text = json.dumps(
        {
            "ways": {kind.value: way.value for kind, way in wanted.ways.items()},
            "exits_min": wanted.exits_min,
            "callers_min": wanted.callers_min,
            "quiet_from_min": wanted.quiet_from_min,
            "quiet_until_min": wanted.quiet_until_min,
            "mail_weekdays": sorted(wanted.mail_weekdays),
            "muted_sites": sorted(str(site_id) for site_id in wanted.muted_sites),
        }
    )
    session.execute(
        insert(notice_preferences)
        .values(account_id=account_id, preferences=text)
        .on_conflict_do_update(index_elements=["account_id"], set_={"preferences": text})
    )


def _preferences(text: str) -> Preferences:
    kept: dict[str, Any] = json.loads(text)
    return Preferences(
        ways={NoticeKind(kind): Way(way) for kind, way in kept["ways"].items() if kind in list(NoticeKind)},
        exits_min=kept["exits_min"],
        callers_min=kept["callers_min"],
        quiet_from_min=kept["quiet_from_min"],
        quiet_until_min=kept["quiet_until_min"],
        mail_weekdays=frozenset(kept["mail_weekdays"]),
        muted_sites=frozenset(SiteId(UUID(site_id)) for site_id in kept["muted_sites"]),
    )


def _as_row(notice: Notice) -> dict[str, object]:
    return {
        "notice_id": notice.notice_id,
        "account_id": notice.account_id,
        "kind": notice.kind,
        "subject": str(notice.subject_id or "-"),
        "on": notice.on,
        "count": notice.count,
        "made_at": notice.made_at,
        "wants_mail": notice.wants_mail,
        "seen_at": notice.seen_at,
        "mailed_at": notice.mailed_at,
    }


def _as_notice(row: sa.Row[Any]) -> Notice:
    subject_id = None if row.subject == "-" else UUID(row.subject)
    is_of_line, is_of_device = row.kind in OF_LINES, row.kind in OF_DEVICES
    return Notice(
        notice_id=row.notice_id,
        account_id=row.account_id,
        kind=row.kind,
        site_id=SiteId(subject_id) if subject_id and not (is_of_line or is_of_device) else None,
        line_id=LineId(subject_id) if subject_id and is_of_line else None,
        device_id=DeviceId(subject_id) if subject_id and is_of_device else None,
        on=row.on,
        count=row._mapping["count"],  # noqa: SLF001 - SQLAlchemy's name; a row's own count is a method
        made_at=row.made_at,
        wants_mail=row.wants_mail,
        seen_at=row.seen_at,
        mailed_at=row.mailed_at,
    )
