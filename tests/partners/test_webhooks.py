"""Webhooks end to end: of what happens in the ledger the receivers are told, each of its own, signed."""

from contextlib import suppress
from datetime import timedelta

import pytest
import sqlalchemy as sa

from core.attendance.correcting import cancel_record, move_record
from core.attendance.model import CorrectionCode, Direction
from core.attendance.service import record_punches
from core.clock import FixedClock
from core.db import INGEST_ROLE, JOBS_ROLE, Database, open_database
from core.partners import webhook_sending, webhook_store
from core.partners.webhook_model import EventKind
from core.partners.webhook_sending import Sender
from core.partners.webhook_tables import webhook_deliveries, webhook_events, webhook_subscriptions
from core.phone import PhoneSealer
from core.scope import Scope
from core.settings import WebhookReach
from core.tiering import linking, submitting
from core.tiering import service as tiering
from tests import factories
from tests.attendance.world import OFFICE, entered
from tests.partners.conftest import EVERY_KIND, Place, make_place
from tests.partners.receiver import Receiver, receiving, verify
from tests.tiering.world import DAYS, TierWorld


def kinds(receiver: Receiver) -> list[str]:
    return [event["type"] for event in receiver.events]


def test_a_day_is_told_as_it_becomes_signed_and_without_a_name(place: Place, receiver: Receiver) -> None:
    subscription, secret = place.subscribe(receiver.url)
    place.world.call("7:50")
    assert place.send(subscription) == 1
    place.world.call("17:10")
    place.send(subscription)
    headers, body = receiver.raw[0]
    assert verify(secret, headers, body)
    assert not verify("whsec_" + "A" * 44, headers, body)
    first, second = receiver.events
    world = place.world
    assert first | {"id": "", "at": ""} == {
        "id": "",
        "type": "attendance.recorded",
        "at": "",
        "work_date": "2026-11-16",
        "site_id": str(world.site.site_id),
        "worker_id": str(world.worker.worker_id),
        "contractor_id": str(world.employer.contractor_id),
        "first_entry_at": "2026-11-15T22:50:00+00:00",
        "last_exit_at": None,
        "missing_exit": False,
        "is_direct": False,
    }
    assert (second["type"], second["last_exit_at"]) == ("attendance.recorded", "2026-11-16T08:10:00+00:00")
    assert world.worker.name.encode() not in body
    assert [(sent.state, sent.status, sent.answer) for sent in place.log(subscription)] == [
        ("delivered", 200, "ok")
    ] * 2


def test_what_is_not_recorded_is_not_told(small: Place, receiver: Receiver) -> None:
    """Events are written in the transaction of the fact."""
    subscription, _ = small.subscribe(receiver.url)
    with suppress(RuntimeError), small.world.database.write() as session:
        record_punches(session, [small.world.punch("7:50")], small.now)
        raise RuntimeError
    assert small.send(subscription) == 0


def test_corrections_and_withdrawals_are_told_as_such(place: Place, receiver: Receiver) -> None:
    subscription, _ = place.subscribe(receiver.url)
    world = place.world
    punch = world.punch("7:50")
    world.record(punch)
    now = place.now + timedelta(hours=1)
    with world.database.write() as session:
        move_record(session, punch.punch_id, entered(world, "7:40", Direction.ENTRY), OFFICE, now)
    with world.database.write() as session:
        cancel_record(session, punch.punch_id, CorrectionCode.FORGOTTEN, OFFICE, now)
    place.send(subscription)
    assert [(event["type"], event["first_entry_at"]) for event in receiver.events][:2] == [
        ("attendance.recorded", "2026-11-15T22:50:00+00:00"),
        ("attendance.corrected", "2026-11-15T22:40:00+00:00"),
    ]
    assert kinds(receiver)[-1] == "attendance.withdrawn"


