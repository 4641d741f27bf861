"""The words of the accounts' pages."""

from admin.accounts.words_mail import WORDS as MAIL_WORDS
from admin.accounts.words_people import WORDS as PEOPLE_WORDS

WORDS: dict[str, dict[str, str]] = {
    **MAIL_WORDS,
    **PEOPLE_WORDS,
    "accounts.to_sign_in": {"ja": "ログイン画面へ", "en": "To the sign-in page"},
    "accounts.none": {"ja": "登録なし", "en": "none"},
    "accounts.change": {"ja": "変更", "en": "Change"},
    "accounts.password_now": {"ja": "今のパスワード", "en": "Your present password"},
    "accounts.password_new": {"ja": "新しいパスワード", "en": "New password"},
    "accounts.password_hint": {
        "ja": "15文字以上。言葉をいくつか並べると、長くても覚えやすくなります。",
        "en": "At least 15 characters. A few words in a row are long and easy to remember.",
    },
    "accounts.password_unfit": {
        "ja": "パスワードは15文字以上にしてください。",
        "en": "A password has at least 15 characters.",
    },
    "accounts.password_wrong": {
        "ja": "今のパスワードが違います。5回間違えると、5分間使えなくなります。",
        "en": "Your present password is wrong. After five wrong attempts you have to wait five minutes.",
    },
    "accounts.email_unfit": {"ja": "メールアドレスの形になっていません。", "en": "This is not a mail address."},
    "accounts.name_taken": {
        "ja": "この名前はシステムが使っています。ご自分の氏名を入力してください。",
        "en": "The system itself goes by this name. Enter your own.",
    },
    "accounts.name_unfit": {"ja": "氏名を入力してください。", "en": "Enter your name."},
    "accounts.login_unfit": {
        "ja": "ログインIDは、空白を入れずに200文字までで決めてください。",
        "en": "A login has up to 200 characters and no spaces.",
    },
    "accounts.login_taken": {
        "ja": "このログインIDはすでに使われています。別のIDにしてください。",
        "en": "This login is taken. Please choose another one.",
    },
    "accounts.code_wrong": {
        "ja": "確認コードが違います。アプリにいま表示されている6桁を入力してください。",
        "en": "The code is wrong. Enter the six digits that the app shows now.",
    },
    # The second step of signing in
    "accounts.code.title": {"ja": "2段階認証", "en": "Second step"},
    "accounts.code.lead": {
        "ja": "認証アプリに表示されている6桁の確認コードを入力してください。",
        "en": "Enter the six-digit code that your app shows.",
    },
    "accounts.code.lead_mail": {
        "ja": "登録したメールアドレスに、ログイン用のリンクを送ります。",
        "en": "We mail you a link that signs you in.",
    },
    "accounts.code.code": {"ja": "確認コード（またはリカバリーコード）", "en": "Code (or a recovery code)"},
    "accounts.code.recovery": {"ja": "リカバリーコード", "en": "Recovery code"},
    "accounts.code.submit": {"ja": "ログイン", "en": "Sign in"},
    "accounts.code.wrong": {
        "ja": "コードが違うか、すでに使われています。新しいコードで、もう一度お試しください。",
        "en": "The code is wrong or was used already. Try again with a new one.",
    },
    "accounts.code.locked": {
        "ja": "続けて5回間違えたため、{time}までコードを使えません。",
        "en": "After five wrong attempts, codes are not accepted until {time}.",
    },
    "accounts.code.locked_way_mail": {
        "ja": "お急ぎのときは、下のボタンでメールのリンクを受け取ってください。",
        "en": "If it is urgent, have a link mailed to you below.",
    },
    "accounts.code.locked_way": {
        "ja": "お急ぎのときは、管理者に解除を頼んでください。",
        "en": "If it is urgent, ask your administrator to lift the lock.",
    },
    "accounts.code.mail_lead": {
        "ja": "コードを使えないときは、{mail} にログイン用のリンクを送れます。",
        "en": "If you cannot use a code, we can mail a link to {mail}.",
    },
    "accounts.code.mail": {"ja": "メールでリンクを受け取る", "en": "Mail me a link"},
    "accounts.code.sent": {
        "ja": (
            "メールを送りました。10分以内に、この端末のこのブラウザで開いてください。届かないときは、"
            "1分ほど待ってからもう一度お試しください。"
        ),
        "en": (
            "We have sent a mail. Open it within ten minutes, in this browser. "
            "If it does not come, retry after a minute."
        ),
    },
    "accounts.code.lost": {
        "ja": (
            "スマートフォンをなくしたときは、リカバリーコードを入力してください。それもないときは、"
            "管理者に2段階認証の解除を頼んでください。"
        ),
        "en": "If you lost your phone, enter a recovery code. If you have none, ask your administrator for help.",
    },
    "accounts.code.lost_mail": {
        "ja": (
            "メールを受け取れないときは、リカバリーコードを入力してください。それもないときは、"
            "管理者に2段階認証の解除を頼んでください。"
        ),
        "en": "If you get no mail, enter a recovery code. If you have none, ask your administrator for help.",
    },
    "accounts.code.other": {"ja": "別のIDでログインする", "en": "Sign in as somebody else"},
    "accounts.link.title": {"ja": "メールのリンク", "en": "Link from your mail"},
    "accounts.link.lead": {
        "ja": "下のボタンを押すと、ログインが完了します。",
        "en": "Press the button to go on.",
    },
    "accounts.link.submit": {"ja": "続ける", "en": "Go on"},
    "accounts.link.elsewhere": {
        "ja": "このリンクは、パスワードを入力したのと同じ端末の同じブラウザで開いてください。",
        "en": "Open this link in the browser in which you entered your password.",
    },
    "accounts.link.over": {
        "ja": "このリンクはすでに使われたか、期限が切れています。もう一度、はじめからお試しください。",
        "en": "This link has been used, or is too old. Please start again.",
    },
    # Setting it up
    "accounts.enrol.title": {"ja": "2段階認証の設定", "en": "Set up the second step"},
    "accounts.enrol.lead_first": {
        "ja": "多くの方の記録を扱うアカウントのため、はじめに2段階認証を設定します。2分ほどで終わります。",
        "en": "This account reaches many people's records, so a second step is needed. It takes two minutes.",
    },
    "accounts.enrol.lead": {
        "ja": (
            "ログインのとき、パスワードのほかにスマートフォンの確認コードを使います。"
            "パスワードを知られても、他人は入れません。"
        ),
        "en": (
            "Besides the password, signing in then asks for a code from your phone: a stolen password alone is no use."
        ),
    },
    "accounts.enrol.install": {
        "ja": "スマートフォンに認証アプリを入れます（Google Authenticator、Microsoft Authenticator など）。",
        "en": "Install an authenticator app on your phone (Google or Microsoft Authenticator, for example).",
    },
    "accounts.enrol.scan": {"ja": "アプリで、この二次元コードを読み取ります。", "en": "Scan this code with the app."},
    "accounts.enrol.qr": {"ja": "認証アプリで読み取る二次元コード", "en": "Code to be scanned with the app"},
    "accounts.enrol.by_hand": {"ja": "読み取れないときは、このキーを入力します", "en": "Or type this key"},
    "accounts.enrol.code": {"ja": "アプリに表示された6桁の確認コード", "en": "The six digits the app shows"},
    "accounts.enrol.submit": {"ja": "設定する", "en": "Set up"},
    "accounts.enrol.mail_title": {"ja": "スマートフォンを使わないとき", "en": "Without a phone"},
    "accounts.enrol.mail_lead": {
        "ja": (
            "ログインのたびに {mail} へ届くリンクを、2段階目として使うこともできます。"
            "届くことを確かめるため、まず1通送ります。"
        ),
        "en": "A link mailed to {mail} at each sign-in can serve instead. We send one first, to see that it arrives.",
    },
    "accounts.enrol.mail": {"ja": "メールを使う", "en": "Use mail"},
    "accounts.codes.title": {"ja": "リカバリーコード", "en": "Recovery codes"},
    "accounts.codes.done": {"ja": "設定できました。", "en": "Done."},
    "accounts.codes.lead": {
        "ja": "スマートフォンやメールを使えないとき、確認コードの代わりに使います。1つのコードは1回だけ使えます。",
        "en": "They stand in for a code when you have no phone or mail at hand. Each works once.",
    },
    "accounts.codes.of": {"ja": "{login} 用", "en": "For {login}"},
    "accounts.codes.keep": {
        "ja": "この画面は二度と表示されません。印刷するか書き写して、鍵のかかる場所に保管してください。",
        "en": "This page is never shown again. Print it or copy it down, and keep it locked away.",
    },
    "accounts.codes.next": {"ja": "保管しました。先へ進む", "en": "I have kept them. Go on"},
    # A forgotten password
    "accounts.forgotten.title": {"ja": "パスワードを忘れたとき", "en": "Forgot your password?"},
    "accounts.forgotten.lead": {
        "ja": "ログインIDを入力してください。登録したメールアドレスに、再設定のリンクを送ります。",
        "en": "Enter your login. We mail a link for a new password to your address.",
    },
    "accounts.forgotten.submit": {"ja": "リンクを送る", "en": "Mail me a link"},
    "accounts.forgotten.sent": {
        "ja": "このIDにメールアドレスが登録されていれば、再設定のリンクを送りました。30分以内に開いてください。",
        "en": "If this login has a mail address, we have sent a link to it. Open it within 30 minutes.",
    },
    "accounts.forgotten.not_come": {
        "ja": "数分待っても届かないときは、迷惑メールを確かめるか、管理者に再設定を頼んでください。",
        "en": "If it does not come within minutes, look among the spam, or ask your administrator.",
    },
    "accounts.forgotten.admin": {
        "ja": (
            "メールアドレスを登録していないときは、あなたを招待した会社の管理者に、パスワードの再設定を頼んでください。"
        ),
        "en": "Without a mail address, ask the administrator who invited you for a new password.",
    },
    "accounts.reset.title": {"ja": "新しいパスワード", "en": "New password"},
    "accounts.reset.lead": {
        "ja": "{login} の新しいパスワードを決めてください。ほかの端末ではログアウトされます。",
        "en": "Choose a new password for {login}. It will be signed out everywhere else.",
    },
    "accounts.reset.submit": {"ja": "このパスワードにする", "en": "Use this password"},
    "accounts.reset.again": {"ja": "もう一度リンクを送る", "en": "Get another link"},
    # One's own account
    "accounts.own.title": {"ja": "自分の設定", "en": "Your account"},
    "accounts.own.who": {"ja": "アカウント", "en": "Account"},
    "accounts.own.change_password": {"ja": "パスワードを変える", "en": "Change password"},
    "accounts.own.codes_left": {
        "ja": "リカバリーコード：残り{count}個",
        "en": "Recovery codes left: {count}",
    },
    "accounts.own.codes_few": {
        "ja": "残りが少なくなりました。作り直してください。",
        "en": "Only a few are left: make new ones.",
    },
    "accounts.own.renew_codes": {"ja": "リカバリーコードを作り直す", "en": "Make new recovery codes"},
    "accounts.own.replace_app": {"ja": "スマートフォンを替える", "en": "Change the phone"},
    "accounts.own.add_app": {"ja": "認証アプリも使う", "en": "Use an app too"},
    "accounts.own.remove_factor": {"ja": "2段階認証をやめる", "en": "Stop using the second step"},
    "accounts.own.no_factor": {
        "ja": "まだ設定していません。設定すると、パスワードを知られても他人は入れません。",
        "en": "Not set up. With it, a stolen password alone is no use.",
    },
    "accounts.own.set_up": {"ja": "2段階認証を設定する", "en": "Set up the second step"},
    "accounts.factor": {"ja": "2段階認証", "en": "Second step"},
    "accounts.factor.on": {"ja": "設定済み", "en": "On"},
    "accounts.factor.off": {"ja": "なし", "en": "Off"},
    "accounts.factor.app": {"ja": "認証アプリ", "en": "Authenticator app"},
    "accounts.factor.mail": {"ja": "メールのリンク", "en": "Mailed link"},
    "accounts.factor.kinds_both": {"ja": "認証アプリ、メールのリンク", "en": "Authenticator app and mailed link"},
    "accounts.sessions": {"ja": "ログイン中の端末", "en": "Where you are signed in"},
    "accounts.sessions.note": {
        "ja": "心当たりのない端末があれば、終了してからパスワードを変えてください。",
        "en": "If you do not know one of them, end it and change your password.",
    },
    "accounts.sessions.browser": {"ja": "ブラウザ", "en": "Browser"},
    "accounts.sessions.address": {"ja": "接続元", "en": "From"},
    "accounts.sessions.since": {"ja": "ログイン", "en": "Since"},
    "accounts.sessions.seen": {"ja": "最後の操作", "en": "Last used"},
    "accounts.sessions.unknown": {"ja": "不明なブラウザ", "en": "Unknown browser"},
    "accounts.sessions.this": {"ja": "この端末", "en": "This one"},
    "accounts.sessions.end": {"ja": "終了する", "en": "End"},
    "accounts.sessions.end_others": {"ja": "ほかの端末をすべて終了する", "en": "End all others"},
    "accounts.form.password.title": {"ja": "パスワードの変更", "en": "Change password"},
    "accounts.form.password.lead": {
        "ja": "変更すると、ほかの端末ではログアウトされます。",
        "en": "You will be signed out everywhere else.",
    },
    "accounts.form.password.submit": {"ja": "変更する", "en": "Change"},
    "accounts.form.email.title": {"ja": "メールアドレス", "en": "Mail address"},
    "accounts.form.email.lead": {
        "ja": "パスワードの再設定やお知らせを受け取るアドレスです。",
        "en": "Where links for a new password and notices go.",
    },
    "accounts.form.email.submit": {"ja": "保存する", "en": "Save"},
    "accounts.form.codes.title": {"ja": "リカバリーコードを作り直す", "en": "New recovery codes"},
    "accounts.form.codes.lead": {
        "ja": "新しい10個を作ります。これまでのコードは使えなくなります。",
        "en": "You get ten new ones. The old ones stop working.",
    },
    "accounts.form.codes.submit": {"ja": "作り直す", "en": "Make new ones"},
    "accounts.form.remove.title": {"ja": "2段階認証をやめる", "en": "Stop using the second step"},
    "accounts.form.remove.lead": {
        "ja": "パスワードだけでログインできるようになります。リカバリーコードも使えなくなります。",
        "en": "The password alone will do to sign in. Recovery codes stop working too.",
    },
    "accounts.form.remove.submit": {"ja": "やめる", "en": "Stop"},
    "accounts.done.password": {"ja": "パスワードを変更しました。", "en": "Your password is changed."},
    "accounts.done.email": {"ja": "メールアドレスを保存しました。", "en": "Your mail address is saved."},
    "accounts.done.codes": {"ja": "リカバリーコードを作り直しました。", "en": "You have new recovery codes."},
    "accounts.done.removed": {"ja": "2段階認証をやめました。", "en": "The second step is off."},
    "accounts.done.ended": {"ja": "終了しました。", "en": "Ended."},
    "accounts.done.sent": {"ja": "メールを送りました。", "en": "Mail sent."},
    "accounts.done.recovery_used": {
        "ja": "リカバリーコードを1つ使いました。このコードはもう使えません。",
        "en": "One recovery code is used up.",
    },
}
