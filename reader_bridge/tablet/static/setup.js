// Letting the tablet in: the code from the office, a key made here, and what keeps a browser from it.
import { build } from "./build.js";
import { openCamera, whyClosed } from "./camera.js";
import { isInstalled, platform } from "./heart.js";
import { identityFrom, newKey, whyUnfit } from "./identity.js";
import { readCode } from "./reading.js";
import { AwayError, base64, ENROLLING, openLine, ProblemError } from "./server.js";
import { fillWords, switchLanguage, word } from "./words.js";

const at = (id) => document.getElementById(id);
let closeCamera = null;
let handOver = () => {};

// The code in the address's fragment, which no server sees; it is taken out of the address at once.
export function codeInAddress() {
  const code = readCode(location.hash.startsWith("#code=") ? location.hash : "");
  if (location.hash) history.replaceState(null, "", location.pathname);
  return code ?? "";
}

export async function enrol(code) {
  const { key, public_key } = await newKey();
  const asked = { code, public_key: base64(public_key), version: build.version, platform: platform() };
  const enrolled = await openLine(ENROLLING, key).post(build.enrol, asked);
  if (!enrolled.device?.site || !enrolled.directory_key) throw new AwayError("the answer lacks something");
  return identityFrom(enrolled, key);
}

// Once, at the start. onEnrolled(identity) keeps it; what it answers is waited for.
export function prepareSetup(onEnrolled) {
  handOver = onEnrolled;
  at("setup").addEventListener("cancel", (event) => { if (!at("setup").dataset.mayClose) event.preventDefault(); });
  at("setup").addEventListener("close", stopCamera);
  at("setup-close").addEventListener("click", () => at("setup").close());
  at("setup-language").addEventListener("click", () => { switchLanguage(); say(""); });
  at("setup-scan").addEventListener("click", () => (closeCamera ? stopCamera() : scan()));
  at("setup").querySelector("form").addEventListener("submit", (event) => {
    event.preventDefault();
    submit();
  });
}

// Ask for a code. identity is null for a tablet that belongs to no site: then there is no way round it.
export async function showSetup(identity, code = "") {
  const mayClose = identity !== null;
  at("setup").dataset.mayClose = mayClose ? "yes" : "";
  at("setup-close").hidden = !mayClose;
  at("setup-again").hidden = !mayClose;
  if (mayClose) at("setup-again").textContent = word("setup.again", { name: identity.name, site: identity.site_name });
  at("setup-install").hidden = isInstalled() || !/iPad|iPhone/.test(platform());
  at("setup-code").value = code;
  say("");
  fillWords();
  if (!at("setup").open) at("setup").showModal();
  at(code ? "setup-do" : "setup-code").focus();
  const why = await whyUnfit();
  at("setup-unfit").hidden = !why;
  at("setup-form").hidden = Boolean(why);
  if (why) {
    at("setup-why").dataset.word = `setup.unfit.${why}`;
    fillWords();
  }
}

function say(text) {
  at("setup-error").textContent = text;
}

async function submit() {
  const code = readCode(at("setup-code").value);
  if (!code) {
    say(word("setup.wrong.code"));
    return;
  }
  at("setup-do").disabled = true;
  say(word("setup.doing"));
  try {
    await handOver(await enrol(code));
    say("");
    at("setup").close();
  } catch (error) {
    say(why(error));
  }
  at("setup-do").disabled = false;
}

function why(error) {
  if (error instanceof AwayError) return word("setup.wrong.away");
  if (error instanceof ProblemError) {
    return error.code === "code_refused" ? word("setup.wrong.code_refused") : word("setup.wrong.other", { code: error.code });
  }
  console.error(error);
  return word("setup.wrong.storage");
}

async function scan() {
  at("setup-video").hidden = false;
  at("setup-scan").dataset.word = "setup.scan_stop";
  at("setup-scan").disabled = true;
  fillWords();
  try {
    closeCamera = await openCamera(at("setup-video"), "environment", (text) => {
      const code = readCode(text);
      if (!code) return;
      at("setup-code").value = code;
      stopCamera();
      at("setup-do").focus();
    });
  } catch (error) {
    stopCamera();
    say(word(whyClosed(error)));
  }
  at("setup-scan").disabled = false;
}

function stopCamera() {
  closeCamera?.();
  closeCamera = null;
  at("setup-video").hidden = true;
  at("setup-scan").dataset.word = "setup.scan";
  fillWords();
}
