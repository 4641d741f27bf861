"""Keys change while calls come in: look-ups work before, during and after; on both databases."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from core.db import Database
from core.devices import service as devices
from core.devices import store as store_of_devices
from core.devices.rotation import rotate_directory_keys
from core.ids import CardId, WorkerId
from core.phone import KeyRing, PhoneSealer, new_key, parse_key_ring
from core.registry import card_store, cards, places, store
from core.registry.card_model import CardTech
from core.registry.card_rotation import rotate_cards
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


UIDS = ["01010501b00ac30b", "04a1b2c3", "04d4e5f6"]


def kept(database: Database, sealer: PhoneSealer) -> list[CardId]:
    """Return the cards under which a reader's words are found, adding none."""
    seen = [(CardTech.FELICA, uid) for uid in UIDS]
    with database.write() as session:
        found = cards.keep_cards(session, sealer, seen)
    return [found[each] for each in seen]


def test_cards_are_found_before_during_and_after(database: Database) -> None:
    ids = kept(database, BEFORE)
    assert kept(database, DURING) == ids
    with database.write() as session:
        assert rotate_cards(session, DURING, limit=2).rotated == 2
    assert kept(database, DURING) == ids
    assert [batch.rotated for batch in run(database, rotate_cards, 2)] == [1]
    assert kept(database, DURING) == kept(database, AFTER) == ids
    with database.read() as session:
        ciphers = [card.cipher for each in ids if (card := card_store.find_card(session, each))]
    assert [cards.unseal(AFTER, cipher) for cipher in ciphers] == [(CardTech.FELICA, uid) for uid in UIDS]
    assert run(database, rotate_cards, 2) == []


def test_a_card_kept_twice_is_told_and_loses_nothing(database: Database) -> None:
    old, new = kept(database, BEFORE), kept(database, AFTER)
    (batch,) = run(database, rotate_cards, 10)
    assert (batch.rotated, batch.kept) == (0, 3)
    assert kept(database, BEFORE) == old
    assert kept(database, AFTER) == new


def test_a_device_keeps_its_directory_key_under_a_new_data_key(database: Database) -> None:
    with database.write() as session:
        site = factories.site(session, BEFORE)
        device = factories.device(session, BEFORE, site, at=datetime(2026, 11, 16, tzinfo=UTC))
        key = devices.directory_key(BEFORE, device)
    assert [batch.rotated for batch in run(database, rotate_directory_keys, 2)] == [1]
    with database.read() as session:
        after = store_of_devices.find_device(session, device.device_id)
    assert after is not None
    assert devices.directory_key(AFTER, after) == key
    assert run(database, rotate_directory_keys, 2) == []


def test_a_key_that_is_missing_stops_the_rotation(database: Database) -> None:
    with database.write() as session:
        factories.worker(session, BEFORE, phone=NUMBERS[0])
        with pytest.raises(KeyError, match="d1"):
            rotate_phones(session, AFTER)
