"""The words of the notices."""

WORDS: dict[str, dict[str, str]] = {
    "notices.title": {"ja": "お知らせ", "en": "Notices"},
    "notices.lead": {
        "ja": "この2週間のお知らせです。1日に1回、同じ現場・番号・機器の同じことは1件にまとめています。",
        "en": "Of the last two weeks. The same matter of a site, line or device is told once a day.",
    },
    "notices.empty": {
        "ja": "お知らせはありません。退場の記録がない方や登録のない番号からの電話があると、ここに出ます。",
        "en": "Nothing to tell. Missing exits, unknown callers and the like will appear here.",
    },
    "notices.new": {"ja": "新着", "en": "New"},
    "notices.mark_seen": {"ja": "すべて確認済みにする", "en": "Mark all as read"},
    "notices.to_settings": {"ja": "受け取り方を変える", "en": "How you are told"},
    "notices.open": {"ja": "確認する", "en": "Look"},
    "notices.mailed": {"ja": "メール済み", "en": "mailed"},
    "notices.kind.missing_exits": {"ja": "退場の記録がない方が{count}人います", "en": "{count} without an exit"},
    "notices.kind.unknown_callers": {
        "ja": "登録のない番号から{count}件の電話がありました",
        "en": "{count} calls from numbers nobody is registered under",
    },
    "notices.kind.line_silent": {
        "ja": "前の稼働日のこの時間までに{count}人が使った電話番号に、今日はまだ電話がありません",
        "en": "No call yet on this line; by this hour of the working day before {count} people had used it",
    },
    "notices.kind.missed_touches": {
        "ja": "打刻漏れの申請が{count}件、承認を待っています",
        "en": "{count} missed-touch requests wait for a decision",
    },
    "notices.kind.proposals": {
        "ja": "記録への提案が{count}件、回答を待っています",
        "en": "{count} proposed changes to workers' records",
    },
    "notices.kind.month_differences": {
        "ja": "月締め確認に食い違いが{count}件あります",
        "en": "{count} checked months differ",
    },
    "notices.kind.tier_invitations": {
        "ja": "施工体制への招待が{count}件、貴社の承認を待っています",
        "en": "{count} invitations into the structure wait for your word",
    },
    "notices.kind.tier_acceptances": {
        "ja": "昨日、{count}社が施工体制への招待を承認しました",
        "en": "{count} contractors accepted an invitation yesterday",
    },
    "notices.kind.tier_refusals": {
        "ja": "{count}社が施工体制への招待を断りました。上位会社を決め直してください",
        "en": "{count} contractors declined an invitation and stand in no other place yet",
    },
    "notices.kind.tier_questions": {
        "ja": "承認済みの上位会社が、入場の様子と合わない会社が{count}社あります",
        "en": "{count} accepted upper contractors do not fit the entries",
    },
    "notices.kind.device_silent": {
        "ja": "カードリーダーの機器から{count}分間、連絡がありません",
        "en": "Nothing heard of this card reader for {count} minutes",
    },
    "notices.kind.device_no_reader": {
        "ja": "機器からカードリーダーが外れています",
        "en": "Its card reader is unplugged",
    },
    "notices.kind.device_held_up": {
        "ja": "機器に打刻{count}件が届かないまま残っています",
        "en": "{count} touches wait in this device and do not arrive",
    },
    "notices.kind.webhooks_paused": {
        "ja": "連携先が受け取らないため、送信を止めた通知先 {count}件",
        "en": "{count} webhooks are paused: their receivers take nothing any more",
    },
    # How to be told
    "notices.settings": {"ja": "お知らせの受け取り方", "en": "How you are told"},
    "notices.settings.lead": {
        "ja": "メールは、まとめて1通でお送りします。ほかの方の設定には影響しません。",
        "en": "Mails come as one digest. This concerns only you.",
    },
    "notices.no_mail": {
        "ja": "メールの送信が設定されていません。お知らせは、この画面にだけ出ます。",
        "en": "No mail server is set: notices appear on this page only.",
    },
    "notices.no_address": {
        "ja": "メールアドレスが登録されていないため、メールは届きません。アカウントの画面で登録してください。",
        "en": "You have no e-mail address, so nothing is mailed. Enter one on your account's page.",
    },
    "notices.ways": {"ja": "種類ごとの受け取り方", "en": "By kind"},
    "notices.way.mail": {"ja": "画面とメール", "en": "Page and mail"},
    "notices.way.page": {"ja": "画面だけ", "en": "Page only"},
    "notices.way.off": {"ja": "受け取らない", "en": "Not at all"},
    "notices.name.missing_exits": {"ja": "退場の記録がない方", "en": "Missing exits"},
    "notices.name.unknown_callers": {"ja": "登録のない番号からの電話", "en": "Unknown callers"},
    "notices.name.line_silent": {"ja": "電話の来ない番号", "en": "Silent lines"},
    "notices.name.missed_touches": {"ja": "打刻漏れの申請", "en": "Missed-touch requests"},
    "notices.name.proposals": {"ja": "記録への提案", "en": "Proposals to records"},
    "notices.name.month_differences": {"ja": "月締め確認の食い違い", "en": "Month differences"},
    "notices.name.tier_invitations": {"ja": "施工体制への招待", "en": "Invitations into structures"},
    "notices.name.tier_acceptances": {"ja": "招待の承認", "en": "Accepted invitations"},
    "notices.name.tier_refusals": {"ja": "断られた招待", "en": "Declined invitations"},
    "notices.name.tier_questions": {"ja": "確かめたい上位会社", "en": "Questioned upper contractors"},
    "notices.name.device_silent": {"ja": "連絡のない機器", "en": "Silent devices"},
    "notices.name.device_no_reader": {"ja": "リーダーが外れた機器", "en": "Devices without a reader"},
    "notices.name.device_held_up": {"ja": "打刻が届かない機器", "en": "Devices whose touches do not arrive"},
    "notices.name.webhooks_paused": {"ja": "止まった連携の通知先", "en": "Paused webhooks of partner systems"},
    "notices.times": {"ja": "時刻", "en": "Times"},
    "notices.exits_at": {"ja": "退場の記録がない方を知らせる時刻", "en": "Tell of missing exits at"},
    "notices.callers_at": {"ja": "登録のない番号を知らせる時刻", "en": "Tell of unknown callers at"},
    "notices.quiet": {"ja": "メールを送らない時間", "en": "No mail between"},
    "notices.quiet_from": {"ja": "開始", "en": "from"},
    "notices.quiet_until": {"ja": "終了", "en": "until"},
    "notices.quiet_hint": {
        "ja": "この間のお知らせは、終了の時刻のあとに1通でお送りします。",
        "en": "What falls into it is mailed as one afterwards.",
    },
    "notices.weekdays": {"ja": "メールを送る曜日", "en": "Mail on"},
    "notices.weekday.0": {"ja": "月", "en": "Mon"},
    "notices.weekday.1": {"ja": "火", "en": "Tue"},
    "notices.weekday.2": {"ja": "水", "en": "Wed"},
    "notices.weekday.3": {"ja": "木", "en": "Thu"},
    "notices.weekday.4": {"ja": "金", "en": "Fri"},
    "notices.weekday.5": {"ja": "土", "en": "Sat"},
    "notices.weekday.6": {"ja": "日", "en": "Sun"},
    "notices.muted": {"ja": "知らせない現場", "en": "Sites not to be told of"},
    "notices.bad_time": {"ja": "時刻を 18:30 の形で入力してください。", "en": "Enter a time such as 18:30."},
    "notices.saved": {"ja": "保存しました。", "en": "Saved."},
}
