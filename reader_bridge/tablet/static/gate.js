// The web app: the gate page, with the tablet's own station behind it instead of the site program's.
import { build } from "./build.js";
import { freeBytes, isInstalled } from "./heart.js";
import { whyLacking } from "./identity.js";
import { install, keepAwake, keepStorage } from "./installing.js";
import { isShowing, openPage, showState, showTouch, showUnread } from "./page.js";
import { prepareScanner, unknownCode } from "./scanner.js";
import { codeInAddress, prepareSetup, showSetup } from "./setup.js";
import { Station } from "./station.js";
import { fillWords, switchLanguage, word } from "./words.js";

const STATE_EVERY_MS = 5_000;
const ROOM_EVERY_MS = 60_000;
const at = (id) => document.getElementById(id);
const told = { persisted: null, awake: null };
const code = codeInAddress();
let identity = null;
let station = null;

function listIn(id, lines) {
  at(id).replaceChildren(...lines.map((line) => {
    const item = document.createElement("li");
    item.textContent = line;
    return item;
  }));
}

async function showHelp() {
  fillWords();
  const lines = [
    word(`help.persisted.${told.persisted}`), word(`help.awake.${told.awake}`), word(`help.installed.${isInstalled()}`),
    word("help.version", { version: build.version }),
  ];
  listIn("help-state", lines);
  const refused = await station.refusedLines().catch(() => []);
  at("help-refused").hidden = at("help-retry").hidden = !refused.length;
  listIn("help-refused-list", refused);
  if (!at("help").open) at("help").showModal();
}

function prepareHelp() {
  at("open-help").addEventListener("click", showHelp);
  at("help-close").addEventListener("click", () => at("help").close());
  at("help-language").addEventListener("click", () => { switchLanguage(); showHelp(); });
  at("help-retry").addEventListener("click", () => { station.retrySetAside(); at("help").close(); });
  at("help-enrol").addEventListener("click", () => { at("help").close(); showSetup(identity); });
}

async function askForStorage() {
  told.persisted = await keepStorage().catch(() => null);
}

async function lookAtRoom() {
  station.roomIs(await freeBytes());
}

// Whether the page may be loaded anew: nobody touches, reads or types. An empty form that waits for a code is nobody.
function isFree() {
  const isAsked = !identity && at("setup").open && !at("setup-code").value;
  return !station?.busy && !isShowing() && (isAsked || !document.querySelector("dialog[open]"));
}

function onIdentity(now) {
  identity = now;
  if (!now) showSetup(null, code);
  else if (at("setup").open && !at("setup").dataset.mayClose) at("setup").close(); // enrolled in another page
}

async function start() {
  station = new Station({ onTouch: showTouch, onState: showState, onIdentity });
  prepareScanner(
    async (text) => { if (!(await station.scanned(text))) showUnread(unknownCode()); },
    (isOpen) => {
      station.readers = [{ name: "keys", attached: true }, ...(isOpen ? [{ name: "camera", attached: true }] : [])];
      station.showState();
    },
  );
  openPage({ typed: (text) => station.typed(text), send: async () => station.sendNow() });
  addEventListener("online", () => station.sendNow());
  addEventListener("offline", () => station.lineIs(false));
  document.addEventListener("visibilitychange", () => document.hidden || station.sendNow());
  setInterval(() => station.showState(), STATE_EVERY_MS);
  setInterval(lookAtRoom, ROOM_EVERY_MS);
  await station.start();
  if (identity && code) showSetup(identity, code);
  keepAwake((isAwake) => { told.awake = isAwake; });
  await Promise.all([askForStorage(), lookAtRoom()]);
}

at("too-old").remove();
fillWords();
prepareHelp();
prepareSetup((enrolled) => station.enrolled(enrolled).then(() => { askForStorage(); }));
if (whyLacking()) showSetup(null, code);
else start().catch((error) => { console.error(error); showSetup(null, code); }); // which says what keeps it from starting
install(isFree).catch((error) => console.warn("not installed", error));
