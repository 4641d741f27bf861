"""Contractors' and sites' rows become rows of the registry; on both databases."""

from dataclasses import replace
from datetime import date

from core.db import Database
from core.imports.model import Fate, Remark
from core.phone import PhoneSealer
from core.registry import listing, store
from core.registry.model import InsuranceStatus, LegalForm, SiteKind
from tests import factories
from tests.imports.lists import CONTRACTORS, SITES, TODAY, bring_in, fates, look


def test_a_contractors_row_fills_every_field(database: Database, sealer: PhoneSealer) -> None:
    text = (
        "備考,会社名,ふりがな,CCUS事業者ID,区分,資本金（千円）,建設業許可,健康保険,年金保険,雇用保険,建退共,所在地\n"
        'x,（株） 佐藤工業,さとうこうぎょう,1234-5678-9012-34,法人,"5,000",知事(般)1,加入,未加入,適用除外,有,千代田区\n'
    )
    with database.write() as session:
        previewed = bring_in(session, sealer, CONTRACTORS, text)
        (found,) = listing.list_contractors(session, TODAY)
    assert previewed.unknown_columns == ("備考",)
    assert fates(previewed) == [Fate.ADDED]
    assert found.contractor == replace(
        found.contractor,
        name="株式会社佐藤工業",
        name_kana="サトウコウギョウ",
        ccus_contractor_id="12345678901234",
        legal_form=LegalForm.CORPORATION,
        capital_yen=5_000_000,
        licence="知事(般)1",
        health_insurance=InsuranceStatus.JOINED,
        pension_insurance=InsuranceStatus.NOT_JOINED,
        employment_insurance=InsuranceStatus.EXEMPT,
        mutual_aid=True,
        address="千代田区",
    )


def test_a_contractor_is_known_by_id_or_by_name_however_it_is_spelt(database: Database, sealer: PhoneSealer) -> None:
    with database.write() as session:
        bring_in(session, sealer, CONTRACTORS, "事業者名,区分\n㈱佐藤工業,法人\n山田左官,一人親方\n")
        by_name = bring_in(
            session, sealer, CONTRACTORS, "事業者ID,事業者名\n1234567890011,株式会社　佐藤工業\n,山田 左官\n"
        )
        by_id = bring_in(session, sealer, CONTRACTORS, "事業者ID,住所\n1234567890011,港区\n")
        names = [each.contractor.name for each in listing.list_contractors(session, TODAY)]
    assert [(row.fate, row.changed) for row in by_name.fates] == [
        (Fate.UPDATED, ("事業者ID",)),
        (Fate.UPDATED, ("事業者名",)),
    ]
    assert [(row.fate, row.changed) for row in by_id.fates] == [(Fate.UPDATED, ("住所",))]
    assert names == ["山田 左官", "株式会社佐藤工業"]


def test_what_stands_twice_and_differently_is_rejected_however_often_the_file_comes(
    database: Database, sealer: PhoneSealer
) -> None:
    contractors = "事業者名,区分,住所\n佐藤工業,法人,港区\n佐藤工業,法人,北区\n"
    sites = "現場名,元請事業者名,開始日,住所\n中央ビル,佐藤工業,2026/4/1,港区\n中央ビル,佐藤工業,2026/4/1,北区\n"
    with database.write() as session:
        for kind, text in ((CONTRACTORS, contractors), (SITES, sites)):
            assert fates(bring_in(session, sealer, kind, text)) == [Fate.ADDED, Fate.REJECTED]
            assert fates(bring_in(session, sealer, kind, text)) == [Fate.UNCHANGED, Fate.REJECTED]


def test_a_contractor_without_form_is_asked_for_it_unless_the_name_tells(
    database: Database, sealer: PhoneSealer
) -> None:
    with database.write() as session:
        previewed = look(session, sealer, CONTRACTORS, "事業者名\n佐藤工業有限会社\n佐藤左官\n")
    assert fates(previewed) == [Fate.ADDED, Fate.REJECTED]
    assert previewed.fates[1].problems == (
        Remark("区分", "空です。法人・個人事業主・一人親方 のどれかを書いてください"),
    )


def test_a_sites_row_fills_every_field_and_takes_a_free_code(database: Database, sealer: PhoneSealer) -> None:
    text = (
        "現場名,現場ID,元請事業者名,住所,開始日,終了日,種別,日の開始,閉場時刻,最低滞在分,電話回線\n"
        "東ビル,1234567890077,元請建設,港区,2026/4/1,2027/3/31,土木,5:00,21時,20分,050-1234-5678\n"
    )
    with database.write() as session:
        prime = factories.contractor(session, "元請建設")
        one = factories.site(session, sealer, "中央ビル", prime=prime, site_code="0001")
        line = factories.line(session, "+815012345678", sites=[one])
        added = bring_in(session, sealer, SITES, text)
        again = bring_in(session, sealer, SITES, text)
        served = store.sites_on_line(session, line.line_id)
    assert fates(added) == [Fate.ADDED]
    assert fates(again) == [Fate.UNCHANGED]
    assert Remark("現場コード", "空いているコード 0002 を付けました") in added.fates[0].mended
    assert served[0] == one
    assert served[1] == replace(
        served[1],
        name="東ビル",
        ccus_site_id="01234567890077",
        prime_contractor_id=prime.contractor_id,
        address="港区",
        starts_on=date(2026, 4, 1),
        ends_on=date(2027, 3, 31),
        kind=SiteKind.CIVIL,
        day_starts_min=300,
        closes_min=1260,
        minimum_stay_min=20,
        site_code="0002",
    )
    assert len(sealer.decrypt(served[1].day_code_key)) == 64


def test_sites_that_cannot_be_are_rejected(database: Database, sealer: PhoneSealer) -> None:
    text = (
        "現場名,元請,開始日,終了日,コード,回線\n"
        "一,元請建設,2026/4/1,2026/3/1,,\n二,元請建設,,,,\n三,無い会社,2026/4/1,,,\n"
        "四,元請建設,2026/4/1,,0001,05012345678\n五,元請建設,2026/4/1,,,05099999999\n"
    )
    with database.write() as session:
        prime = factories.contractor(session, "元請建設")
        one = factories.site(session, sealer, "中央ビル", prime=prime, site_code="0001")
        factories.line(session, "+815012345678", sites=[one])
        previewed = look(session, sealer, SITES, text)
    assert [[problem.column for problem in row.problems] for row in previewed.fates] == [
        ["終了日"],
        ["開始日"],
        ["元請事業者名"],
        ["現場コード"],
        ["電話回線"],
    ]
