"""The queries of releases."""

from collections.abc import Collection
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from core.db import Session, as_model, is_postgresql
from core.devices.release_model import Announcement, KeptRelease
from core.devices.release_tables import announcements, device_holds, releases
from core.ids import AccountId, DeviceId

_TOLD = [column for column in releases.columns if column.name != "archive"]


def find_release(session: Session, version: str) -> KeptRelease | None:
    row = session.execute(sa.select(*_TOLD).where(releases.c.version == version)).first()
    return as_model(KeptRelease, row) if row else None


def find_archive(session: Session, version: str) -> bytes | None:
    """Return the archive of a release that was not withdrawn."""
    statement = sa.select(releases.c.archive)
    archive: bytes | None = session.scalar(
        statement.where(releases.c.version == version, releases.c.withdrawn_at.is_(None))
    )
    return archive


def add_release(session: Session, release: KeptRelease, archive: bytes) -> None:
    told = {column.name: getattr(release, column.name) for column in _TOLD}
    session.execute(sa.insert(releases).values(**told, archive=archive))


def list_releases(session: Session) -> list[KeptRelease]:
    """Return every release, the newest addition first."""
    statement = sa.select(*_TOLD).order_by(releases.c.added_at.desc(), releases.c.version.desc())
    return [as_model(KeptRelease, row) for row in session.execute(statement)]


def withdraw(session: Session, version: str, at: datetime) -> None:
    session.execute(sa.update(releases).where(releases.c.version == version).values(withdrawn_at=at))


def announce(session: Session, announcement: Announcement) -> None:
    values = {column.name: getattr(announcement, column.name) for column in announcements.columns}
    session.execute(sa.insert(announcements).values(**values))


def announced(session: Session) -> list[tuple[Announcement, KeptRelease]]:
    """Return what is announced of the releases that were not withdrawn, the newest first.

    Under row-level security that is what is announced to all, and to devices and sites that the reader sees.
    """
    told = [column.label(f"release_{column.name}") for column in _TOLD]
    statement = (
        sa.select(announcements, *told)
        .join(releases, releases.c.version == announcements.c.version)
        .where(releases.c.withdrawn_at.is_(None))
        .order_by(announcements.c.announced_at.desc(), announcements.c.announcement_id.desc())
    )
    found = []
    for row in session.execute(statement).mappings():
        release = KeptRelease(**{column.name: row[f"release_{column.name}"] for column in _TOLD})
        found.append((Announcement(**{column.name: row[column.name] for column in announcements.columns}), release))
    return found


def is_held(session: Session, device_id: DeviceId) -> bool:
    return bool(held_among(session, [device_id]))


def held_among(session: Session, device_ids: Collection[DeviceId]) -> set[DeviceId]:
    """Return which of these devices are held back."""
    if not device_ids:
        return set()
    statement = sa.select(device_holds.c.device_id).where(device_holds.c.device_id.in_(device_ids))
    return {DeviceId(device_id) for device_id in session.scalars(statement)}


def hold(session: Session, device_id: DeviceId, by: AccountId | None, at: datetime) -> None:
    insert = (postgresql.insert if is_postgresql(session) else sqlite.insert)(device_holds)
    values = {"device_id": device_id, "held_at": at, "held_by": by}
    session.execute(insert.on_conflict_do_nothing(index_elements=["device_id"]).values(**values))


def let_go(session: Session, device_id: DeviceId) -> bool:
    """Hold a device back no more; False when it was not."""
    statement = sa.delete(device_holds).where(device_holds.c.device_id == device_id)
    return session.execute(statement).rowcount == 1
