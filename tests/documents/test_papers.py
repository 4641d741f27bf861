"""Papers as PDF: what they say, their sheets, how large the number is, and that data never becomes template source."""

import io
import json
from datetime import date, datetime
from typing import Any

import pypdf
import pytest
import segno
import typst

from core import texts
from core.clock import JST
from core.documents import printing
from core.documents.leaflet import leaflet
from core.documents.manual import site_manual
from core.documents.model import DayCode, Paper, PaperLine, SitePaper, Way
from core.documents.poster import Sheet, card_poster, plain, ruby_parts, site_poster, steps, tel_qr
from core.documents.poster_texts import FOREIGN, TEXTS
from core.documents.printing import print_pdf, print_png
from core.documents.sheets import Column, Kind, Row
from core.documents.table_sheet import table_pdf

LINE = PaperLine("+815012345678")
MENU = PaperLine("+81120345678", is_menu=True, asks_site_code=True)
PAIR = (PaperLine("+81345678901", Way.EXIT), PaperLine("+815012345678", Way.ENTRY))
RINGS = PaperLine("+815012345678", Way.ENTRY, is_ring_only=True)
ASKING_PAIR = (PaperLine("+815012345670", Way.EXIT, asks_site_code=True), RINGS)
LONG_NAME = "（仮称）みなとみらい21中央地区53街区複合ビル新築工事 第2工区"
MM_OF_POINT = 25.4 / 72
SIZES_MM = {Paper.A4: (210, 297), Paper.A3: (297, 420)}
DIGIT_HEIGHT = 1689 / 2048  # of the font size: the lowest digit of BIZ UDPGothic Bold, 1


def site(*lines: PaperLine, **values: Any) -> SitePaper:
    return SitePaper(values.pop("site_name", "中央ビル"), "大和建設", "0482", lines, **values)


SITES = {
    "one number": site(LINE),
    "none yet": site(),
    "menu, codes": site(MENU, day_code_required=True),
    "entry and exit": site(*PAIR, day_code_required=True, site_name=LONG_NAME),
    "entry rings, exit asks": site(*ASKING_PAIR, day_code_required=True),
    "many": site(LINE, MENU, PaperLine("+815000000001")),
}


def pdf_of(sheet: Sheet) -> pypdf.PdfReader:
    return pypdf.PdfReader(io.BytesIO(print_pdf(sheet.template, sheet.data, sheet.pictures)))


def text_of(reader: pypdf.PdfReader) -> str:
    return "".join("".join(page.extract_text().split()) for page in reader.pages)


def size_mm(reader: pypdf.PdfReader) -> tuple[int, int]:
    box = reader.pages[0].mediabox
    return round(float(box.width) * MM_OF_POINT), round(float(box.height) * MM_OF_POINT)


def digit_sizes_mm(sheet: Sheet) -> list[float]:
    """Return the font sizes of a poster's numbers, as the template itself tells them."""
    files = {"main": "poster.typ", "common.typ": "common.typ"}
    sources = {name: (printing.TEMPLATES / file).read_bytes() for name, file in files.items()}
    sources |= {"data.json": json.dumps(sheet.data).encode(), **sheet.pictures}
    fonts = typst.Fonts(False, False, [str(printing.FONTS)])
    sizes: list[float] = json.loads(typst.Compiler(sources, font_paths=fonts).query("<digits>", field="value"))
    return sizes


@pytest.mark.parametrize("paper", list(Paper))
@pytest.mark.parametrize("name", list(SITES))
def test_every_site_has_its_poster_on_one_sheet(name: str, paper: Paper) -> None:
    reader = pdf_of(site_poster(SITES[name], paper))
    assert (len(reader.pages), size_mm(reader)) == (1, SIZES_MM[paper])
    assert SITES[name].site_name.replace(" ", "") in text_of(reader)


def test_the_poster_says_the_number_the_steps_and_what_to_do_when_it_is_withheld() -> None:
    text = text_of(pdf_of(site_poster(site(LINE), Paper.A4)))
    for words in (
        "050-1234-5678",
        "186",
        "Tiếng".replace(" ", ""),
        "打这个号码",
        'Wait for "Recorded"'.replace(" ", ""),
    ):
        assert words in text


