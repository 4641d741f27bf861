"""The registry's commands, run as a person runs them; and no number in clear in anything they leave behind."""

import csv
import json
import re
from pathlib import Path

import pytest
import sqlalchemy as sa
from click.testing import CliRunner, Result

from core.db import open_database
from core.phone import new_key, parse_key_ring
from genba.cli import genba

KNOWN = "8076543210"  # what of +81 80-7654-3210 stays the same however it is written
OLD, NEW = (new_key("d1"), new_key("i1")), (new_key("d2"), new_key("i2"))


@pytest.fixture
def environment(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """A folder and an environment of the test's own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GENBA_DATABASE_URL", database_url)
    monkeypatch.setenv("GENBA_PUBLIC_URL", "https://genba.test")
    monkeypatch.setenv("GENBA_SECRET_KEY", "s" * 40)
    monkeypatch.setenv("GENBA_DATA_KEYS", OLD[0])
    monkeypatch.setenv("GENBA_INDEX_KEYS", OLD[1])
    return monkeypatch


def run(*arguments: str) -> Result:
    return CliRunner().invoke(genba, arguments)


def as_json(result: Result) -> list[dict[str, object]]:
    rows: list[dict[str, object]] = json.loads(result.stdout)
    return rows


CONTRACTORS = "事業者名,区分\n株式会社佐藤工業,法人\n"
WORKERS = (
    "氏名,生年月日,電話番号,所属会社,備考\n"
    "山田 太郎,1980/5/6,080-7654-3210,株式会社佐藤工業,自宅は同じ 080-7654-3210\n"
    "鈴木 次郎,1980/13/1,080-7654-3210,株式会社佐藤工業,０８０７６５４３２１０\n"
    "080-7654-3210,080-7654-3210,080-7654-3210でたらめ,080-7654-3210,080-7654-3210\n"
)


@pytest.mark.usefixtures("environment")
def test_a_dry_run_tells_everything_and_writes_nothing() -> None:
    Path("c.csv").write_text(CONTRACTORS, encoding="cp932")
    result = run("import", "contractors", "c.csv", "--dry-run")
    assert result.exit_code == 0
    assert result.stdout.splitlines() == [
        "事業者の取り込み: c.csv",
        "  文字コード Shift_JIS、区切り カンマ として読みました。",
        "  追加 1行、更新 0行、変更なし 0行、却下 0行",
        "  2行目 追加 株式会社佐藤工業",
        "試しに読みました。何も書き込んでいません。",
    ]
    assert as_json(run("contractors", "list", "--json")) == []


@pytest.mark.usefixtures("environment")
def test_what_the_command_line_brings_in_is_in_the_audit_log_and_what_changes_nothing_is_not() -> None:
    Path("c.csv").write_text(CONTRACTORS, encoding="cp932")
    for _ in range(2):
        run("import", "contractors", "c.csv")
    logged = as_json(run("audit", "list", "--json"))
    (entry,) = [each for each in logged if each["action"] == "import.applied"]
    assert entry["details"] == {"kind": "contractors", "added": 1, "updated": 0, "unchanged": 0, "rejected": 0}


@pytest.mark.usefixtures("environment")
def test_valid_rows_are_written_unless_it_is_all_or_nothing() -> None:
    Path("c.csv").write_text("事業者名,区分\n佐藤左官,一人親方\n鈴木塗装,\n", encoding="utf-8")
    nothing = run("import", "contractors", "c.csv", "--all-or-nothing")
    assert (nothing.exit_code, nothing.stdout.splitlines()[-1]) == (
        1,
        "却下の行があるため、何も書き込んでいません（--all-or-nothing）。",
    )
    assert as_json(run("contractors", "list", "--json")) == []
    valid = run("import", "contractors", "c.csv", "--json")
    assert valid.exit_code == 1
    assert json.loads(valid.stdout) == {
        "kind": "contractors",
        "written": True,
        "counts": {"added": 1, "updated": 0, "unchanged": 0, "rejected": 1},
        "unknown_columns": [],
        "remarks": ["文字コード UTF-8、区切り カンマ として読みました。"],
        "rows": [
            {"number": 2, "name": "佐藤左官", "fate": "added", "changed": [], "mended": [], "problems": []},
            {
                "number": 3,
                "name": "鈴木塗装",
                "fate": "rejected",
                "changed": [],
                "mended": [],
                "problems": [{"column": "区分", "text": "空です。法人・個人事業主・一人親方 のどれかを書いてください"}],
            },
        ],
    }
    assert [each["name"] for each in as_json(run("contractors", "list", "--json"))] == ["佐藤左官"]


@pytest.mark.usefixtures("environment")
def test_no_number_is_in_clear_in_anything_an_import_leaves_behind(database_url: str, tmp_path: Path) -> None:
    Path("c.csv").write_text(CONTRACTORS, encoding="utf-8")
    Path("w.csv").write_text(WORKERS, encoding="utf-8")
    run("import", "contractors", "c.csv")
    results = [
        run("import", "workers", "w.csv", "--dry-run", "--rows"),
        run("import", "workers", "w.csv", "--rejected", "bad.csv"),
        run("import", "workers", "w.csv", "--json"),
        run("workers", "list"),
        run("workers", "list", "--json"),
        run("workers", "show", "山田太郎"),
        run("workers", "show", "山田太郎", "--json"),
    ]
    with Path("bad.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.reader(file))
    assert [row[5] for row in rows] == ["元の行", "3", "4"]
    assert [row[2] for row in rows[1:]] == ["'+8180****3210", "****"]
    left_behind = [result.output.encode() for result in results]
    left_behind += [path.read_bytes() for path in tmp_path.iterdir() if path.name != "w.csv"]
    left_behind.append(everything_kept(database_url))
    assert [number for number in left_behind if KNOWN.encode() in digits_of(number)] == []
    assert b"+8180****3210" in left_behind[-1]


def digits_of(content: bytes) -> bytes:
    """Return the content with nothing between its digits that people put there, full-width digits made plain."""
    text = content.decode("utf-8", "replace").translate({0xFF10 + digit: str(digit) for digit in range(10)})
    return re.sub(r"(?<=\d)[\s\-()・./]+(?=\d)", "", text).encode()


def everything_kept(database_url: str) -> bytes:
    database = open_database(database_url)
    with database.read() as session:
        names = sa.inspect(session).get_table_names()
        rows = [str(row) for name in names for row in session.exec_driver_sql(f"select * from {name}")]
    database.close()
    return "\n".join(rows).encode()


@pytest.mark.usefixtures("environment")
def test_sites_are_imported_listed_and_shown() -> None:
    Path("c.csv").write_text(CONTRACTORS, encoding="utf-8")
    Path("s.csv").write_text("現場名,元請,開始日\n中央ビル,佐藤工業株式会社,2026/4/1\n", encoding="utf-8")
    run("import", "contractors", "c.csv")
    rejected = run("import", "sites", "s.csv")
    assert "元請事業者名: 登録のない事業者です。" in rejected.stdout
    Path("s.csv").write_text("現場名,元請,開始日\n中央ビル,株式会社佐藤工業,2026/4/1\n", encoding="utf-8")
    assert run("import", "sites", "s.csv").exit_code == 0
    (site,) = as_json(run("sites", "list", "--json"))
    assert (site["name"], site["prime_name"], "day_code_key" in site) == ("中央ビル", "株式会社佐藤工業", False)
    shown = run("sites", "show", "中央ビル").stdout
    assert "元請: 株式会社佐藤工業" in shown
    assert "d1:" not in shown + run("sites", "show", "中央ビル", "--json").stdout
    assert run("sites", "list").stdout.split() == ["-", "0000", "中央ビル", "株式会社佐藤工業", "-"]
    assert "中央ビル" in run("contractors", "show", "株式会社佐藤工業").stdout


@pytest.mark.usefixtures("environment")
def test_the_rejected_file_is_never_the_file_that_is_read() -> None:
    Path("c.csv").write_text(CONTRACTORS, encoding="utf-8")
    assert run("import", "contractors", "c.csv", "--rejected", "./c.csv").exit_code == 2
    assert Path("c.csv").read_text(encoding="utf-8") == CONTRACTORS


def test_fresh_keys_make_two_rings() -> None:
    lines = dict(line.split("=", 1) for line in run("keys", "new").stdout.splitlines())
    assert list(lines) == ["GENBA_DATA_KEYS", "GENBA_INDEX_KEYS"]
    assert len({parse_key_ring(value).current.secret for value in lines.values()}) == 2


def test_rotation_counts_what_it_wrote_and_then_has_nothing_left(environment: pytest.MonkeyPatch) -> None:
    Path("c.csv").write_text(CONTRACTORS, encoding="utf-8")
    Path("w.csv").write_text(WORKERS, encoding="utf-8")
    run("import", "contractors", "c.csv")
    run("import", "workers", "w.csv")
    environment.setenv("GENBA_DATA_KEYS", f"{NEW[0]},{OLD[0]}")
    environment.setenv("GENBA_INDEX_KEYS", f"{NEW[1]},{OLD[1]}")
    counts = [json.loads(run("keys", "rotate", "--json").stdout) for _ in range(2)]
    assert counts == [
        {
            "phones": 1,
            "cards": 0,
            "day_code_keys": 0,
            "device_keys": 0,
            "webhook_secrets": 0,
            "kept_under_old_index": 0,
        },
        {
            "phones": 0,
            "cards": 0,
            "day_code_keys": 0,
            "device_keys": 0,
            "webhook_secrets": 0,
            "kept_under_old_index": 0,
        },
    ]
    environment.setenv("GENBA_DATA_KEYS", NEW[0])
    environment.setenv("GENBA_INDEX_KEYS", NEW[1])
    again = run("import", "workers", "w.csv", "--json")
    assert json.loads(again.stdout)["rows"][0]["fate"] == "unchanged"
