"""Workers' rows are added, update what is there, change nothing, or are rejected; on both databases."""

import csv
import io
from datetime import date

import pytest

from core.db import Database
from core.imports.model import Fate, PreviewOutdated, Remark, RowFate, WrongLayout
from core.imports.previewing import apply, preview
from core.imports.reading import Table, TableRow, parse_table
from core.imports.rejects import rejected_csv
from core.phone import PhoneSealer
from core.registry import listing, service, showing, store
from core.registry.listing import Page, WorkerSummary
from core.registry.model import Language, SkilledWorker
from tests import factories
from tests.imports.lists import TODAY, WORKERS, bring_in, fates, look, reasons
from tests.imports.test_reading import workbook

WORKER_TABLE = """\
技能者ID,氏名,フリガナ,生年月日,TEL,TEL2,会社名,所属開始日,職種,言語,緊急連絡先,緊急連絡先TEL,経験
12345678901234,山田　太郎,ﾔﾏﾀﾞ ﾀﾛｳ,S55.5.6,18409012345678,080-1111-2222,佐藤工業,R6.4.1,\
601・鉄筋工,ベトナム語,山田花子,03-1234-5678,10年
,鈴木 次郎,スズキ ジロウ,1990/1/2,9022223333,,佐藤工業,,,,,,
"""


def test_a_workers_row_brings_numbers_employer_and_trades(database: Database, sealer: PhoneSealer) -> None:
    with database.write() as session:
        factories.contractor(session, "佐藤工業")
        previewed = bring_in(session, sealer, WORKERS, WORKER_TABLE)
        provisional, yamada = listing.list_workers(session, TODAY)
        card = showing.show_worker(session, yamada.worker.worker_id)
        numbers = store.find_phone(session, sealer.blind_indexes("+819012345678"))
    assert fates(previewed) == [Fate.ADDED, Fate.ADDED]
    assert yamada == WorkerSummary(
        SkilledWorker(
            worker_id=yamada.worker.worker_id,
            name="山田 太郎",
            name_kana="ヤマダ タロウ",
            ccus_worker_id="12345678901234",
            birth_date=date(1980, 5, 6),
            emergency_name="山田花子",
            emergency_phone_id=yamada.worker.emergency_phone_id,
            experience_years=10,
            language=Language.VIETNAMESE,
        ),
        "佐藤工業",
        ("+8180****2222", "+8190****5678"),
    )
    assert provisional.worker.is_provisional
    assert numbers is not None
    assert [each.occupation_code for each in card.occupations] == ["0601", "1001"]
    assert [(span.name, span.valid_from) for span in card.affiliations] == [("佐藤工業", date(2024, 4, 1))]
    assert {span.valid_from for span in card.phones} == {date(2024, 4, 1)}
    assert card.emergency_phone_mask == "+8131****5678"
    assert [(each.column, each.text) for each in previewed.fates[0].mended] == [
        ("氏名", "全角・半角や空白をそろえました"),
        ("フリガナ", "フリガナを全角カタカナにそろえました"),
        ("生年月日", "和暦を西暦に直しました"),
        ("電話番号", "先頭の184・186を除きました"),
        ("所属開始日", "和暦を西暦に直しました"),
        ("職種コード", "先頭の0を補いました（0601）"),
    ]


def test_importing_the_same_file_again_changes_nothing(database: Database, sealer: PhoneSealer) -> None:
    with database.write() as session:
        factories.contractor(session, "佐藤工業")
        bring_in(session, sealer, WORKERS, WORKER_TABLE)
        again = bring_in(session, sealer, WORKERS, WORKER_TABLE)
        assert len(listing.list_workers(session, TODAY)) == 2
    assert fates(again) == [Fate.UNCHANGED, Fate.UNCHANGED]
    assert not again.has_changes


def test_a_preview_writes_nothing(database: Database, sealer: PhoneSealer) -> None:
    with database.write() as session:
        factories.contractor(session, "佐藤工業")
        look(session, sealer, WORKERS, WORKER_TABLE)
        assert listing.list_workers(session, TODAY) == []


