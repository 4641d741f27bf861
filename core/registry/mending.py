"""Mending what people type: full-width digits, dropped zeros, 和暦, 「万円」. Pure; one cell in, one value out.

Each function returns the value with a note of what was mended, or raises Unmendable in words that tell the person what
to write instead. Neither shows a phone number whole.
"""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation
from typing import Generic, TypeVar

import jaconv

from core.ids import normalise_digits, parse_ccus_id
from core.phone import PHONE_LIKE, conceal, mask, parse_phone

T = TypeVar("T")

MAX_SHOWN_CHARS = 24
MAX_TEXT_CHARS = 200
MIN_CCUS_DIGITS = 10  # of 14: so many zeros in front are dropped at most
MAX_YEN = 10**15
_WIDE_TO_NARROW = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {0x3000: " "}
_LISTED = re.compile(r"[・/／;；,，、\n]+")  # between several values in one cell
# 「(本人)」 behind a number. With digits it is no remark: it may be the rest of the number, an extension or another.
_REMARK = re.compile(rf"(?<=\d)\s*[(（][^()（）\d]+[)）](?=\s*(?:\Z|{_LISTED.pattern}))")
_ERAS = {"令和": 2018, "R": 2018, "平成": 1988, "H": 1988, "昭和": 1925, "S": 1925, "大正": 1911, "T": 1911}
_WESTERN = re.compile(r"([12][0-9]{3})[-/.年]([0-9]{1,2})[-/.月]([0-9]{1,2})日?")
_COMPACT = re.compile(r"([12][0-9]{3})([01][0-9])([0-3][0-9])")
_JAPANESE = re.compile(r"(令和|平成|昭和|大正|[RHST])\.?(元|[0-9]{1,2})[-/.年]([0-9]{1,2})[-/.月]([0-9]{1,2})日?")
_EXCEL_DAY_ZERO = date(1899, 12, 30)
_TIME = re.compile(r"([0-9]{1,2})[:時]([0-9]{1,2})?分?(?::00)?|([0-9]{1,2})([0-9]{2})")
SCIENTIFIC = re.compile(r"([0-9])(?:\.([0-9]+))?E\+?([0-9]{1,2})", re.IGNORECASE)
_NUMBER = re.compile(r"([0-9]{1,4})(?:\.[0-9]+)?(?:年|分|[ヶカか]年)?(?:[0-9]+[ヶカか]月)?")
_UNITS = {"億": 100_000_000, "万": 10_000, "百万": 1_000_000, "千": 1_000}


@dataclass(frozen=True, slots=True)
class Mended(Generic[T]):
    """A value, and what was mended to get it; empty when the cell was fine."""

    value: T
    note: str = ""


class Unmendable(ValueError):
    """The cell makes no sense; the text says what to write."""


def split_phone(text: str) -> tuple[str, str]:
    """Return 「山田花子 090-1234-5678」 as what stands beside the number, and the number, "" where there is none."""
    found = PHONE_LIKE.search(text)
    if found is None:
        return text, ""
    return f"{text[: found.start()]} {text[found.end() :]}".strip(" 　:：/／"), found[0]


def was_rounded(text: str) -> bool:
    """Whether a cell shows a number in scientific notation that lost digits: 1.23E+13."""
    return SCIENTIFIC.fullmatch(text) is not None


def shown(text: str) -> str:
    """Return a cell as a message quotes it: short, and without a phone number."""
    hidden = conceal(text)
    return f"「{hidden[:MAX_SHOWN_CHARS]}…」" if len(hidden) > MAX_SHOWN_CHARS else f"「{hidden}」"


def narrow(text: str) -> str:
    """Return the text with full-width letters, digits and signs made plain, half-width kana made full, spaces single.

    Kanji stay what they are: the forms of a name (髙, 﨑) are not interchangeable.
    """
    return _tidy(jaconv.h2z(text.translate(_WIDE_TO_NARROW), kana=True, ascii=False, digit=False))


def key_of(name: str) -> str:
    """Return what two spellings of one name have in common; for comparing, never for keeping."""
    return "".join(unicodedata.normalize("NFKC", name).split()).casefold()


def mend_text(text: str) -> Mended[str]:
    return Mended(_tidy(text))


def mend_name(text: str) -> Mended[str]:
    mended = narrow(text)
    return Mended(mended, "全角・半角や空白をそろえました" if mended != text else "")


