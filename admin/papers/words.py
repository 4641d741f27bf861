"""Words of the papers, and of the links that take lists out."""

WORDS: dict[str, dict[str, str]] = {
    "exports.title": {"ja": "書き出し", "en": "Export"},
    "exports.xlsx": {"ja": "Excel（.xlsx）", "en": "Excel (.xlsx)"},
    "exports.csv": {"ja": "CSV（UTF-8）", "en": "CSV (UTF-8)"},
    "exports.csv-sjis": {"ja": "CSV（Shift_JIS・給与ソフト用）", "en": "CSV (Shift_JIS, for older Japanese software)"},
    "exports.note": {
        "ja": "いまの絞り込みのまま書き出します。Shift_JISにない文字は〓になります。"
        "だれが書き出したかは記録に残ります。",
        "en": "The list is taken out as it is filtered now. Signs that Shift_JIS lacks become 〓. "
        "Who took it out is noted.",
    },
    "papers.title": {"ja": "掲示物・資料", "en": "Posters and papers"},
    "papers.lead": {
        "ja": "現場を選ぶと、その現場の電話番号が入ったポスターや資料を印刷できます。",
        "en": "Choose a site to print posters and papers with its own phone numbers.",
    },
    "papers.search": {"ja": "現場名・フリガナ", "en": "Site name"},
    "papers.caption": {"ja": "現場", "en": "Sites"},
    "papers.site": {"ja": "現場", "en": "Site"},
    "papers.prime": {"ja": "元請", "en": "Prime contractor"},
    "papers.from": {"ja": "着工", "en": "Starts"},
    "papers.until": {"ja": "完了", "en": "Ends"},
    "papers.no_sites": {
        "ja": "印刷できる現場がまだありません。現場を登録すると、ここに並びます。",
        "en": "There is no site to print for yet. Sites appear here once they are registered.",
    },
    "papers.not_found": {
        "ja": "条件に合う現場がありません。現場名の一部だけで探してみてください。",
        "en": "No site fits. Try a part of the name.",
    },
    "papers.no_line": {
        "ja": "この現場で使う電話番号がまだありません。番号が決まるまで、ポスターの番号の欄は空になります。",
        "en": "No phone line serves this site yet. Until one does, the number on the poster stays blank.",
    },
    "papers.numbers": {"ja": "電話番号", "en": "Numbers"},
    "papers.languages": {"ja": "ポスターに載せることば", "en": "Languages on the posters"},
    "papers.languages_hint": {
        "ja": "やさしい日本語は必ず載ります。現場にいる人のことばだけに減らすと、文字が見やすくなります。",
        "en": "Easy Japanese is always there.",
    },
    "papers.leaflet_language": {"ja": "リーフレットのことば", "en": "Language of the leaflet"},
    "papers.apply": {"ja": "見本に反映", "en": "Update the previews"},
    "papers.settings": {"ja": "ことばを選ぶ", "en": "Choose languages"},
    "papers.poster": {"ja": "入退場ポスター", "en": "Entry and exit poster"},
    "papers.poster_text": {
        "ja": "ゲートに貼ります。番号とQRコード、かけ方が3つの手順で載っています。",
        "en": "For the gate: the number, a QR code and three steps.",
    },
    "papers.card": {"ja": "カードタッチのポスター", "en": "Card poster"},
    "papers.card_text": {"ja": "カードリーダーのそばに貼ります。", "en": "To hang beside a card reader."},
    "papers.leaflet": {"ja": "本人に渡すリーフレット", "en": "Leaflet for workers"},
    "papers.leaflet_text": {
        "ja": "新しく来た人に渡します。A4を2つに折って使います。",
        "en": "For newcomers: one A4 sheet, folded.",
    },
    "papers.manual": {"ja": "現場運用マニュアル", "en": "Manual for the site"},
    "papers.manual_text": {
        "ja": "現場の担当者用です。朝にすること、要確認の片付け方、月の締めを2ページにまとめています。",
        "en": "Two pages in Japanese for whoever runs the site.",
    },
    "papers.preview": {"ja": "{name}の見本", "en": "Preview: {name}"},
    "papers.print": {"ja": "{size}を開く（PDF）", "en": "Open {size} (PDF)"},
    "papers.code_on": {"ja": "今日の番号を入れる日", "en": "Day whose code is printed"},
    "papers.code_hint": {
        "ja": "番号を印刷した記録が残ります。空欄の枠に毎朝書くなら、上のボタンから印刷してください。",
        "en": "That the code was printed is noted. To write it by hand each morning, use the buttons above.",
    },
    "papers.print_code": {"ja": "番号入りで開く（PDF）", "en": "Open with the code (PDF)"},
    "papers.other_site": {"ja": "ほかの現場を選ぶ", "en": "Another site"},
}
