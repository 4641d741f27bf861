"""Who is expected at a site, and when somebody counts as late or missing."""

from datetime import timedelta

import pytest

from core.attendance.expecting import Absence, Habit, absence_of, absent_of, usual_entries, usual_entry
from core.ids import ContractorId, WorkerId, uuid7
from tests.admin.world import TODAY, at

SATO, ITO = (ContractorId(uuid7()) for _ in range(2))
CLOSES = at("20:00")


def minutes(*values: int) -> tuple[timedelta, ...]:
    return tuple(timedelta(minutes=value) for value in values)


def habit(name: str, *entries: int, days: int = 2, is_assigned: bool = False, contractor: ContractorId = SATO) -> Habit:
    return Habit(WorkerId(uuid7()), name, contractor, "佐藤工業", is_assigned, days, minutes(*entries))


@pytest.mark.parametrize(
    ("is_assigned", "days", "is_expected"),
    [(False, 0, False), (False, 1, False), (False, 2, True), (False, 5, True), (True, 0, True), (True, 5, True)],
)
def test_who_is_assigned_or_came_on_two_of_the_last_days_is_expected(
    is_assigned: bool, days: int, is_expected: bool
) -> None:
    assert habit("山田太郎", days=days, is_assigned=is_assigned).is_expected is is_expected


@pytest.mark.parametrize(
    ("entries", "usual"),
    [((), None), ((470,), 470), ((470, 480), 470), ((470, 1300, 475), 475), ((400, 410, 420, 430), 410)],
)
def test_the_usual_time_is_the_middle_one(entries: tuple[int, ...], usual: int | None) -> None:
    assert usual_entry(minutes(*entries)) == (None if usual is None else timedelta(minutes=usual))


def test_who_has_no_usual_time_is_measured_by_his_crew_and_else_by_the_site() -> None:
    old, new, alone = habit("山田", 470, 480), habit("鈴木"), habit("高橋", contractor=ITO)
    found = usual_entries([old, new, alone])
    assert [found[one.worker_id] for one in (old, new, alone)] == [timedelta(minutes=470)] * 3
    assert usual_entries([new]) == {new.worker_id: None}


@pytest.mark.parametrize(
    ("now", "usual", "is_working", "absence"),
    [
        ("07:00", "07:50", True, Absence.NOT_YET),
        ("08:19", "07:50", True, Absence.NOT_YET),
        ("08:20", "07:50", True, Absence.LATE),
        ("19:59", "07:50", True, Absence.LATE),
        ("20:00", "07:50", True, Absence.MISSING),
        ("12:00", None, True, Absence.NOT_YET),
        ("20:00", None, True, Absence.MISSING),
        ("12:00", "07:50", False, Absence.NOT_YET),
        ("20:00", "07:50", False, Absence.NOT_YET),
    ],
)
def test_late_is_half_an_hour_after_the_usual_time_and_missing_is_at_closing(
    now: str, usual: str | None, is_working: bool, absence: Absence
) -> None:
    assert absence_of(at(now), at(usual) if usual else None, CLOSES, is_working=is_working) is absence


def test_the_gravest_come_first_and_those_who_came_not_at_all() -> None:
    here, late, later, unknown = habit("山田", 470), habit("鈴木", 480), habit("高橋", 475), habit("中村", days=1)
    early = habit("渡辺", 700)
    found = absent_of([here, early, late, later, unknown], {here.worker_id}, TODAY, at("09:00"), CLOSES)
    assert [(absent.name, absent.absence) for absent in found] == [
        ("高橋", Absence.LATE),
        ("鈴木", Absence.LATE),
        ("渡辺", Absence.NOT_YET),
    ]