def test_a_preview_is_not_applied_to_a_registry_that_changed(database: Database, sealer: PhoneSealer) -> None:
    with database.write() as session:
        company = factories.contractor(session, "佐藤工業")
        previewed = look(session, sealer, WORKERS, WORKER_TABLE)
        factories.worker(session, sealer, "別人", phone="+819012345678", contractor=company)
        with pytest.raises(PreviewOutdated):
            apply(session, previewed)
        assert len(listing.list_workers(session, TODAY)) == 1


def test_a_provisional_worker_gets_his_ccus_id_and_is_not_doubled(database: Database, sealer: PhoneSealer) -> None:
    with database.write() as session:
        factories.contractor(session, "佐藤工業")
        bring_in(session, sealer, WORKERS, WORKER_TABLE)
        text = "技能者ID,氏名,フリガナ,生年月日\n1234567890099,鈴木　次郎,ｽｽﾞｷｼﾞﾛｳ,H2.1.2\n"
        updated = bring_in(session, sealer, WORKERS, text)
        found = listing.list_workers(session, TODAY, Page(search="鈴木次郎"))
    assert [(row.fate, row.changed) for row in updated.fates] == [(Fate.UPDATED, ("技能者ID",))]
    assert [each.worker.ccus_worker_id for each in found] == ["01234567890099"]


def test_an_id_that_is_another_persons_is_rejected(database: Database, sealer: PhoneSealer) -> None:
    with database.write() as session:
        factories.worker(session, sealer, "山田 太郎", ccus_worker_id="01234567890042", birth_date=date(1980, 5, 6))
        wrong = look(session, sealer, WORKERS, "技能者ID,氏名,生年月日\n1234567890042,鈴木 次郎,1990/1/2\n")
        renamed = look(session, sealer, WORKERS, "技能者ID,氏名,生年月日\n1234567890042,佐藤 太郎,1980/5/6\n")
    assert reasons(wrong) == [("この技能者IDは別の氏名で登録されています。IDと氏名を確かめてください",)]
    assert fates(renamed) == [Fate.UPDATED]


def test_namesakes_of_whom_something_differs_are_two_people(database: Database, sealer: PhoneSealer) -> None:
    with database.write() as session:
        factories.worker(session, sealer, "山田 太郎", birth_date=date(1980, 5, 6))
        previewed = look(session, sealer, WORKERS, "氏名,生年月日\n山田太郎,1980/5/7\n山田太郎,1980/5/6\n")
    assert [(row.fate, row.changed) for row in previewed.fates] == [(Fate.ADDED, ()), (Fate.UNCHANGED, ())]


def test_a_worker_twice_in_one_file_is_told_and_taken_once(database: Database, sealer: PhoneSealer) -> None:
    text = (
        "技能者ID,氏名,住所\n1234567890042,山田 太郎,港区\n1234567890042,山田 太郎,港区\n1234567890042,山田 太郎,北区\n"
    )
    with database.write() as session:
        previewed = bring_in(session, sealer, WORKERS, text)
        assert len(listing.list_workers(session, TODAY)) == 1
        again = bring_in(session, sealer, WORKERS, text)
    assert fates(previewed) == [Fate.ADDED, Fate.UNCHANGED, Fate.REJECTED]
    assert fates(again) == [Fate.UNCHANGED, Fate.UNCHANGED, Fate.REJECTED]
    for each in (previewed, again):
        assert each.fates[1].mended[-1] == Remark("", "2行目と同じ内容です")
        assert reasons(each)[2] == ("2行目と同じ技能者ですが、内容が違います。1行にまとめてください",)


