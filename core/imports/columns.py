"""The columns of the files we take, by their headings: Japanese, the usual synonyms, and our own field names. Pure."""

import re
import unicodedata
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice

from core.imports.model import ImportKind, WrongLayout
from core.imports.reading import Table, TableRow

HEADING_ROWS = 20  # a title, a date and a legend often stand above the headings
ROW_NUMBER_HEADING, REASON_HEADING = "元の行", "理由"
_IGNORED = frozenset({"no", "番号", "通番", "項番", ROW_NUMBER_HEADING, REASON_HEADING})

# field: heading, then synonyms. The field's own name is always accepted.
_CONTRACTOR = {
    "name": "事業者名 会社名 商号 商号名称 名称 業者名 企業名 協力会社名 社名 company contractor_name",
    "name_kana": "フリガナ カナ 事業者名フリガナ 事業者名カナ 会社名フリガナ 会社名カナ 商号フリガナ kana",
    "ccus_contractor_id": "事業者ID CCUS事業者ID 事業者番号 CCUSID contractor_id ccus_id",
    "legal_form": "区分 事業者区分 法人区分 法人個人区分 法人個人の別 形態 事業形態",
    "capital_yen": "資本金 資本金額 資本金円 capital",
    "capital_thousand_yen": "資本金千円",
    "capital_ten_thousand_yen": "資本金万円",
    "licence": "許可 建設業許可 建設業許可番号 許可番号 license",
    "health_insurance": "健康保険 健保 健康保険加入状況",
    "pension_insurance": "年金保険 厚生年金 厚生年金保険 年金 年金保険加入状況",
    "employment_insurance": "雇用保険 雇用保険加入状況",
    "mutual_aid": "建退共 建退共加入 建退共加入状況 建設業退職金共済",
    "address": "住所 所在地 本社所在地",
}
_WORKER = {
    "ccus_worker_id": "技能者ID CCUS技能者ID 技能者番号 CCUSID ccus_id worker_id",
    "name": "氏名 名前 技能者名 技能者氏名 worker_name",
    "surname": "姓 苗字 名字 family_name last_name",
    "given_name": "名 first_name",
    "name_kana": "フリガナ カナ 氏名フリガナ 氏名カナ カナ氏名 kana",
    "surname_kana": "姓フリガナ 姓カナ セイ",
    "given_name_kana": "名フリガナ 名カナ メイ",
    "birth_date": "生年月日 誕生日 birthday date_of_birth",
    "phone": "電話番号 電話番号1 電話 携帯電話 携帯電話番号 携帯番号 携帯 TEL 連絡先電話番号 mobile",
    "phone2": "電話番号2 携帯電話2 携帯電話番号2 携帯2 TEL2 電話2",
    "phone_from": "電話番号の開始日 電話利用開始日 電話番号開始日",
    "ccus_contractor_id": "所属事業者ID 所属会社ID 事業者ID contractor_id",
    "contractor_name": "所属事業者名 所属事業者 所属会社 所属会社名 所属 会社名 事業者名 勤務先 社名 company",
    "affiliated_from": "所属開始日 所属開始年月日 所属日",
    "occupations": "職種コード 職種 職種名 登録職種 occupation",
    "language": "言語 使用言語 案内言語",
    "address": "住所 現住所",
    "emergency_name": "緊急連絡先 緊急連絡先氏名 緊急連絡先名 家族連絡先 家族連絡先氏名",
    "emergency_phone": "緊急連絡先電話 緊急連絡先電話番号 緊急連絡先TEL 緊急電話 家族連絡先電話 家族連絡先電話番号",
    "hired_on": "雇入年月日 雇入日 雇用年月日 入社日 入社年月日",
    "experience_years": "経験年数 経験",
    "last_health_check_on": "最近の健康診断日 健康診断日 健康診断受診日 最終健康診断日 健診日",
}
_SITE = {
    "ccus_site_id": "現場ID CCUS現場ID 現場番号 CCUSID ccus_id site_id",
    "name": "現場名 現場名称 工事名 工事名称 名称 site_name",
    "name_kana": "フリガナ カナ 現場名フリガナ 現場名カナ kana",
    "ccus_contractor_id": "元請事業者ID 元請ID 元請会社ID 事業者ID prime_contractor_id",
    "contractor_name": "元請事業者名 元請事業者 元請 元請名 元請会社 元請会社名 prime_contractor",
    "address": "住所 現場住所 所在地 現場所在地",
    "starts_on": "開始日 着工日 工期開始日 工期自 開始年月日 start_date",
    "ends_on": "終了日 完了日 竣工日 工期終了日 工期至 終了年月日 end_date",
    "kind": "種別 現場種別 工事種別 工事種類",
    "day_starts_min": "日の開始 日の開始時刻 一日の開始 day_starts",
    "closes_min": "閉場時刻 閉場 閉場時間 closes",
    "minimum_stay_min": "最低滞在分 最低滞在時間 最低滞在 minimum_stay",
    "site_code": "現場コード コード",
    "lines": "電話回線 回線 回線番号 受付電話番号 line",
}
_CARD = {
    "uid": "UID カードUID カード番号 IDm カードID card_uid",
    "ccus_worker_id": "技能者ID CCUS技能者ID 技能者番号 CCUSID ccus_id",
    "worker_id": "技能者の内部ID",
    "tech": "種別 カード種別 技術 technology",
    "issued_on": "発行日 交付日 発行年月日 交付年月日 issue_date",
    "expires_on": "有効期限 期限 有効期間 満了日 expiry",
}
_HEADINGS: Mapping[str, Mapping[str, str]] = {
    ImportKind.CONTRACTORS: _CONTRACTOR,
    ImportKind.WORKERS: _WORKER,
    ImportKind.SITES: _SITE,
    ImportKind.CARDS: _CARD,
}
_IDENTIFYING: Mapping[str, set[str]] = {
    ImportKind.CARDS: {"uid"},
    ImportKind.CONTRACTORS: {"name", "ccus_contractor_id"},
    ImportKind.WORKERS: {"name", "surname", "ccus_worker_id"},
    ImportKind.SITES: {"name", "ccus_site_id"},
}
PHONE_FIELDS = frozenset({"phone", "phone2", "emergency_phone"})


