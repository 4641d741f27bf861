"""The days of the month calendar that are no record yet: punches that wait for a person. Reads only."""

from collections.abc import Collection
from typing import Any

import sqlalchemy as sa

from core.attendance.calendar_model import MonthQuery, next_month
from core.attendance.model import Reason, Verdict
from core.attendance.tables import judgements
from core.attendance.visibility import judgement_is_visible
from core.ids import ContractorId, WorkerId
from core.registry.reach import once_employed
from core.registry.tables import affiliations, contractors, sites, workers
from core.registry.worker_list import holds_on
from core.scope import Scope


def waiting_days(scope: Scope, query: MonthQuery, worker_ids: Collection[WorkerId]) -> sa.Select[Any]:
    """Return the query of the days on which punches of the workers wait for a person."""
    judged = judgements.c
    return (
        sa.select(
            *(judged[name] for name in ("worker_id", "site_id", "work_date", "prime_contractor_id")),
            workers.c.name.label("worker_name"),
            workers.c.ccus_worker_id,
            sites.c.name.label("site_name"),
            sites.c.day_starts_min,
            contractors.c.name.label("prime_name"),
            *(sa.null().label(name) for name in ("contractor_id", "contractor_name", "mutual_aid")),
            *(sa.null().label(name) for name in ("first_entry_at", "last_exit_at")),
            *(sa.false().label(name) for name in ("missing_exit", "is_direct")),
        )
        .join(workers, workers.c.worker_id == judged.worker_id)
        .join(sites, sites.c.site_id == judged.site_id)
        .join(contractors, contractors.c.contractor_id == judged.prime_contractor_id)
        .where(judged.worker_id.in_(worker_ids), *waits(scope, query))
        .distinct()
    )


def waits(scope: Scope, query: MonthQuery) -> list[sa.ColumnElement[bool]]:
    """Conditions on judgements: a punch of the month, by a known worker at a known site, waits for a person.

    Such a punch has no contractor yet: the worker's employer on that date stands for it.
    """
    judged, later = judgements.c, judgements.alias("later")
    newer = sa.select(later.c.seq).where(later.c.punch_id == judged.punch_id, later.c.seq > judged.seq)
    found = [
        judged.verdict == Verdict.NEEDS_REVIEW,
        judged.reason.is_distinct_from(
            Reason.UNKNOWN_NUMBER
        ),  # an id that was keyed on a strange phone says nothing of anybody yet
        judged.work_date >= query.month,
        judged.work_date < next_month(query.month),
        judged.worker_id.is_not(None),
        judged.site_id.is_not(None),
        ~newer.correlate(judgements).exists(),
        judgement_is_visible(scope),
    ]
    if query.worker_id is not None:
        found.append(judged.worker_id == query.worker_id)
    if query.site_id is not None:
        found.append(judged.site_id == query.site_id)
    if query.contractor_id is not None:
        found.append(judged.worker_id.in_(once_employed(query.contractor_id)))
        found.append(_is_employed(query.contractor_id))
    return found


def _is_employed(contractor_id: ContractorId) -> sa.ColumnElement[bool]:
    """Condition on judgements: the worker belongs to a contractor on the date."""
    held = affiliations.c
    return (
        sa.exists()
        .where(held.worker_id == judgements.c.worker_id, held.contractor_id == contractor_id)
        .where(holds_on(affiliations, judgements.c.work_date))
        .correlate(judgements)
    )
