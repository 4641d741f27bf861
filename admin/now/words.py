"""Words of 「現場の今」 that came after the first: who is awaited, the muster list, the wall, and one's own sites."""

WORDS: dict[str, dict[str, str]] = {
    "now.my_sites": {"ja": "自分の現場", "en": "My sites"},
    "now.mark_mine": {"ja": "自分の現場に追加", "en": "Add to my sites"},
    "now.unmark_mine": {"ja": "自分の現場から外す", "en": "Remove from my sites"},
    "now.evacuation": {"ja": "避難時点呼名簿", "en": "Muster list"},
    "now.wall": {"ja": "大画面表示", "en": "Wall screen"},
    "now.displays": {"ja": "常時表示のリンク", "en": "Display links"},
    "now.planned": {"ja": "予定", "en": "Expected"},
    "now.late_or_missing": {"ja": "遅れ・未入場", "en": "Late or missing"},
    "now.arrived": {"ja": "来場", "en": "Came"},
    "now.not_yet": {"ja": "まだ", "en": "Not yet"},
    "now.tallies_caption": {"ja": "会社ごとの人数", "en": "People by contractor"},
    "now.tallies_note": {
        "ja": "予定は、この現場に割り当てた方と、直近5稼働日のうち2日以上来た方です。",
        "en": "Expected: who is assigned here, or came on two or more of the last five working days.",
    },
    "now.total": {"ja": "合計", "en": "Total"},
    "now.absent_caption": {"ja": "まだ来ていない方", "en": "Expected, not here yet"},
    "now.state": {"ja": "状況", "en": "State"},
    "now.usual": {"ja": "いつもの時刻", "en": "Usually"},
    "now.usual_unknown": {"ja": "不明", "en": "unknown"},
    "absence.not_yet": {"ja": "まだ", "en": "Not yet"},
    "absence.late": {"ja": "遅れ", "en": "Late"},
    "absence.missing": {"ja": "未入場", "en": "Missing"},
    "now.remark_two_sites": {
        "ja": "ほかの現場の退場が記録されていません。",
        "en": "The exit from another site was not recorded.",
    },
    "now.came_back": {"ja": "最初の入場 {time}", "en": "first entry {time}"},
    "now.own_people_only": {
        "ja": "自社と下位の会社の方だけを表示しています。",
        "en": "Only your own people and those of the contractors below you are shown.",
    },
    "now.names_by_company": {
        "ja": "人数が多いため、氏名は会社ごとに表示します。会社名を選んでください。"
        "全員の氏名は避難時点呼名簿にあります。",
        "en": "There are many people here: choose a contractor to see names. The muster list has everybody.",
    },
    "now.only_company": {"ja": "{name}の方だけを表示しています。", "en": "Only people of {name} are shown."},
    "now.all_companies": {"ja": "すべての会社を表示", "en": "Show all contractors"},
    "now.cut": {
        "ja": "ほかに{count}人います。全員の氏名は避難時点呼名簿にあります。",
        "en": "{count} more people are not shown here; the muster list has everybody.",
    },
    "now.placeless": {"ja": "現場不明", "en": "Site unknown"},
    "now.find_site": {"ja": "現場名で探す", "en": "Find a site"},
    "now.no_site_found": {"ja": "この名前の現場はありません。", "en": "No site has this name."},
    "now.no_open_sites": {"ja": "表示できる現場がありません。", "en": "There is no site to show."},
    "now.no_open_sites_do": {
        "ja": "工期中の現場に入場予定か入場の記録があると、ここに表示されます。",
        "en": "A site appears here once it is open and your people are expected or have come.",
    },
    # The muster list
    "now.print": {"ja": "印刷", "en": "Print"},
    "now.back": {"ja": "現場の今へ戻る", "en": "Back to the board"},
    "now.muster_as_of": {"ja": "{date} {time} 現在", "en": "As of {date} {time}"},
    "now.muster_lead": {
        "ja": "開いたあとは通信が切れても表示と印刷ができます。人数は開いた時点のものです。",
        "en": "Once open, it can be read and printed without a connection. Numbers are as of when it was opened.",
    },
    "now.muster_inside": {"ja": "入場中 {count}人", "en": "{count} inside"},
    "now.muster_caption": {"ja": "{name} {count}人", "en": "{name}: {count}"},
    "now.kana": {"ja": "フリガナ", "en": "Kana"},
    "now.entered": {"ja": "入場時刻", "en": "Entered"},
    "now.muster_unclosed": {
        "ja": "前日から退場の記録がない方 {count}人",
        "en": "No exit recorded since yesterday: {count}",
    },
    "now.muster_unclosed_note": {
        "ja": "入場中の人数に含めていません。現場に残っていないか確かめてください。",
        "en": "Not counted as inside. Make sure they are not still on site.",
    },
    "now.muster_unclear_count": {"ja": "確認待ち {count}人", "en": "{count} unclear"},
    "now.muster_unclear": {
        "ja": "電話はあったが、記録が確認待ちの方 {count}人",
        "en": "Called, but not yet recorded: {count}",
    },
    "now.muster_unclear_note": {
        "ja": "入場中の人数に含めていません。現場にいるかもしれません。",
        "en": "Not counted as inside. They may be on site.",
    },
    "now.called": {"ja": "電話の時刻", "en": "Called"},
    "now.muster_nobody": {"ja": "入場中の方はいません。", "en": "Nobody is inside."},
    "now.muster_choose": {"ja": "名簿を出す現場を選んでください。", "en": "Choose the site to list."},
    "now.muster_counted": {"ja": "確認した人数", "en": "People counted"},
    "now.muster_by": {"ja": "点呼者", "en": "Counted by"},
    "now.day_before": {"ja": "前日", "en": "Yesterday"},
    # The wall screen
    "now.wall_others": {"ja": "ほか{count}社", "en": "{count} more contractors"},
    "now.wall_choose": {"ja": "大画面に出す現場を選んでください。", "en": "Choose the site for the wall screen."},
    "now.displays_title": {"ja": "常時表示のリンク", "en": "Display links"},
    "now.displays_lead": {
        "ja": "事務所や詰所の画面に、ログインせずに人数だけを出し続けるためのリンクです。氏名は出ません。"
        "作った人の権限がなくなると使えなくなります。",
        "en": "A link that keeps the numbers on a screen without signing in. It shows no names, "
        "and stops working when whoever made it loses the right to see the site.",
    },
    "now.display_new": {"ja": "リンクを作る", "en": "Make a link"},
    "now.display_made": {"ja": "作成", "en": "Made"},
    "now.display_by": {"ja": "作成者", "en": "Made by"},
    "now.display_until": {"ja": "有効期限", "en": "Works until"},
    "now.display_address": {"ja": "リンク", "en": "Link"},
    "now.display_open": {"ja": "開く", "en": "Open"},
    "now.display_dark": {"ja": "暗い画面で開く", "en": "Open dark"},
    "now.display_end": {"ja": "無効にする", "en": "End"},
    "now.display_none": {"ja": "この現場のリンクはまだありません。", "en": "This site has no link yet."},
    "now.display_caption": {"ja": "有効なリンク", "en": "Links that work"},
    "now.display_over": {
        "ja": "このリンクは無効です。現場の今から作り直してください。",
        "en": "This link no longer works. Make a new one from the board.",
    },
}
