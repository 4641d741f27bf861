"""Lists and single entries, as pages and the command line show them; on both databases."""

from datetime import date

import pytest

from core.db import Database
from core.errors import InvalidInput, NotFound
from core.phone import PhoneSealer
from core.registry import listing, naming, places, showing
from core.registry.listing import ContractorSummary, Page, SiteSummary, WorkerSummary
from core.registry.model import Position
from core.registry.showing import ContractorCard, Expected, Part, SiteCard
from tests import factories

TODAY = date(2026, 11, 16)


def test_workers_are_listed_with_what_holds_today(database: Database, sealer: PhoneSealer) -> None:
    with database.write() as session:
        company = factories.contractor(session, "佐藤工業")
        yamada = factories.worker(session, sealer, "山田 太郎", name_kana="ヤマダ", contractor=company)
        suzuki = factories.worker(session, sealer, "鈴木 次郎", name_kana="スズキ", phone="+818011112222")
        factories.phone(session, sealer, suzuki, "+818033334444", valid_until=date(2026, 5, 31))
    expected = [
        WorkerSummary(suzuki, None, ("+8180****2222",)),
        WorkerSummary(yamada, "佐藤工業", ("+8190****5678",)),
    ]
    with database.read() as session:
        assert listing.list_workers(session, TODAY) == expected
        assert listing.list_workers(session, TODAY, Page(limit=1, offset=1)) == expected[1:]
        assert listing.list_workers(session, TODAY, Page(search="山田太")) == expected[1:]
        assert listing.list_workers(session, TODAY, Page(search="%")) == []
        assert listing.list_workers(session, TODAY, last4_indexes=[sealer.last4_index("2222")]) == expected[:1]
        assert listing.list_workers(session, TODAY, last4_indexes=[sealer.last4_index("4444")]) == []
        assert listing.list_contractors(session, TODAY) == [ContractorSummary(company, 1)]
        assert listing.list_contractors(session, date(2025, 1, 1)) == [ContractorSummary(company, 0)]


def test_a_site_is_shown_with_all_that_belongs_to_it(database: Database, sealer: PhoneSealer) -> None:
    with database.write() as session:
        prime, upper, lower = (factories.contractor(session, name) for name in ("元請建設", "上位工業", "下位組"))
        site = factories.site(session, sealer, prime=prime)
        line = factories.line(session, sites=[site])
        parts = [
            factories.participation(session, site, upper, upper=prime),
            factories.participation(session, site, lower, upper=upper),
        ]
        worker = factories.worker(session, sealer, contractor=lower)
        factories.assignment(session, site, worker, position=Position.FOREMAN)
    with database.read() as session:
        assert showing.show_site(session, site.site_id) == SiteCard(
            site,
            "元請建設",
            (line,),
            (Part(parts[0], "上位工業", "元請建設"), Part(parts[1], "下位組", "上位工業")),
            (Expected(worker.worker_id, worker.name, Position.FOREMAN, factories.START, None),),
        )
        assert listing.list_sites(session) == [SiteSummary(site, "元請建設", (line.e164,))]
        assert listing.list_lines(session) == [(line, (site,))]
        card = showing.show_contractor(session, lower.contractor_id)
        prime_card = showing.show_contractor(session, prime.contractor_id)
    assert [span.name for span in card.workers] == [worker.name]
    assert [span.name for span in card.takes_part_in] == [site.name]
    assert prime_card == ContractorCard(prime, (), (site.name,), ())


def test_a_line_without_sites_is_listed_too(database: Database) -> None:
    with database.write() as session:
        line = factories.line(session)
        assert listing.list_lines(session) == [(line, ())]


def test_occupations_and_positions_have_their_names(database: Database) -> None:
    with database.read() as session:
        assert {each.occupation_code: each.name for each in listing.list_occupations(session)}["0601"] == "とび工"
        assert listing.list_positions(session)[Position.CREW_LEADER] == "班長"


def test_one_is_named_by_id_ccus_id_or_name(database: Database, sealer: PhoneSealer) -> None:
    with database.write() as session:
        worker = factories.worker(session, sealer, "山田 太郎", ccus_worker_id="00000000000042")
        for text in (str(worker.worker_id), "42", "0000-0000-0000-42", "山田太郎", "山田　太郎"):
            assert naming.worker_named(session, text) == worker.worker_id
        with pytest.raises(NotFound):
            naming.worker_named(session, "山田")
        factories.worker(session, sealer, "山田太郎", phone=None)
        with pytest.raises(InvalidInput, match="several workers"):
            naming.worker_named(session, "山田 太郎")
        site = factories.site(session, sealer)
        assert naming.site_named(session, site.name) == site.site_id
        assert naming.contractor_named(session, "元請建設") == site.prime_contractor_id


def test_what_is_not_there_cannot_be_shown(database: Database, sealer: PhoneSealer) -> None:
    with database.write() as session:
        site = factories.site(session, sealer)
        with pytest.raises(NotFound):
            showing.show_worker(session, site.site_id)  # type: ignore[arg-type]
        with pytest.raises(NotFound):
            showing.show_contractor(session, site.site_id)  # type: ignore[arg-type]
        with pytest.raises(NotFound):
            showing.show_site(session, site.prime_contractor_id)  # type: ignore[arg-type]
        with pytest.raises(NotFound):
            places.retire_line(session, site.site_id, None)  # type: ignore[arg-type]
