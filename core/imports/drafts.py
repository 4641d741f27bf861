"""From the cells of a row to values: what a row says, before anybody has looked whether the registry knows it. Pure."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from typing import Any, TypeVar

from core.imports.model import Rejection, Remark
from core.registry import mending
from core.registry.mending import Mended, Unmendable
from core.registry.model import MAX_OCCUPATIONS, MINUTES_A_DAY, InsuranceStatus, Language, LegalForm, SiteKind
from core.registry.rules import MAX_EXPERIENCE_YEARS

T = TypeVar("T")

_BLANKS = frozenset(["-", "－", "ー", "―", "—", "無し", "なし", "不明", "未取得", "未登録", "申請中", "#N/A"])
_FIRST_YEAR = date(1900, 1, 1)
_LAST_YEAR = date(2100, 12, 31)

_LEGAL_FORMS = {
    "法人": LegalForm.CORPORATION,
    "個人事業主": LegalForm.SOLE_PROPRIETOR,
    "一人親方": LegalForm.ONE_PERSON,
    "会社": LegalForm.CORPORATION,
    "株式会社": LegalForm.CORPORATION,
    "有限会社": LegalForm.CORPORATION,
    "個人": LegalForm.SOLE_PROPRIETOR,
    "1人親方": LegalForm.ONE_PERSON,
} | {form.value: form for form in LegalForm}
_INSURANCES = {
    "加入": InsuranceStatus.JOINED,
    "未加入": InsuranceStatus.NOT_JOINED,
    "適用除外": InsuranceStatus.EXEMPT,
    "有": InsuranceStatus.JOINED,
    "○": InsuranceStatus.JOINED,
    "無": InsuranceStatus.NOT_JOINED,
    "なし": InsuranceStatus.NOT_JOINED,
    "×": InsuranceStatus.NOT_JOINED,
    "除外": InsuranceStatus.EXEMPT,
} | {status.value: status for status in InsuranceStatus}
_YES_NO = dict.fromkeys(["有", "加入", "あり", "○", "はい", "true", "yes", "1"], True) | dict.fromkeys(
    ["無", "未加入", "なし", "無し", "×", "いいえ", "false", "no", "0"], False
)
_LANGUAGES = {
    "日本語": Language.JAPANESE,
    "英語": Language.ENGLISH,
    "ベトナム語": Language.VIETNAMESE,
    "中国語": Language.CHINESE,
    "インドネシア語": Language.INDONESIAN,
    "タガログ語": Language.TAGALOG,
    "ポルトガル語": Language.PORTUGUESE,
    "フィリピン語": Language.TAGALOG,
} | {language.value: language for language in Language}
_SITE_KINDS = {
    "建築": SiteKind.BUILDING,
    "土木": SiteKind.CIVIL,
    "住宅": SiteKind.HOUSE,
    "加工場": SiteKind.WORKSHOP,
    "戸建": SiteKind.HOUSE,
    "戸建住宅": SiteKind.HOUSE,
} | {kind.value: kind for kind in SiteKind}


@dataclass(frozen=True, slots=True)
class ContractorRef:
    """A contractor as a row names it: by CCUS id, by name, or both."""

    ccus_id: str | None
    name: str | None


@dataclass(frozen=True, slots=True)
class ContractorDraft:
    """A contractor's row; values holds the fields the row fills."""

    values: dict[str, Any]


@dataclass(frozen=True, slots=True)
class WorkerDraft:
    """A worker's row; occupations are codes or names, None where the row says nothing."""

    values: dict[str, Any]
    phones: tuple[str, ...] = ()
    phone_from: date | None = None
    emergency_phone: str | None = None
    employer: ContractorRef | None = None
    affiliated_from: date | None = None
    occupations: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class SiteDraft:
    """A site's row; lines are the E.164 numbers it is reached under."""

    values: dict[str, Any]
    prime: ContractorRef | None = None
    lines: tuple[str, ...] = ()


@dataclass(slots=True)
class Cells:
    """One row's filled cells by field: gives out values, and gathers what was mended and what cannot be."""

    values: Mapping[str, str]
    headings: Mapping[str, str]
    regions: Sequence[str]
    today: date
    mended: list[Remark] = field(default_factory=list)
    problems: list[Remark] = field(default_factory=list)

    def take(self, name: str, mend: Callable[[str], Mended[T]]) -> T | None:
        """Return a cell's value; None where it is empty, stands for nothing, or is a problem."""
        text = self.values.get(name, "")
        if not text or text in _BLANKS:
            return None
        return self._mended(name, text, mend)

    def choose(self, name: str, choices: Mapping[str, T]) -> T | None:
        """Return what a cell's word stands for; None where it is empty or a problem."""
        text = self.values.get(name, "")
        return self._mended(name, text, lambda word: mending.choose(word, choices)) if text else None

    def day(self, name: str, *, past: bool = False) -> date | None:
        """Return a date; past refuses one that lies ahead."""
        day = self.take(name, mending.mend_date)
        if day is not None and not _FIRST_YEAR <= day <= (self.today if past else _LAST_YEAR):
            self.refuse(name, f"{day} は先の日付です" if day > self.today else f"{day} は古すぎる日付です")
            return None
        return day

    def phones(self, *names: str) -> tuple[str, ...]:
        """Return the different numbers of several cells."""
        mend = partial(mending.mend_phones, regions=self.regions)
        found = [number for name in names for number in self.take(name, mend) or ()]
        return tuple(dict.fromkeys(found))

    def contractor(self) -> ContractorRef | None:
        ccus_id = self.take("ccus_contractor_id", mending.mend_ccus_id)
        name = self.take("contractor_name", mending.mend_company)
        return ContractorRef(ccus_id, name) if ccus_id or name else None

    def refuse(self, name: str, text: str) -> None:
        self.problems.append(Remark(self.headings[name], text))

    def check(self) -> None:
        """Raises Rejection when there was a problem."""
        if self.problems:
            raise Rejection(*self.problems)

    def _mended(self, name: str, text: str, mend: Callable[[str], Mended[T]]) -> T | None:
        try:
            mended = mend(text)
        except Unmendable as error:
            self.refuse(name, str(error))
            return None
        if mended.note:
            self.mended.append(Remark(self.headings[name], mended.note))
        return mended.value


