"""Planned crew: who may be written into a roster (作業員名簿) before he has ever come, and as what."""

from datetime import date

from core.db import Session
from core.errors import InvalidInput
from core.ids import ContractorId, WorkerId
from core.registry.model import Position, Site
from core.scope import Scope
from core.tiering import roster_store
from core.tiering.roster_model import EntryDraft, EntryState, PlannedWorker
from core.tiering.roster_rules import occupation_of


def plannable_at(
    session: Session, scope: Scope, site: Site, contractor_id: ContractorId, today: date
) -> list[PlannedWorker]:
    """Return who belongs to a contractor, is within reach and is not in the site's roster for it yet, by kana."""
    entries = roster_store.entries_at(session, site.site_id, EntryState.PROPOSED, EntryState.ACCEPTED)
    listed = {entry.worker_id for entry in entries if entry.contractor_id == contractor_id}
    crew = roster_store.crew_of(session, scope, contractor_id, today)
    return [each for each in crew if each.worker_id not in listed]


def chosen_worker(crew: list[PlannedWorker], text: str) -> WorkerId:
    """Return the worker that a text means: as the list offers him, by CCUS id or by name.

    Raises InvalidInput when nobody is meant, or several are.
    """
    typed = text.strip()
    found = [each.worker_id for each in crew if typed and typed in (each.label, each.ccus_worker_id, each.name)]
    if len(found) != 1:
        raise InvalidInput("nobody, or more than one, is called so", field="several_people" if found else "worker")
    return found[0]


def draft_for(
    session: Session,
    site: Site,
    worker_id: WorkerId,
    now_on: date,
    *,
    occupation_code: str | None = None,
    position: Position | None = None,
) -> EntryDraft:
    """Return what is written of a planned worker: as what those who came are proposed, unless something else is said.

    Raises InvalidInput when no CCUS occupation is known of him and none is said.
    """
    known = roster_store.known_of(session, site, [worker_id])[worker_id]
    code = occupation_code or occupation_of(known)
    if code is None:
        raise InvalidInput("no CCUS occupation is known", field="occupation_code")
    return EntryDraft(
        occupation_code=code,
        position=position or known.position,
        valid_from=now_on,
        task=known.task,
        hazardous_substances=known.hazardous_substances,
    )


def first_day(site: Site, now_on: date) -> date:
    """Return from when a planned worker is proposed: today, or the site's first day where that lies ahead."""
    return max(site.starts_on, now_on)
