"""The words of the audit page, and the sentence of every action. {who} and {what} are filled in with names."""

from admin.audit.words_actions import ACTIONS

__all__ = ["ACTIONS", "AREAS", "FIELDS", "KINDS", "WORDS"]

# What a subject is called when its own name is not there to be shown.
KINDS: dict[str, dict[str, str]] = {
    "worker": {"ja": "技能者", "en": "a worker"},
    "site": {"ja": "現場", "en": "a site"},
    "contractor": {"ja": "会社", "en": "a contractor"},
    "account": {"ja": "利用者", "en": "a user"},
    "invitation": {"ja": "招待", "en": "an invitation"},
    "line": {"ja": "電話回線", "en": "a line"},
    "device": {"ja": "機器", "en": "a device"},
    "release": {"ja": "現場プログラムの更新版", "en": "site program"},
    "partner": {"ja": "連携先", "en": "a partner system"},
    "punch": {"ja": "打刻", "en": "a punch"},
    "missed_touch": {"ja": "打刻漏れ", "en": "a missed touch"},
    "import": {"ja": "取り込み", "en": "an import"},
    "export": {"ja": "一覧", "en": "a list"},
    "list": {"ja": "一覧", "en": "a list"},
    "settlement": {"ja": "要確認の処理", "en": "a decision"},
    "caller": {"ja": "登録のない方", "en": "somebody unknown"},
    "training": {"ja": "講習", "en": "a training date"},
    "other": {"ja": "記録", "en": "a record"},
}

FIELDS: dict[str, dict[str, str]] = {
    "name": {"ja": "氏名・名称", "en": "name"},
    "name_kana": {"ja": "フリガナ", "en": "kana"},
    "birth_date": {"ja": "生年月日", "en": "date of birth"},
    "phone": {"ja": "電話番号", "en": "phone number"},
    "email": {"ja": "メールアドレス", "en": "mail address"},
    "address": {"ja": "住所", "en": "address"},
    "ccus_worker_id": {"ja": "技能者ID", "en": "worker id"},
    "ccus_contractor_id": {"ja": "事業者ID", "en": "contractor id"},
    "ccus_site_id": {"ja": "現場ID", "en": "site id"},
    "contractor_id": {"ja": "所属", "en": "contractor"},
    "prime_contractor_id": {"ja": "元請", "en": "prime contractor"},
    "legal_form": {"ja": "法人・個人の別", "en": "legal form"},
    "occupations": {"ja": "職種", "en": "occupations"},
    "place_note": {"ja": "置き場所", "en": "place"},
    "direction": {"ja": "入退場", "en": "direction"},
    "position": {"ja": "立場", "en": "position"},
    "starts_on": {"ja": "開始日", "en": "start"},
    "ends_on": {"ja": "終了日", "en": "end"},
    "site_code": {"ja": "現場番号", "en": "site code"},
    "mode": {"ja": "応答の仕方", "en": "mode"},
    "mutual_aid": {"ja": "建退共", "en": "mutual aid"},
    "note": {"ja": "備考", "en": "note"},
}

AREAS: dict[str, dict[str, str]] = {
    "account": {"ja": "ログイン・利用者", "en": "Sign-in and users"},
    "assignment": {"ja": "配置・作業内容", "en": "Assignments"},
    "calendar": {"ja": "月別カレンダー", "en": "Calendars"},
    "contractor": {"ja": "会社", "en": "Contractors"},
    "device": {"ja": "カードの機器", "en": "Card readers"},
    "release": {"ja": "現場プログラムの更新", "en": "Releases of the site program"},
    "display_link": {"ja": "掲示用の画面", "en": "Wall screens"},
    "import": {"ja": "取り込み", "en": "Imports"},
    "invitation": {"ja": "招待", "en": "Invitations"},
    "line": {"ja": "電話回線", "en": "Lines"},
    "missed_touch": {"ja": "打刻漏れ", "en": "Missed touches"},
    "month": {"ja": "月の確認", "en": "Month checks"},
    "partner": {"ja": "連携", "en": "Partner systems"},
    "qualification": {"ja": "資格", "en": "Qualifications"},
    "review": {"ja": "要確認", "en": "To review"},
    "sheet": {"ja": "出面表", "en": "Attendance sheets"},
    "site": {"ja": "現場", "en": "Sites"},
    "technicians": {"ja": "技能者一覧", "en": "Lists of technicians"},
    "tiers": {"ja": "施工体制・名簿", "en": "Structures and rosters"},
    "training": {"ja": "講習", "en": "Training"},
    "use": {"ja": "利用状況", "en": "Statistics"},
    "worker": {"ja": "技能者", "en": "Workers"},
}

WORDS: dict[str, dict[str, str]] = {
    "audit.title": {"ja": "操作の記録", "en": "Activity"},
    "audit.lead": {
        "ja": "だれが、いつ、何をしたかの記録です。あとから書き換えることはできません。",
        "en": "Who did what, and when. Nobody can change it afterwards.",
    },
    "audit.who": {"ja": "人", "en": "Who"},
    "audit.area": {"ja": "内容", "en": "What"},
    "audit.since": {"ja": "この日から", "en": "From"},
    "audit.until": {"ja": "この日まで", "en": "Until"},
    "audit.about": {"ja": "{subject} についての記録だけを表示しています。", "en": "Only what concerns {subject}."},
    "audit.nothing": {
        "ja": "条件に合う記録はありません。期間を広げるか、条件を外してください。",
        "en": "Nothing fits. Widen the dates, or clear the filter.",
    },
    "audit.older": {"ja": "さらに前の記録", "en": "Older"},
    "audit.newest": {"ja": "最新に戻る", "en": "Newest"},
    "audit.pages": {"ja": "記録の移動", "en": "Pages"},
    "audit.system": {"ja": "システム", "en": "The system"},
    "audit.somebody": {"ja": "社外の利用者", "en": "Somebody outside"},
    "audit.person": {"ja": "{name}さん", "en": "{name}"},
    "audit.fields": {"ja": "変更した項目：{fields}", "en": "changed: {fields}"},
    "audit.count": {"ja": "{count}件", "en": "{count}"},
    **{f"audit.area.{area}": texts for area, texts in AREAS.items()},
}
