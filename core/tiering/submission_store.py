"""The queries of submitted rosters, and of the keys of the people in them."""

from collections.abc import Collection, Iterable
from uuid import UUID

import sqlalchemy as sa

from core.db import Row, Session, as_model
from core.ids import ContractorId, SiteId, WorkerId
from core.registry.visibility import Condition, crew_is_visible
from core.scope import Scope
from core.statements import insert_rows
from core.tiering.roster_model import Submission
from core.tiering.roster_tables import person_keys, roster_submission_rows, roster_submissions


def add_submission(session: Session, submission: Submission, rows: Iterable[Row]) -> None:
    insert_rows(session, {roster_submissions: [submission], roster_submission_rows: list(rows)})


def submissions_at(
    session: Session, scope: Scope, site_id: SiteId, contractor_id: ContractorId | None = None
) -> list[Submission]:
    """Return what was submitted of a site's rosters, the newest first, as far as the scope reaches."""
    given = roster_submissions.c
    statement = sa.select(roster_submissions).where(given.site_id == site_id, _is_visible(scope))
    if contractor_id is not None:
        statement = statement.where(given.contractor_id == contractor_id)
    return [as_model(Submission, row) for row in session.execute(statement.order_by(given.at.desc()))]


def find_submission(session: Session, scope: Scope, submission_id: UUID) -> Submission | None:
    statement = sa.select(roster_submissions).where(roster_submissions.c.submission_id == submission_id)
    row = session.execute(statement.where(_is_visible(scope))).one_or_none()
    return None if row is None else as_model(Submission, row)


def rows_of(session: Session, submission_id: UUID) -> list[tuple[WorkerId, str]]:
    """Return the sealed rows of a submission with whose they are, in their order."""
    row = roster_submission_rows.c
    statement = sa.select(row.worker_id, row.sealed).where(row.submission_id == submission_id).order_by(row.number)
    return [(found.worker_id, found.sealed) for found in session.execute(statement)]


def count_submissions_of(session: Session, worker_id: WorkerId) -> int:
    """Return in how many submissions a person stands."""
    row = roster_submission_rows.c
    counted = sa.select(sa.func.count(row.submission_id.distinct())).where(row.worker_id == worker_id)
    return session.scalar(counted) or 0


def sealed_keys(session: Session, worker_ids: Collection[WorkerId]) -> dict[WorkerId, str]:
    """Return the sealed keys of people; of those whose key was destroyed there is none."""
    key = person_keys.c
    rows = session.execute(sa.select(person_keys).where(key.worker_id.in_(worker_ids)))
    return {row.worker_id: row.sealed_key for row in rows}


def add_keys(session: Session, keys: dict[WorkerId, str]) -> None:
    insert_rows(session, {person_keys: [{"worker_id": each, "sealed_key": key} for each, key in keys.items()]})


def delete_key(session: Session, worker_id: WorkerId) -> None:
    session.execute(sa.delete(person_keys).where(person_keys.c.worker_id == worker_id))


def next_keys(session: Session, after: UUID, limit: int) -> dict[WorkerId, str]:
    """Return the next sealed keys by their person's id, for update."""
    key = person_keys.c
    statement = sa.select(person_keys).where(key.worker_id > after).order_by(key.worker_id).limit(limit)
    return {row.worker_id: row.sealed_key for row in session.execute(statement.with_for_update())}


def update_key(session: Session, worker_id: WorkerId, sealed_key: str) -> None:
    key = person_keys.c
    session.execute(sa.update(person_keys).where(key.worker_id == worker_id).values(sealed_key=sealed_key))


def _is_visible(scope: Scope) -> Condition:
    """Condition on roster_submissions. Row-level security says the same on PostgreSQL."""
    if scope.everything:
        return sa.true()
    given = roster_submissions.c
    return sa.or_(
        given.prime_contractor_id.in_(scope.primes),
        given.site_id.in_(scope.sites),
        crew_is_visible(scope, given.site_id, given.contractor_id),
    )