@pytest.mark.parametrize("number", ["+815012345678", "+81345678901", "+81120345678"])
def test_the_digits_are_25_mm_tall_on_a3(number: str) -> None:
    (size,) = digit_sizes_mm(site_poster(site(PaperLine(number)), Paper.A3))
    assert size * DIGIT_HEIGHT >= 25


def test_fonts_are_in_the_file() -> None:
    fonts = [
        font.get_object()
        for sheet in (site_poster(site(LINE), Paper.A4), leaflet(site(LINE), "vi"))
        for font in pdf_of(sheet).pages[0]["/Resources"]["/Font"].values()  # type: ignore[index]
    ]
    names = {str(font["/BaseFont"]).partition("+")[2] for font in fonts}
    assert {name.partition("-")[0].partition("_")[0][:6] for name in names} == {"BIZUDP", "NotoSa"}
    for font in fonts:
        descriptor = font["/DescendantFonts"][0].get_object()["/FontDescriptor"]
        assert {"/FontFile2", "/FontFile3"} & set(descriptor)


def test_the_qr_code_dials_the_number() -> None:
    code = segno.make("tel:+815012345678", error="m", micro=False)
    width = code.symbol_size(border=4)[0]
    svg = tel_qr("+815012345678").decode()
    assert f'width="{width}mm"' in svg
    assert svg == tel_qr("+815012345678").decode()
    drawn = io.BytesIO()
    code.save(drawn, kind="svg", border=4, xmldecl=False, svgns=True, light="#fff", unit="mm")
    assert drawn.getvalue().decode() == svg


def test_the_code_of_the_day_is_printed_or_left_to_write() -> None:
    blank = site_poster(site(LINE, day_code_required=True), Paper.A4)
    filled = site_poster(site(LINE, day_code_required=True), Paper.A4, day_code=DayCode("4071", date(2026, 11, 16)))
    assert (blank.data["day_code"], filled.data["day_code"]["on"]) == ({"code": "", "on": ""}, "11月16日（月）")
    assert "11月16日（月）" in text_of(pdf_of(filled))
    assert site_poster(site(LINE), Paper.A4, day_code=DayCode("4071")).data["day_code"] is None


def test_a_poster_says_of_each_line_what_is_different_about_it() -> None:
    poster = site_poster(site(*ASKING_PAIR), Paper.A4, languages=["en"]).data
    assert poster["languages"][0]["steps"] == [
        "Call this number",
        "When you arrive: Hear it ring / When you leave: Press 0482",
        'When you arrive: Hang up (free call) / When you leave: Wait for "Recorded", hang up',
    ]
    parts = [["".join(part["text"] for part in line) for line in step] for step in poster["steps"]]
    assert parts == [
        ["電話をかける"],
        ["来たとき: 呼び出し音を聞く", "帰るとき: 現場の番号 0482 をおす"],
        ["来たとき: 切る（通話料0円）", "帰るとき: 「記録しました」を聞いて切る"],
    ]
    assert leaflet(site(*ASKING_PAIR), "en").data["steps"][1][0]["text"] == poster["languages"][0]["steps"][1]


def test_a_line_that_only_rings_still_asks_for_the_code_of_the_day() -> None:
    poster = site_poster(site(*ASKING_PAIR, day_code_required=True), Paper.A4, languages=["en"]).data
    assert poster["languages"][0]["steps"] == [
        "Call this number",
        "When you arrive: Press today's number / When you leave: Press 0482 → today's number",
        'Wait for "Recorded", hang up',
    ]


@pytest.mark.parametrize(
    ("line", "says"),
    [
        (LINE, [["Call this number"], ['Wait for "Recorded"'], ["Hang up"]]),
        (PaperLine("+815", is_ring_only=True), [["Call this number"], ["Hear it ring"], ["Hang up (free call)"]]),
        (MENU, [["Call this number"], ["0482", "1=in, 2=out"], ['Wait for "Recorded", hang up']]),
        (None, [["Call this number"], ['Wait for "Recorded"'], ["Hang up"]]),
    ],
)
def test_the_steps_are_those_of_the_line(line: PaperLine | None, says: list[list[str]]) -> None:
    assert steps("en", site(), line) == says


