// The board 「現場の今」: says when the connection is lost, and lets the age of the last punch grow.
(() => {
  "use strict";
  const AGE_STEP_MS = 10_000;
  const MINUTE_MS = 60_000;
  const clock = new Intl.DateTimeFormat("ja-JP", { hour: "2-digit", minute: "2-digit", timeZone: "Asia/Tokyo" });
  const lost = document.getElementById("lost");
  const board = () => document.getElementById("board");

  let ahead = 0; // how far this machine's clock is ahead of the server's: a kiosk's is often wrong
  let heardAt = 0; // when the server last answered, by this machine's clock

  function setClock() {
    heardAt = Date.now();
    ahead = heardAt - Date.parse(board().dataset.now);
  }

  function showLost(isLost) {
    if (lost.hidden !== isLost) return;
    lost.textContent = isLost ? lost.dataset.text.replace("{time}", clock.format(heardAt - ahead)) : "";
    lost.hidden = !isLost;
    document.body.classList.toggle("is-lost", isLost);
  }

  function showAge() {
    const age = document.getElementById("age");
    if (!age) return;
    const minutes = Math.max(0, Math.floor((Date.now() - ahead - Date.parse(age.dataset.at)) / MINUTE_MS));
    const text = minutes < 1 ? age.dataset.justNow : minutes < 60 ? age.dataset.minutes : age.dataset.hours;
    age.textContent = text.replace("{n}", minutes < 60 ? minutes : Math.floor(minutes / 60));
  }

  document.body.addEventListener("htmx:beforeRequest", (event) => {
    if (document.hidden) event.preventDefault(); // nobody is looking
  });
  document.body.addEventListener("htmx:afterRequest", (event) => {
    const status = event.detail.xhr.status;
    const isLost = status === 0 || status >= 500 || !navigator.onLine;
    if (!isLost) heardAt = Date.now();
    showLost(isLost);
  });
  document.body.addEventListener("htmx:afterSwap", (event) => {
    if (event.detail.target.id === "board") setClock(); // counts in the navigation are swapped too
  });
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden) htmx.trigger(board(), "refresh");
  });
  window.addEventListener("offline", () => showLost(true));

  setClock();
  setInterval(showAge, AGE_STEP_MS);
})();
