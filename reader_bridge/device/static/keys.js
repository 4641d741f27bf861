// What is typed: a reader that acts as a keyboard, the 14 digits of who forgot the card, F9 from a motion sensor.
const LEAST_SIGNS = 8;
const PAUSE_MS = 500; // a reader types faster than this; what a person left unfinished is forgotten

// The key itself, not what an input method for Japanese would make of it.
function sign(event) {
  const code = /^(?:Digit|Numpad)([0-9])$/.exec(event.code) ?? /^Key([A-F])$/.exec(event.code);
  if (code) return code[1];
  return /^[0-9a-fA-F]$/.test(event.key) ? event.key : "";
}

export function watchKeys(typedIn, onFailure, onF9) {
  let typed = "";
  let at = 0;
  document.addEventListener("keydown", (event) => {
    if (event.key === "F9") {
      event.preventDefault();
      onF9();
      return;
    }
    if (document.querySelector("dialog[open]") || event.ctrlKey || event.altKey || event.metaKey) return;
    if (event.timeStamp - at > PAUSE_MS) typed = "";
    at = event.timeStamp;
    if (event.key === "Enter" || event.code === "Enter" || event.code === "NumpadEnter") {
      if (typed.length >= LEAST_SIGNS) {
        event.preventDefault(); // and no button that has the focus is pressed
        typedIn(typed).then((isKnown) => isKnown || onFailure(), onFailure);
      }
      typed = "";
    } else {
      typed += sign(event);
    }
  }, true);
}

export function preparePad(typedIn) {
  const pad = document.getElementById("pad");
  const digits = document.getElementById("digits");
  const error = document.getElementById("pad-error");
  const keys = document.getElementById("pad-keys");
  for (const key of ["1", "2", "3", "4", "5", "6", "7", "8", "9", "全部消す", "0", "1字消す"]) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = key;
    button.classList.toggle("word", key.length > 1);
    button.addEventListener("click", () => {
      if (key === "全部消す") digits.value = "";
      else if (key === "1字消す") digits.value = digits.value.slice(0, -1);
      else digits.value += key;
    });
    keys.append(button);
  }
  document.getElementById("open-pad").addEventListener("click", () => {
    digits.value = error.textContent = "";
    pad.showModal();
    digits.focus();
  });
  document.getElementById("pad-close").addEventListener("click", () => pad.close());
  pad.querySelector("form").addEventListener("submit", async (event) => {
    event.preventDefault();
    const plain = digits.value.normalize("NFKC").replace(/[^0-9]/g, "");
    if (plain.length !== 14) {
      error.textContent = `14桁の数字を入れてください（いま${plain.length}桁）。`;
      return;
    }
    try {
      await typedIn(plain);
      pad.close();
    } catch {
      error.textContent = "記録できませんでした。現場事務所にお知らせください。";
    }
  });
}

export function prepareSend(send) {
  const button = document.getElementById("send");
  button.addEventListener("click", async () => {
    try {
      await send();
      button.textContent = "送信しています";
    } catch {
      button.textContent = "送信できません";
    }
    setTimeout(() => { button.textContent = "今すぐ送信"; }, 3000);
  });
}
