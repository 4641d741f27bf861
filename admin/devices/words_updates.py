"""The words of what devices have to do with releases of their program."""

WORDS: dict[str, dict[str, str]] = {
    "devices.update": {"ja": "プログラムの更新", "en": "Updates"},
    "devices.update.offered": {
        "ja": "{version}を配布中です。次の通信で届きます。",
        "en": "{version} is on offer, and reaches it with its next heartbeat.",
    },
    "devices.update.waiting": {
        "ja": "{version}を配布中です。人のいない時間に入れ替えます。",
        "en": "{version} is on offer. It switches when nobody stands at the gate.",
    },
    "devices.update.trying": {"ja": "{version}を試しています。", "en": "{version} is being tried."},
    "devices.update.rolled_back": {
        "ja": "{version}は正しく動かなかったため、前の版に戻しました。打刻はこれまでどおり受け付けています。",
        "en": "{version} did not work, so it went back to the version before. Touches are taken as before.",
    },
    "devices.update.refused": {"ja": "{version}は入れられませんでした。", "en": "{version} was not taken."},
    "devices.update.held": {"ja": "更新を止めています。", "en": "Held back from updates."},
    "devices.update.current": {"ja": "配布中の版で動いています。", "en": "It runs what is on offer."},
    "devices.update.served": {
        "ja": "サーバーと同じ版に自動で入れ替わります。",
        "en": "It brings itself up to the server's version.",
    },
    "devices.update.none": {"ja": "配布中の更新はありません。", "en": "Nothing is on offer."},
    "devices.update.why": {"ja": "理由：{why}", "en": "Reason: {why}"},
    # What a device gives as its reason, by its first word
    "devices.why.no_key": {
        "ja": "この機器に更新を確かめる鍵がありません（genba-reader trust で登録します）",
        "en": "it knows no release key (genba-reader trust)",
    },
    "devices.why.no_launcher": {
        "ja": "自動起動の設定が古いままです（genba-reader install をやり直します）",
        "en": "it was not started by genba-reader launch (run genba-reader install again)",
    },
    "devices.why.signature": {
        "ja": "署名が正しくありません。運営に知らせてください",
        "en": "its signature is wrong: tell the operator",
    },
    "devices.why.sha256": {
        "ja": "届いた内容が署名されたものと違います。運営に知らせてください",
        "en": "what arrived is not what was signed: tell the operator",
    },
    "devices.why.too_large": {
        "ja": "届いた内容が署名されたものと違います。運営に知らせてください",
        "en": "what arrived is not what was signed: tell the operator",
    },
    "devices.why.malformed": {"ja": "更新の内容を読めません", "en": "it cannot be read"},
    "devices.why.older": {"ja": "今の版より古い版です", "en": "it is older than what runs"},
    "devices.why.needs": {
        "ja": "ほかの部品の入れ替えが必要です。機器の設定をやり直してください",
        "en": "it needs other packages: set the device up anew",
    },
    "devices.why.not_taken": {
        "ja": "機器に書き込めません。空き容量とフォルダーの権限を確かめてください",
        "en": "it could not be written down: look at the disk and the folder's rights",
    },
    "devices.why.no_room": {"ja": "機器の空き容量が足りません", "en": "its disk is nearly full"},
    # What is done about it
    "devices.update.do": {"ja": "更新を配る", "en": "Offer the update"},
    "devices.update.do.note": {
        "ja": "運営が公開した最新の版を、この機器に配ります。前に失敗していれば、もう一度試します。",
        "en": "Offers this device the operator's newest release, once more where it failed before.",
    },
    "devices.update.hold": {"ja": "今は更新しない", "en": "Not now"},
    "devices.update.hold.note": {
        "ja": "「更新を配る」を押すまで、この機器のプログラムは今の版のままです。",
        "en": "This device stays at its version until the update is offered here.",
    },
    "devices.done.update_offered": {"ja": "更新を配りました。", "en": "The update is offered."},
    "devices.done.held": {"ja": "この機器の更新を止めました。", "en": "The device is held back."},
    # What the operator sees
    "devices.releases": {"ja": "配布中のプログラム", "en": "Releases on offer"},
    "devices.releases.all": {"ja": "全機器の{percent}％", "en": "{percent}% of all devices"},
    "devices.releases.sites": {"ja": "{count}現場", "en": "{count} sites"},
    "devices.releases.devices": {"ja": "{count}台", "en": "{count} devices"},
    "devices.releases.running": {
        "ja": "動いている機器 {running}台・失敗 {failed}台",
        "en": "runs on {running}, failed on {failed}",
    },
    "devices.releases.back": {"ja": "{version}からの差し戻し", "en": "roll-back from {version}"},
}