def contractor_draft(cells: Cells) -> ContractorDraft:
    """Return what a contractor's row says. Raises Rejection with every problem of the row."""
    name = cells.take("name", mending.mend_company)
    draft = ContractorDraft(
        _given(
            name=name,
            name_kana=cells.take("name_kana", mending.mend_kana),
            ccus_contractor_id=cells.take("ccus_contractor_id", mending.mend_ccus_id),
            legal_form=cells.choose("legal_form", _LEGAL_FORMS),
            capital_yen=_capital(cells),
            licence=cells.take("licence", mending.mend_text),
            health_insurance=cells.choose("health_insurance", _INSURANCES),
            pension_insurance=cells.choose("pension_insurance", _INSURANCES),
            employment_insurance=cells.choose("employment_insurance", _INSURANCES),
            mutual_aid=cells.choose("mutual_aid", _YES_NO),
            address=cells.take("address", mending.mend_text),
        )
    )
    cells.check()
    return draft


def worker_draft(cells: Cells) -> WorkerDraft:
    """Return what a worker's row says. Raises Rejection with every problem of the row."""
    _split_emergency(cells)
    emergency = cells.phones("emergency_phone")
    draft = WorkerDraft(
        values=_given(
            name=_full_name(cells, "name", "surname", "given_name", mending.mend_name),
            name_kana=_full_name(cells, "name_kana", "surname_kana", "given_name_kana", mending.mend_kana),
            ccus_worker_id=cells.take("ccus_worker_id", mending.mend_ccus_id),
            birth_date=cells.day("birth_date", past=True),
            address=cells.take("address", mending.mend_text),
            emergency_name=cells.take("emergency_name", mending.mend_name),
            hired_on=cells.day("hired_on"),
            experience_years=_experience(cells),
            last_health_check_on=cells.day("last_health_check_on", past=True),
            language=cells.choose("language", _LANGUAGES),
        ),
        phones=cells.phones("phone", "phone2"),
        phone_from=cells.day("phone_from"),
        emergency_phone=emergency[0] if emergency else None,
        employer=cells.contractor(),
        affiliated_from=cells.day("affiliated_from"),
        occupations=cells.take("occupations", mending.mend_list),
    )
    if len(draft.occupations or ()) > MAX_OCCUPATIONS:
        cells.refuse("occupations", f"職種は{MAX_OCCUPATIONS}つまでです（{len(draft.occupations or ())}つあります）")
    cells.check()
    return draft


def site_draft(cells: Cells) -> SiteDraft:
    """Return what a site's row says. Raises Rejection with every problem of the row."""
    stay = cells.take("minimum_stay_min", mending.mend_number)
    draft = SiteDraft(
        values=_given(
            name=cells.take("name", mending.mend_name),
            name_kana=cells.take("name_kana", mending.mend_kana),
            ccus_site_id=cells.take("ccus_site_id", mending.mend_ccus_id),
            address=cells.take("address", mending.mend_text),
            starts_on=cells.day("starts_on"),
            ends_on=cells.day("ends_on"),
            kind=cells.choose("kind", _SITE_KINDS),
            day_starts_min=cells.take("day_starts_min", mending.mend_time),
            closes_min=cells.take("closes_min", mending.mend_closing),
            minimum_stay_min=stay,
            site_code=cells.take("site_code", mending.mend_code),
        ),
        prime=cells.contractor(),
        lines=cells.phones("lines"),
    )
    if stay is not None and stay >= MINUTES_A_DAY:
        cells.refuse("minimum_stay_min", f"{MINUTES_A_DAY - 1}分までで書いてください")
    cells.check()
    return draft


def _given(**values: Any) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}


def _full_name(cells: Cells, whole: str, first: str, second: str, mend: Callable[[str], Mended[str]]) -> str | None:
    parts = [cells.take(first, mend), cells.take(second, mend)]
    return cells.take(whole, mend) or " ".join(part for part in parts if part) or None


def _split_emergency(cells: Cells) -> None:
    """Move a number that stands beside the name into its own cell, where that one is empty."""
    name, number = mending.split_phone(cells.values.get("emergency_name", ""))
    if number and "emergency_phone" not in cells.values:
        cells.values = {**cells.values, "emergency_name": name, "emergency_phone": number}
        cells.mended.append(Remark(cells.headings["emergency_name"], "電話番号を緊急連絡先電話に分けました"))


def _capital(cells: Cells) -> int | None:
    units = {"capital_yen": 1, "capital_thousand_yen": 1_000, "capital_ten_thousand_yen": 10_000}
    amounts = [cells.take(name, partial(mending.mend_yen, unit=unit)) for name, unit in units.items()]
    return next((amount for amount in amounts if amount is not None), None)


def _experience(cells: Cells) -> int | None:
    years = cells.take("experience_years", mending.mend_number)
    if years is not None and years > MAX_EXPERIENCE_YEARS:
        cells.refuse("experience_years", f"{years}年は長すぎます。年数を確かめてください")
        return None
    return years
