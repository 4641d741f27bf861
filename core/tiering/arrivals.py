"""新規入場: who came to a site for the first time, and what was ticked for him. It flows into the roster by itself."""

from dataclasses import dataclass, replace
from datetime import date

from core.clock import work_date
from core.db import Session
from core.errors import InvalidInput, NotAllowed, NotFound
from core.ids import ContractorId, SiteId, WorkerId
from core.registry.places import require_site
from core.registry.reach import is_prime_of
from core.registry.store import lock
from core.scope import EVERYTHING, Scope
from core.tiering import arrival_store as store
from core.tiering.link_model import Batch
from core.tiering.roster_model import ArrivalCheck, ArrivalCheckKind
from core.tiering.structure_store import names_of


@dataclass(frozen=True, slots=True)
class Newcomer:
    """A worker at a site since his first entry, with the checks that hold. missing: what is still to be ticked."""

    worker_id: WorkerId
    name: str
    name_kana: str
    last_health_check_on: date | None
    contractor_id: ContractorId | None
    contractor_name: str
    first_entry_on: date
    checks: tuple[ArrivalCheck, ...]

    @property
    def missing(self) -> tuple[ArrivalCheckKind, ...]:
        done = {check.kind for check in self.checks}
        return tuple(kind for kind in ArrivalCheckKind if kind not in done)


def newcomers_at(
    session: Session, scope: Scope, site_id: SiteId, *, only_open: bool = True, since: date | None = None
) -> list[Newcomer]:
    """Return who came to a site for the first time, the newest first, within the scope.

    only_open: only those for whom something is still to be ticked; since: only those whose first day is not earlier.
    """
    first = store.first_days(session, scope, site_id)
    if since is not None:
        first = {worker_id: told for worker_id, told in first.items() if told[0] >= since}
    checks = store.checks_at(session, scope, site_id)
    firms = names_of(session, {contractor_id for _, contractor_id in first.values() if contractor_id is not None})
    found = []
    for row in store.people_of(session, first):
        first_day, contractor_id = first[row.worker_id]
        newcomer = Newcomer(
            worker_id=row.worker_id,
            name=row.name,
            name_kana=row.name_kana,
            last_health_check_on=row.last_health_check_on,
            contractor_id=contractor_id,
            contractor_name=firms.get(contractor_id, "") if contractor_id else "",
            first_entry_on=first_day,
            checks=tuple(checks.get(row.worker_id, ())),
        )
        found.append(newcomer)
    shown = [newcomer for newcomer in found if newcomer.missing or not only_open]
    return sorted(shown, key=lambda newcomer: (-newcomer.first_entry_on.toordinal(), newcomer.name_kana, newcomer.name))


def tick(
    session: Session,
    batch: Batch,
    site_id: SiteId,
    worker_id: WorkerId,
    kind: ArrivalCheckKind,
    done_on: date | None = None,
) -> ArrivalCheck:
    """Tick that something was done for a worker, today or on a day; ticked again it is corrected.

    Raises NotFound when he never came to the site, NotAllowed for anybody but the prime contractor's people,
    InvalidInput when the day lies ahead.
    """
    today = work_date(batch.now)
    day = done_on or today
    if day > today:
        raise InvalidInput("the day lies ahead", field="done_on")
    return _add(session, batch, site_id, worker_id, kind, day)


def untick(
    session: Session, batch: Batch, site_id: SiteId, worker_id: WorkerId, kind: ArrivalCheckKind
) -> ArrivalCheck:
    """Take a tick back; that it was made stays in the history. Raises NotFound, NotAllowed as tick() does."""
    return _add(session, batch, site_id, worker_id, kind, None)


def _add(
    session: Session, batch: Batch, site_id: SiteId, worker_id: WorkerId, kind: ArrivalCheckKind, day: date | None
) -> ArrivalCheck:
    site = require_site(session, site_id)
    if not is_prime_of(batch.by.acts, site):
        raise NotAllowed("the prime contractor's people tick this", site_id=site_id)
    lock(session, site_id, worker_id)
    came = store.first_days(session, EVERYTHING, site_id).get(worker_id)
    if came is None:
        raise NotFound("the worker never came to the site", site_id=site_id, worker_id=worker_id)
    held = store.newest_check(session, site_id, worker_id, kind)
    check = ArrivalCheck(
        site_id=site_id,
        worker_id=worker_id,
        kind=kind,
        seq=held.seq + 1 if held else 1,
        prime_contractor_id=site.prime_contractor_id,
        contractor_id=came[1],
        done_on=day,
        is_withdrawn=day is None,
        by_account=batch.by.account_id,
        by_name=batch.by.name,
        at=batch.now,
    )
    if held is not None and replace(check, seq=held.seq, by_account=None, at=held.at) == replace(held, by_account=None):
        return held
    store.add_check(session, check)
    return check