def mend_company(text: str) -> Mended[str]:
    """Return a company's name with (株) and ㈱ written out, and no space beside 株式会社."""
    full = text.replace("㈱", "株式会社").replace("㈲", "有限会社").replace("㈹", "")
    full = re.sub(r"\(株\)", "株式会社", re.sub(r"\(有\)", "有限会社", narrow(full)))
    mended = re.sub(r" *(株式会社|有限会社|合同会社|合資会社|合名会社) *", r"\1", full)
    return Mended(mended, f"会社名の書き方をそろえました（{conceal(mended)}）" if mended != text else "")


def mend_kana(text: str) -> Mended[str]:
    mended = jaconv.hira2kata(narrow(text))
    return Mended(mended, "フリガナを全角カタカナにそろえました" if mended != text else "")


def mend_ccus_id(text: str) -> Mended[str]:
    """Return an id with the zeros that Excel dropped; what is much shorter is another number, such as 社員番号."""
    if was_rounded(text):
        raise Unmendable(
            f"Excelが桁を落としています（{text}）。列の表示形式を「文字列」にして、14桁を入力し直してください"
        )
    digits = normalise_digits(text)
    if not re.fullmatch(r"[0-9]{1,14}", digits):
        raise Unmendable(f"14桁の数字で書いてください: {shown(text)}")
    is_short = len(digits) < MIN_CCUS_DIGITS
    if len(digits) < 14 and (is_short or digits.startswith("0") or re.fullmatch(r"[5-9]0[0-9]{8}", digits)):
        raise Unmendable(f"14桁ではありません（{len(digits)}桁）。14桁で書いてください")
    mended = parse_ccus_id(text)
    if len(digits) < 14:
        return Mended(mended, f"先頭の0を補いました（{mended}）")
    return Mended(mended, "全角・ハイフン・空白を直しました" if mended != text else "")


def mend_phones(text: str, regions: Sequence[str]) -> Mended[tuple[str, ...]]:
    """Return the E.164 numbers of a cell; several may stand in it, each with a remark in brackets."""
    parts, had_remarks = _phone_parts(text)
    found = [mend_phone(part, regions) for part in parts]
    notes = [each.note for each in found if each.note][:1] + ["番号のうしろのかっこ書きを除きました"] * had_remarks
    return Mended(tuple(dict.fromkeys(each.value for each in found)), "。".join(notes))


def mend_phone(text: str, regions: Sequence[str]) -> Mended[str]:
    if "*" in text or "＊" in text:
        raise Unmendable("電話番号が伏せ字です。番号を書き直してください")
    if was_rounded(text):
        raise Unmendable("Excelが桁を落としています。列の表示形式を「文字列」にして、番号を入力し直してください")
    digits = normalise_digits(text).translate({ord("("): None, ord(")"): None})
    try:
        e164 = parse_phone(digits, regions)
    except ValueError:
        raise Unmendable("電話番号として読めません。市外局番から書いてください（例 090-1234-5678）") from None
    if re.match(r"18[46]0", digits):
        return Mended(e164, "先頭の184・186を除きました")
    if re.match(r"[1-9]", digits):
        return Mended(e164, "先頭の0を補いました")
    is_plain = re.fullmatch(r"\+?[0-9]+(-[0-9]+)*", text)
    return Mended(e164, "" if is_plain else "全角・空白などを直しました")


def mask_phones(text: str, regions: Sequence[str]) -> str:
    """Return a cell that holds phone numbers with nothing but their masks."""
    masks = []
    for part in _phone_parts(text)[0]:
        try:
            masks.append(mask(mend_phone(part, regions).value))
        except Unmendable:
            masks.append(part if re.fullmatch(r"'?\+?[0-9]{0,4}\*+[0-9]{0,4}", part) else "****")
    return "・".join(masks)


def mend_date(text: str) -> Mended[date]:
    """Return the date of 2024-04-01, 2024/4/1, 20240401, 令和6年4月1日, R6.4.1, or a number Excel counts days by."""
    plain = re.sub(r"[ T][0-9]{1,2}:[0-9]{2}(:[0-9]{2})?$", "", unicodedata.normalize("NFKC", text).strip())
    plain = plain.replace(" ", "").upper()
    try:
        if found := _WESTERN.fullmatch(plain) or _COMPACT.fullmatch(plain):
            mended = date(int(found[1]), int(found[2]), int(found[3]))
            return Mended(mended, "" if mended.isoformat() == text else "日付の書き方をそろえました")
        if found := _JAPANESE.fullmatch(plain):
            year = _ERAS[found[1]] + (1 if found[2] == "元" else int(found[2]))
            return Mended(date(year, int(found[3]), int(found[4])), "和暦を西暦に直しました")
    except ValueError:
        raise Unmendable(f"暦にない日付です: {shown(text)}") from None
    if re.fullmatch(r"[1-9][0-9]{4}", plain):
        return Mended(_EXCEL_DAY_ZERO + timedelta(days=int(plain)), "Excelの日付の番号を日付に直しました")
    raise Unmendable(f"日付として読めません。2024/4/1 のように書いてください: {shown(text)}")


