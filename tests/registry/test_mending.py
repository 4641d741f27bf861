"""One cell in, one value out: what is mended, what is refused, and that no number is shown whole."""

from collections.abc import Callable
from datetime import date
from functools import partial
from typing import Any

import pytest

from core.imports.rejects import guarded
from core.phone import conceal, mask
from core.registry import mending
from core.registry.mending import Mended, Unmendable

phones = partial(mending.mend_phones, regions=("JP",))


@pytest.mark.parametrize(
    ("mend", "text", "value"),
    [
        (mending.mend_ccus_id, "12345678901234", "12345678901234"),
        (mending.mend_ccus_id, "１２３４-5678 9012-34", "12345678901234"),
        (mending.mend_ccus_id, "1234567890", "00001234567890"),
        (phones, "090-1234-5678", ("+819012345678",)),
        (phones, "９０１２３４５６７８", ("+819012345678",)),
        (phones, "184090（1234）5678", ("+819012345678",)),
        (phones, "+84 912 345 678", ("+84912345678",)),
        (phones, "090-1234-5678／03-1234-5678", ("+819012345678", "+81312345678")),
        (phones, "090-1234-0001(本人)", ("+819012340001",)),
        (phones, "０９０－１２３４－０００１（携帯）", ("+819012340001",)),
        (phones, "090-1234-0001 (本人・携帯)、03-1234-5678（自宅）", ("+819012340001", "+81312345678")),
        (phones, "090-1234-0001\n（本人）", ("+819012340001",)),
        (mending.mend_date, "2024-04-01", date(2024, 4, 1)),
        (mending.mend_date, "2024/4/1 0:00", date(2024, 4, 1)),
        (mending.mend_date, "２０２４年４月１日", date(2024, 4, 1)),
        (mending.mend_date, "20240401", date(2024, 4, 1)),
        (mending.mend_date, "令和元年5月1日", date(2019, 5, 1)),
        (mending.mend_date, "R6.4.1", date(2024, 4, 1)),
        (mending.mend_date, "平成31年4月30日", date(2019, 4, 30)),
        (mending.mend_date, "s55/5/6", date(1980, 5, 6)),
        (mending.mend_date, "45383", date(2024, 4, 1)),
        (mending.mend_time, "20時", 1200),
        (mending.mend_time, "４：３０", 270),
        (mending.mend_time, "0730", 450),
        (mending.mend_closing, "24:00", 0),
        (mending.mend_closing, "２４時", 0),
        (mending.mend_closing, "20:00", 1200),
        (mending.mend_yen, "¥5,000,000", 5_000_000),
        (mending.mend_yen, "500万円", 5_000_000),
        (mending.mend_yen, "1億2,000万円", 120_000_000),
        (mending.mend_yen, "5百万円", 5_000_000),
        (partial(mending.mend_yen, unit=1000), "5,000", 5_000_000),
        (mending.mend_yen, "1E+12", 10**12),
        (mending.mend_number, "１０年", 10),
        (mending.mend_code, "12", "0012"),
        (mending.mend_name, "山田　 太郎", "山田 太郎"),
        (mending.mend_name, "髙﨑 一郎", "髙﨑 一郎"),
        (mending.mend_kana, "ﾔﾏﾀﾞ たろう", "ヤマダ タロウ"),
        (mending.mend_company, "㈱　佐藤工業", "株式会社佐藤工業"),
        (mending.mend_company, "佐藤工業 株式会社", "佐藤工業株式会社"),
        (mending.mend_company, "（有）ＡＢＣ", "有限会社ABC"),
        (mending.mend_list, "0601・鉄筋工;0601, 1201", ("0601", "鉄筋工", "1201")),
    ],
)
def test_what_people_type_is_mended(mend: Callable[[str], Mended[Any]], text: str, value: Any) -> None:
    assert mend(text).value == value


