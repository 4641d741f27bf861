"""The words of the devices' pages."""

from admin.devices import words_updates

WORDS: dict[str, dict[str, str]] = words_updates.WORDS | {
    "devices.title": {"ja": "機器", "en": "Devices"},
    "devices.lead": {
        "ja": "現場の入口のカードリーダーです。手当てが必要なものから並びます。15秒ごとに更新します。",
        "en": "The card readers at the gates, what needs somebody first. Refreshed every 15 seconds.",
    },
    "devices.new": {"ja": "機器を登録する", "en": "Add a device"},
    "devices.new_here": {"ja": "この現場にカードリーダーを登録する", "en": "Add a card reader to this site"},
    "devices.troubled": {"ja": "手当てが必要", "en": "Need somebody"},
    "devices.well": {"ja": "正常", "en": "Well"},
    "devices.unit": {"ja": "台", "en": ""},
    # Nothing there yet
    "devices.empty": {
        "ja": "まだ機器がありません。はじめ方は次のとおりです。",
        "en": "No device yet. This is how to begin.",
    },
    "devices.empty.1": {
        "ja": "入口に置くパソコンかタブレットと、カードリーダーを用意します。",
        "en": "Have a PC or tablet for the gate, and a card reader.",
    },
    "devices.empty.2": {
        "ja": "「機器を登録する」で現場と名前を入れ、登録コードを出します。",
        "en": "Press “Add a device”, say site and name, and get a code.",
    },
    "devices.empty.3": {
        "ja": "パソコンは genba-reader を起動して登録コードを入れ、iPadなどは出たQRを読みます。"
        "1分ほどでこの画面に出ます。",
        "en": "Run genba-reader on a PC with the code, or read its QR with a tablet. "
        "It appears here within a minute or so.",
    },
    "devices.readers_hint": {
        "ja": "使えるリーダーは、PC/SC で動く RC-S300 と ACR125x（ACR1251U・ACR1252U など）です。"
        "Windowsなどのパソコンに、メーカーのPC/SCドライバーを入れてからつないでください"
        "（nfcpy は RC-S300 を動かせないため）。"
        "タブレットでは、キーボードとして打ち込むリーダーを使います。",
        "en": "Readers that work: RC-S300 and ACR125x (ACR1251U, ACR1252U and so on) by PC/SC. "
        "Install the maker's PC/SC driver on the PC first (nfcpy cannot drive the RC-S300). "
        "Tablets need a reader that types like a keyboard.",
    },
    "devices.empty_ask": {
        "ja": "まだ機器がありません。登録は元請の事務所か運営に依頼してください。",
        "en": "No device yet. Ask the prime contractor's office or the operator to add one.",
    },
    "devices.empty_other": {
        "ja": "ここには、自社が元請の現場の機器が出ます。",
        "en": "The devices of the sites of which your company is the prime contractor appear here.",
    },
    # States
    "devices.state.silent": {"ja": "通信なし", "en": "Silent"},
    "devices.state.no_reader": {"ja": "リーダーなし", "en": "No reader"},
    "devices.state.held_up": {"ja": "送信の遅れ", "en": "Held up"},
    "devices.state.clock_wrong": {"ja": "時計のずれ", "en": "Clock wrong"},
    "devices.state.new": {"ja": "登録したばかり", "en": "New"},
    "devices.state.well": {"ja": "正常", "en": "Well"},
    "devices.state.revoked": {"ja": "停止済み", "en": "Revoked"},
    "devices.do.silent": {
        "ja": "1分半以上、連絡がありません。電源とネットワークを確かめてください。打刻は機器に残り、後で届きます。",
        "en": "Nothing heard for a minute and a half. Check power and network. Touches stay in it and come later.",
    },
    "devices.do.no_reader": {
        "ja": "カードリーダーが外れています。ケーブルを挿し直してください。",
        "en": "The card reader is unplugged. Plug it in again.",
    },
    "devices.do.held_up": {
        "ja": "打刻が10分以上、届いていません。ネットワークを確かめてください。",
        "en": "Touches have waited for ten minutes or more. Check the network.",
    },
    "devices.do.clock_wrong": {
        "ja": "時計が30秒以上ずれています。機器の時刻合わせを確かめてください。打刻の時刻はこちらで補正します。",
        "en": "Its clock is off by 30 seconds or more. Check its time setting. We correct the times of touches.",
    },
    "devices.do.new": {"ja": "まもなく最初の連絡が届きます。", "en": "Its first report is on the way."},
    "devices.do.revoked": {"ja": "この機器からの打刻は受け付けません。", "en": "Nothing is taken from this device."},
    # Facts
    "devices.seen": {"ja": "最後の連絡", "en": "Last heard"},
    "devices.never": {"ja": "まだありません", "en": "not yet"},
    "devices.waiting": {"ja": "未送信", "en": "Unsent"},
    "devices.waiting_count": {"ja": "{count}件", "en": "{count}"},
    "devices.oldest": {"ja": "（最も古いもの {age}）", "en": "(oldest {age})"},
    "devices.set_aside": {"ja": "受付不可の打刻", "en": "Set aside"},
    "devices.set_aside.note": {
        "ja": "機器に残っています。パソコンは genba-reader、タブレットは「使い方」で確かめてください。",
        "en": "Kept in the device: look at them there with genba-reader, on a tablet under 「使い方」.",
    },
    "devices.skew": {"ja": "時計", "en": "Clock"},
    "devices.skew_ahead": {"ja": "{seconds}秒進み", "en": "{seconds} s fast"},
    "devices.skew_behind": {"ja": "{seconds}秒遅れ", "en": "{seconds} s slow"},
    "devices.skew_none": {"ja": "合っています", "en": "right"},
    "devices.readers": {"ja": "リーダー", "en": "Readers"},
    "devices.reader_off": {"ja": "外れています", "en": "unplugged"},
    "devices.reader_none": {"ja": "報告なし", "en": "none told"},
    "devices.reader.keys": {"ja": "キーボード型・番号入力", "en": "types, keypad"},
    "devices.reader.camera": {"ja": "カメラ（QR）", "en": "camera (QR)"},
    "devices.last_punch": {"ja": "最後の打刻", "en": "Last touch"},
    "devices.version": {"ja": "版", "en": "Version"},
    "devices.enrolled": {"ja": "登録した日", "en": "Added"},
    "devices.revoked_at": {"ja": "停止した日時", "en": "Revoked"},
    "devices.salvages": {"ja": "記録ファイルの修復", "en": "Spool salvaged"},
    "devices.salvages.count": {"ja": "{count}回", "en": "{count} times"},
    "devices.free": {"ja": "空き容量", "en": "Free space"},
    "devices.place": {"ja": "置き場所", "en": "Place"},
    "devices.direction": {"ja": "入退場", "en": "Direction"},
    "devices.direction.none": {"ja": "決めない（順番で判断）", "en": "Not fixed (by the order of events)"},
    "devices.direction.entry": {"ja": "入場だけ", "en": "Entry only"},
    "devices.direction.exit": {"ja": "退場だけ", "en": "Exit only"},
    "devices.site": {"ja": "現場", "en": "Site"},
    "devices.name": {"ja": "名前", "en": "Name"},
    "devices.name.hint": {"ja": "例：正門", "en": "Such as: main gate"},
    "devices.place.hint": {"ja": "例：守衛所の窓口、左側", "en": "Such as: guard's window, on the left"},
    "devices.direction.hint": {
        "ja": "入口と出口にリーダーを分けて置くときだけ決めてください。",
        "en": "Fix it only where entry and exit have readers of their own.",
    },
    # Letting one in
    "devices.new.lead": {
        "ja": "登録コードを1つ作ります。24時間以内に、1台で1回だけ使えます。",
        "en": "Makes a code that lets one device in, once, within 24 hours.",
    },
    "devices.new.make": {"ja": "登録コードを作る", "en": "Make the code"},
    "devices.code.title": {"ja": "登録コード", "en": "The code"},
    "devices.code.once": {
        "ja": "このコードは今しか表示されません。使うまで、この画面を閉じないでください。",
        "en": "The code is shown only now. Keep this page open until it is used.",
    },
    "devices.code.until": {"ja": "{until}まで、1回だけ使えます。", "en": "Good once, until {until}."},
    "devices.code.for": {"ja": "{site}の「{name}」用", "en": "For “{name}” at {site}"},
    "devices.code.tablet": {
        "ja": "iPad・iPhone・Androidを入口に置くとき",
        "en": "An iPad, iPhone or Android at the gate",
    },
    "devices.code.tablet.do": {
        "ja": "その端末のカメラで次のQRを読んで開き、「登録する」を押します。"
        "iPad・iPhoneは、開いたページを先にホーム画面に追加し、そこから開いて「コードのQRを読む」で登録してください。",
        "en": "Read this QR with that device's camera, open the page and press “Add it”. On an iPad or iPhone "
        "add the page to the Home Screen first, open it there, and press “Read the code's QR”.",
    },
    "devices.code.tablet.qr": {
        "ja": "タブレット用のページと登録コードのQRコード",
        "en": "The page for tablets, with the code, as a QR code",
    },
    "devices.code.pc": {
        "ja": "パソコンを入口に置くとき（genba-reader）",
        "en": "A PC at the gate (genba-reader)",
    },
    "devices.code.do": {
        "ja": "入口のパソコンで、次のコマンドを実行してください。",
        "en": "Run this command on the machine at the gate.",
    },
    "devices.code.qr": {
        "ja": "コマンドのQRコード。スマートフォンで読み、入口のパソコンへ送れます。",
        "en": "The command as a QR code, to be read by a phone and sent to that machine.",
    },
    "devices.code.then": {
        "ja": "1分ほどで「機器」の画面に出ます。",
        "en": "The device appears in the list within a minute or so.",
    },
    "devices.code.next": {"ja": "機器の一覧へ", "en": "To the devices"},
    "devices.codes": {"ja": "使われていない登録コード", "en": "Codes not used yet"},
    "devices.codes.until": {"ja": "{until}まで有効", "en": "good until {until}"},
    "devices.codes.withdraw": {"ja": "取り消す", "en": "Withdraw"},
    # Changing one
    "devices.edit": {"ja": "名前や場所を変える", "en": "Change"},
    "devices.edit.conflict": {
        "ja": "ほかの方が先に変更しました。今の内容を確かめて、もう一度保存してください。",
        "en": "Somebody else changed it meanwhile. Look at what it is now, and save again.",
    },
    "devices.move": {"ja": "別の現場に移す", "en": "Move to another site"},
    "devices.move.note": {
        "ja": "今からの打刻は移した先の現場のものになります。まだ届いていない打刻は、触れたときの現場に残ります。",
        "en": "Touches from now on are of the other site. What it has not sent yet stays with the site of that time.",
    },
    "devices.move.do": {"ja": "移す", "en": "Move it"},
    "devices.revoke": {"ja": "この機器を停止する", "en": "Revoke this device"},
    "devices.revoke.note": {
        "ja": "盗難・故障・撤去のときに使います。停止は元に戻せません。まだ届いていない打刻も受け付けません。"
        "再び使うには、新しいコードで登録し直します。",
        "en": "For one that was stolen, broken or taken away. This cannot be undone, and what waits in it is lost. "
        "To use the machine again, enrol it with a new code.",
    },
    "devices.revoke.waiting": {
        "ja": "この機器には、届いていない打刻が{count}件あります。",
        "en": "{count} touches still wait in it.",
    },
    "devices.revoke.yes": {"ja": "元に戻せないことを確かめて、停止する", "en": "Revoke it for good"},
    "devices.done.changed": {"ja": "機器の設定を変えました。", "en": "The device was changed."},
    "devices.done.moved": {"ja": "機器を移しました。", "en": "The device was moved."},
    "devices.done.revoked": {"ja": "機器を停止しました。", "en": "The device was revoked."},
    "devices.done.code_withdrawn": {"ja": "登録コードを取り消しました。", "en": "The code was withdrawn."},
    "devices.wrong.long": {"ja": "{most}字以内で入力してください。", "en": "Up to {most} characters."},
}
