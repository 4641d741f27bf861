"""The code of the day at the gate: it opens the record, and redialling is no way to guess it."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date

import pytest
import sqlalchemy as sa

from core.clock import FixedClock
from core.db import INGEST_ROLE, Database
from core.ids import PhoneId, SiteId, uuid7
from core.phone import PhoneSealer
from core.registry import places
from core.registry.listing import list_sites
from core.settings import Settings
from ivr import store
from ivr.effects import MAX_DAY_CODE_FAILURES
from ivr.tables import day_code_failures
from tests.ivr.carrier_hand import BASE, NOTED, key, ring
from tests.ivr.stage import CODED, SATO, YAMADA, Stage, build_world

DAY = date(2026, 11, 16)
ASK_CODE = "ゲートにある今日の4桁の番号を押してください。"
WRONG_CODE = "番号が違います。もう一度、ゲートにある今日の4桁の番号を押してください。"
TOO_MANY = "番号の間違いが多いため、今日は番号を受け付けません。現場事務所が確認します。"


@pytest.fixture
def stage(settings: Settings, database: Database, sealer: PhoneSealer, clock: FixedClock) -> Iterator[Stage]:
    build_world(database, sealer)
    ingest = database.acting_as(INGEST_ROLE)  # with no more rights than the phone has
    stage = Stage(replace(settings, public_urls=(BASE,)), ingest, clock)
    yield stage
    stage.close()
    ingest.close()


def code_of_the_day(stage: Stage, day: date = DAY) -> str:
    with stage.database.read() as session:
        (site,) = [listed.site for listed in list_sites(session) if listed.site.name == "西ビル"]
        return places.day_code_of(session, stage.settings.sealer, site.site_id, day)


def test_the_code_of_the_day_opens_the_record(stage: Stage) -> None:
    form, heard = ring(stage, YAMADA, CODED)
    told = key(stage, form, heard, code_of_the_day(stage))
    assert heard.says == [ASK_CODE]
    assert told.says == ["山田太郎さん、西ビル、入場、7時52分。記録しました。ご安全に。"]
    assert stage.held() == ["山田太郎 entry accepted"]


def test_three_wrong_codes_leave_the_call_for_review(stage: Stage) -> None:
    wrong = str((int(code_of_the_day(stage)) + 1) % 10000).zfill(4)
    form, heard = ring(stage, YAMADA, CODED)
    said = []
    for digits in (wrong, None, wrong):
        heard = key(stage, form, heard, digits)
        said.append(heard.says)
    assert said == [[WRONG_CODE], ["番号が押されませんでした。" + ASK_CODE], [NOTED]]
    assert stage.held() == ["山田太郎 - needs_review wrong_day_code"]


def give(stage: Stage, caller: str, *codes: str | None) -> list[str]:
    """Call the site with a code at its gate, key one code after the other, and return what was said last."""
    form, heard = ring(stage, caller, CODED)
    for digits in codes:
        heard = key(stage, form, heard, digits)
    return heard.says


def wrong_code(stage: Stage) -> str:
    return str((int(code_of_the_day(stage)) + 1) % 10000).zfill(4)


def test_redialling_is_no_way_to_guess_the_code(stage: Stage) -> None:
    wrong = wrong_code(stage)
    said = [give(stage, YAMADA, *[wrong] * count) for count in (3, 3, 3, 1)]
    assert said == [[NOTED], [NOTED], [NOTED], [TOO_MANY]]
    assert give(stage, YAMADA, code_of_the_day(stage)) == [TOO_MANY]
    assert stage.held() == [
        *["山田太郎 - needs_review wrong_day_code"] * 3,
        *["山田太郎 - needs_review too_many_wrong_codes"] * 2,
    ]


def test_wrong_codes_are_counted_for_a_phone_and_a_day(stage: Stage) -> None:
    wrong = wrong_code(stage)
    for count in (3, 3, 3, 1):
        give(stage, YAMADA, *[wrong] * count)
    assert give(stage, SATO, code_of_the_day(stage)) == [
        "佐藤次郎さん、西ビル、入場、7時52分。記録しました。ご安全に。"
    ]
    stage.at("7:52", date(2026, 11, 17))
    assert give(stage, YAMADA, code_of_the_day(stage, date(2026, 11, 17))) == [
        "山田太郎さん、西ビル、入場、7時52分。記録しました。ご安全に。"
    ]


def test_silence_a_repeat_and_a_right_code_are_no_wrong_codes(stage: Stage) -> None:
    wrong, right = wrong_code(stage), code_of_the_day(stage)
    form, heard = ring(stage, YAMADA, CODED)
    for _ in range(MAX_DAY_CODE_FAILURES + 1):
        key(stage, form, heard, wrong)  # the same question: the carrier repeats itself
    give(stage, YAMADA, None, None, right)
    with stage.database.read() as session:
        assert session.execute(sa.select(day_code_failures.c.failures)).scalars().all() == [1]


def test_calls_placed_at_once_have_no_more_tries_than_one(database: Database) -> None:
    phone_id, site_id = PhoneId(uuid7()), SiteId(uuid7())

    def guess(_number: int) -> bool:
        with database.write() as session:
            is_taken = store.count_day_code_failures(session, phone_id, site_id, DAY) < MAX_DAY_CODE_FAILURES
            if is_taken:
                store.add_day_code_failure(session, phone_id, site_id, DAY)
            return is_taken

    with ThreadPoolExecutor(8) as callers:
        assert sum(callers.map(guess, range(3 * MAX_DAY_CODE_FAILURES))) == MAX_DAY_CODE_FAILURES
