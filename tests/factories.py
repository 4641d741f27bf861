"""What tests arrange with: short functions over the registry's own services. Everything is valid from 2026-01-01."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from uuid import uuid4

from core.db import Session
from core.devices import service as devices
from core.devices import store as device_store
from core.devices.model import Device, Report
from core.ids import ContractorId, LineId, SiteId, WorkerId, uuid7
from core.phone import PhoneSealer
from core.registry import places, service
from core.registry.model import (
    Affiliation,
    Contractor,
    LegalForm,
    Line,
    Participation,
    PhoneNumber,
    Position,
    Site,
    SiteAssignment,
    SkilledWorker,
)

START = date(2026, 1, 1)


def contractor(
    session: Session, name: str = "佐藤工業", *, legal_form: LegalForm = LegalForm.CORPORATION, **values: Any
) -> Contractor:
    """Add a contractor; values are further fields of it."""
    return service.add_contractor(session, Contractor(ContractorId(uuid7()), name, legal_form, **values))


def worker(
    session: Session,
    sealer: PhoneSealer,
    name: str = "山田 太郎",
    *,
    phone: str | None = "+819012345678",
    contractor: Contractor | None = None,
    occupations: Sequence[str] = (),
    valid_from: date = START,
    **values: Any,
) -> SkilledWorker:
    """Add a worker with a number and, when given, an employer; values are further fields of the worker."""
    belongings = service.Belongings(phone, contractor.contractor_id if contractor else None, occupations)
    added = SkilledWorker(WorkerId(uuid7()), name, **values)
    return service.add_worker(session, sealer, added, valid_from, belongings)


def phone(
    session: Session,
    sealer: PhoneSealer,
    worker: SkilledWorker,
    e164: str,
    *,
    valid_from: date = START,
    valid_until: date | None = None,
) -> PhoneNumber:
    """Give a worker one more number."""
    return service.register_phone(session, sealer, worker.worker_id, e164, valid_from, valid_until)


def affiliation(
    session: Session,
    worker: SkilledWorker,
    contractor: Contractor,
    *,
    valid_from: date = START,
    valid_until: date | None = None,
) -> Affiliation:
    """Let a worker belong to a contractor."""
    return service.affiliate(session, worker.worker_id, contractor.contractor_id, valid_from, valid_until)


def site(
    session: Session,
    sealer: PhoneSealer,
    name: str = "中央ビル",
    *,
    prime: Contractor | None = None,
    starts_on: date = START,
    **values: Any,
) -> Site:
    """Add a site; without a prime contractor one is added too. values are further fields of the site."""
    prime = prime or contractor(session, "元請建設")
    made = Site(SiteId(uuid7()), name, prime.contractor_id, starts_on, **values)
    return places.add_site(session, sealer, made)


def line(
    session: Session, e164: str = "+815012345678", *, sites: Sequence[Site] = (), carrier: str = "twilio", **values: Any
) -> Line:
    """Add a line that serves the sites; values are further fields of the line."""
    added = places.add_line(session, Line(LineId(uuid7()), e164, carrier, **values))
    for served in sites:
        places.put_site_on_line(session, added.line_id, served.site_id)
    return added


def device(
    session: Session, sealer: PhoneSealer, site: Site, name: str = "正門", *, at: datetime, **values: Any
) -> Device:
    """Let a device in at a site; values are further fields of its code."""
    code = devices.make_code(session, site.site_id, name, values.get("place_note", ""), None, None, at)
    return devices.enrol(session, sealer, code, uuid4().bytes * 2, at)[0]


def report(session: Session, device: Device, at: datetime, **values: Any) -> None:
    """Let a device say that it is well; values say what is not."""
    told: dict[str, Any] = {
        "version": "1.0",
        "platform": "Linux",
        "skew_ms": 0,
        "waiting": 0,
        "oldest_waiting_at": None,
        "set_aside": 0,
        "spool_salvages": 0,
        "free_bytes": 10**9,
        "readers": (("RC-S300", True),),
    }
    device_store.write_report(session, Report(device.device_id, at, **(told | values)))


def assignment(
    session: Session,
    site: Site,
    worker: SkilledWorker,
    *,
    position: Position = Position.OTHER,
    valid_from: date = START,
    valid_until: date | None = None,
) -> SiteAssignment:
    """Expect a worker at a site."""
    return places.assign(session, site.site_id, worker.worker_id, valid_from, valid_until, position=position)


def participation(
    session: Session,
    site: Site,
    contractor: Contractor,
    *,
    upper: Contractor | None = None,
    valid_from: date = START,
    valid_until: date | None = None,
) -> Participation:
    """Let a subcontractor take part in a site, below another where one is given."""
    upper_id = upper.contractor_id if upper else None
    return places.take_part(
        session, site.site_id, contractor.contractor_id, valid_from, valid_until, upper_contractor_id=upper_id
    )
