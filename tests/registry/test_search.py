"""Names are found however they are typed; on both databases."""

from dataclasses import replace
from datetime import date

import pytest
import sqlalchemy as sa

from core.db import Database, open_database
from core.ids import ContractorId
from core.phone import PhoneSealer
from core.registry import service, store
from core.registry.folding import fold, search_text
from core.registry.model import LegalForm
from core.registry.place_list import (
    ContractorFilters,
    LineFilters,
    SiteFilters,
    SiteState,
    contractor_rows,
    line_rows,
    list_contractors,
    list_lines,
    list_sites,
    site_rows,
)
from core.registry.worker_list import WorkerFilters, list_employers, list_workers, worker_rows
from core.scope import EVERYTHING, NOTHING, Scope
from tests import factories

TODAY = date(2026, 11, 16)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("ﾔﾏﾀﾞ ﾀﾛｳ", "やまだ たろう"),
        ("髙橋", "高橋"),
        ("齊藤", "斎藤"),
        ("渡邉", "渡辺"),
        ("濵﨑", "浜崎"),
        ("佐佐木", "佐々木"),
        ("オータ", "おおた"),
        ("ゆーこ", "ユウコ"),
        ("キョウコ", "きようこ"),
        ("株式会社佐藤工業", "㈱ 佐藤工業"),
        ("佐藤工業（株）", "佐藤工業"),
        ("Nguyễn Văn Đức", "NGUYEN VAN DUC"),
        ("ＡＢＣ建設", "abc建設"),
        ("オーオカ", "おおおか"),
    ],
)
def test_two_spellings_of_one_name_are_found_as_one(one: str, other: str) -> None:
    assert fold(one) == fold(other)


def test_a_kana_name_is_found_with_and_without_the_space_between_its_parts() -> None:
    found_by = search_text("加藤 詩", "カトウ ウタ")
    for typed in ("かとう", "うた", "かとううた", "カトウ", "加藤詩"):
        assert fold(typed) in found_by


def found(database: Database, q: str, sealer: PhoneSealer) -> list[str]:
    with database.read() as session:
        rows = list_workers(session, EVERYTHING, WorkerFilters(q=q), TODAY, sealer).rows
    return [row.name for row in rows]


def test_workers_are_found_by_name_kana_number_and_id(database: Database, sealer: PhoneSealer) -> None:
    with database.write() as session:
        factories.worker(
            session, sealer, "髙橋 三郎", name_kana="タカハシ サブロウ", ccus_worker_id="01234567890123", phone=None
        )
        factories.worker(session, sealer, "大田 健", name_kana="オオタ ケン", phone="+819011112222")
        factories.worker(session, sealer, "100%_太郎", name_kana="", phone=None)
    assert found(database, "高橋", sealer) == ["髙橋 三郎"]
    assert found(database, "ｻﾌﾞﾛｰ　たかはし", sealer) == ["髙橋 三郎"]
    assert found(database, "おーた", sealer) == ["大田 健"]
    assert found(database, "2222", sealer) == ["大田 健"]
    assert found(database, "０１２３−４５６", sealer) == ["髙橋 三郎"]
    assert found(database, "高橋 健", sealer) == []
    assert found(database, "%_", sealer) == ["100%_太郎", "大田 健", "髙橋 三郎"]  # signs alone narrow nothing
    assert found(database, "100", sealer) == ["100%_太郎"]


def test_a_renamed_worker_is_found_by_the_new_name_alone(database: Database, sealer: PhoneSealer) -> None:
    with database.write() as session:
        worker = factories.worker(session, sealer, "山田 花子", phone=None)
        changed = store.find_worker(session, worker.worker_id)
        assert changed is not None
        service.update_worker(session, replace(changed, name="佐藤 花子"))
    assert found(database, "山田", sealer) == []
    assert found(database, "佐藤花子", sealer) == ["佐藤 花子"]


