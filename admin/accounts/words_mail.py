"""What the accounts mail, in the language of whoever asked for it."""

WORDS: dict[str, dict[str, str]] = {
    "accounts.mail.sign_in.subject": {
        "ja": "【現場コール】ログイン用のリンク",
        "en": "Genba Call: your link to sign in",
    },
    "accounts.mail.sign_in.body": {
        "ja": (
            "{name} 様\n\n"
            "ログインを続けるには、パスワードを入力した端末で、10分以内に次のリンクを開いてください。\n\n"
            "{link}\n\n"
            "心当たりがないときは、だれかがあなたのパスワードを知っています。すぐにパスワードを変えてください。"
        ),
        "en": (
            "{name},\n\n"
            "to go on signing in, open this link within ten minutes, in the browser where you gave your password:\n\n"
            "{link}\n\n"
            "If you did not ask for it, somebody knows your password: change it at once."
        ),
    },
    "accounts.mail.confirm.subject": {
        "ja": "【現場コール】メールアドレスの確認",
        "en": "Genba Call: confirm your mail address",
    },
    "accounts.mail.confirm.body": {
        "ja": "{name} 様\n\nメールを2段階認証に使うには、同じ端末で、10分以内に次のリンクを開いてください。\n\n{link}",
        "en": (
            "{name},\n\n"
            "to use mail as your second step, open this link within ten minutes, in the same browser:\n\n"
            "{link}"
        ),
    },
    "accounts.mail.reset.subject": {
        "ja": "【現場コール】パスワードの再設定",
        "en": "Genba Call: a new password",
    },
    "accounts.mail.reset.body": {
        "ja": (
            "{name} 様\n\n"
            "新しいパスワードを決めるには、30分以内に次のリンクを開いてください。\n\n"
            "{link}\n\n"
            "心当たりがないときは、このメールを捨ててください。パスワードは変わりません。"
        ),
        "en": (
            "{name},\n\n"
            "to choose a new password, open this link within 30 minutes:\n\n"
            "{link}\n\n"
            "If you did not ask for it, ignore this mail: nothing changes."
        ),
    },
    "accounts.mail.invite.subject": {"ja": "【現場コール】ご招待", "en": "Genba Call: your invitation"},
    "accounts.mail.invite.body": {
        "ja": (
            "{name} 様\n\n"
            "{contractor} の「{role}」として、現場コールに招待されました。"
            "7日以内に次のリンクを開いて、登録してください。\n\n"
            "{link}\n\n"
            "すでにアカウントをお持ちの方は、開いた画面からログインすると、この会社が加わります。"
        ),
        "en": (
            "{name},\n\n"
            "you are invited to Genba Call, for {contractor}, as: {role}. Open this link within seven days:\n\n"
            "{link}\n\n"
            "If you have an account already, sign in from there: this contractor is added to it."
        ),
    },
    "accounts.mail.end": {
        "ja": "--\n現場コール\nこのメールには返信できません。",
        "en": "--\nGenba Call\nPlease do not answer this mail.",
    },
}
