"""A file is handed in, its columns chosen, previewed, written and undone; on both databases."""

import csv
import io
from datetime import timedelta

import pytest
import sqlalchemy as sa

from core.clock import FixedClock
from core.db import Database
from core.errors import InvalidInput, NotFound
from core.imports import batches as import_batches
from core.imports.batch_model import BatchState, ShownChange, UndoReason, WrongState
from core.imports.model import Fate, ImportKind
from core.imports.reading import parse_table
from core.imports.rejects import as_csv, as_excel
from core.phone import PhoneSealer, new_key, parse_key_ring
from core.registry import listing, service, store
from core.scope import Scope
from tests import factories
from tests.admin.world import World, at
from tests.imports.batches import Desk
from tests.imports.lists import TODAY

LIST = """\
氏名,フリガナ,生年月日,電話番号,所属事業者名
山田 太郎,ヤマダ タロウ,1980/5/6,090-1234-5678,佐藤工業
鈴木 次郎,スズキ ジロウ,1990/13/2,090-2222-3333,佐藤工業
"""


@pytest.fixture
def desk(database: Database, sealer: PhoneSealer, clock: FixedClock) -> Desk:
    with database.write() as session:
        factories.contractor(session, "佐藤工業")
    return Desk(database, sealer, clock)


def names(desk: Desk) -> list[str]:
    with desk.database.read() as session:
        return sorted(each.worker.name for each in listing.list_workers(session, TODAY))


def audited(desk: Desk) -> list[str]:
    with desk.database.read() as session:
        return list(session.scalars(sa.text("select action from audit_log order by seq")))


def test_a_list_is_read_written_and_undone(desk: Desk) -> None:
    batch = desk.look(LIST)
    assert (batch.state, batch.added, batch.rejected) == (BatchState.PREVIEWED, 1, 1)
    assert names(desk) == []
    written = desk.apply(batch)
    assert (written.state, names(desk)) == (BatchState.APPLIED, ["山田 太郎"])
    undone = desk.undo(written)
    assert (undone.state, undone.kept, names(desk)) == (BatchState.UNDONE, 0, [])
    assert audited(desk) == ["import.applied", "import.undone"]
    with desk.database.read() as session:
        assert store.find_phone(session, desk.sealer.blind_indexes("+819012345678")) is None


def test_all_or_nothing_is_refused_while_a_row_is_rejected(desk: Desk) -> None:
    batch = desk.look(LIST)
    with pytest.raises(InvalidInput, match="rejected"):
        desk.apply(batch, valid_only=False)


def test_the_next_list_with_the_same_headings_maps_itself(desk: Desk) -> None:
    odd = "だれ,つながる番号,めも\n山田 太郎,090-1234-5678,左官\n"
    first = desk.hand_in(odd)
    assert first.state is BatchState.MAPPING
    assert desk.choose(first, "name", "phone", "").added == 1
    again = desk.hand_in(odd.replace("山田", "高橋"))
    assert again.state is BatchState.READING
    assert desk.work(again).added == 1


def test_columns_are_shown_with_masked_samples(desk: Desk) -> None:
    batch = desk.hand_in("氏名,携帯,備考\n山田 太郎,090-1234-5678,妻 080-1111-2222\n")
    with desk.database.read() as session:
        columns = import_batches.columns_of(session, desk.sealer, batch, ["JP"])
    assert [(each.field, each.samples) for each in columns] == [
        ("name", ("山田 太郎",)),
        ("phone", ("+8190****5678",)),
        (None, ("妻 ****2222",)),
    ]


@pytest.mark.parametrize(("fields", "message"), [(("name", "name"), "2つの列"), (("", "phone"), "氏名")])
def test_columns_that_make_no_sense_are_refused(desk: Desk, fields: tuple[str, ...], message: str) -> None:
    batch = desk.hand_in("氏名,携帯\n山田 太郎,090-1234-5678\n")
    with pytest.raises(InvalidInput, match=message):
        desk.choose(batch, *fields)


