"""What each column of a file may hold, in a few words beside its heading. Pure."""

from collections.abc import Mapping

from core.imports.model import ImportKind

_CONTRACTOR = {
    "name": "正式な名称。（株）は「株式会社」に直します",
    "name_kana": "ひらがな・半角カナも読めます",
    "ccus_contractor_id": "CCUSの事業者ID。14桁の数字",
    "legal_form": "法人・個人事業主・一人親方",
    "capital_yen": "円で。「500万円」も読めます",
    "capital_thousand_yen": "千円の単位で",
    "capital_ten_thousand_yen": "万円の単位で",
    "licence": "建設業許可の番号",
    "health_insurance": "加入・未加入・適用除外",
    "pension_insurance": "加入・未加入・適用除外",
    "employment_insurance": "加入・未加入・適用除外",
    "mutual_aid": "建退共に入っているか。有・無",
    "address": "本社の所在地",
}
_WORKER = {
    "ccus_worker_id": "CCUSの技能者ID。14桁。まだなければ空のまま",
    "name": "姓と名を1つの列に書いているとき",
    "surname": "姓と名が別の列のとき",
    "given_name": "姓と名が別の列のとき",
    "name_kana": "ひらがな・半角カナも読めます",
    "surname_kana": "姓と名が別の列のとき",
    "given_name_kana": "姓と名が別の列のとき",
    "birth_date": "1980/5/6・昭和55年5月6日・S55.5.6",
    "phone": "現場へ電話をかける番号。先頭の0がなくても読めます",
    "phone2": "もう1台あるとき",
    "phone_from": "その番号を使い始めた日",
    "ccus_contractor_id": "所属する会社のCCUS事業者ID。14桁",
    "contractor_name": "所属する会社の名称",
    "affiliated_from": "今の会社に入った日",
    "occupations": "職種の名称か4桁のコード。「・」で区切って4つまで",
    "language": "電話の案内の言語。日本語・ベトナム語など",
    "address": "現住所",
    "emergency_name": "緊急のときに連絡する人",
    "emergency_phone": "その人の電話番号",
    "hired_on": "雇い入れた日",
    "experience_years": "年数",
    "last_health_check_on": "最近の健康診断の日",
}
_SITE = {
    "ccus_site_id": "CCUSの現場ID。14桁。まだなければ空のまま",
    "name": "現場名か工事名",
    "name_kana": "ひらがな・半角カナも読めます",
    "ccus_contractor_id": "元請のCCUS事業者ID。14桁",
    "contractor_name": "元請の名称",
    "address": "現場の所在地",
    "starts_on": "着工の日",
    "ends_on": "終わる日。未定なら空のまま",
    "kind": "建築・土木・住宅・加工場",
    "day_starts_min": "1日の区切り。夜勤のある現場は 6:00 など",
    "closes_min": "現場が閉まる時刻。20:00 など",
    "minimum_stay_min": "これより短い滞在は退場とみなしません。分",
    "site_code": "電話で押す4桁の番号",
    "lines": "この現場が使う電話回線の番号",
}
_CARD = {
    "uid": "カードの番号。0～9とA～F",
    "ccus_worker_id": "14桁",
    "worker_id": "技能者の画面のアドレスにあるID。技能者IDのない方だけ",
    "tech": "FeliCa・Type A・Type B",
    "issued_on": "渡した日。2026/4/1 など",
    "expires_on": "空のときは生年月日から決めます",
}
_HINTS: Mapping[ImportKind, Mapping[str, str]] = {
    ImportKind.CONTRACTORS: _CONTRACTOR,
    ImportKind.WORKERS: _WORKER,
    ImportKind.SITES: _SITE,
    ImportKind.CARDS: _CARD,
}


def hints_of(kind: ImportKind) -> Mapping[str, str]:
    """Return what to write in the column of each field."""
    return _HINTS[kind]
