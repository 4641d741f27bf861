// The tablet as a whole: who is read becomes a touch on the disk, then a picture and a tone, then is sent. It also hears
// what uplink and heartbeat learn from the server, and tells the other open pages.
import { moment } from "./clocks.js";
import * as directory from "./directory.js";
import { beat, keepBeating } from "./heart.js";
import * as identities from "./identity.js";
import { takeTurns } from "./leading.js";
import { readQr, readTyped } from "./reading.js";
import { openLine } from "./server.js";
import * as showing from "./showing.js";
import * as spool from "./spool.js";
import { texts } from "./texts.js";
import { Uplink } from "./uplink.js";
import { gateWord, refusal } from "./words.js";

const CORRECTED_FOR = 50; // of so many last touches the page still hears the answer
const LAST_SHOWN = 12;
const MOST_REFUSED_SHOWN = 20;
const LITTLE_ROOM_BYTES = 5_000_000;

export class Station {
  identity = null;
  readers = [{ name: "keys", attached: true }]; // names as the office's page shows them
  room = true;
  busy = 0;
  #channel = new BroadcastChannel("genba-gate");
  #shown = new Map();
  #online = null;
  #refusal = null;
  #uplink = null;
  #turn = null;
  #keeping = Promise.resolve();
  #stateShown = Promise.resolve();
  #stateDue = null;

  // onTouch(shown), onState(state), onIdentity(identity): what the page is told.
  constructor(page) {
    this.page = page;
    this.#channel.addEventListener("message", ({ data }) => this.#hear(data));
  }

  async start() {
    await this.#reload();
    takeTurns((signal) => this.#lead(signal), this.#channel);
  }

  // Somebody is read

  // Keep what came by the keys; answers whether it named anybody. Throws when it could not be kept.
  async typed(text) {
    const who = readTyped(text);
    if (who) await this.#seen(who, who.card ? "card" : "keypad", "keys");
    return who !== null;
  }

  async scanned(text) {
    const who = readQr(text);
    if (who) await this.#seen(who, "qr", "camera");
    return who !== null;
  }

  #seen(who, channel, reader) {
    const now = moment(); // when it was read, however long the disk takes
    this.busy += 1;
    const kept = this.#keeping.then(() => this.#keep(who, channel, reader, now)).finally(() => { this.busy -= 1; });
    this.#keeping = kept.catch(() => {});
    return kept;
  }

  async #keep(who, channel, reader, now) {
    const ms = await spool.happenedAt(now).catch(() => now.wall_ms);
    const person = await directory.personOf(who.card, this.identity);
    let outcome;
    try {
      outcome = await spool.append({ ...who, channel, reader, direction: this.identity?.direction ?? null }, now);
    } catch (error) {
      console.error("a touch could not be kept", error);
      this.page.onTouch(showing.notKept(ms));
      return;
    }
    if (outcome.repeats) {
      this.page.onTouch(showing.repeated(await spool.happenedAt(outcome.repeats), person));
      return;
    }
    const shown = showing.kept(outcome.touch, ms, person, this.identity);
    this.#shown.set(shown.id, shown);
    if (this.#shown.size > CORRECTED_FOR) this.#shown.delete(this.#shown.keys().next().value);
    this.page.onTouch(shown);
    this.#tell({ kind: "touched" });
    this.#uplink?.touched();
    this.showState();
  }

  sendNow() {
    this.#uplink?.sendNow();
    this.#tell({ kind: "send" });
  }

  // What was refused and why, as lines to read.
  async refusedLines() {
    const refused = await spool.setAside(MOST_REFUSED_SHOWN);
    const now = await spool.happenedAt(moment());
    return Promise.all(refused.map(async (touch) => {
      const who = touch.card ? `…${touch.card.uid.slice(-4)}` : `…${touch.ccus_worker_id.slice(-4)}`;
      return `${showing.when(await spool.happenedAt(touch), now)} ${who}: ${refusal(touch.answer.code)}`;
    }));
  }

  async retrySetAside() {
    await spool.retrySetAside();
    this.sendNow();
    this.showState();
  }

  // The tablet was enrolled, here or anew.
  async enrolled(identity) {
    await identities.keep(identity);
    this.#tell({ kind: "identity" });
    await this.#reload();
  }

  // The server is heard

  async answered(touch, answer) {
    const person = await directory.personOf(touch.card, this.identity);
    this.#correct(touch, await spool.happenedAt(touch), answer, person);
    this.#tell({ kind: "answered", touch, answer, person });
    this.showState();
  }

  async lineIs(up, refusal = null) {
    const isNews = this.#online !== up || this.#refusal !== refusal;
    this.#online = up;
    if (!this.identity?.revoked) this.#refusal = refusal;
    this.#tell({ kind: "line", up, refusal });
    if (isNews) await this.showState();
  }

  async revoked() {
    this.identity = await identities.revoke(this.identity);
    await spool.forgetNames();
    this.#tell({ kind: "identity" });
    await this.#reload();
  }