def test_a_changed_row_shows_before_and_after_and_is_put_back(desk: Desk) -> None:
    desk.bring_in(LIST.replace("1990/13/2", "1990/12/2"))
    text = "氏名,生年月日,住所,電話番号\n山田 太郎,1980/5/6,港区1-1,080-9999-0000\n鈴木 次郎,1990/12/2,,\n"
    batch = desk.look(text)
    (row,) = desk.rows(batch, Fate.UPDATED)
    assert row.changes == (
        ShownChange("住所", "", "港区1-1"),
        ShownChange("電話番号", "", "＋ +8180****0000"),
    )
    desk.undo(desk.apply(batch))
    with desk.database.read() as session:
        yamada = next(each for each in listing.list_workers(session, TODAY) if each.worker.name == "山田 太郎")
    assert (yamada.worker.address, yamada.phone_masks) == ("", ("+8190****5678",))


def test_a_transfer_is_undone_with_the_end_of_the_old_affiliation(desk: Desk) -> None:
    with desk.database.write() as session:
        old = service.require_contractor(session, factories.contractor(session, "旧会社").contractor_id)
        worker = factories.worker(session, desk.sealer, ccus_worker_id="01234567890042", contractor=old)
    batch = desk.bring_in("技能者ID,所属事業者名,所属開始日\n1234567890042,佐藤工業,2026/11/1\n")
    desk.undo(batch)
    with desk.database.read() as session:
        (held,) = store.affiliations_of(session, worker.worker_id)
    assert (held.contractor_id, held.valid_until) == (old.contractor_id, None)


def test_what_was_changed_since_is_kept_and_told(desk: Desk) -> None:
    batch = desk.bring_in(LIST.replace("1990/13/2", "1990/12/2"))
    with desk.database.write() as session:
        yamada = next(each.worker for each in listing.list_workers(session, TODAY) if each.worker.name == "山田 太郎")
        factories.phone(session, desk.sealer, yamada, "+818011112222")
    plan = desk.plan(batch)
    assert (plan.removed, [(row.name, row.reason) for row in plan.kept]) == (1, [("山田 太郎", UndoReason.USED)])
    assert (desk.undo(batch).kept, names(desk)) == (1, ["山田 太郎"])


def test_a_worker_who_has_called_is_kept(database: Database, sealer: PhoneSealer, clock: FixedClock) -> None:
    world, desk = World(database, sealer), Desk(database, sealer, clock)
    batch = desk.bring_in("氏名,電話番号,所属事業者名\n山田 太郎,090-1234-5678,佐藤工業\n鈴木,,佐藤工業\n")
    world.call("+819012345678", at("07:52"))
    assert [(row.name, row.reason) for row in desk.plan(batch).kept] == [("山田 太郎", UndoReason.RECORDED)]
    assert desk.undo(batch).kept == 1
    assert names(desk) == ["山田 太郎"]


def test_a_preview_that_is_outdated_is_shown_again_and_not_written(desk: Desk) -> None:
    batch = desk.look(LIST)
    with desk.database.write() as session:
        factories.worker(session, desk.sealer, "別人", phone="+819012345678")
    again = desk.apply(batch)
    assert (again.state, again.note, names(desk)) == (BatchState.PREVIEWED, "outdated", ["別人"])
    assert desk.apply(again).state is BatchState.APPLIED


def test_work_that_is_done_twice_writes_once(desk: Desk) -> None:
    written = desk.bring_in(LIST)
    with pytest.raises(WrongState):
        desk.apply(written)
    assert desk.work(written).state is BatchState.APPLIED
    assert len(names(desk)) == 1


def test_the_rejected_rows_come_back_as_they_were_sent(desk: Desk) -> None:
    written = desk.bring_in(LIST.replace("鈴木 次郎", "=鈴木"))
    with desk.database.read() as session:
        lines = import_batches.rejected_of(session, desk.sealer, written)
    assert list(csv.reader(io.StringIO(as_csv(lines)))) == [
        ["氏名", "フリガナ", "生年月日", "電話番号", "所属事業者名", "元の行", "理由"],
        ["'=鈴木", "スズキ ジロウ", "1990/13/2", "090-2222-3333", "佐藤工業", "3", lines[1][-1]],
    ]
    assert [row.cells for row in parse_table(as_excel(lines)).rows] == [tuple(line) for line in lines]


def test_sites_and_contractors_are_undone_too(desk: Desk) -> None:
    contractors = desk.bring_in("事業者名,区分\n田中建設株式会社,法人\n", ImportKind.CONTRACTORS)
    text = "現場名,元請事業者名,開始日\n中央ビル,田中建設株式会社,2026/4/1\n"
    sites = desk.bring_in(text, ImportKind.SITES)
    assert [row.reason for row in desk.plan(contractors).kept] == [UndoReason.USED]
    assert desk.undo(sites).kept == 0
    assert desk.undo(contractors).kept == 0


