"""Evidence in plain words, Japanese and English. A contractor is called what whoever asks calls it."""

from collections.abc import Callable

from core.tiering.model import Evidence, EvidenceKind

LANGUAGES = ("ja", "en")

_JA = {
    EvidenceKind.DECLARED: "{other}の下で入ると届け出がある",
    EvidenceKind.ANSWERED: "電話で尋ねたとき「{other}の下」と答えた",
    EvidenceKind.DECLARED_OTHERWISE: "ただし「{other}の下」という届け出もある",
    EvidenceKind.CAME_TOGETHER: "ともに入場した{total}日のうち{count}日、{other}と{minutes}分以内の差で入場",
    EvidenceKind.LEFT_TOGETHER: "ともに退場した{total}日のうち{count}日、{other}と{minutes}分以内の差で退場",
    EvidenceKind.PRESENT_WITHIN: "入場した{total}日のうち{count}日は{other}も入場",
    EvidenceKind.ABSENT_TOGETHER: "{other}が来なかった{total}日のうち{count}日は、この会社も来ていない",
    EvidenceKind.SAME_FIRST_DAY: "{other}と同じ日に初めて入場",
    EvidenceKind.EARLIER_SITES: "貴社の以前の現場{count}か所で{other}の下",
    EvidenceKind.SAME_TRADE: "{other}と同じ工種",
    EvidenceKind.LARGEST_OF_TRADE: "この現場の同じ工種で人数が最も多い",
    EvidenceKind.LARGER: "{other}の方が会社の規模が大きい",
    EvidenceKind.SHARED_WORKERS: "{other}の所属としても入場した人が{count}人いる",
    EvidenceKind.FOLLOWS_NOBODY: "いつも一緒に入場する会社はない",
    EvidenceKind.NEVER_ENTERED: "{other}はこの現場にまだ入場していない",
    EvidenceKind.TWO_UPPERS: "{other}の下でも働いている可能性がある。両方の下か、確かめてください",
    EvidenceKind.OTHERWISE_PERHAPS: "{other}の下の可能性もある",
    EvidenceKind.FEW_DAYS: "入場はまだ{count}日だけ",
    EvidenceKind.NOTHING_CLEAR: "入場記録からはっきりした手がかりがない",
}
_EN = {
    EvidenceKind.DECLARED: "declared to work under {other}",
    EvidenceKind.ANSWERED: 'answered "under {other}" when asked by phone',
    EvidenceKind.DECLARED_OTHERWISE: "but also declared under {other}",
    EvidenceKind.CAME_TOGETHER: "came within {minutes} minutes of {other} on {count} of {total} days",
    EvidenceKind.LEFT_TOGETHER: "left within {minutes} minutes of {other} on {count} of {total} days",
    EvidenceKind.PRESENT_WITHIN: "{other} was there on {count} of its {total} days",
    EvidenceKind.ABSENT_TOGETHER: "stayed away on {count} of the {total} days on which {other} did",
    EvidenceKind.SAME_FIRST_DAY: "came for the first time on the same day as {other}",
    EvidenceKind.EARLIER_SITES: "worked below {other} on {count} of your earlier sites",
    EvidenceKind.SAME_TRADE: "same trade as {other}",
    EvidenceKind.LARGEST_OF_TRADE: "sends the most people of its trade on this site",
    EvidenceKind.LARGER: "{other} is the larger company",
    EvidenceKind.SHARED_WORKERS: "{count} of its people also entered for {other}",
    EvidenceKind.FOLLOWS_NOBODY: "comes with no other company",
    EvidenceKind.NEVER_ENTERED: "{other} has not entered this site",
    EvidenceKind.TWO_UPPERS: "seems to work under {other} as well: ask whether it stands under both",
    EvidenceKind.OTHERWISE_PERHAPS: "perhaps under {other} instead",
    EvidenceKind.FEW_DAYS: "has entered on {count} days only",
    EvidenceKind.NOTHING_CLEAR: "the entries show nothing clear",
}
_TEXTS = {"ja": _JA, "en": _EN}


def text_of(evidence: Evidence, language: str = "ja", name_of: Callable[[str], str] = str) -> str:
    """Return a piece of evidence as a sentence without full stop.

    Raises KeyError for a language other than LANGUAGES.
    """
    return _TEXTS[language][evidence.kind].format(
        other=name_of(evidence.other_id), count=evidence.count, total=evidence.total, minutes=evidence.minutes
    )