  async turnedAway(code) {
    if (code === "revoked") await this.revoked();
    else await this.lineIs(true, code);
  }

  async serverAnswers() {
    await this.lineIs(true);
    this.#uplink?.serverAnswers();
  }

  async deviceIs(device) {
    const identity = await identities.changed(this.identity, device);
    if (identity === this.identity) return;
    this.identity = identity;
    this.#tell({ kind: "identity" });
    await this.showState();
  }

  async directoryIs(version) {
    if (directory.version() === version) return;
    await directory.fetchPeople(this.#line(), this.identity);
    this.#tell({ kind: "people" });
    await this.showState();
  }

  // Sending, in turns with other open pages

  #line() {
    const learn = (boot_id, began_ms) => {
      const now = moment();
      spool.learnBoot(boot_id, began_ms).catch(() => {});
      if (now.boot_id === boot_id) this.#tell({ kind: "clock", ahead_ms: began_ms + now.boottime_ms - now.wall_ms });
    };
    return openLine(this.identity.device_id, this.identity.key, learn);
  }

  async #lead(signal) {
    while (!signal.aborted) {
      const turn = new AbortController(); // ends with the signal, or when the tablet becomes another device
      const end = () => turn.abort();
      signal.addEventListener("abort", end);
      this.#turn = turn;
      if (this.identity && !this.identity.revoked) {
        const line = this.#line();
        this.#uplink = new Uplink(line, this);
        const beating = keepBeating(this.identity.heartbeat_every_s, turn.signal, () => beat(line, this, this.readers));
        await Promise.all([this.#uplink.run(turn.signal), beating]);
        this.#uplink = null;
      } else {
        await new Promise((resolve) => turn.signal.addEventListener("abort", resolve));
      }
      signal.removeEventListener("abort", end);
    }
  }

  // The other open pages

  #tell(word) {
    this.#channel.postMessage(word);
  }

  async #hear(word) {
    if (word.kind === "identity") await this.#reload();
    else if (word.kind === "people") await directory.load(this.identity);
    else if (word.kind === "touched") this.#uplink?.touched();
    else if (word.kind === "send") this.#uplink?.sendNow();
    else if (word.kind === "line") [this.#online, this.#refusal] = [word.up, this.identity?.revoked ? this.#refusal : word.refusal];
    else if (word.kind === "answered") this.#correct(word.touch, await spool.happenedAt(word.touch), word.answer, word.person);
    else if (word.kind === "clock") {
      const now = moment();
      await spool.learnBoot(now.boot_id, now.wall_ms + word.ahead_ms - now.boottime_ms);
    }
    if (word.kind !== "alive" && word.kind !== "clock") await this.showState();
  }

  #correct(touch, ms, answer, person) {
    const shown = this.#shown.get(touch.id);
    if (!shown) return;
    this.#shown.delete(touch.id);
    this.page.onTouch(showing.corrected(shown, answer, ms, person, this.identity?.site_name ?? ""));
  }

  async #reload() {
    const before = this.identity;
    this.identity = await identities.load();
    this.#refusal = this.identity?.revoked ? "revoked" : null;
    await directory.load(this.identity);
    if (before?.device_id !== this.identity?.device_id || before?.revoked !== this.identity?.revoked) this.#turn?.abort();
    this.page.onIdentity(this.identity);
    await this.showState();
  }

  // The page looks

  // Show it as it is after the call; of many calls at once the last is enough.
  showState() {
    this.#stateDue ??= this.#stateShown.then(() => {
      this.#stateDue = null;
      this.#stateShown = this.#state().then(this.page.onState).catch((error) => console.warn("the state could not be read", error));
      return this.#stateShown;
    });
    return this.#stateDue;
  }

  roomIs(freeBytes) {
    this.room = freeBytes === 0 || freeBytes > LITTLE_ROOM_BYTES;
  }

  async #state() {
    const here = moment();
    const now = await spool.happenedAt(here);
    const { waiting, oldest_at, set_aside } = await spool.unsent();
    const start = showing.dayStart(now, this.identity?.day_starts_min ?? 0) - (now - here.wall_ms);
    return {
      now_ms: now,
      site: this.identity?.site_name ?? "",
      device: this.identity?.name ?? "",
      online: this.#online,
      refusal: this.identity ? this.#refusal : "not_enrolled",
      people: await spool.touchedSince(start),
      unsent: waiting,
      oldest: oldest_at === null ? null : showing.when(oldest_at, now),
      set_aside,
      room: this.room,
      readers: this.readers.map((reader) => ({ ...reader, name: gateWord(`reader.${reader.name}`) })),
      last: await Promise.all((await spool.newest(LAST_SHOWN)).map((touch) => this.#last(touch))),
      invite_every_s: 0,
      invitation: showing.invitation(),
    };
  }

  async #last(touch) {
    const person = await directory.personOf(touch.card, this.identity);
    const unknown = touch.card ? texts.words.unknown_name : texts.words.typed_name;
    return { time: showing.clockTime(await spool.happenedAt(touch)), name: person?.name ?? (touch.answer?.worker || unknown) };
  }
}
