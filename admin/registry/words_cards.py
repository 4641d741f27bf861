"""The words of a worker's cards."""

WORDS: dict[str, dict[str, str]] = {
    "registry.cards": {"ja": "カード", "en": "Cards"},
    "registry.card_add": {"ja": "カードを登録する", "en": "Issue a card"},
    "registry.card_save": {"ja": "登録する", "en": "Issue it"},
    "registry.card_none": {
        "ja": "登録したカードはありません。カードリーダーのある現場では、カードでも入退場できます。",
        "en": "No card yet. At sites with a card reader, a card records entry and exit too.",
    },
    "registry.card_touched": {
        "ja": "この24時間に触れた、登録のないカード",
        "en": "Unknown cards touched in the last 24 hours",
    },
    "registry.card_touched.hint": {
        "ja": "本人のカードをリーダーに1回触れてから、ここで選ぶと間違いがありません。",
        "en": "Touch the reader once with his card, then choose it here: nothing can be mistyped.",
    },
    "registry.card_touched.none": {
        "ja": "本人のカードをリーダーに1回触れてから開くと、番号を打たずに選べます。",
        "en": "Touch a reader once with his card and open this page again: then you choose it and type nothing.",
    },
    "registry.card_typed": {"ja": "カードの番号（UID）を入力する", "en": "Type the card's UID"},
    "registry.field.card": {"ja": "カード", "en": "Card"},
    "registry.field.uid": {"ja": "カードの番号（UID）", "en": "UID"},
    "registry.hint.uid": {
        "ja": "リーダーが読む番号です。例：01 01 05 01 B0 0A C3 0B。カードに印刷された番号ではありません。",
        "en": "As a reader reads it, such as 01 01 05 01 B0 0A C3 0B. Not what is printed on the card.",
    },
    "registry.field.tech": {"ja": "カードの種別", "en": "Technology"},
    "registry.tech.felica": {"ja": "FeliCa", "en": "FeliCa"},
    "registry.tech.type_a": {"ja": "Type A（MIFAREなど）", "en": "Type A (MIFARE and the like)"},
    "registry.tech.type_b": {"ja": "Type B", "en": "Type B"},
    "registry.tech.unknown": {"ja": "種別不明", "en": "unknown"},
    "registry.field.issued_on": {"ja": "発行日", "en": "Issued on"},
    "registry.hint.issued_on": {
        "ja": "この日からの打刻が本人の記録になります。前のカードは、この日から「再発行・更新」になります。",
        "en": "Touches from this day on are his. The card he held until then is replaced from this day on.",
    },
    "registry.field.expires_on": {"ja": "有効期限", "en": "Expires on"},
    "registry.hint.expires_on": {
        "ja": "空欄のときは、発行日と生年月日から計算します。今日の発行なら {day} です。",
        "en": "Left blank it is reckoned from issue and date of birth: {day} for one issued today.",
    },
    "registry.hint.expires_on_unknown": {
        "ja": "生年月日の登録がないため計算できません。カードの券面を見て入力してください。",
        "en": "His date of birth is not known, so it cannot be reckoned: see the card.",
    },
    "registry.card_no_papers": {"ja": "本人確認書類なしで発行されたカード", "en": "Issued without identity papers"},
    "registry.hint.card_no_papers": {
        "ja": "有効期限が、2回目の誕生日までになります。",
        "en": "It lasts until his second birthday after the issue.",
    },
    "registry.card_no_expiry": {"ja": "期限の登録なし", "en": "no expiry known"},
    "registry.card_expires_soon": {
        "ja": "3か月以内に期限が切れるカードがあります。更新の手続きをして、新しいカードを登録してください。",
        "en": "A card expires within three months. Have it renewed, and issue the new one here.",
    },
    "registry.card_standing.valid": {"ja": "有効", "en": "valid"},
    "registry.card_standing.expires_soon": {"ja": "まもなく期限切れ", "en": "expires soon"},
    "registry.card_standing.expired": {"ja": "期限切れ", "en": "expired"},
    "registry.card_standing.lost": {"ja": "紛失", "en": "lost"},
    "registry.card_standing.damaged": {"ja": "破損", "en": "damaged"},
    "registry.card_standing.replaced": {"ja": "再発行・更新", "en": "replaced"},
    "registry.card_standing.revoked": {"ja": "失効", "en": "revoked"},
    "registry.card_end": {"ja": "使えなくする", "en": "End it"},
    "registry.card_end.why": {"ja": "理由", "en": "Why"},
    "registry.card_end.from": {"ja": "使えない最初の日", "en": "From"},
    "registry.done.card_issued": {"ja": "カードを登録しました。", "en": "The card was issued."},
    "registry.done.card_ended": {"ja": "カードを使えなくしました。", "en": "The card was ended."},
    "registry.done.card_reopened": {"ja": "カードの終了を取り消しました。", "en": "The card speaks for him again."},
    "registry.wrong.card_held": {
        "ja": "このカードは、すでにどなたかに登録されています。",
        "en": "Somebody holds this card already.",
    },
    "registry.wrong.card_or_uid": {
        "ja": "触れたカードを選ぶか、カードの番号を入力してください。",
        "en": "Choose a touched card, or type the UID.",
    },
    "registry.wrong.uid": {
        "ja": "カードの番号（UID）は、0～9とA～Fの偶数桁です（40桁まで）。先頭の0が抜けていないか確かめてください。",
        "en": "A UID is an even number of the digits 0–9 and A–F, at most 40: see that no leading 0 is missing.",
    },
    "registry.wrong.tech": {"ja": "カードの種別を選んでください。", "en": "Choose what kind of card it is."},
    "registry.wrong.expires_on": {
        "ja": "有効期限は、発行日より後にしてください。",
        "en": "It cannot expire before it is issued.",
    },
}
