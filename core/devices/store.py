"""The queries of devices."""

from collections.abc import Collection
from dataclasses import fields
from datetime import date, datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from core.attendance.tables import attendance_days
from core.db import Session, as_model, is_postgresql
from core.devices.model import Device, DeviceCode, PersonAtGate, Report
from core.devices.tables import device_codes, device_reports, device_sites, devices
from core.ids import DeviceId, SiteId, WorkerId
from core.registry.card_model import CardIssue
from core.registry.card_tables import card_issues, cards
from core.registry.model import Site
from core.registry.tables import site_assignments, site_visits, sites, workers
from core.registry.visibility import site_is_whole
from core.scope import Scope


def find_device(session: Session, device_id: DeviceId, scope: Scope | None = None) -> Device | None:
    """Return a device; with a scope only when its site lies within."""
    statement = sa.select(devices).where(devices.c.device_id == device_id)
    if scope is not None:
        statement = statement.join(sites, sites.c.site_id == devices.c.site_id).where(site_is_whole(scope))
    row = session.execute(statement).first()
    return as_model(Device, row) if row else None


def find_by_key(session: Session, public_key: str) -> Device | None:
    row = session.execute(sa.select(devices).where(devices.c.public_key == public_key)).first()
    return as_model(Device, row) if row else None


def add_device(session: Session, device: Device) -> None:
    session.execute(sa.insert(devices).values(**_row(devices, device)))


def update_device(session: Session, device: Device) -> None:
    """Store what people decide of a device; its sequence is the device's own affair."""
    row = _row(devices, device)
    del row["sequence"]
    session.execute(sa.update(devices).where(devices.c.device_id == device.device_id).values(**row))


def add_site(session: Session, device_id: DeviceId, site_id: SiteId, from_at: datetime) -> None:
    """Let a device serve a site from an instant on, in place of any other from that instant on."""
    insert = (postgresql.insert if is_postgresql(session) else sqlite.insert)(device_sites)
    session.execute(
        insert.on_conflict_do_update(index_elements=["device_id", "from_at"], set_={"site_id": site_id}).values(
            device_id=device_id, from_at=from_at, site_id=site_id
        )
    )


def sites_of(session: Session, device_id: DeviceId) -> list[tuple[datetime, SiteId]]:
    """Return the sites a device served, each from when on, in that order."""
    statement = sa.select(device_sites).where(device_sites.c.device_id == device_id).order_by(device_sites.c.from_at)
    return [(row.from_at, SiteId(row.site_id)) for row in session.execute(statement)]


def raise_sequence(session: Session, device_id: DeviceId, sequence: int) -> bool:
    """Note a higher sequence; False when it is not higher than the one known."""
    statement = sa.update(devices).where(devices.c.device_id == device_id, devices.c.sequence < sequence)
    return session.execute(statement.values(sequence=sequence)).rowcount == 1


def add_code(session: Session, code: DeviceCode) -> None:
    session.execute(sa.insert(device_codes).values(**_row(device_codes, code)))


def find_code(session: Session, code_hash: str) -> DeviceCode | None:
    row = session.execute(sa.select(device_codes).where(device_codes.c.code_hash == code_hash)).first()
    return as_model(DeviceCode, row) if row else None


def use_code(session: Session, code_hash: str, at: datetime) -> bool:
    """Use a code up; False when somebody else did."""
    statement = sa.update(device_codes).where(device_codes.c.code_hash == code_hash, device_codes.c.used_at.is_(None))
    return session.execute(statement.values(used_at=at)).rowcount == 1


def open_codes(session: Session, scope: Scope, now: datetime) -> list[DeviceCode]:
    """Return the codes that still let a device in, the newest first."""
    statement = (
        sa.select(device_codes)
        .join(sites, sites.c.site_id == device_codes.c.site_id)
        .where(site_is_whole(scope), device_codes.c.used_at.is_(None), device_codes.c.expires_at > now)
        .order_by(device_codes.c.made_at.desc())
    )
    return [as_model(DeviceCode, row) for row in session.execute(statement)]


def delete_code(session: Session, code_hash: str) -> None:
    session.execute(sa.delete(device_codes).where(device_codes.c.code_hash == code_hash))


def write_report(session: Session, report: Report) -> None:
    """Keep what a device said last."""
    insert = (postgresql.insert if is_postgresql(session) else sqlite.insert)(device_reports)
    row = {**_row(device_reports, report), "readers": [list(each) for each in report.readers]}
    del row["last_punch_at"]
    changes = {name: insert.excluded[name] for name in row if name != "device_id"}
    session.execute(insert.on_conflict_do_update(index_elements=["device_id"], set_=changes).values(**row))


def note_punch(session: Session, device_id: DeviceId, at: datetime) -> None:
    """Note when a device last sent touches, once it has reported at all."""
    statement = sa.update(device_reports).where(device_reports.c.device_id == device_id)
    session.execute(statement.values(last_punch_at=at))