def test_a_new_employer_ends_the_old_affiliation(database: Database, sealer: PhoneSealer) -> None:
    text = "技能者ID,所属事業者名,所属開始日\n1234567890042,新会社,2026/4/1\n"
    with database.write() as session:
        old = factories.contractor(session, "旧会社")
        factories.contractor(session, "新会社")
        worker = factories.worker(session, sealer, ccus_worker_id="01234567890042", contractor=old)
        changed = bring_in(session, sealer, WORKERS, text)
        again = bring_in(session, sealer, WORKERS, text)
        too_early = look(session, sealer, WORKERS, "技能者ID,所属事業者名,所属開始日\n1234567890042,旧会社,2026/3/1\n")
        spans = showing.show_worker(session, worker.worker_id).affiliations
    assert [(row.fate, row.changed) for row in changed.fates] == [(Fate.UPDATED, ("所属事業者名",))]
    assert fates(again) == [Fate.UNCHANGED]
    assert fates(too_early) == [Fate.REJECTED]
    assert [(span.name, span.valid_from, span.valid_until) for span in spans] == [
        ("新会社", date(2026, 4, 1), None),
        ("旧会社", date(2026, 1, 1), date(2026, 3, 31)),
    ]


def test_a_shared_number_is_kept_once_and_told(database: Database, sealer: PhoneSealer) -> None:
    text = "氏名,携帯番号,所属開始日\n山田,09012345678,2024/4/1\n鈴木,090-1234-5678,2024/4/1\n"
    with database.write() as session:
        previewed = bring_in(session, sealer, WORKERS, text)
        phone = store.find_phone(session, sealer.blind_indexes("+819012345678"))
        masks = [each.phone_masks for each in listing.list_workers(session, TODAY)]
    assert phone is not None
    assert masks == [("+8190****5678",), ("+8190****5678",)]
    assert Remark("電話番号", "ほかの1人と共用の番号です。電話では誰かをたずねます") in previewed.fates[1].mended


def test_a_number_that_called_before_it_was_registered_is_kept_once(database: Database, sealer: PhoneSealer) -> None:
    with database.write() as session:
        called = service.keep_phone(session, sealer, "+819012345678")
        bring_in(session, sealer, WORKERS, "氏名,TEL\n山田太郎,090-1234-5678\n")
        (found,) = listing.list_workers(session, TODAY)
        (held,) = store.phone_numbers_of(session, found.worker.worker_id, called.phone_id)
    assert (held.valid_from, found.phone_masks) == (TODAY, (called.mask,))


def test_a_number_beside_the_emergency_contact_is_moved_and_elsewhere_refused(
    database: Database, sealer: PhoneSealer
) -> None:
    text = "氏名,緊急連絡先,住所\n山田,山田花子（妻） 090-1234-5678,港区\n鈴木,,港区 090-1234-5678\n"
    with database.write() as session:
        previewed = bring_in(session, sealer, WORKERS, text)
        (found,) = listing.list_workers(session, TODAY)
        card = showing.show_worker(session, found.worker.worker_id)
    assert (found.worker.emergency_name, card.emergency_phone_mask) == ("山田花子(妻)", "+8190****5678")
    assert reasons(previewed)[1] == ("電話番号が書かれています。電話番号の列に移してください",)


def test_a_remark_behind_a_number_is_left_out_and_told(database: Database, sealer: PhoneSealer) -> None:
    with database.write() as session:
        previewed = bring_in(session, sealer, WORKERS, "氏名,携帯番号\n山田,090-1234-5678(本人)\n")
        (found,) = listing.list_workers(session, TODAY)
    assert found.phone_masks == ("+8190****5678",)
    assert Remark("電話番号", "番号のうしろのかっこ書きを除きました") in previewed.fates[0].mended


def test_trades_beyond_the_list_are_taken_by_code_and_refused_by_name(database: Database, sealer: PhoneSealer) -> None:
    text = "氏名,職種\n山田,9901\n鈴木,なんでも屋\n佐藤,0101・0601・1001・1201・3401\n"
    with database.write() as session:
        previewed = bring_in(session, sealer, WORKERS, text)
        assert store.known_occupations(session, ["9901"]) == {"9901"}
    assert fates(previewed) == [Fate.ADDED, Fate.REJECTED, Fate.REJECTED]
    assert reasons(previewed)[2] == ("職種は4つまでです（5つあります）",)


