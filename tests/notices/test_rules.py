"""Who is told what, and when."""

from datetime import datetime
from uuid import UUID

import pytest

from core.accounts.model import Account, Membership, Role, Viewer
from core.clock import JST
from core.ids import AccountId, ContractorId, SiteId, uuid7
from core.notices.model import Fact, NoticeKind, Preferences, Way
from core.notices.rules import is_due, may_mail, notices_due

PRIME, SUB, SITE = ContractorId(uuid7()), ContractorId(uuid7()), SiteId(uuid7())
MONDAY = 16


def at(text: str, day: int = MONDAY) -> datetime:
    hour, minute = text.split(":")
    return datetime(2026, 11, day, int(hour), int(minute), tzinfo=JST)


def viewer(role: Role, contractor_id: ContractorId | None = None, site_id: SiteId | None = None) -> Viewer:
    account = Account(AccountId(uuid7()), "login", "名前", "")
    sites = frozenset({site_id}) if site_id else frozenset()
    return Viewer(account, (Membership(uuid7(), account.account_id, role, contractor_id, sites),))


OFFICE, MANAGER = viewer(Role.PRIME_OFFICE, PRIME), viewer(Role.SITE_MANAGER, PRIME, SITE)
SUBCONTRACTOR, READER, OPERATOR = (
    viewer(Role.SUBCONTRACTOR_OFFICE, SUB),
    viewer(Role.READ_ONLY, PRIME),
    viewer(Role.OPERATOR),
)
EVERYBODY = (OFFICE, MANAGER, SUBCONTRACTOR, READER, OPERATOR)
EXITS = Fact(NoticeKind.MISSING_EXITS, 3, SITE, PRIME)


def told(fact: Fact, now: datetime, preferences: dict[AccountId, Preferences] | None = None) -> set[AccountId]:
    return {notice.account_id for notice in notices_due(EVERYBODY, preferences or {}, [fact], now, uuid7)}


def ids(*viewers: Viewer) -> set[AccountId]:
    return {one.account.account_id for one in viewers}


@pytest.mark.parametrize(
    ("fact", "readers"),
    [
        (EXITS, (OFFICE, MANAGER)),
        (Fact(NoticeKind.MISSING_EXITS, 3, SiteId(uuid7()), PRIME), (OFFICE,)),
        (Fact(NoticeKind.MISSING_EXITS, 3, SiteId(uuid7()), SUB), ()),
        (Fact(NoticeKind.MISSING_EXITS, 2, SITE, owner_id=SUB), (SUBCONTRACTOR,)),
        (Fact(NoticeKind.PROPOSALS, 1, owner_id=SUB), (SUBCONTRACTOR,)),
        (Fact(NoticeKind.MONTH_DIFFERENCES, 1, SITE, PRIME, SUB), (OFFICE, MANAGER, SUBCONTRACTOR)),
    ],
)
def test_those_are_told_who_can_do_something_about_it(fact: Fact, readers: tuple[Viewer, ...]) -> None:
    assert told(fact, at("18:30")) == ids(*readers)


@pytest.mark.parametrize(
    ("kind", "first", "last"),
    [
        (NoticeKind.MISSING_EXITS, "18:30", "23:59"),
        (NoticeKind.UNKNOWN_CALLERS, "09:30", "23:59"),
        (NoticeKind.LINE_SILENT, "08:00", "11:59"),
        (NoticeKind.MISSED_TOUCHES, "08:00", "23:59"),
    ],
)
def test_each_kind_has_its_hours(kind: NoticeKind, first: str, last: str) -> None:
    due = [minute for minute in range(24 * 60) if is_due(kind, Preferences(), at(f"{minute // 60}:{minute % 60}"))]
    assert (due[0], due[-1]) == tuple(int(text[:2]) * 60 + int(text[3:]) for text in (first, last))


def test_the_hour_of_missing_exits_is_each_persons_own() -> None:
    early = {OFFICE.account.account_id: Preferences(exits_min=17 * 60)}
    assert told(EXITS, at("17:00"), early) == ids(OFFICE)


def test_a_muted_site_and_a_kind_that_is_off_are_not_told_of() -> None:
    wanted = {
        OFFICE.account.account_id: Preferences(muted_sites=frozenset({SITE})),
        MANAGER.account.account_id: Preferences(ways={NoticeKind.MISSING_EXITS: Way.OFF}),
    }
    assert told(EXITS, at("18:30"), wanted) == set()


@pytest.mark.parametrize(
    ("time", "expected"), [("06:59", False), ("07:00", True), ("18:59", True), ("19:00", False), ("23:30", False)]
)
def test_mail_waits_for_the_end_of_the_quiet_hours(time: str, expected: bool) -> None:
    assert may_mail(Preferences(), at(time)) is expected


def test_quiet_hours_may_lie_within_a_day() -> None:
    lunch = Preferences(quiet_from_min=12 * 60, quiet_until_min=13 * 60)
    assert [may_mail(lunch, at(time)) for time in ("11:59", "12:00", "13:00")] == [True, False, True]


def test_no_mail_on_a_day_that_was_not_chosen() -> None:
    assert may_mail(Preferences(), at("10:00", MONDAY - 1)) is False


def test_a_notice_carries_its_count_and_whether_it_is_mailed() -> None:
    quiet = {OFFICE.account.account_id: Preferences(ways={NoticeKind.MISSING_EXITS: Way.PAGE})}
    (notice,) = notices_due([OFFICE], quiet, [EXITS], at("18:30"), lambda: UUID(int=1))
    assert (notice.count, notice.site_id, notice.on.isoformat(), notice.wants_mail) == (3, SITE, "2026-11-16", False)