def mend_time(text: str) -> Mended[int]:
    """Return the minutes after midnight of 8:00, 8時, 8時30分 or 0830."""
    found = _TIME.fullmatch(narrow(text).replace(" ", ""))
    hours, minutes = (int(found[1] or found[3]), int(found[2] or found[4] or 0)) if found else (24, 0)
    if hours > 23 or minutes > 59:
        raise Unmendable(f"時刻として読めません。8:00 のように書いてください: {shown(text)}")
    return Mended(hours * 60 + minutes)


def mend_closing(text: str) -> Mended[int]:
    """Return the minutes after midnight of a closing hour; 24:00 is 0:00 of the next day, as a site has it."""
    if re.fullmatch(r"24[:時]?(00)?分?", narrow(text).replace(" ", "")):
        return Mended(0, "24:00を翌日の0:00としました")
    return mend_time(text)


def mend_yen(text: str, *, unit: int = 1) -> Mended[int]:
    """Return whole yen of 5,000,000, ¥5000000, 500万円, 1億2,000万円; unit is what the heading says amounts count."""
    plain = re.sub(r"[,\s¥円金也]", "", unicodedata.normalize("NFKC", text))
    try:
        if not re.search(r"[億万千]", plain):
            return Mended(_whole(Decimal(plain) * unit))
        parts = re.findall(r"([0-9.]+)(億|百万|万|千)?", plain)
        if "".join(number + name for number, name in parts) != plain:
            raise Unmendable(f"金額として読めません: {shown(text)}")
        amount = sum((Decimal(number) * _UNITS.get(name, 1) for number, name in parts), Decimal(0))
        return Mended(_whole(amount), f"金額を円に直しました（{_whole(amount):,}円）")
    except (InvalidOperation, ArithmeticError):
        raise Unmendable(f"金額として読めません。5000000 のように円で書いてください: {shown(text)}") from None


def mend_number(text: str) -> Mended[int]:
    """Return the whole number of 10, １０, 10年 or 30分."""
    found = re.fullmatch(
        r"([0-9]{1,4})(?:\.[0-9]+)?(?:年|分|ヶ年|カ年|か年)?(?:[0-9]+(?:ヶ月|カ月|か月))?", narrow(text)
    )
    if found is None:
        raise Unmendable(f"数字で書いてください: {shown(text)}")
    return Mended(int(found[1]))


def mend_code(text: str) -> Mended[str]:
    """Return a code of four digits, such as a site's; zeros that Excel dropped are put back."""
    digits = normalise_digits(text)
    if not re.fullmatch(r"[0-9]{1,4}", digits):
        raise Unmendable(f"4桁の数字で書いてください: {shown(text)}")
    return Mended(digits.zfill(4), "先頭の0を補いました" if len(digits) < 4 else "")


def mend_list(text: str) -> Mended[tuple[str, ...]]:
    """Return the parts of a cell that lists several, each once, in their order."""
    return Mended(tuple(dict.fromkeys(narrow(part) for part in _LISTED.split(text) if part.strip())))


def choose(text: str, choices: Mapping[str, T]) -> Mended[T]:
    """Return what a word stands for; choices are by their key_of()."""
    key = key_of(text)
    if key in choices:
        return Mended(choices[key])
    firsts: dict[T, str] = {}
    for word, value in choices.items():
        firsts.setdefault(value, word)
    words = "・".join(firsts.values())
    raise Unmendable(f"{words} のどれかを書いてください: {shown(text)}")


def _phone_parts(text: str) -> tuple[list[str], bool]:
    """Return the numbers of a cell as they are written, and whether remarks stood behind them."""
    plain = _REMARK.sub("", text)  # before the cell is split: 「(本人・携帯)」 is one remark
    return [part.strip() for part in _LISTED.split(plain) if part.strip()], plain != text


def _tidy(text: str) -> str:
    tidy = "".join(sign for sign in " ".join(text.split()) if sign.isprintable())
    if len(tidy) > MAX_TEXT_CHARS:
        raise Unmendable(f"{MAX_TEXT_CHARS}字以内で書いてください（{len(tidy)}字あります）")
    if conceal(tidy) != tidy:  # such cells are kept as they are, and would keep the number in clear
        raise Unmendable("電話番号が書かれています。電話番号の列に移してください")
    return tidy


def _whole(amount: Decimal) -> int:
    if not amount.is_finite() or not 0 <= amount < MAX_YEN or amount != int(amount):
        raise InvalidOperation
    return int(amount)
