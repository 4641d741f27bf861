"""Where a subcontractor stands on a site, as its accepted structure says: set, changed, taken back.

Everything goes through the registry's store, so that who may see whom follows at once.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from uuid import UUID

from core.db import Session
from core.ids import ContractorId, SiteId
from core.registry import store
from core.registry.model import Participation
from core.registry.places import change_participation, take_part
from core.registry.withdrawing import withdraw_participation


def stand_below(
    session: Session,
    site_id: SiteId,
    contractor_id: ContractorId,
    upper_contractor_id: ContractorId,
    since: date,
    today: date,
    *,
    taken: Iterable[UUID] = (),
) -> Participation:
    """Let a subcontractor stand below another, in a participation it has today or a new one since a day.

    taken are participations that stand for another place of it and must not be used; of the others one with the same
    upper is taken first, then one without. Raises as take_part() does.
    """
    used = set(taken)
    held = [
        part
        for part in store.participations_at(session, site_id)
        if part.contractor_id == contractor_id and part.participation_id not in used and not _is_over(part, today)
    ]
    for upper in (upper_contractor_id, None):
        for part in held:
            if part.upper_contractor_id == upper:
                moved = replace(part, upper_contractor_id=upper_contractor_id)
                return part if moved == part else change_participation(session, moved)
    return take_part(session, site_id, contractor_id, since, upper_contractor_id=upper_contractor_id)


def stand_nowhere(session: Session, participation_id: UUID, today: date) -> None:
    """Let a subcontractor no longer stand below the upper of a participation; does nothing when that is gone.

    Where it stands in no other place, it goes on to take part without anybody knowing below whom.
    """
    part = store.find_participation(session, participation_id)
    if part is None or part.upper_contractor_id is None:
        return
    others = [
        other
        for other in store.participations_at(session, part.site_id)
        if other.contractor_id == part.contractor_id and other.participation_id != participation_id
    ]
    if any(not _is_over(other, today) for other in others):
        withdraw_participation(session, part)
    else:
        change_participation(session, replace(part, upper_contractor_id=None, valid_until=None))


def declared_uppers(
    session: Session, site_id: SiteId, contractor_id: ContractorId, today: date, *, but: Iterable[UUID] = ()
) -> dict[UUID, ContractorId]:
    """Return below whom a subcontractor stands on a site today, by participation, but for some participations."""
    left_out = set(but)
    return {
        part.participation_id: part.upper_contractor_id
        for part in store.participations_at(session, site_id)
        if part.contractor_id == contractor_id
        and part.upper_contractor_id is not None
        and part.participation_id not in left_out
        and not _is_over(part, today)
    }


def _is_over(part: Participation, today: date) -> bool:
    return part.valid_until is not None and part.valid_until < today
