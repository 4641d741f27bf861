"""Cards from a file: whose, which, from when; doubled by nothing, and told row by row; on both databases."""

from datetime import date

import pytest

from core.db import Database
from core.imports import cards as import_cards
from core.imports.cards import CardsPreview, Issued
from core.imports.model import Fate, PreviewOutdated, WrongLayout
from core.imports.reading import parse_table
from core.imports.rejects import reason_text, rejected_csv
from core.phone import PhoneSealer
from core.registry import card_store, cards
from core.registry.card_model import CardTech
from core.registry.model import SkilledWorker
from tests import factories

TODAY = date(2026, 11, 16)
IDS = ("00001234567890", "00001234567891")
HEAD = "技能者ID,UID,種別,発行日,有効期限\n"
ROW = f"{IDS[0]},01 01 05 01 B0 0A C3 0B,FeliCa,2026/4/1,\n"


class Desk:
    """Two workers with CCUS ids, and files about their cards."""

    def __init__(self, database: Database, sealer: PhoneSealer) -> None:
        self.database, self.sealer = database, sealer
        self.issued: list[Issued] = []
        with database.write() as session:
            self.people: list[SkilledWorker] = [
                factories.worker(
                    *(session, sealer, f"山田 {n}郎"),
                    phone=None,
                    ccus_worker_id=ccus_id,
                    birth_date=date(1980, 5, 6) if n == 0 else None,
                )
                for n, ccus_id in enumerate(IDS)
            ]

    def look(self, rows: str, head: str = HEAD) -> CardsPreview:
        with self.database.read() as session:
            return import_cards.preview(session, self.sealer, parse_table((head + rows).encode()), TODAY)

    def bring_in(self, rows: str) -> CardsPreview:
        previewed = self.look(rows)
        with self.database.write() as session:
            self.issued = import_cards.apply(session, self.sealer, previewed)
        return previewed

    def issues(self, n: int = 0) -> list[tuple[date, date | None, str | None]]:
        with self.database.read() as session:
            found = card_store.issues_of_worker(session, self.people[n].worker_id)
        return [(issue.issued_on, issue.expires_on, issue.ended) for issue, _ in found]


@pytest.fixture
def desk(database: Database, sealer: PhoneSealer) -> Desk:
    return Desk(database, sealer)


def reasons(previewed: CardsPreview) -> list[str]:
    return [reason_text(row) for row in previewed.rejected]


def test_a_card_is_issued_with_the_expiry_of_his_birthday(desk: Desk) -> None:
    previewed = desk.bring_in(ROW)
    (fate,) = previewed.fates
    assert (fate.fate, fate.name) == (Fate.ADDED, "山田 0郎 …c30b")
    assert fate.mended[-1].text == "生年月日から 2035-05-06 としました"
    assert desk.issues() == [(date(2026, 4, 1), date(2035, 5, 6), None)]
    with desk.database.read() as session:
        indexes = cards.indexes_of(desk.sealer, (CardTech.FELICA, "01010501b00ac30b"))
        assert [each.issue.card_id for each in desk.issued] == list(card_store.find_cards(session, indexes).values())


def test_the_same_file_twice_changes_nothing(desk: Desk) -> None:
    desk.bring_in(ROW)
    again = desk.bring_in(ROW)
    assert [row.fate for row in again.fates] == [Fate.UNCHANGED]
    assert len(desk.issues()) == 1


def test_of_two_cards_of_a_worker_the_newer_replaces_the_older_whatever_their_order(desk: Desk) -> None:
    desk.bring_in(f"{ROW}{IDS[0]},04a1b2c3,Type A,平成29年1月5日,2026-10-01\n")
    assert desk.issues() == [
        (date(2026, 4, 1), date(2035, 5, 6), None),
        (date(2017, 1, 5), date(2026, 10, 1), "replaced"),
    ]


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ("99999999999999,04a1b2c3,FeliCa,2026/4/1,", "技能者ID: 登録のない技能者です"),
        (",04a1b2c3,FeliCa,2026/4/1,", "技能者ID: だれのカードか書いてください"),
        (f"{IDS[0]},04a1b2c,FeliCa,2026/4/1,", "UID: 0～9とA～Fの、偶数桁の番号を書いてください（40桁まで）。先頭の0"),
        (f"{IDS[0]},1.01E+15,FeliCa,2026/4/1,", "UID: Excelが桁を落としています"),
        (f"{IDS[0]},04a1b2c3,IC,2026/4/1,", "種別: FeliCa・Type A・Type B のどれかを書いてください: 「IC」"),
        (f"{IDS[0]},,FeliCa,2026/4/1,", "UID: カードの番号（UID）を書いてください"),
        (f"{IDS[0]},04a1b2c3,,2026/4/1,", "種別: FeliCa・Type A・Type B"),
        (f"{IDS[0]},04a1b2c3,磁気,2026/4/1,", "種別: "),
        (f"{IDS[0]},04a1b2c3,FeliCa,,", "発行日: 発行日を書いてください"),
        (f"{IDS[0]},04a1b2c3,FeliCa,2026/12/1,", "発行日: 2026-12-01 は先の日付です"),
        (f"{IDS[0]},04a1b2c3,FeliCa,2026/4/1,2026/3/1", "有効期限: 有効期限が発行日より前です"),
    ],
)
def test_a_row_that_cannot_be_taken_says_why(desk: Desk, row: str, told: str) -> None:
    (reason,) = reasons(desk.look(f"{row}\n"))
    assert reason.startswith(told)


def test_a_card_that_stands_twice_or_that_somebody_else_holds_is_rejected(desk: Desk) -> None:
    assert reasons(desk.look(ROW + ROW.replace(IDS[0], IDS[1]))) == ["UID: 2行目と同じカードです"]
    desk.bring_in(ROW)
    held = ["UID: ほかの技能者に登録されているカードです"]
    assert reasons(desk.look(ROW.replace(IDS[0], IDS[1]))) == held
    before_him = ROW.replace(IDS[0], IDS[1]).replace("2026/4/1", "2024/4/1")
    assert reasons(desk.look(before_him)) == held, "nor is it given to another for the time before"


def test_the_file_of_rejected_rows_holds_no_uid(desk: Desk) -> None:
    text = rejected_csv(desk.look("99999999999999,01010501B00AC30B,FeliCa,2026/4/1,\n"))
    assert "…c30b" in text
    assert "01010501" not in text


def test_what_changed_since_the_preview_is_not_written_over(desk: Desk) -> None:
    previewed = desk.look(ROW)
    desk.bring_in(ROW.replace(IDS[0], IDS[1]))
    with pytest.raises(PreviewOutdated), desk.database.write() as session:
        import_cards.apply(session, desk.sealer, previewed)
    assert desk.issues() == []


def test_a_worker_may_be_named_by_our_own_id(desk: Desk) -> None:
    head, row = "worker_id,UID,種別,発行日\n", f"{desk.people[1].worker_id},04a1b2c3,B,2026/4/1\n"
    assert [row.fate for row in desk.look(row, head).fates] == [Fate.ADDED]


def test_a_file_without_a_column_of_uids_is_none_of_cards(desk: Desk) -> None:
    with pytest.raises(WrongLayout, match="UID"):
        desk.look("山田,1980\n", "氏名,生年月日\n")