def list_devices(
    session: Session, scope: Scope, device_id: DeviceId | None = None
) -> list[tuple[Device, str, Report | None]]:
    """Return the devices of the sites that a scope holds whole, or one, with the site's name and the newest report."""
    report = [column.label(f"report_{column.name}") for column in device_reports.columns]
    statement = (
        sa.select(devices, sites.c.name.label("site"), *report)
        .join(sites, sites.c.site_id == devices.c.site_id)
        .outerjoin(device_reports, device_reports.c.device_id == devices.c.device_id)
        .where(site_is_whole(scope))
        .order_by(sites.c.name_kana, sites.c.name, sites.c.site_id, devices.c.name, devices.c.device_id)
    )
    if device_id is not None:
        statement = statement.where(devices.c.device_id == device_id)
    return [(as_model(Device, row), row.site, _report(row)) for row in session.execute(statement)]


def list_working(session: Session) -> list[tuple[Device, Site, Report | None]]:
    """Return the devices that were not revoked, with their sites and the newest reports."""
    report = [column.label(f"report_{column.name}") for column in device_reports.columns]
    site = [column.label(f"site_{column.name}") for column in sites.columns]
    statement = (
        sa.select(devices, *site, *report)
        .join(sites, sites.c.site_id == devices.c.site_id)
        .outerjoin(device_reports, device_reports.c.device_id == devices.c.device_id)
        .where(devices.c.revoked_at.is_(None))
        .order_by(devices.c.device_id)
    )
    return [(as_model(Device, row), _site(row), _report(row)) for row in session.execute(statement)]


def sites_in_use(session: Session, on: date) -> set[SiteId]:
    """Return the sites at which somebody was recorded on a day."""
    day = attendance_days.c
    statement = sa.select(day.site_id).where(day.work_date == on, ~day.is_void).distinct()
    return {SiteId(site_id) for site_id in session.scalars(statement)}


def labels(session: Session) -> dict[UUID, str]:
    """Return what notices call each device: its site and its name."""
    statement = sa.select(devices.c.device_id, sites.c.name.label("site"), devices.c.name)
    rows = session.execute(statement.join(sites, sites.c.site_id == devices.c.site_id))
    return {row.device_id: f"{row.site} {row.name}" for row in rows}


def names_of(session: Session, scope: Scope, ids: Collection[UUID]) -> dict[UUID, str]:
    """Return the names of devices at sites that a scope holds whole."""
    if not ids:
        return {}
    statement = (
        sa.select(devices.c.device_id, devices.c.name)
        .join(sites, sites.c.site_id == devices.c.site_id)
        .where(devices.c.device_id.in_(ids), site_is_whole(scope))
    )
    return {row.device_id: row.name for row in session.execute(statement)}


def places_of(session: Session, scope: Scope, ids: Collection[UUID]) -> dict[UUID, str]:
    """Return the names of devices, each with where it stands, at sites that a scope holds whole."""
    if not ids:
        return {}
    statement = (
        sa.select(devices.c.device_id, devices.c.name, devices.c.place_note)
        .join(sites, sites.c.site_id == devices.c.site_id)
        .where(devices.c.device_id.in_(ids), site_is_whole(scope))
    )
    rows = session.execute(statement)
    return {row.device_id: f"{row.name}（{row.place_note}）" if row.place_note else row.name for row in rows}


def people_at(session: Session, site_id: SiteId) -> list[PersonAtGate]:
    """Return whoever was at a site or is expected there and was ever issued a card, once for each card."""
    seen = sa.select(site_visits.c.worker_id).where(site_visits.c.site_id == site_id)
    expected = sa.select(site_assignments.c.worker_id).where(site_assignments.c.site_id == site_id)
    statement = (
        sa.select(card_issues, cards.c.cipher, workers.c.name, workers.c.name_kana, workers.c.language)
        .join(cards, cards.c.card_id == card_issues.c.card_id)
        .join(workers, workers.c.worker_id == card_issues.c.worker_id)
        .where(card_issues.c.worker_id.in_(sa.union(seen, expected)))
        .order_by(card_issues.c.card_issue_id)
    )
    return [
        PersonAtGate(
            WorkerId(row.worker_id), row.name, row.name_kana, row.language, as_model(CardIssue, row), row.cipher
        )
        for row in session.execute(statement)
    ]


def _site(row: Any) -> Site:
    return Site(**{field.name: row._mapping[f"site_{field.name}"] for field in fields(Site)})  # noqa: SLF001


def _report(row: Any) -> Report | None:
    if row.report_device_id is None:
        return None
    told = {column.name: row._mapping[f"report_{column.name}"] for column in device_reports.columns}  # noqa: SLF001
    told["readers"] = tuple((name, is_attached) for name, is_attached in told["readers"])
    return Report(**told)


def _row(table: sa.Table, model: object) -> dict[str, Any]:
    return {column.name: getattr(model, column.name) for column in table.columns}
