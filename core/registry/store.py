"""The registry's queries for writing, and the single rows a use case looks at before it writes."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import fields
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from core.db import Model, Session, as_model, is_postgresql
from core.ids import ContractorId, LineId, PhoneId, SiteId, WorkerId
from core.registry import grants
from core.registry.folding import search_text
from core.registry.model import (
    Affiliation,
    Contractor,
    Line,
    Occupation,
    Participation,
    Phone,
    PhoneNumber,
    Registered,
    Site,
    SiteAssignment,
    SkilledWorker,
)
from core.registry.tables import (
    affiliations,
    contractors,
    line_sites,
    lines,
    occupations,
    participations,
    phone_numbers,
    phones,
    site_assignments,
    sites,
    worker_occupations,
    workers,
)
from core.statements import insert_rows

# Parents before what refers to them: rows are inserted in this order.
_TABLES: dict[type, sa.Table] = {
    Contractor: contractors,
    Phone: phones,
    SkilledWorker: workers,
    Occupation: occupations,
    PhoneNumber: phone_numbers,
    Affiliation: affiliations,
    Site: sites,
    Line: lines,
    SiteAssignment: site_assignments,
    Participation: participations,
}


def lock(session: Session, *texts: object) -> None:
    """Wait until no other transaction works on what the texts stand for, as core.registry.lookup does.

    SQLite has one writer at a time: nothing to do there.
    """
    if is_postgresql(session):
        for text in sorted({str(text) for text in texts}):
            session.execute(sa.select(sa.func.pg_advisory_xact_lock(sa.func.hashtextextended(text, 0))))


def add(session: Session, models: Iterable[Registered]) -> None:
    """Insert models of any kinds, in bulk; who may see what follows them."""
    models = list(models)
    rows: dict[sa.Table, list[dict[str, Any]]] = {table: [] for table in _TABLES.values()}
    for model in models:
        rows[_TABLES[type(model)]].append(_row(model))
    insert_rows(session, rows)
    grants.added(session, models)


def update(session: Session, models: Iterable[Registered]) -> None:
    """Store every column of models that exist, found by their ids, in bulk; who may see what follows them."""
    models = list(models)
    moved = grants.changing(session, models)
    by_kind: dict[type[Registered], list[Registered]] = {}
    for model in models:
        by_kind.setdefault(type(model), []).append(model)
    for kind, changed in by_kind.items():
        table = _TABLES[kind]
        (key,) = table.primary_key.columns
        names = [column.name for column in table.columns if column is not key]
        statement = sa.update(table).where(key == sa.bindparam("b_key"))
        session.execute(
            statement.values({name: sa.bindparam(f"b_{name}") for name in names}),
            [
                {"b_key": row[key.name], **{f"b_{name}": row[name] for name in names}}
                for row in (_row(model) for model in changed)
            ],
        )
    grants.changed(session, models, moved)


def set_occupations(session: Session, codes_of: Mapping[WorkerId, Sequence[str]]) -> None:
    """Give workers these occupations, in the order of their rank, in place of those they had."""
    if not codes_of:
        return
    session.execute(
        sa.delete(worker_occupations).where(worker_occupations.c.worker_id == sa.bindparam("b_worker_id")),
        [{"b_worker_id": worker_id} for worker_id in codes_of],
    )
    rows = [
        {"worker_id": worker_id, "rank": rank, "occupation_code": code}
        for worker_id, codes in codes_of.items()
        for rank, code in enumerate(codes, start=1)
    ]
    insert_rows(session, {worker_occupations: rows})


def known_occupations(session: Session, codes: Collection[str]) -> set[str]:
    """Return those of the codes that are listed."""
    found = session.scalars(sa.select(occupations.c.occupation_code).where(occupations.c.occupation_code.in_(codes)))
    return set(found)


def find_contractor(session: Session, contractor_id: ContractorId) -> Contractor | None:
    return _find(session, Contractor, contractors.c.contractor_id == contractor_id)


def find_contractor_by_ccus_id(session: Session, ccus_id: str) -> Contractor | None:
    return _find(session, Contractor, contractors.c.ccus_contractor_id == ccus_id)


def find_worker(session: Session, worker_id: WorkerId) -> SkilledWorker | None:
    return _find(session, SkilledWorker, workers.c.worker_id == worker_id)


def find_worker_by_ccus_id(session: Session, ccus_id: str) -> SkilledWorker | None:
    return _find(session, SkilledWorker, workers.c.ccus_worker_id == ccus_id)


def find_site(session: Session, site_id: SiteId) -> Site | None:
    return _find(session, Site, sites.c.site_id == site_id)


def find_site_by_ccus_id(session: Session, ccus_id: str) -> Site | None:
    return _find(session, Site, sites.c.ccus_site_id == ccus_id)


def find_line(session: Session, line_id: LineId) -> Line | None:
    return _find(session, Line, lines.c.line_id == line_id)


def find_line_by_number(session: Session, e164: str) -> Line | None:
    return _find(session, Line, lines.c.e164 == e164)


def find_phone(session: Session, blind_indexes: Sequence[str]) -> Phone | None:
    """Return the phone of a number, given its index under every key of the ring.

    While keys rotate a number may be there under an old one and, from a call in between, under the new one: the
    first index given wins.
    """
    found = _all(session, Phone, phones.c.blind_index.in_(blind_indexes))
    return min(found, key=lambda phone: blind_indexes.index(phone.blind_index), default=None)


def find_phone_number(session: Session, phone_number_id: UUID) -> PhoneNumber | None:
    return _find(session, PhoneNumber, phone_numbers.c.phone_number_id == phone_number_id)


def find_affiliation(session: Session, affiliation_id: UUID) -> Affiliation | None:
    return _find(session, Affiliation, affiliations.c.affiliation_id == affiliation_id)


def find_assignment(session: Session, assignment_id: UUID) -> SiteAssignment | None:
    return _find(session, SiteAssignment, site_assignments.c.assignment_id == assignment_id)


def find_participation(session: Session, participation_id: UUID) -> Participation | None:
    return _find(session, Participation, participations.c.participation_id == participation_id)


def phone_numbers_of(session: Session, worker_id: WorkerId, phone_id: PhoneId) -> list[PhoneNumber]:
    return _all(session, PhoneNumber, phone_numbers.c.worker_id == worker_id, phone_numbers.c.phone_id == phone_id)


def affiliations_of(session: Session, worker_id: WorkerId) -> list[Affiliation]:
    return _all(session, Affiliation, affiliations.c.worker_id == worker_id)


def assignments_of(session: Session, worker_id: WorkerId, site_id: SiteId) -> list[SiteAssignment]:
    return _all(
        session, SiteAssignment, site_assignments.c.worker_id == worker_id, site_assignments.c.site_id == site_id
    )


def participations_at(session: Session, site_id: SiteId) -> list[Participation]:
    return _all(session, Participation, participations.c.site_id == site_id)


def lines_of(session: Session, site_id: SiteId) -> list[LineId]:
    return list(session.scalars(sa.select(line_sites.c.line_id).where(line_sites.c.site_id == site_id)))


def sites_on_line(session: Session, line_id: LineId) -> list[Site]:
    rows = session.execute(
        sa.select(sites)
        .join(line_sites, line_sites.c.site_id == sites.c.site_id)
        .where(line_sites.c.line_id == line_id)
        .order_by(sites.c.site_code)
    )
    return [as_model(Site, row) for row in rows]


def add_line_sites(session: Session, pairs: Iterable[tuple[LineId, SiteId]]) -> None:
    insert_rows(session, {line_sites: [{"line_id": line_id, "site_id": site_id} for line_id, site_id in pairs]})


def delete_line_site(session: Session, line_id: LineId, site_id: SiteId) -> bool:
    """Take a site off a line; whether it was on it."""
    deleted = session.execute(
        sa.delete(line_sites).where(line_sites.c.line_id == line_id, line_sites.c.site_id == site_id)
    )
    return deleted.rowcount > 0


def _row(model: Registered) -> dict[str, Any]:
    """Return the columns of a model; those with a name also have what they are found by."""
    row = {field.name: getattr(model, field.name) for field in fields(model)}
    if isinstance(model, Contractor | SkilledWorker | Site):
        row["search_text"] = search_text(model.name, model.name_kana)
    return row


def _find(session: Session, model: type[Model], condition: sa.ColumnElement[bool]) -> Model | None:
    return next(iter(_all(session, model, condition)), None)


def _all(session: Session, model: type[Model], *conditions: sa.ColumnElement[bool]) -> list[Model]:
    table: sa.FromClause = _TABLES[model]
    return [as_model(model, row) for row in session.execute(sa.select(*table.columns).where(*conditions))]
