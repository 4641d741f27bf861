"""The words of the pages, in Japanese and English, by key. {names} are filled in when a page is made."""

from collections.abc import Mapping

from core.texts.office import OFFICE

LANGUAGES = {"ja": "日本語", "en": "English"}
DEFAULT_LANGUAGE = "ja"

WORDS: dict[str, dict[str, str]] = {
    "product": {"ja": "現場コール", "en": "Genba Call"},
    "skip": {"ja": "本文へ移動", "en": "Skip to the content"},
    "language": {"ja": "表示言語", "en": "Language"},
    "nav.label": {"ja": "メニュー", "en": "Menu"},
    "nav.now": {"ja": "現場の今", "en": "On site now"},
    "nav.group.daily": {"ja": "毎日の仕事", "en": "Every day"},
    "nav.group.registry": {"ja": "台帳", "en": "Registry"},
    "nav.group.papers": {"ja": "資料・集計", "en": "Papers"},
    "nav.group.admin": {"ja": "管理", "en": "Administration"},
    "nav.account": {"ja": "ログイン中", "en": "Signed in as"},
    # Signing in
    "sign_in.title": {"ja": "ログイン", "en": "Sign in"},
    "sign_in.lead": {
        "ja": "管理者から受け取ったログインIDとパスワードを入力してください。",
        "en": "Enter the login and the password your administrator gave you.",
    },
    "sign_in.login": {"ja": "ログインID", "en": "Login"},
    "sign_in.password": {"ja": "パスワード", "en": "Password"},
    "sign_in.submit": {"ja": "ログイン", "en": "Sign in"},
    "sign_in.no_login": {"ja": "ログインIDを入力してください。", "en": "Enter your login."},
    "sign_in.no_password": {"ja": "パスワードを入力してください。", "en": "Enter your password."},
    "sign_in.wrong": {
        "ja": "ログインIDまたはパスワードが違います。続けて5回間違えたときは、5分待ってからお試しください。",
        "en": "Login or password is wrong. After five wrong attempts, wait five minutes before you try again.",
    },
    "sign_in.held_back": {
        "ja": "この場所からのログインの失敗が続いています。15分ほど待ってからお試しください。",
        "en": "Too many sign-ins from this place have failed. Please wait a quarter of an hour.",
    },
    "sign_in.locked": {
        "ja": "続けて5回間違えたため、{time}までログインできません。",
        "en": "After five wrong attempts you cannot sign in until {time}.",
    },
    "sign_in.locked_way_mail": {
        "ja": "お急ぎのときは、「パスワードを忘れたとき」からメールで再設定すると、すぐにログインできます。",
        "en": "If it is urgent: “Forgot your password?” mails you a link, and lets you in at once.",
    },
    "sign_in.locked_way": {
        "ja": "お急ぎのときは、管理者に解除を頼んでください。",
        "en": "If it is urgent, ask your administrator to lift the lock.",
    },
    "sign_in.forgotten": {"ja": "パスワードを忘れたとき", "en": "Forgot your password?"},
    "sign_in.reset_done": {
        "ja": "新しいパスワードにしました。ログインしてください。",
        "en": "Your password is changed. Please sign in.",
    },
    "sign_out": {"ja": "ログアウト", "en": "Sign out"},
    # The board
    "now.site": {"ja": "現場", "en": "Site"},
    "now.all_sites": {"ja": "すべての現場", "en": "All sites"},
    "now.show": {"ja": "表示", "en": "Show"},
    "now.inside": {"ja": "入場中", "en": "Inside"},
    "now.left": {"ja": "退場済み", "en": "Left today"},
    "now.crews": {"ja": "会社", "en": "Contractors"},
    "now.unclear": {"ja": "本日の要確認", "en": "To review today"},
    "now.people": {"ja": "人", "en": ""},
    "now.crews_unit": {"ja": "社", "en": ""},
    "now.punches_unit": {"ja": "件", "en": ""},
    "now.people_count": {"ja": "{count}人", "en": "{count}"},
    "now.last_received": {"ja": "最終受信", "en": "Last received"},
    "now.nothing_received": {"ja": "本日の受信はまだありません", "en": "Nothing received yet today"},
    "now.live": {"ja": "自動更新中", "en": "Live"},
    "now.lost": {
        "ja": "通信が切れています。表示は{time}時点のものです。つながると自動で更新します。",
        "en": "Connection lost. What you see is from {time}; it will refresh by itself once we are connected again.",
    },
    "now.no_script": {
        "ja": "この画面は30秒ごとに読み込み直します。",
        "en": "This page reloads every 30 seconds.",
    },
    "age.now": {"ja": "たった今", "en": "just now"},
    "age.minutes": {"ja": "{n}分前", "en": "{n} min ago"},
    "age.hours": {"ja": "{n}時間前", "en": "{n} h ago"},
    "age.days": {"ja": "{n}日前", "en": "{n} days ago"},
    "now.inside_caption": {"ja": "入場中の方（会社別）", "en": "Inside now, by contractor"},
    "now.left_caption": {"ja": "本日退場した方", "en": "Left today"},
    "now.unclosed_caption": {"ja": "前日の退場の記録がない方", "en": "No exit recorded yesterday"},
    "now.unclosed_note": {
        "ja": "入場中の人数には含めていません。",
        "en": "Not counted as inside.",
    },
    "now.latest_caption": {"ja": "最近の受信", "en": "Latest punches"},
    "now.sites_caption": {"ja": "現場ごとの人数", "en": "People by site"},
    "now.name": {"ja": "氏名", "en": "Name"},
    "now.contractor": {"ja": "会社", "en": "Contractor"},
    "now.no_contractor": {"ja": "所属未登録", "en": "Contractor not registered"},
    "now.since": {"ja": "入場", "en": "Since"},
    "now.first_entry": {"ja": "最初の入場", "en": "First entry"},
    "now.exit": {"ja": "退場", "en": "Exit"},
    "now.entry": {"ja": "入場", "en": "Entry"},
    "now.no_time": {"ja": "記録なし", "en": "none"},
    "now.check": {"ja": "確認", "en": "Check"},
    "now.time": {"ja": "時刻", "en": "Time"},
    "now.who": {"ja": "氏名・番号", "en": "Name or number"},
    "now.what": {"ja": "結果", "en": "Result"},
    "now.last_moved": {"ja": "最終記録", "en": "Last"},
    "now.hidden_number": {"ja": "番号非通知", "en": "Number withheld"},
    "now.nobody": {"ja": "未登録", "en": "Not registered"},
    "now.printed": {"ja": "{time} 現在", "en": "As of {time}"},
    "now.empty": {"ja": "本日はまだ、だれも入場していません。", "en": "Nobody has entered yet today."},
    "now.all_left": {"ja": "いま入場している人はいません。", "en": "Nobody is inside at the moment."},
    "now.call": {
        "ja": "{number} に電話をかけると、ここに入場が表示されます。",
        "en": "Call {number}: the entry will appear here.",
    },
    "now.call_and_hang_up": {
        "ja": "{number} に電話をかけ、呼び出し音を聞いたら切ってください。ここに入場が表示されます。",
        "en": "Call {number}, let it ring and hang up: the entry will appear here.",
    },
    "now.no_line": {
        "ja": "この現場で使う電話番号がまだありません。「電話回線」で割り当てると、電話で入場できます。",
        "en": "No phone line serves this site yet. Assign one under Phone lines.",
    },
    "now.no_sites": {"ja": "現場がまだ登録されていません。", "en": "No site is registered yet."},
    "now.no_sites_do": {
        "ja": "「現場」で登録するか、「取り込み」で現場の一覧（CSVかExcel）を取り込んでください。",
        "en": "Register one under Sites, or bring in a list (CSV or Excel) under Import.",
    },
    "now.no_punches": {"ja": "受信はまだありません。", "en": "Nothing received yet."},
    "now.nobody_left": {"ja": "退場した方はまだいません。", "en": "Nobody has left yet."},
    # What became of a punch
    "verdict.accepted": {"ja": "記録済み", "en": "Recorded"},
    "verdict.duplicate": {"ja": "重複", "en": "Repeat"},
    "verdict.needs_review": {"ja": "要確認", "en": "To review"},
    "verdict.refused": {"ja": "記録なし", "en": "Not recorded"},
    "verdict.open": {"ja": "通話中", "en": "On the phone"},
    "direction.entry": {"ja": "入場", "en": "Entry"},
    "direction.exit": {"ja": "退場", "en": "Exit"},
    "channel.phone": {"ja": "電話", "en": "Phone"},
    "channel.crew": {"ja": "職長の電話", "en": "Foreman's call"},
    "channel.card": {"ja": "カード", "en": "Card"},
    "channel.face": {"ja": "顔認証", "en": "Face"},
    "channel.qr": {"ja": "QRコード", "en": "QR code"},
    "channel.partner": {"ja": "連携システム", "en": "Partner system"},
    "channel.keypad": {"ja": "ID入力", "en": "Typed id"},
    "channel.logger": {"ja": "記録端末", "en": "Logger"},
    "channel.direct": {"ja": "直接入力", "en": "Entered by hand"},
    **OFFICE,  # why a punch was not simply accepted, and why a person changed one
    # When something is wrong
    "error.403.title": {"ja": "この操作はできません", "en": "This cannot be done"},
    "error.403.text": {
        "ja": "この画面やこの操作の権限がありません。権限があるはずのときは、画面を開き直してもう一度お試しください。",
        "en": "Your role does not include this page or action. If it should, open the page again and retry.",
    },
    "error.404.title": {"ja": "ページが見つかりません", "en": "Page not found"},
    "error.404.text": {
        "ja": "アドレスが変わったか、入力に間違いがあるようです。",
        "en": "The address has changed or was mistyped.",
    },
    "error.500.title": {"ja": "画面を表示できませんでした", "en": "The page could not be shown"},
    "error.500.text": {
        "ja": "システムの不具合です。しばらくしてからもう一度お試しください。続くときは管理者に知らせてください。",
        "en": "The fault is ours. Please try again in a while, and tell your administrator if it stays.",
    },
    "error.503.title": {"ja": "ただいま画面を表示できません", "en": "The pages cannot be shown just now"},
    "error.503.text": {
        "ja": "データベースにつながりません。入力は保存されていないことがあります。1分ほどしてもう一度お試しください。",
        "en": "The database cannot be reached. What was typed may not be saved. Wait a minute, then try again.",
    },
    "problem.not_allowed.title": {"ja": "この操作はできませんでした", "en": "This could not be done"},
    "problem.not_allowed.text": {
        "ja": "ほかの方が先に変更したか、期限を過ぎています。前の画面に戻り、最新の内容を確かめてください。",
        "en": "Somebody changed it first, or the deadline is over. Go back and look at what it says now.",
    },
    "problem.invalid_input.title": {"ja": "入力に誤りがあります", "en": "Something typed is not right"},
    "problem.invalid_input.text": {
        "ja": "前の画面に戻り、入力を直してもう一度お試しください。",
        "en": "Go back, mend what was typed, and try again.",
    },
    "problem.overlap.title": {"ja": "期間が重なっています", "en": "The periods cross"},
    "problem.overlap.text": {
        "ja": "同じ内容が別の期間で登録されています。前の画面に戻り、日付を直してください。",
        "en": "The same is registered for a period that crosses this one. Go back and change the dates.",
    },
    "problem.domain_error.title": {"ja": "この操作はできませんでした", "en": "This could not be done"},
    "problem.domain_error.text": {
        "ja": "前の画面に戻り、内容を確かめてください。",
        "en": "Go back and look at what was typed.",
    },
    "problem.detail": {"ja": "詳細:", "en": "Detail:"},
    # What every list and form has
    "crumbs.label": {"ja": "現在の位置", "en": "You are here"},
    "list.all": {"ja": "すべて", "en": "All"},
    "list.total": {"ja": "{count}件", "en": "{count}"},
    "list.range": {"ja": "{total}件中 {first}～{last}件目", "en": "{first}–{last} of {total}"},
    "list.pages": {"ja": "ページの移動", "en": "Pages"},
    "list.next": {"ja": "次へ", "en": "Next"},
    "list.previous": {"ja": "前へ", "en": "Previous"},
    "list.filter": {"ja": "絞り込む", "en": "Filter"},
    "list.search": {"ja": "検索", "en": "Search"},
    "list.clear": {"ja": "条件をすべて外す", "en": "Clear all"},
    "list.nothing": {"ja": "条件に合うものはありません。", "en": "Nothing matches."},
    "form.save": {"ja": "保存する", "en": "Save"},
    "form.cancel": {"ja": "やめる", "en": "Cancel"},
    "form.optional": {"ja": "任意", "en": "optional"},
    "form.required": {"ja": "必須", "en": "required"},
    "form.problems": {"ja": "入力を確かめてください", "en": "Please look at what was typed"},
    "form.choose": {"ja": "選んでください", "en": "Choose"},
    "copy.do": {"ja": "コピー", "en": "Copy"},
    "copy.done": {"ja": "コピーしました", "en": "Copied"},
    "toast.undo": {"ja": "元に戻す", "en": "Undo"},
    "toast.close": {"ja": "閉じる", "en": "Close"},
    "error.other.title": {"ja": "受け付けられませんでした", "en": "The request was not accepted"},
    "error.other.text": {
        "ja": "画面を開き直して、もう一度お試しください。",
        "en": "Open the page again and retry.",
    },
    "error.home": {"ja": "現場の今へ戻る", "en": "Back to the board"},
}


def add_words(words: Mapping[str, Mapping[str, str]]) -> None:
    """Add the words of pages that come from elsewhere. Raises ValueError when one lacks a language."""
    for key, texts in words.items():
        if texts.keys() != LANGUAGES.keys():
            raise ValueError(f"{key} needs a text in each of: {', '.join(LANGUAGES)}")
        WORDS[key] = dict(texts)


def word(key: str, language: str, **values: object) -> str:
    """Return the text of a key. Raises KeyError when there is none: a page never shows a bare key."""
    text = WORDS[key][language]
    return text.format(**values) if values else text
