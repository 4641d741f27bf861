// Now and then the tablet says how it is, and hears what the office changed: its name, site, direction, its people.
import { build } from "./build.js";
import { iso, moment } from "./clocks.js";
import { keepNote, of, write } from "./database.js";
import { AwayError, ProblemError } from "./server.js";
import * as spool from "./spool.js";

const SEQUENCE = "heartbeats";
const FORGET_EVERY = 60; // heartbeats
const SLOWEST_S = 3600;
let beats = 0;

// What machine and browser this is, in words that the office's page shows.
export function platform() {
  const agent = navigator.userAgent;
  const isPad = agent.includes("iPad") || (agent.includes("Macintosh") && navigator.maxTouchPoints > 1);
  const machines = [[isPad, "iPad"], [agent.includes("iPhone"), "iPhone"], [agent.includes("Android"), "Android"], [agent.includes("Windows"), "Windows"], [agent.includes("Macintosh"), "Mac"]];
  const machine = machines.find(([isIt]) => isIt)?.[1] ?? "Linux";
  const browser = /(?:Edg|OPR|Firefox|CriOS|FxiOS|Chrome|Version)\/[\d.]+/.exec(agent)?.[0].replace("Version", "Safari") ?? "browser";
  return `${machine}, ${browser}, ${isInstalled() ? "installed" : "in the browser"}`.slice(0, 100);
}

export function isInstalled() {
  return navigator.standalone === true || matchMedia("(display-mode: standalone), (display-mode: fullscreen)").matches;
}

// Free for this app, in bytes; 0 where the browser does not say.
export async function freeBytes() {
  const { quota = 0, usage = 0 } = (await navigator.storage?.estimate?.().catch(() => ({}))) ?? {};
  return Math.max(0, Math.floor(quota - usage));
}

async function heartbeat(readers) {
  const sequence = await write(["notes"], async ({ notes }) => {
    const next = ((await of(notes.get(SEQUENCE))) ?? 0) + 1;
    await of(notes.put(next, SEQUENCE));
    return next;
  });
  const { waiting, oldest_at, set_aside } = await spool.unsent();
  const now = moment();
  return {
    sequence,
    sent: { at: iso(now.wall_ms), boot_id: now.boot_id, boottime_ms: now.boottime_ms },
    version: build.version,
    platform: platform(),
    waiting,
    oldest_waiting_at: oldest_at === null ? null : iso(oldest_at),
    set_aside,
    spool_salvages: 0,
    free_bytes: await freeBytes(),
    readers,
  };
}

// Tell the server how the tablet is, and pass on what it says. office: deviceIs(device), directoryIs(version),
// serverAnswers(), lineIs(up), turnedAway(code), all of them waited for. Answers the server's rhythm in seconds, if told.
export async function beat(line, office, readers) {
  if (beats % FORGET_EVERY === 0) await spool.forget(moment());
  beats += 1;
  let answer;
  try {
    answer = await line.post(build.heartbeat, await heartbeat(readers));
  } catch (error) {
    if (error instanceof AwayError) return office.lineIs(false);
    if (!(error instanceof ProblemError)) throw error;
    if (error.lastSequence !== null) await keepNote(SEQUENCE, error.lastSequence);
    else if (error.status === 401 || error.status === 403) await office.turnedAway(error.code);
    return undefined;
  }
  await office.serverAnswers();
  if (answer.device?.site) await office.deviceIs(answer.device);
  if (typeof answer.directory_version === "string") await office.directoryIs(answer.directory_version);
  const everyS = answer.heartbeat_every_s;
  return Number.isFinite(everyS) ? Math.min(Math.max(everyS, 1), SLOWEST_S) : undefined;
}

// Beat until the signal is given, in the server's rhythm once it has named one.
export async function keepBeating(firstS, signal, work) {
  let everyS = firstS;
  while (!signal.aborted) {
    try {
      everyS = (await work()) ?? everyS;
    } catch (error) {
      console.warn("no heartbeat", error);
    }
    await new Promise((resolve) => {
      const timer = setTimeout(resolve, everyS * 1000);
      signal.addEventListener("abort", () => { clearTimeout(timer); resolve(); }, { once: true });
    });
  }
}
