"""Free text that names a trade (工種), made comparable: the trades it names, and the families they belong to.

The list is of words, not of codes: the CCUS code of an occupation is another matter.
"""

import re
import unicodedata
from enum import StrEnum
from functools import lru_cache


class Kinship(StrEnum):
    """How near two contractors' trades are."""

    SAME = "same"
    FAMILY = "family"
    APART = "apart"
    UNKNOWN = "unknown"


# family: trade: words that name it. A text may name several trades (とび・土工).
_WORDS: dict[str, dict[str, str]] = {
    "structure": {
        "scaffold": "とび|鳶|トビ|足場|scaffold",
        "earthwork": "土工|掘削|根切|山留|土木|earth|excavat",
        "rebar": "鉄筋|rebar|reinforc",
        "formwork": "型枠|型わく|formwork",
        "concrete": "圧送|コンクリ|concrete|pump",
        "steel": "鉄骨|溶接|鍛冶|かじ工|steel|weld",
        "piling": "杭|地業|基礎|pil(e|ing)",
        "machinery": "重機|クレーン|揚重|機械土工|建設機械|crane",
        "demolition": "解体|はつり|斫|切断|demoli",
    },
    "services": {
        "electric": "電気|電工|弱電|通信|電設|electric",
        "plumbing": "配管|給排水|衛生|管工|水道|ガス工|plumb|piping",
        "hvac": "空調|ダクト|冷暖房|冷媒|計装|hvac|duct|air.?condition",
        "insulation": "保温|保冷|断熱|insulat",
        "fire": "消防|消火|防災|sprinkler|fire",
        "lift": "昇降機|エレベータ|elevator",
    },
    "finishing": {
        "interior": "内装|クロス|床仕上|床張|ボード|軽鉄|軽天|lgs|表具|壁装|interior|drywall",
        "paint": "塗装|吹付|paint",
        "plaster": "左官|plaster",
        "tile": "タイル|石工|石張|tile",
        "waterproofing": "防水|シーリング|シール工|waterproof|sealing",
        "fittings": "建具|サッシ|ガラス|金物|金属|sash|glass|glaz",
        "roofing": "屋根|板金|瓦|roof",
        "carpentry": "大工|造作|木工|carpent",
        "cleaning": "清掃|美装|クリーニング|clean",
    },
    "outside": {
        "landscape": "造園|植栽|外構|フェンス|landscap",
        "paving": "舗装|アスファルト|道路|pav(e|ing)",
    },
    "attending": {
        "guard": "警備|誘導|guard|security",
        "haulage": "運搬|産廃|廃棄|haul|transport",
        "survey": "測量|墨出|survey",
    },
}
_PATTERNS = tuple(
    (re.compile(words), trade, family) for family, trades in _WORDS.items() for trade, words in trades.items()
)
_GENERAL = re.compile("建築一式|土木一式|総合|ゼネコン|general")
_ENDINGS = re.compile("(工事業|工事|工業|業者|作業|業|工|屋|職|works?)$")
_BLANKS = re.compile(r"[\s・、,/()\-]+")


@lru_cache(maxsize=4096)
def trades_of(text: str | None) -> frozenset[str]:
    """Return the trades a text names; one that is not in our list is itself, without its ending.

    None and a contractor for whole works (建築一式) name none.
    """
    plain = unicodedata.normalize("NFKC", text or "").casefold()
    known = {trade for pattern, trade, _ in _PATTERNS if pattern.search(plain)}
    if known:
        return frozenset(known)
    rest = _ENDINGS.sub("", _BLANKS.sub("", plain))
    return frozenset({rest}) if rest and not _GENERAL.search(plain) else frozenset()


@lru_cache(maxsize=65536)
def kinship(first: str | None, second: str | None) -> Kinship:
    """Return how near two texts' trades are."""
    ours, theirs = trades_of(first), trades_of(second)
    if not ours or not theirs:
        return Kinship.UNKNOWN
    if ours & theirs:
        return Kinship.SAME
    return Kinship.FAMILY if _families(ours) & _families(theirs) else Kinship.APART


def _families(trades: frozenset[str]) -> set[str]:
    return {family for _, trade, family in _PATTERNS if trade in trades}
