// The words of what the tablet has beside the gate page: letting it in, the camera, help. Japanese, and English by the
// switch. The gate page itself is in Japanese, and speaks to each person in the language of his record.
import { remember, remembered } from "./remembered.js";

const WORDS = {
  "language": ["English", "日本語"],
  "close": ["閉じる", "Close"],
  // Letting the tablet in
  "setup.title": ["この端末を登録する", "Add this device"],
  "setup.lead": [
    "事務所の画面「機器」→「機器を登録する」で登録コードを出し、ここに入れてください。コードは24時間以内に1回だけ使えます。",
    "Get a code from the office's page “Devices” → “Add a device” and put it in here. It works once, within 24 hours.",
  ],
  "setup.again": [
    "この端末は「{name}」（{site}）として登録済みです。新しいコードで登録し直せます。未送信の記録は残り、登録後に送られます。",
    "This device is “{name}” at {site}. You can add it anew with a new code. What is unsent stays and is sent then.",
  ],
  "setup.code": ["登録コード（12文字）", "The code of 12 signs"],
  "setup.scan": ["コードのQRを読む", "Read the code's QR"],
  "setup.scan_stop": ["カメラを止める", "Stop the camera"],
  "setup.do": ["登録する", "Add it"],
  "setup.doing": ["登録しています…", "Being added…"],
  "setup.install": ["先に、ホーム画面に追加してください", "First, add it to the Home Screen"],
  "setup.install.1": [
    "Safariの共有ボタン（四角から上向きの矢印）を押し、「ホーム画面に追加」を選びます。",
    "Press Safari's share button (a square with an arrow up) and choose “Add to Home Screen”.",
  ],
  "setup.install.2": [
    "ホーム画面の「現場コール」を開き、そこで登録コードを入れるか、QRを読みます。",
    "Open “現場コール” on the Home Screen, and put in the code or read its QR there.",
  ],
  "setup.install.why": [
    "Safariのままでは、7日間使わないと記録が消されることがあります。ホーム画面の「現場コール」とSafariでは、登録も記録も別です。",
    "In Safari itself records may be deleted after 7 days without use. Safari and the Home Screen's app are apart: each is added, and keeps its records, by itself.",
  ],
  "setup.wrong.code": ["12文字の登録コードを入れてください。", "Put in the code of 12 signs."],
  "setup.wrong.code_refused": [
    "このコードは使えません。使用済みか、期限が切れています。事務所で新しいコードを出してください。",
    "This code does not work: it was used, or is too old. Have a new one made.",
  ],
  "setup.wrong.away": [
    "サーバーにつながりません。Wi-Fiかモバイル通信を確かめて、もう一度押してください。",
    "The server cannot be reached. Check Wi-Fi or mobile data and press again.",
  ],
  "setup.wrong.storage": [
    "この端末に保存できません。空き容量を確かめ、プライベートブラウズでは使わないでください。",
    "Nothing can be stored here. Check the free space, and do not use private browsing.",
  ],
  "setup.wrong.other": ["登録できませんでした（{code}）。", "It could not be added ({code})."],
  "setup.unfit": ["この端末では使えません", "This device cannot be used"],
  "setup.unfit.old": [
    "ブラウザが古く、端末の鍵（Ed25519）を作れません。iPad・iPhoneはiOS 17以降に、ほかはブラウザを最新版に更新してください。",
    "The browser is too old to make the device's key (Ed25519). Update iPad or iPhone to iOS 17 or later, or else the browser.",
  ],
  "setup.unfit.insecure": [
    "httpsで始まるアドレスで開いてください。いまのアドレスでは端末の鍵を守れません。",
    "Open it by an address that begins with https. At this one the device's key cannot be kept safe.",
  ],
  "setup.unfit.storage": [
    "この端末に保存できません。空き容量を確かめ、プライベートブラウズを終えてから開き直してください。",
    "Nothing can be stored here. Check the free space, leave private browsing, and open the page again.",
  ],
  // The camera
  "camera.open": ["カメラでQR", "QR by camera"],
  "camera.turn": ["カメラを切り替える", "Other camera"],
  "camera.hint": ["QRコードをカメラに向けてください。", "Hold the QR code in front of the camera."],
  "camera.starting": ["カメラを用意しています…", "The camera is being opened…"],
  "camera.forbidden": [
    "カメラの使用が許可されていません。iPad・iPhoneは「設定」→「アプリ」→「Safari」→「カメラ」で許可してください。",
    "The camera may not be used. On iPad and iPhone allow it in Settings → Apps → Safari → Camera.",
  ],
  "camera.none": ["カメラが見つかりません。", "There is no camera."],
  "camera.failed": ["カメラを開けませんでした。ほかのアプリで使っていないか確かめてください。", "The camera could not be opened. See whether another app uses it."],
  "camera.unknown": ["このQRコードは使えません。技能者ID（14桁）のQRコードを見せてください。", ""],
  // Help
  "help.open": ["使い方", "Help"],
  "help.title": ["使い方と、できないこと", "How it works, and what it cannot do"],
  "refused.conflict": ["同じ番号で別の記録が届いています。事務所が確かめます。", "Another touch came under the same number: the office decides."],
  "refused.other": ["サーバーが受け付けませんでした（{code}）。", "The server did not take it ({code})."],
  "help.state": ["この端末の状態", "This device"],
  "help.persisted.true": ["保存：消えないように保護されています。", "Storage: protected from being cleared by the system."],
  "help.persisted.false": [
    "保存：保護されていません。空きが少ないと、端末が記録を消すことがあります。ホーム画面に追加して使ってください。",
    "Storage: not protected. The system may clear it when space runs out. Add the app to the Home Screen.",
  ],
  "help.persisted.null": ["保存：保護されているか、この端末では分かりません。", "Storage: this browser does not say whether it is protected."],
  "help.awake.true": ["画面：表示中は消えません。", "Screen: stays on while this is shown."],
  "help.awake.false": ["画面：いまは自動で消えます。画面を一度開き直してください。", "Screen: may turn itself off now. Leave this page and come back."],
  "help.awake.null": ["画面：自動で消えます。端末の設定で「自動ロック」を「なし」にしてください。", "Screen: turns itself off. Set Auto-Lock to Never in the settings."],
  "help.installed.true": ["アプリ：ホーム画面から開いています。", "App: opened from the Home Screen."],
  "help.installed.false": ["アプリ：ブラウザで開いています。ホーム画面に追加すると、通信がなくても開けます。", "App: opened in the browser. Add it to the Home Screen."],
  "help.version": ["版：{version}", "Version: {version}"],
  "help.use": ["使い方", "How to use it"],
  "help.use.1": ["開いたら、画面を一度押してください。音が出るようになり、キーボード型リーダーも使えます。", "After opening, tap the screen once: then it can sound, and hears a reader that types."],
  "help.use.2": ["カードは、キーボードとして打ち込むBluetooth・USBのリーダーで読みます。", "Cards are read by a Bluetooth or USB reader that types like a keyboard."],
  "help.use.3": ["カードを忘れた人は「番号で記録」、QRコードは「カメラでQR」です。QRコードの中身は技能者IDの14桁です。", "Without a card use 「番号で記録」, with a QR code 「カメラでQR」: it holds the worker's ID of 14 digits."],
  "help.use.4": ["音が鳴ったら、記録は端末に残っています。通信がなくても使え、つながると送られます。", "Once it has sounded, the touch is kept here. It works offline and sends later."],
  "help.use.5": ["ほかのアプリに切り替わらないように、「設定」→「アクセシビリティ」→「アクセスガイド」で固定できます。", "Guided Access (Settings → Accessibility) keeps the device on this app."],
  "help.cannot": ["できないこと", "What it cannot do"],
  "help.cannot.1": ["iPad・iPhoneに直接カードをかざしても読めません（SafariはNFCを使えません）。", "A card held to the iPad or iPhone itself is not read: Safari has no NFC."],
  "help.cannot.2": ["アプリを閉じている間は送れません。未送信があるときは、開いたままにしてください。", "Nothing is sent while the app is closed. Keep it open while something is unsent."],
  "help.cannot.3": ["「履歴とWebサイトデータを消去」やアプリの削除をすると、未送信の記録も登録も消えます。", "Clearing website data, or deleting the app, deletes what is unsent and the registration."],
  "help.cannot.4": ["カメラは、最初に許可が必要です。", "The camera has to be allowed the first time."],
  "help.cannot.5": ["最初に画面を押すまで、音は出ません。", "It makes no sound before the first tap."],
  "help.refused": ["受け付けられなかった記録", "What was refused"],
  "help.retry": ["受け付けられなかった記録をもう一度送る", "Send again what was refused"],
  "help.enrol": ["登録し直す", "Add this device anew"],
};

// What the gate page says of the tablet, in its own language.
const GATE = {
  "reader.keys": "キーボード型リーダー・番号入力",
  "reader.camera": "カメラ（QRコード）",
};
const LANGUAGES = ["ja", "en"];

export const language = () => (remembered("language") === "en" ? "en" : "ja");

export function word(key, values = {}) {
  const text = WORDS[key][LANGUAGES.indexOf(language())];
  return text.replace(/\{(\w+)\}/g, (_, name) => values[name] ?? "");
}

// Why a touch was refused, in words where there are some; the code is for whoever is called.
export const refusal = (code) => word(code === "conflict" ? "refused.conflict" : "refused.other", { code });

export const gateWord = (key) => GATE[key] ?? WORDS[key]?.[0] ?? key;

// Put the words where the page has their keys; what is the gate page's own stays.
export function fillWords() {
  for (const place of document.querySelectorAll("[data-word]")) place.textContent = word(place.dataset.word);
  for (const room of document.querySelectorAll("[data-words]")) room.lang = language();
}

export function switchLanguage() {
  remember("language", language() === "ja" ? "en" : "ja");
  fillWords();
}
