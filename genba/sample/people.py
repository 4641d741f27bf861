"""Who is in the sample world. Names are common ones put together; nobody in particular is meant."""

from dataclasses import dataclass

from core.registry.model import Language, LegalForm


@dataclass(frozen=True, slots=True)
class SampleContractor:
    """A contractor, its upper contractor (None: a prime), how many workers it has and what they do."""

    name: str
    kana: str
    legal_form: LegalForm
    capital_yen: int | None
    upper: str | None
    workers: int
    occupations: tuple[str, ...]


CORP, SOLE, ONE = LegalForm.CORPORATION, LegalForm.SOLE_PROPRIETOR, LegalForm.ONE_PERSON

PRIMES = (
    SampleContractor("大和建設株式会社", "ヤマトケンセツ", CORP, 300_000_000, None, 0, ()),
    SampleContractor("北斗工務店株式会社", "ホクトコウムテン", CORP, 50_000_000, None, 0, ()),
)

SUBCONTRACTORS = (
    SampleContractor("佐藤工業株式会社", "サトウコウギョウ", CORP, 20_000_000, "大和建設株式会社", 8, ("0601", "0602")),
    SampleContractor("伊藤電設株式会社", "イトウデンセツ", CORP, 10_000_000, "大和建設株式会社", 6, ("0901",)),
    SampleContractor("山本型枠株式会社", "ヤマモトカタワク", CORP, 10_000_000, "大和建設株式会社", 7, ("3303",)),
    SampleContractor("中村設備株式会社", "ナカムラセツビ", CORP, 15_000_000, "北斗工務店株式会社", 6, ("3601", "3602")),
    SampleContractor("鈴木鉄筋株式会社", "スズキテッキン", CORP, 8_000_000, "佐藤工業株式会社", 7, ("1001",)),
    SampleContractor("高橋左官", "タカハシサカン", SOLE, None, "佐藤工業株式会社", 4, ("3502",)),
    SampleContractor(
        "渡辺通信設備株式会社", "ワタナベツウシンセツビ", CORP, 5_000_000, "伊藤電設株式会社", 4, ("0902",)
    ),
    SampleContractor("小林塗装店", "コバヤシトソウテン", SOLE, None, "北斗工務店株式会社", 5, ("1201",)),
    SampleContractor("加藤内装株式会社", "カトウナイソウ", CORP, 3_000_000, "中村設備株式会社", 5, ("4301", "4306")),
    SampleContractor("田中組", "タナカグミ", SOLE, None, "鈴木鉄筋株式会社", 4, ("1001",)),
    SampleContractor("吉田配管", "ヨシダハイカン", SOLE, None, "加藤内装株式会社", 3, ("3603",)),
    SampleContractor("松本健", "マツモトケン", ONE, None, "高橋左官", 1, ("3502",)),
)

SURNAMES = (
    *(("佐藤", "サトウ"), ("鈴木", "スズキ"), ("高橋", "タカハシ"), ("田中", "タナカ"), ("伊藤", "イトウ")),
    *(("渡辺", "ワタナベ"), ("山本", "ヤマモト"), ("中村", "ナカムラ"), ("小林", "コバヤシ"), ("加藤", "カトウ")),
    *(("吉田", "ヨシダ"), ("山田", "ヤマダ"), ("佐々木", "ササキ"), ("山口", "ヤマグチ"), ("松本", "マツモト")),
    *(("井上", "イノウエ"), ("木村", "キムラ"), ("林", "ハヤシ"), ("斎藤", "サイトウ"), ("清水", "シミズ")),
)
GIVEN_NAMES = (
    *(("太郎", "タロウ"), ("健一", "ケンイチ"), ("誠", "マコト"), ("大輔", "ダイスケ"), ("拓也", "タクヤ")),
    *(("翔", "ショウ"), ("美咲", "ミサキ"), ("浩二", "コウジ"), ("直樹", "ナオキ"), ("恵", "メグミ")),
    *(("修", "オサム"), ("勝", "マサル"), ("剛", "ツヨシ")),
)
FOREIGN_NAMES = (
    ("グエン・ヴァン・ミン", Language.VIETNAMESE),
    ("チャン・ティ・ラン", Language.VIETNAMESE),
    ("王 建国", Language.CHINESE),
    ("アグス・スシロ", Language.INDONESIAN),
    ("サントス・マリア", Language.TAGALOG),
    ("シウバ・カルロス", Language.PORTUGUESE),
)


def worker_name(n: int) -> tuple[str, str, Language]:
    """Return name, furigana and language of the nth worker; some come from abroad."""
    if n % 10 == 3:
        name, language = FOREIGN_NAMES[n // 10 % len(FOREIGN_NAMES)]
        return name, "オウケンコク" if language is Language.CHINESE else name, language
    surname, surname_kana = SURNAMES[n * 7 % len(SURNAMES)]
    given, given_kana = GIVEN_NAMES[n * 5 % len(GIVEN_NAMES)]
    return f"{surname} {given}", f"{surname_kana} {given_kana}", Language.JAPANESE
