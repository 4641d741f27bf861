"""What the papers of a site's structure are made from: who stands where, and the people of a roster. Reads only."""

from collections.abc import Collection
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from core.db import Session, as_model
from core.ids import ContractorId, SiteId, WorkerId
from core.registry.model import Contractor, LegalForm, Position, Site, SkilledWorker
from core.registry.qualification_store import qualifications_of
from core.registry.reach import reach_site
from core.registry.tables import contractors, workers
from core.scope import Scope
from core.tiering import link_store, roster_store
from core.tiering.proposal_model import Node, NodeState, Structure
from core.tiering.roster import RosterRow, roster_at
from core.tiering.roster_model import EntryState
from core.tiering.structure import read_structure


@dataclass(frozen=True, slots=True)
class Placed:
    """One accepted place. foremen are those of its roster; upper is None where the viewer may not see its record."""

    node: Node
    contractor: Contractor
    upper: Contractor | None
    foremen: tuple[str, ...]
    valid_from: date
    valid_until: date | None


@dataclass(frozen=True, slots=True)
class StructurePaper:
    """A site's accepted structure, in the order of the tree. left_out counts places that are not accepted."""

    site: Site
    prime: Contractor
    structure: Structure
    placed: tuple[Placed, ...]
    left_out: int


def structure_on_paper(session: Session, scope: Scope, site_id: SiteId) -> StructurePaper:
    """Return what the papers say of a site, as far as a scope reaches. Raises NotFound when it does not reach it."""
    site = reach_site(session, scope, site_id)
    structure = read_structure(session, scope, site_id)
    accepted = [node for node in structure.nodes if node.state is NodeState.ACCEPTED]
    ids = {site.prime_contractor_id}
    for node in accepted:
        ids |= {node.contractor_id, node.upper_contractor_id}
    known = _contractors(session, ids)
    prime = known.get(site.prime_contractor_id) or _only_named(site.prime_contractor_id, structure.prime_name)
    foremen = _foremen(session, scope, site_id)
    links = {link.link_id: link for link in link_store.links_at(session, site_id, scope)}
    placed = []
    for node in accepted:
        link = links[node.link_id] if node.link_id else None
        placed.append(
            Placed(
                node=node,
                contractor=known.get(node.contractor_id) or _only_named(node.contractor_id, node.name),
                upper=known.get(node.upper_contractor_id),
                foremen=tuple(foremen.get(node.contractor_id, ())),
                valid_from=node.first_day or (link.valid_from if link else site.starts_on),
                valid_until=link.valid_until if link else None,
            )
        )
    left_out = len(structure.nodes) - len(accepted)
    return StructurePaper(site, prime, structure, tuple(placed), left_out)


def people_on_paper(
    session: Session, scope: Scope, site_id: SiteId, contractor_id: ContractorId, today: date
) -> list[dict[str, Any]]:
    """Return the accepted people of a contractor's roster, each in the shape in which a submission keeps it."""
    shown = roster_at(session, scope, site_id, contractor_id=contractor_id)
    rows = [row for row in shown if row.entry.state is EntryState.ACCEPTED]
    ids = {row.entry.worker_id for row in rows}
    known, held = _workers(session, ids), qualifications_of(session, ids)
    firm = asdict(_contractors(session, {contractor_id})[contractor_id])
    return [
        {
            "contractor": firm,
            "worker": asdict(known[row.entry.worker_id]),
            "age": _age(known[row.entry.worker_id].birth_date, today),
            "entry": asdict(row.entry),
            "occupation": row.occupation_name,
            "qualifications": [asdict(each) for each in held.get(row.entry.worker_id, ())],
            "first_entry_on": row.first_entry_on,
            "checks": _checks(row),
        }
        for row in rows
    ]


def _checks(row: RosterRow) -> dict[str, date | None]:
    return {check.kind.value: check.done_on for check in row.checks}


def _foremen(session: Session, scope: Scope, site_id: SiteId) -> dict[ContractorId, list[str]]:
    """Return the names of the foremen of each contractor's roster."""
    entries = roster_store.entries_at(session, site_id, EntryState.ACCEPTED, scope=scope)
    leading = [entry for entry in entries if entry.position is Position.FOREMAN]
    known = _workers(session, {entry.worker_id for entry in leading})
    found: dict[ContractorId, list[str]] = {}
    for entry in leading:
        names = found.setdefault(entry.contractor_id, [])
        if known[entry.worker_id].name not in names:
            names.append(known[entry.worker_id].name)
    return found


def _contractors(session: Session, ids: Collection[UUID]) -> dict[UUID, Contractor]:
    rows = session.execute(sa.select(contractors).where(contractors.c.contractor_id.in_(ids)))
    return {row.contractor_id: as_model(Contractor, row) for row in rows}


def _workers(session: Session, ids: Collection[WorkerId]) -> dict[UUID, SkilledWorker]:
    rows = session.execute(sa.select(workers).where(workers.c.worker_id.in_(ids)))
    return {row.worker_id: as_model(SkilledWorker, row) for row in rows}


def _only_named(contractor_id: ContractorId, name: str) -> Contractor:
    """Return what is said of a contractor whose record the database keeps from the viewer."""
    return Contractor(contractor_id, name, LegalForm.CORPORATION)


def _age(born: date | None, today: date) -> int | None:
    return None if born is None else today.year - born.year - ((today.month, today.day) < (born.month, born.day))
