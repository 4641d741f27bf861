"""The sentence of every action that the audit log may hold; "other" tells one that is not here."""

ACTIONS: dict[str, dict[str, str]] = {
    "other": {"ja": "{who}が{what}を操作しました（{action}）。", "en": "{who} worked on {what} ({action})."},
    # Signing in, and the people who do
    "account.signed_in": {"ja": "{who}がログインしました。", "en": "{who} signed in."},
    "account.created": {"ja": "{who}が{what}のアカウントを作りました。", "en": "{who} made an account for {what}."},
    "account.changed": {"ja": "{who}が自分の設定を変えました。", "en": "{who} changed the own account."},
    "account.password_changed": {"ja": "{who}がパスワードを変えました。", "en": "{who} changed the password."},
    "account.password_reset": {
        "ja": "{who}が{what}のパスワードを再設定しました。",
        "en": "{who} set a new password for {what}.",
    },
    "account.reset_offered": {
        "ja": "{who}が{what}にパスワード再設定のリンクを出しました。",
        "en": "{who} gave {what} a link for a new password.",
    },
    "account.unlocked": {"ja": "{who}が{what}のロックを解除しました。", "en": "{who} lifted the lock of {what}."},
    "account.second_factor_added": {"ja": "{who}が2段階認証を設定しました。", "en": "{who} set up the second step."},
    "account.second_factor_removed": {
        "ja": "{who}が{what}の2段階認証を解除しました。",
        "en": "{who} took away the second step of {what}.",
    },
    "account.recovery_codes_renewed": {
        "ja": "{who}がリカバリーコードを作り直しました。",
        "en": "{who} made new recovery codes.",
    },
    "account.sessions_ended": {
        "ja": "{who}がほかの端末のログインを終了しました。",
        "en": "{who} ended other sessions.",
    },
    "account.left": {"ja": "{who}が{what}の役割を外しました。", "en": "{who} ended a role of {what}."},
    "account.disabled": {"ja": "{who}が{what}の利用を停止しました。", "en": "{who} disabled {what}."},
    "account.enabled": {"ja": "{who}が{what}の利用を再開しました。", "en": "{who} enabled {what}."},
    "invitation.sent": {"ja": "{who}が利用者を招待しました。", "en": "{who} invited somebody."},
    "invitation.renewed": {
        "ja": "{who}が招待のリンクを作り直しました。",
        "en": "{who} made a new link for an invitation.",
    },
    "invitation.revoked": {"ja": "{who}が招待を取り消しました。", "en": "{who} took an invitation back."},
    "invitation.accepted": {"ja": "{who}が招待を受けて参加しました。", "en": "{who} accepted an invitation."},
    # The registry
    "worker.added": {"ja": "{who}が{what}を登録しました。", "en": "{who} added {what}."},
    "worker.changed": {"ja": "{who}が{what}の記録を変更しました。", "en": "{who} changed the record of {what}."},
    "worker.phone_changed": {
        "ja": "{who}が{what}の電話番号を登録しました。",
        "en": "{who} registered a phone number of {what}.",
    },
    "worker.phone_ended": {
        "ja": "{who}が{what}の電話番号の使用を終えました。",
        "en": "{who} ended a phone number of {what}.",
    },
    "worker.card_issued": {"ja": "{who}が{what}のカードを登録しました。", "en": "{who} issued a card to {what}."},
    "worker.card_ended": {"ja": "{who}が{what}のカードの使用を終えました。", "en": "{who} ended a card of {what}."},
    "worker.card_reopened": {
        "ja": "{who}が{what}のカードの終了を取り消しました。",
        "en": "{who} took back the end of a card of {what}.",
    },
    "worker.affiliation_changed": {
        "ja": "{who}が{what}の所属を変更しました。",
        "en": "{who} changed where {what} belongs.",
    },
    "worker.phone_reopened": {
        "ja": "{who}が{what}の電話番号の終了を取り消しました。",
        "en": "{who} took back the end of a phone number of {what}.",
    },
    "worker.affiliation_reopened": {
        "ja": "{who}が{what}の所属の終了を取り消しました。",
        "en": "{who} took back the end of where {what} belonged.",
    },
    "worker.affiliation_ended": {"ja": "{who}が{what}の所属を終えました。", "en": "{who} ended where {what} belonged."},
    "worker.proposed": {
        "ja": "{who}が{what}の記録について提案しました。",
        "en": "{who} proposed a change to the record of {what}.",
    },
    "worker.proposal_declined": {
        "ja": "{who}が{what}の記録についての提案を断りました。",
        "en": "{who} declined a change to the record of {what}.",
    },
    "worker.proposal_withdrawn": {
        "ja": "{who}が{what}の記録についての提案を取り下げました。",
        "en": "{who} withdrew a change proposed to the record of {what}.",
    },
    "worker.exported": {"ja": "{who}が技能者の一覧を出力しました。", "en": "{who} exported the list of workers."},
    "worker.own_exported": {"ja": "{what}が自分の記録を出力しました。", "en": "{what} exported the own record."},
    "worker.link_made": {
        "ja": "{who}が{what}の本人用ページのリンクを出しました。",
        "en": "{who} gave {what} a link to the own page.",
    },
    "worker.code_shown": {
        "ja": "{who}が本人用ページの番号を表示しました（体験用）。",
        "en": "{who} showed the code of an own page (demo).",
    },
    "worker.signed_in": {"ja": "{what}が本人用ページを開きました。", "en": "{what} opened the own page."},
    "contractor.added": {"ja": "{who}が{what}を登録しました。", "en": "{who} added {what}."},
    "contractor.changed": {"ja": "{who}が{what}の記録を変更しました。", "en": "{who} changed the record of {what}."},
    "contractor.exported": {"ja": "{who}が会社の一覧を出力しました。", "en": "{who} exported the list of contractors."},
    "site.added": {"ja": "{who}が{what}を登録しました。", "en": "{who} added {what}."},
    "site.changed": {"ja": "{who}が{what}の設定を変更しました。", "en": "{who} changed the settings of {what}."},
    "site.assigned": {"ja": "{who}が{what}に技能者を割り当てました。", "en": "{who} assigned workers to {what}."},
    "site.assignment_ended": {
        "ja": "{who}が{what}の割り当てを終えました。",
        "en": "{who} ended an assignment at {what}.",
    },
    "site.part_added": {"ja": "{who}が{what}に会社を加えました。", "en": "{who} added a contractor to {what}."},
    "site.assignment_reopened": {
        "ja": "{who}が{what}の割り当ての終了を取り消しました。",
        "en": "{who} took back the end of an assignment at {what}.",
    },
    "site.part_reopened": {
        "ja": "{who}が{what}の会社の参加の終了を取り消しました。",
        "en": "{who} took back the end of a participation at {what}.",
    },
    "site.part_ended": {
        "ja": "{who}が{what}の会社の参加を終えました。",
        "en": "{who} ended a contractor's part in {what}.",
    },
    "site.task_changed": {"ja": "{who}が{what}の作業内容を変更しました。", "en": "{who} changed a task of {what}."},
    "site.task_deleted": {"ja": "{who}が{what}の作業内容を削除しました。", "en": "{who} deleted a task of {what}."},
    "site.day_code_printed": {
        "ja": "{who}が{what}の今日の番号を印刷しました。",
        "en": "{who} printed a day code of {what}.",
    },
    "site.exported": {"ja": "{who}が現場の一覧を出力しました。", "en": "{who} exported the list of sites."},
    "assignment.task_changed": {
        "ja": "{who}が{what}の作業内容と立場を変更しました。",
        "en": "{who} changed what {what} does on a site.",
    },
    "qualification.added": {
        "ja": "{who}が{what}の資格を登録しました。",
        "en": "{who} added a qualification of {what}.",
    },
    "qualification.changed": {
        "ja": "{who}が{what}の資格を変更しました。",
        "en": "{who} changed a qualification of {what}.",
    },
    "qualification.deleted": {
        "ja": "{who}が{what}の資格を削除しました。",
        "en": "{who} deleted a qualification of {what}.",
    },
    "technicians.exported": {
        "ja": "{who}が{what}の技能者一覧を出力しました。",
        "en": "{who} exported the technicians of {what}.",
    },
    "line.added": {"ja": "{who}が電話回線を登録しました。", "en": "{who} added a line."},
    "line.changed": {"ja": "{who}が電話回線の設定を変更しました。", "en": "{who} changed a line."},
    "line.retired": {"ja": "{who}が電話回線を廃止しました。", "en": "{who} retired a line."},
    "line.site_added": {"ja": "{who}が電話回線に現場を加えました。", "en": "{who} added a site to a line."},
    "line.site_removed": {"ja": "{who}が電話回線から現場を外しました。", "en": "{who} took a site off a line."},
    "line.exported": {"ja": "{who}が電話回線の一覧を出力しました。", "en": "{who} exported the list of lines."},
    "partner.key_made": {"ja": "{who}が{what}のAPIキーを作りました。", "en": "{who} made a key for {what}."},
    "partner.key_revoked": {"ja": "{who}が{what}のAPIキーを無効にしました。", "en": "{who} revoked a key of {what}."},
    "partner.webhook_added": {"ja": "{who}が{what}の通知先を加えました。", "en": "{who} added a webhook of {what}."},
    "partner.webhook_deleted": {
        "ja": "{who}が{what}の通知先を削除しました。",
        "en": "{who} deleted a webhook of {what}.",
    },
    "partner.webhook_paused": {"ja": "{who}が{what}への通知を止めました。", "en": "{who} paused a webhook of {what}."},
    "partner.webhook_resumed": {
        "ja": "{who}が{what}への通知を再開しました。",
        "en": "{who} resumed a webhook of {what}.",
    },
    "partner.webhook_secret_rotated": {
        "ja": "{who}が{what}の通知の署名鍵を作り直しました。",
        "en": "{who} made a new secret for a webhook of {what}.",
    },
    "partner.webhook_tested": {
        "ja": "{who}が{what}へ試しの通知を送りました。",
        "en": "{who} sent {what} a test event.",
    },
    "partner.webhook_replayed": {
        "ja": "{who}が{what}への通知を送り直しました。",
        "en": "{who} had deliveries to {what} sent again.",
    },
    "device.code_made": {
        "ja": "{who}が{what}の機器の登録コードを作りました。",
        "en": "{who} made a code for a device at {what}.",
    },
    "device.code_withdrawn": {
        "ja": "{who}が{what}の機器の登録コードを取り消しました。",
        "en": "{who} withdrew a code for a device at {what}.",
    },
    "device.enrolled": {
        "ja": "{who}の登録コードで{what}が登録されました。",
        "en": "{what} was let in by a code of {who}.",
    },
    "device.held": {
        "ja": "{who}が{what}のプログラムの更新を止めました。",
        "en": "{who} holds {what} back from updates.",
    },
    "device.update_offered": {
        "ja": "{who}が{what}にプログラムの更新を配りました。",
        "en": "{who} offered {what} the update of its program.",
    },
    "release.added": {"ja": "{who}が{what}を登録しました。", "en": "{who} added {what}."},
    "release.announced": {"ja": "{who}が{what}を配り始めました。", "en": "{who} announced {what}."},
    "release.withdrawn": {"ja": "{who}が{what}を取り下げました。", "en": "{who} withdrew {what}."},
    "device.changed": {"ja": "{who}が{what}の設定を変更しました。", "en": "{who} changed {what}."},
    "device.moved": {"ja": "{who}が{what}を別の現場に移しました。", "en": "{who} moved {what} to another site."},
    "device.revoked": {"ja": "{who}が{what}を停止しました。", "en": "{who} revoked {what}."},
    "import.applied": {"ja": "{who}が名簿を取り込みました。", "en": "{who} imported a list."},
    "import.undone": {"ja": "{who}が名簿の取り込みを元に戻しました。", "en": "{who} undid an import."},
    "import.rejected_taken": {
        "ja": "{who}が取り込めなかった行を出力しました。",
        "en": "{who} took out the rows an import had rejected.",
    },
    "display_link.made": {
        "ja": "{who}が{what}の掲示用の画面を作りました。",
        "en": "{who} made a wall screen for {what}.",
    },
    "display_link.ended": {
        "ja": "{who}が{what}の掲示用の画面を終えました。",
        "en": "{who} ended a wall screen of {what}.",
    },
    # What is to review, and missed touches
    "review.attached": {"ja": "{who}が打刻を{what}の記録にしました。", "en": "{who} attached a punch to {what}."},
    "review.registered": {
        "ja": "{who}が打刻を{what}の記録にし、番号を登録しました。",
        "en": "{who} attached a punch to {what} and registered the number.",
    },
    "review.card_registered": {
        "ja": "{who}が打刻を{what}の記録にし、カードを登録しました。",
        "en": "{who} attached a punch to {what} and registered the card.",
    },
    "review.direction_set": {
        "ja": "{who}が{what}の入場・退場の別を直しました。",
        "en": "{who} corrected the direction for {what}.",
    },
    "review.site_set": {
        "ja": "{who}が{what}の打刻の現場を直しました。",
        "en": "{who} corrected the site of a punch of {what}.",
    },
    "review.accepted": {
        "ja": "{who}が{what}の要確認の打刻を記録しました。",
        "en": "{who} recorded a punch of {what} that was to review.",
    },
    "review.cancelled": {"ja": "{who}が{what}の打刻を取り消しました。", "en": "{who} cancelled a punch of {what}."},
    "review.dismissed": {
        "ja": "{who}が{what}の打刻を記録しないことにしました。",
        "en": "{who} decided not to record a punch of {what}.",
    },
    "review.exit_added": {
        "ja": "{who}が{what}の足りない入退場を補いました。",
        "en": "{who} added a missing entry or exit of {what}.",
    },
    "review.left": {
        "ja": "{who}が{what}の記録をこのままでよいとしました。",
        "en": "{who} left a day of {what} as it is.",
    },
    "review.approved": {
        "ja": "{who}が{what}の打刻漏れの申請を承認しました。",
        "en": "{who} approved a missed touch of {what}.",
    },
    "review.rejected": {
        "ja": "{who}が{what}の打刻漏れの申請を却下しました。",
        "en": "{who} rejected a missed touch of {what}.",
    },
    "review.undone": {
        "ja": "{who}が{what}についての処理を元に戻しました。",
        "en": "{who} undid a decision about {what}.",
    },
    "missed_touch.requested": {"ja": "{who}が打刻漏れを申請しました。", "en": "{who} asked for a missed touch."},
    # Months, sheets, statistics
    "month.checked": {
        "ja": "{who}が{what}の月の記録を確認しました。",
        "en": "{who} ticked a month at {what} as checked.",
    },
    "month.unchecked": {
        "ja": "{who}が{what}の月の確認を取り消しました。",
        "en": "{who} took the tick off a month at {what}.",
    },
    "calendar.exported": {
        "ja": "{who}が{what}の月別カレンダーを出力しました。",
        "en": "{who} exported a calendar of {what}.",
    },
    "sheet.written": {"ja": "{who}が{what}の人工を書き込みました。", "en": "{who} wrote man-days of {what}."},
    "sheet.withdrawn": {
        "ja": "{who}が{what}の人工を記録どおりに戻しました。",
        "en": "{who} put man-days of {what} back to the record.",
    },
    "sheet.terms_changed": {
        "ja": "{who}が{what}の出面表の条件を変更しました。",
        "en": "{who} changed the terms of the sheet for {what}.",
    },
    "sheet.exported": {
        "ja": "{who}が{what}の出面表を出力しました。",
        "en": "{who} exported an attendance sheet of {what}.",
    },
    "use.exported": {"ja": "{who}が利用状況を出力しました。", "en": "{who} exported the statistics."},
    # Structures, rosters, newcomers
    "tiers.settled": {
        "ja": "{who}が{what}の施工体制を承認しました。",
        "en": "{who} accepted places in the structure of {what}.",
    },
    "tiers.moved": {
        "ja": "{who}が{what}の会社の上位会社を決めました。",
        "en": "{who} set an upper contractor at {what}.",
    },
    "tiers.split": {
        "ja": "{who}が{what}の会社を2社の下にしました。",
        "en": "{who} put a contractor under two at {what}.",
    },
    "tiers.merged": {
        "ja": "{who}が{what}の会社を1社の下にまとめました。",
        "en": "{who} merged a contractor's places at {what}.",
    },
    "tiers.rejected": {
        "ja": "{who}が{what}の上位会社の推定を却下しました。",
        "en": "{who} rejected a proposed upper contractor at {what}.",
    },
    "tiers.invited": {
        "ja": "{who}が{what}の施工体制に会社を招待しました。",
        "en": "{who} invited a contractor to {what}.",
    },
    "tiers.accepted": {
        "ja": "{who}が{what}の施工体制への招待を承認しました。",
        "en": "{who} accepted an invitation to {what}.",
    },
    "tiers.declined": {
        "ja": "{who}が{what}の施工体制への招待を断りました。",
        "en": "{who} declined an invitation to {what}.",
    },
    "tiers.withdrawn": {
        "ja": "{who}が{what}の施工体制への招待を取り消しました。",
        "en": "{who} withdrew an invitation to {what}.",
    },
    "tiers.ended": {
        "ja": "{who}が{what}の会社の参加を終えました。",
        "en": "{who} ended a contractor's place at {what}.",
    },
    "tiers.removed": {
        "ja": "{who}が{what}の施工体制から会社を取り消しました。",
        "en": "{who} removed a contractor from the structure of {what}.",
    },
    "tiers.kept": {
        "ja": "{who}が{what}の上位会社をそのままにしました。",
        "en": "{who} kept an upper contractor at {what}.",
    },
    "tiers.undone": {
        "ja": "{who}が{what}の施工体制・名簿の操作を元に戻しました。",
        "en": "{who} took back an act on the structure of {what}.",
    },
    "tiers.policy_changed": {
        "ja": "{who}が施工体制の決まりを変更しました。",
        "en": "{who} changed the policy for contractor structures.",
    },
    "tiers.roster_accepted": {
        "ja": "{who}が{what}の作業員名簿に人を載せました。",
        "en": "{who} accepted people into a roster of {what}.",
    },
    "tiers.roster_planned": {
        "ja": "{who}が{what}の作業員名簿に、これから入る人を載せました。",
        "en": "{who} took somebody into a roster of {what} before he came.",
    },
    "tiers.roster_changed": {
        "ja": "{who}が{what}の作業員名簿を直しました。",
        "en": "{who} changed a roster of {what}.",
    },
    "tiers.roster_removed": {
        "ja": "{who}が{what}の作業員名簿から人を外しました。",
        "en": "{who} took somebody out of a roster of {what}.",
    },
    "tiers.person_forgotten": {
        "ja": "{who}が提出済みの作業員名簿から{what}の内容を消去しました。",
        "en": "{who} erased {what} from the rosters that were handed in.",
    },
    "tiers.roster_submitted": {
        "ja": "{who}が{what}の作業員名簿を提出しました。",
        "en": "{who} handed in a roster of {what}.",
    },
    "tiers.affiliation_asked": {
        "ja": "{who}が{what}に入る人の所属の登録を依頼しました。",
        "en": "{who} asked for an affiliation at {what}.",
    },
    "tiers.arrival_ticked": {
        "ja": "{who}が{what}の新規入場の手続きを済みにしました。",
        "en": "{who} ticked a newcomer's check at {what}.",
    },
    "tiers.arrival_unticked": {
        "ja": "{who}が{what}の新規入場の手続きの済みを取り消しました。",
        "en": "{who} took back a newcomer's check at {what}.",
    },
    "tiers.paper_taken": {
        "ja": "{who}が{what}の施工体制の書類を出力しました。",
        "en": "{who} took out a paper of the structure of {what}.",
    },
    # Training
    "training.added": {"ja": "{who}が講習の日程を登録しました。", "en": "{who} added a training date."},
    "training.changed": {"ja": "{who}が講習の日程を変更しました。", "en": "{who} changed a training date."},
    "training.called_off": {"ja": "{who}が講習を中止しました。", "en": "{who} called a training date off."},
    "training.signed_up": {"ja": "{who}が講習に申し込みました。", "en": "{who} signed up for a training date."},
    "training.seat_given_up": {
        "ja": "{who}が講習の申し込みを取り消しました。",
        "en": "{who} gave up a seat in training.",
    },
    "training.roster_exported": {"ja": "{who}が講習の名簿を出力しました。", "en": "{who} exported a training roster."},
}