def test_a_partner_never_gets_what_is_another_primes(place: Place, receiver: Receiver) -> None:
    with place.world.database.write() as session:
        other = factories.contractor(session, "他社建設")
    theirs, _ = place.subscribe(receiver.url, place.partner_of(other))
    ours, _ = place.subscribe(receiver.url)
    place.world.call("7:50")
    assert (place.send(theirs), place.send(ours)) == (0, 1)
    stranger = Scope(primes=frozenset({other.contractor_id}))
    place.world.call("17:10")
    with place.world.database.read(stranger) as session:
        assert webhook_store.find_subscription(session, ours.subscription_id, stranger) is None
        shown = webhook_store.list_subscriptions(session, stranger)
        if place.world.database.is_postgresql:  # what the rows themselves give away
            tables = (webhook_subscriptions, webhook_events, webhook_deliveries)
            counts = [session.scalar(sa.select(sa.func.count()).select_from(table)) for table in tables]
            assert counts == [1, 0, 0]
    assert [each.subscription_id for each in shown] == [theirs.subscription_id]


def test_the_phone_writes_events_and_the_jobs_send_them_each_with_its_rights(
    postgresql_url: str, sealer: PhoneSealer, clock: FixedClock
) -> None:
    place = make_place(open_database(postgresql_url), sealer, clock)
    made, _ = place.subscribe("http://127.0.0.1:9/hook")
    phone = open_database(postgresql_url, role=INGEST_ROLE)
    with phone.write() as session:
        record_punches(session, [place.world.punch("7:50")], place.now)
    with pytest.raises(sa.exc.ProgrammingError), phone.read() as session:
        session.execute(sa.select(webhook_subscriptions))
    phone.close()
    jobs = open_database(postgresql_url, role=JOBS_ROLE)
    with receiving(Receiver()) as receiver:
        with jobs.write() as session:
            session.execute(sa.update(webhook_subscriptions).values(url=receiver.url))
            webhook_sending.mark_due(session, place.now)
        webhook_sending.send(Sender(jobs, sealer, place.clock, WebhookReach.ANY), made.subscription_id)
        assert kinds(receiver) == ["attendance.recorded"]
    jobs.close()
    place.world.database.close()


def test_whoever_commits_later_is_told_of_later_and_is_not_lost(
    postgresql_url: str, sealer: PhoneSealer, clock: FixedClock, receiver: Receiver
) -> None:
    """An event with a lower number that is committed after a higher one was sent."""
    place = make_place(open_database(postgresql_url), sealer, clock)
    world = place.world
    with world.database.write() as session:
        number, line = "+819055550001", "+815055550001"
        factories.worker(session, sealer, "鈴木一郎", phone=number, contractor=world.employer)
        site = factories.site(session, sealer, "北ビル", prime=world.prime)
        factories.line(session, line, sites=[site])
    subscription, _ = place.subscribe(receiver.url)
    with world.database.write() as slow:
        record_punches(slow, [world.punch("7:50")], place.now)
        world.call("7:51", phone=number, line=line)
        assert place.send(subscription) == 1
    assert place.send(subscription) == 1
    assert [event["first_entry_at"][11:16] for event in receiver.events] == ["22:51", "22:50"]
    world.database.close()


def test_structures_and_rosters_are_told(
    database: Database, sealer: PhoneSealer, clock: FixedClock, receiver: Receiver
) -> None:
    tiers = TierWorld(database, sealer)
    tiers.work()
    tiers.note_visits()
    tiers.think()
    place = Place.of(tiers, sealer, clock)
    kinds_wanted = EVERY_KIND - {kind for kind in EventKind if kind.startswith("attendance.")}
    subscription, _ = place.subscribe(receiver.url, kinds=kinds_wanted)
    with database.write() as session:
        (link,) = linking.settle(session, tiers.batch(), tiers.site.site_id, tiers.places((tiers.sato, tiers.prime)))
        tiering.accept_rosters(session, tiers.batch(), tiers.site.site_id, [tiers.sato.contractor_id])
        submitting.submit(session, sealer, tiers.batch(), tiers.site.site_id, tiers.sato.contractor_id)
        linking.end(session, tiers.batch(), link.link_id, DAYS[-1])
    place.send(subscription)
    told = set(kinds(receiver))
    assert told == {"tiers.approved", "roster.accepted", "roster.submitted", "tiers.ended"}
    (submitted,) = [event for event in receiver.events if event["type"] == "roster.submitted"]
    assert (submitted["people"], submitted["contractor_id"]) == (2, str(tiers.sato.contractor_id))
