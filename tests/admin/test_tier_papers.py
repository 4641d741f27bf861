"""The papers of 施工体制: what stands on them, what never does, and who may take which."""

import io
import re

import openpyxl
import pypdf
import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from core.accounts.model import Role
from core.phone import PhoneSealer
from core.registry.model import Position
from core.tiering import service, submitting
from tests.admin.conftest import new_client
from tests.admin.test_tiers import client_of
from tests.admin.tiers_world import PageTiers
from tests.tiering.world import DAYS

FORBIDDEN = ("血液型", "マイナンバー", "記号・番号：")


@pytest.fixture
def tiers(tiers: PageTiers) -> PageTiers:
    """佐藤工業 with 伊藤設備 below it; 高橋塗装 is not accepted; 佐藤一 is a foreman."""
    chain = tiers.places((tiers.sato, tiers.prime), (tiers.ito, tiers.sato))
    with tiers.database.write() as session:
        done = service.settle(session, tiers.batch(tiers.prime), tiers.site.site_id, chain)
        (entry,) = (each for each in done.entries if each.worker_id == tiers.worker_ids["佐藤一"])
        batch = tiers.batch(tiers.sato)
        service.give_position(session, batch, entry.roster_entry_id, Position.FOREMAN, DAYS[0])
    return tiers


@pytest.fixture
def prime(app: FastAPI, tiers: PageTiers) -> TestClient:
    return client_of(app, tiers, "prime", Role.PRIME_OFFICE, tiers.prime)


def pdf_text(client: TestClient, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200, path
    assert answer.headers["content-type"] == "application/pdf"
    pages = pypdf.PdfReader(io.BytesIO(answer.content)).pages
    return "".join("".join(page.extract_text().split()) for page in pages)


def excel_text(client: TestClient, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200, path
    book = openpyxl.load_workbook(io.BytesIO(answer.content))
    return " ".join(str(cell.value) for sheet in book for row in sheet.iter_rows() for cell in row if cell.value)


@pytest.mark.parametrize("paper", ["a3", "a4"])
def test_the_chart_shows_who_is_accepted_and_says_who_is_not(tiers: PageTiers, prime: TestClient, paper: str) -> None:
    text = pdf_text(prime, f"{tiers.path}/papers/chart.pdf?paper={paper}")
    for words in ("施工体系図", "大和建設", "佐藤工業", "伊藤設備", "一次", "二次", "佐藤一", "承認されていない1社"):
        assert words in text
    assert "高橋塗装" not in text
    assert "伊藤設備" in excel_text(prime, f"{tiers.path}/papers/chart.xlsx")


def test_the_ledger_has_a_sheet_for_each_of_the_first_tier(tiers: PageTiers, prime: TestClient) -> None:
    text = pdf_text(prime, f"{tiers.path}/papers/ledger.pdf")
    for words in ("施工体制台帳", "佐藤工業", "都知事1", "主任技術者名", "健康保険等の加入状況", "佐藤一"):
        assert words in text
    assert "伊藤設備" not in text
    assert "都知事 1" in excel_text(prime, f"{tiers.path}/papers/ledger.xlsx")


def test_the_notice_leads_from_the_lower_to_the_upper(tiers: PageTiers, prime: TestClient) -> None:
    text = pdf_text(prime, f"{tiers.path}/papers/notices.pdf")
    for words in ("再下請負通知書", "佐藤工業", "伊藤設備", "直近上位の注文者名"):
        assert words in text


def test_the_roster_is_in_the_usual_form_without_what_must_not_be_collected(
    tiers: PageTiers, prime: TestClient
) -> None:
    path = f"/sites/{tiers.site.site_id}/contractors/{tiers.sato.contractor_id}/roster/paper"
    text = pdf_text(prime, f"{path}.pdf")
    for words in ("作業員名簿", "技能者ID", "00000000000001", "佐藤一", "とび工", "受入教育実施年月日", "一次会社名"):
        assert words in text
    both = text + excel_text(prime, f"{path}.xlsx")
    assert not [words for words in FORBIDDEN if words in both]


def test_a_submission_stays_as_it_was(tiers: PageTiers, prime: TestClient, sealer: PhoneSealer) -> None:
    with tiers.database.write() as session:
        batch, firm = tiers.batch(tiers.ito), tiers.ito.contractor_id
        made = submitting.submit(session, sealer, batch, tiers.site.site_id, firm)
    path = f"/sites/{tiers.site.site_id}/contractors/{tiers.ito.contractor_id}/roster/submissions/{made.submission_id}"
    listed = prime.get(path.rpartition("/submissions")[0]).text
    assert re.findall(rf'href="({path}[^"]+)"', listed) == [f"{path}.pdf", f"{path}.xlsx"]
    assert "伊藤一" in pdf_text(prime, f"{path}.pdf")
    assert "伊藤二" in excel_text(prime, f"{path}.xlsx")
    other = path.replace(str(tiers.ito.contractor_id), str(tiers.sato.contractor_id))
    assert prime.get(f"{other}.pdf").status_code == 404


def test_a_subcontractor_takes_its_own_part_and_not_the_ledger(app: FastAPI, tiers: PageTiers) -> None:
    ito = client_of(app, tiers, "ito", Role.SUBCONTRACTOR_OFFICE, tiers.ito)
    assert ito.get(f"{tiers.path}/papers/ledger.pdf").status_code == 404
    roster = "/sites/{}/contractors/{}/roster/paper.pdf"
    assert "佐藤一" not in pdf_text(ito, roster.format(tiers.site.site_id, tiers.sato.contractor_id))
    assert ito.get(roster.format(tiers.site.site_id, tiers.takahashi.contractor_id)).status_code == 404
    assert "伊藤一" in pdf_text(ito, roster.format(tiers.site.site_id, tiers.ito.contractor_id))
    assert ito.get(f"{tiers.path}/papers").status_code == 200
    assert new_client(app).get(f"{tiers.path}/papers/chart.pdf").status_code == 303
