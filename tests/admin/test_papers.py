"""「掲示物・資料」: which sites may be printed for, by whom, and what comes out."""

import io

import pypdf
import pytest
import sqlalchemy as sa
from fastapi import FastAPI
from starlette.testclient import TestClient

from core.accounts import service as accounts
from core.accounts.model import Role
from core.db import Database
from core.phone import PhoneSealer
from core.registry.day_codes import day_code
from core.registry.model import Contractor, Site
from tests import factories
from tests.admin.conftest import new_client
from tests.admin.test_now import text_of
from tests.admin.world import TODAY, World


def pdf_text(content: bytes) -> str:
    return "".join("".join(page.extract_text().split()) for page in pypdf.PdfReader(io.BytesIO(content)).pages)


def sign_in_as(app: FastAPI, database: Database, role: Role, contractor: Contractor) -> TestClient:
    with database.write() as session:
        account = accounts.create_account(session, "other", "別の人", "correct horse battery")
        accounts.join(session, account.account_id, role, contractor.contractor_id)
    client = new_client(app)
    assert client.post("/sign-in", data={"login": "other", "password": "correct horse battery"}).status_code == 303
    return client


@pytest.fixture
def guarded(world: World, sealer: PhoneSealer) -> Site:
    with world.database.write() as session:
        return factories.site(session, sealer, "門の現場", prime=world.prime, day_code_required=True)


def test_the_sites_are_listed_and_searched(office: TestClient, world: World) -> None:
    page = office.get("/papers").text
    assert f'<a href="/papers/sites/{world.central.site_id}">中央ビル</a>' in page
    assert "港南マンション" in page
    assert "中央ビル" not in text_of(office.get("/papers?q=コウナン").text)
    assert "条件に合う現場がありません。" in text_of(office.get("/papers?q=ない").text)


def test_without_sites_the_page_says_how_to_begin(office: TestClient) -> None:
    assert "印刷できる現場がまだありません。" in text_of(office.get("/papers").text)


def test_a_site_shows_its_papers(office: TestClient, world: World) -> None:
    page = office.get(f"/papers/sites/{world.central.site_id}").text
    for words in (
        "入退場ポスター",
        "カードタッチのポスター",
        "本人に渡すリーフレット",
        "現場運用マニュアル",
        "050-1234-5678",
    ):
        assert words in text_of(page)
    assert "番号入りで開く" not in page


@pytest.mark.parametrize("kind", ["poster", "card", "leaflet", "manual"])
def test_every_paper_opens_with_the_sites_name(office: TestClient, world: World, kind: str) -> None:
    answer = office.get(f"/papers/sites/{world.central.site_id}/{kind}.pdf?paper=a3&lang=vi")
    assert answer.headers["content-type"] == "application/pdf"
    assert answer.headers["content-disposition"].startswith("inline; filename=")
    assert "中央ビル" in pdf_text(answer.content)
    preview = office.get(f"/papers/sites/{world.central.site_id}/{kind}.png")
    assert (preview.headers["content-type"], preview.content[:4]) == ("image/png", b"\x89PNG")


def test_only_the_chosen_languages_are_printed(office: TestClient, world: World) -> None:
    answer = office.get(f"/papers/sites/{world.central.site_id}/poster.pdf?lang=ja&lang=en")
    text = pdf_text(answer.content)
    assert ("English" in text, "中文" in text) == (True, False)


def test_the_code_of_a_day_is_printed_by_a_form_alone_and_that_is_noted(
    office: TestClient, world: World, guarded: Site, sealer: PhoneSealer
) -> None:
    address = f"/papers/sites/{guarded.site_id}"
    assert "番号入りで開く" in office.get(address).text
    code = day_code(sealer.decrypt(guarded.day_code_key).encode(), TODAY)
    form = {"code_on": TODAY.isoformat(), "paper": "a4", "lang": ["ja", "en"]}
    assert code not in pdf_text(office.get(f"{address}/poster.pdf", params=form).content)
    answer = office.post(f"{address}/poster.pdf", data=form)
    assert answer.headers["content-disposition"].startswith('inline; filename="poster.pdf"')
    text = pdf_text(answer.content)
    assert ("English" in text, "中文" in text) == (True, False)
    assert f"今日の番号11月16日（月）{code}" in text
    with world.database.read() as session:
        (noted,) = session.execute(
            sa.text("select subject_id, details from audit_log where action = 'site.day_code_printed'")
        )
    assert (noted.subject_id, noted.details) == (str(guarded.site_id), '{"date":"2026-11-16"}')


def test_a_site_out_of_reach_is_not_found(app: FastAPI, world: World) -> None:
    with world.database.write() as session:
        stranger = factories.contractor(session, "無関係建設")
    client = sign_in_as(app, world.database, Role.PRIME_OFFICE, stranger)
    assert "中央ビル" not in client.get("/papers").text
    for address in ("", "/poster.pdf", "/poster.png", "/manual.pdf"):
        assert client.get(f"/papers/sites/{world.central.site_id}{address}").status_code == 404


def test_a_subcontractor_prints_the_poster_but_never_the_code(app: FastAPI, world: World, guarded: Site) -> None:
    with world.database.write() as session:
        factories.participation(session, guarded, world.sato)
        _grant(session, world.sato, guarded)
    client = sign_in_as(app, world.database, Role.SUBCONTRACTOR_OFFICE, world.sato)
    address = f"/papers/sites/{guarded.site_id}"
    assert "番号入りで開く" not in client.get(address).text
    text = pdf_text(client.post(f"{address}/poster.pdf", data={"code_on": TODAY.isoformat()}).content)
    assert "今日の番号月日（毎朝書きかえてください）" in text


def test_who_may_only_look_takes_no_papers(app: FastAPI, world: World) -> None:
    client = sign_in_as(app, world.database, Role.READ_ONLY, world.prime)
    assert client.get("/papers").status_code == 403
    assert client.get(f"/papers/sites/{world.central.site_id}/poster.pdf").status_code == 403


def _grant(session: sa.Connection, viewer: Contractor, site: Site) -> None:
    """Let a contractor see the facts of a site, as the grants of the registry say."""
    statement = sa.text("select 1 from grants where viewer_id = :viewer and subject_id = :site")
    if session.execute(statement, {"viewer": viewer.contractor_id.hex, "site": site.site_id.hex}).first() is None:
        session.execute(
            sa.text("insert into grants (viewer_id, kind, subject_id) values (:viewer, 'site', :site)"),
            {"viewer": viewer.contractor_id.hex, "site": site.site_id.hex},
        )
