// The spool: every touch is on the disk here before anybody hears a tone, and stays until the server has answered it.
// A touch gets its id once, when it is written.
import { iso, uuid7 } from "./clocks.js";
import { of, read, write } from "./database.js";

const SAME_TOUCH_MS = 10_000; // the same person within a few seconds is one touch
const KEPT_FOR_MS = 40 * 86_400_000; // past the month's end, so that the office can still ask
const CLOCK_NEWS_MS = 500; // less is explained by the length of an answer's way
const began = new Map();

export function whoKey(touch) {
  return touch.card ? `uid:${touch.card.uid}` : `ccus:${touch.ccus_worker_id}`;
}

function isRepeat(kept, moment) {
  const apart = kept.boot_id === moment.boot_id ? moment.boottime_ms - kept.boottime_ms : moment.wall_ms - kept.wall_ms;
  return apart >= 0 && apart < SAME_TOUCH_MS;
}

// made: card or ccus_worker_id, channel, reader, direction; moment as clocks.moment() gives it. Answers the touch as it
// is kept, or of whom it is a repeat. Throws when it could not be written down.
export async function append(made, moment) {
  const touch = { id: uuid7(), ...made, ...moment, who: whoKey(made), state: "waiting", answer: null };
  try {
    return await write(["touches", "kept"], async ({ touches, kept }) => {
      const last = await of(kept.get(touch.who));
      if (last && isRepeat(last, moment)) return { repeats: last };
      const seq = await of(touches.add(touch));
      await of(kept.put({ who: touch.who, ...moment }));
      return { touch: { ...touch, seq } };
    });
  } catch (error) {
    if (error?.name !== "ConstraintError") throw error;
    return { touch: await find(touch.id) }; // it was on the disk, and the word of it got lost
  }
}

export function find(id) {
  return read(["touches"], ({ touches }) => of(touches.index("id").get(id)));
}

async function walk(source, range, direction, visit) {
  const asked = source.openCursor(range, direction);
  for (;;) {
    const cursor = await of(asked);
    if (!cursor || !visit(cursor.value)) return;
    cursor.continue();
  }
}

function gather(range, direction, limit, held, isMeant) {
  return read(["touches"], async ({ touches }) => {
    const found = [];
    await walk(touches.index("state"), range, direction, (touch) => {
      if (!isMeant(touch)) return false;
      if (!held.has(touch.seq)) found.push(touch);
      return found.length < limit;
    });
    return found;
  });
}

// What has waited longest, in the order it was written, without what is held back.
export function oldestWaiting(limit, held = new Set()) {
  return gather("waiting", "next", limit, held, () => true);
}

// The newest of what was touched within a while, in the order it was written.
export async function freshWaiting(moment, withinMs, limit, held) {
  const isFresh = (touch) => Math.abs(moment.wall_ms - touch.wall_ms) < withinMs;
  return (await gather("waiting", "prev", limit, held, isFresh)).reverse();
}

export async function waiting(seq) {
  const touch = await read(["touches"], ({ touches }) => of(touches.get(seq)));
  return touch?.state === "waiting" ? touch : null;
}

// outcomes: id to { state, answer }. What the server has taken stays taken, whatever is said later.
export function settle(outcomes) {
  return write(["touches"], async ({ touches }) => {
    for (const [id, outcome] of outcomes) {
      const touch = await of(touches.index("id").get(id));
      if (touch?.state === "waiting") await of(touches.put({ ...touch, ...outcome }));
    }
  });
}

// What the server refused for good, the last first.
export function setAside(limit) {
  return gather("set_aside", "prev", limit, new Set(), () => true);
}

export function retrySetAside() {
  return write(["touches"], async ({ touches }) => {
    const refused = await of(touches.index("state").getAll("set_aside"));
    for (const touch of refused) await of(touches.put({ ...touch, state: "waiting" }));
    return refused.length;
  });
}

export async function unsent() {
  const [oldest] = await oldestWaiting(1);
  const [waits, aside] = await read(["touches"], ({ touches }) => {
    const states = touches.index("state");
    return Promise.all([of(states.count("waiting")), of(states.count("set_aside"))]);
  });
  return { waiting: waits, oldest_at: oldest ? await happenedAt(oldest) : null, set_aside: aside };
}

// Names came with answers: a tablet that was revoked keeps none. The touches stay.
export function forgetNames() {
  return write(["touches"], async ({ touches }) => {
    for (const touch of await of(touches.getAll())) {
      if (touch.answer?.worker) await of(touches.put({ ...touch, answer: { ...touch.answer, worker: "" } }));
    }
  });
}

// How many people touched here since an instant. A card and a typed id are two until the server has said they are one.
export async function touchedSince(ms) {
  const lately = await read(["touches"], ({ touches }) => of(touches.index("wall_ms").getAll(IDBKeyRange.lowerBound(ms))));
  const persons = new Map();
  for (const { who, answer } of lately) persons.set(who, answer?.person ?? persons.get(who) ?? who);
  return new Set(persons.values()).size;
}

export function newest(limit) {
  return read(["touches"], async ({ touches }) => {
    const found = [];
    await walk(touches, null, "prev", (touch) => found.push(touch) < limit);
    return found;
  });
}

export async function learnBoot(boot_id, began_ms) {
  const known = await bootBegan(boot_id);
  if (known !== null && Math.abs(known - began_ms) < CLOCK_NEWS_MS) return;
  began.set(boot_id, began_ms);
  await write(["boots"], ({ boots }) => of(boots.put({ boot_id, began_ms })));
}

// When a run began by the server's clock, in ms since 1970; null while that was never learnt.
export async function bootBegan(boot_id) {
  if (!began.has(boot_id)) {
    const kept = await read(["boots"], ({ boots }) => of(boots.get(boot_id)));
    if (!kept) return null;
    began.set(boot_id, kept.began_ms);
  }
  return began.get(boot_id);
}

// When something was, in ms: by the server's clock where that is known for its run, else by the clock on the wall.
export async function happenedAt({ wall_ms, boot_id, boottime_ms }) {
  const boot = await bootBegan(boot_id);
  return boot === null ? wall_ms : boot + boottime_ms;
}

// The shape in which a touch is sent.
export async function itemOf(touch) {
  const item = { id: touch.id, channel: touch.channel, occurred_at: iso(touch.wall_ms) };
  if (touch.card) item.card = touch.card;
  else item.ccus_worker_id = touch.ccus_worker_id;
  if (touch.direction) item.direction = touch.direction;
  return { ...item, boot_id: touch.boot_id, boottime_ms: touch.boottime_ms, boot_began_ms: await bootBegan(touch.boot_id) };
}

// Delete what the server took long ago, and what nothing refers to any more.
export function forget(moment) {
  const before = moment.wall_ms - KEPT_FOR_MS;
  return write(["touches", "kept", "boots"], async ({ touches, kept, boots }) => {
    const old = await of(touches.index("wall_ms").getAll(IDBKeyRange.upperBound(before, true)));
    for (const touch of old) if (touch.state === "sent") await of(touches.delete(touch.seq));
    for (const each of await of(kept.getAll())) if (!isRepeat(each, moment)) await of(kept.delete(each.who));
    const used = new Set([moment.boot_id]);
    await walk(touches, null, "next", (touch) => used.add(touch.boot_id));
    for (const id of await of(boots.getAllKeys())) if (!used.has(id)) await of(boots.delete(id));
  });
}
