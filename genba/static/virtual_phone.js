// The virtual phone: the server plays the carrier, this page is the handset. It shows and speaks what is heard, collects
// keys as the answer asks for them, and sends silence when none come in time.
(() => {
  "use strict";
  const SPEECH_MS_PER_SIGN = 150; // about seven signs a second, as a Japanese voice speaks
  const LOOK_EVERY_MS = 3000; // for short messages, while the page is in front
  const SPEECH_TAGS = { "cmn-CN": "zh-CN" }; // carriers' tags that browsers name otherwise
  const byId = (id) => document.getElementById(id);
  const words = byId("phone").dataset;
  const form = byId("dial");
  const keypad = [...form.querySelectorAll("[data-key]")];

  let call = null; // as the server gave it, handed back with each key
  let gather = null;
  let keys = "";
  let timer = 0;
  let shownMessages = "";
  let round = 0; // grows with every call and hang-up: what comes late from an earlier one is dropped

  for (const samples of form.querySelectorAll("[data-fills]")) {
    samples.addEventListener("change", () => {
      byId(samples.dataset.fills).value = samples.value;
      lookForMessages();
    });
  }

  async function lookForMessages() {
    if (document.hidden) return;
    const caller = form.elements.caller.value;
    try {
      const answer = await send("/phone/messages", { caller });
      const list = await answer.text();
      if (answer.redirected || !answer.ok || caller !== form.elements.caller.value) return;
      if (list !== shownMessages) byId("messages").innerHTML = list;
      shownMessages = list;
    } catch { /* the next look tries again */ }
  }

  async function post(path, content) {
    const answer = await send(path, content);
    if (answer.redirected || ![200, 422].includes(answer.status)) throw new Error(String(answer.status));
    return { refused: answer.status === 422, ...(await answer.json()) };
  }

  function send(path, content) {
    return fetch(path, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(content),
    });
  }

  async function ask(path, content) {
    const mine = round;
    try {
      const answer = await post(path, content);
      if (mine === round) await take(answer, mine);
    } catch {
      if (mine === round) finish(words.lost);
    }
  }

  async function take(answer, mine) {
    if (answer.refused) {
      showFieldError(answer.field);
      finish("");
      return;
    }
    call = answer.call || call;
    gather = answer.gather;
    keys = "";
    byId("state").textContent = gather ? words.waiting : "";
    setKeypad(Boolean(gather));
    answer.heard.forEach(show);
    const said = answer.heard.filter((line) => line.event === "said");
    byId("caption").textContent = said.map((line) => line.text).join(" ") || byId("heard").lastChild.textContent;
    await speak(said, () => mine === round && keys === "");
    if (mine !== round) return;
    if (!answer.gather) finish("");
    else if (gather === answer.gather && keys === "") waitForKeys();
  }

  function show(line) {
    const item = document.createElement("li");
    item.className = line.event;
    if (line.language) item.lang = SPEECH_TAGS[line.language] || line.language;
    const isSpoken = line.event === "said" || line.event === "keyed";
    item.textContent = isSpoken ? line.text : words[line.event] + (line.event === "failed" ? ` ${line.text}` : "");
    byId("heard").append(item);
    byId("empty").hidden = true;
  }

  // Speaks the lines, or waits as long as a voice would take: a timeout begins when the voice has ended.
  async function speak(lines, goesOn) {
    for (const line of lines) {
      if (!goesOn()) return;
      const longest = line.text.length * SPEECH_MS_PER_SIGN;
      if (byId("speak").checked && "speechSynthesis" in window) {
        await Promise.race([utter(line), until(() => !goesOn(), longest * 2)]);
      } else if (gather) {
        await until(() => !goesOn(), longest);
      }
    }
  }

  function utter(line) {
    return new Promise((resolve) => {
      const utterance = new SpeechSynthesisUtterance(line.text);
      utterance.lang = SPEECH_TAGS[line.language] || line.language;
      utterance.onend = utterance.onerror = resolve;
      speechSynthesis.speak(utterance);
    });
  }

  function until(isDone, longestMs) {
    const end = Date.now() + longestMs;
    return new Promise((resolve) => {
      const poll = () => (isDone() || Date.now() >= end ? resolve() : setTimeout(poll, 50));
      poll();
    });
  }

  function press(key) {
    if (!gather) return;
    if ("speechSynthesis" in window) speechSynthesis.cancel();
    keys += key;
    byId("display").textContent = keys;
    if (gather.finish_on_key.includes(key) || keys.length === gather.digits) sendKeys();
    else waitForKeys();
  }

  function waitForKeys() {
    clearTimeout(timer);
    timer = setTimeout(sendKeys, gather.timeout_s * 1000);
  }

  function sendKeys() {
    clearTimeout(timer);
    const { url } = gather;
    gather = null;
    setKeypad(false);
    byId("display").textContent = "";
    byId("state").textContent = "";
    ask("/phone/keys", { call, url, keys });
  }

  function finish(message) {
    round += 1;
    clearTimeout(timer);
    call = gather = null;
    setKeypad(false);
    byId("display").textContent = "";
    byId("state").textContent = message;
    const isHeld = document.activeElement === byId("hang-up");
    byId("call").hidden = false;
    byId("hang-up").hidden = true;
    if (isHeld) byId("call").focus({ preventScroll: true });
  }

  function setKeypad(isOn) {
    keypad.forEach((button) => { button.disabled = !isOn; });
  }

  function showFieldError(field) {
    for (const name of ["caller", "called"]) {
      byId(`${name}-error`).hidden = name !== field;
      form.elements[name].toggleAttribute("aria-invalid", name === field);
    }
    if (field) form.elements[field].focus();
  }

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (byId("call").hidden) return;
    finish(words.ringing);
    showFieldError(null);
    byId("heard").replaceChildren();
    byId("caption").textContent = "";
    byId("call").hidden = true;
    byId("hang-up").hidden = false;
    byId("hang-up").focus({ preventScroll: true }); // out of the field: from here on digits are keys
    const { caller, called, withheld } = form.elements;
    ask("/phone/call", { caller: caller.value, called: called.value, withheld: withheld.checked });
  });

  byId("hang-up").addEventListener("click", async () => {
    const ended = call;
    if ("speechSynthesis" in window) speechSynthesis.cancel();
    finish("");
    if (!ended) return;
    try {
      (await post("/phone/hang-up", { call: ended })).heard.forEach(show);
    } catch {
      byId("state").textContent = words.lost;
    }
  });

  form.elements.caller.addEventListener("change", lookForMessages);
  document.addEventListener("visibilitychange", lookForMessages);
  setInterval(lookForMessages, LOOK_EVERY_MS);
  lookForMessages();

  keypad.forEach((button) => button.addEventListener("click", () => press(button.dataset.key)));
  document.addEventListener("keydown", (event) => {
    if (event.target.matches("input, select, textarea") || event.ctrlKey || event.metaKey || event.altKey) return;
    if (/^[0-9*#]$/.test(event.key)) press(event.key);
  });
})();
