"""Callers who are asked under whom they work: what it costs, and what comes of the answer."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date

import pytest
import sqlalchemy as sa

from core.clock import FixedClock
from core.db import INGEST_ROLE, Database
from core.ids import ContractorId, uuid7
from core.phone import PhoneSealer
from core.scope import EVERYTHING
from core.settings import Settings
from core.tiering.gathering import gather
from core.tiering.model import RelationSource
from core.tiering.proposal_store import answers_at, proposed_at
from core.tiering.structure import read_structure
from core.work import service as work
from ivr.dialogue import Phase, UpperOption, dump_state, load_state
from tests.ivr.stage import (
    ITO,
    ITO_2,
    SENTENCE,
    STATION,
    SUZUKI,
    YAMADA,
    Heard,
    Stage,
    Station,
    build_station,
    build_world,
    propose,
    think,
)
from tests.ivr.test_conversation import menu_state

ASKED = "どちらの会社の下で作業されますか。"
NEXT_DAY = date(2026, 11, 17)


@pytest.fixture
def stage(settings: Settings, database: Database, sealer: PhoneSealer, clock: FixedClock) -> Iterator[Stage]:
    build_world(database, sealer)
    ingest = database.acting_as(INGEST_ROLE)  # with no more rights than the phone has
    stage = Stage(settings, ingest, clock)
    yield stage
    stage.close()
    ingest.close()


@pytest.fixture
def station(stage: Stage, database: Database, sealer: PhoneSealer) -> Station:
    return build_station(database, sealer)


def call(stage: Stage, caller: str, line: str, at: str = "07:52", day: date = date(2026, 11, 16)) -> Heard:
    stage.at(at, day)
    return stage.post("/ivr/voice", stage.form(stage.new_call(), caller, line))


def answer(stage: Stage, caller: str, keys: str) -> None:
    stage.at("07:52")
    form = stage.form(stage.new_call(), caller, STATION)
    asked = stage.post("/ivr/voice", form)
    assert asked.action is not None
    stage.post(asked.action, {**form, "Digits": keys})


@contextmanager
def counted() -> Iterator[list[str]]:
    """Collect the statements that are executed meanwhile."""
    statements: list[str] = []

    def count(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        if not statement.startswith("BEGIN"):
            statements.append(statement)

    sa.event.listen(sa.Engine, "before_cursor_execute", count)
    try:
        yield statements
    finally:
        sa.event.remove(sa.Engine, "before_cursor_execute", count)


def is_asked(heard: Heard) -> bool:
    return ASKED in "".join(heard.says)


def test_an_ordinary_call_has_no_statement_more(stage: Stage) -> None:
    with counted() as statements:
        call(stage, YAMADA, SENTENCE)
    written_by_table = ("punches", "judgements", "attendance_days", "worker_months", "site_months")
    most = 3 if stage.database.is_postgresql else 2 + len(written_by_table)
    assert len(statements) == most


def test_where_callers_may_be_asked_an_ordinary_entry_reads_once_more_and_an_exit_does_not(
    stage: Stage, station: Station
) -> None:
    assert is_asked(call(stage, ITO, STATION))
    call(stage, YAMADA, SENTENCE)
    more = []
    for at in ("07:52", "17:00"):
        with counted() as ordinary:
            call(stage, YAMADA, SENTENCE, at, NEXT_DAY)
        with counted() as statements:
            call(stage, ITO, STATION, at, NEXT_DAY)
        more.append(len(statements) - len(ordinary))
    assert more == [1, 0]


def test_an_answer_reaches_the_proposal_as_evidence(stage: Stage, station: Station, database: Database) -> None:
    answer(stage, ITO, "1")
    now = stage.clock.now()
    with database.write() as session:
        marks = work.take_marks(session, "tiers", now)
        (kept,) = answers_at(session, station.site.site_id)
        told = [each for each in gather(session, station.site, now.date()).facts.relations if is_answer(each.source)]
    assert [mark.subject for mark in marks] == [str(station.site.site_id)]
    assert (kept.contractor_id, kept.worker_id) == (station.ito.contractor_id, station.first_worker.worker_id)
    assert [(each.contractor_id, each.upper_contractor_id) for each in told] == [
        (str(station.ito.contractor_id), str(station.sato.contractor_id))
    ]
    think(database, station.site, now)
    with database.read() as session:
        (node,) = (n for n in read_structure(session, EVERYTHING, station.site.site_id).nodes if n.name == "伊藤設備")
    assert (node.upper_name, node.state) == ("佐藤工業", "proposed")


def is_answer(source: RelationSource) -> bool:
    return source is RelationSource.ANSWERED


@pytest.mark.parametrize("keys", ["0", "7", "*", "11"])
def test_what_names_nobody_is_kept_as_asked_and_no_more(
    stage: Stage, station: Station, database: Database, keys: str
) -> None:
    answer(stage, ITO, keys)
    with database.write() as session:
        (kept,) = answers_at(session, station.site.site_id)
        assert kept.upper_contractor_id is None
        assert work.take_marks(session, "tiers", stage.clock.now()) == []
    assert stage.held() == ["伊藤一郎 entry accepted"]
    assert not is_asked(call(stage, ITO_2, STATION, "07:53"))


def test_nobody_is_asked_where_the_prime_does_not_want_it(
    stage: Stage, database: Database, sealer: PhoneSealer
) -> None:
    station = build_station(database, sealer, asks_callers=False)
    assert not is_asked(call(stage, ITO, STATION))
    with database.read() as session:
        assert proposed_at(session, station.site.site_id)
        assert answers_at(session, station.site.site_id) == []


def test_a_repeated_webhook_of_a_call_that_was_not_asked_does_not_ask(
    stage: Stage, database: Database, sealer: PhoneSealer
) -> None:
    """A call from the spool, or one whose answer was lost while the site's proposal was being made."""
    station = build_station(database, sealer)
    with database.write() as session:
        session.exec_driver_sql("delete from tier_proposed_links")
    stage.at("07:52")
    form = stage.form(stage.new_call(), ITO, STATION)
    first = stage.post("/ivr/voice", form)
    with database.write() as session:
        propose(session, station.site, station.sato)
    assert stage.post("/ivr/voice", form).says == first.says
    assert not is_asked(first)
    assert is_asked(call(stage, SUZUKI, STATION, "07:53"))


def test_what_was_asked_survives_between_two_webhooks() -> None:
    state = menu_state()
    site_ids = tuple(place.site_id for place in state.places)
    upper = UpperOption(ContractorId(uuid7()), "佐藤工業", "サトウコウギョウ")
    asked = replace(state, phase=Phase.UPPER, asks_at=site_ids, contractor_id=ContractorId(uuid7()), uppers=(upper,))
    assert load_state(dump_state(asked)) == asked


def test_companies_are_called_as_on_site_unless_only_the_legal_form_tells_them_apart(
    stage: Stage, station: Station, database: Database
) -> None:
    with database.write() as session:
        session.exec_driver_sql("update contractors set name = '株式会社佐藤工業' where name = '佐藤工業'")
    assert "1、佐藤工業。2、東西建設。それ以外は0。" in "".join(call(stage, ITO, STATION).says)
    with database.write() as session:
        session.exec_driver_sql("delete from tier_answers")
        session.exec_driver_sql("update contractors set name = '有限会社佐藤工業' where name = '東西建設'")
    assert "1、株式会社佐藤工業。2、有限会社佐藤工業。" in "".join(call(stage, ITO_2, STATION, "07:53").says)
