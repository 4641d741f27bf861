"""`genba import`: contractors, workers, sites and cards from CSV or Excel, every row's fate told."""

import json
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, TypeAlias

import click

from core.audit import service as audit
from core.clock import work_date
from core.db import Session
from core.ids import uuid7
from core.imports import cards as import_cards
from core.imports.cards import CardsPreview
from core.imports.model import Fate, ImportKind, PreviewOutdated, RowFate
from core.imports.previewing import STEPS_A_ROW, ImportPreview, apply, preview
from core.imports.reading import Table, read_table
from core.imports.rejects import reason_text, rejected_csv
from core.imports.work import REJUDGE
from core.work import service as work
from genba.runtime import Runtime, open_runtime

TRIES = 3  # when somebody changes the registry between preview and writing
ROWS_TOLD = 100  # a longer file's rows are told with --rows or --json
_KINDS: dict[str, str] = {
    ImportKind.CONTRACTORS: "事業者",
    ImportKind.WORKERS: "技能者",
    ImportKind.SITES: "現場",
    ImportKind.CARDS: "カード",
}
Previewed: TypeAlias = ImportPreview | CardsPreview
_FATES = {Fate.ADDED: "追加", Fate.UPDATED: "更新", Fate.UNCHANGED: "変更なし", Fate.REJECTED: "却下"}


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the command line asked for."""

    kind: str  # an ImportKind
    file: Path
    is_dry_run: bool
    all_or_nothing: bool
    rejected: Path | None
    tells_rows: bool
    as_json: bool


@click.group("import")
def import_() -> None:
    """Bring in contractors, workers, sites or cards from CSV or Excel.

    Headings may stand in any order, in Japanese or as our field names. Rows that exist are updated with the cells that
    are filled, and never doubled. Exit status 1 when a row was rejected.
    """


def _add_command(kind: str, about: str) -> None:
    @import_.command(str(kind), help=about)
    @click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
    @click.option("--dry-run", "is_dry_run", is_flag=True, help="Only say what would happen; change nothing.")
    @click.option(
        "--all-or-nothing/--valid-rows", default=False, help="Write nothing, or the others, when a row is rejected."
    )
    @click.option("--rejected", type=click.Path(dir_okay=False, path_type=Path), help="CSV for the rejected rows.")
    @click.option("--rows", "tells_rows", is_flag=True, help="Tell every row's fate, however long the file is.")
    @click.option("--json", "as_json", is_flag=True, help="Print every row's fate as JSON.")
    def command(**options: Any) -> None:
        _import(Wanted(kind, **options))


_add_command(ImportKind.CONTRACTORS, "Contractors: 事業者名, フリガナ, 事業者ID, 区分, 資本金, 許可, 健康保険 …")
_add_command(
    ImportKind.WORKERS,
    "Workers: 技能者ID, 氏名, フリガナ, 生年月日, 電話番号, 所属事業者ID / 名, 職種コード …",
)
_add_command(
    ImportKind.SITES, "Sites: 現場ID, 現場名, 元請事業者ID / 元請事業者名, 住所, 開始日, 終了日, 現場コード, 電話回線 …"
)


_add_command(ImportKind.CARDS, "Cards: 技能者ID, UID, 種別 (FeliCa, Type A, Type B), 発行日, 有効期限")


def _import(wanted: Wanted) -> None:
    if wanted.rejected is not None and wanted.rejected.resolve() == wanted.file.resolve():
        raise click.UsageError("--rejected names the file that is read: choose another name")
    table = read_table(wanted.file)
    with open_runtime(may_create=not wanted.is_dry_run) as runtime:
        previewed = _carry_out(runtime, wanted, table)
    _write_rejected(wanted, previewed)
    _tell(wanted, previewed)
    if previewed.rejected:
        raise SystemExit(1)


def _carry_out(runtime: Runtime, wanted: Wanted, table: Table) -> Previewed:
    """Preview the rows and, where that is wanted, write them. Previewing holds no lock: calls go on meanwhile."""
    for tries_left in reversed(range(TRIES)):
        previewed = _preview(runtime, wanted, table)
        if not _is_written(wanted, previewed):
            break
        try:
            with runtime.database.write() as session:
                _apply(runtime, session, previewed)
                _note(session, wanted, previewed, runtime.clock.now())
            break
        except PreviewOutdated:
            if not tries_left:
                raise
    return previewed


def _apply(runtime: Runtime, session: Session, previewed: Previewed) -> None:
    if isinstance(previewed, CardsPreview):
        issued = import_cards.apply(session, runtime.settings.sealer, previewed)
        cards = {f"card:{each.issue.card_id}" for each in issued}
        work.mark(session, REJUDGE, sorted(cards), runtime.clock.now())
    else:
        apply(session, previewed)


def _note(session: Session, wanted: Wanted, previewed: Previewed, now: datetime) -> None:
    counts = {fate.value: previewed.count(fate) for fate in Fate}
    if not counts[Fate.ADDED] and not counts[Fate.UPDATED]:
        return
    subject, details = ("import", uuid7()), {"kind": str(wanted.kind), **counts}
    audit.record(session, at=now, by=None, action="import.applied", subject=subject, details=details)


def _preview(runtime: Runtime, wanted: Wanted, table: Table) -> Previewed:
    settings, today = runtime.settings, work_date(runtime.clock.now())
    if wanted.kind == ImportKind.CARDS:
        with _progress(len(table.rows)) as on_step, runtime.database.read() as session:
            return import_cards.preview(session, settings.sealer, table, today, on_step=on_step)
    with _progress(len(table.rows) * STEPS_A_ROW) as on_step, runtime.database.read() as session:
        return preview(
            session,
            settings.sealer,
            ImportKind(wanted.kind),
            table,
            today,
            regions=settings.phone_regions,
            on_step=on_step,
        )


def _is_written(wanted: Wanted, previewed: Previewed) -> bool:
    return not wanted.is_dry_run and not (wanted.all_or_nothing and previewed.rejected)


@contextmanager
def _progress(steps: int) -> Iterator[Callable[[], None]]:
    if not sys.stderr.isatty():
        yield lambda: None
        return
    with click.progressbar(length=steps, file=sys.stderr, update_min_steps=max(1, steps // 100)) as bar:
        yield lambda: bar.update(1)


def _write_rejected(wanted: Wanted, previewed: Previewed) -> None:
    if wanted.rejected is not None and previewed.rejected:
        wanted.rejected.touch(mode=0o600)  # names and addresses of people are in it
        wanted.rejected.write_text(rejected_csv(previewed), encoding="utf-8-sig", newline="")


def _tell(wanted: Wanted, previewed: Previewed) -> None:
    if wanted.as_json:
        click.echo(json.dumps(_as_json(wanted, previewed), ensure_ascii=False, indent=1))
        return
    click.echo(f"{_KINDS[wanted.kind]}の取り込み: {wanted.file.name}")
    for remark in previewed.remarks:
        click.echo(f"  {remark}")
    click.echo("  " + "、".join(f"{word} {previewed.count(fate):,}行" for fate, word in _FATES.items()))
    _tell_mended(previewed)
    if wanted.tells_rows or len(previewed.fates) <= ROWS_TOLD:
        _tell_rows(previewed.fates)
    else:
        _tell_rows(previewed.rejected[:ROWS_TOLD])
        click.echo("  全行の結果は --rows か --json で見られます。")
    click.echo(_last_words(wanted, previewed))


def _tell_mended(previewed: Previewed) -> None:
    """Tell what was mended, each kind of mending once, with the first row it occurred in."""
    counts: Counter[tuple[str, str]] = Counter()
    first_rows: dict[tuple[str, str], int] = {}
    for row in previewed.fates:
        for remark in row.mended:
            counts[remark.column, remark.text] += 1
            first_rows.setdefault((remark.column, remark.text), row.number)
    if not counts or len(previewed.fates) <= ROWS_TOLD:
        return
    click.echo("直した内容・お知らせ")
    for (column, text), count in counts.most_common(30):
        click.echo(f"  {column}: {text} {count:,}行（最初は{first_rows[column, text]}行目）")


def _tell_rows(rows: tuple[RowFate, ...]) -> None:
    for row in rows:
        changed = f"（{'、'.join(row.changed)}）" if row.changed else ""
        click.echo(f"  {row.number}行目 {_FATES[row.fate]}{changed} {row.name}")
        for remark in row.mended:
            click.echo(f"      {': '.join(filter(None, (remark.column, remark.text)))}")
        if row.problems:
            click.echo(f"      {reason_text(row)}")


def _last_words(wanted: Wanted, previewed: Previewed) -> str:
    written, rejected = previewed.count(Fate.ADDED) + previewed.count(Fate.UPDATED), len(previewed.rejected)
    words = f"{written:,}件を書き込みました。" if written else "書き込むものはありませんでした。"
    if rejected:
        words = f"{written:,}件を書き込み、{rejected:,}件は書き込みませんでした。"
    if wanted.is_dry_run:
        words = "試しに読みました。何も書き込んでいません。"
    elif not _is_written(wanted, previewed):
        words = "却下の行があるため、何も書き込んでいません（--all-or-nothing）。"
    if previewed.rejected and wanted.rejected is not None:
        words += (
            f"\n却下の行を {wanted.rejected} に書き出しました。"
            f"{'カードの番号' if wanted.kind == ImportKind.CARDS else '電話番号'}は伏せ字です。"
            "直すときは番号を書き直してから、もう一度取り込んでください。"
        )
    return words


def _as_json(wanted: Wanted, previewed: Previewed) -> dict[str, Any]:
    rows = [asdict(row) for row in previewed.fates]
    for row in rows:
        del row["cells"]
    return {
        "kind": wanted.kind,
        "written": _is_written(wanted, previewed),
        "counts": {fate.value: previewed.count(fate) for fate in Fate},
        "unknown_columns": previewed.unknown_columns,
        "remarks": previewed.remarks,
        "rows": rows,
    }


commands: dict[str, click.Command] = {"import": import_}
