// Of several open pages one sends. It gives its turn away when it is hidden: iOS may put it to sleep at any moment. A page
// that fell asleep with its turn is passed over by one that is seen.
const LOCK = "genba-gate-sending";
const ALIVE_EVERY_MS = 10_000;
const SILENT_MS = 35_000;

// work(signal) sends until the signal is given. channel carries word to the other pages.
export function takeTurns(work, channel) {
  let turn = null;
  let heardAt = performance.now();

  async function ask(options) {
    let mine = null;
    try {
      await navigator.locks.request(LOCK, options, async () => {
        mine = turn = new AbortController();
        const alive = setInterval(() => channel.postMessage({ kind: "alive" }), ALIVE_EVERY_MS);
        try {
          await work(mine.signal);
        } finally {
          clearInterval(alive);
          if (turn === mine) turn = null;
        }
      });
    } catch (error) {
      if (error?.name !== "AbortError") console.warn("the turn ended", error);
    }
    mine?.abort(); // taken away: nothing is sent any more
  }

  document.addEventListener("visibilitychange", () => {
    heardAt = performance.now();
    if (document.hidden) turn?.abort();
  });
  channel.addEventListener("message", ({ data }) => { if (data.kind === "alive") heardAt = performance.now(); });
  setInterval(() => {
    if (!turn && !document.hidden && performance.now() - heardAt > SILENT_MS) ask({ steal: true });
  }, ALIVE_EVERY_MS);
  (async () => {
    for (;;) {
      await ask({});
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  })();
}