def test_the_list_of_workers_is_narrowed_and_paged(database: Database, sealer: PhoneSealer) -> None:
    with database.write() as session:
        company = factories.contractor(session, "佐藤工業")
        for number in range(51):
            factories.worker(session, sealer, f"作業員 {number:02}", phone=None, contractor=company)
        factories.worker(session, sealer, "一人", name_kana="イチ", ccus_worker_id="1" * 14, occupations=["0101"])
    with database.read() as session:

        def total(**values: object) -> int:
            return list_workers(session, EVERYTHING, WorkerFilters(**values), TODAY, sealer).total  # type: ignore[arg-type]

        first = list_workers(session, EVERYTHING, WorkerFilters(), TODAY, sealer)
        second = list_workers(session, EVERYTHING, WorkerFilters(employed=True), TODAY, sealer, offset=50)
        beyond = list_workers(session, EVERYTHING, WorkerFilters(employed=True), TODAY, sealer, offset=100)
        assert (first.first, first.last, first.total, first.previous_offset, first.next_offset) == (1, 50, 52, None, 50)
        assert (second.first, second.last, second.total, second.previous_offset, second.next_offset) == (
            *(51, 51, 51, 0, None),
        )
        assert (beyond.rows, beyond.total) == ((), 51)
        assert total(contractor_id=company.contractor_id) == 51
        assert total(employed=False) == total(provisional=False, occupation_code="0101") == 1
        assert total(without_phone=True) == total(provisional=True) == 51
        assert list_employers(session, EVERYTHING, TODAY) == [(company.contractor_id, "佐藤工業")]
        rows = list(worker_rows(session, EVERYTHING, WorkerFilters(q="一人"), TODAY, sealer))
    assert [row[:3] for row in rows] == [("1" * 14, "一人", "イチ")]
    assert rows[0][-1] == "090****5678"


def test_nobody_finds_what_lies_beyond_the_scope(database: Database, sealer: PhoneSealer) -> None:
    with database.write() as session:
        own, other = factories.contractor(session, "佐藤工業"), factories.contractor(session, "伊藤電設")
        factories.worker(session, sealer, "山田 太郎", contractor=own)
        factories.worker(session, sealer, "山田 次郎", contractor=other)
        site = factories.site(session, sealer, "他社ビル")
        factories.line(session, sites=[site])
    scope = Scope(employers=frozenset({own.contractor_id}))
    with database.read() as session:
        for q in ("山田", "5678"):
            rows = list_workers(session, scope, WorkerFilters(q=q), TODAY, sealer).rows
            assert [row.name for row in rows] == ["山田 太郎"]
        assert [row.contractor.name for row in list_contractors(session, scope, ContractorFilters(), TODAY).rows] == [
            "佐藤工業"
        ]
        assert list_sites(session, scope, SiteFilters(), TODAY).total == 0
        assert list_lines(session, scope, LineFilters()).total == 0
        assert list_workers(session, NOTHING, WorkerFilters(), TODAY, sealer).total == 0


def test_contractors_sites_and_lines_are_listed_as_filtered(database: Database, sealer: PhoneSealer) -> None:
    with database.write() as session:
        prime = factories.contractor(session, "株式会社大和建設", name_kana="ダイワケンセツ")
        factories.contractor(session, "山田一男", legal_form=LegalForm.ONE_PERSON)
        site = factories.site(session, sealer, "中央ビル", prime=prime, name_kana="チュウオウビル", site_code="7301")
        factories.site(session, sealer, "来年ビル", prime=prime, starts_on=date(2027, 1, 1))
        factories.site(session, sealer, "去年ビル", prime=prime, ends_on=date(2026, 10, 31))
        factories.line(session, sites=[site])
    with database.read() as session:

        def names(**values: object) -> list[str]:
            filters = SiteFilters(**values)  # type: ignore[arg-type]
            return [row.site.name for row in list_sites(session, EVERYTHING, filters, TODAY).rows]

        assert names(state=SiteState.OPEN) == ["中央ビル"]
        assert names(state=SiteState.AHEAD) == ["来年ビル"]
        assert names(state=SiteState.ENDED) == ["去年ビル"]
        assert names(q="ちゅーおー") == names(q="７３０１") == ["中央ビル"]
        assert names(prime_contractor_id=ContractorId(site.site_id)) == []
        one = list_contractors(session, EVERYTHING, ContractorFilters(legal_form=LegalForm.ONE_PERSON), TODAY)
        assert [row.contractor.name for row in one.rows] == ["山田一男"]
        assert next(contractor_rows(session, EVERYTHING, ContractorFilters("(株)大和"), TODAY))[1] == prime.name
        assert next(site_rows(session, EVERYTHING, SiteFilters("中央"), TODAY))[-1] == "050-1234-5678"
        assert next(line_rows(session, EVERYTHING, LineFilters(retired=False)))[3] == "中央ビル"
        assert list_lines(session, EVERYTHING, LineFilters(site_id=site.site_id)).rows[0].sites == (site,)


def test_the_search_has_its_index_on_postgresql(postgresql_url: str) -> None:
    database = open_database(postgresql_url)
    with database.read() as session:
        defined = session.scalar(sa.text("select indexdef from pg_indexes where indexname = 'ix_workers_search_text'"))
    database.close()
    assert "gin_trgm_ops" in defined
