"""現場運用マニュアル: what whoever runs a site does in the morning, with unclear calls, and at the month's end."""

from typing import Any

from core.documents.model import SitePaper, Way
from core.documents.poster import Sheet
from core.phone import national

_WAYS = {Way.ENTRY: "入場", Way.EXIT: "退場", Way.EITHER: "入場・退場"}

_MORNING = [
    "ゲートの掲示が読めるか確かめます。破れたり汚れたりしていたら「掲示物・資料」から印刷し直します。",
    "「現場の今」を開き、最終受信の時刻が動いているか確かめます。",
    "来るはずの人が入場中になっているか見ます。いない人には電話を忘れていないか声をかけます。",
    "新しく来た人は、本人の携帯電話の番号と所属会社を登録します（作業の前に）。",
    "「要確認」の件数を見て、その場で片付けられるものを片付けます。",
]
_DAY_CODE = "今日の番号を掲示の枠に書きかえます（毎日変わります）。"
_UNCLEAR = [
    (
        "登録のない番号",
        "だれの電話か本人に聞き、「要確認」からその人に結び付けます。番号も登録すると、次から自動で記録されます。",
    ),
    ("番号が非通知", "頭に186を付けてかけ直してもらいます。いつも非通知の人には、電話機の設定を変えてもらいます。"),
    (
        "所属会社がない",
        "会社に所属の期間を確かめ、登録してもらいます。登録すると、その日の記録にさかのぼって反映されます。",
    ),
    ("退場の記録がない", "本人か職長に帰った時刻を聞き、退場を入れます。"),
    ("2つの現場に入場中", "本人にどちらの現場か聞き、正しい方を残します。相手の現場にも知らせます。"),
    ("途中で電話が切れた", "本人に入場か退場かを聞き、「要確認」で決めます。"),
]
_MISSED = [
    ("だれが申請するか", "本人または所属会社が、「打刻漏れ」から日付と時刻、理由を入れます。"),
    ("だれが承認するか", "元請（この現場の担当者）が、作業日報などで確かめてから承認します。"),
    ("いつまでか", "就業日の翌月末まで。例：11月16日の分は12月31日まで。過ぎると直接入力できません。"),
]
_MONTH = [
    "「要確認」を0件にします。",
    "打刻漏れの申請が残っていないか確かめます（翌月末が期限）。",
    "「月別カレンダー」で、まだ数えられない日の理由を見て、足りない登録を会社に頼みます。",
    "元請と協力会社のそれぞれが、その月を確認済みにします。",
    "必要な一覧を書き出し、会社の決まりに従って保管します。",
]
_TROUBLE = [
    (
        "電話がつながらない",
        "紙に名前・会社・時刻を控え、つながったあと「打刻漏れ」から入れます。現場の電波と番号の書き間違いも確かめます。",
    ),
    (
        "「現場の今」が動かない",
        "画面を開き直し、自分の電話でかけてみます。5分たっても変わらなければ管理者に連絡します。",
    ),
    ("携帯電話を持っていない人", "職長の電話で班員として記録できます。できない現場では打刻漏れとして申請します。"),
    ("カードリーダーが反応しない", "電源とケーブルを確かめます。直るまでは電話で記録します。"),
    ("避難・点呼", "「現場の今」の避難時点呼名簿を印刷し、退場済みの人も含めて名前を呼びます。"),
]
_CONTACTS = ["登録・所属の相談", "機器の故障・電話の不通", "システムの管理者", "けが・事故"]


def site_manual(site: SitePaper) -> Sheet:
    """Return the manual of a site: two A4 pages in Japanese, with lines for the telephone numbers of helpers."""
    data = {
        "site": {"name": site.site_name, "prime": site.prime_name},
        "lines": [{"number": national(line.e164), "way": _WAYS[line.way]} for line in site.lines[:3]],
        "facts": _facts(site),
        "parts": _parts(site),
        "contacts": _CONTACTS,
    }
    return Sheet("manual", data, {})


def _parts(site: SitePaper) -> list[dict[str, Any]]:
    morning = [_MORNING[0], _DAY_CODE, *_MORNING[1:]] if site.day_code_required else _MORNING
    return [
        {"title": "朝、作業の前に", "todo": morning},
        {
            "title": "「要確認」の片付け方",
            "lead": "記録がそのまま認められなかった電話が並びます。その日のうちに片付けると、本人が覚えています。",
            "head": ["表示", "すること"],
            "table": _UNCLEAR,
        },
        {
            "title": "打刻漏れ（電話やタッチを忘れたとき）",
            "head": ["決まり", "内容"],
            "table": _MISSED,
            "page_break": True,
        },
        {"title": "月の締め", "todo": _MONTH},
        {"title": "困ったとき", "head": ["こんなとき", "すること"], "table": _TROUBLE},
    ]


def _facts(site: SitePaper) -> list[tuple[str, str]]:
    facts = [
        ("現場の番号", site.site_code if any(line.asks_site_code for line in site.lines) else ""),
        ("現場ID（CCUS）", site.ccus_site_id or ""),
        ("工期", _period(site)),
        ("1日の始まり", _clock_time(site.day_starts_min)),
        ("終業", "" if site.closes_min is None else _clock_time(site.closes_min)),
        ("入場から退場まで", f"{site.minimum_stay_min}分以上"),
        ("今日の番号", "使う" if site.day_code_required else "使わない"),
    ]
    return [(name, value) for name, value in facts if value]


def _period(site: SitePaper) -> str:
    if site.starts_on is None:
        return ""
    return f"{site.starts_on:%Y/%m/%d}〜{f'{site.ends_on:%Y/%m/%d}' if site.ends_on else ''}"


def _clock_time(minutes: int) -> str:
    return f"{minutes // 60}:{minutes % 60:02}"
