// What waits in the spool goes to the server, again and again, until the server has answered every single touch. What
// it refuses for good is set aside for a person and holds up nothing.
import { build } from "./build.js";
import { iso, moment } from "./clocks.js";
import { Backoff, Lanes } from "./lanes.js";
import { AwayError, ProblemError } from "./server.js";
import * as spool from "./spool.js";

const IDLE_S = 60;
const ALONE_TRIES = 3;
const STATE_AFTER = { accepted: "sent", duplicate: "sent", refused: "set_aside" };
const nowS = () => performance.now() / 1000;

export class Uplink {
  #lanes = new Lanes();
  #backoff = new Backoff();
  #aloneFailures = new Map();
  #settledSinceFailure = false;
  #isUnreached = false;
  #isWoken = false;
  #resume = () => {};

  // line: as openLine() gives it. watcher: answered(touch, answer), lineIs(up, refusal), revoked(), all of them waited for.
  constructor(line, watcher) {
    Object.assign(this, { line, watcher });
  }

  async run(signal) {
    signal.addEventListener("abort", () => this.#wake());
    while (!signal.aborted) {
      let waitS = IDLE_S;
      this.#isWoken = false;
      try {
        waitS = await this.step();
      } catch (error) {
        console.warn("the spool could not be worked on", error); // the next try may find it mended
        waitS = this.#backoff.nextS();
      }
      if (waitS > 0 && !this.#isWoken) await this.#sleep(waitS);
    }
  }

  async #sleep(seconds) {
    let timer = 0;
    await new Promise((resolve) => {
      this.#resume = resolve;
      timer = setTimeout(resolve, seconds * 1000);
    });
    clearTimeout(timer);
  }

  #wake() {
    this.#isWoken = true;
    this.#resume();
  }

  // A touch was written: send it now, unless the server is being left alone.
  touched() {
    if (!this.#backoff.failures) this.#wake();
  }

  // Try at once, whatever was to be waited for.
  sendNow() {
    this.#backoff.end();
    this.#lanes.release();
    this.#wake();
  }

  // The server was heard elsewhere: try again, unless it was the server that asked for patience.
  serverAnswers() {
    if (!this.#isUnreached) return;
    this.#backoff.end();
    this.#wake();
  }

  // Send what is due, at most one request; answers after how many seconds to come again.
  async step() {
    const parcel = await this.#lanes.next(moment(), nowS());
    if (parcel === null) {
      const due = this.#lanes.nextDueS();
      return due === null ? IDLE_S : Math.min(IDLE_S, Math.max(0.1, due - nowS()));
    }
    let answer;
    try {
      answer = await this.line.post(build.punches, await this.#batch(parcel));
    } catch (error) {
      return this.#afterFailure(parcel, error);
    }
    this.#isUnreached = false;
    this.#backoff.end();
    await this.watcher.lineIs(true);
    await this.#settle(parcel, answer);
    return 0;
  }

  async #batch({ touches }) {
    const items = await Promise.all(touches.map(spool.itemOf));
    const now = moment();
    return { items, sent: { at: iso(now.wall_ms), boot_id: now.boot_id, boottime_ms: now.boottime_ms } };
  }

  // Write down what became of each touch; one that is not among the answers stays as it is and comes later.
  async #settle(parcel, given) {
    const answers = new Map((Array.isArray(given.items) ? given.items : []).map((each) => [each?.id, each]));
    const settled = parcel.touches.filter((touch) => STATE_AFTER[answers.get(touch.id)?.result]);
    if (settled.length) {
      await spool.settle(settled.map(({ id }) => [id, { state: STATE_AFTER[answers.get(id).result], answer: answers.get(id) }]));
      this.#settledSinceFailure = true;
    }
    for (const touch of parcel.touches) {
      if (settled.includes(touch)) await this.watcher.answered(touch, answers.get(touch.id));
      else this.#lanes.hold(touch.seq, nowS());
    }
    this.#lanes.took(parcel, settled.map((touch) => touch.seq));
  }

  async #afterFailure(parcel, error) {
    if (error instanceof AwayError) {
      this.#isUnreached = error.retryAfterS === null;
      await this.watcher.lineIs(false);
      return this.#backoff.nextS(error.retryAfterS);
    }
    if (!(error instanceof ProblemError)) throw error;
    this.#isUnreached = false;
    if (error.status === 401 || error.status === 403) return this.#turnedAway(error);
    await this.watcher.lineIs(true);
    if (error.status === 413) {
      if (this.#lanes.tooLarge(parcel)) await this.#setAside(parcel.touches[0], error);
      return 0;
    }
    this.#lanes.failed(parcel);
    return parcel.lane === "alone" ? this.#afterFailureAlone(parcel.touches[0], error) : this.#backoff.nextS();
  }

  // Set a touch aside that fails again and again while others are taken; when all fail, it is not the touch.
  async #afterFailureAlone(touch, error) {
    this.#lanes.hold(touch.seq, nowS());
    const failures = (this.#aloneFailures.get(touch.seq) ?? 0) + 1;
    this.#aloneFailures.set(touch.seq, failures);
    if (failures === 1) this.#settledSinceFailure = false;
    if (failures >= ALONE_TRIES && this.#settledSinceFailure) await this.#setAside(touch, error);
    return this.#settledSinceFailure ? 0 : this.#backoff.nextS();
  }

  async #setAside(touch, error) {
    const answer = { id: touch.id, result: "refused", code: error.code, message: error.said };
    await spool.settle([[touch.id, { state: "set_aside", answer }]]);
    this.#lanes.took({ lane: "alone" }, [touch.seq]);
    this.#aloneFailures.delete(touch.seq);
    await this.watcher.answered(touch, answer);
  }

  async #turnedAway(error) {
    await this.watcher.lineIs(true, error.code);
    if (error.code === "revoked") await this.watcher.revoked();
    return this.#backoff.nextS(IDLE_S);
  }
}
