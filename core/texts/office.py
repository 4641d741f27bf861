"""What the office reads of reasons and corrections, in Japanese and English: one list for pages, commands and mails.

What workers are told of the same reasons is in the catalogues of the languages beside this one.
"""

from collections.abc import Mapping

OFFICE: Mapping[str, dict[str, str]] = {
    "reason.withheld_number": {
        "ja": "番号が非通知でした。186を付けてかけ直してもらってください。",
        "en": "The number was withheld: ask the caller to dial 186 first.",
    },
    "reason.unknown_number": {
        "ja": "登録のない番号です。だれの電話か確かめて登録してください。",
        "en": "Nobody is registered under this number: find out whose it is and register it.",
    },
    "reason.unknown_line": {
        "ja": "どの現場にも割り当てのない番号にかかりました。",
        "en": "The number called serves no site.",
    },
    "reason.unknown_site_code": {
        "ja": "現場番号が合いませんでした。どの現場か確かめてください。",
        "en": "The site code did not fit: find out which site was meant.",
    },
    "reason.unknown_person": {
        "ja": "共用の電話で、だれか選ばれませんでした。本人を確かめてください。",
        "en": "A shared phone, and nobody was chosen: find out who called.",
    },
    "reason.outside_period": {
        "ja": "現場の期間外です。工期を確かめてください。",
        "en": "Outside the site's period: check its dates.",
    },
    "reason.affiliation_expired": {
        "ja": "この日の所属会社がありません。所属の期間を確かめてください。",
        "en": "No contractor on this day: check the affiliation's dates.",
    },
    "reason.two_sites_at_once": {
        "ja": "別の現場に入場したままです。どちらが正しいか確かめてください。",
        "en": "Still inside another site: find out which is right.",
    },
    "reason.wrong_day_code": {
        "ja": "当日の番号が違いました。現場にいたか確かめてください。",
        "en": "The code of the day was wrong: find out whether the worker was on site.",
    },
    "reason.too_many_wrong_codes": {
        "ja": "この電話から当日の番号の間違いが続きました。現場にいたか確かめてください。",
        "en": "This phone gave too many wrong codes of the day: find out whether the worker was on site.",
    },
    "reason.entry_after_closing": {
        "ja": "終業後の最初の電話です。入場の忘れか確かめてください。",
        "en": "A first call after closing: perhaps the entry was forgotten.",
    },
    "reason.hung_up": {
        "ja": "質問の途中で電話が切れました。本人に確かめてください。",
        "en": "The call ended before the question was answered: ask the caller.",
    },
    "reason.enquiry": {"ja": "日数の問い合わせでした。", "en": "The caller only asked for the days worked."},
    "reason.repeated": {"ja": "すでに記録済みです。", "en": "Already recorded."},
    "reason.too_soon": {"ja": "入場の直後の電話やタッチです。", "en": "A call or touch right after the entry."},
    "reason.entry_missing": {"ja": "入場の記録がありません。", "en": "The entry is missing."},
    "reason.clock_uncertain": {"ja": "端末の時計がずれていました。", "en": "The device's clock was wrong."},
    "reason.unknown_card": {
        "ja": "登録のないカードです。だれのカードか確かめて登録してください。",
        "en": "Issued to nobody: find out whose card it is and register it.",
    },
    "reason.unknown_id": {
        "ja": "登録のない技能者IDです。番号と本人を確かめてください。",
        "en": "Nobody is registered under this CCUS id: check the number and who typed it.",
    },
    "reason.card_expired": {
        "ja": "カードの有効期限が切れています。本人か確かめてください。",
        "en": "The card has expired: make sure it was its holder.",
    },
    "reason.card_lost": {
        "ja": "紛失の届けがあるカードです。だれが使ったか確かめてください。",
        "en": "The card was reported lost: find out who used it.",
    },
    "reason.card_replaced": {
        "ja": "新しいカードに替わった古いカードです。本人か確かめてください。",
        "en": "An old card that was replaced: make sure it was its holder.",
    },
    "reason.card_revoked": {
        "ja": "使えなくしたカードです。だれが使ったか確かめてください。",
        "en": "The card was revoked: find out who used it.",
    },
    "reason.cancelled": {"ja": "取り消されました。", "en": "Taken back."},
    # The same reasons where the punch is recorded all the same
    "remark.two_sites_at_once": {
        "ja": "ほかの現場の退場が記録されていません。",
        "en": "The exit from another site is not recorded.",
    },
    "remark.entry_missing": {"ja": "この日の入場の記録がありません。", "en": "The day's entry is not recorded."},
    "remark.clock_uncertain": {
        "ja": "端末の時計がずれていたか、端末を別の現場へ移す前後の打刻です。時刻と現場を確かめてください。",
        "en": "The device's clock was wrong, or it was being moved to another site: check time and site.",
    },
    "correction.forgotten": {"ja": "打刻忘れ", "en": "Forgotten"},
    "correction.device_fault": {"ja": "機器・通信の故障", "en": "Fault of device or network"},
    "correction.wrong_site": {"ja": "現場の間違い", "en": "Wrong site"},
    "correction.wrong_direction": {"ja": "入場と退場の間違い", "en": "Entry and exit mixed up"},
    "correction.wrong_person": {"ja": "本人ではない", "en": "Not this person"},
    "correction.wrong_time": {"ja": "時刻の間違い", "en": "Wrong time"},
    "correction.not_present": {"ja": "現場にいなかった", "en": "Was not on site"},
    "correction.unknown_caller_identified": {
        "ja": "未登録の番号・カードの本人を確認",
        "en": "Unknown caller or card identified",
    },
    "correction.confirmed": {"ja": "確認済み", "en": "Confirmed"},
    "correction.other": {"ja": "その他", "en": "Other"},
}


def office_reason(language: str, reason: str, *, is_recorded: bool = False) -> str:
    """Return what the office reads of a reason, by its stored value; is_recorded: the punch counts all the same."""
    remark = OFFICE.get(f"remark.{reason}") if is_recorded else None
    return (remark or OFFICE[f"reason.{reason}"])[language]


def office_correction(language: str, correction: str) -> str:
    """Return why a person changed a record, by the stored value."""
    return OFFICE[f"correction.{correction}"][language]