def test_entry_stands_above_exit_and_further_numbers_are_listed() -> None:
    assert [line["way"] for line in site_poster(site(*PAIR), Paper.A4).data["lines"]] == ["entry", "exit"]
    many = site_poster(SITES["many"], Paper.A4).data
    assert ([line["number"] for line in many["lines"]], many["others"]) == (
        ["050-1234-5678"],
        ["0120-345-678", "050-0000-0001"],
    )


def test_furigana_stand_over_their_words() -> None:
    assert ruby_parts("{電話|でんわ}で") == [{"text": "電話", "ruby": "でんわ"}, {"text": "で", "ruby": ""}]
    assert plain("{番号|ばんごう}") == "番号"


def test_posters_speak_every_language_of_the_phone_with_the_same_words() -> None:
    assert set(TEXTS) == set(texts.LANGUAGES)
    assert {frozenset(words) for words in TEXTS.values()} == {frozenset(TEXTS["ja"])}


@pytest.mark.parametrize("language", list(TEXTS))
def test_every_language_has_its_leaflet_on_one_sheet(language: str) -> None:
    for lines in ((MENU,), PAIR):
        reader = pdf_of(leaflet(site(*lines, day_code_required=True, site_name=LONG_NAME), language))
        assert (len(reader.pages), size_mm(reader)) == (1, (297, 210))


def test_the_card_poster_and_the_manual_fill_one_and_two_pages() -> None:
    for name, each in SITES.items():
        assert len(pdf_of(card_poster(each, Paper.A3, languages=FOREIGN)).pages) == 1, name
        assert len(pdf_of(site_manual(each)).pages) == 2, name
    text = text_of(pdf_of(site_manual(site(LINE, ccus_site_id="00012345678901"))))
    assert "050-1234-5678" in text
    assert "00012345678901" in text
    assert "翌月末" in text


def test_what_a_site_is_called_is_never_run_as_source() -> None:
    name = '#panic("x") $1$ *b* @r <l> \\ {a|b} "'
    sheet = site_poster(site(LINE, site_name=name), Paper.A4)
    assert '#panic("x")$1$*b*@r<l>\\{a|b}"' in text_of(pdf_of(sheet))


def test_a_long_list_repeats_its_headings_and_counts_its_pages() -> None:
    headings = [Column("技能者ID", Kind.CODE), "氏名", Column("日数", Kind.NUMBER), Column("日付", Kind.DATE)]
    rows: list[Row] = [(f"{n:014}", "髙﨑 #太郎", 12345, date(2026, 4, 1)) for n in range(150)]
    printed_at = datetime(2026, 11, 16, 7, 52, tzinfo=JST)
    reader = pypdf.PdfReader(io.BytesIO(table_pdf("技能者一覧", headings, rows, printed_at=printed_at)))
    assert (len(reader.pages) > 1, size_mm(reader)) == (True, (420, 297))
    for number, page in enumerate(reader.pages, start=1):
        text = "".join(page.extract_text().split())
        assert "技能者ID" in text
        assert f"{number}/{len(reader.pages)}" in text
    first = "".join(reader.pages[0].extract_text().split())
    for words in ("00000000000000", "髙﨑#太郎", "12,345", "2026/04/01", "印刷2026年11月16日07:52"):
        assert words in first


def test_an_empty_list_says_so() -> None:
    reader = pypdf.PdfReader(io.BytesIO(table_pdf("技能者一覧", ["氏名"], [], "a4", landscape=False)))
    assert "該当するものはありません。" in text_of(reader)


def test_a_preview_is_a_picture() -> None:
    sheet = site_poster(site(LINE), Paper.A4)
    assert print_png(sheet.template, sheet.data, sheet.pictures, ppi=30).startswith(b"\x89PNG")


def test_what_cannot_be_made_is_told_in_words() -> None:
    with pytest.raises(printing.PrintingFailed, match="印刷物を作成できませんでした"):
        print_pdf("poster", {})


def test_the_same_paper_is_made_once(monkeypatch: pytest.MonkeyPatch) -> None:
    sheet = site_poster(site(LINE, site_name="一度だけ"), Paper.A4)
    made = print_pdf(sheet.template, sheet.data, sheet.pictures)
    monkeypatch.setattr(printing, "_compile", lambda *_: pytest.fail("made again"))
    assert print_pdf(sheet.template, sheet.data, sheet.pictures) is made
