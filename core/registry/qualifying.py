"""Qualifications of workers, and the tasks of a site with what they need: adding, changing, taking out."""

from datetime import date
from uuid import UUID

from core.db import Session
from core.errors import InvalidInput, NotFound
from core.ids import SiteId, WorkerId
from core.registry import qualification_store as store
from core.registry.places import assign, require_site
from core.registry.qualification_model import Qualification, SiteTask
from core.registry.qualification_rules import check_qualification, check_task, same_name
from core.registry.service import require_worker
from core.registry.store import lock


def qualifications_of(session: Session, worker_id: WorkerId) -> list[Qualification]:
    """Return a worker's qualifications, by kind and name."""
    return store.qualifications_of(session, [worker_id]).get(worker_id, [])


def require_qualification(session: Session, worker_id: WorkerId, qualification_id: UUID) -> Qualification:
    """Return one qualification of a worker. Raises NotFound when he has none of that id."""
    for qualification in qualifications_of(session, worker_id):
        if qualification.qualification_id == qualification_id:
            return qualification
    raise NotFound("no such qualification", worker_id=worker_id, qualification_id=qualification_id)


def add_qualification(session: Session, qualification: Qualification) -> Qualification:
    """Add a qualification. Raises InvalidInput when a value cannot be, NotFound when there is no such worker."""
    check_qualification(qualification)
    require_worker(session, qualification.worker_id)
    store.add_qualification(session, qualification)
    return qualification


def update_qualification(session: Session, qualification: Qualification) -> Qualification:
    """Store a qualification's new values. Raises InvalidInput when one cannot be, NotFound when it is not there."""
    check_qualification(qualification)
    require_qualification(session, qualification.worker_id, qualification.qualification_id)
    store.update_qualification(session, qualification)
    return qualification


def delete_qualification(session: Session, worker_id: WorkerId, qualification_id: UUID) -> None:
    """Take a qualification out. Raises NotFound when the worker has none of that id."""
    require_qualification(session, worker_id, qualification_id)
    store.delete_qualification(session, qualification_id)


def tasks_of(session: Session, site_id: SiteId) -> list[SiteTask]:
    """Return the tasks of a site, by name."""
    return store.tasks_of(session, site_id)


def require_task(session: Session, site_id: SiteId, site_task_id: UUID) -> SiteTask:
    """Return a task of a site. Raises NotFound when it has none of that id."""
    for task in store.tasks_of(session, site_id):
        if task.site_task_id == site_task_id:
            return task
    raise NotFound("no such task", site_id=site_id, site_task_id=site_task_id)


def write_task(session: Session, task: SiteTask) -> SiteTask:
    """Add a task to a site, or store its new values.

    Raises InvalidInput when a value cannot be or another task of the site has the name, NotFound when there is no site.
    """
    check_task(task)
    require_site(session, task.site_id)
    lock(session, task.site_id)
    for other in store.tasks_of(session, task.site_id):
        if other.site_task_id != task.site_task_id and same_name(other.name) == same_name(task.name):
            raise InvalidInput(f"there is a task {other.name} already", field="name")
    store.write_task(session, task)
    return task


def delete_task(session: Session, site_id: SiteId, site_task_id: UUID) -> None:
    """Take a task of a site out; who had it has none. Raises NotFound when the site has none of that id."""
    require_task(session, site_id, site_task_id)
    store.delete_task(session, site_task_id)


def give_task(session: Session, site_id: SiteId, worker_id: WorkerId, site_task_id: UUID | None, today: date) -> None:
    """Give a worker a task at a site from now on, None for none; who was not expected there is from today on.

    Raises NotFound when site, worker or task does not exist.
    """
    if site_task_id is not None:
        require_task(session, site_id, site_task_id)
    assignment_id = store.assignment_on(session, site_id, worker_id, today)
    if assignment_id is None:
        if site_task_id is None:
            return
        until = _day_before_next(session, site_id, worker_id, today)
        assignment_id = assign(session, site_id, worker_id, today, until).assignment_id
    store.write_assignment_task(session, assignment_id, site_task_id)


def _day_before_next(session: Session, site_id: SiteId, worker_id: WorkerId, today: date) -> date | None:
    """Return the last day before the worker is expected again; None when he is not."""
    starts = store.later_assignments(session, site_id, worker_id, today)
    return date.fromordinal(min(starts).toordinal() - 1) if starts else None
