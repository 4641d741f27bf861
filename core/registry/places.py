"""Sites, the phone lines that serve them, and who is expected at and takes part in a site."""

import secrets
from dataclasses import replace
from datetime import date, datetime
from uuid import UUID

from core.db import Session
from core.errors import InvalidInput, NotAllowed, NotFound, Overlap
from core.ids import ContractorId, LineId, SiteId, WorkerId, uuid7
from core.phone import PhoneSealer
from core.registry import rules, store
from core.registry.day_codes import day_code
from core.registry.model import Line, Participation, Position, Site, SiteAssignment
from core.registry.service import require_contractor, require_worker

DAY_CODE_KEY_BYTES = 32


def add_site(session: Session, sealer: PhoneSealer, site: Site) -> Site:
    """Add a site and return it with a day-code key of its own.

    Raises InvalidInput when a value cannot be or the CCUS id is taken, NotFound when the prime does not exist.
    """
    rules.check_site(site)
    _check_ccus_id(session, site)
    require_contractor(session, site.prime_contractor_id)
    added = with_day_code_key(sealer, site)
    store.add(session, [added])
    return added


def update_site(session: Session, site: Site) -> Site:
    """Store a site's new values.

    Raises NotFound when it does not exist, InvalidInput when a value cannot be, the CCUS id is taken, or the site code
    belongs to another site of one of its lines.
    """
    rules.check_site(site)
    _check_ccus_id(session, site)
    require_site(session, site.site_id)
    require_contractor(session, site.prime_contractor_id)
    for line_id in store.lines_of(session, site.site_id):
        _check_code(session, line_id, site)
    store.update(session, [site])
    return site


def with_day_code_key(sealer: PhoneSealer, site: Site) -> Site:
    """Return the site with a fresh random key for its day codes, sealed."""
    return replace(site, day_code_key=sealer.encrypt(secrets.token_hex(DAY_CODE_KEY_BYTES)))


def day_code_of(session: Session, sealer: PhoneSealer, site_id: SiteId, day: date) -> str:
    """Return the code that hangs at a site's gate on a work date. Raises NotFound when there is no such site."""
    site_key = sealer.decrypt(require_site(session, site_id).day_code_key)
    return day_code(site_key.encode(), day)


def add_line(session: Session, line: Line) -> Line:
    """Add a phone line. Raises InvalidInput when its number is not E.164 text or is taken."""
    rules.check_line(line)
    if store.find_line_by_number(session, line.e164) is not None:
        raise InvalidInput(f"there is a line {line.e164} already", field="e164")
    store.add(session, [line])
    return line


def update_line(session: Session, line: Line) -> Line:
    """Store a line's name, mode, direction and language; its number stays. Raises NotFound when it does not exist."""
    changed = replace(line, e164=require_line(session, line.line_id).e164)
    store.update(session, [changed])
    return changed


def retire_line(session: Session, line_id: LineId, now: datetime) -> Line:
    """Let a line serve no site any more; what was recorded over it stays. Raises NotFound when it does not exist."""
    retired = replace(require_line(session, line_id), retired_at=now)
    store.update(session, [retired])
    return retired


def put_site_on_line(session: Session, line_id: LineId, site_id: SiteId) -> None:
    """Let a line serve a site; nothing changes when it does already.

    Raises NotFound when either does not exist, InvalidInput when the line serves another site with the same code.
    """
    require_line(session, line_id)
    site = require_site(session, site_id)
    store.lock(session, line_id)
    if line_id in store.lines_of(session, site_id):
        return
    _check_code(session, line_id, site)
    store.add_line_sites(session, [(line_id, site_id)])


def take_site_off_line(session: Session, line_id: LineId, site_id: SiteId) -> None:
    """Let a line no longer serve a site. Raises NotFound when it did not."""
    if not store.delete_line_site(session, line_id, site_id):
        raise NotFound("the line does not serve the site", line_id=line_id, site_id=site_id)


def free_site_code(session: Session, line_id: LineId) -> str:
    """Return the lowest code from 0001 on that no site of the line has. Raises InvalidInput when all are taken."""
    taken = {site.site_code for site in store.sites_on_line(session, line_id)}
    return rules.free_code(taken)


def assign(
    session: Session,
    site_id: SiteId,
    worker_id: WorkerId,
    valid_from: date,
    valid_until: date | None = None,
    *,
    position: Position = Position.OTHER,
) -> SiteAssignment:
    """Expect a worker at a site.

    Raises NotFound when either does not exist, Overlap when the worker is assigned to the site within that time.
    """
    require_site(session, site_id)
    require_worker(session, worker_id)
    rules.check_period(valid_from, valid_until)
    assignment = SiteAssignment(uuid7(), site_id, worker_id, valid_from, valid_until, position)
    _check_assignment(session, assignment)
    store.add(session, [assignment])
    return assignment


