// The gate page as everybody sees it: it shows what it is given, decides nothing and keeps nothing. Who gives it is the
// site program (gate.js) or, on a tablet, the web app.
import { preparePad, prepareSend, watchKeys } from "./keys.js";
import { play, say, waken } from "./tones.js";

const SHOWN_MS = 5000;
const IDLE = "カードをタッチしてください";
const REFUSALS = {
  revoked: "この端末は使えなくなりました。タッチはこの端末に残っています。現場事務所にお知らせください。",
  not_enrolled: "この端末はまだ登録されていません。タッチはこの端末に残ります。",
};
const REFUSED = "サーバーがこの端末を受け付けません。タッチはこの端末に残っています。現場事務所にお知らせください。";
const at = (id) => document.getElementById(id);
let state = null;
let ahead = 0;
let shown = "";
let idleTimer = 0;
let inviteTimer = 0;
let broken = false;

function text(id, value) {
  if (at(id).textContent !== value) at(id).textContent = value;
}

export function showTouch(touch) {
  if (touch.late && touch.id !== shown) return; // somebody else stands at the reader by now
  const before = at("touch").dataset.tone;
  shown = touch.id;
  at("touch").className = `${touch.tone} ${touch.late ? "" : "fresh"}`;
  at("touch").dataset.tone = touch.tone;
  text("touch-name", touch.name);
  text("touch-head", touch.headline);
  text("touch-time", touch.time);
  at("touch-lines").replaceChildren(...touch.lines.map((line) => {
    const paragraph = document.createElement("p");
    paragraph.lang = line.lang;
    paragraph.textContent = line.text;
    return paragraph;
  }));
  if (!touch.late || (touch.tone !== before && touch.tone !== "recorded")) play(touch.tone);
  clearTimeout(idleTimer);
  idleTimer = setTimeout(showIdle, SHOWN_MS);
}

function showIdle() {
  shown = "";
  at("touch").className = "";
  at("touch").dataset.tone = "";
  for (const id of ["touch-name", "touch-time", "touch-lines"]) at(id).replaceChildren();
  text("touch-head", IDLE);
}

export function showState(next) {
  state = next;
  ahead = next.now_ms - Date.now();
  text("site", next.site || "現場コール");
  text("device", next.device);
  text("people", String(next.people));
  at("line").className = `chip ${next.online === false ? "down" : "up"}`;
  text("line", next.online === null ? "" : next.online ? "通信できています" : "通信できません（記録は続きます）");
  at("unsent").className = next.unsent ? "waiting" : "";
  text("unsent", next.unsent ? `未送信 ${next.unsent}件、最も古いもの ${next.oldest}` : "すべて送信しました");
  at("aside").hidden = !next.set_aside;
  text("aside", `受け付けられなかった記録 ${next.set_aside}件。現場事務所にお知らせください。`);
  showReaders(next.readers);
  at("last").replaceChildren(...next.last.map((each) => {
    const item = document.createElement("li");
    const time = document.createElement("time");
    time.textContent = each.time;
    item.append(time, each.name);
    return item;
  }));
  invitations(next.invite_every_s);
  showNotice();
  tick();
}

function showReaders(readers) {
  at("readers").replaceChildren(...readers.map((reader) => {
    const item = document.createElement("li");
    item.className = reader.attached ? "" : "missing";
    item.textContent = reader.attached ? reader.name : `${reader.name} がつながっていません`;
    return item;
  }));
}

function showNotice() {
  let notice = "";
  if (broken) notice = "この画面とプログラムの接続が切れました。記録されない場合があります。現場事務所にお知らせください。";
  else if (state?.refusal) notice = REFUSALS[state.refusal] ?? REFUSED;
  else if (state && !state.room) notice = "この端末の空き容量がなくなりました。まだ記録できますが、まもなく止まります。現場事務所にお知らせください。";
  else if (state && !state.readers.some((reader) => reader.attached)) notice = "カードリーダーが見つかりません。ケーブルを確かめてください。番号での記録はできます。";
  at("notice").hidden = !notice;
  text("notice", notice);
}

function invitations(everyS) {
  if (inviteTimer || !everyS) return;
  inviteTimer = setInterval(() => { if (!shown) say(state.invitation); }, everyS * 1000);
}

function tick() {
  const now = new Date(Date.now() + ahead);
  text("clock", now.toLocaleTimeString("ja-JP", { timeZone: "Asia/Tokyo", hour: "numeric", minute: "2-digit" }));
}

export function showBroken(isBroken) {
  broken = isBroken;
  showNotice();
}

export function showUnread(text = "もう一度タッチしてください。") {
  showTouch({ id: "", late: false, tone: "not_kept", name: "", headline: "読み取れませんでした", time: "", lines: [{ lang: "ja", text }] });
}

export function isShowing() {
  return shown !== "" || at("touch").className !== "";
}

function invite() {
  say(state?.invitation ?? IDLE);
}

async function soundOn() {
  if (await waken()) at("sound").hidden = true;
}

// typed(text) keeps what came by the keys and tells whether it named anybody; send() has what waits sent at once.
export function openPage({ typed, send }) {
  at("assembly").addEventListener("click", () => {
    const on = document.body.classList.toggle("assembly");
    at("assembly").setAttribute("aria-pressed", String(on));
    at("recent").hidden = !on;
  });
  at("invite").addEventListener("click", invite);
  for (const kind of ["pointerdown", "keydown"]) document.addEventListener(kind, soundOn);
  preparePad(typed);
  prepareSend(send);
  watchKeys(typed, () => showUnread(), invite);
  soundOn();
  setInterval(tick, 1000);
}
