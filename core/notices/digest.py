"""The mail that tells of several notices at once: counts and sites, and where to settle them. No names, no numbers."""

from collections.abc import Iterable, Mapping
from uuid import UUID

from core.notices.model import Notice, NoticeKind

PATHS: Mapping[NoticeKind, str] = {
    NoticeKind.MISSING_EXITS: "/review?kind=missing_exit",
    NoticeKind.UNKNOWN_CALLERS: "/review",
    NoticeKind.LINE_SILENT: "/lines",
    NoticeKind.MISSED_TOUCHES: "/review/requests",
    NoticeKind.PROPOSALS: "/proposals",
    NoticeKind.MONTH_DIFFERENCES: "/review?kind=month_difference",
    NoticeKind.TIER_INVITATIONS: "/tiers",
    NoticeKind.TIER_ACCEPTANCES: "/tiers",
    NoticeKind.TIER_REFUSALS: "/tiers",
    NoticeKind.TIER_QUESTIONS: "/tiers",
    NoticeKind.DEVICE_SILENT: "/devices",
    NoticeKind.DEVICE_NO_READER: "/devices",
    NoticeKind.DEVICE_HELD_UP: "/devices",
    NoticeKind.WEBHOOKS_PAUSED: "/partners",
}
SENTENCES: Mapping[NoticeKind, str] = {
    NoticeKind.MISSING_EXITS: "退場の記録がない方 {count}人",
    NoticeKind.UNKNOWN_CALLERS: "登録のない番号からの電話 {count}件",
    NoticeKind.LINE_SILENT: "前の稼働日のこの時間までに{count}人が使った電話番号に、今日はまだ電話がありません",
    NoticeKind.MISSED_TOUCHES: "打刻漏れの申請 {count}件が承認を待っています",
    NoticeKind.PROPOSALS: "記録への提案 {count}件",
    NoticeKind.MONTH_DIFFERENCES: "月締め確認の食い違い {count}件",
    NoticeKind.TIER_INVITATIONS: "施工体制への招待 {count}件が貴社の承認を待っています",
    NoticeKind.TIER_ACCEPTANCES: "昨日、施工体制への招待を承認した会社 {count}社",
    NoticeKind.TIER_REFUSALS: "施工体制への招待を断り、上位会社が決まっていない会社 {count}社",
    NoticeKind.TIER_QUESTIONS: "承認済みの上位会社が、入場の様子と合わない会社 {count}社",
    NoticeKind.DEVICE_SILENT: "カードリーダーの機器から{count}分間、連絡がありません",
    NoticeKind.DEVICE_NO_READER: "機器からカードリーダーが外れています",
    NoticeKind.DEVICE_HELD_UP: "機器に打刻{count}件が届かないまま残っています",
    NoticeKind.WEBHOOKS_PAUSED: "連携先が受け取らないため、送信を止めた通知先 {count}件",
}


def subject_of(told: list[Notice]) -> str:
    """Return the subject of a digest."""
    return f"【現場コール】確認のお願い（{len(told)}件）"


def body_of(told: Iterable[Notice], names: Mapping[UUID, str], public_url: str) -> str:
    """Return the text of a digest: a paragraph for each notice, with the address of the page that settles it."""
    parts = ["確認が必要なことがあります。"]
    for notice in told:
        place = f"{names.get(notice.subject_id, '')}: " if notice.subject_id else ""
        parts.append(
            f"■ {place}{SENTENCES[notice.kind].format(count=notice.count)}\n  {public_url}{PATHS[notice.kind]}"
        )
    parts.append(f"お知らせの時刻や種類は、次のページで変えられます。\n  {public_url}/notices/settings")
    return "\n\n".join(parts) + "\n"