@dataclass(frozen=True, slots=True)
class Layout:
    """Where the columns are: the heading row, the column of each field, and headings nobody knows."""

    headings: tuple[str, ...]
    columns: Mapping[str, int]
    unknown: tuple[str, ...]
    rows: tuple[TableRow, ...]

    def values_of(self, row: TableRow) -> dict[str, str]:
        """Return the cells of a row that are filled, by field."""
        cells = {name: row.cells[index] for name, index in self.columns.items() if index < len(row.cells)}
        return {name: _without_guard(cell) for name, cell in cells.items() if cell}


def headings_of(kind: str) -> dict[str, str]:
    """Return the Japanese heading of each field."""
    return {name: words.split()[0] for name, words in _HEADINGS[kind].items()}


def find_layout(kind: str, table: Table, columns: Mapping[str, int] | None = None) -> Layout:
    """Return where the columns are: by their headings, or as columns says (field to column).

    Raises WrongLayout when no row near the top has headings of the kind, or no column is chosen that names the rows.
    """
    headings = headings_of(kind)
    wanted = headings.get("name") or headings["uid"]
    layout = propose_layout(kind, table)
    if columns is not None:
        layout = replace(layout, columns=columns, unknown=_unread(layout.headings, set(columns.values())))
        if not identifies(kind, columns):
            raise WrongLayout(f"「{wanted}」の列を選んでください。", field="columns")
    if not identifies(kind, layout.columns):
        raise WrongLayout(
            f"見出しの行が見つかりません。1行目に「{wanted}」などの見出しを書いてください。", field="file"
        )
    return layout


def propose_layout(kind: str, table: Table) -> Layout:
    """Return where the columns seem to be: of the rows near the top, the one with the most headings we know.

    Raises WrongLayout when the table is empty.
    """
    fields = _fields(kind)
    best = max(islice(table.rows, HEADING_ROWS), key=lambda row: _count_known(row, fields), default=None)
    if best is None:
        raise WrongLayout("ファイルに行がありません。", field="file")
    columns, unknown = _columns(best, fields)
    return Layout(best.cells, columns, unknown, tuple(row for row in table.rows if row.number > best.number))


def identifies(kind: str, fields: Iterable[str]) -> bool:
    """Whether one of the fields says whom a row is about."""
    return bool(_IDENTIFYING[kind] & set(fields))


def is_ours(heading: str) -> bool:
    """Whether a column is one that we add, or a running number: it is never read."""
    return _key(heading) in _IGNORED


def _unread(headings: Sequence[str], read: Collection[int]) -> tuple[str, ...]:
    return tuple(
        heading for index, heading in enumerate(headings) if heading and index not in read and not is_ours(heading)
    )


def _columns(row: TableRow, fields: Mapping[str, str]) -> tuple[dict[str, int], tuple[str, ...]]:
    columns: dict[str, int] = {}
    unknown = []
    for index, heading in enumerate(row.cells):
        name = fields.get(_key(heading))
        if name == "phone" and "phone" in columns:
            name = "phone2"
        if name is not None and name not in columns:
            columns[name] = index
        elif heading and not is_ours(heading):
            unknown.append(heading)
    return columns, tuple(unknown)


def _fields(kind: str) -> dict[str, str]:
    named = {_key(name): name for name in _HEADINGS[kind]}
    return named | {_key(word): name for name, words in _HEADINGS[kind].items() for word in words.split()}


def _count_known(row: TableRow, fields: Mapping[str, str]) -> int:
    return len({fields[_key(cell)] for cell in row.cells if _key(cell) in fields})


def _key(heading: str) -> str:
    plain = unicodedata.normalize("NFKC", heading).casefold().replace("ふりがな", "フリガナ")
    return re.sub(r"[\s()\[\]【】「」・_\-/:.*※]|必須|任意", "", plain)


def _without_guard(cell: str) -> str:
    """Return the cell without the apostrophe that keeps a spreadsheet from calculating it."""
    return cell[1:] if cell[:1] == "'" and cell[1:2] in tuple("=+-@") else cell
