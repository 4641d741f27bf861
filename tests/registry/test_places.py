"""Sites, lines, assignments and participations, on both databases."""

from dataclasses import replace
from datetime import UTC, date, datetime
from uuid import UUID

import pytest

from core.db import Database
from core.errors import InvalidInput, NotAllowed, NotFound, Overlap
from core.ids import SiteId
from core.phone import PhoneSealer
from core.registry import places, store
from core.registry.day_codes import day_code
from core.registry.model import LineMode, Position
from tests import factories

SPRING = date(2026, 4, 1)


def test_a_site_gets_a_sealed_key_of_its_own(database: Database, sealer: PhoneSealer) -> None:
    with database.write() as session:
        prime = factories.contractor(session, "元請建設")
        one = factories.site(session, sealer, "中央ビル", prime=prime, ccus_site_id="00000000000009")
        other = factories.site(session, sealer, "東ビル", prime=prime)
        with pytest.raises(InvalidInput):
            factories.site(session, sealer, "西ビル", prime=prime, ccus_site_id="00000000000009")
    with database.read() as session:
        assert store.find_site(session, one.site_id) == one
    assert sealer.decrypt(one.day_code_key) != sealer.decrypt(other.day_code_key)


def test_the_code_at_the_gate_follows_from_key_and_date(database: Database, sealer: PhoneSealer) -> None:
    with database.write() as session:
        site = factories.site(session, sealer)
        codes = [places.day_code_of(session, sealer, site.site_id, date(2026, 11, day)) for day in range(1, 31)]
        assert codes[15] == day_code(sealer.decrypt(site.day_code_key).encode(), date(2026, 11, 16))
        with pytest.raises(NotFound):
            places.day_code_of(session, sealer, SiteId(UUID(int=0)), date(2026, 11, 16))
    assert len(set(codes)) > 20


def test_the_sites_of_a_line_have_different_codes(database: Database, sealer: PhoneSealer) -> None:
    with database.write() as session:
        prime = factories.contractor(session, "元請建設")
        one = factories.site(session, sealer, "中央ビル", prime=prime, site_code="0001")
        same = factories.site(session, sealer, "東ビル", prime=prime, site_code="0001")
        line = factories.line(session, sites=[one])
        places.put_site_on_line(session, line.line_id, one.site_id)
        with pytest.raises(InvalidInput, match="中央ビル"):
            places.put_site_on_line(session, line.line_id, same.site_id)
        other = places.update_site(session, replace(same, site_code=places.free_site_code(session, line.line_id)))
        places.put_site_on_line(session, line.line_id, other.site_id)
        with pytest.raises(InvalidInput):
            places.update_site(session, same)
        assert store.sites_on_line(session, line.line_id) == [one, replace(other, site_code="0002")]
        places.take_site_off_line(session, line.line_id, one.site_id)
        with pytest.raises(NotFound):
            places.take_site_off_line(session, line.line_id, one.site_id)
        assert store.sites_on_line(session, line.line_id) == [other]


def test_a_line_keeps_its_number_when_it_changes(database: Database) -> None:
    now = datetime(2026, 11, 16, tzinfo=UTC)
    with database.write() as session:
        line = factories.line(session, "+815012345678")
        with pytest.raises(InvalidInput):
            factories.line(session, "+815012345678")
        changed = places.update_line(session, replace(line, e164="+815099999999", mode=LineMode.MENU))
        retired = places.retire_line(session, line.line_id, now)
    assert changed == replace(line, mode=LineMode.MENU)
    with database.read() as session:
        assert store.find_line(session, line.line_id) == retired == replace(changed, retired_at=now)


def test_assignments_to_one_site_do_not_cross(database: Database, sealer: PhoneSealer) -> None:
    with database.write() as session:
        site, worker = factories.site(session, sealer), factories.worker(session, sealer)
        first = factories.assignment(session, site, worker, position=Position.FOREMAN)
        with pytest.raises(Overlap):
            factories.assignment(session, site, worker, valid_from=SPRING)
        places.end_assignment(session, first.assignment_id, date(2026, 3, 31))
        second = factories.assignment(session, site, worker, valid_from=SPRING)
        factories.assignment(session, factories.site(session, sealer, "別の現場"), worker)
        with pytest.raises(Overlap):
            places.end_assignment(session, first.assignment_id, SPRING)
    with database.read() as session:
        found = store.assignments_of(session, worker.worker_id, site.site_id)
    assert set(found) == {replace(first, valid_until=date(2026, 3, 31)), second}


def test_no_contractor_stands_below_itself(database: Database, sealer: PhoneSealer) -> None:
    with database.write() as session:
        prime = factories.contractor(session, "元請")
        site = factories.site(session, sealer, prime=prime)
        first, second, third = (factories.contractor(session, name) for name in ("一", "二", "三"))
        factories.participation(session, site, first, upper=prime)
        factories.participation(session, site, second, upper=first)
        factories.participation(session, site, third, upper=second)
        with pytest.raises(NotAllowed):
            factories.participation(session, site, prime)
        with pytest.raises(NotAllowed):
            factories.participation(session, site, first, upper=first)
        with pytest.raises(NotAllowed):
            factories.participation(session, site, first, upper=third)
        assert len(store.participations_at(session, site.site_id)) == 3


def test_a_loop_that_was_never_there_at_one_time_is_none(database: Database, sealer: PhoneSealer) -> None:
    with database.write() as session:
        site = factories.site(session, sealer)
        one, other = factories.contractor(session, "一"), factories.contractor(session, "二")
        below = factories.participation(session, site, one, upper=other, valid_until=date(2026, 3, 31))
        above = factories.participation(session, site, other, upper=one, valid_from=SPRING)
        with pytest.raises(NotAllowed):
            places.end_participation(session, below.participation_id, SPRING)
        assert set(store.participations_at(session, site.site_id)) == {below, above}


def test_the_same_place_in_the_structure_is_taken_once_at_a_time(database: Database, sealer: PhoneSealer) -> None:
    with database.write() as session:
        site = factories.site(session, sealer)
        upper, other_upper, lower = (factories.contractor(session, name) for name in ("一", "二", "三"))
        factories.participation(session, site, lower, upper=upper)
        factories.participation(session, site, lower, upper=other_upper)
        with pytest.raises(Overlap):
            factories.participation(session, site, lower, upper=upper, valid_from=SPRING)