def test_rejections_name_row_and_column_and_say_what_to_do(database: Database, sealer: PhoneSealer) -> None:
    text = (
        "名簿,,,\n,,,\n技能者ID,氏名,生年月日,所属事業者名\n1.23E+13,山田,2026/13/1,\n"
        "1234567890007,,1980/1/1,\n1234567890008,鈴木,,無い会社\n"
    )
    with database.write() as session:
        previewed = look(session, sealer, WORKERS, text)
    assert [(row.number, [each.column for each in row.problems]) for row in previewed.fates] == [
        (4, ["技能者ID", "生年月日"]),
        (5, ["氏名"]),
        (6, ["所属事業者名"]),
    ]
    assert reasons(previewed)[0] == (
        "Excelが桁を落としています（1.23E+13）。列の表示形式を「文字列」にして、14桁を入力し直してください",
        "暦にない日付です: 「2026/13/1」",
    )
    assert reasons(previewed)[2] == ("登録のない事業者です。先に事業者を取り込むか、名称をそろえてください",)


def test_a_file_without_headings_is_refused(database: Database, sealer: PhoneSealer) -> None:
    with database.read() as session, pytest.raises(WrongLayout, match="氏名"):
        look(session, sealer, WORKERS, "山田,09012345678\n")


def test_the_rejected_rows_can_be_mended_and_sent_again(database: Database, sealer: PhoneSealer) -> None:
    text = "氏名,生年月日,電話番号,備考\n=山田,1980/13/1,090-1234-5678,家は080-9999-8888\n"
    with database.write() as session:
        rows = list(csv.reader(io.StringIO(rejected_csv(look(session, sealer, WORKERS, text)))))
        assert rows == [
            ["氏名", "生年月日", "電話番号", "備考", "元の行", "理由"],
            ["'=山田", "1980/13/1", "'+8190****5678", "家は****8888", "2", "生年月日: 暦にない日付です: 「1980/13/1」"],
        ]
        masked = look(session, sealer, WORKERS, as_csv([rows[0], [rows[1][0], "1980/12/1", *rows[1][2:]]]))
        assert reasons(masked) == [("電話番号が伏せ字です。番号を書き直してください",)]
        mended = [rows[1][0], "1980/12/1", "090-1234-5678", *rows[1][3:]]
        again = bring_in(session, sealer, WORKERS, as_csv([rows[0], mended]))
        (found,) = listing.list_workers(session, TODAY)
    assert fates(again) == [Fate.ADDED]
    assert (found.worker.name, found.phone_masks) == ("=山田", ("+8190****5678",))


def as_csv(rows: list[list[str]]) -> str:
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue()


def test_every_row_is_told_in_the_order_of_the_file(database: Database, sealer: PhoneSealer) -> None:
    steps: list[int] = []
    table = Table((TableRow(1, ("氏名",)), TableRow(3, ("山田",)), TableRow(9, ("鈴木",))))
    with database.read() as session:
        previewed = preview(session, sealer, WORKERS, table, TODAY, on_step=lambda: steps.append(1))
    assert [(row.number, row.name) for row in previewed.fates] == [(3, "山田"), (9, "鈴木")]
    assert all(isinstance(row, RowFate) for row in previewed.fates)
    assert len(steps) == 4


def test_a_sheet_whose_zeros_excel_dropped_is_read_as_it_was_meant(database: Database, sealer: PhoneSealer) -> None:
    rows = [
        ["技能者ID", "氏名", "生年月日", "電話番号", "職種"],
        [1234567890042, "山田 太郎", date(1980, 5, 6), 9012345678, 601],
    ]
    with database.write() as session:
        previewed = preview(session, sealer, WORKERS, parse_table(workbook(rows)), TODAY)
        apply(session, previewed)
        (found,) = listing.list_workers(session, TODAY)
        card = showing.show_worker(session, found.worker.worker_id)
    assert (found.worker.ccus_worker_id, found.worker.birth_date) == ("01234567890042", date(1980, 5, 6))
    assert found.phone_masks == ("+8190****5678",)
    assert [each.occupation_code for each in card.occupations] == ["0601"]
    assert previewed.fates[0].mended[:2] == (
        Remark("技能者ID", "先頭の0を補いました（01234567890042）"),
        Remark("電話番号", "先頭の0を補いました"),
    )
