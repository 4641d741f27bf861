// The camera beside the gate page: open until it is closed, also over a reload, and shut while nobody sees the page.
import { openCamera, whyClosed } from "./camera.js";
import { remember, remembered } from "./remembered.js";
import { fillWords, gateWord } from "./words.js";

const OPEN = "camera"; // which one is open; "" for none
const at = (id) => document.getElementById(id);
const usual = () => (Math.min(screen.width, screen.height) >= 700 ? "user" : "environment"); // a tablet hangs, a phone is held
let facing = remembered(OPEN) || usual();
let close = null;
let opening = Promise.resolve();

// onText(text) is told of each code; onOpen(isOpen) whether codes are read.
export function prepareScanner(onText, onOpen) {
  async function open() {
    close?.();
    close = null;
    at("camera").hidden = false;
    at("open-camera").setAttribute("aria-pressed", "true");
    say("camera.starting");
    try {
      close = await openCamera(at("camera-video"), facing, onText);
      say("camera.hint");
    } catch (error) {
      say(whyClosed(error));
    }
    onOpen(close !== null);
  }

  function shut() {
    close?.();
    close = null;
    onOpen(false);
  }

  const inTurn = (work) => { opening = opening.then(work); };

  at("open-camera").addEventListener("click", () => inTurn(() => {
    if (at("camera").hidden) {
      remember(OPEN, facing);
      return open();
    }
    remember(OPEN, "");
    at("camera").hidden = true;
    at("open-camera").setAttribute("aria-pressed", "false");
    return shut();
  }));
  at("camera-turn").addEventListener("click", () => inTurn(() => {
    facing = facing === "user" ? "environment" : "user";
    remember(OPEN, facing);
    return open();
  }));
  document.addEventListener("visibilitychange", () => inTurn(() => {
    if (at("camera").hidden) return undefined;
    return document.hidden ? shut() : open();
  }));
  if (remembered(OPEN)) inTurn(open);
}

function say(key) {
  at("camera-note").dataset.word = key;
  at("camera-note").classList.toggle("wrong", !["camera.hint", "camera.starting"].includes(key));
  fillWords();
}

export const unknownCode = () => gateWord("camera.unknown");