@pytest.mark.parametrize(
    ("mend", "text"),
    [
        (mending.mend_ccus_id, "1.23E+13"),
        (mending.mend_ccus_id, "123456789012345"),
        (mending.mend_ccus_id, "123"),
        (mending.mend_ccus_id, "123456789"),
        (mending.mend_ccus_id, "09012345678"),
        (mending.mend_ccus_id, "9012345678"),
        (mending.mend_ccus_id, "A2345678901234"),
        (phones, "12345"),
        (phones, "9.01E+09"),
        (phones, "+8190****1234"),
        (phones, "090-1234-0001(会社03-1234-5678)"),
        (phones, "03-1234-5678(内線12)"),
        (phones, "(本人)"),
        (phones, "090-1234-0001(本人"),
        (mending.mend_date, "2024/13/1"),
        (mending.mend_date, "R6.2.30"),
        (mending.mend_date, "春ごろ"),
        (mending.mend_time, "25:00"),
        (mending.mend_time, "24:00"),
        (mending.mend_closing, "24:30"),
        (mending.mend_yen, "nan"),
        (mending.mend_yen, "-5"),
        (mending.mend_yen, "たくさん"),
        (mending.mend_number, "十年"),
        (mending.mend_code, "12345"),
        (mending.mend_name, "あ" * 201),
    ],
)
def test_what_makes_no_sense_is_refused(mend: Callable[[str], Mended[Any]], text: str) -> None:
    with pytest.raises(Unmendable):
        mend(text)


def test_what_was_mended_is_told_and_what_was_fine_is_not() -> None:
    assert mending.mend_date("R6.4.1").note == "和暦を西暦に直しました"
    assert phones("9012345678").note == "先頭の0を補いました"
    assert mending.mend_ccus_id("1234567890123").note == "先頭の0を補いました（01234567890123）"
    assert phones("1860901234 5678").note == "先頭の184・186を除きました"
    assert (
        phones("090-1234-5678").note
        == mending.mend_date("2024-04-01").note
        == mending.mend_name("山田 太郎").note
        == ""
    )


def test_a_remark_behind_a_number_is_told_beside_what_else_was_mended() -> None:
    assert phones("090-1234-0001(本人)").note == "番号のうしろのかっこ書きを除きました"
    assert phones("9012340001（本人）").note == "先頭の0を補いました。番号のうしろのかっこ書きを除きました"
    assert phones("090(1234)0001").note == "全角・空白などを直しました"


def test_a_choice_names_the_words_it_takes() -> None:
    choices = {"有": True, "加入": True, "無": False}
    assert mending.choose("加入", choices).value is True
    with pytest.raises(Unmendable, match="有・無 のどれかを書いてください: 「はて」"):
        mending.choose("はて", choices)


@pytest.mark.parametrize(
    "text",
    [
        "090-1234-5678",
        "０９０１２３４５６７８",
        "9012345678",
        "+81 90 1234 5678",
        "090（1234）5678",
        "186 090-1234-5678",
    ],
)
def test_a_phone_number_anywhere_in_a_text_is_concealed(text: str) -> None:
    assert conceal(f"連絡は{text}まで") == "連絡は****5678まで"


@pytest.mark.parametrize("between", ["/", " ", "・", "、", "\n", " または "])
def test_several_numbers_in_one_cell_are_all_concealed(between: str) -> None:
    numbers = ["090-1234-5678", "0312345678", "08011112222", "+819011112222"]
    assert conceal(between.join(numbers)) == between.join(["****5678", "****5678", "****2222", "****2222"])


@pytest.mark.parametrize(
    "text",
    [
        "12345678901234",
        "0123-4567-8901-23",
        "1034-5678-9012-34",
        "2024-04-01",
        "〒100-0001 東京都千代田区1-2-3",
        "5,000,000",
    ],
)
def test_other_numbers_stay_as_they_are(text: str) -> None:
    assert conceal(text) == text


def test_cells_with_phones_show_masks_only() -> None:
    assert mending.mask_phones("090-1234-5678・でたらめ123456", ("JP",)) == "+8190****5678・****"
    assert mending.mask_phones("090-1234-5678(本人・携帯)", ("JP",)) == "+8190****5678"
    assert mending.mask_phones("'+8190****5678", ("JP",)) == "'+8190****5678"


def test_no_cell_is_one_that_a_spreadsheet_calculates() -> None:
    assert [guarded(cell) for cell in ("=1+1", "+81", "-", "@x", "山田", "")] == [
        "'=1+1",
        "'+81",
        "'-",
        "'@x",
        "山田",
        "",
    ]


@pytest.mark.parametrize(
    ("number", "shown"),
    [
        ("+819012345678", "+8190****5678"),
        ("+81312345678", "+8131****5678"),
        ("0801234567", "****4567"),
        ("110", "****"),
    ],
)
def test_of_what_is_shorter_than_a_number_of_ours_fewer_digits_are_shown(number: str, shown: str) -> None:
    assert mask(number) == shown
