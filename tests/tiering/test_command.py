"""`genba tiers infer`: the outside format in and out, and what is said of a file that is not as it should be."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import genba.cli
from genba.cli import main

COMPANIES = [
    {"company_id": "P", "trade": "建築一式", "kind": "corporation", "capital_yen": 500_000_000, "licensed": True},
    {"company_id": "A", "trade": "鉄筋工事", "kind": "corporation", "capital_yen": 30_000_000, "licensed": True},
    {"company_id": "B", "trade": "鉄筋", "kind": "sole", "capital_yen": None, "licensed": False},
]
ENTRIES = [
    {"worker_id": f"{company}1", "company_id": company, "at": f"2026-04-{day:02}T{hour}+09:00", "direction": way}
    for day in range(1, 11)
    for company, arrives, leaves in (("P", "07:00", "18:00"), ("A", "07:30", "17:00"), ("B", "07:31", "17:01"))
    for hour, way in ((arrives, "entry"), (leaves, "exit"))
]
RELATIONS = [
    {"company_id": "B", "upper_company_id": "A", "source": "declared", "prime_company_id": None, "site_id": None,
     "last_seen": None},
    {"company_id": "B", "upper_company_id": "A", "source": "approved_site", "prime_company_id": "P", "site_id": "S0",
     "last_seen": "2025-10-01"},
]  # fmt: skip


def facts(**changes: Any) -> dict[str, Any]:
    whole = {"site_id": "S1", "prime_company_id": "P", "companies": COMPANIES, "entries": ENTRIES}
    return whole | {"known_relations": RELATIONS} | changes


def run(monkeypatch: pytest.MonkeyPatch, source: Path, target: Path, *options: str) -> int:
    """Return the exit status of the command line."""
    arguments = ["genba", "tiers", "infer", "--input", str(source), "--output", str(target), *options]
    monkeypatch.setattr(sys, "argv", arguments)
    with pytest.raises(SystemExit) as ended:
        main()
    return int(ended.value.code or 0)


def test_every_company_that_entered_gets_an_edge_but_the_prime(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source, target = tmp_path / "in.json", tmp_path / "out.json"
    source.write_text(json.dumps(facts()), encoding="utf-8")
    assert run(monkeypatch, source, target) == 0
    edges = json.loads(target.read_text(encoding="utf-8"))["edges"]
    assert [(edge["company_id"], edge["upper_company_id"], edge["tier"]) for edge in edges] == [
        ("A", "P", 1),
        ("B", "A", 2),
    ]
    below = edges[1]
    assert set(below) == {"company_id", "upper_company_id", "tier", "confidence", "needs_review", "evidence"}
    assert 0 <= below["confidence"] <= 1
    assert below["needs_review"] in (True, False)
    assert below["evidence"][:2] == ["Aの下で入ると届け出がある", "貴社の以前の現場1か所でAの下"]


def test_evidence_is_told_in_english_when_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source, target = tmp_path / "in.json", tmp_path / "out.json"
    source.write_text(json.dumps(facts()), encoding="utf-8")
    assert run(monkeypatch, source, target, "--lang", "en") == 0
    edges = json.loads(target.read_text(encoding="utf-8"))["edges"]
    assert "worked below A on 1 of your earlier sites" in edges[1]["evidence"]


def test_nobody_entered_and_no_edge_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source, target = tmp_path / "in.json", tmp_path / "out.json"
    source.write_text(json.dumps(facts(entries=[])), encoding="utf-8")
    assert run(monkeypatch, source, target) == 0
    assert json.loads(target.read_text(encoding="utf-8")) == {"edges": []}


def entry(**changes: Any) -> list[dict[str, Any]]:
    return [ENTRIES[0], ENTRIES[1] | changes]


def company(**changes: Any) -> list[dict[str, Any]]:
    return [COMPANIES[0], COMPANIES[1] | changes]


def relation(**changes: Any) -> list[dict[str, Any]]:
    return [RELATIONS[0] | changes]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ([], "$: should be an object"),
        ({}, "companies: is missing"),
        (facts(site_id=7), "site_id: should be text"),
        (facts(prime_company_id=None), "prime_company_id: should be text"),
        (facts(companies={}), "companies: should be a list"),
        (facts(companies=[*COMPANIES, 5]), "companies[3]: should be an object"),
        (facts(companies=[*COMPANIES, COMPANIES[1]]), 'companies[3].company_id: "A" stands twice'),
        (facts(companies=[COMPANIES[1] | {"company_id": "A\nB"}] * 2), 'companies[1].company_id: "A\\nB" stands twice'),
        (facts(site_id="S1", companies=company(kind="a\u2028b")), "companies[1].kind: should be corporation or sole"),
        (facts(companies=company(kind="llc")), "companies[1].kind: should be corporation or sole"),
        (facts(companies=company(capital_yen="many")), "companies[1].capital_yen: should be whole yen or null"),
        (facts(companies=company(capital_yen=-1)), "companies[1].capital_yen: should be whole yen or null"),
        (facts(companies=company(licensed="yes")), "companies[1].licensed: should be true, false or null"),
        (facts(companies=company(trade=3)), "companies[1].trade: should be text or null"),
        (facts(entries=entry(at="2026-04-01T07:00")), "entries[1].at: has no time zone"),
        (facts(entries=entry(at="yesterday")), "entries[1].at: should be an ISO 8601 instant"),
        (facts(entries=entry(at="0001-01-01T00:00+09:00")), "entries[1].at: should be an ISO 8601 instant"),
        (facts(entries=entry(direction="in")), "entries[1].direction: should be entry or exit"),
        (facts(entries=entry(worker_id="")), "entries[1].worker_id: should be text that is not empty"),
        (facts(entries=entry(company_id="\ud800")), "entries[1].company_id: should be text"),
        (facts(known_relations=None), "known_relations: should be a list"),
        (facts(known_relations=relation(source="rumour")), "known_relations[0].source: should be declared or approved"),
        (facts(known_relations=relation(last_seen="last year")), "known_relations[0].last_seen: should be an ISO 8601"),
    ],
)
def test_what_is_wrong_is_told_in_one_line_with_its_place(
    content: object, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    source, target = tmp_path / "in.json", tmp_path / "out.json"
    source.write_text(json.dumps(content), encoding="utf-8")
    assert run(monkeypatch, source, target) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(f"genba: {said}")
    assert not target.exists()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b'{"site_id": ', "line 1, column 13: not JSON"),
        (b"\xff\xfe\x00", "$: not JSON"),
        (b"[" * 100_000, "$: not JSON"),
        (b'{"site_id": ' + b"9" * 5_000 + b"}", "$: not JSON"),
    ],
)
def test_a_file_that_is_no_json_is_told_in_one_line(
    content: bytes, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    source = tmp_path / "in.json"
    source.write_bytes(content)
    assert run(monkeypatch, source, tmp_path / "out.json") == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(f"genba: {said}")


def test_proposing_loads_neither_server_nor_database(tmp_path: Path) -> None:
    source, target = tmp_path / "in.json", tmp_path / "out.json"
    source.write_text(json.dumps(facts()), encoding="utf-8")
    program = (
        "import sys; from genba.cli import genba; "
        f"genba(['tiers', 'infer', '--input', {str(source)!r}, '--output', {str(target)!r}], standalone_mode=False); "
        "print(sorted({'sqlalchemy', 'fastapi', 'twilio', 'redis', 'httpx2'} & set(sys.modules)))"
    )
    root = Path(genba.cli.__file__).parent.parent
    ended = subprocess.run(  # a process of its own: here everything is loaded already
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=root, env=dict(os.environ)
    )
    assert (ended.stdout, target.exists()) == ("[]\n", True)
