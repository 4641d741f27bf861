// The page of the site program: what happens there comes as events, what is typed here goes there.
import { openPage, showBroken, showState, showTouch } from "./page.js";

async function post(path, content) {
  const answer = await fetch(path, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(content) });
  if (!answer.ok) throw new Error(String(answer.status));
  return answer.json();
}

function listen() {
  const events = new EventSource("/events");
  events.addEventListener("state", (event) => {
    showBroken(false);
    showState(JSON.parse(event.data));
  });
  events.addEventListener("touch", (event) => showTouch(JSON.parse(event.data)));
  events.addEventListener("error", () => {
    showBroken(true);
    if (events.readyState === EventSource.CLOSED) setTimeout(listen, 2000);
  });
}

openPage({
  typed: async (text) => (await post("/typed", { text })).known,
  send: () => post("/send", {}),
});
listen();
