"""Qualifications of workers against what the tasks of a site need."""

from datetime import date, timedelta

import pytest

from core.attendance.technicians import technicians_of
from core.db import Database
from core.errors import InvalidInput, NotFound
from core.ids import WorkerId, uuid7
from core.phone import PhoneSealer
from core.registry import qualifying
from core.registry.qualification_model import Gap, GapKind, Qualification, QualificationKind, SiteTask
from core.registry.qualification_rules import gaps_of, parse_needs
from core.scope import EVERYTHING, Scope
from tests import factories

TODAY = date(2026, 11, 16)
SLINGING = "玉掛け技能講習"


def held(name: str = SLINGING, worker_id: WorkerId | None = None, expires_on: date | None = None) -> Qualification:
    kind = QualificationKind.SKILLS_TRAINING
    return Qualification(uuid7(), worker_id or WorkerId(uuid7()), kind, name, expires_on=expires_on)


@pytest.mark.parametrize(
    ("holds", "gaps"),
    [
        ([held()], ()),
        ([held("玉掛け　技能講習")], ()),
        ([], (Gap(SLINGING, GapKind.MISSING),)),
        ([held(expires_on=TODAY)], ()),
        (
            [held(expires_on=TODAY - timedelta(days=1))],
            (Gap(SLINGING, GapKind.EXPIRED, TODAY - timedelta(days=1)),),
        ),
        ([held(expires_on=TODAY - timedelta(days=1)), held()], ()),
    ],
)
def test_a_gap_is_a_needed_qualification_that_is_missing_or_ran_out(
    holds: list[Qualification], gaps: tuple[Gap, ...]
) -> None:
    assert gaps_of([SLINGING], holds, TODAY) == gaps


def test_needs_are_read_one_a_line_and_each_once() -> None:
    assert parse_needs("玉掛け技能講習\n\n足場の組立て等、玉掛け 技能講習") == ("玉掛け技能講習", "足場の組立て等")


def test_a_worker_with_a_task_shows_what_he_lacks_for_it(database: Database, sealer: PhoneSealer) -> None:
    with database.write() as session:
        sato = factories.contractor(session)
        site = factories.site(session, sealer)
        worker = factories.worker(session, sealer, contractor=sato)
        task = SiteTask(uuid7(), site.site_id, "鉄骨建方", "石綿", (SLINGING,))
        qualifying.write_task(session, task)
        qualifying.give_task(session, site.site_id, worker.worker_id, task.site_task_id, TODAY)
        place = (site.site_id, sato.contractor_id)
        (technician,) = technicians_of(session, EVERYTHING, *place, TODAY)
        assert (technician.task, technician.gaps) == (task, (Gap(SLINGING, GapKind.MISSING),))
        qualification = qualifying.add_qualification(session, held(worker_id=worker.worker_id))
        (technician,) = technicians_of(session, EVERYTHING, *place, TODAY)
        assert (technician.qualifications, technician.gaps) == ((qualification,), ())
        stranger = Scope(employers=frozenset({factories.contractor(session, "伊藤電設").contractor_id}))
        assert technicians_of(session, stranger, *place, TODAY) == []
        qualifying.delete_task(session, site.site_id, task.site_task_id)
        assert technicians_of(session, EVERYTHING, *place, TODAY)[0].task is None


def test_a_task_changes_with_its_needs_and_its_name_is_taken_once(database: Database, sealer: PhoneSealer) -> None:
    with database.write() as session:
        site = factories.site(session, sealer)
        task = SiteTask(uuid7(), site.site_id, "鉄骨建方", needs=(SLINGING,))
        qualifying.write_task(session, task)
        changed = SiteTask(task.site_task_id, site.site_id, "鉄骨 建方", needs=("高所作業車",))
        qualifying.write_task(session, changed)
        assert qualifying.tasks_of(session, site.site_id) == [changed]
        with pytest.raises(InvalidInput):
            qualifying.write_task(session, SiteTask(uuid7(), site.site_id, "鉄骨建方"))
        with pytest.raises(NotFound):
            qualifying.require_task(session, factories.site(session, sealer, "別の現場").site_id, task.site_task_id)


def test_a_qualification_can_be_changed_and_taken_out(database: Database, sealer: PhoneSealer) -> None:
    with database.write() as session:
        worker = factories.worker(session, sealer)
        qualification = qualifying.add_qualification(session, held(worker_id=worker.worker_id))
        renamed = Qualification(qualification.qualification_id, worker.worker_id, qualification.kind, "高所作業車")
        qualifying.update_qualification(session, renamed)
        assert qualifying.qualifications_of(session, worker.worker_id) == [renamed]
        with pytest.raises(NotFound):
            qualifying.delete_qualification(session, WorkerId(uuid7()), qualification.qualification_id)
        qualifying.delete_qualification(session, worker.worker_id, qualification.qualification_id)
        assert qualifying.qualifications_of(session, worker.worker_id) == []
