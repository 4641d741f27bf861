"""Contractors, workers, phones and affiliations, on both databases."""

from datetime import date
from uuid import UUID

import pytest

from core.db import Database
from core.errors import InvalidInput, NotFound, Overlap
from core.ids import ContractorId, WorkerId
from core.phone import PhoneSealer
from core.registry import service, store
from core.registry.lookup import Query, look_up
from core.registry.model import Affiliation, Contractor, Occupation
from tests import factories

NOBODY = UUID(int=0)
SPRING = date(2026, 4, 1)


def test_what_is_added_is_read_back_whole(database: Database, sealer: PhoneSealer) -> None:
    with database.write() as session:
        company = factories.contractor(
            session, "佐藤工業", ccus_contractor_id="00012345678901", capital_yen=5_000_000, mutual_aid=True
        )
        worker = factories.worker(
            session, sealer, contractor=company, ccus_worker_id="00000000000042", birth_date=date(1980, 5, 6)
        )
    with database.read() as session:
        assert store.find_contractor(session, company.contractor_id) == company
        assert store.find_worker(session, worker.worker_id) == worker
        (affiliation,) = store.affiliations_of(session, worker.worker_id)
        assert affiliation == Affiliation(
            affiliation.affiliation_id, worker.worker_id, company.contractor_id, factories.START
        )


def test_a_ccus_id_is_taken_only_once(database: Database, sealer: PhoneSealer) -> None:
    with database.write() as session:
        company = factories.contractor(session, ccus_contractor_id="00000000000001")
        factories.worker(session, sealer, ccus_worker_id="00000000000002")
        with pytest.raises(InvalidInput) as contractor_error:
            factories.contractor(session, "鈴木組", ccus_contractor_id="00000000000001")
        with pytest.raises(InvalidInput) as worker_error:
            factories.worker(session, sealer, ccus_worker_id="00000000000002")
        assert service.update_contractor(session, company) == company
    assert (contractor_error.value.field, worker_error.value.field) == ("ccus_contractor_id", "ccus_worker_id")


def test_a_number_is_found_by_its_index_and_kept_once(database: Database, sealer: PhoneSealer) -> None:
    with database.write() as session:
        first = factories.worker(session, sealer, "山田 太郎", phone="+819012345678")
        second = factories.worker(session, sealer, "鈴木 次郎", phone="+819012345678")
        directory = look_up(session, Query(blind_indexes=sealer.blind_indexes("+819012345678")))
    phone_id = directory.phone_id(sealer.blind_indexes("+819012345678"))
    holders = {person.worker_id for person in directory.people_at(phone_id, SPRING)}
    assert holders == {first.worker_id, second.worker_id}
    assert len(directory.phone_ids) == 1


def test_a_number_held_twice_within_one_time_is_refused(database: Database, sealer: PhoneSealer) -> None:
    with database.write() as session:
        worker = factories.worker(session, sealer, phone=None)
        held = factories.phone(session, sealer, worker, "+819012345678", valid_until=date(2026, 3, 31))
        with pytest.raises(Overlap):
            factories.phone(session, sealer, worker, "+819012345678", valid_from=date(2026, 3, 31))
        again = factories.phone(session, sealer, worker, "+819012345678", valid_from=SPRING)
        with pytest.raises(Overlap):
            service.end_phone(session, held.phone_number_id, SPRING)
        ended = service.end_phone(session, again.phone_number_id, date(2026, 5, 31))
        with pytest.raises(InvalidInput):
            service.end_phone(session, again.phone_number_id, date(2026, 3, 31))
    with database.read() as session:
        assert store.find_phone_number(session, again.phone_number_id) == ended


def test_affiliations_that_cross_are_refused(database: Database, sealer: PhoneSealer) -> None:
    with database.write() as session:
        old, new = factories.contractor(session, "旧"), factories.contractor(session, "新")
        worker = factories.worker(session, sealer, contractor=old)
        (first,) = store.affiliations_of(session, worker.worker_id)
        with pytest.raises(Overlap):
            factories.affiliation(session, worker, new, valid_from=SPRING)
        ended = service.end_affiliation(session, first.affiliation_id, date(2026, 3, 31))
        second = factories.affiliation(session, worker, new, valid_from=SPRING)
        with pytest.raises(Overlap):
            service.end_affiliation(session, first.affiliation_id, SPRING)
    with database.read() as session:
        found = sorted(store.affiliations_of(session, worker.worker_id), key=lambda each: each.valid_from)
    assert found == [ended, second]


def test_what_does_not_exist_is_said(database: Database, sealer: PhoneSealer) -> None:
    with database.write() as session:
        worker = factories.worker(session, sealer)
        with pytest.raises(NotFound):
            service.affiliate(session, worker.worker_id, ContractorId(NOBODY), SPRING)
        with pytest.raises(NotFound):
            service.register_phone(session, sealer, WorkerId(NOBODY), "+819012345678", SPRING)
        with pytest.raises(NotFound):
            service.end_affiliation(session, NOBODY, SPRING)
        with pytest.raises(NotFound):
            service.end_phone(session, NOBODY, SPRING)
        with pytest.raises(NotFound):
            service.update_contractor(
                session, Contractor(ContractorId(NOBODY), "無い会社", factories.LegalForm.CORPORATION)
            )


def test_occupations_keep_their_rank_and_are_replaced_together(database: Database, sealer: PhoneSealer) -> None:
    with database.write() as session:
        worker = factories.worker(session, sealer, occupations=["0601", "1001"])
        service.set_occupations(session, worker.worker_id, ["1001", "0902", "0601"])
        with pytest.raises(InvalidInput, match="9999"):
            service.set_occupations(session, worker.worker_id, ["9999"])
        service.add_occupations(session, [Occupation("9999", "新しい職種"), Occupation("0601", "ちがう名前")])
        service.set_occupations(session, worker.worker_id, ["9999"])
