"""Keys change while calls come in: look-ups work before, during and after; on both databases."""

from collections.abc import Callable

import pytest

from core.db import Database
from core.ids import WorkerId
from core.phone import KeyRing, PhoneSealer, new_key, parse_key_ring
from core.registry import places, store
from core.registry.lookup import Query, look_up
from core.registry.rotation import Batch, rotate_day_code_keys, rotate_phones
from tests import factories

OLD_DATA, OLD_INDEX, NEW_DATA, NEW_INDEX = (
    parse_key_ring(new_key(key_id)).current for key_id in ("d1", "i1", "d2", "i2")
)
BEFORE = PhoneSealer(KeyRing((OLD_DATA,)), KeyRing((OLD_INDEX,)))
DURING = PhoneSealer(KeyRing((NEW_DATA, OLD_DATA)), KeyRing((NEW_INDEX, OLD_INDEX)))
AFTER = PhoneSealer(KeyRing((NEW_DATA,)), KeyRing((NEW_INDEX,)))
NUMBERS = [f"+81901234567{number}" for number in range(5)]


def holders(database: Database, sealer: PhoneSealer) -> list[set[WorkerId]]:
    with database.read() as session:
        directory = look_up(
            session, Query(blind_indexes=tuple(index for number in NUMBERS for index in sealer.blind_indexes(number)))
        )
    phone_ids = [directory.phone_id(sealer.blind_indexes(number)) for number in NUMBERS]
    return [{person.worker_id for person in directory.people_at(each, factories.START)} for each in phone_ids]


def run(database: Database, rotate: Callable[..., Batch], limit: int) -> list[Batch]:
    """Rotate in batches until nothing is left, each in a transaction of its own."""
    batches: list[Batch] = []
    after = None
    while True:
        with database.write() as session:
            batch = rotate(session, DURING, after, limit)
        if batch.last_id is None:
            return batches
        batches.append(batch)
        after = batch.last_id


def test_numbers_are_found_before_during_and_after(database: Database) -> None:
    with database.write() as session:
        ids = [{factories.worker(session, BEFORE, phone=number).worker_id} for number in NUMBERS]
    assert holders(database, BEFORE) == holders(database, DURING) == ids
    with database.write() as session:
        first = rotate_phones(session, DURING, limit=2)
    assert (first.rotated, first.kept) == (2, 0)
    assert holders(database, DURING) == ids
    # Started again without knowing where it stopped, it goes on with what is left.
    assert [batch.rotated for batch in run(database, rotate_phones, 2)] == [2, 1]
    assert holders(database, DURING) == holders(database, AFTER) == ids
    with database.read() as session:
        phones = [store.find_phone(session, AFTER.blind_indexes(number)) for number in NUMBERS]
    assert [phone and AFTER.decrypt(phone.cipher) for phone in phones] == NUMBERS
    assert [phone and phone.last4_index for phone in phones] == [AFTER.last4_index(number[-4:]) for number in NUMBERS]
    assert run(database, rotate_phones, 2) == []


def test_a_number_registered_during_the_rotation_stays_one_phone(database: Database) -> None:
    with database.write() as session:
        factories.worker(session, BEFORE, phone=NUMBERS[0])
        factories.worker(session, DURING, phone=NUMBERS[0])
    assert [batch.rotated for batch in run(database, rotate_phones, 10)] == [1]
    assert len(holders(database, AFTER)[0]) == 2


def test_a_number_kept_twice_is_told_and_loses_nothing(database: Database) -> None:
    with database.write() as session:
        old = factories.worker(session, BEFORE, phone=NUMBERS[0])
        new = factories.worker(session, AFTER, phone=NUMBERS[0])
    (batch,) = run(database, rotate_phones, 10)
    assert (batch.rotated, batch.kept) == (0, 1)
    assert holders(database, BEFORE)[0] == {old.worker_id}
    assert holders(database, DURING)[0] == holders(database, AFTER)[0] == {new.worker_id}


def test_day_codes_stay_the_same_under_a_new_key(database: Database) -> None:
    with database.write() as session:
        prime = factories.contractor(session)
        sites = [factories.site(session, BEFORE, f"現場{number}", prime=prime) for number in range(3)]
        codes = [places.day_code_of(session, BEFORE, site.site_id, factories.START) for site in sites]
    assert [batch.rotated for batch in run(database, rotate_day_code_keys, 2)] == [2, 1]
    with database.read() as session:
        assert [places.day_code_of(session, AFTER, site.site_id, factories.START) for site in sites] == codes


def test_a_key_that_is_missing_stops_the_rotation(database: Database) -> None:
    with database.write() as session:
        factories.worker(session, BEFORE, phone=NUMBERS[0])
        with pytest.raises(KeyError, match="d1"):
            rotate_phones(session, AFTER)
