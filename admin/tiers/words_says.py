"""What the pages of 施工体制 say after an act: what was done, or why it could not be."""

WORDS: dict[str, dict[str, str]] = {
    "tiers.said.settled": {"ja": "承認しました。", "en": "Accepted."},
    "tiers.said.moved": {"ja": "上位会社を決めて承認しました。", "en": "The upper contractor is set and accepted."},
    "tiers.said.split": {"ja": "2社の下として承認しました。", "en": "Accepted under both."},
    "tiers.said.merged": {"ja": "1社の下にまとめました。", "en": "Merged."},
    "tiers.said.rejected": {
        "ja": "推定を却下しました。正しい上位会社を選んでください。",
        "en": "The proposal is rejected. Please choose the right upper contractor.",
    },
    "tiers.said.invited": {"ja": "招待しました。承認を待っています。", "en": "Invited. It waits for their word."},
    "tiers.said.accepted": {
        "ja": "招待を承認しました。続けて作業員名簿を確かめてください。",
        "en": "The invitation is accepted. Next: look at the roster.",
    },
    "tiers.said.declined": {"ja": "招待を断りました。", "en": "The invitation is declined."},
    "tiers.said.withdrawn": {"ja": "招待を取り消しました。", "en": "The invitation is withdrawn."},
    "tiers.said.ended": {"ja": "終えました。最後の日までの就業は残ります。", "en": "Ended. What was until then stays."},
    "tiers.said.removed": {"ja": "取り消しました。履歴は残ります。", "en": "Removed. Its history stays."},
    "tiers.said.kept": {"ja": "承認のままにしました。", "en": "Kept as it is."},
    "tiers.said.undone": {"ja": "元に戻しました。", "en": "Taken back."},
    "tiers.said.policy_changed": {"ja": "施工体制の決まりを保存しました。", "en": "The policy is saved."},
    "tiers.said.roster_accepted": {"ja": "名簿に載せました。", "en": "Taken into the roster."},
    "tiers.said.roster_planned": {"ja": "名簿に載せました。", "en": "Taken into the roster."},
    "tiers.said.roster_changed": {"ja": "名簿を直しました。", "en": "The roster is changed."},
    "tiers.said.roster_removed": {"ja": "名簿から外しました。", "en": "Taken out of the roster."},
    "tiers.said.roster_submitted": {"ja": "名簿を提出しました。", "en": "The roster is handed in."},
    "tiers.said.affiliation_asked": {"ja": "所属の登録を依頼しました。", "en": "The employer is asked."},
    "tiers.said.affiliation_waits": {"ja": "所属の登録はすでに依頼済みです。", "en": "The employer was asked before."},
    "tiers.said.days": {"ja": "就業日 {count}日が有効になりました。", "en": "{count} days count now."},
    "tiers.said.days_back": {"ja": "就業日 {count}日が未確定に戻りました。", "en": "{count} days no longer count."},
    "tiers.problem.changed": {
        "ja": "ほかの方が先にこの会社の位置を変えたため、変更しませんでした。下に最新の内容を表示しています。",
        "en": "Somebody else changed the place of this contractor first, so nothing was done. Below is what holds now.",
    },
    "tiers.problem.loop": {
        "ja": "その会社を上位にすると、自分の下に自分が入ってしまいます。別の上位会社を選んでください。",
        "en": "The contractor would stand below itself. Choose another upper contractor.",
    },
    "tiers.problem.decided": {
        "ja": "すでに処理されています。下に最新の内容を表示しています。",
        "en": "This has been settled already. Below is what it says now.",
    },
    "tiers.problem.built_on": {
        "ja": "あとから別の変更があったため、ここからは元に戻せません。新しい変更から順に戻してください。",
        "en": "Something newer builds on it. Take that back first.",
    },
    "tiers.problem.not_allowed": {
        "ja": "この操作はできません。すでにその位置にあるか、決めるのは別の会社です。",
        "en": "This cannot be done: it stands there already, or somebody else decides it.",
    },
    "tiers.problem.overlap": {
        "ja": "同じ人が同じ期間の名簿にすでに載っています。期間を確かめてください。",
        "en": "The worker stands in the roster on some of these days already.",
    },
    "tiers.problem.upper": {
        "ja": "その名前の会社が見つかりません。一覧から選ぶか、事業者IDを入力してください。",
        "en": "No such contractor was found. Choose one from the list, or type its CCUS id.",
    },
    "tiers.problem.several": {
        "ja": "同じ名前の会社が複数あります。事業者IDで指定してください。",
        "en": "Several contractors have this name. Give the CCUS id.",
    },
    "tiers.problem.worker": {
        "ja": "この会社に所属していて名簿にまだ載っていない人の中に、見つかりません。一覧から選んでください。",
        "en": "Nobody of this contractor who is not in the roster yet is called so. Choose from the list.",
    },
    "tiers.problem.several_people": {
        "ja": "同じ名前の人が複数います。技能者IDで指定してください。",
        "en": "Several people have this name. Give the CCUS id.",
    },
    "tiers.problem.worker_id": {
        "ja": "その期間、この会社に所属していません。所属と初日を確かめてください。",
        "en": "The worker does not belong to this contractor on these days.",
    },
    "tiers.problem.place": {"ja": "会社が選ばれていません。", "en": "No contractor was chosen."},
    "tiers.problem.last_day": {"ja": "最後の日を確かめてください。", "en": "Please look at the last day."},
    "tiers.problem.valid_from": {"ja": "初日を確かめてください。", "en": "Please look at the first day."},
    "tiers.problem.valid_until": {
        "ja": "期間を確かめてください。終わりの日が初日より前です。",
        "en": "Please look at the period: it ends before it begins.",
    },
    "tiers.problem.occupation_code": {
        "ja": "CCUSの職種を一覧から選んでください。",
        "en": "Choose a CCUS occupation from the list.",
    },
    "tiers.problem.trade": {
        "ja": "職種を選ぶか、仕事の内容を入力してください。",
        "en": "Choose an occupation, or say what the trade is.",
    },
    "tiers.problem.done_on": {"ja": "先の日付は選べません。", "en": "The day lies ahead."},
    "tiers.problem.other": {
        "ja": "この操作はできませんでした。",
        "en": "This could not be done.",
    },
    # The history: what somebody did to a link
    "tiers.act.invited": {"ja": "{lower}を{upper}の下に招待", "en": "invited {lower} below {upper}"},
    "tiers.act.accepted": {"ja": "{lower}が{upper}の下に入ることを承認", "en": "accepted {lower} below {upper}"},
    "tiers.act.settled": {"ja": "{lower}を{upper}の下として一括承認", "en": "accepted {lower} below {upper} at once"},
    "tiers.act.declined": {"ja": "{lower}が{upper}の招待を辞退", "en": "{lower} declined {upper}"},
    "tiers.act.withdrawn": {"ja": "{lower}への招待を取り消し（{upper}の下）", "en": "withdrew {lower} below {upper}"},
    "tiers.act.ended": {"ja": "{lower}が{upper}の下を終了", "en": "ended {lower} below {upper}"},
    "tiers.act.removed": {"ja": "{lower}を{upper}の下から取り消し", "en": "removed {lower} from below {upper}"},
    "tiers.act.rejected": {"ja": "{lower}は{upper}の下という推定を却下", "en": "rejected {lower} below {upper}"},
    "tiers.act.kept": {"ja": "{lower}は{upper}の下のままと確認", "en": "kept {lower} below {upper}"},
    "tiers.act.undone": {"ja": "元に戻す（{lower}・{upper}の下）", "en": "took back {lower} below {upper}"},
}