def end_assignment(session: Session, assignment_id: UUID, last_day: date | None) -> SiteAssignment:
    """Expect a worker at a site until a last day; None: on and on, as before it was ended.

    Raises NotFound, InvalidInput when the last day lies before the first, Overlap when he is assigned again before it.
    """
    assignment = store.find_assignment(session, assignment_id)
    if assignment is None:
        raise NotFound("no such assignment", assignment_id=assignment_id)
    rules.check_period(assignment.valid_from, last_day)
    ended = replace(assignment, valid_until=last_day)
    _check_assignment(session, ended)
    store.update(session, [ended])
    return ended


def take_part(
    session: Session,
    site_id: SiteId,
    contractor_id: ContractorId,
    valid_from: date,
    valid_until: date | None = None,
    *,
    upper_contractor_id: ContractorId | None = None,
) -> Participation:
    """Let a subcontractor take part in a site, below the contractor it declares; None while that is unknown.

    One subcontractor may take part below several uppers at once. The upper one need not take part yet.

    Raises NotFound when the site or a contractor does not exist, NotAllowed when the prime would be its own
    subcontractor or a contractor stand below itself, Overlap when the same participation crosses another.
    """
    site = require_site(session, site_id)
    for who in (contractor_id, upper_contractor_id):
        if who is not None:
            require_contractor(session, who)
    rules.check_period(valid_from, valid_until)
    if contractor_id == site.prime_contractor_id:
        raise NotAllowed("the prime contractor is no subcontractor of its site", site_id=site_id)
    participation = Participation(uuid7(), site_id, contractor_id, valid_from, valid_until, upper_contractor_id)
    _check_participation(session, participation)
    store.add(session, [participation])
    return participation


def end_participation(session: Session, participation_id: UUID, last_day: date | None) -> Participation:
    """Let a subcontractor take part until a last day; None: on and on, as before it was ended.

    Raises NotFound, InvalidInput when the last day lies before the first, Overlap and NotAllowed as take_part() does.
    """
    participation = store.find_participation(session, participation_id)
    if participation is None:
        raise NotFound("no such participation", participation_id=participation_id)
    rules.check_period(participation.valid_from, last_day)
    return change_participation(session, replace(participation, valid_until=last_day))


def change_participation(session: Session, participation: Participation) -> Participation:
    """Store a participation's new upper contractor and dates. Raises Overlap and NotAllowed as take_part() does."""
    _check_participation(session, participation)
    store.update(session, [participation])
    return participation


def require_site(session: Session, site_id: SiteId) -> Site:
    """Return a site. Raises NotFound when there is none."""
    site = store.find_site(session, site_id)
    if site is None:
        raise NotFound("no such site", site_id=site_id)
    return site


def require_line(session: Session, line_id: LineId) -> Line:
    """Return a line. Raises NotFound when there is none."""
    line = store.find_line(session, line_id)
    if line is None:
        raise NotFound("no such line", line_id=line_id)
    return line


def _check_code(session: Session, line_id: LineId, site: Site) -> None:
    for other in store.sites_on_line(session, line_id):
        if other.site_id != site.site_id and other.site_code == site.site_code:
            raise InvalidInput(
                f"the line serves {other.name} with the code {site.site_code}",
                field="site_code",
                line_id=line_id,
                site_id=other.site_id,
            )


def _check_ccus_id(session: Session, site: Site) -> None:
    other = store.find_site_by_ccus_id(session, site.ccus_site_id) if site.ccus_site_id is not None else None
    if other is not None and other.site_id != site.site_id:
        raise InvalidInput(f"the CCUS id {site.ccus_site_id} is taken", field="ccus_site_id")


def _check_assignment(session: Session, assignment: SiteAssignment) -> None:
    store.lock(session, assignment.worker_id)
    for other in store.assignments_of(session, assignment.worker_id, assignment.site_id):
        if other.assignment_id != assignment.assignment_id and rules.overlaps(assignment, other):
            raise Overlap(
                f"the worker is assigned to the site from {other.valid_from} on",
                worker_id=assignment.worker_id,
                site_id=assignment.site_id,
            )


def _check_participation(session: Session, participation: Participation) -> None:
    store.lock(session, participation.site_id)
    uppers: dict[ContractorId, list[ContractorId]] = {}
    for other in store.participations_at(session, participation.site_id):
        if other.participation_id == participation.participation_id or not rules.overlaps(participation, other):
            continue
        if (other.contractor_id, other.upper_contractor_id) == _place_of(participation):
            raise Overlap(
                f"the contractor takes part in this place from {other.valid_from} on",
                site_id=participation.site_id,
                contractor_id=participation.contractor_id,
            )
        if other.upper_contractor_id is not None:
            uppers.setdefault(other.contractor_id, []).append(other.upper_contractor_id)
    if participation.upper_contractor_id is not None:
        rules.check_upper(uppers, participation.contractor_id, participation.upper_contractor_id)


def _place_of(participation: Participation) -> tuple[ContractorId, ContractorId | None]:
    return participation.contractor_id, participation.upper_contractor_id
