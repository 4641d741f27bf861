"""Which sites' papers a scope reaches, what they say of lines, and the command that prints them."""

from pathlib import Path

import pytest
import sqlalchemy as sa
from click.testing import CliRunner

from core.db import Database, open_database
from core.documents.model import PaperLine, Way
from core.errors import NotFound
from core.phone import PhoneSealer, new_key, parse_key_ring
from core.registry.model import LineDirection, LineMode
from core.registry.papers import list_paper_sites, read_paper_site
from core.scope import EVERYTHING, Scope
from genba.cli import genba
from tests import factories


def test_papers_know_how_each_line_answers(database: Database, sealer: PhoneSealer) -> None:
    with database.write() as session:
        site = factories.site(session, sealer, "中央ビル", site_code="1111", day_code_required=True)
        other = factories.site(session, sealer, "港南", site_code="2222")
        factories.line(session, "+815000000001", sites=[site], mode=LineMode.RING_ONLY, direction=LineDirection.ENTRY)
        factories.line(session, "+815000000002", sites=[site, other], mode=LineMode.MENU)
        factories.line(session, "+815000000003", sites=[other])
    with database.read() as session:
        found = read_paper_site(session, EVERYTHING, site.site_id)
    assert found.is_whole
    assert (found.paper.site_name, found.paper.prime_name, found.paper.day_code_required) == (
        "中央ビル",
        "元請建設",
        True,
    )
    assert found.paper.lines == (
        PaperLine("+815000000001", Way.ENTRY, is_ring_only=True),
        PaperLine("+815000000002", is_menu=True, asks_site_code=True),
    )


def test_only_sites_in_reach_are_found(database: Database, sealer: PhoneSealer) -> None:
    with database.write() as session:
        mine, theirs = factories.contractor(session, "大和建設"), factories.contractor(session, "他社建設")
        own = factories.site(session, sealer, "中央ビル", prime=mine)
        foreign = factories.site(session, sealer, "港南", prime=theirs)
    scope = Scope(primes=frozenset({mine.contractor_id}))
    with database.read() as session:
        listed = list_paper_sites(session, scope)
        assert ([(site.name, prime) for site, prime in listed.rows], listed.total) == ([("中央ビル", "大和建設")], 1)
        assert list_paper_sites(session, scope, "港").total == 0
        assert list_paper_sites(session, EVERYTHING, "港", page=2).rows == ()
        assert read_paper_site(session, scope, own.site_id).site == own
        with pytest.raises(NotFound):
            read_paper_site(session, scope, foreign.site_id)


def test_the_command_writes_each_paper(sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    keys = {"GENBA_DATA_KEYS": new_key("d1"), "GENBA_INDEX_KEYS": new_key("i1")}
    settings = {
        "GENBA_DATABASE_URL": sqlite_url,
        "GENBA_PUBLIC_URL": "https://genba.test",
        "GENBA_SECRET_KEY": "s" * 40,
    }
    for name, value in (keys | settings).items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)
    sealer = PhoneSealer(*(parse_key_ring(key) for key in keys.values()))
    database = open_database(sqlite_url)
    with database.write() as session:
        factories.site(session, sealer, "中央ビル", day_code_required=True)

    for arguments in (["poster", "--paper", "a3", "--code-on", "2026-11-16"], ["card"], ["leaflet"], ["manual"]):
        file = tmp_path / f"{arguments[0]}.pdf"
        answer = CliRunner().invoke(genba, ["papers", arguments[0], "中央ビル", *arguments[1:], "-o", str(file)])
        assert (answer.exit_code, answer.stdout) == (0, f"wrote {file}\n")
        assert file.read_bytes().startswith(b"%PDF")
    with database.read() as session:
        assert session.scalar(sa.text("select count(*) from audit_log where action = 'site.day_code_printed'")) == 1
    database.close()