def test_nothing_of_a_file_is_stored_in_clear(desk: Desk) -> None:
    desk.bring_in(LIST)
    with desk.database.read() as session:
        tables = [name for name in sa.inspect(session).get_table_names() if name.startswith("import_")]
        stored = "".join(str(tuple(row)) for name in tables for row in session.exec_driver_sql(f"select * from {name}"))
    assert "2222" not in stored
    assert "山田" not in stored


def test_old_files_are_forgotten_and_cannot_be_undone(desk: Desk) -> None:
    written, never = desk.bring_in(LIST), desk.look(LIST)
    desk.clock.at += timedelta(days=31)
    with desk.database.write() as session:
        assert import_batches.forget_old(session, desk.clock.now()) == 2
    with pytest.raises(NotFound):
        desk.work(never)
    with pytest.raises(WrongState):
        desk.undo(desk.work(written))


def test_a_batchs_key_is_sealed_anew_under_a_new_data_key(desk: Desk) -> None:
    batch = desk.look(LIST)
    newer = parse_key_ring(f"{new_key('d2')}")
    both = PhoneSealer(type(newer)((*newer.keys, *desk.sealer.data.keys)), desk.sealer.index)
    with desk.database.write() as session:
        assert import_batches.rotate_batch_keys(session, both).rotated == 1
    with desk.database.read() as session:
        batch = import_batches.require(session, batch.batch_id, Scope(everything=True))
        assert len(import_batches.list_rows(session, PhoneSealer(newer, both.index), batch, None)) == 2


def test_a_subcontractor_brings_in_its_own_people_alone(desk: Desk) -> None:
    with desk.database.write() as session:
        own = factories.contractor(session, "伊藤電設")
        other = factories.contractor(session, "他社")
        factories.worker(session, desk.sealer, "他社 一郎", ccus_worker_id="01234567890042", contractor=other)
    desk.contractor_id = own.contractor_id
    text = "技能者ID,氏名,所属事業者名\n,高橋 健,\n,渡辺 誠,他社\n1234567890042,他社 一郎,\n,田中 実,無い会社\n"
    rows = desk.rows(desk.look(text))
    assert [row.fate for row in rows] == [Fate.ADDED, Fate.REJECTED, Fate.REJECTED, Fate.REJECTED]
    told = [row.problems[0].text for row in rows[1:]]
    assert told[0] == told[2] == "「伊藤電設」の分だけを取り込めます。会社名を確かめてください"
    assert told[1] == "ほかの会社に所属する技能者です。変更は取り込みではなく、技能者の画面から提案してください"


def test_a_shared_number_is_not_told_to_a_subcontractor(desk: Desk) -> None:
    with desk.database.write() as session:
        own = factories.contractor(session, "伊藤電設")
        factories.worker(session, desk.sealer, "他人", phone="+819012345678")
    desk.contractor_id = own.contractor_id
    (row,) = desk.rows(desk.look("氏名,電話番号\n高橋 健,090-1234-5678\n"))
    assert (row.fate, row.mended) == (Fate.ADDED, ())


def test_a_prime_contractor_brings_in_its_own_sites_alone(desk: Desk) -> None:
    with desk.database.write() as session:
        own = factories.contractor(session, "元請建設")
    desk.contractor_id = own.contractor_id
    rows = desk.rows(
        desk.look("現場名,元請事業者名,開始日\n北ビル,,2026/4/1\n南ビル,佐藤工業,2026/4/1\n", ImportKind.SITES)
    )
    assert [row.fate for row in rows] == [Fate.ADDED, Fate.REJECTED]


def test_a_batch_is_seen_by_its_contractor_and_the_operator_alone(desk: Desk) -> None:
    with desk.database.write() as session:
        own = factories.contractor(session, "伊藤電設")
        other = factories.contractor(session, "他社")
    desk.contractor_id = own.contractor_id
    batch = desk.look(LIST)
    with desk.database.read() as session:
        assert import_batches.require(session, batch.batch_id, Scope(employers=frozenset({own.contractor_id})))
        with pytest.raises(NotFound):
            import_batches.require(session, batch.batch_id, Scope(primes=frozenset({other.contractor_id})))
